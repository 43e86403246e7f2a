"""What payees, payers and strangers can do with native coin: nothing is lost, nobody delayed."""

from collections.abc import Callable
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Gate, Terms
from emc.core.units import PPM
from tests.attacks.reentry import ARGUMENTS, FUNCTIONS, LOCKED, assert_locked, tries
from tests.kit import CUSTOMER, World, address, deployer, events, received
from tests.profiles import long
from tests.till import (
    ACCEPT,
    BACKSTOP,
    BOMB,
    BURN,
    REVERT,
    Books,
    cool,
    force_coin,
    held_terms,
    payee,
    send,
    shares_of,
    until,
)

# what a public chain lets one transaction use, with room
MAX_GAS = 16_000_000
PUSH_GAS = 100_000


def mock(name: str, *args: Any) -> VyperContract:
    return deployer(f"mocks/{name}.vy").deploy(*args)


def among(world: World, guest: str, index: int = 1) -> Terms:
    """Terms at 50, 30 and 20 percent with the guest as payee of one row."""
    payees = [payee(i) for i in range(3)]
    payees[index] = guest
    return world.terms(world.rows([500_000, 300_000, 200_000], payees))


def gas_of(emc: VyperContract, call: Callable[[], None], data: bytes = b"") -> int:
    """Gas of a transaction from cold state, its fixed cost and its data included."""
    cool()
    call()
    return int(emc._computation.get_gas_used()) + 21_000 + 16 * len(data)


# payees


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("way", [REVERT, BOMB, BURN])
def test_a_hostile_payee_delays_nobody(world: World, way: int, index: int) -> None:
    hostile = mock("HostilePayee", way)
    emc = world.make(among(world, hostile.address, index))
    world.sell(emc, 100, 1)
    (payout,) = events(emc, "Payout")
    assert payout.credited == 1 << index
    for i, share in enumerate((50, 30, 20)):
        assert emc.credits(i) == (share if i == index else 0)
        assert received(payee(i)) == (0 if i == index else share)
    hostile.behave(ACCEPT)
    emc.withdraw(index)
    assert received(hostile.address) == (50, 30, 20)[index]


@pytest.mark.parametrize("way", [REVERT, BOMB, BURN])
def test_a_hostile_payee_costs_the_buyer_no_more_than_the_cap_and_a_credit(
    world: World, way: int
) -> None:
    honest = world.make(among(world, payee(1)))
    hostile = world.make(among(world, mock("HostilePayee", way).address))
    boa.env.set_balance(payee(1), 1)
    usual = gas_of(honest, lambda: world.sell(honest, 100, 1))
    cost = gas_of(hostile, lambda: world.sell(hostile, 100, 1))
    # two words for the first credit of an EMC, one for the row's, one for its mark, and the event
    assert cost - usual < PUSH_GAS + 4 * 22_100 + 3_000
    again = gas_of(hostile, lambda: world.sell(hostile, 100, 2))
    assert again < usual


def test_a_hostile_payee_in_two_rows_is_credited_in_each(world: World) -> None:
    hostile = mock("HostilePayee", REVERT)
    rows = world.rows([500_000, 300_000, 200_000], [hostile.address, payee(1), hostile.address])
    emc = world.make(world.terms(rows))
    world.sell(emc, 100, 1)
    assert [emc.credits(i) for i in range(3)] == [50, 0, 20]
    hostile.behave(ACCEPT)
    emc.withdraw(2)
    emc.withdraw(0)
    assert received(hostile.address) == 70


def test_a_hostile_payee_without_a_share_is_left_alone(world: World) -> None:
    hostile = mock("HostilePayee", BURN)
    rows = world.rows([PPM, 0, 0], [payee(0), hostile.address, payee(2)])
    emc = world.make(world.terms(rows))
    world.sell(emc, 100, 1)
    (payout,) = events(emc, "Payout")
    assert payout.credited == 0


def test_an_answer_of_64_kb_to_a_payment_is_not_read(world: World) -> None:
    generous = mock("GenerousAnswerPayee")
    emc = world.make(among(world, generous.address))
    world.sell(emc, 100, 1)
    assert received(generous.address) == 30


def test_coin_that_a_payee_sends_back_at_once_is_a_plain_transfer(world: World) -> None:
    bouncing = mock("BouncingPayee")
    emc = world.make(among(world, bouncing.address))
    world.sell(emc, 100, 1)
    assert received(emc.address) == 30
    assert emc.accounts().paid == 100
    rounds = 0
    while received(emc.address) > emc.accounts().dust:
        emc.absorb()
        rounds += 1
    assert rounds < 10
    assert received(payee(0)) + received(payee(2)) + emc.accounts().dust == 100


