"""A node that answers falsely: every command ends in words, sends nothing and writes nothing."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from web3 import HTTPProvider

from emc.chain import answers, edge
from emc.cli import emc as command
from emc.client import deploying
from emc.rpc.refusal import Patience
from tests.audit import test_faults
from tests.audit.faulty import proxy
from tests.integration.commands import LOCAL, Desk
from tests.profiles import IS_DEEP, effort

pytestmark = pytest.mark.anvil

# what a node makes of its answer
FAULTS: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda _: {"result": None},
    "no result": lambda _: {"jsonrpc": "2.0", "id": 1},
    "a number": lambda _: {"result": 7},
    "a list": lambda _: {"result": [{}, None, "0x"]},
    "an object": lambda _: {"result": {"\x1b[2J": "\x1b]0;owned\x07"}},
    "hostile text": lambda _: {"result": "\x1b[2J\u202e"},
    "empty data": lambda _: {"result": "0x"},
    "half a byte": lambda _: {"result": "0x123"},
    "truncated": lambda result: {"result": cut(result)},
    "all ones": lambda _: {"result": "0x" + "f" * 64},
    "huge": lambda _: {"result": "0x" + "ab" * 2_000_000},
    "an error": lambda _: {"error": {"code": -1, "message": "\x1b[2J no"}},
    "a strange error": lambda _: {"error": ["x"]},
    "not an object": lambda _: ["x"],
    "not JSON": lambda _: None,
}
FAULTY = (*test_faults.ANSWERS, *test_faults.REQUESTS)
# some nodes write so that there are no logs
ANSWERS_OF_NOTHING = {"null", "cut off"}
METHODS = ("eth_call", "eth_getLogs", "eth_getCode", "eth_getBlockByNumber", "eth_chainId")


def cut(result: Any) -> Any:
    """A part of an answer."""
    if isinstance(result, str):
        return result[: max(2, len(result) // 2 // 2 * 2)]
    if isinstance(result, list):
        return [cut(each) for each in result]
    if isinstance(result, dict):
        return {key: cut(value) for key, value in list(result.items())[::2]}
    return result


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for."""
    monkeypatch.setattr(answers, "PAUSE", 0)
    monkeypatch.setattr(edge, "Patience", partial(Patience, ceiling=0.3, pause=0.01))


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Which answer is false, and how: method, how many are let pass, and the fault."""
    order: dict[str, Any] = {"method": "", "skip": 0, "fault": None, "done": 0, "sent": 0}
    ask = HTTPProvider._make_request

    def make_request(self: HTTPProvider, method: Any, request: bytes) -> bytes:
        raw = ask(self, method, request)
        order["sent"] += str(method).startswith("eth_send")
        if method != order["method"] or order["fault"] is None:
            return raw
        order["skip"] -= 1
        if order["skip"] >= 0:
            return raw
        order["done"] += 1
        made = FAULTS[order["fault"]](json.loads(raw).get("result"))
        return b"<html>" if made is None else json.dumps(made).encode()

    monkeypatch.setattr(HTTPProvider, "_make_request", make_request)
    return order


@pytest.mark.usefixtures("desk")
@pytest.mark.deep
@pytest.mark.parametrize("turn", range(effort(0.04)))
def test_a_false_answer_ends_in_words(turn: int, faulty: dict[str, Any], tmp_path: Path) -> None:
    target, proposal = Desk.file("picnic"), Path("autumn.json")
    shares = ("--share", "0=46/41/36", "--share", "1=34")
    CliRunner().invoke(
        command, ["renegotiate", "propose", target, *shares, "--out", str(proposal), *LOCAL]
    )
    before = files(tmp_path)
    sign = ["sign", str(proposal), "--account", "TEST::1", "--yes", *LOCAL]
    hit = 0
    for place, fault in enumerate(FAULTS):
        # early and late ones in turn, each method with each fault in the deep profile
        method = METHODS[(place + turn) % len(METHODS)]
        faulty.update(method=method, skip=(0, 3, 9)[(place + turn) % 3], fault=fault, done=0)
        words = sign if place % 2 else ["status", target, *LOCAL]
        result = CliRunner().invoke(command, words)
        faulty["fault"] = None
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert all(char.isprintable() or char == "\n" for char in result.output), result.output
        hit += faulty["done"] > 0
        if result.exit_code == 0:
            # what it lied about did not matter, and nothing was signed that is not true
            assert words is not sign or sound(proposal), (method, fault)
            proposal.write_bytes(before[proposal.name])
        else:
            assert "Error: " in result.output
            assert files(tmp_path) == before, (method, fault)
    assert hit >= len(FAULTS) // 2
    assert faulty["sent"] == 0


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def sound(proposal: Path) -> bool:
    """Whether every signature in a file is one that the honest chain counts."""
    said = CliRunner().invoke(command, ["inspect", str(proposal), "--json", *LOCAL])
    voices = json.loads(said.output)["voices"]
    return all(each["why"] == "" for each in voices)


@pytest.mark.parametrize(
    ("method", "result", "is_fit"),
    [
        ("eth_call", "0x", False),
        ("eth_call", "0x0", False),
        ("eth_call", "0x00", True),
        ("eth_getCode", "0x", True),
        ("eth_call", None, False),
        ("eth_chainId", "0x7a69", True),
        ("eth_chainId", "0x", False),
        ("eth_chainId", "0x" + "1" * 65, False),
        ("eth_chainId", 31337, False),
        ("eth_getLogs", [], True),
        ("eth_getLogs", [{"topics": []}], False),
        ("eth_getBlockByNumber", None, False),
        ("eth_getTransactionReceipt", None, True),
        ("eth_getTransactionReceipt", {"status": "0x1"}, False),
        ("eth_sendRawTransaction", "0x12", False),
        ("evm_snapshot", object(), True),
    ],
)
def test_an_answer_is_what_its_method_gives(method: str, result: Any, is_fit: bool) -> None:
    assert (answers.fault(method, {"id": 1, "result": result}) == "") is is_fit
    guarded = answers.Guarded(lambda *_: {"id": 1, "result": result})(method, [])
    assert ("error" in guarded) is not is_fit


def test_what_is_not_even_json_becomes_an_error() -> None:
    def ask(*_: Any) -> Any:
        raise ValueError("no JSON")

    def said(ask: Any) -> str:
        return str(answers.Guarded(ask)("eth_call", [])["error"]["message"])

    assert "cannot be read: ValueError" in said(ask)
    assert "not JSON-RPC" in said(lambda *_: [])


@pytest.mark.usefixtures("desk")
def test_a_node_that_answers_for_few_blocks_is_asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    # on a long chain
    monkeypatch.setattr(deploying, "FEW_BLOCKS", 0)
    ask = HTTPProvider._make_request
    status = ["status", Desk.file("picnic"), "--json", *LOCAL]
    whole = CliRunner(mix_stderr=False).invoke(command, status)
    ranges: list[tuple[int, int]] = []

    def make_request(self: HTTPProvider, method: Any, request: bytes) -> bytes:
        if method == "eth_getLogs":
            (query,) = json.loads(request)["params"]
            ranges.append((int(query["fromBlock"], 16), int(query["toBlock"], 16)))
            if ranges[-1][1] - ranges[-1][0] > 2:
                error = {"code": -32005, "message": "block range is limited to 3"}
                return json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode()
        return ask(self, method, request)

    monkeypatch.setattr(HTTPProvider, "_make_request", make_request)
    said = CliRunner(mix_stderr=False).invoke(command, status)
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout) == json.loads(whole.stdout)
    assert "reading events: " in said.stderr
    # nothing is asked of blocks before the oldest contract
    known = json.loads((Path(os.environ["EMC_DEPLOYMENTS"]) / "31337.json").read_text())
    born = known["contracts"]["System"]["birth"]["block"]
    assert min(first for first, _ in ranges) == born


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("fault", FAULTY if IS_DEEP else FAULTY[::3])
def test_commands_ask_again_as_the_audit_does(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    node = os.environ["APE_FOUNDRY_HOST"]
    whole = standing()
    assert isinstance(whole, dict), whole
    # each fault on one method, early and always
    method = METHODS[FAULTY.index(fault) % 4]
    if method == "eth_getLogs" and ANSWERS_OF_NOTHING & {fault}:
        method = "eth_call"
    for moment in ("the first", "all"):
        told = test_faults.Faulty(method, fault, moment)
        with proxy(node, told) as url:
            monkeypatch.setenv("APE_FOUNDRY_HOST", url)
            found = standing()
        assert told.done
        # the same as from a good node, or words
        assert found == whole or isinstance(found, str), moment
        if moment == "the first":
            assert found == whole, (method, found)


def standing() -> Any:
    """What `emc status` says of a picnic, or the words in which it ends."""
    words = ["status", Desk.file("picnic"), "--json", *LOCAL]
    said = CliRunner(mix_stderr=False).invoke(command, words)
    if said.exit_code == 0:
        return json.loads(said.stdout)
    assert isinstance(said.exception, SystemExit), said.exception
    assert "Error: " in said.stderr
    return said.stderr
