"""How often a node is asked, as it sees it: neither EMCs nor orders make it more."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from eth_utils.crypto import keccak

from emc.audit.read import sync
from emc.chain import carrying
from emc.rpc.http import Http, Request
from emc.rpc.refusal import Meaning, Refused
from tests.audit.faulty import proxy
from tests.canvas import kit
from tests.integration.commands import Desk, emc, orders

# of the chain's EMCs: three are there, and so many come
MORE = 3
IN_COIN = "{symbol: EUR, decimals: 2}", "{symbol: ETH, decimals: 18}"
DECIMALS = "0x" + keccak(text="decimals()")[:4].hex()


class Wire:
    """What a node is asked, and what becomes of its answers."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Any] = []
        self.fault: Callable[[Any, Any], Any] | None = None

    def __call__(self, asked: Any, answer: Any) -> Any:
        self.asked.append(asked)
        return answer if self.fault is None else self.fault(asked, answer)

    def requests(self, *words: str) -> int:
        """How many requests a command takes, however many questions are in each."""
        self.asked.clear()
        emc(*words)
        return len(self.asked)


@pytest.fixture
def wire(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Between commands and the office's node. Nothing is waited for."""
    monkeypatch.setattr(carrying, "Http", partial(Http, pause=0))
    told = Wire()
    with proxy(desk.office.node, told) as url:
        monkeypatch.setenv("APE_FOUNDRY_HOST", url)
        told.url = url
        yield told


@pytest.mark.anvil
def test_a_command_asks_once_what_chain_it_is_on(desk: Desk, wire: Wire) -> None:
    wire.requests("status", desk.file("picnic"))
    asked = [each["method"] for each in wire.asked if isinstance(each, dict)]
    assert asked.count("eth_call") > 1
    assert asked.count("eth_chainId") <= 1


@pytest.mark.anvil
def test_who_sends_asks_for_no_trace(desk: Desk, wire: Wire) -> None:
    wire.requests("leave", "notice", desk.file("picnic"), "--account", "TEST::3", "--yes")
    asked = {each["method"] for each in wire.asked if isinstance(each, dict)}
    assert "eth_sendRawTransaction" in asked
    assert not [method for method in asked if "trace" in method]


@pytest.mark.anvil
def test_logs_that_a_node_gives_twice_count_once(desk: Desk, wire: Wire) -> None:
    def doubled(asked: Any, answer: Any) -> Any:
        if isinstance(asked, dict) and asked["method"] == "eth_getLogs":
            return {**answer, "result": answer["result"] * 2}
        return answer

    lines = orders(desk.folder, ["1,ann,100.00", "2,bob,50.00"])
    emc("sell", desk.file("picnic"), "--orders", lines, "--mint")
    emc("sell", desk.file("picnic"), "--orders", orders(desk.folder, ["3,ann,10.00"]), "--mint")
    views = ("scorecard", desk.file("picnic")), ("statement", "--me", "1")
    told = [emc(*each, "--json").json for each in views]
    wire.fault = doubled
    assert [emc(*each, "--json").json for each in views] == told


@pytest.mark.anvil
def test_more_emcs_take_no_more_requests(desk: Desk, wire: Wire) -> None:
    views = ("list", "--json"), ("list", "--me", "999", "--json"), ("trust", "--seed", "1")
    # once to learn where the system begins
    known = len(emc("list", "--json").json)
    before = [wire.requests(*each) for each in views]
    canvas = str(desk.office.folder / "picnic.yaml")
    for number in range(MORE):
        emc("deploy", canvas, "--nonce", str(number + 1), "--out", f"{number}.agreement.json")
    assert [wire.requests(*each) for each in views] == before
    assert len(emc("list", "--json").json) == known + MORE
    # all of 66 EMCs are in one request
    assert sum(isinstance(each, list) for each in wire.asked) <= 2


@pytest.mark.anvil
def test_more_emcs_are_read_with_no_more_requests(desk: Desk, wire: Wire) -> None:
    def read(store: str) -> Counter[str]:
        where = "--rpc", wire.url, "--store", store
        wire.requests("audit", "sync", "--all", "--from-block", "0", *where)
        asked = Counter((each[0] if isinstance(each, list) else each)["method"]
                        for each in wire.asked)  # fmt: skip
        # which answer comes first, and names which blocks, is chance
        del asked["eth_getBlockByNumber"]
        return asked

    canvas = str(desk.office.folder / "picnic.yaml")
    before = read("before.duckdb")
    for number in range(MORE):
        emc("deploy", canvas, "--nonce", str(number + 50), "--out", f"{number}.agreement.json")
    assert read("after.duckdb") == before
    # as many as a node takes addresses are asked about at once
    names = [f"0x{number:040x}" for number in range(1_000)]
    assert sync.groups(dict.fromkeys(names, 7), set()) == [(7, names)]


@pytest.mark.anvil
def test_more_emcs_of_an_me_take_no_more_requests(desk: Desk, wire: Wire) -> None:
    views = ("list", "--me", "1", "--json"), ("statement", "--me", "1", "--json")
    canvas = str(desk.office.folder / "picnic.yaml")

    def make(*numbers: int) -> None:
        for number in numbers:
            emc("deploy", canvas, "--nonce", str(number), "--out", f"{number}.agreement.json")

    make(70)
    known = len(emc(*views[0]).json)
    before = [wire.requests(*each) for each in views]
    make(71, 72, 73)
    after = [wire.requests(*each) for each in views]
    assert len(emc(*views[0]).json) == known + MORE
    # batches may meet otherwise, but are no more for each EMC
    assert all(now <= then + 2 for now, then in zip(after, before, strict=True)), (before, after)


@pytest.mark.anvil
def test_more_orders_take_no_more_requests(desk: Desk, wire: Wire) -> None:
    status = "status", Desk.file("picnic"), "--json"
    emc(*status)
    before = wire.requests(*status)
    agreement, token = desk.emc("picnic"), desk.token("picnic")
    payer = {"from": desk.office.w3.eth.accounts[9]}
    batch = [(100 + place, bytes(32)) for place in range(128)]
    together = sum(amount for amount, _ in batch)
    desk.done(token.functions.mint(payer["from"], 3 * together).transact(payer))
    desk.done(token.functions.approve(agreement.address, 3 * together).transact(payer))
    for first in (1, 1_001, 2_001):
        desk.done(agreement.functions.sales(first, batch).transact(payer))
    assert wire.requests(*status) == before
    assert agreement.functions.total().call() == 3 * together


def once(change: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """A fault of the first batch."""
    left = [change]

    def fault(asked: Any, answer: Any) -> Any:
        return left.pop()(answer) if isinstance(asked, list) and left else answer

    return fault


def is_of(asked: Any, contract: str) -> bool:
    """Whether a token is asked for its decimals."""
    (call, *_) = asked["params"] or [{}]
    return (
        asked["method"] == "eth_call"
        and call["to"].lower() == contract.lower()
        and call["data"] == DECIMALS
    )


@pytest.mark.anvil
@pytest.mark.parametrize(
    "change",
    [
        lambda _: web.Response(status=429, headers={"Retry-After": "0"}, text="slow down"),
        lambda answer: [
            {"id": answer[0]["id"], "error": {"code": -32600, "message": "batch too large"}}
        ],
        lambda answer: answer[: len(answer) // 2],
        lambda answer: answer[::-1],
        lambda answer: [{**each, "result": "0x"} for each in answer],
    ],
    ids=["busy", "refused", "half", "turned", "empty"],
)
def test_a_batch_that_is_not_answered_is_asked_again(
    desk: Desk, wire: Wire, change: Callable[[Any], Any]
) -> None:
    desk.sell("picnic", 12_345)
    whole = emc("list", "--json").json
    wire.fault = once(change)
    assert emc("list", "--json").json == whole


@pytest.mark.anvil
def test_a_token_that_a_node_does_not_tell_of_costs_only_its_own_emcs(
    desk: Desk, wire: Wire
) -> None:
    hostile = desk.token("picnic").address
    (desk.folder / "coin.yaml").write_text(kit.with_(IN_COIN))
    emc("deploy", "coin.yaml")
    whole = {each["emc"]: each for each in emc("list", "--json").json}

    error = {"code": -32000, "message": "execution aborted (timeout = 5s)"}

    def fault(asked: Any, answer: Any) -> Any:
        if isinstance(asked, list):
            return [fault(*each) for each in zip(asked, answer, strict=True)]
        return {"id": asked["id"], "error": error} if is_of(asked, hostile) else answer

    wire.fault = fault
    found = {each["emc"]: each for each in emc("list", "--json").json}
    lost = {at for at, each in whole.items() if each["currency"] == hostile}
    assert desk.emc("picnic").address in lost
    assert lost < set(whole)
    for at, each in found.items():
        if at in lost:
            assert f"the node does not answer decimals() of {hostile}" in each["fault"]
        else:
            assert each == whole[at]


@pytest.mark.anvil
def test_an_emc_that_a_node_does_not_tell_of_ends_the_list_in_words(desk: Desk, wire: Wire) -> None:
    address = desk.emc("picnic").address

    def fault(asked: Any, answer: Any) -> Any:
        if isinstance(asked, list):
            for question, each in zip(asked, answer, strict=True):
                if question["params"][0]["to"].lower() == address.lower():
                    each["result"] = "0x12"
        return answer

    wire.fault = fault
    said = emc("list", fails=True).err
    assert f"the node does not answer stage() of {address}" in said


def test_what_is_no_http_is_asked_one_by_one() -> None:
    asked = []

    def make_request(method: str, params: Any) -> Any:
        asked.append((method, params))
        if method == "eth_call":
            return {"error": {"code": 3, "message": "execution reverted"}}
        return {"result": "0x10"}

    node = carrying.OneByOne(make_request)
    questions = [Request("eth_blockNumber", []), Request("eth_call", [{}])]
    number, refused = asyncio.run(node.ask(questions))
    assert json.loads(bytes(number)) == "0x10"
    assert isinstance(refused, Refused)
    assert refused.meaning is Meaning.REVERTED
    assert asked == [("eth_blockNumber", []), ("eth_call", [{}])]
