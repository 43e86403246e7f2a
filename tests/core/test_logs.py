"""Logs are all read, once and in order, whatever a node takes in one question."""

from collections.abc import Callable
from typing import Any

import pytest
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st
from requests.exceptions import ConnectionError as Unreachable
from requests.exceptions import ReadTimeout
from web3.exceptions import Web3RPCError

from emc.chain import logs

QUERY = {"address": ["0xE3C"], "topics": []}


def limited(blocks: int, most: int, held: list[int], error: type[Exception]) -> Callable[..., Any]:
    """A node that answers for so many blocks, and so many logs, at once."""

    def ask(query: Any) -> list[int]:
        first, last = query["fromBlock"], query["toBlock"]
        assert {name: query[name] for name in QUERY} == QUERY
        found = [at for at in held if first <= at <= last]
        if last - first + 1 > blocks or len(found) > most:
            raise error("too much")
        return found

    return ask


@given(
    held=st.lists(st.integers(0, 300), unique=True).map(sorted),
    first=st.integers(0, 50),
    blocks=st.integers(1, 400),
    error=st.sampled_from([Web3RPCError, ReadTimeout]),
)
def test_nothing_is_left_out_or_read_twice(
    held: list[int], first: int, blocks: int, error: type[Exception]
) -> None:
    told: list[tuple[int, int]] = []
    ask = limited(blocks, 7, held, error)
    found = logs.read(ask, QUERY, first, 300, lambda *way: told.append(way))
    assert found == [at for at in held if at >= first]
    assert told[-1] == (301 - first, 301 - first)
    assert told == sorted(told)


def test_a_range_without_blocks_asks_nobody() -> None:
    assert logs.read(limited(0, 0, [], Web3RPCError), QUERY, 9, 8) == []


def test_a_length_that_was_refused_is_not_tried_again() -> None:
    asked: list[int] = []

    def ask(query: Any) -> list[Any]:
        asked.append(query["toBlock"] - query["fromBlock"] + 1)
        if asked[-1] > 10:
            raise Web3RPCError("query exceeds max block range")
        return []

    logs.read(ask, QUERY, 0, 79)
    assert asked == [80, 40, 20] + [10] * 8


def test_a_block_that_is_refused_and_a_node_that_is_gone_are_told() -> None:
    with pytest.raises(Web3RPCError, match="too much"):
        logs.read(limited(5, 0, [3], Web3RPCError), QUERY, 0, 9)
    asked = []

    def gone(query: Any) -> list[Any]:
        asked.append(query)
        raise Unreachable("refused")

    with pytest.raises(Unreachable):
        logs.read(gone, QUERY, 0, 9)
    assert len(asked) == 1


def word(number: int) -> HexBytes:
    return HexBytes(number.to_bytes(32))


class Blocks:
    """A chain of one log a block, which counts how often its logs are asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.logs = [
            {"address": f"0x{'aB' if at % 2 else 'cD'}", "topics": [word(1), word(at % 3)],
             "blockNumber": at}
            for at in range(9)
        ]  # fmt: skip

    def get_block(self, which: Any) -> dict[str, Any]:
        number = self.logs[-1]["blockNumber"] if which == "latest" else which
        return {"number": number, "hash": f"hash of {number}"}

    def get_logs(self, query: dict[str, int]) -> list[Any]:
        first, last = query["fromBlock"], query["toBlock"]
        self.asked.append((first, last))
        return [each for each in self.logs if first <= each["blockNumber"] <= last]


def hexed(number: int) -> str:
    return word(number).to_0x_hex()


@pytest.mark.parametrize(
    ("addresses", "topics", "first", "last", "found"),
    [
        (["0xAB", "0xcd"], [], 0, None, list(range(9))),
        (["0xab"], [], 2, 6, [3, 5]),
        (["0xab", "0xcd"], [None, hexed(0)], 0, None, [0, 3, 6]),
        (["0xab", "0xcd"], [[hexed(1), hexed(7)], [hexed(1), hexed(2)]], 4, 8, [4, 5, 7, 8]),
        (["0xab", "0xcd"], [hexed(2)], 0, None, []),
        # none has a third topic
        (["0xab", "0xcd"], [None, None, None], 0, None, []),
        (["0xef"], [], 0, None, []),
    ],
)
def test_kept_logs_are_found_as_a_node_finds_them(
    addresses: list[str], topics: list[Any], first: int, last: int | None, found: list[int]
) -> None:
    matching = logs.LogCache().matching(Blocks(), addresses, topics, first, last)
    assert [each["blockNumber"] for each in matching] == found


def test_kept_logs_are_read_once_until_the_chain_is_another() -> None:
    chain, kept = Blocks(), logs.LogCache()
    both = ["0xab", "0xcd"]
    assert len(kept.matching(chain, both, [])) == len(kept.matching(chain, both, [])) == 9
    assert chain.asked == [(0, 8)]
    chain.logs = [*chain.logs[:5]]
    assert len(kept.matching(chain, both, [])) == 5
    assert chain.asked == [(0, 8), (0, 4)]
