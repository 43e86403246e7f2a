"""The commands as people run them: separate processes on a real local node."""

import json
import signal
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from tests.integration.commands import LOCAL, Terminal, emc_at, orders, wait

ROOT = Path(__file__).parents[2]
CANVAS = ROOT / "canvases" / "breakfast-box.yaml"
FILE = "breakfast-box.agreement.json"

pytestmark = pytest.mark.anvil


def breakfast(node: str, folder: Path) -> Any:
    """The EMC that the canvas became."""
    return emc_at(node, json.loads((folder / FILE).read_text())["emc"])


def test_separate_people_agree_in_any_order_and_anyone_makes_the_emc(
    terminal: Terminal, node: str, tmp_path: Path
) -> None:
    held = terminal.run("emc", "deploy", str(CANVAS), *LOCAL, "--hold")
    assert "still to sign" in held.stderr
    for who in ("TEST::3", "TEST::1"):
        terminal.run("emc", "sign", FILE, *LOCAL, "--account", who, "--yes")
    early = terminal.run("emc", "deploy", FILE, *LOCAL, "--json", fails=True)
    assert "still to sign: Courtyard roastery" in early.stderr
    partial = json.loads(early.stdout)
    assert partial["stage"] == "NOT MADE"
    assert partial["missing"] == {"roastery": "missing"}
    said = terminal.run("emc", "sign", FILE, *LOCAL, "--account", "TEST::2", "--on-chain", "--yes")
    assert "approved on chain" in said.stderr
    stranger = ("--account", "TEST::9")
    made = terminal.run("emc", "deploy", FILE, *LOCAL, *stranger, "--json")
    assert json.loads(made.stdout)["stage"] == "ACTIVE"
    emc = breakfast(node, tmp_path)
    assert emc.functions.stage().call() == 1
    again = json.loads(terminal.run("emc", "deploy", FILE, *LOCAL, "--json").stdout)
    assert (again["stage"], again["missing"], again["gas"]) == ("ACTIVE", {}, 0)
    late = terminal.run(
        "emc", "sign", FILE, *LOCAL, "--account", "TEST::1", "--revoke", "--yes", fails=True
    )
    assert "this EMC is made and ACTIVE" in late.stderr


