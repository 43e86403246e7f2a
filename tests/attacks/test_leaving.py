"""Attacks by those who stay on those who leave, and by the silent and the leaving on the rest."""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils import keccak

from emc.core.terms import Gate, Terms
from emc.core.units import PPM
from tests import authority
from tests.attacks.reentry import LOCKED, tries
from tests.kit import FAR, World, address, deployer, received, replace, skip
from tests.till import (
    ACCEPT,
    ACTIVE,
    CLOSED,
    ENDED,
    REVERT,
    held_terms,
    payee,
    send,
    shares_of,
    until,
)
from tests.wallets import rotate


def four(world: World, **changes: Any) -> Terms:
    """Rows at 40, 30, 20 and 10 percent, the gate at 1000."""
    return held_terms(world, rows=world.rows([400_000, 300_000, 200_000, 100_000]), **changes)


def charged(world: World, emc: VyperContract, terms: Terms, accused: int, accuser: int = 0) -> None:
    """A charge whose cure period is over."""
    authority.charge(world, emc, terms, accused, accuser)
    skip(terms.leaving.cure)


# the silent


def test_a_silent_node_blocks_neither_money_nor_for_ever_the_others(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    wanted = replace(terms, canvas=b"\1" * 32)
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, wanted, authority.amendments(world, emc, wanted, [0, 2]))
    charged(world, emc, terms, 1)
    terms = authority.expel(world, emc, terms, 1)
    authority.amend(world, emc, terms, replace(terms, canvas=b"\1" * 32))
    world.sell(emc, 900, 2)
    assert shares_of(emc) == [770, 200]


def test_without_its_leader_an_emc_does_everything(world: World) -> None:
    terms = four(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    # the others charge, vote, leave, renegotiate, amend, sell and end; the leader never signs
    charged(world, emc, terms, 0, accuser=1)
    terms = authority.expel(world, emc, terms, 0)
    shares = authority.reshare(terms, [500_000, 300_000, 200_000])
    terms = authority.renegotiate(world, emc, terms, shares)
    terms = authority.leave(world, emc, terms, 2)
    terms = authority.amend(world, emc, terms, replace(terms, sink=3))
    world.sell(emc, 900, 2)
    for row in (0, 2):
        emc.withdraw(row)
    assert [received(payee(row)) for row in (0, 2)] == [40, 20]
    until(terms.ends_at)
    emc.end()
    assert emc.stage() == CLOSED


# those who stay, on those who leave


def test_what_a_leaver_earned_is_out_of_reach_of_every_later_share(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 500, 1)
    terms = authority.leave(world, emc, terms, 1)
    for shares in ([0, PPM], [PPM, 0], [500_000, 500_000]):
        terms = authority.renegotiate(world, emc, terms, authority.reshare(terms, shares))
        assert emc.earned(1) == (0, 150)
    send(world, emc, 500)
    emc.absorb()
    emc.withdraw(1)
    assert received(payee(1)) == 150


def test_a_node_expelled_just_before_the_gate_opens_keeps_what_it_earned(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 999, 1)
    charged(world, emc, terms, 2)
    authority.expel(world, emc, terms, 2)
    world.sell(emc, 1, 2)
    emc.withdraw(2)
    assert received(payee(2)) == 199
    assert sum(received(payee(row)) for row in range(3)) + emc.accounts().dust == 1_000


def test_what_came_by_plain_transfer_before_an_expulsion_is_the_expelled_nodes_too(
    world: World,
) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    emc = world.make(terms)
    send(world, emc, 100)
    charged(world, emc, terms, 1)
    authority.expel(world, emc, terms, 1)
    assert [received(payee(row)) for row in range(3)] == [50, 30, 20]


def test_a_pair_that_expels_the_rest_one_by_one_takes_nothing_that_was_earned(
    world: World,
) -> None:
    terms = four(world)
    emc = world.make(terms)
    world.sell(emc, 500, 1)
    for accused in (2, 3):
        authority.charge(world, emc, terms, accused)
    skip(terms.leaving.cure)
    for accused in (2, 3):
        given = [authority.expulsion(world, emc, terms, row, accused) for row in (0, 1)]
        terms = authority.expel(world, emc, terms, accused, given)
    # of two, none can expel the other
    charged(world, emc, terms, 1)
    with boa.reverts("conduct: quorum not reached"):
        authority.expel(world, emc, terms, 1, [authority.expulsion(world, emc, terms, 0, 1)])
    # neither can they give the gate away, nor end it to lose what the expelled wait for
    for changed in (
        replace(terms, backstop=address("another backstop")),
        replace(terms, goal=replace(terms.goal, gate=Gate.TARGET)),
        replace(terms, ends_at=terms.ends_at + 1),
    ):
        with boa.reverts("changes: signature missing"):
            authority.amend(world, emc, terms, changed, authority.amendments(world, emc, changed))
    words = [authority.disbanding(world, emc, terms, row, world.nodes[row].me) for row in (0, 1)]
    with boa.reverts("conduct: signature missing"):
        authority.disband(world, emc, terms, words)
    world.sell(emc, 500, 2)
    for row in (2, 3):
        emc.withdraw(row)
    assert [received(payee(row)) for row in (2, 3)] == [100, 50]


def test_a_leavers_word_is_its_own(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.leave(world, emc, terms, 1)
    given = [authority.disbanding(world, emc, terms, row, world.nodes[row].me) for row in (0, 2)]
    forged = authority.disbanding(world, emc, terms, 1, world.nodes[0].me)
    with boa.reverts("signatures: not the signer"):
        authority.disband(world, emc, terms, [given[0], forged, given[1]])
    # nor does what another signed for its own row stand for it
    with boa.reverts("signatures: not the signer"):
        authority.disband(world, emc, terms, [given[0], (1, FAR, given[0][2]), given[1]])


def test_a_leaver_whose_payee_is_broken_takes_no_live_rows_place(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), refuser.address, payee(2)])
    terms = held_terms(world, rows=rows)
    emc = world.make(terms)
    world.sell(emc, 500, 1)
    authority.leave(world, emc, terms, 1)
    world.sell(emc, 500, 2)
    assert [received(payee(row)) for row in (0, 2)] == [650, 200]
    with boa.reverts():
        emc.withdraw(1)
    assert emc.credits(1) == 150


