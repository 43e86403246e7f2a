"""Other shares inside every bound, by the quorum of the terms."""

import boa
import pytest

from emc.core.terms import Renegotiation
from emc.core.units import PPM
from tests import authority
from tests.kit import World, events, replace
from tests.till import until
from tests.unit.changes.kit import (
    TURNED,
    approve,
    five,
    name_of,
    reserve,
    shifted,
    three,
)


def test_it_puts_other_shares_in_force(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    authority.renegotiate(world, emc, terms, new)
    logs = {type(log).__name__: log for log in world.changes.get_logs()}
    told = logs["Renegotiated"]
    assert (told.emc, told.epoch, told.terms_hash) == (emc.address, 2, new.hash())
    assert list(told.shares) == authority.words(new)
    assert (logs["Replaced"].emc, logs["Replaced"].terms_hash) == (emc.address, new.hash())
    adopted = logs["Adopted"]
    assert (adopted.epoch, adopted.start, adopted.dust, adopted.held) == (2, 0, 0, 0)
    assert world.consent.terms_of(emc.address) == new.hash()
    assert emc.epoch() == 2
    assert world.changes.renegotiated_at(emc.address) == boa.env.timestamp


QUORUMS = [
    (2, 1, 1),
    (2, 500_000, 1),
    (2, 500_001, 2),
    (3, 333_333, 1),
    (3, 333_334, 2),
    (3, 666_666, 2),
    (3, 666_667, 3),
    (5, 600_000, 3),
    (5, 600_001, 4),
    (7, 700_000, 5),
    (10, 700_000, 7),
    (10, PPM, 10),
]


@pytest.mark.parametrize(("count", "quorum", "needed"), QUORUMS)
def test_the_quorum_is_rounded_up(world: World, count: int, quorum: int, needed: int) -> None:
    world.register(max(0, count - len(world.nodes)))
    rows = world.rows([PPM // count + (PPM % count if i == 0 else 0) for i in range(count)])
    # a beneficiary has no voice in it
    terms = world.terms((*rows, reserve(count)), renegotiation=Renegotiation(quorum=quorum))
    emc = world.make(terms)
    new = shifted(terms)
    given = authority.agreements(world, emc, new, range(count - needed, count))
    assert len(given) == needed
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, given[1:])
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 2


def test_the_quorum_is_of_the_nodes_there_are(world: World) -> None:
    terms = five(world, window=0)
    emc = world.make(terms)
    terms = authority.leave(world, emc, terms, 3)
    terms = authority.leave(world, emc, terms, 4)
    new = shifted(terms)
    given = authority.agreements(world, emc, new, [1, 2])
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, given[:1])
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 4


def test_signatures_and_approvals_add_up(world: World) -> None:
    terms = five(world, window=0)
    emc = world.make(terms)
    new = shifted(terms)
    approve(world, world.nodes[0], name_of(world, emc, new), emc)
    approve(world, world.nodes[4], name_of(world, emc, new), emc)
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, [])
    authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new, [2]))
    assert emc.epoch() == 2


# the window


def test_where_there_is_a_window_it_must_be_over(world: World) -> None:
    terms = five(world)
    emc = world.make(terms)
    new = shifted(terms)
    authority.propose(world, emc, terms, new)
    closes_at = boa.env.timestamp + 1_000
    given = authority.agreements(world, emc, new)
    until(closes_at - 1)
    with boa.reverts("changes: window is open"):
        authority.renegotiate(world, emc, terms, new, given)
    for at in (closes_at, closes_at + 1):
        with boa.env.anchor():
            until(at)
            authority.renegotiate(world, emc, terms, new, given)
            assert emc.epoch() == 2


def test_a_proposal_can_be_executed_up_to_its_last_second(world: World) -> None:
    terms = five(world)
    emc = world.make(terms)
    new = shifted(terms)
    last = boa.env.timestamp + 2_000
    authority.propose(world, emc, terms, new, until=last)
    given = authority.agreements(world, emc, new)
    until(last)
    with boa.env.anchor():
        authority.renegotiate(world, emc, terms, new, given)
        assert emc.epoch() == 2
    until(last + 1)
    with boa.reverts("changes: proposal expired"):
        authority.renegotiate(world, emc, terms, new, given)


def test_what_was_not_proposed_is_not_executed(world: World) -> None:
    terms = five(world)
    emc = world.make(terms)
    authority.propose(world, emc, terms, shifted(terms, 1))
    boa.env.time_travel(seconds=1_000)
    with boa.reverts("changes: not proposed"):
        authority.renegotiate(world, emc, terms, shifted(terms, 2))
    authority.renegotiate(world, emc, terms, shifted(terms, 1))
    assert emc.epoch() == 2


