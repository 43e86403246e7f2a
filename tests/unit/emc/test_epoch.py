import boa

from emc.core.terms import Assessment, Metric
from tests.authority import assess, finalise, leave, renegotiate, reshare
from tests.kit import World, address, events, skip
from tests.till import change_payee, held_terms, until


def test_an_emc_begins_with_its_first_epoch(world: World) -> None:
    assert world.make().epoch() == 1


def test_it_counts_sets_of_terms(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    terms = renegotiate(world, emc, terms, reshare(terms, [400_000, 300_000, 300_000]))
    assert emc.epoch() == 2
    terms = leave(world, emc, terms, 2)
    assert emc.epoch() == 3
    world.sell(emc, 10, 1)
    (payout,) = events(emc, "Payout")
    assert payout.epoch == 3
    until(terms.ends_at)
    emc.end()
    assert emc.epoch() == 3


def test_another_payee_is_no_other_terms(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    change_payee(world, emc, terms, 1, address("new payee"))
    assert emc.epoch() == 1


def test_an_assessment_is_no_other_terms(world: World) -> None:
    rules = Assessment(window=60, objections=500_000)
    terms = held_terms(world, metric=Metric.USERS, assessment=rules)
    emc = world.make(terms)
    assess(world, emc, terms, 1_500)
    skip(60)
    finalise(world, emc, terms)
    (adopted,) = events(world.goals, "Adopted")
    assert adopted.epoch == 1
    assert emc.is_gate_open()
    assert emc.epoch() == 1


def test_there_is_none_where_no_terms_are_in_force(world: World) -> None:
    with boa.reverts("emc: not active"):
        world.implementation.epoch()
