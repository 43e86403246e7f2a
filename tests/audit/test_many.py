"""Many EMCs checked together: as each for itself, with few questions, and none spoils another."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec
import pytest

from emc.audit.prove import output, verdicts
from emc.audit.prove.case import Verdict
from emc.audit.read import store, sync
from emc.rpc.http import Request, Transport
from emc.rpc.node import Node
from emc.rpc.refusal import Meaning, Refused
from tests.audit.kit import chain, store_of
from tests.audit.recorder import Recorder
from tests.kit import World

EMCS = 6
# of what a run rebuilds, also in the order of its lines
KEPT = ("epochs", "rows", "pages", "ledger", "books", "standings", "findings", "verdicts", "emcs")


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Recorder, list[str]]]:
    with chain() as node:
        world = World()
        emcs = [world.make(world.terms(nonce=nonce)) for nonce in range(1, EMCS + 1)]
        for number in range(1, 4):
            for place, emc in enumerate(emcs):
                world.sell(emc, 900 + place, number)
        yield node, [str(emc.address) for emc in emcs]


def synced(node: Recorder, emcs: list[str]) -> Any:
    db = store_of()

    async def read() -> None:
        for emc in emcs:
            await sync.sync(db, Node(node), emc, first=0)

    asyncio.run(read())
    node.asked.clear()
    return db


def together(node: Recorder, db: Any, emcs: list[str]) -> list[Verdict]:
    return asyncio.run(verdicts.check_all(db, Node(node), emcs))


def content(db: Any) -> list[Any]:
    return [db.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in KEPT]


def test_together_is_as_each_for_itself(made: tuple[Recorder, list[str]]) -> None:
    node, emcs = made
    one, many = synced(node, emcs), synced(node, emcs)
    alone = [asyncio.run(verdicts.check(one, Node(node), emc)) for emc in emcs]
    found = together(node, many, emcs[::-1])[::-1]
    assert [each.emc for each in found] == emcs
    assert {each.word for each in found} == {"RECONCILED"}
    assert [each.evidence for each in found] == [each.evidence for each in alone]
    assert content(one) == content(many)
    assert [len(verdicts.history(many, emc)) for emc in emcs] == [1] * EMCS


def test_what_is_the_same_for_all_is_asked_once(made: tuple[Recorder, list[str]]) -> None:
    node, emcs = made
    db = synced(node, emcs)
    together(node, db, emcs)
    assert node.asked["eth_chainId"] == 1
    assert node.asked["eth_getBlockByNumber"] == 1
    # of each EMC its code and its implementation's, and once for all whom that obeys
    assert node.asked["eth_getCode"] <= 2 * EMCS + 2


def test_lines_that_do_not_fit_together_into_memory_are_checked_in_parts(
    made: tuple[Recorder, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, emcs = made
    db = synced(node, emcs)
    sizes: list[int] = []
    keep = output.keep
    monkeypatch.setattr(
        output, "keep", lambda db, found: (sizes.append(len(found)), keep(db, found))
    )
    monkeypatch.setattr(verdicts, "MOST_LINES", 2 * sum(store.counts(db, emcs[:1])[emcs[0]]) + 20)
    assert {each.word for each in together(node, db, emcs)} == {"RECONCILED"}
    assert sum(sizes) == EMCS
    assert max(sizes) < EMCS


def test_what_cannot_be_kept_is_one_emcs_verdict(
    made: tuple[Recorder, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, emcs = made
    db = synced(node, emcs)
    tables = output._tables

    def odd(case: Any, verdict: Verdict) -> Any:
        if case.emc == emcs[2]:
            raise OverflowError("too large for a table")
        return tables(case, verdict)

    monkeypatch.setattr(output, "_tables", odd)
    found = together(node, db, emcs)
    words = [each.word for each in found]
    assert words == ["RECONCILED"] * 2 + ["NOT CHECKED"] + ["RECONCILED"] * 3
    assert "too large for a table" in found[2].unproven[0][0]
    kept = {emc for (emc,) in db.execute("SELECT emc FROM verdicts").fetchall()}
    assert kept == set(emcs) - {emcs[2]}


def test_a_history_that_cannot_be_read_is_one_emcs_verdict(
    made: tuple[Recorder, list[str]],
) -> None:
    node, emcs = made
    db = synced(node, emcs)
    db.execute("UPDATE payouts SET number = 'no number' WHERE emc = ?", [emcs[1]])
    words = [each.word for each in together(node, db, emcs)]
    assert words == ["RECONCILED", "NOT CHECKED", *["RECONCILED"] * 4]


@pytest.mark.parametrize("sources", [1, 50, 1_000])
def test_a_flood_of_logs_slows_only_the_blocks_it_is_in(sources: int) -> None:
    pace = sync.Pace(sources)
    usual = pace.blocks
    for _ in range(12):
        pace.heard(pace.blocks, sync.MANY + 1)
    assert pace.blocks == 1
    # two in each block, as a busy system has for ever
    for _ in range(12):
        pace.heard(pace.blocks, 2 * pace.blocks)
    assert pace.blocks >= usual


def test_many_logs_are_asked_for_in_small_pieces() -> None:
    pace = sync.Pace(1)
    for _ in range(20):
        pace.heard(pace.blocks, 300 * pace.blocks)
    assert 0 < 300 * pace.blocks <= sync.MANY


class Capped:
    """A node that gives no more than 10,000 logs, and a block with more of two addresses."""

    flooded, block = {"0x" + f"{number:040x}" for number in (3, 4)}, 50

    def __init__(self, meaning: Meaning) -> None:
        self.meaning, self.asked, self.found = meaning, 0, set[tuple[str, ...]]()

    async def ask(self, requests: Sequence[Request]) -> list[Any]:
        ((_, (query,)),) = requests
        self.asked += 1
        first, last = (int(query[name], 16) for name in ("fromBlock", "toBlock"))
        here = self.flooded & set(query["address"]) if first <= self.block <= last else set()
        if len(here) > 1:
            return [Refused("query returned more than 10000 results", self.meaning)]
        self.found |= {tuple(here)} if here else set()
        return [msgspec.Raw(b"[]")]


@pytest.mark.parametrize("meaning", [Meaning.TOO_MUCH, Meaning.UNCLEAR])
def test_a_flood_in_one_block_costs_few_questions_more(meaning: Meaning) -> None:
    capped = Capped(meaning)
    node = Node(cast(Transport, capped))
    emcs = ["0x" + f"{number:040x}" for number in range(64)]

    async def take(_: Any) -> None: ...

    async def read() -> None:
        for at in range(0, 10_000, 20):
            await node.logs(emcs, [], at, at + 19, take)

    asyncio.run(read())
    assert capped.found == {(each,) for each in capped.flooded}
    assert capped.asked < 2 * 500 + 1_000
