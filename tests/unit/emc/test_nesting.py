"""EMCs that pay each other, also in a circle: neither waits for the other, no coin is made."""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Gate, Terms
from tests import authority
from tests.kit import World, address, events, received
from tests.till import (
    ACCEPT,
    ACTIVE,
    CLOSED,
    ENDED,
    REVERT,
    change_payee,
    held_terms,
    payee,
    until,
    weird_token,
)

CURRENCIES = ["native", "token"]


def people(name: str) -> list[str]:
    """Payees of an EMC that are no EMCs."""
    return [address(f"{name} {i}") for i in range(3)]


def plain(world: World, name: str, token: Any, **changes: Any) -> Terms:
    """Terms of an EMC at 50, 30 and 20 percent, in the currency."""
    rows = world.rows([500_000, 300_000, 200_000], people(name))
    if token is not None:
        changes["currency"] = token.address
    return world.terms(rows, **changes)


def currency(world: World, name: str) -> Any:
    """A token, or none for native coin."""
    return world.token() if name == "token" else None


def pair(world: World, token: Any, **changes: Any) -> tuple[VyperContract, VyperContract, Terms]:
    """An EMC whose first row is paid to another: the outer, the inner, and the outer's terms."""
    inner = world.make(plain(world, "inner", token, nonce=1, **changes))
    terms = plain(world, "outer", token).with_row(0, payee=inner.address)
    return world.make(terms), inner, terms


def circle(
    world: World, token: Any, outer: dict[str, Any] | None = None, **inner: Any
) -> tuple[VyperContract, VyperContract, Terms, Terms]:
    """Two EMCs that pay each other's first rows."""
    first = plain(world, "outer", token, **(outer or {}))
    a = world.make(first)
    second = plain(world, "inner", token, nonce=1, **inner).with_row(0, payee=a.address)
    b = world.make(second)
    change_payee(world, a, first, 0, b.address)
    return a, b, first, second


def out(token: Any) -> int:
    """What people and the backstop have been paid."""
    payees = [*people("outer"), *people("inner"), address("backstop")]
    return sum(received(at, token) for at in payees)


def absorb(emc: VyperContract) -> bool:
    """Book what came in, if anything did."""
    try:
        emc.absorb()
    except boa.BoaError as error:
        if "emc: nothing to absorb" not in str(error):
            raise
        return False
    return True


def settle(a: VyperContract, b: VyperContract) -> int:
    """Let money go round until none is on its way; how often it moved."""
    moves = 0
    while True:
        moved = absorb(a) + absorb(b)
        if not moved:
            return moves
        moves += moved


# one inside the other


@pytest.mark.parametrize("name", CURRENCIES)
def test_money_flows_through_both_each_by_its_own_terms(world: World, name: str) -> None:
    token = currency(world, name)
    outer, inner, _ = pair(world, token)
    world.sell(outer, 1_000, 1, token)
    assert [received(at, token) for at in people("outer")[1:]] == [300, 200]
    assert (received(inner.address, token), inner.total()) == (500, 0)
    with boa.env.prank(world.stranger):
        inner.absorb()
    (payout,) = events(inner, "Payout")
    assert (payout.payer, payout.received, payout.total) == (inner.address, 500, 500)
    assert [received(at, token) for at in people("inner")] == [250, 150, 100]


def test_what_the_outer_holds_waits_for_the_outers_gate_only(world: World) -> None:
    inner = world.make(plain(world, "inner", None, nonce=1))
    rows = world.rows([500_000, 300_000, 200_000], [inner.address, payee(1), payee(2)])
    outer = world.make(held_terms(world, rows=rows))
    world.sell(outer, 999, 1)
    world.sell(inner, 100, 1)
    assert (received(inner.address), received(people("inner")[0])) == (0, 50)
    world.sell(outer, 1, 2)
    inner.absorb()
    assert received(people("inner")[0]) == 300