def test_a_clone_within_the_cap_is_paid_and_one_beyond_it_credited(world: World) -> None:
    target = mock("WorkingPayee")
    clone = deployer("mocks/WorkingPayee.vy").at(mock("CloneMaker").clone(target.address))
    emc = world.make(among(world, clone.address))
    clone.set_rounds(100)
    world.sell(emc, 100, 1)
    assert received(clone.address) == 30
    clone.set_rounds(10_000)
    world.sell(emc, 100, 2)
    (payout,) = events(emc, "Payout")
    assert payout.credited == 0b010
    assert received(clone.address) == 30
    emc.withdraw(1)
    assert received(clone.address) == 60


# calling back


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_payee_cannot_call_back_while_it_is_paid(world: World, function: str) -> None:
    party = mock("ReentrantParty")
    emc = world.make(among(world, party.address))
    assert_locked(emc, party, function, lambda: world.sell(emc, 100, 1))
    assert received(party.address) == 30
    assert emc.accounts().credited == 0


def test_every_function_of_the_till_was_called_back(world: World) -> None:
    functions = {entry["name"] for entry in world.make().abi if entry["type"] == "function"}
    assert functions == set(ARGUMENTS)


@pytest.mark.parametrize("function", ["withdraw", "sale", "accounts"])
def test_a_payee_cannot_call_back_while_its_credit_is_withdrawn(
    world: World, function: str
) -> None:
    hostile, party = mock("HostilePayee", REVERT), mock("ReentrantParty")
    terms = among(world, hostile.address)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    with boa.env.prank(world.nodes[1].account):
        world.conduct.change_payee(emc.address, terms.head(), terms.packed_rows(), 1, party.address)
    assert_locked(emc, party, function, lambda: emc.withdraw(1))
    assert received(party.address) == 30


@pytest.mark.parametrize("function", ["end", "absorb", "withdraw", "rescue", "accounts"])
def test_a_backstop_cannot_call_back_while_it_is_paid(world: World, function: str) -> None:
    party = mock("ReentrantParty")
    terms = held_terms(world, backstop=party.address)
    emc = world.make(terms)
    world.sell(emc, 999, 1)
    until(terms.ends_at)
    party.aim(emc.address, getattr(emc, function).prepare_calldata(*ARGUMENTS[function]))
    emc.end()
    assert tries(emc) == LOCKED
    assert received(party.address) == 999


# coin that nobody asked for


def test_forced_coin_is_absorbed_by_an_active_emc(world: World) -> None:
    emc = world.make(held_terms(world))
    world.sell(emc, 400, 1)
    force_coin(world, emc, 70)
    assert emc.accounts().held == 400
    emc.absorb()
    assert emc.accounts().held == 470


def test_forced_coin_disturbs_no_sale(world: World, books: Books) -> None:
    emc = world.make(held_terms(world))
    force_coin(world, emc, 70)
    world.sell(emc, 1_000, 1)
    assert shares_of(emc) == [500, 300, 200]
    books.unabsorbed[emc.address] = 70


