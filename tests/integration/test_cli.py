"""The commands as people run them: separate processes on a real local node."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from emc import artifacts

ROOT = Path(__file__).parents[2]
CANVAS = ROOT / "canvases" / "breakfast-box.yaml"
LOCAL = ("--network", "ethereum:local:foundry")
Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.anvil


@pytest.fixture
def environment(node: str, tmp_path: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ,
        "APE_FOUNDRY_HOST": node,
        "PATH": path,
        "HOME": str(tmp_path),
        # as on a fresh machine: neither it nor the folder it is in exists
        "APE_DATA_FOLDER": str(tmp_path / "data" / "ape"),
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """A command in a folder of its own."""

    def call(*words: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert (done.returncode != 0) == fails, done.stderr
        return done

    return call


def emc_at(node: str, folder: Path) -> Any:
    file = json.loads((folder / "breakfast-box.agreement.json").read_text())
    return Web3(Web3.HTTPProvider(node)).eth.contract(
        address=file["emc"], abi=artifacts.load("EMC")["abi"]
    )


def orders(folder: Path, lines: list[str]) -> str:
    (folder / "orders.csv").write_text("\n".join(["order,customer,amount", *lines]) + "\n")
    return "orders.csv"


def test_separate_people_sign_a_file_in_any_order_and_the_last_signature_activates(
    run: Run, node: str, tmp_path: Path
) -> None:
    file = "breakfast-box.agreement.json"
    held = run("emc", "deploy", str(CANVAS), *LOCAL, "--hold")
    assert "still to sign" in held.stderr
    for who in ("TEST::3", "TEST::1"):
        run("emc", "sign", file, *LOCAL, "--account", who, "--yes")
    partial = json.loads(run("emc", "deploy", file, *LOCAL, "--json").stdout)
    assert partial["stage"] == "SIGNING"
    assert len(partial["missing"]) == 1
    run("emc", "sign", file, *LOCAL, "--account", "TEST::2", "--on-chain", "--yes")
    emc = emc_at(node, tmp_path)
    assert emc.functions.stage().call() == 4
    again = run("emc", "deploy", file, *LOCAL, "--json")
    assert json.loads(again.stdout)["stage"] == "ACTIVE"


def test_a_stranger_cannot_sign_and_an_altered_file_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "breakfast-box.agreement.json"
    run("emc", "deploy", str(CANVAS), *LOCAL, "--hold")
    stranger = run("emc", "sign", file.name, *LOCAL, "--account", "TEST::0", "--yes", fails=True)
    assert "is not the account of a node" in stranger.stderr
    nobody = run("emc", "sign", file.name, *LOCAL, "--account", "TEST::1", fails=True)
    assert "nobody is there to confirm" in nobody.stderr
    content = json.loads(file.read_text())
    keys = list(content["parties"]["nodes"])
    payee = content["parties"]["nodes"][keys[0]]["payee"]
    content["parties"]["nodes"][keys[1]]["payee"] = payee
    file.write_text(json.dumps(content))
    altered = run("emc", "sign", file.name, *LOCAL, "--account", "TEST::1", "--yes", fails=True)
    assert "terms_hash" in altered.stderr
    assert "refuse it" in altered.stderr


def test_a_revoked_signature_no_longer_counts_and_a_declined_emc_is_dead(run: Run) -> None:
    file = "breakfast-box.agreement.json"
    run("emc", "deploy", str(CANVAS), *LOCAL, "--hold")
    for who in ("TEST::1", "TEST::2", "TEST::3"):
        run("emc", "sign", file, *LOCAL, "--account", who, "--yes")
    run("emc", "sign", file, *LOCAL, "--account", "TEST::2", "--revoke", "--yes")
    refused = run("emc", "deploy", file, *LOCAL, fails=True)
    assert "signatures: not the signer" in refused.stderr
    assert "Hint: " in refused.stderr
    run("emc", "sign", file, *LOCAL, "--account", "TEST::3", "--decline", "--yes")
    dead = run("emc", "deploy", file, *LOCAL, "--json")
    assert json.loads(dead.stdout)["stage"] == "DECLINED"


def test_orders_that_cannot_be_sold_are_reported_with_their_line(
    run: Run, node: str, tmp_path: Path
) -> None:
    run("emc", "deploy", str(CANVAS), *LOCAL)
    file = orders(
        tmp_path,
        ["7,ann,10.00", "8,bob,0.00", "7,ann,10.00", "x,ann,1", "9,cem,1.005", "10,dan", "300,,2"],
    )
    sold = run(
        "emc", "sell", "breakfast-box.agreement.json", "--orders", file, *LOCAL, "--mint", "--json"
    )
    answer = json.loads(sold.stdout)
    assert [each["line"] for each in answer["skipped"]] == [3, 4, 5, 6, 7]
    reasons = [each["reason"] for each in answer["skipped"]]
    assert reasons[0] == "amount is zero"
    assert reasons[1] == "order 7 is on line 2 already"
    assert answer["sold"] == 2
    assert emc_at(node, tmp_path).functions.total().call() == 1200


def test_selling_stopped_at_any_point_goes_on_where_it_was(
    run: Run, node: str, environment: dict[str, str], tmp_path: Path
) -> None:
    run("emc", "deploy", str(CANVAS), *LOCAL)
    file = orders(tmp_path, [f"{number},ann,1.00" for number in range(1, 41)])
    command = ["emc", "sell", "breakfast-box.agreement.json", "--orders", file]
    command += [*LOCAL, "--batch", "1", "--mint"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    emc = emc_at(node, tmp_path)
    deadline = time.monotonic() + 60
    while emc.functions.total().call() < 500 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert b"run the same command again" in errors
    before = emc.functions.total().call()
    assert 500 <= before < 4000
    answer = json.loads(run(*command, "--json").stdout)
    assert answer["already_sold"] == before // 100
    assert emc.functions.total().call() == 4000
    assert json.loads(run(*command, "--json").stdout)["sold"] == 0


def test_a_killed_sale_is_taken_up_again(
    run: Run, node: str, environment: dict[str, str], tmp_path: Path
) -> None:
    run("emc", "deploy", str(CANVAS), *LOCAL)
    file = orders(tmp_path, [f"{number},ann,1.00" for number in range(1, 31)])
    command = ["emc", "sell", "breakfast-box.agreement.json", "--orders", file]
    command += [*LOCAL, "--batch", "2", "--mint"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    emc = emc_at(node, tmp_path)
    deadline = time.monotonic() + 60
    while emc.functions.total().call() < 400 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait(60)
    run(*command)
    assert emc.functions.total().call() == 3000


def test_ape_runs_the_same_commands(run: Run, node: str, tmp_path: Path) -> None:
    for name in ("contracts", "scripts"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "ape-config.yaml").write_text((ROOT / "ape-config.yaml").read_text())
    run("ape", "run", "deploy", str(CANVAS), *LOCAL)
    file = orders(tmp_path, ["1,ann,5.00"])
    run("ape", "run", "sell", "breakfast-box.agreement.json", "--orders", file, *LOCAL, "--mint")
    assert emc_at(node, tmp_path).functions.total().call() == 500
    refused = run("ape", "run", "sell", "nowhere.json", "--orders", file, *LOCAL, fails=True)
    assert "nowhere.json" in refused.stderr
