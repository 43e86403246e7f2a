"""Attacks by those who signed for one thing, took it back, or ran the clock of the others down."""

from typing import Any

import boa
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils import keccak

from emc.core.terms import Terms
from tests import authority
from tests.authority import CLAUSE
from tests.kit import FAR, World, skip
from tests.unit.changes.kit import TURNED, five, shifted, three

# a quorum that two of three nodes are
QUORUM = {"quorum": 600_000}


def by_quorum(world: World) -> tuple[VyperContract, Terms, Terms]:
    """An EMC in which two of three nodes put other shares in force, its terms, and other shares."""
    terms = three(world)
    rules = terms.renegotiation
    terms = world.terms(terms.rows, renegotiation=type(rules)(**QUORUM))
    return world.make(terms), terms, authority.reshare(terms, TURNED)


def test_what_all_sign_as_an_amendment_is_not_put_in_force_by_the_quorum(world: World) -> None:
    """Two who have the word of all hold back the third's, and need no more than their own."""
    emc, terms, new = by_quorum(world)
    given = authority.amendments(world, emc, new)
    for chosen in (given, given[:2], given[1:]):
        with boa.reverts("signatures: not the signer"):
            authority.renegotiate(world, emc, terms, new, chosen)
    with boa.reverts("signatures: not the signer"):
        authority.amend(world, emc, terms, new, authority.agreements(world, emc, new))
    authority.amend(world, emc, terms, new, given)
    assert world.consent.terms_of(emc.address) == new.hash()


def test_nor_is_what_all_approve_as_an_amendment(world: World) -> None:
    emc, terms, new = by_quorum(world)
    changes = world.changes
    by_all = changes.amendment_matter(emc.address, 2, new.hash())
    quorum = changes.renegotiation_matter(emc.address, 2, new.hash())
    with boa.env.anchor():
        for node in world.nodes:
            with boa.env.prank(node.account):
                changes.approve(emc.address, by_all, FAR)
        with boa.reverts("changes: quorum not reached"):
            authority.renegotiate(world, emc, terms, new, [])
        authority.amend(world, emc, terms, new, [])
        assert emc.epoch() == 2
    for node in world.nodes:
        with boa.env.prank(node.account):
            changes.approve(emc.address, quorum, FAR)
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, new, [])
    authority.renegotiate(world, emc, terms, new, [])
    assert emc.epoch() == 2


def test_a_revoked_vote_neither_amends_nor_expels_nor_disbands(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = world.terms(terms.rows, nonce=1)
    account = world.nodes[2].account
    authority.charge(world, emc, terms, 1)
    skip(terms.leaving.cure)
    conduct = world.conduct
    matters: list[tuple[Any, bytes]] = [
        (world.changes, world.changes.amendment_matter(emc.address, 2, new.hash())),
        (conduct, conduct.expulsion_matter(emc.address, 1, keccak(text=CLAUSE))),
        (conduct, conduct.disbanding_matter(emc.address, 1)),
    ]
    with boa.env.prank(account):
        for room, what in matters:
            room.approve(emc.address, what, FAR)
        for room in (world.changes, conduct):
            room.revoke(emc.address)
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, new, authority.amendments(world, emc, new, [0, 1]))
    with boa.reverts("conduct: quorum not reached"):
        authority.expel(world, emc, terms, 1, [authority.expulsion(world, emc, terms, 0, 1)])
    ends = [authority.disbanding(world, emc, terms, row, world.nodes[row].me) for row in (0, 1)]
    with boa.reverts("conduct: signature missing"):
        authority.disband(world, emc, terms, ends)
    with boa.env.prank(account):
        for room, what in matters:
            room.approve(emc.address, what, FAR)
    authority.disband(world, emc, terms, ends)
    assert not emc.is_gate_open() or emc.epoch() == 1


def test_who_opened_a_renegotiation_cannot_make_the_others_begin_again(world: World) -> None:
    """It proposes something else in the last second of the window, and revokes its approval."""
    terms = five(world)
    emc = world.make(terms)
    good, other = shifted(terms, 1), shifted(terms, 2)
    authority.propose(world, emc, terms, good, row=0)
    given = authority.agreements(world, emc, good, [1, 2, 3])
    skip(terms.renegotiation.window - 1)
    authority.propose(world, emc, terms, other, row=0)
    with boa.env.prank(world.nodes[0].account):
        world.changes.revoke(emc.address)
    skip(1)
    authority.renegotiate(world, emc, terms, good, given)
    assert world.consent.terms_of(emc.address) == good.hash()


def test_who_charged_cannot_make_the_others_begin_again(world: World) -> None:
    """It drops the charge in the last second, which another has joined: the votes stay good."""
    terms = three(world)
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1, accuser=0)
    given = [authority.expulsion(world, emc, terms, row, 1) for row in (0, 2)]
    skip(terms.leaving.cure - 1)
    authority.charge(world, emc, terms, 1, accuser=2)
    authority.drop(world, emc, terms, 1, accuser=0)
    skip(1)
    authority.expel(world, emc, terms, 1, given)
    assert emc.epoch() == 2


def test_a_joined_charge_gives_no_less_time_to_cure(world: World) -> None:
    """Dropped by all it is gone, and whoever raises it again gives the whole period."""
    terms = three(world)
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1, accuser=0)
    skip(terms.leaving.cure)
    authority.drop(world, emc, terms, 1, accuser=0)
    authority.charge(world, emc, terms, 1, accuser=2)
    with boa.reverts("conduct: cure is not over"):
        authority.expel(world, emc, terms, 1)


def test_every_word_that_is_counted_on_chain_is_told_with_its_row(world: World) -> None:
    """Whoever proves a decision finds who agreed in its own transaction."""
    emc, terms, new = by_quorum(world)
    what = world.changes.renegotiation_matter(emc.address, 2, new.hash())
    with boa.env.prank(world.nodes[2].account):
        world.changes.approve(emc.address, what, FAR)
    caller = world.nodes[1].account
    with boa.env.prank(caller):
        world.changes.renegotiate(
            emc.address, terms.head(), terms.packed_rows(), authority.words(new), [(1, 0, b"")]
        )
    told = [log for log in world.changes.get_logs() if type(log).__name__ == "Counted"]
    assert [(log.emc, log.row, log.account, log.matter) for log in told] == [
        (emc.address, 1, caller, what),
        (emc.address, 2, world.nodes[2].account, what),
    ]
