"""A node says that it will leave."""

import boa

from tests import authority
from tests.kit import World, events, skip


def test_from_when_it_was_given_the_notice_of_the_terms_runs(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    skip(1_000)
    authority.give_notice(world, emc, terms, 1)
    (given,) = events(world.conduct, "NoticeGiven")
    assert (given.emc, given.row) == (emc.address, 1)
    assert given.leaves_at == boa.env.timestamp + terms.leaving.notice
    assert world.conduct.notice_of(emc.address, 1) == boa.env.timestamp
    assert [world.conduct.notice_of(emc.address, row) for row in (0, 2)] == [0, 0]


def test_it_is_given_once(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    given_at = world.conduct.notice_of(emc.address, 1)
    skip(1)
    with boa.reverts("conduct: notice given already"):
        authority.give_notice(world, emc, terms, 1)
    assert world.conduct.notice_of(emc.address, 1) == given_at
    authority.give_notice(world, emc, terms, 2)


def test_it_changes_neither_terms_nor_epoch_nor_money(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    assert (emc.epoch(), world.consent.terms_of(emc.address)) == (1, terms.hash())
    world.sell(emc, 100, 1)
    (payout,) = events(emc, "Payout")
    assert [payment.amount for payment in payout.payments] == [50, 30, 20]


def test_it_counts_for_the_one_emc(world: World) -> None:
    terms, other = world.terms(), world.terms(nonce=1)
    emc, beside = world.make(terms), world.make(other)
    authority.give_notice(world, emc, terms, 1)
    assert world.conduct.notice_of(beside.address, 1) == 0
    skip(terms.leaving.notice)
    with boa.reverts("conduct: no notice"):
        world.conduct.leave(beside.address, other.head(), other.packed_rows(), 1)
