"""Every epoch was agreed to by those who had to: signatures are recovered again from calldata."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import boa
import pytest

from emc.audit.read.abi import topic
from emc.core.terms import Measure, Metric, Terms
from tests import authority, till
from tests.audit.kit import audit, chain, lines
from tests.audit.recorder import Recorder
from tests.kit import FAR, World, deployer, skip


@pytest.fixture
def node() -> Iterator[Recorder]:
    with chain() as recorder:
        yield recorder


def spoil(node: Recorder, signature: bytes) -> None:
    """One bit of a signature is another in the transaction that carried it."""
    other = signature[:10] + bytes([signature[10] ^ 1]) + signature[11:]
    for sent in node.sent:
        if sent and signature.hex() in sent["input"]:
            sent["input"] = sent["input"].replace(signature.hex(), other.hex())
            return
    raise AssertionError("no transaction carried it")


def lived(world: World) -> tuple[Any, Terms, dict[str, list[Any]]]:
    """An EMC that was renegotiated, amended, and expelled one of its nodes; what was signed."""
    terms = till.held_terms(world)
    given: dict[str, list[Any]] = {"Made": world.signatures(terms)}
    emc = world.make(terms, given["Made"])
    world.sell(emc, 300, 1)
    new = authority.reshare(terms, [400_000, 400_000, 200_000])
    # three of three: seventy percent of them, rounded up
    given["Renegotiated"] = authority.agreements(world, emc, new)
    authority.renegotiate(world, emc, terms, new, given["Renegotiated"])
    world.sell(emc, 300, 2)
    terms = replace(new, nonce=9)
    given["Amended"] = authority.amendments(world, emc, terms)
    authority.amend(world, emc, new, terms, given["Amended"])
    authority.charge(world, emc, terms, 2)
    skip(terms.leaving.cure)
    given["Expelled"] = [authority.expulsion(world, emc, terms, row, 2) for row in (0, 1)]
    terms = authority.expel(world, emc, terms, 2, given["Expelled"])
    return emc, terms, given


def test_signed_decisions_tie(node: Recorder) -> None:
    world = World()
    emc, terms, _ = lived(world)
    authority.disband(world, emc, terms)
    verdict = audit(node, emc)
    assert (verdict.word, verdict.stage, lines(verdict)) == ("RECONCILED", "CLOSED", [])
    # three to form, three each to renegotiate and amend, two to expel and three to disband: one of
    # these had left and waits for money
    assert verdict.evidence["counts"]["signatures"] == 14
    assert verdict.unproven == []


@pytest.mark.parametrize(
    ("event", "what", "row"),
    [
        ("Made", "signature", 1),
        ("Renegotiated", "nodes that agree", None),
        ("Amended", "signature", 1),
        ("Expelled", "votes to expel", 2),
    ],
)
def test_a_signature_that_is_not_the_nodes_is_named(
    node: Recorder, event: str, what: str, row: int | None
) -> None:
    emc, _, given = lived(World())
    spoil(node, given[event][1][2])
    assert [line[:3] for line in lines(audit(node, emc))] == [(event, what, row)]


def test_who_must_have_waited_is_asked_when_it_did(node: Recorder) -> None:
    world = World()
    terms = till.held_terms(world)
    emc = world.make(terms)
    authority.leave(world, emc, terms, 1)
    # the blocks of the notice and of the exit are a day apart, not fourteen
    last = node.head
    for at in range(last - 1, last + 1):
        node.times[at] = node.times[at - 1] + 86_400 * (at - last + 1)
    (line,) = lines(audit(node, emc))
    assert line[:3] == ("Exited", "time", 1)


def test_a_window_an_interval_and_objections_are_kept(node: Recorder) -> None:
    world = World()
    rules = replace(world.terms().renegotiation, window=86_400, objections=340_000)
    terms = till.held_terms(world, renegotiation=rules)
    emc = world.make(terms)
    new = authority.reshare(terms, [400_000, 400_000, 200_000])
    authority.propose(world, emc, terms, new)
    matter = world.changes.renegotiation_matter(emc.address, 2, new.hash())
    with boa.env.prank(world.nodes[2].account):
        world.changes.object(emc.address, matter, True)
    skip(86_400)
    authority.renegotiate(world, emc, terms, new)
    assert lines(audit(node, emc)) == []
    # a second node objected as well, as the record has it now
    (log,) = [
        log
        for log in node.logs[world.changes.address.lower()]
        if log["topics"][2].endswith(world.nodes[2].account[2:].lower())
    ]
    number = int(log["blockNumber"], 16)
    again = {**log, "logIndex": "0x1"}
    account = world.nodes[1].account[2:].lower().rjust(64, "0")
    again["topics"] = [*log["topics"][:2], "0x" + account, *log["topics"][3:]]
    logs = node.logs[world.changes.address.lower()]
    logs.insert(logs.index(log) + 1, again)
    assert lines(audit(node, emc)) == [("Renegotiated", "objections", None, 2, "at most 1")]
    assert number < node.head


def test_a_payee_is_changed_by_its_controller_only(node: Recorder) -> None:
    world = World()
    terms = world.terms()
    emc = world.make(terms)
    till.change_payee(world, emc, terms, 0, till.payee(9))
    world.sell(emc, 100, 1)
    assert lines(audit(node, emc)) == []
    sent = next(each for each in node.sent if each and each["to"] == world.conduct.address)
    sent["from"] = str(world.stranger)
    assert lines(audit(node, emc)) == [
        ("PayeeChanged", "caller", 0, str(world.stranger), world.nodes[0].account)
    ]


def test_a_value_is_final_when_its_window_is_over_or_all_agree(node: Recorder) -> None:
    world = World()
    rules = replace(world.terms().assessment, window=86_400, objections=500_000)
    terms = till.held_terms(world, metric=Metric.USERS, assessment=rules)
    emc = world.make(terms)
    world.sell(emc, 500, 1)
    authority.assess(world, emc, terms, 1_200)
    given = [authority.assessment(world, emc, terms, row) for row in (1, 2)]
    authority.finalise(world, emc, terms, given=given)
    assert lines(audit(node, emc)) == []
    spoil(node, given[1][2])
    (line,) = lines(audit(node, emc))
    assert line[:3] == ("Finalised", "agreement", 2)


# what nodes agreed to before an EMC was made is told by the transaction that makes it


def formed(world: World, signing: Sequence[int], **changes: Any) -> Any:
    """An EMC of nodes of which some signed, and the others had approved its terms on chain."""
    terms = world.terms(**changes)
    coming = world.address_of(terms)
    matter = world.consent.formation_matter(coming, terms.hash())
    for index, each in enumerate(world.nodes):
        if index not in signing:
            world.consent.approve(coming, matter, FAR, sender=each.account)
    return world.make(terms, [world.signature(terms, index) for index in signing])


def made_in(node: Recorder, emc: Any) -> int:
    """The block in which an EMC began."""
    return int(node.logs[emc.address.lower()][0]["blockNumber"], 16)


def counted(node: Recorder, world: World, row: int) -> dict[str, Any]:
    """The log by which Consent counted a row's approval."""
    logs = node.logs[world.consent.address.lower()]
    ours = [log for log in logs if log["topics"][0] == topic("Consent", "Counted")]
    return next(log for log in ours if int(log["topics"][2], 16) == row)


