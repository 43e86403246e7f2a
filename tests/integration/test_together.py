"""Many readings of a chain put their questions into the same requests."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from threading import Lock
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from emc.chain import carrying, together
from emc.client import roll
from emc.client.income import Book
from emc.client.system import System
from emc.errors import EMCError
from emc.rpc.http import Request
from emc.rpc.refusal import Meaning, Refused


class Shelf:
    """A chain behind a node that answers every question with its own words."""

    is_embedded = False

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.alone: list[str] = []
        self.is_busy, self.pause = False, 0.0
        self.provider = SimpleNamespace(web3=SimpleNamespace(provider=SimpleNamespace()))
        self.node = self.provider.web3.provider
        self.node.make_request = self._alone

    def _alone(self, method: str, _: Any) -> Any:
        self.alone.append(method)
        return {"result": "alone"}

    async def __aenter__(self) -> "Shelf":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def ask(self, requests: Sequence[Request]) -> list[Any]:
        self.batches.append(len(requests))
        assert not self.is_busy, "two requests at a time"
        self.is_busy = True
        await asyncio.sleep(self.pause)
        self.is_busy = False
        return [
            Refused("no") if each.method == "refused" else msgspec.Raw(msgspec.json.encode(each))
            for each in requests
        ]


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    found = Shelf()
    monkeypatch.setattr(carrying, "transport", lambda _: found)
    return found


def test_readings_ask_together_and_each_question_once(shelf: Shelf) -> None:
    def reading(number: int) -> list[Any]:
        # each has more to ask than the one before
        asked = [("same", []), *(("own", [number, turn]) for turn in range(number))]
        return [shelf.node.make_request(*each)["result"] for each in asked]

    found = together.read(shelf, [partial(reading, number) for number in range(4)])
    assert found == [
        [["same", []], *(["own", [number, turn]] for turn in range(number))] for number in range(4)
    ]
    assert shelf.batches == [1, 3, 2, 1]
    assert shelf.node.make_request == shelf._alone


def test_what_is_refused_is_asked_alone_and_what_fails_fails_for_who_asked(shelf: Shelf) -> None:
    def reading(number: int) -> Any:
        if number:
            return shelf.node.make_request("refused", [])["result"]
        raise EMCError("this one cannot be read")

    with pytest.raises(EMCError, match="this one cannot be read"):
        together.read(shelf, [partial(reading, number) for number in range(3)])
    assert shelf.alone == ["refused"] * 2


@pytest.mark.parametrize("error", [TimeoutError("nobody is there"), RuntimeError("gone")])
def test_what_cannot_be_sent_fails_for_all_who_asked(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fails(_: Any) -> Any:
        raise error

    monkeypatch.setattr(shelf, "ask", fails)
    with pytest.raises(type(error), match=str(error)):
        together.read(shelf, [lambda: shelf.node.make_request("own", [])] * 3)


def test_questions_that_a_node_refuses_as_one_are_asked_together(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def of_one_contract(requests: Sequence[Request]) -> list[Any]:
        asked.append([each.params[0]["address"] for each in requests])
        return [
            msgspec.Raw(b"[]") if len(each.params[0]["address"]) == 1 else Refused("too many")
            for each in requests
        ]

    monkeypatch.setattr(shelf, "ask", of_one_contract)
    whose = [f"0x{number:040x}" for number in range(3)]

    def reading(each: str) -> Any:
        query = {"address": [each], "topics": [], "fromBlock": "0x0", "toBlock": "0x9"}
        return shelf.node.make_request("eth_getLogs", [query])["result"]

    assert together.read(shelf, [partial(reading, each) for each in whose]) == [[], [], []]
    together_and_apart, one_each = asked
    assert sorted(together_and_apart[0]) == whose
    assert sorted(one_each) == [[each] for each in whose]
    assert not shelf.alone


def test_logs_of_too_many_blocks_are_not_asked_for_alone(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_much(requests: Sequence[Request]) -> list[Any]:
        return [Refused("block range is too large", Meaning.TOO_MUCH)] * len(requests)

    monkeypatch.setattr(shelf, "ask", too_much)

    def reading(number: int) -> Any:
        query = {"address": [f"0x{number:040x}"], "topics": [], "fromBlock": "0x0"}
        return shelf.node.make_request("eth_getLogs", [query])["error"]["message"]

    readings = [partial(reading, number) for number in range(2)]
    assert together.read(shelf, readings) == ["block range is too large"] * 2
    assert not shelf.alone


@pytest.mark.parametrize("query", [{}, {"address": "0xab"}, {"address": ["0xab"], "topics": None}])
def test_logs_are_asked_for_in_every_form_that_nodes_take(
    shelf: Shelf, query: dict[str, Any]
) -> None:
    def reading(block: int) -> Any:
        asked = {**query, "fromBlock": hex(block), "toBlock": hex(block)}
        return shelf.node.make_request("eth_getLogs", [asked])["result"]

    assert together.read(shelf, [partial(reading, block) for block in range(2)]) == ["alone"] * 2


def test_a_question_that_is_no_json_is_asked_alone(shelf: Shelf) -> None:
    def reading(what: Any) -> Any:
        return shelf.node.make_request("own", [what])["result"]

    found = together.read(shelf, [partial(reading, each) for each in (1, object(), 2)])
    assert found == [["own", [1]], "alone", ["own", [2]]]


def test_an_answer_that_is_no_text_is_asked_for_alone(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told(requests: Sequence[Request]) -> list[Any]:
        return [msgspec.Raw(b'"\xff\xfe"')] * len(requests)

    monkeypatch.setattr(shelf, "ask", told)
    readings = [lambda: shelf.node.make_request("own", [])["result"]] * 2
    assert together.read(shelf, readings) == ["alone", "alone"]


def test_who_waits_for_a_lock_of_another_keeps_nobody(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "PATIENCE", 0.05)
    lock = Lock()

    def reading(number: int) -> Any:
        with lock:
            return shelf.node.make_request("own", [number])["result"]

    found = together.read(shelf, [partial(reading, number) for number in range(3)])
    assert found == [["own", [number]] for number in range(3)]


def test_who_comes_while_a_request_is_under_way_waits_for_its_end(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "PATIENCE", 0.01)
    shelf.pause = 0.1

    def reading(number: int) -> Any:
        time.sleep(number / 20)
        return shelf.node.make_request("own", [number])["result"]

    found = together.read(shelf, [partial(reading, number) for number in range(3)])
    assert found == [["own", [number]] for number in range(3)]
    assert len(shelf.batches) > 1


def test_where_no_emc_is_an_me_has_earned_nothing(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roll, "read", lambda *_: [])
    book = Book(cast(System, SimpleNamespace(chain=shelf)))
    assert book.of([]) == ([], [])