def test_coin_forced_on_an_address_before_its_emc_exists_is_proceeds(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    with boa.env.prank(world.buyer):
        boa.env.raw_call(world.address_of(terms), value=70)
    emc = world.make(terms)
    emc.absorb()
    assert shares_of(emc) == [35, 21, 14]


def test_coin_forced_after_a_failure_goes_to_the_backstop(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    until(terms.ends_at)
    emc.end()
    force_coin(world, emc, 70)
    emc.absorb()
    assert received(address("backstop")) == 70


# too little gas


def hardest(world: World, emc: VyperContract, demand: Callable[[int], None]) -> int:
    """The most that the payee can demand and still be paid by a sale that lacks no gas."""
    low, high = 0, 200_000
    while low < high - 1:
        middle = (low + high) // 2
        with boa.env.anchor():
            demand(middle)
            cool()
            world.sell(emc, 100, 1)
            (payout,) = events(emc, "Payout")
            if payout.credited:
                high = middle
            else:
                low = middle
    return low


def is_paid_with(world: World, emc: VyperContract, limit: int) -> bool:
    """Whether a sale with this gas limit succeeds; if it does, it pays every row."""
    with boa.env.anchor():
        cool()
        data = emc.sale.prepare_calldata(1, 100, CUSTOMER)
        done = boa.env.execute_code(emc.address, world.buyer, limit, 100, data)
        if done.is_error:
            return False
        (payout,) = (log for log in emc.get_logs(done) if type(log).__name__ == "Payout")
        assert payout.credited == 0, f"a gas limit of {limit} made a credit"
        assert [received(each.payee) for each in payout.payments] == [50, 30, 20]
        return True


@pytest.mark.parametrize(
    ("index", "demand"),
    [long(0, "set_need"), (1, "set_need"), long(2, "set_need"), (2, "set_rounds")],
)
def test_no_gas_limit_turns_an_honest_payout_into_a_credit(
    world: World, index: int, demand: str
) -> None:
    working = mock("WorkingPayee")
    emc = world.make(among(world, working.address, index))
    # one that fails at once where it lacks gas leaves enough for a credit; one works to the end
    set_demand = getattr(working, demand)
    set_demand(hardest(world, emc, set_demand))
    low, high = 0, 1_000_000
    assert is_paid_with(world, emc, high)
    while low < high - 1:
        middle = (low + high) // 2
        if is_paid_with(world, emc, middle):
            high = middle
        else:
            low = middle
    for limit in range(25_000, 700_000, 7_919):
        is_paid_with(world, emc, limit)
    for limit in range(high - 3_000, high + 3_000, 97):
        is_paid_with(world, emc, limit)
    for limit in range(high - 130_000, high + 130_000, 3_001):
        is_paid_with(world, emc, limit)


def test_a_sale_with_too_little_gas_for_a_push_says_so(world: World) -> None:
    working = mock("WorkingPayee")
    emc = world.make(among(world, working.address, 2))
    with boa.env.prank(world.buyer), boa.reverts("emc: too little gas"):
        emc.sale(1, 100, CUSTOMER, value=100, gas=200_000)


def test_no_gas_limit_turns_the_payout_of_the_backstop_into_a_credit(world: World) -> None:
    working = mock("WorkingPayee")
    terms = held_terms(world, backstop=working.address)
    emc = world.make(terms)
    world.sell(emc, 999, 1)
    until(terms.ends_at)
    working.set_need(99_000)
    outcomes = set()
    for limit in range(50_000, 400_000, 2_999):
        with boa.env.anchor():
            cool()
            done = boa.env.execute_code(
                emc.address, world.stranger, limit, data=emc.end.prepare_calldata()
            )
            if done.is_error:
                outcomes.add("reverted")
                continue
            assert emc.credits(BACKSTOP) == 0, f"a gas limit of {limit} made a credit"
            assert received(working.address) == 999
            outcomes.add("paid")
    assert outcomes == {"reverted", "paid"}


# the worst sale


def crowd(world: World, way: int, **changes: Any) -> tuple[Terms, VyperContract]:
    """An EMC of 64 hostile payees in all bands, behind a gate, with a hostile backstop."""
    payees = [mock("HostilePayee", way).address for _ in range(64)]
    rows = world.rows([15_625] * 64, payees, [1_000] * 64, [1_000] * 64)
    values: dict[str, Any] = {
        "benchmark": 10**9,
        "target": 2 * 10**9,
        "gate": Gate.BENCHMARK,
        "disburse_at": 100,
        "backstop": mock("HostilePayee", way).address,
    }
    terms = world.terms(rows, **{**values, **changes})
    return terms, world.make(terms)


@pytest.mark.parametrize("way", [long(REVERT), BOMB, BURN])
def test_sixty_four_hostile_payees_make_no_sale_impossible(world: World, way: int) -> None:
    _, emc = crowd(world, way)
    gas = gas_of(emc, lambda: world.sell(emc, 2 * 10**9, 1), bytes(100))
    (payout,) = events(emc, "Payout")
    assert payout.credited == 2**64 - 1
    assert emc.accounts().paid == 0
    assert gas < MAX_GAS
    gas = gas_of(emc, lambda: world.sell(emc, 2 * 10**9, 2), bytes(100))
    assert gas < 2_000_000


def test_sixty_four_hostile_payees_make_no_batch_impossible(world: World) -> None:
    _, emc = crowd(world, BURN)
    orders = [(10**8, bytes([i]) * 32) for i in range(1, 129)]

    def sell() -> None:
        with boa.env.prank(world.buyer):
            emc.sales(200, orders, value=128 * 10**8)

    gas = gas_of(emc, sell, emc.sales.prepare_calldata(200, orders))
    (payout,) = events(emc, "Payout")
    assert payout.credited == 2**64 - 1
    assert gas < MAX_GAS


def test_sixty_four_hostile_payees_make_no_ending_impossible(world: World) -> None:
    terms, emc = crowd(world, BURN)
    world.sell(emc, 99, 1)
    send(world, emc, 5 * 10**8)
    until(terms.ends_at)
    gas = gas_of(emc, emc.end, bytes(4))
    (payout,) = events(emc, "Payout")
    assert payout.credited == 2**64 - 1
    assert emc.credits(BACKSTOP) > 0
    assert gas < MAX_GAS


def test_sixty_four_hostile_payees_make_no_absorption_impossible(world: World) -> None:
    _, emc = crowd(world, BURN)
    send(world, emc, 3 * 10**9)
    gas = gas_of(emc, emc.absorb, bytes(4))
    (payout,) = events(emc, "Payout")
    assert payout.credited == 2**64 - 1
    assert gas < MAX_GAS


def test_sixty_four_credits_are_withdrawn_one_by_one(world: World) -> None:
    _, emc = crowd(world, REVERT)
    world.sell(emc, 2 * 10**9, 1)
    for row in range(64):
        deployer("mocks/HostilePayee.vy").at(emc.payee_of(row)).behave(ACCEPT)
        gas = gas_of(emc, lambda row=row: emc.withdraw(row), bytes(36))  # type: ignore[misc]
        assert gas < 400_000
    assert emc.accounts().credited == 0
    world.sell(emc, 2 * 10**9, 2)
    (payout,) = events(emc, "Payout")
    assert payout.credited == 0