@pytest.mark.parametrize("signing", [(), (1,), (0, 2), (0, 1, 2)], ids=str)
def test_forming_is_proven_by_the_transaction_that_makes(
    node: Recorder, signing: tuple[int, ...]
) -> None:
    world = World()
    emc = formed(world, signing)
    world.sell(emc, 300, 1)
    # whatever Consent logged before, and what carried it, is gone
    made = made_in(node, emc)
    logs = node.logs[world.consent.address.lower()]
    before = [log for log in logs if int(log["blockNumber"], 16) < made]
    assert len(before) == len(world.nodes) - len(signing)
    node.logs[world.consent.address.lower()] = [log for log in logs if log not in before]
    for log in before:
        node.sent[int(log["blockNumber"], 16)] = None
    verdict = audit(node, emc)
    assert (verdict.word, lines(verdict), verdict.unproven) == ("RECONCILED", [], [])
    assert verdict.evidence["counts"]["signatures"] == len(signing)


def test_who_makes_it_agrees_by_that(node: Recorder) -> None:
    world = World()
    terms = world.terms()
    own = (0, 0, b"")
    with boa.env.prank(world.nodes[0].account):
        world.consent.make(terms.head(), terms.packed_rows(), [own, *world.signatures(terms)[1:]])
    emc = deployer("EMC.vy").at(world.address_of(terms))
    verdict = audit(node, emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])
    assert verdict.evidence["counts"]["signatures"] == 2
    # Consent says no more that it counted the caller
    node.logs[world.consent.address.lower()].remove(counted(node, world, 0))
    assert [line[:3] for line in lines(audit(node, emc))] == [("Made", "signature", 0)]


def test_an_approval_is_the_rows_own_and_of_these_terms(node: Recorder) -> None:
    world = World()
    emc = formed(world, (0, 2))
    log = counted(node, world, 1)
    topics, data = list(log["topics"]), log["data"]
    approved = node.logs[world.consent.address.lower()][0]
    another = "0x" + world.nodes[2].account[2:].lower().rjust(64, "0")
    for altered in (
        {"topics": [*topics[:2], "0x" + "2".rjust(64, "0"), topics[3]]},
        {"topics": [*topics[:3], another]},
        {"data": "0x" + "7" * 64},
        # of another transaction
        {name: approved[name] for name in ("blockNumber", "blockHash", "transactionHash")}
        | {"logIndex": "0x1"},
    ):
        log.update({"topics": topics, "data": data} | altered)
        found = [line[:3] for line in lines(audit(node, emc))]
        assert found == [("Made", "signature", 1)], altered


