"""Corners of a life that random ones seldom reach; an honest EMC ties in each."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boa
import pytest

from emc.audit.read import sync
from emc.audit.read.abi import topic
from emc.audit.read.intake import Window, take_transfers
from emc.audit.tell.subjects import subjects
from emc.core.terms import Metric
from emc.core.units import Currency
from emc.errors import EMCError
from emc.rpc.node import Log, Node
from tests import authority, till
from tests.audit.kit import audit, chain, lines, publish, store_of
from tests.audit.recorder import Recorder
from tests.kit import FAR, World, address, deployer

# of a block that the chain has no more
GONE = "0x" + "ab" * 32


@pytest.fixture
def node() -> Iterator[Recorder]:
    with chain() as recorder:
        yield recorder


def ties(node: Recorder, emc: Any) -> bool:
    verdict = audit(node, emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])
    return True


def test_a_value_that_is_just_enough_opens_the_gate(node: Recorder) -> None:
    world = World()
    rules = replace(world.terms().assessment, window=86_400, objections=500_000)
    terms = till.held_terms(world, metric=Metric.USERS, assessment=rules)
    emc = world.make(terms)
    world.sell(emc, 500, 1)
    authority.assess(world, emc, terms, terms.goal.measures[0].benchmark)
    boa.env.time_travel(seconds=86_400)
    authority.finalise(world, emc, terms)
    assert emc.is_gate_open()
    world.sell(emc, 7, 2)
    assert ties(node, emc)


def test_a_sale_that_crosses_the_gate_pays_below_what_should_gather(node: Recorder) -> None:
    world = World()
    emc = world.make(till.held_terms(world, disburse_at=5_000))
    world.sell(emc, 999, 1)
    world.sell(emc, 1, 2)
    assert emc.accounts().pending == 0
    world.sell(emc, 4_999, 3)
    assert emc.accounts().pending == 4_999
    assert ties(node, emc)


def test_a_redirected_row_is_paid_there_under_the_next_terms(node: Recorder) -> None:
    world = World()
    terms = world.terms()
    emc = world.make(terms)
    till.change_payee(world, emc, terms, 0, till.payee(9))
    authority.renegotiate(world, emc, terms, authority.reshare(terms, [400_000, 300_000, 300_000]))
    world.sell(emc, 1_000, 1)
    assert boa.env.get_balance(till.payee(9)) == 400
    assert ties(node, emc)


def test_a_credit_that_is_withdrawn_is_gone(node: Recorder) -> None:
    world = World()
    moody = deployer("mocks/MoodyPayee.vy").deploy()
    rows = world.rows(payees=[moody.address, till.payee(1), till.payee(2)])
    emc = world.make(world.terms(rows))
    moody.set_mood(1)
    world.sell(emc, 3_000, 1)
    moody.set_mood(0)
    emc.withdraw(0)
    world.sell(emc, 3_000, 2)
    assert emc.credits(0) == 0
    verdict = audit(node, emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])
    assert [each.kind for each in verdict.findings] == ["refusing_payee", "concentration"]


def test_a_finding_prints_an_amount_as_every_command_does(node: Recorder) -> None:
    world = World()
    emc = world.make(world.terms())
    world.sell(emc, 55_500_000_000_000_000_000, 1)
    (found,) = (each for each in audit(node, emc).findings if each.kind == "concentration")
    amount = Currency("ETH", 18).format(found.amount or 0)
    assert amount == "55.50 ETH"
    assert f"paid {amount} of the {amount}" in found.text


def test_who_is_not_in_the_new_terms_may_agree_on_chain(node: Recorder) -> None:
    world = World()
    terms = till.held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 400, 1)
    rows = (replace(terms.rows[0], base=800_000, leading=800_000, upside=800_000), terms.rows[1])
    rows = (rows[0], replace(rows[1], base=200_000, leading=200_000, upside=200_000))
    new = replace(terms, rows=rows)
    matter = world.changes.amendment_matter(emc.address, 2, new.hash())
    with boa.env.prank(world.nodes[2].account):
        world.changes.approve(emc.address, matter, FAR)
    authority.amend(world, emc, terms, new, authority.amendments(world, emc, new))
    assert ties(node, emc)


@pytest.mark.parametrize("times", [1, 100])
def test_logs_of_another_chain_than_the_blocks_are_not_kept(
    node: Recorder, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    world = World()
    emc = world.make(world.terms())
    world.sell(emc, 1_000, 1)
    turned: list[Any] = []
    answer, payout = node.eth_getLogs, topic("EMC", "Payout")

    def turns_over(query: Any) -> Any:
        found = answer(query)
        if len(turned) == times or not any(log["topics"][0] == payout for log in found):
            return found
        turned.append(query)
        other = {"blockHash": "0x" + "ab" * 32}
        return [{**log, **(other if log["topics"][0] == payout else {})} for log in found]

    monkeypatch.setattr(node, "eth_getLogs", turns_over)
    if times > 1:
        with pytest.raises(EMCError, match="replaced faster than they can be read"):
            audit(node, emc)
        return
    db = store_of()
    assert audit(node, emc, db).word == "RECONCILED"
    assert db.execute("SELECT * FROM blocks WHERE hash LIKE '0xabab%'").fetchall() == []
    assert db.execute("SELECT count(*) FROM payouts").fetchall() == [(1,)]


def test_an_emc_that_is_told_of_in_two_blocks_is_one(
    node: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    emc = world.make(world.terms())
    world.sell(emc, 1_000, 1)
    answer, made = node.eth_getLogs, topic("Consent", "Made")

    def turns_over(query: Any) -> Any:
        # the chain turns over between two pieces
        found = answer(query)
        if query["topics"][:1] != [made]:
            return found
        return [
            {**log, "blockNumber": hex(int(log["blockNumber"], 16) - 1)} for log in found
        ] + found

    monkeypatch.setattr(node, "eth_getLogs", turns_over)
    db = store_of()
    assert audit(node, emc, db).word == "RECONCILED"
    assert len(subjects(db)) == 1


@pytest.mark.parametrize("has_logs", [True, False])
@pytest.mark.parametrize("headers", [0, 1], ids=["before headers", "behind them"])
@pytest.mark.parametrize("place", range(4))
def test_what_is_in_blocks_that_replaced_others_meanwhile_is_read(
    node: Recorder, monkeypatch: pytest.MonkeyPatch, place: int, headers: int, has_logs: bool
) -> None:
    world = World()
    publish(world, monkeypatch)
    emc = world.make(world.terms())
    for number in range(1, 9):
        world.sell(emc, 1_000, number)
    logs, block, asked = node.eth_getLogs, node.eth_getBlockByNumber, []

    def elsewhere(log: Any) -> Any:
        return {**log, "blockHash": GONE, "logIndex": hex(int(log["logIndex"], 16) + 50)}

    def before(query: Any) -> Any:
        asked.append(query)
        if len(asked) > place + 1:
            return logs(query)
        return [elsewhere(log) for log in logs(query)] if has_logs else []

    def replaced(number: str, full: bool) -> Any:
        return block(number, full) | ({} if len(asked) > place + headers else {"hash": GONE})

    def read() -> Any:
        db = store_of()
        done = asyncio.run(sync.sync(db, Node(node), first=0))
        return done.emcs, [
            db.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()
            for table in ("emcs", "blocks", "synced", "payouts", "events")
        ]

    undisturbed = read()
    monkeypatch.setattr(node, "eth_getLogs", before)
    monkeypatch.setattr(node, "eth_getBlockByNumber", replaced)
    emcs, kept = read()
    if has_logs or place < 2:
        assert emcs == [str(emc.address)]
        assert (emcs, kept) == undisturbed


def test_a_block_that_was_kept_falsely_is_read_again(node: Recorder) -> None:
    world = World()
    emc, other = (world.make(world.terms(nonce=nonce)) for nonce in (1, 2))
    made = node.head
    world.sell(emc, 1_000, 1)
    db = store_of()
    assert audit(node, emc, db).word == "RECONCILED"
    db.execute("INSERT INTO blocks VALUES (?, ?, 0)", [made, GONE])
    assert audit(node, other, db).word == "RECONCILED"
    assert audit(node, emc, db).word == "RECONCILED"
    assert not db.execute("SELECT * FROM blocks WHERE hash = ?", [GONE]).fetchall()


def test_a_log_that_comes_in_two_answers_is_kept_once() -> None:
    emc, token = address("emc"), address("token")
    side = "0x" + emc[2:].lower().rjust(64, "0")
    seven = "0x" + "7".rjust(64, "0")
    moved = Log(token, [sync.TRANSFER, side, side], seven, "0x5", "0x1", "0x2", "0x0")
    db = store_of()
    window = Window(db)
    for _ in range(2):
        take_transfers(window, {emc: (token, 0)}, [moved])
    assert window.count == 1
    assert db.execute("SELECT sender, amount::INT FROM transfers").fetchall() == [(emc, 7)]
