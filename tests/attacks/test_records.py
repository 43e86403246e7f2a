"""Ways to a better or a worse record than the EMC's life gives; what none prevents is shown."""

from dataclasses import replace

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import NATIVE, Gate, Leaving, Terms
from emc.core.terms import Review as Windows
from tests import authority
from tests.kit import COIN, World, address, events, skip
from tests.reviews import Review, end, opened, reviewed_terms
from tests.till import send, until

WEEK = 7 * 86_400
COMPLETED, GOALS_MET, DISBANDED, EXPELLED, WITHHELD = range(5)


def facts(begun: Review, place: int = 0) -> tuple[int, ...]:
    """What is counted about a member."""
    return tuple(begun.contract.facts_of(begun.me(place)))


def seat(terms: Terms, id: int, me: int) -> Terms:
    """One more node, that gets nothing."""
    row = replace(terms.rows[1], id=id, party=me, payee=address(f"seat {id}"), base=0, leading=0)
    return replace(terms, rows=(*terms.rows, replace(row, upside=0, lower=0)))


def counted(world: World, emc: VyperContract, terms: Terms) -> Review:
    """The whole review: everybody is rated and counted."""
    begun = opened(world, emc, terms)
    begun.rate_all()
    begun.finalise()
    return begun


# money after the end


@pytest.mark.parametrize("gate", [Gate.NONE, Gate.TARGET])
def test_money_lent_after_the_end_meets_no_goal(world: World, gate: Gate) -> None:
    """It comes out again in the same transaction, at the backstop or at the payees."""
    terms = reviewed_terms(world, gate=gate, benchmark=1_000 * COIN, target=2_000 * COIN)
    emc = world.make(terms)
    end(world, emc, terms, 1_000)
    lent = 10**6 * COIN
    boa.env.set_balance(world.buyer, lent)
    send(world, emc, lent)
    with boa.env.prank(world.stranger):
        emc.absorb()
    assert (emc.total(), emc.ended_with()) == (lent + 1_000, 1_000 + 1)
    begun = counted(world, emc, terms)
    assert facts(begun) == (1, 0, 0, 0, 0)
    assert world.reputation.proceeds_of(begun.me(0), NATIVE) == 1_000


def test_a_unit_after_the_end_brings_no_review_of_an_idle_emc(world: World) -> None:
    """One unit would mark everybody with a disbanding and a withheld rating."""
    terms = reviewed_terms(world)
    emc = world.make(terms)
    authority.disband(world, emc, terms)
    send(world, emc, 1)
    with boa.env.prank(world.stranger):
        emc.absorb()
    assert emc.total() == 1
    with boa.env.prank(world.stranger), boa.reverts("reviews: no proceeds"):
        world.reputation.open(emc.address, terms.head(), terms.packed_rows())


def test_what_arrived_before_the_end_counts(world: World) -> None:
    """The end absorbs it: that is still the EMC's life."""
    terms = reviewed_terms(world)
    emc = world.make(terms)
    send(world, emc, 7)
    until(terms.ends_at)
    emc.end()
    begun = counted(world, emc, terms)
    assert world.reputation.proceeds_of(begun.me(0), NATIVE) == 7


# seats


def test_a_seat_of_the_last_second_carries_nothing_of_the_emc(world: World) -> None:
    """The nodes of a good EMC sell one more seat: the buyer has only what was said of it."""
    terms = reviewed_terms(world, benchmark=1, target=2)
    emc = world.make(terms)
    world.sell(emc, 1_000 * COIN, 1)
    until(terms.ends_at - 1)
    (buyer,) = world.register(1)
    terms = authority.amend(world, emc, terms, seat(terms, 3, buyer.me))
    until(terms.ends_at)
    emc.end()
    begun = counted(world, emc, terms)
    assert begun.me(3) == buyer.me
    assert facts(begun, 3) == (0, 0, 0, 0, 0)
    assert world.reputation.proceeds_of(buyer.me, NATIVE) == 0
    assert facts(begun, 0) == (1, 1, 0, 0, 0)
    assert world.reputation.proceeds_of(begun.me(0), NATIVE) == 1_000 * COIN


def test_who_came_back_has_only_what_its_last_seat_moved(world: World) -> None:
    """One leaves with the money, and takes a seat again for the end."""
    terms = reviewed_terms(world, 4)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    terms = authority.leave(world, emc, terms, 3)
    world.sell(emc, 200, 2)
    terms = authority.amend(world, emc, terms, seat(terms, 4, world.nodes[3].me))
    end(world, emc, terms, 30)
    begun = counted(world, emc, terms)
    back = next(i for i in range(4) if begun.me(i) == world.nodes[3].me)
    assert begun.members[back] == (world.nodes[3].me, 4, 0, 0, False)
    assert world.reputation.proceeds_of(begun.me(back), NATIVE) == 30
    assert world.reputation.proceeds_of(begun.me(0), NATIVE) == 1_230