def test_proposals_die_with_their_epoch(world: World) -> None:
    terms = five(world)
    emc = world.make(terms)
    first, second = shifted(terms, 1), shifted(terms, 2)
    authority.propose(world, emc, terms, first, row=0)
    authority.propose(world, emc, terms, second, row=1)
    boa.env.time_travel(seconds=1_000)
    with boa.env.anchor():
        authority.renegotiate(world, emc, terms, first)
        with boa.reverts("changes: not proposed"):
            authority.renegotiate(world, emc, first, second)
        # nor does what it was before come back by the old proposal
        with boa.reverts("changes: not proposed"):
            authority.renegotiate(world, emc, first, terms)
    amended = authority.amend(world, emc, terms, replace(terms, nonce=1))
    with boa.reverts("changes: not proposed"):
        authority.renegotiate(world, emc, amended, shifted(amended, 2))


# time between two


def test_the_interval_lies_between_two(world: World) -> None:
    terms = three(world, renegotiation=Renegotiation(quorum=PPM, interval=500))
    emc = world.make(terms)
    # the first one waits for nothing
    terms = authority.renegotiate(world, emc, terms, shifted(terms))
    new = shifted(terms)
    given = authority.agreements(world, emc, new)
    for seconds in (0, 499):
        boa.env.time_travel(seconds=seconds)
        with boa.reverts("changes: too soon"):
            authority.renegotiate(world, emc, terms, new, given)
    boa.env.time_travel(seconds=1)
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 3


def test_neither_an_amendment_nor_an_exit_keeps_a_renegotiation_waiting(world: World) -> None:
    world.register(1)
    terms = world.terms(
        world.rows([250_000] * 4), renegotiation=Renegotiation(quorum=PPM, interval=10**6)
    )
    emc = world.make(terms)
    terms = authority.leave(world, emc, terms, 3)
    terms = authority.amend(world, emc, terms, replace(terms, nonce=1))
    authority.renegotiate(world, emc, terms, shifted(terms))
    assert emc.epoch() == 4


# shares


@pytest.mark.parametrize("tranche", range(3))
def test_shares_reach_their_bounds_and_no_further(world: World, tranche: int) -> None:
    rows = [
        replace(row, lower=lower, upper=upper)
        for row, lower, upper in zip(
            world.rows([400_000, 300_000, 300_000]),
            (300_000, 200_000, 0),
            (500_000, 400_000, PPM),
            strict=True,
        )
    ]
    terms = world.terms(tuple(rows))
    emc = world.make(terms)

    def moved(a: int, b: int) -> list[tuple[int, int, int]]:
        shares = [[400_000] * 3, [300_000] * 3, [300_000] * 3]
        for place, share in enumerate((a, b, PPM - a - b)):
            shares[place][tranche] = share
        return [(share[0], share[1], share[2]) for share in shares]

    for a, b in ((500_000, 200_000), (300_000, 400_000)):
        with boa.env.anchor():
            new = authority.reshare(terms, moved(a, b))
            authority.renegotiate(world, emc, terms, new)
            assert world.consent.terms_of(emc.address) == new.hash()
    for a, b in ((500_001, 300_000), (299_999, 300_000), (400_000, 400_001), (400_000, 199_999)):
        with boa.reverts("changes: share outside bounds"):
            authority.renegotiate(world, emc, terms, authority.reshare(terms, moved(a, b)))


@pytest.mark.parametrize("tranche", ["base", "leading", "upside"])
@pytest.mark.parametrize("off", [-1, 1])
def test_the_shares_of_each_tranche_are_one(world: World, tranche: str, off: int) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    new = new.with_row(1, **{tranche: 300_000 + off})
    with boa.reverts("changes: shares are not one"):
        authority.renegotiate(world, emc, terms, new)


