"""Somebody who has never seen this: own key files, three folders, a token of six decimals, a canvas
from the template. Every command works at the first try.
"""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest
from eth_account import Account
from eth_keys import keys
from eth_utils.crypto import keccak

from emc.files.canvas_template import TO_WRITE
from tests.integration.commands import LOCAL, Terminal

pytestmark = pytest.mark.anvil
PASSPHRASE = "correct horse"
# what the issue of first steps asks for, of which nothing may wait for a person
AT_MOST = 180
SAID = {
    "the customer's situation that the EMC serves": "Offices of one street are hungry at noon.",
    "what the EMC offers in it": "A warm box on the table at noon.",
    "where the benchmark comes from, a study or your books": "What we sold last year.",
    "what this node contributes, one line each": "Does its part for every order",
    "how anybody can see that it was delivered, one line each": "No more than one complaint a week",
}
Person = Callable[..., str]


@pytest.fixture
def person(node: str, tmp_path: Path) -> Callable[[str], Person]:
    """Somebody with a folder and a key file of its own, who never is asked for it."""

    def come(alias: str) -> Person:
        folder = tmp_path / alias
        folder.mkdir()
        own = Terminal(node, folder)
        accounts = Path(own.environment["APE_DATA_FOLDER"]) / "accounts"
        accounts.mkdir(parents=True)
        key = keys.PrivateKey(keccak(text=f"the key of {alias}"))
        made = Account.encrypt(key.to_bytes(), PASSPHRASE, kdf="pbkdf2", iterations=1000)
        (accounts / f"{alias}.json").write_text(json.dumps(made))
        own.environment[f"APE_ACCOUNTS_{alias}_PASSPHRASE"] = PASSPHRASE
        own.environment["EMC_NETWORK"] = LOCAL[1]

        def runs(*words: str) -> str:
            done = own.run("emc", *words)
            assert "look again" not in done.stderr
            assert "look twice" not in done.stderr
            return done.stdout

        return runs

    return come


def write_down(canvas: Path) -> None:
    """Say what only people can say."""
    text = canvas.read_text()
    for asked, said in SAID.items():
        text = text.replace(f"{TO_WRITE} {asked}", said)
    assert TO_WRITE not in text
    canvas.write_text(text)


def test_a_newcomer_is_live_at_the_first_try(
    person: Callable[[str], Person], tmp_path: Path
) -> None:
    began = time.monotonic()
    kitchen, couriers, shop = (person(alias) for alias in ("kitchen", "couriers", "shop"))
    mail = {alias: tmp_path / alias for alias in ("kitchen", "couriers", "shop")}

    # an account each, and coin to pay gas with
    mes = {}
    for alias, runs in (("kitchen", kitchen), ("couriers", couriers)):
        runs("chain", "fund", alias)
        told = runs("me", "register", "--kind", "node", "--account", alias, "--json")
        mes[alias] = str(json.loads(told)["me"])
    token = kitchen("chain", "token", "--symbol", "USD", "--decimals", "6").strip()

    # a canvas from the template, in the words that it has
    kitchen("canvas", "new", "--title", "Lunch box", "--node", "Kitchen", "--node", "Couriers",
            "--currency", "USD", "--decimals", "6", "--deadline", "12 months", "--end", "18 months",
            "--deciding", "consent", "--margin", "25")  # fmt: skip
    canvas = mail["kitchen"] / "lunch-box.yaml"
    write_down(canvas)
    assert "ok: Lunch box" in kitchen("canvas", "check", "lunch-box.yaml")
    backstop = keys.PrivateKey(keccak(text="a charity")).public_key.to_checksum_address()
    kitchen("parties", "new", "lunch-box.yaml", "--currency", token, "--backstop", backstop,
            *(f"--node={alias}={me}" for alias, me in mes.items()))  # fmt: skip

    # signed in two folders, mailed between them
    agreement = "lunch-box.agreement.json"
    kitchen("deploy", "lunch-box.yaml", "--parties", "lunch-box.parties.yaml",
            "--account", "kitchen", "--hold")  # fmt: skip
    kitchen("sign", agreement, "--account", "kitchen", "--yes")
    copyfile(mail["kitchen"] / agreement, mail["couriers"] / agreement)
    assert "Lunch box" in couriers("inspect", agreement)
    couriers("sign", agreement, "--account", "couriers", "--yes")
    copyfile(mail["couriers"] / agreement, mail["kitchen"] / agreement)
    live = json.loads(kitchen("deploy", agreement, "--account", "kitchen", "--json"))
    assert (live["stage"], live["missing"]) == ("ACTIVE", {})

    # the first sale, by somebody else again
    copyfile(mail["kitchen"] / agreement, mail["shop"] / agreement)
    (mail["shop"] / "orders.csv").write_text("order,customer,amount\n1001,ann,24.50\n1002,,31\n")
    shop("chain", "fund", "shop")
    shop("chain", "fund", "shop", "--token", token, "--amount", "55.50")
    sold = json.loads(
        shop("sell", agreement, "--orders", "orders.csv", "--account", "shop", "--json")
    )
    assert sold["sold"] == 2
    assert re.search(r"proceeds +55\.50 USD", couriers("status", agreement))
    assert "ACTIVE" in couriers("list", "--me", mes["couriers"])
    couriers("agenda", "--me", mes["couriers"], "--ics", "emc.ics")
    assert time.monotonic() - began < AT_MOST