def test_a_signature_that_had_expired_when_it_was_made_is_named(node: Recorder) -> None:
    world = World()
    terms = world.terms()
    until = boa.env.timestamp + 7 * 86_400
    emc = world.make(
        terms, [world.signature(terms, 0, deadline=until), *world.signatures(terms)[1:]]
    )
    assert lines(audit(node, emc)) == []
    for block in range(made_in(node, emc), node.head + 1):
        node.times[block] = until + 1
    assert [line[:3] for line in lines(audit(node, emc))] == [("Made", "signature", 0)]


def test_a_word_that_is_taken_back_later_counted_then(node: Recorder) -> None:
    world = World()
    emc = formed(world, (0, 1))
    for each in world.nodes[1:]:
        world.consent.revoke(emc.address, sender=each.account)
        world.consent.revoke(emc.address, sender=each.account)
    verdict = audit(node, emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])


def test_an_emc_is_where_its_nodes_accounts_put_it(node: Recorder) -> None:
    world = World()
    emc = world.make()
    (log,) = [
        log
        for log in node.logs[world.registry.address.lower()]
        if log["topics"][0] == topic("MicroEnterprises", "Registered")
        and world.nodes[1].account[2:].lower() in "".join([*log["topics"], log["data"]])
    ]
    # as the record has it now, somebody else was the second node's account
    mine, other = world.nodes[1].account[2:].lower(), str(world.stranger)[2:].lower()
    log["topics"] = [each.replace(mine, other) for each in log["topics"]]
    log["data"] = log["data"].replace(mine, other)
    assert [line[:3] for line in lines(audit(node, emc))] == [
        ("Made", "address", None),
        ("Made", "signature", 1),
    ]


def test_accounts_that_change_later_move_no_emc(node: Recorder) -> None:
    world = World()
    emc = world.make()
    with boa.env.prank(world.nodes[1].account):
        world.registry.offer_account(world.stranger)
    with boa.env.prank(world.stranger):
        world.registry.accept_account(world.nodes[1].me)
    world.sell(emc, 300, 1)
    verdict = audit(node, emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])


def several(world: World) -> Terms:
    """Users, meals and proceeds, each with 1,000 and 2,000; the gate waits for 1,000 of all."""
    metrics = (Metric.USERS, Metric.of("meals"), Metric.PROCEEDS)
    rules = replace(world.terms().assessment, window=86_400, objections=500_001, grace=1_000)
    measures = tuple(Measure(each, 1_000, 2_000) for each in metrics)
    return till.held_terms(world, measures=measures, assessment=rules)


def test_of_several_measures_each_is_recomputed_by_its_own_last_value(node: Recorder) -> None:
    world = World()
    terms = several(world)
    emc = world.make(terms)
    meals = Metric.of("meals")
    world.sell(emc, 1_500, 1)
    for row, (metric, amount) in enumerate(((Metric.USERS, 2_500), (meals, 900), (meals, 1_200))):
        authority.assess(world, emc, terms, amount, row, metric=metric)
        boa.env.time_travel(seconds=86_400)
        authority.finalise(world, emc, terms, row, metric=metric)
        assert emc.is_gate_open() == (amount == 1_200)
        world.sell(emc, 100 + amount, 2 + row)
    authority.assess(world, emc, terms, 10, metric=Metric.USERS)
    given = [authority.assessment(world, emc, terms, row, metric=Metric.USERS) for row in (1, 2)]
    authority.finalise(world, emc, terms, given=given, metric=Metric.USERS)
    world.sell(emc, 333, 9)
    assert emc.is_gate_open()
    assert lines(audit(node, emc)) == []
    spoil(node, given[1][2])
    (line,) = lines(audit(node, emc))
    assert line[:3] == ("Finalised", "agreement", 2)


def test_a_value_of_no_measure_of_the_goal_is_named(node: Recorder) -> None:
    world = World()
    terms = several(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, metric=Metric.USERS)
    boa.env.time_travel(seconds=86_400)
    authority.finalise(world, emc, terms, metric=Metric.USERS)
    was, other = ("0x" + each.hex() for each in (Metric.USERS, Metric.of("likes")))
    for log in node.logs[world.goals.address.lower()]:
        log["topics"] = [other if each == was else each for each in log["topics"]]
    assert [line[:2] for line in lines(audit(node, emc))] == [("Finalised", "metric")]


@pytest.mark.parametrize("early", [False, True])
def test_one_measure_that_is_missed_lets_one_node_end_it(node: Recorder, early: bool) -> None:
    world = World()
    terms = several(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    for metric in (Metric.USERS, Metric.of("meals")):
        authority.assess(world, emc, terms, 2_000, metric=metric)
        boa.env.time_travel(seconds=86_400)
        authority.finalise(world, emc, terms, metric=metric)
    till.until(terms.goal.deadline + 1_001)
    given = [authority.disbanding(world, emc, terms, 1, world.nodes[1].me)]
    authority.disband(world, emc, terms, given)
    if early:
        # told of the last second in which values could still come
        node.times[-1] -= 1
    found = lines(audit(node, emc))
    assert ([line[:2] for line in found] == [("Disbanded", "agreement")]) is early
    assert early or found == []