# those who leave, on those who stay


def test_nobody_leaves_just_before_a_sale_and_shares_in_it(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    skip(terms.leaving.notice)
    world.sell(emc, 100, 1)
    world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 1)
    world.sell(emc, 100, 2)
    assert [received(payee(row)) for row in range(3)] == [130, 30, 40]


def test_the_accused_escapes_neither_by_rotating_nor_by_a_notice_nor_by_charging(
    world: World,
) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1)
    rotate(world, 1, address("new home"))
    authority.give_notice(world, emc, terms, 1)
    for accused in (0, 2):
        authority.charge(world, emc, terms, accused, accuser=1)
    with authority.as_node(world, terms, 1), boa.reverts("conduct: no charge"):
        world.conduct.drop_charge(
            emc.address, terms.head(), terms.packed_rows(), 1, 1, keccak(text=authority.CLAUSE)
        )
    skip(terms.leaving.cure)
    for accused in (0, 2):
        (other,) = {0, 2} - {accused}
        word = authority.expulsion(world, emc, terms, other, accused)
        with boa.reverts("conduct: quorum not reached"):
            authority.expel(world, emc, terms, accused, [word])
    authority.expel(world, emc, terms, 1)
    assert emc.epoch() == 2


def test_exit_and_expulsion_in_one_block_remove_a_node_once(world: World) -> None:
    for first in ("exit", "expulsion"):
        terms = four(world, nonce=1 if first == "exit" else 2)
        emc = world.make(terms)
        world.sell(emc, 500, 1)
        authority.give_notice(world, emc, terms, 1)
        authority.charge(world, emc, terms, 1)
        skip(terms.leaving.notice)
        left = authority.without(terms, 1)
        if first == "exit":
            world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 1)
            with boa.reverts("conduct: no such node"):
                authority.expel(
                    world,
                    emc,
                    left,
                    1,
                    [authority.expulsion(world, emc, left, row, 1) for row in (0, 2, 3)],
                )
        else:
            authority.expel(world, emc, terms, 1)
            with boa.reverts("conduct: no such node"):
                world.conduct.leave(emc.address, left.head(), left.packed_rows(), 1)
        assert (emc.epoch(), emc.earned(1)) == (2, (0, 150))