@pytest.mark.parametrize("name", CURRENCIES)
def test_one_that_is_not_made_yet_gets_its_money_once_it_is(world: World, name: str) -> None:
    token = currency(world, name)
    waiting = plain(world, "inner", token, nonce=1)
    at = world.address_of(waiting)
    outer = world.make(plain(world, "outer", token).with_row(0, payee=at))
    world.sell(outer, 1_000, 1, token)
    assert (outer.credits(0), received(at, token)) == (0, 500)
    inner = world.make(waiting)
    assert (inner.address, inner.total()) == (at, 0)
    inner.absorb()
    assert [received(each, token) for each in people("inner")] == [250, 150, 100]


@pytest.mark.parametrize("name", CURRENCIES)
def test_one_that_has_ended_shares_what_still_comes_under_its_last_terms(
    world: World, name: str
) -> None:
    token = currency(world, name)
    outer, inner, _ = pair(world, token)
    authority.disband(world, inner, plain(world, "inner", token, nonce=1))
    assert inner.stage() == CLOSED
    world.sell(outer, 1_000, 1, token)
    inner.absorb()
    assert [received(at, token) for at in people("inner")] == [250, 150, 100]
    assert inner.stage() == CLOSED


def test_one_that_has_failed_passes_it_on_to_its_backstop(world: World) -> None:
    changes = {"benchmark": 10**6, "target": 10**7, "gate": Gate.BENCHMARK}
    outer, inner, _ = pair(world, None, **changes)
    authority.disband(world, inner, plain(world, "inner", None, nonce=1, **changes))
    world.sell(outer, 1_000, 1)
    inner.absorb()
    assert received(address("backstop")) == 500


def test_what_the_outer_pays_can_open_the_inner_gate(world: World) -> None:
    outer, inner, _ = pair(world, None, benchmark=500, target=600, gate=Gate.BENCHMARK)
    world.sell(outer, 998, 1)
    inner.absorb()
    assert not inner.is_gate_open()
    world.sell(outer, 2, 2)
    inner.absorb()
    assert [received(at) for at in people("inner")] == [250, 150, 100]


def test_a_change_of_the_inner_books_what_came_in_before_it(world: World) -> None:
    outer, inner, _ = pair(world, None)
    terms = plain(world, "inner", None, nonce=1)
    world.sell(outer, 1_000, 1)
    authority.renegotiate(world, inner, terms, authority.reshare(terms, [0, 0, 1_000_000]))
    assert [received(at) for at in people("inner")] == [250, 150, 100]
    world.sell(outer, 1_000, 2)
    inner.absorb()
    assert [received(at) for at in people("inner")] == [250, 150, 600]


def test_a_row_that_leaves_the_outer_is_still_the_inner_emc(world: World) -> None:
    inner = world.make(plain(world, "inner", None, nonce=1))
    rows = world.rows([500_000, 300_000, 200_000], [inner.address, payee(1), payee(2)])
    terms = held_terms(world, rows=rows, sink=1)
    outer = world.make(terms)
    world.sell(outer, 100, 1)
    authority.leave(world, outer, terms, 0)
    world.sell(outer, 900, 2)
    outer.withdraw(0)
    inner.absorb()
    assert [received(at) for at in people("inner")] == [25, 15, 10]


def test_no_emc_is_its_own_payee(world: World) -> None:
    terms = plain(world, "outer", None)
    emc = world.make(terms)
    with boa.reverts("members: payee cannot be paid"):
        change_payee(world, emc, terms, 0, emc.address)
    new = terms.with_row(0, payee=emc.address)
    with boa.reverts("members: payee cannot be paid"):
        authority.amend(world, emc, terms, new)
    terms = authority.leave(world, emc, terms, 1)
    with boa.env.prank(world.nodes[1].account), boa.reverts("members: payee cannot be paid"):
        world.conduct.redirect(emc.address, 1, emc.address)


# each inside the other