def test_a_stranger_cannot_sign_and_an_altered_file_is_refused(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / FILE
    terminal.run("emc", "deploy", str(CANVAS), *LOCAL, "--hold")
    stranger = terminal.run(
        "emc", "sign", file.name, *LOCAL, "--account", "TEST::0", "--yes", fails=True
    )
    assert "is not the account of a node" in stranger.stderr
    nobody = terminal.run("emc", "sign", file.name, *LOCAL, "--account", "TEST::1", fails=True)
    assert "there is no terminal to confirm at" in nobody.stderr
    content = json.loads(file.read_text())
    keys = list(content["parties"]["nodes"])
    payee = content["parties"]["nodes"][keys[0]]["payee"]
    content["parties"]["nodes"][keys[1]]["payee"] = payee
    del content["checks"]
    file.write_text(json.dumps(content))
    altered = terminal.run(
        "emc", "sign", file.name, *LOCAL, "--account", "TEST::1", "--yes", fails=True
    )
    assert "terms_hash" in altered.stderr
    assert "refuse it" in altered.stderr


def test_a_revoked_signature_no_longer_counts_and_nothing_is_made(terminal: Terminal) -> None:
    terminal.run("emc", "deploy", str(CANVAS), *LOCAL, "--hold")
    for who in ("TEST::1", "TEST::2", "TEST::3"):
        terminal.run("emc", "sign", FILE, *LOCAL, "--account", who, "--yes")
    terminal.run("emc", "sign", FILE, *LOCAL, "--account", "TEST::2", "--revoke", "--yes")
    held = terminal.run("emc", "deploy", FILE, *LOCAL, fails=True)
    assert "still to sign: Courtyard roastery (its signature was revoked)" in held.stderr
    assert f"`emc sign {FILE} --account ...`, and `emc collect`" in held.stderr
    assert "NOT MADE" in held.stdout
    # whoever has said no may sign again
    terminal.run("emc", "sign", FILE, *LOCAL, "--account", "TEST::2", "--yes")
    made = terminal.run("emc", "deploy", FILE, *LOCAL, "--json")
    assert json.loads(made.stdout)["stage"] == "ACTIVE"


def test_orders_that_cannot_be_sold_are_reported_with_their_line(
    terminal: Terminal, node: str, tmp_path: Path
) -> None:
    terminal.run("emc", "deploy", str(CANVAS), *LOCAL)
    file = orders(
        tmp_path,
        ["7,ann,10.00", "8,bob,0.00", "7,ann,10.00", "x,ann,1", "9,cem,1.005", "10,dan", "300,,2"],
    )
    sold = terminal.run("emc", "sell", FILE, "--orders", file, *LOCAL, "--mint", "--json")
    answer = json.loads(sold.stdout)
    assert [each["line"] for each in answer["skipped"]] == [3, 4, 6, 7]
    reasons = [each["reason"] for each in answer["skipped"]]
    assert reasons[0] == "amount is zero"
    assert reasons[1] == "order 7 is on line 2 already"
    # an order may be called x
    assert answer["sold"] == 3
    assert breakfast(node, tmp_path).functions.total().call() == 1300


def selling(terminal: Terminal, emc: Any, batch: int) -> tuple[Popen[str], list[str]]:
    """A sale of 40 orders of 1.00 under way, some of them paid; and the command that it is."""
    file = orders(terminal.folder, [f"{number},ann,1.00" for number in range(1, 41)])
    command = ["emc", "sell", FILE, "--orders", file, *LOCAL, "--batch", str(batch), "--mint"]
    process = terminal.start(*command)
    wait(lambda: emc.functions.total().call() >= 500)
    return process, command


def test_selling_stopped_at_any_point_goes_on_where_it_was(
    terminal: Terminal, node: str, tmp_path: Path
) -> None:
    terminal.run("emc", "deploy", str(CANVAS), *LOCAL)
    emc = breakfast(node, tmp_path)
    process, command = selling(terminal, emc, batch=1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "run the same command again: it continues" in errors
    before = emc.functions.total().call()
    assert 500 <= before < 4000
    answer = json.loads(terminal.run(*command, "--json").stdout)
    assert answer["already_sold"] == before // 100
    assert emc.functions.total().call() == 4000
    assert json.loads(terminal.run(*command, "--json").stdout)["sold"] == 0


@pytest.mark.deep
def test_a_killed_sale_is_taken_up_again(terminal: Terminal, node: str, tmp_path: Path) -> None:
    terminal.run("emc", "deploy", str(CANVAS), *LOCAL)
    emc = breakfast(node, tmp_path)
    process, command = selling(terminal, emc, batch=2)
    process.kill()
    process.communicate(timeout=60)
    terminal.run(*command)
    assert emc.functions.total().call() == 4000


def test_ape_runs_the_same_commands(terminal: Terminal, node: str, tmp_path: Path) -> None:
    for name in ("contracts", "scripts"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "ape-config.yaml").write_text((ROOT / "ape-config.yaml").read_text())
    terminal.run("ape", "run", "deploy", str(CANVAS), *LOCAL, is_forked=False)
    file = orders(tmp_path, ["1,ann,5.00"])
    terminal.run("ape", "run", "sell", FILE, "--orders", file, *LOCAL, "--mint")
    assert breakfast(node, tmp_path).functions.total().call() == 500
    refused = terminal.run(
        "ape", "run", "sell", "nowhere.json", "--orders", file, *LOCAL, fails=True
    )
    assert "nowhere.json" in refused.stderr