def test_charges_of_a_former_life_do_not_follow_an_me_that_joins_again(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1)
    authority.give_notice(world, emc, terms, 1)
    skip(terms.leaving.notice)
    world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 1)
    terms = authority.without(terms, 1)
    back = replace(terms.rows[0], id=3, party=world.nodes[1].me, payee=address("new till"))
    back = replace(back, base=0, leading=0, upside=0)
    terms = authority.amend(
        world, emc, terms, replace(terms, rows=(terms.rows[0], back, terms.rows[1]))
    )
    given = [authority.expulsion(world, emc, terms, row, 3) for row in (0, 2)]
    with boa.reverts("conduct: no charge"):
        authority.expel(world, emc, terms, 3, given)
    with boa.reverts("conduct: no notice"):
        world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 3)


# called back


@pytest.mark.parametrize("function", ["leave", "give_notice", "disband", "change_payee"])
def test_a_payee_that_is_being_paid_changes_nothing(world: World, function: str) -> None:
    party = deployer("mocks/ReentrantParty.vy").deploy()
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), party.address, payee(2)])
    terms = world.terms(rows, disburse_at=10**9)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    rotate(world, 1, party.address)
    for row in (0, 2):
        authority.give_notice(world, emc, terms, row)
    skip(terms.leaving.notice)
    told = (emc.address, terms.head(), terms.packed_rows())
    last: tuple[Any, ...] = {
        "leave": (2,),
        "give_notice": (1,),
        "disband": ([],),
        "change_payee": (1, address("thief")),
    }[function]
    data = getattr(world.conduct, function).prepare_calldata(*told, *last)
    party.aim(world.conduct.address, data)
    had = received(party.address)
    world.conduct.leave(*told, 0)
    assert tries(world.conduct) == LOCKED
    assert (emc.epoch(), emc.stage(), received(party.address) - had) == (2, ACTIVE, 30)
    assert world.conduct.notice_of(emc.address, 1) == 0


# what is owed in the end


def test_an_emc_is_closed_once_nothing_is_owed_after_several_epochs_and_leavers(
    world: World,
) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows(
        [400_000, 300_000, 200_000, 100_000],
        [payee(0), refuser.address, payee(2), payee(3)],
        running=[0, 100_000, 0, 0],
    )
    terms = held_terms(world, rows=rows)
    emc = world.make(terms)
    # 50 run to the broken payee, 450 are held
    world.sell(emc, 500, 1)
    terms = authority.leave(world, emc, terms, 1)
    shares = authority.reshare(terms, [400_000, 400_000, 200_000])
    terms = authority.renegotiate(world, emc, terms, shares)
    world.sell(emc, 100, 2)
    charged(world, emc, terms, 2)
    terms = authority.expel(world, emc, terms, 2)
    world.sell(emc, 400, 3)
    assert (emc.credits(1), emc.credits(2)) == (50 + 135, 90 + 40)
    until(terms.ends_at)
    emc.end()
    assert emc.stage() == ENDED
    emc.withdraw(2)
    assert emc.stage() == ENDED
    refuser.behave(ACCEPT)
    emc.withdraw(1)
    assert emc.stage() == CLOSED
    assert (received(refuser.address), received(payee(2))) == (185, 130)
    accounts = emc.accounts()
    assert (accounts.credited, accounts.held, accounts.pending) == (0, 0, 0)
    assert accounts.paid + accounts.dust == 1_000


def test_after_a_failure_a_leavers_credit_is_still_its_own(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows(
        [500_000, 300_000, 200_000],
        [payee(0), refuser.address, payee(2)],
        running=[0, 100_000, 0],
    )
    terms = held_terms(world, rows=rows)
    emc = world.make(terms)
    world.sell(emc, 500, 1)
    terms = authority.leave(world, emc, terms, 1)
    until(terms.ends_at)
    emc.end()
    assert (emc.stage(), emc.credits(1)) == (ENDED, 50)
    assert received(address("backstop")) == 450
    refuser.behave(ACCEPT)
    emc.withdraw(1)
    assert (emc.stage(), received(refuser.address)) == (CLOSED, 50)