@pytest.mark.parametrize("name", CURRENCIES)
def test_in_a_circle_what_came_in_comes_out_and_no_more(world: World, name: str) -> None:
    token = currency(world, name)
    a, b, _, _ = circle(world, token)
    world.sell(a, 1_000, 1, token)
    world.sell(b, 500, 1, token)
    # half goes round again each time, so it comes to an end
    assert 8 <= settle(a, b) <= 24
    left = received(a.address, token) + received(b.address, token)
    assert (out(token) + left, left <= 6) == (1_500, True)
    # the same coin counts as proceeds each time it comes in
    assert a.total() + b.total() > 2_900
    # half of what comes in stays at each turn: 500 + 125 + ... and 125 + ... of each sale
    assert abs(sum(received(at, token) for at in people("outer")) - 833) <= 6
    assert abs(sum(received(at, token) for at in people("inner")) - 667) <= 6


# what happens to which of the two: even to the outer, odd to the inner
ABSORB, CHANGE, LEAVE = 0, 2, 4
ORDERS = [
    (ABSORB, ABSORB + 1, CHANGE, CHANGE + 1),
    (CHANGE + 1, ABSORB, CHANGE, ABSORB + 1),
    (LEAVE, ABSORB + 1, ABSORB, LEAVE + 1),
]


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("gate", [Gate.NONE, Gate.BENCHMARK])
@pytest.mark.parametrize("name", CURRENCIES)
def test_in_any_order_of_changes_and_endings_nothing_locks_and_no_coin_is_made(
    world: World, name: str, gate: Gate, order: tuple[int, ...]
) -> None:
    token = currency(world, name)
    goal = {"benchmark": 600, "target": 4_000, "gate": gate}
    a, b, *terms = circle(world, token, {**goal, "disburse_at": 150}, **goal)
    world.sell(a, 1_000, 1, token)
    world.sell(b, 333, 1, token)
    for step in order:
        which = step % 2
        emc, old = (a, b)[which], terms[which]
        if step - which == ABSORB:
            absorb(emc)
        elif step - which == CHANGE:
            new = authority.reshare(old, [300_000, 300_000, 400_000])
            terms[which] = authority.renegotiate(world, emc, old, new)
        else:
            terms[which] = authority.leave(world, emc, old, 1)
        assert out(token) <= 1_333
    world.sell(a, 100, 2, token)
    until(terms[0].ends_at)
    first = order[0] % 2
    (a, b)[first].end()
    (a, b)[1 - first].end()
    settle(a, b)
    left = received(a.address, token) + received(b.address, token)
    assert (out(token) + left, left <= 6) == (1_433, True)
    assert (a.stage(), b.stage()) == (CLOSED, CLOSED)


@pytest.mark.parametrize("first_to_end", [0, 1])
@pytest.mark.parametrize("name", CURRENCIES)
def test_one_of_a_circle_ends_while_the_other_goes_on(
    world: World, name: str, first_to_end: int
) -> None:
    token = currency(world, name)
    a, b, first, second = circle(world, token)
    world.sell(a, 1_000, 1, token)
    ended, active = ((a, b), (b, a))[first_to_end]
    authority.disband(world, ended, (first, second)[first_to_end])
    world.sell(active, 1_000, 2, token)
    settle(a, b)
    assert (ended.stage(), active.stage()) == (CLOSED, ACTIVE)
    assert out(token) + received(a.address, token) + received(b.address, token) == 2_000


def test_credits_between_two_never_lock(world: World) -> None:
    token = weird_token(world, "RefusingToken")
    a, b, first, _ = circle(world, token)
    token.refuse(b.address, REVERT)
    world.sell(a, 1_000, 1, token)
    assert a.credits(0) == 500
    until(first.ends_at)
    a.end()
    assert a.stage() == ENDED
    token.refuse(b.address, ACCEPT)
    a.withdraw(0)
    assert a.stage() == CLOSED
    b.end()
    # the half that b pays a comes in after a's end, and is shared all the same
    assert received(a.address, token) == 250
    a.absorb()
    assert received(people("outer")[1], token) == 300 + 75
    settle(a, b)
    assert (a.stage(), b.stage()) == (CLOSED, CLOSED)
    assert out(token) + received(a.address, token) + received(b.address, token) == 1_000
