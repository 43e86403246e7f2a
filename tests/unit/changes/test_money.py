"""What a change means for money: every sale is paid under the terms in which it was made."""

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core import waterfall
from emc.core.terms import Gate, Renegotiation, Terms
from emc.core.units import PPM
from tests import authority
from tests.kit import CUSTOMER, World, address, events, received, replace, with_measure
from tests.till import (
    change_payee,
    held_terms,
    payee,
    send,
    shares_of,
    until,
    waterfall_terms,
)
from tests.unit.changes.kit import TURNED, reserve, three


def balances(token: object = None) -> list[int]:
    """What the three payees have."""
    return [received(payee(i), token) for i in range(3)]


def earned(emc: VyperContract) -> list[tuple[int, int]]:
    """What each of the three rows was paid of this epoch, and what is held for it."""
    return [emc.earned(i) for i in range(3)]


def turn(world: World, emc: VyperContract, terms: Terms) -> Terms:
    """Renegotiate to 20, 30 and 50 percent."""
    return authority.renegotiate(world, emc, terms, authority.reshare(terms, TURNED))


# sale, renegotiation, sale, in one block


def test_with_the_gate_open_each_sale_is_paid_under_its_own_shares(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    block = boa.env.evm.patch.block_number
    world.sell(emc, 101, 1)
    assert shares_of(emc) == [50, 30, 20]
    turn(world, emc, terms)
    (adopted,) = events(world.changes, "Adopted")
    assert (adopted.start, adopted.dust, adopted.held) == (100, 1, 0)
    assert events(world.changes, "Payout") == []
    world.sell(emc, 101, 2)
    # of 102, since what rounding left over counts again
    assert shares_of(emc) == [20, 30, 51]
    assert boa.env.evm.patch.block_number == block
    assert balances() == [70, 60, 71]
    assert emc.total() == 202
    assert emc.accounts().dust == 1


def test_a_sale_after_the_renegotiation_is_paid_under_the_new_shares(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    turn(world, emc, terms)
    world.sell(emc, 101, 1)
    assert shares_of(emc) == [20, 30, 50]
    world.sell(emc, 99, 2)
    assert balances() == [40, 60, 100]


def test_a_sale_before_it_is_paid_under_the_old_ones(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    world.sell(emc, 101, 1)
    world.sell(emc, 99, 2)
    turn(world, emc, terms)
    assert balances() == [100, 60, 40]
    assert earned(emc) == [(0, 0), (0, 0), (0, 0)]


def test_behind_a_closed_gate_each_sale_keeps_its_own_shares(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 101, 1)
    assert earned(emc) == [(0, 50), (0, 30), (0, 20)]
    turn(world, emc, terms)
    (adopted,) = events(world.changes, "Adopted")
    assert (adopted.start, adopted.dust, adopted.held) == (100, 1, 100)
    assert earned(emc) == [(0, 50), (0, 30), (0, 20)]
    world.sell(emc, 101, 2)
    # 20, 30 and 50 percent of 102 on top
    assert earned(emc) == [(0, 70), (0, 60), (0, 71)]
    assert balances() == [0, 0, 0]
    # 798 to the benchmark: of 900 under the new shares, and what was held
    world.sell(emc, 798, 3)
    assert shares_of(emc) == [180 + 50, 270 + 30, 450 + 20]
    assert balances() == [230, 300, 470]
    assert emc.accounts().held == 0
    # what was held is paid once
    world.sell(emc, 100, 4)
    assert shares_of(emc) == [20, 30, 50]
    emc.disburse()
    assert balances() == [250, 330, 520]


@pytest.mark.parametrize("first", ["sale", "change"])
def test_behind_a_closed_gate_the_order_in_a_block_decides(world: World, first: str) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    if first == "sale":
        world.sell(emc, 1_000 - 1, 1)
        turn(world, emc, terms)
        assert earned(emc) == [(0, 499), (0, 299), (0, 199)]
    else:
        turn(world, emc, terms)
        world.sell(emc, 1_000 - 1, 1)
        assert earned(emc) == [(0, 199), (0, 299), (0, 499)]


def test_a_sale_that_opens_the_gate_before_the_change_is_paid_under_the_old(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    assert balances() == [500, 300, 200]
    turn(world, emc, terms)
    assert emc.is_gate_open()
    world.sell(emc, 100, 2)
    assert balances() == [520, 330, 250]


@pytest.mark.parametrize("gate", list(Gate))
@pytest.mark.parametrize("sales", [(37, 53, 61, 97, 211), (11, 4, 3, 300, 2), (2, 2, 2, 2, 801)])
def test_five_epochs_pay_what_the_waterfall_says_of_each(
    world: World, gate: Gate, sales: tuple[int, ...]
) -> None:
    """Running cost, cost covers, three tranches and a gate; two sales in every epoch."""
    terms = waterfall_terms(
        world, gate=gate, benchmark=250, target=500, renegotiation=Renegotiation(quorum=PPM)
    )
    terms = terms.with_row(1, cost=33)
    emc = world.make(terms)
    start, dust, number = 0, 0, 0
    covers = {row.id: row.cost for row in terms.rows}
    paid, held = [0, 0, 0], [0, 0, 0]
    is_open = gate == Gate.NONE
    for amount in sales:
        page = waterfall.page(terms, start=start, covers=covers, is_open=is_open)
        for part in (amount // 2, amount - amount // 2):
            number += 1
            world.sell(emc, part, number)
        since = dust + amount
        is_open = page.is_open(since)
        parts = [page.entitlement(row, since) for row in terms.rows]
        paid = [sum(pair) for pair in zip(paid, (part.flows for part in parts), strict=True)]
        held = [sum(pair) for pair in zip(held, (part.held for part in parts), strict=True)]
        if is_open:
            paid, held = [sum(pair) for pair in zip(paid, held, strict=True)], [0, 0, 0]
        assert balances() == paid
        assert [held_of for _, held_of in earned(emc)] == held
        dust = since - sum(part.total for part in parts)
        start += since - dust
        covers = {row.id: page.open_cover(row, since) for row in terms.rows}
        # every share goes to the row before
        shares = [(row.base, row.leading, row.upside) for row in terms.rows]
        new = authority.reshare(terms, [*shares[1:], shares[0]])
        terms = authority.renegotiate(world, emc, terms, new)
        (adopted,) = events(world.changes, "Adopted")
        assert (adopted.start, adopted.dust, adopted.held) == (start, dust, sum(held))
        assert balances() == paid
    assert emc.total() == sum(sales)


# what is not yet shared out


def test_a_plain_transfer_before_the_change_belongs_to_the_old_terms(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    send(world, emc, 100)
    turn(world, emc, terms)
    (payout,) = events(world.changes, "Payout")
    assert (payout.epoch, payout.payer, payout.gross) == (1, emc.address, 100)
    assert balances() == [50, 30, 20]
    send(world, emc, 100)
    emc.absorb()
    assert balances() == [70, 60, 70]


def test_a_plain_transfer_can_open_the_gate_as_the_terms_change(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 500, 1)
    send(world, emc, 500)
    turn(world, emc, terms)
    assert balances() == [500, 300, 200]
    assert emc.is_gate_open()
    world.sell(emc, 100, 2)
    assert balances() == [520, 330, 250]


def test_an_amendment_that_raises_the_gate_comes_too_late_for_what_had_come_in(
    world: World,
) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    send(world, emc, 1_000)
    authority.amend(
        world, emc, terms, replace(terms, goal=with_measure(terms.goal, benchmark=1_900))
    )
    assert emc.is_gate_open()
    assert balances() == [500, 300, 200]


def test_what_waits_below_disburse_at_is_paid_under_the_old_terms(world: World) -> None:
    terms = three(world, disburse_at=1_000)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    assert balances() == [0, 0, 0]
    turned = turn(world, emc, terms)
    assert balances() == [50, 30, 20]
    assert emc.accounts().pending == 0
    # the count begins anew
    world.sell(emc, 999, 2)
    assert balances() == [50, 30, 20]
    world.sell(emc, 1, 3)
    assert balances() == [250, 330, 520]
    world.sell(emc, 10, 4)
    authority.amend(world, emc, turned, replace(turned, disburse_at=0))
    assert balances() == [252, 333, 525]
    world.sell(emc, 10, 5)
    assert balances() == [254, 336, 530]


def test_pending_and_transferred_money_are_paid_together(world: World) -> None:
    terms = three(world, disburse_at=1_000)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    send(world, emc, 40)
    turn(world, emc, terms)
    assert balances() == [50, 30, 20]


def test_a_token_is_paid_as_coin_is(world: World) -> None:
    token = world.token()
    terms = three(world, currency=token.address)
    emc = world.make(terms)
    world.sell(emc, 100, 1, token)
    send(world, emc, 100, token)
    turn(world, emc, terms)
    assert balances(token) == [100, 60, 40]
    world.sell(emc, 100, 2, token)
    assert balances(token) == [120, 90, 90]


# what is brought forward


def test_what_is_held_survives_three_changes_and_is_paid_once(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    for i, shares in enumerate(([200_000, 300_000, 500_000], [0, 0, PPM], [PPM, 0, 0])):
        world.sell(emc, 100, i)
        terms = authority.renegotiate(world, emc, terms, authority.reshare(terms, shares))
    # 50 + 20 + 0, 30 + 30 + 0, 20 + 50 + 100
    assert earned(emc) == [(0, 70), (0, 60), (0, 170)]
    world.sell(emc, 700, 9)
    assert balances() == [770, 60, 170]
    with boa.reverts("creditors: no credit"):
        emc.withdraw(0)
    terms = authority.renegotiate(world, emc, terms, authority.reshare(terms, TURNED))
    world.sell(emc, 100, 10)
    assert balances() == [790, 90, 220]


def test_rows_that_left_are_owed_what_was_held_and_not_pushed_to(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.amend(world, emc, terms, authority.without(terms, 1))
    world.sell(emc, 100, 2)
    turned = authority.reshare(terms, [200_000, 800_000])
    authority.renegotiate(world, emc, terms, turned)
    with boa.reverts("creditors: no credit"):
        emc.withdraw(1)
    assert emc.earned(1) == (0, 30)
    world.sell(emc, 800, 3)
    assert emc.is_gate_open()
    assert received(payee(1)) == 0
    # 50 + 80 + 160, 20 + 20 + 640
    assert [received(payee(i)) for i in (0, 2)] == [290, 680]
    assert emc.credits(1) == 30
    emc.withdraw(1)
    assert received(payee(1)) == 30
    with boa.reverts("creditors: no credit"):
        emc.withdraw(1)


def test_if_it_fails_the_backstop_gets_what_all_epochs_held(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = turn(world, emc, terms)
    world.sell(emc, 101, 2)
    terms = authority.amend(world, emc, terms, authority.without(terms, 2))
    until(terms.ends_at)
    emc.end()
    assert received(address("backstop")) == 201
    assert [emc.earned(i) for i in (0, 1, 2)] == [(0, 0)] * 3
    assert received(emc.address) == 0


# payees


def test_who_was_redirected_stays_so_through_a_renegotiation(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    change_payee(world, emc, terms, 1, address("elsewhere"))
    terms = turn(world, emc, terms)
    terms = authority.amend(world, emc, terms, replace(terms, nonce=1))
    world.sell(emc, 100, 1)
    assert received(address("elsewhere")) == 30
    assert emc.payee_of(1) == address("elsewhere")
    # the payee that the terms name is still that of old; another one in them moves the row
    new = terms.with_row(1, payee=address("a third place"))
    authority.amend(world, emc, terms, new)
    assert emc.payee_of(1) == address("a third place")
    world.sell(emc, 100, 2)
    assert received(address("a third place")) == 30
    assert received(address("elsewhere")) == 30
    assert received(payee(1)) == 0


def test_a_row_takes_its_redirection_and_its_held_money_along(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    change_payee(world, emc, terms, 1, address("elsewhere"))
    authority.amend(world, emc, terms, authority.without(terms, 1))
    world.sell(emc, 900, 2)
    emc.withdraw(1)
    assert received(address("elsewhere")) == 30


def test_a_credit_stays_with_its_row_through_changes(world: World) -> None:
    token = world.token(6, "mocks/MoodyToken.vy", "Moody", "MDY", 6)
    terms = three(world, currency=token.address)
    emc = world.make(terms)
    token.set_mood(payee(1), 1)
    world.sell(emc, 100, 1, token)
    assert emc.credits(1) == 30
    terms = turn(world, emc, terms)
    token.set_mood(payee(1), 0)
    # a row with a credit is credited
    world.sell(emc, 100, 2, token)
    assert emc.credits(1) == 60
    authority.amend(world, emc, terms, authority.without(terms, 1))
    emc.withdraw(1)
    assert balances(token) == [70, 60, 70]


# cost covers


@pytest.mark.parametrize("gate", [Gate.NONE, Gate.BENCHMARK])
def test_only_what_is_uncovered_continues(world: World, gate: Gate) -> None:
    terms = held_terms(world, gate=gate).with_row(0, cost=90)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    assert balances() == [60, 0, 0]
    turn(world, emc, terms)
    world.sell(emc, 130, 2)
    income = [20, 30, 50]
    if gate == Gate.NONE:
        assert balances() == [110, 30, 50]
    else:
        assert balances() == [90, 0, 0]
        assert [held for _, held in earned(emc)] == income


def test_what_is_uncovered_is_rounded_up_for_every_row(world: World) -> None:
    terms = three(world).with_row(0, cost=10).with_row(1, cost=10).with_row(2, cost=10)
    emc = world.make(terms)
    world.sell(emc, 10, 1)
    assert balances() == [3, 3, 3]
    turn(world, emc, terms)
    # 21 are open, and one is left over of the ten
    world.sell(emc, 20, 2)
    assert balances() == [10, 10, 10]
    world.sell(emc, 100, 3)
    assert balances() == [30, 40, 60]


@pytest.mark.parametrize(
    ("cost", "rest"), [(120, 60), (90, 30), (70, 10), (61, 1), (60, 0), (5, 0)]
)
def test_an_amended_cost_cover_counts_what_was_covered(world: World, cost: int, rest: int) -> None:
    terms = three(world).with_row(0, cost=90)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    new = replace(terms.with_row(0, cost=cost), nonce=1)
    authority.amend(world, emc, terms, new)
    world.sell(emc, rest + 100, 2)
    assert balances() == [60 + rest + 50, 30, 20]


def test_a_cost_cover_that_was_lowered_and_raised_again_is_not_paid_twice(world: World) -> None:
    terms = three(world).with_row(0, cost=90)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    lower = authority.amend(world, emc, terms, terms.with_row(0, cost=30))
    higher = authority.amend(world, emc, lower, lower.with_row(0, cost=90))
    # by 60 more than the 30 that are covered; what was paid beyond them is not taken back
    world.sell(emc, 160, 2)
    assert balances() == [60 + 60 + 50, 30, 20]
    assert higher.rows[0].cost == 90


def test_another_rows_cost_cover_begins_where_it_is_agreed(world: World) -> None:
    terms = three(world).with_row(0, cost=90)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    authority.amend(world, emc, terms, terms.with_row(1, cost=60))
    # 30 and 60 are open: one to two
    world.sell(emc, 30, 2)
    assert balances() == [70, 20, 0]
    world.sell(emc, 60, 3)
    assert balances() == [90, 60, 0]


def test_the_cost_cover_of_who_goes_lapses(world: World) -> None:
    terms = three(world).with_row(1, cost=90)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    authority.amend(world, emc, terms, authority.without(terms, 1))
    world.sell(emc, 100, 2)
    assert balances() == [80, 60, 20]


def test_another_running_cost_holds_for_later_sales(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.amend(world, emc, terms, terms.with_row(2, running=100_000))
    world.sell(emc, 100, 2)
    assert shares_of(emc) == [45, 27, 28]
    authority.amend(world, emc, terms, terms.with_row(2, running=0))
    world.sell(emc, 100, 3)
    assert shares_of(emc) == [50, 30, 20]


# goals


@pytest.mark.parametrize(("benchmark", "opens"), [(499, True), (500, True), (501, False)])
def test_a_benchmark_at_or_below_the_proceeds_opens_the_gate_at_once(
    world: World, benchmark: int, opens: bool
) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 500, 1)
    new = replace(
        authority.reshare(terms, TURNED), goal=with_measure(terms.goal, benchmark=benchmark)
    )
    authority.amend(world, emc, terms, new)
    assert emc.is_gate_open() == opens
    if opens:
        # what was held is paid under the terms it came in by
        assert balances() == [250, 150, 100]
        world.sell(emc, 100, 2)
        assert balances() == [270, 180, 150]
    else:
        assert earned(emc) == [(0, 250), (0, 150), (0, 100)]
        world.sell(emc, 1, 2)
        assert emc.is_gate_open()


def test_a_gate_that_is_dropped_pays_what_it_held(world: World) -> None:
    terms = held_terms(world, gate=Gate.TARGET)
    emc = world.make(terms)
    world.sell(emc, 500, 1)
    send(world, emc, 100)
    authority.amend(world, emc, terms, replace(terms, goal=replace(terms.goal, gate=Gate.NONE)))
    assert emc.is_gate_open()
    assert balances() == [300, 180, 120]


def test_a_gate_that_is_open_stays_open(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    goal = with_measure(terms.goal, benchmark=10_000, target=20_000, gate=Gate.TARGET)
    authority.amend(world, emc, terms, replace(terms, goal=goal))
    assert emc.is_gate_open()
    world.sell(emc, 100, 2)
    assert balances() == [550, 330, 220]


def test_a_gate_that_is_set_later_holds_only_what_comes_later(world: World) -> None:
    """Where it was open from the start, it stays open."""
    terms = held_terms(world, gate=Gate.NONE)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    authority.amend(
        world, emc, terms, replace(terms, goal=replace(terms.goal, gate=Gate.BENCHMARK))
    )
    assert emc.is_gate_open()
    world.sell(emc, 100, 2)
    assert balances() == [100, 60, 40]


def test_benchmark_and_target_move_the_tranches_of_later_sales(world: World) -> None:
    terms = waterfall_terms(world, benchmark=1_000, target=2_000)
    terms = terms.with_row(0, cost=0).with_row(1, running=0)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    assert balances() == [50, 30, 20]
    goal = with_measure(terms.goal, benchmark=200, target=300)
    terms = authority.amend(world, emc, terms, replace(terms, goal=goal))
    # 100 in BASE, 100 in LEADING, 100 in UPSIDE
    world.sell(emc, 300, 2)
    assert shares_of(emc) == [50 + 20, 30 + 30, 20 + 50 + 100]
    # below the proceeds: nothing is paid again, and what comes is UPSIDE
    goal = with_measure(terms.goal, benchmark=10, target=20)
    terms = authority.amend(world, emc, terms, replace(terms, goal=goal))
    world.sell(emc, 100, 3)
    assert shares_of(emc) == [0, 0, 100]
    # and up again: what comes is BASE
    goal = with_measure(terms.goal, benchmark=600, target=700)
    authority.amend(world, emc, terms, replace(terms, goal=goal))
    world.sell(emc, 100, 4)
    assert shares_of(emc) == [50, 30, 20]


def test_the_end_date_moves_both_ways(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    old_end = terms.ends_at
    later = authority.amend(world, emc, terms, replace(terms, ends_at=old_end + 100))
    until(old_end)
    with boa.reverts("emc: not over yet"):
        emc.end()
    world.sell(emc, 100, 1)
    soon = boa.env.timestamp + 10
    goal = replace(later.goal, deadline=soon)
    authority.amend(world, emc, later, replace(later, ends_at=soon, goal=goal))
    until(soon - 1)
    world.sell(emc, 100, 2)
    until(soon)
    with boa.env.prank(world.buyer), boa.reverts("emc: over"):
        emc.sale(3, 100, CUSTOMER, value=100)
    emc.end()
    assert balances() == [100, 60, 40]


def test_the_start_moves(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    authority.amend(world, emc, terms, replace(terms, starts_at=boa.env.timestamp + 10))
    with boa.env.prank(world.buyer), boa.reverts("emc: not started"):
        emc.sale(1, 100, CUSTOMER, value=100)
    boa.env.time_travel(seconds=10)
    world.sell(emc, 100, 1)
    assert balances() == [50, 30, 20]


def test_another_backstop_gets_what_is_held_from_then_on(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.amend(world, emc, terms, replace(terms, backstop=address("charity")))
    until(terms.ends_at)
    emc.end()
    assert (received(address("charity")), received(address("backstop"))) == (100, 0)


def test_a_row_that_joins_earns_from_then_on(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    first = terms.rows[0]
    rows = (
        replace(first, base=400_000, leading=400_000, upside=400_000),
        *terms.rows[1:],
        reserve(3, 100_000),
    )
    authority.amend(world, emc, terms, replace(terms, rows=rows))
    assert emc.earned(3) == (0, 0)
    world.sell(emc, 900, 2)
    assert balances() == [50 + 360, 30 + 270, 20 + 180]
    assert received(address("reserve")) == 90


def test_orders_stay_paid_through_every_change(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    turn(world, emc, terms)
    assert emc.is_paid(world.buyer, 1)
    with boa.env.prank(world.buyer), boa.reverts("orders: already paid"):
        emc.sale(1, 100, CUSTOMER, value=100)
