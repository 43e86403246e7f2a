import boa
import pytest
from eth_utils import keccak

from emc.core.terms import Gate
from emc.core.units import PPM
from tests.kit import CUSTOMER, World, events, received
from tests.till import NO_CUSTOMER, held_terms, payee, shares_of, until, waterfall_terms

Orders = list[tuple[int, bytes]]


def sell(world: World, emc: object, first: int, amounts: list[int], token: object = None) -> Orders:
    """The buyer pays a batch of orders, each with a reference of its own."""
    orders = [(amount, keccak(text=f"customer {i}")) for i, amount in enumerate(amounts)]
    with boa.env.prank(world.buyer):
        if token is None:
            emc.sales(first, orders, value=sum(amounts))  # type: ignore[attr-defined]
        else:
            token.approve(emc.address, sum(amounts))  # type: ignore[attr-defined]
            emc.sales(first, orders)  # type: ignore[attr-defined]
    return orders


@pytest.mark.parametrize("currency", ["native", "token"])
def test_a_batch_is_one_payment_run(world: World, currency: str) -> None:
    token = world.token() if currency == "token" else None
    changes = {"currency": token.address} if token else {}
    emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000]), **changes))
    sell(world, emc, 10, [100, 200, 300], token)
    (payout,) = events(emc, "Payout")
    assert [(each.payee, each.amount) for each in payout.payments] == [
        (payee(0), 300),
        (payee(1), 180),
        (payee(2), 120),
    ]
    assert (payout.payer, payout.epoch, payout.number) == (world.buyer, 1, 10)
    assert payout.gross == payout.received == payout.total == 600
    assert [received(payee(i), token) for i in range(3)] == [300, 180, 120]
    assert [emc.is_paid(world.buyer, number) for number in range(9, 14)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_the_batch_event_lists_the_orders_and_the_payout_names_its_hash(world: World) -> None:
    emc = world.make()
    orders = sell(world, emc, 10, [100, 0, 300])
    raw = [entry for entry in emc._computation.get_log_entries() if entry[0] == emc_bytes(emc)]
    (batch,) = events(emc, "Batch")
    (payout,) = events(emc, "Payout")
    assert (batch.payer, batch.first) == (world.buyer, 10)
    assert [(order.amount, order.customer) for order in batch.orders] == orders
    _, topics, data = raw[0]
    assert topics[0] == int.from_bytes(
        keccak(text="Batch(address,uint256,(uint256,bytes32)[])"), "big"
    )
    assert payout.customer == keccak(data)
    assert len(raw) == 2


def emc_bytes(emc: object) -> bytes:
    """The EMC's address as a log entry has it."""
    return bytes.fromhex(emc.address[2:])  # type: ignore[attr-defined]


def test_a_place_with_amount_zero_leaves_its_number_unused(world: World) -> None:
    emc = world.make()
    sell(world, emc, 10, [0, 100, 0, 200, 0])
    assert [emc.is_paid(world.buyer, number) for number in range(10, 15)] == [
        False,
        True,
        False,
        True,
        False,
    ]
    world.sell(emc, 300, 12)
    assert emc.total() == 600


@pytest.mark.parametrize("first", [0, 1, 127, 128, 129, 192, 255, 256, 2**256 - 256, 2**256 - 128])
def test_a_full_batch_marks_exactly_its_numbers_across_words(world: World, first: int) -> None:
    emc = world.make()
    amounts = [i % 3 for i in range(128)]
    sell(world, emc, first, amounts)
    numbers = {first + i for i, amount in enumerate(amounts) if amount}
    for number in range(max(0, first - 130), min(2**256, first + 300)):
        assert emc.is_paid(world.buyer, number) == (number in numbers)


def test_a_batch_wholly_behind_the_end_of_its_first_word_is_marked(world: World) -> None:
    emc = world.make()
    sell(world, emc, 255, [0, 5, 6])
    assert [emc.is_paid(world.buyer, number) for number in (255, 256, 257)] == [False, True, True]
    with boa.reverts("orders: already paid"):
        world.sell(emc, 6, 257)


@pytest.mark.parametrize("taken", [250, 255, 256, 259])
def test_one_paid_number_refuses_the_whole_batch(world: World, taken: int) -> None:
    emc = world.make()
    world.sell(emc, 7, taken)
    with boa.reverts("orders: already paid"):
        sell(world, emc, 250, [1] * 10)
    assert emc.total() == 7
    assert [emc.is_paid(world.buyer, number) for number in range(250, 260)] == [
        number == taken for number in range(250, 260)
    ]


def test_a_retried_batch_is_refused_whole(world: World) -> None:
    emc = world.make()
    sell(world, emc, 250, [10] * 10)
    with boa.reverts("orders: already paid"):
        sell(world, emc, 250, [10] * 10)
    assert emc.total() == 100


def test_a_paid_number_under_an_empty_place_does_not_disturb(world: World) -> None:
    emc = world.make()
    world.sell(emc, 7, 252)
    sell(world, emc, 250, [1, 1, 0, 1])
    assert emc.total() == 10


def test_two_payers_have_numbers_of_their_own(world: World) -> None:
    emc = world.make()
    sell(world, emc, 250, [10] * 10)
    with boa.env.prank(world.stranger):
        emc.sales(250, [(1, NO_CUSTOMER)] * 10, value=10)
    assert emc.total() == 110


@pytest.mark.parametrize("orders", [[], [(0, CUSTOMER)] * 3])
def test_a_batch_of_nothing_is_refused(world: World, orders: Orders) -> None:
    emc = world.make()
    with boa.env.prank(world.buyer), boa.reverts("currency: nothing paid"):
        emc.sales(1, orders)


def test_coin_must_be_exactly_the_sum(world: World) -> None:
    emc = world.make()
    with boa.env.prank(world.buyer), boa.reverts("currency: wrong amount"):
        emc.sales(1, [(10, CUSTOMER), (20, CUSTOMER)], value=31)


def test_a_sum_that_overflows_is_refused(world: World) -> None:
    emc = world.make()
    with boa.env.prank(world.buyer), boa.reverts():
        emc.sales(1, [(2**256 - 1, CUSTOMER), (2, CUSTOMER)], value=1)
    assert emc.total() == 0


def test_there_are_no_numbers_past_the_last(world: World) -> None:
    emc = world.make()
    with boa.reverts("orders: number too large"):
        sell(world, emc, 2**256 - 1, [1, 1])
    assert not emc.is_paid(world.buyer, 2**256 - 1)
    assert not emc.is_paid(world.buyer, 0)
    sell(world, emc, 2**256 - 2, [1, 1])
    assert emc.is_paid(world.buyer, 2**256 - 1)


def test_a_batch_where_no_terms_are_in_force_is_refused(world: World) -> None:
    emc = world.implementation
    with boa.reverts("emc: not active"):
        sell(world, emc, 1, [1, 2])


def test_batches_keep_the_start_and_the_end(world: World) -> None:
    start = boa.env.timestamp + 1_000
    terms = world.terms(starts_at=start)
    emc = world.make(terms)
    with boa.reverts("emc: not started"):
        sell(world, emc, 1, [1, 2])
    until(start)
    sell(world, emc, 1, [1, 2])
    until(terms.ends_at)
    with boa.reverts("emc: over"):
        sell(world, emc, 3, [1, 2])


def test_a_batch_crosses_boundaries_like_one_sale(world: World) -> None:
    emc = world.make(waterfall_terms(world))
    sell(world, emc, 1, [1, 99, 100, 200, 600])
    assert shares_of(emc) == [171, 181, 648]


def test_a_batch_opens_the_gate(world: World) -> None:
    emc = world.make(held_terms(world, gate=Gate.BENCHMARK))
    sell(world, emc, 1, [300, 300])
    assert shares_of(emc) == []
    sell(world, emc, 3, [300, 100])
    assert shares_of(emc) == [500, 300, 200]


def test_one_order_fills_a_batch(world: World) -> None:
    emc = world.make(world.terms(world.rows([PPM, 0, 0])))
    sell(world, emc, 255, [40])
    assert emc.is_paid(world.buyer, 255)
    assert not emc.is_paid(world.buyer, 256)