def test_a_change_that_changes_nothing_is_refused(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    with boa.reverts("changes: nothing changes"):
        authority.renegotiate(world, emc, terms, terms)


@pytest.mark.parametrize("tranche", ["base", "leading", "upside"])
def test_one_millionth_of_one_tranche_is_a_change(world: World, tranche: str) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = terms.with_row(0, **{tranche: 499_999}).with_row(2, **{tranche: 200_001})
    authority.renegotiate(world, emc, terms, new)
    assert world.consent.terms_of(emc.address) == new.hash()


@pytest.mark.parametrize("count", [0, 2, 4])
def test_there_is_a_share_for_every_row(world: World, count: int) -> None:
    terms = three(world)
    emc = world.make(terms)
    words = [*authority.words(authority.reshare(terms, TURNED)), 0][:count]
    with boa.reverts("changes: not a share per row"):
        world.changes.renegotiate(emc.address, terms.head(), terms.packed_rows(), words, [])


@pytest.mark.parametrize("bit", [0, 7, 8, 15, 76, 95, 96, 127, 200, 255])
def test_bits_beside_the_shares_are_refused(world: World, bit: int) -> None:
    """They would be the spare byte, the row id, the running cost or the payee."""
    terms = three(world)
    emc = world.make(terms)
    words = authority.words(authority.reshare(terms, TURNED))
    for place in range(3):
        bent = list(words)
        bent[place] |= 1 << bit
        with boa.reverts("changes: not shares"):
            world.changes.renegotiate(emc.address, terms.head(), terms.packed_rows(), bent, [])


# the sink


@pytest.mark.parametrize("tranche", range(3))
def test_the_sink_keeps_at_most_what_it_took_over(world: World, tranche: int) -> None:
    world.register(1)
    rows = tuple(replace(row, upper=400_000) for row in world.rows([250_000] * 4))
    terms = world.terms(rows)
    emc = world.make(terms)
    terms = authority.leave(world, emc, terms, 3)
    assert terms.rows[0].base == 500_000

    def split(sink: int, second: int) -> list[tuple[int, int, int]]:
        shares = [[500_000] * 3, [250_000] * 3, [250_000] * 3]
        for place, share in enumerate((sink, second, PPM - sink - second)):
            shares[place][tranche] = share
        return [(share[0], share[1], share[2]) for share in shares]

    with boa.reverts("changes: share outside bounds"):
        authority.renegotiate(world, emc, terms, authority.reshare(terms, split(500_001, 250_000)))
    # another row has no such freedom
    with boa.reverts("changes: share outside bounds"):
        authority.renegotiate(world, emc, terms, authority.reshare(terms, split(400_000, 400_001)))
    # the others change while it keeps all
    terms = authority.renegotiate(
        world, emc, terms, authority.reshare(terms, split(500_000, 300_000))
    )
    # some of it is handed on, and does not come back
    terms = authority.renegotiate(
        world, emc, terms, authority.reshare(terms, split(450_000, 300_000))
    )
    with boa.reverts("changes: share outside bounds"):
        authority.renegotiate(world, emc, terms, authority.reshare(terms, split(450_001, 300_000)))
    terms = authority.renegotiate(
        world, emc, terms, authority.reshare(terms, split(400_000, 300_000))
    )
    with boa.reverts("changes: share outside bounds"):
        authority.renegotiate(world, emc, terms, authority.reshare(terms, split(400_001, 300_000)))


def test_the_sink_obeys_its_lower_bound(world: World) -> None:
    terms = three(world).with_row(0, lower=300_000)
    emc = world.make(terms)
    authority.renegotiate(world, emc, terms, authority.reshare(terms, [300_000, 400_000, 300_000]))
    assert emc.epoch() == 2
    new = authority.reshare(terms, [299_999, 400_001, 300_000])
    with boa.reverts("members: not the terms in force"):
        authority.renegotiate(world, emc, terms, new)
    now = authority.reshare(terms, [300_000, 400_000, 300_000])
    with boa.reverts("changes: share outside bounds"):
        authority.renegotiate(world, emc, now, new)


# when


def test_it_starts_from_the_terms_in_force_of_an_active_emc(world: World) -> None:
    terms = three(world)
    with boa.reverts("members: not the terms in force"):
        world.changes.renegotiate(
            world.address_of(terms),
            terms.head(),
            terms.packed_rows(),
            authority.words(shifted(terms)),
            [],
        )
    other = three(world, nonce=1)
    emc = world.make(other)
    with boa.reverts("members: not the terms in force"):
        authority.renegotiate(world, emc, terms, shifted(terms))


def test_from_the_end_date_on_nothing_changes(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = shifted(terms)
    given = authority.agreements(world, emc, new)
    until(terms.ends_at - 1)
    with boa.env.anchor():
        authority.renegotiate(world, emc, terms, new, given)
        assert emc.epoch() == 2
    until(terms.ends_at)
    with boa.reverts("emc: over"):
        authority.renegotiate(world, emc, terms, new, given)
    emc.end()
    with boa.reverts("members: not active"):
        authority.renegotiate(world, emc, terms, new, given)


def test_who_relays_the_same_first_does_no_harm(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    given = authority.agreements(world, emc, new)
    with boa.env.prank(world.buyer):
        world.changes.renegotiate(
            emc.address, terms.head(), terms.packed_rows(), authority.words(new), given
        )
    (told,) = events(world.changes, "Renegotiated")
    assert told.terms_hash == new.hash()
    with boa.reverts("members: not the terms in force"):
        authority.renegotiate(world, emc, terms, new, given)
    # nor is the bundle good for a second one
    with boa.reverts("changes: nothing changes"):
        authority.renegotiate(world, emc, new, new, given)
    assert world.consent.terms_of(emc.address) == new.hash()