def test_who_came_back_counts_as_a_member_in_between(world: World) -> None:
    """Accepted: it rates one that came and went while it was away."""
    terms = reviewed_terms(world, 4)
    emc = world.make(terms)
    away = world.nodes[3].me
    terms = authority.leave(world, emc, terms, 3)
    (passing,) = world.register(1)
    terms = authority.amend(world, emc, terms, seat(terms, 4, passing.me))
    terms = authority.leave(world, emc, terms, 4)
    terms = authority.amend(world, emc, terms, seat(terms, 5, away))
    end(world, emc, terms)
    begun = opened(world, emc, terms)
    places = {member[0]: place for place, member in enumerate(begun.members)}
    assert begun.overlap(places[away], places[passing.me])
    begun.rate_all({places[passing.me]: (1, 1, 1, 1)})
    # five raters, of which one never met it
    assert world.reputation.counts_of(emc.address, passing.me)[0] == 4


# disbanding and leaving


def test_one_node_stamps_nobody_by_disbanding_after_the_full_time(world: World) -> None:
    """The gate is closed and the goal missed: until somebody ends it, one signature disbands."""
    terms = reviewed_terms(world, gate=Gate.TARGET)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    until(terms.ends_at)
    alone = [authority.disbanding(world, emc, terms, 0, world.nodes[0].me)]
    authority.disband(world, emc, terms, alone)
    assert emc.ended_with() == 1_000 + 1
    assert not world.conduct.is_disbanded(emc.address)
    begun = counted(world, emc, terms)
    assert [facts(begun, place) for place in range(3)] == [(1, 0, 0, 0, 0)] * 3


def test_before_the_full_time_a_disbanding_is_one(world: World) -> None:
    terms = reviewed_terms(world, gate=Gate.TARGET)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    until(terms.ends_at - 1)
    alone = [authority.disbanding(world, emc, terms, 0, world.nodes[0].me)]
    authority.disband(world, emc, terms, alone)
    assert world.conduct.is_disbanded(emc.address)
    begun = counted(world, emc, terms)
    assert facts(begun) == (0, 0, 1, 0, 0)


def test_who_is_charged_and_leaves_is_not_expelled_but_rated(world: World) -> None:
    """Accepted: with a notice no longer than the cure it goes first. The charge stays in the
    events, and the others rate it."""
    leaving = Leaving(notice=WEEK, cure=WEEK, expulsion=500_000)
    terms = reviewed_terms(world, 4, leaving=leaving)
    emc = world.make(terms)
    authority.charge(world, emc, terms, 3)
    assert [event.row for event in events(world.conduct, "Charged")] == [3]
    authority.give_notice(world, emc, terms, 3)
    skip(WEEK)
    world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 3)
    terms = authority.without(terms, 3)
    end(world, emc, terms)
    begun = opened(world, emc, terms)
    begun.rate_all({3: (1, 1, 1, 1)})
    begun.finalise()
    assert begun.me(3) == world.nodes[3].me
    assert facts(begun, 3) == (0, 0, 0, 0, 0)
    assert world.reputation.stars_of(begun.me(3)) == ([100] * 4, 100)


# windows and counting


@pytest.mark.parametrize("windows", [Windows(1, WEEK), Windows(WEEK, 1), Windows(WEEK, 0)])
def test_no_window_is_so_short_that_some_are_shut_out(world: World, windows: Windows) -> None:
    """Who opens a review with a second to commit has committed in the same block."""
    with boa.reverts("terms: review time impossible"):
        world.make(reviewed_terms(world, review=windows))


@pytest.mark.parametrize("review", [Windows(86_399, WEEK), Windows(0, 0), Windows(WEEK, 2 * WEEK)])
def test_nor_does_an_amendment_change_it(world: World, review: Windows) -> None:
    """Who has left signed when it is rated, and by whom nobody asks it again."""
    terms = reviewed_terms(world)
    emc = world.make(terms)
    with boa.reverts("changes: review is for life"):
        authority.amend(world, emc, terms, replace(terms, review=review))


def test_who_signed_no_review_gets_none_once_it_has_left(world: World) -> None:
    terms = replace(reviewed_terms(world), review=Windows(0, 0))
    emc = world.make(terms)
    left = authority.leave(world, emc, terms, 2)
    with boa.reverts("changes: review is for life"):
        authority.amend(world, emc, left, replace(left, review=Windows(WEEK, WEEK)))


def test_one_place_counted_ahead_does_not_stop_a_batch(world: World) -> None:
    """A stranger counts one member just before somebody counts all."""
    terms = reviewed_terms(world)
    emc = world.make(terms)
    end(world, emc, terms)
    begun = opened(world, emc, terms)
    begun.rate_all()
    begun.finalise([2])
    begun.finalise([0, 1, 2])
    assert [facts(begun, place)[COMPLETED] for place in range(3)] == [1, 1, 1]
    assert [world.reputation.stars_of(begun.me(i))[1] for i in range(3)] == [400] * 3
