"""Every epoch was agreed to by those who had to: signatures are recovered again from calldata."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boa
import pytest

from emc.core.terms import Metric, Terms
from tests import authority, till
from tests.audit.kit import audit, chain, lines
from tests.audit.recorder import Recorder
from tests.kit import World, skip


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
