"""Somebody who has never seen this: own key files, three folders, a token of six decimals, a canvas
from the template. Every command of docs/first-steps.md works at the first try.
"""

import json
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from emc.files.canvas_template import TO_WRITE
from tests import forks
from tests.docs.pages import blocks
from tests.integration.commands import LOCAL, Terminal

pytestmark = pytest.mark.anvil
PAGE = "docs/first-steps.md"
AGREEMENT = "lunch-box.agreement.json"
PASSPHRASE = "correct horse"
# seconds to a live EMC and its first sale; nothing of them may be spent on an error
AT_MOST = 180
SAID = {
    "the customer's situation that the EMC serves": "Offices of one street are hungry at noon.",
    "what the EMC offers in that situation": "A warm box on the table at noon.",
    "where the benchmark comes from, a study or your books": "What we sold last year.",
    "what this node contributes, one line each": "Does its part for every order",
    "how anyone can see that it was delivered, one line each": "No more than one complaint a week",
}


@dataclass
class Village:
    """People who share a chain and nothing else but what they mail."""

    node: str
    folder: Path
    people: dict[str, Terminal] = field(default_factory=dict)
    # what one person told the others
    told: dict[str, str] = field(default_factory=dict)

    def person(self, alias: str) -> Terminal:
        """Somebody with a folder and a key file of its own, whose passphrase is at hand."""
        if alias not in self.people:
            folder = self.folder / alias
            folder.mkdir()
            own = Terminal(self.node, folder)
            accounts = Path(own.environment["APE_DATA_FOLDER"]) / "accounts"
            accounts.mkdir(parents=True)
            key = keccak(text=f"the key of {alias}")
            made = Account.encrypt(key, PASSPHRASE, kdf="pbkdf2", iterations=1000)
            (accounts / f"{alias}.json").write_text(json.dumps(made))
            own.environment[f"APE_ACCOUNTS_{alias}_PASSPHRASE"] = PASSPHRASE
            own.environment["EMC_NETWORK"] = LOCAL[1]
            self.people[alias] = own
        return self.people[alias]

    def plays(self, alias: str, command: str) -> str:
        """A line of the page, as the shell of a person runs it; whoever is asked says yes."""
        own = self.person(alias)
        if command.startswith("emc sign"):
            command += " --yes"
        if name := re.match(r"([A-Z]+)=", command):
            command += f"; printf %s ${name[1]} > told"
        path = forks.path_before(own.environment["PATH"])
        done = subprocess.run(
            ["/bin/sh", "-ec", command],
            cwd=own.folder,
            env=own.environment | {"PATH": path} | self.told,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert "warning: " not in done.stderr
        if name:
            self.told[name[1]] = (own.folder / "told").read_text()
        return done.stdout


def write_down(canvas: Path) -> None:
    """Say what only people can say."""
    text = canvas.read_text()
    for asked, said in SAID.items():
        text = text.replace(f"{TO_WRITE} {asked}", said)
    assert TO_WRITE not in text
    canvas.write_text(text)


def test_a_newcomer_is_live_at_the_first_try(node: str, tmp_path: Path) -> None:
    village = Village(node, tmp_path)
    began = time.monotonic()
    last, said = "", {}
    for block in blocks(PAGE):
        played = re.search(r"as (\w+)$", block.skipped or "")
        if not played:
            continue
        alias = played[1]
        here = village.person(alias).folder
        if last and last != alias and (tmp_path / last / AGREEMENT).exists():
            copyfile(tmp_path / last / AGREEMENT, here / AGREEMENT)
        for command in block.commands:
            said[command] = village.plays(alias, command)
            if command.startswith("emc canvas new"):
                write_down(here / "lunch-box.yaml")
        last = alias
    took = time.monotonic() - began
    assert {"kitchen", "couriers", "shop"} == set(village.people)
    assert re.search(r"stage +ACTIVE", said[f"emc deploy {AGREEMENT} --account kitchen"])
    assert re.search(r"proceeds +55\.50 USD", said[f"emc status {AGREEMENT}"])
    assert (
        "sold now     2 orders for 55.50 USD"
        in (said[f"emc sell {AGREEMENT} --orders orders.csv --account shop"])
    )
    assert (tmp_path / "couriers" / "lunch.ics").exists()
    assert took < AT_MOST
