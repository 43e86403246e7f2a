"""A node stays after all."""

import boa

from emc.core.terms import Terms
from tests import authority
from tests.kit import World, events, skip


def take_back(world: World, emc: str, terms: Terms, row: int) -> None:
    """The node of a row takes its notice back."""
    with authority.as_node(world, terms, row):
        world.conduct.take_back_notice(
            emc, terms.head(), terms.packed_rows(), authority.place_of(terms, row)
        )


def test_then_it_cannot_be_let_go(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    take_back(world, emc.address, terms, 1)
    (taken,) = events(world.conduct, "NoticeTakenBack")
    assert (taken.emc, taken.row) == (emc.address, 1)
    assert world.conduct.notice_of(emc.address, 1) == 0
    skip(terms.leaving.notice)
    with boa.reverts("conduct: no notice"):
        world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 1)


def test_it_can_be_taken_back_until_somebody_lets_the_node_go(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    skip(terms.leaving.notice + 1_000)
    take_back(world, emc.address, terms, 1)
    with boa.reverts("conduct: no notice"):
        world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 1)


def test_a_later_notice_runs_from_the_start(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    skip(terms.leaving.notice - 1)
    take_back(world, emc.address, terms, 1)
    authority.give_notice(world, emc, terms, 1)
    skip(terms.leaving.notice - 1)
    with boa.reverts("conduct: notice is not over"):
        world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 1)
    skip(1)
    world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 1)
    assert emc.epoch() == 2


def test_without_a_notice_there_is_none_to_take_back(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    with boa.reverts("conduct: no notice"):
        take_back(world, emc.address, terms, 1)
    authority.give_notice(world, emc, terms, 1)
    with boa.reverts("conduct: no notice"):
        take_back(world, emc.address, terms, 2)
    take_back(world, emc.address, terms, 1)
    with boa.reverts("conduct: no notice"):
        take_back(world, emc.address, terms, 1)
