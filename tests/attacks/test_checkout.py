"""What buyers, cashiers, nodes, strangers and tokens can do to orders: nobody gets goods and money,
nothing is lost, nobody is delayed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.checkout import CheckoutOrder, OrderState
from emc.core.terms import NATIVE, Gate
from emc.core.units import PPM
from tests.attacks.reentry import LOCKED, tries
from tests.checkout import CUSTOMER, DAY, SHOPS, Shop, batch, check_books, key_of, stable_token
from tests.kit import FAR, World, address, deployer, events
from tests.till import BOMB, BURN, REVERT, Books, cool, held_terms, payee

MAX_GAS = 16_000_000
# what a TurningToken can turn into
DENIES, REFUSES, SILENT, PAUSED, FEE, MUTE, MUTTERS = range(1, 8)


@pytest.fixture(autouse=True)
def _shops(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """The books of Checkout are checked with those of the EMCs."""
    SHOPS.clear()
    of_emcs = books.check

    def check() -> None:
        of_emcs()
        check_books()

    monkeypatch.setattr(books, "check", check)


def mock(name: str, *args: Any) -> VyperContract:
    return deployer(f"mocks/{name}.vy").deploy(*args)


def native(world: World, **changes: Any) -> Shop:
    return Shop(world, **changes)


def stable(world: World, **changes: Any) -> Shop:
    return Shop(world, stable_token(), **changes)


def gas_of(shop: Shop, call: Callable[[], None], data: bytes) -> int:
    """Gas of a transaction from cold state, its fixed cost and its data included."""
    cool()
    call()
    return int(shop.checkout._computation.get_gas_used()) + 21_000 + 16 * len(data)


# signatures


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": b"\1" * 32},
        {"amount": 999},
        {"amount": 1_001},
        {"customer": bytes(32)},
        {"cashier": address("thief")},
        {"cashier": NATIVE},
        {"due_at": 0},
        {"due_at": 2_000_000_000},
    ],
    ids=str,
)
def test_a_relayer_alters_nothing_that_was_signed(world: World, changes: dict[str, Any]) -> None:
    shop = stable(world, ends_at=2_100_000_000)
    order = shop.order(1_000, due_at=shop.now + 9)
    given = shop.authorization(order)
    with boa.reverts():
        shop.relay(replace(order, **changes), *given)
    assert not shop.checkout.is_placed(order.emc, order.buyer, order.reference)


def test_a_signature_is_good_for_one_emc_one_buyer_and_one_checkout(world: World) -> None:
    shop = stable(world)
    other = Shop(world, shop.token, nonce=1)
    order = shop.order(1_000)
    given = shop.authorization(order)
    victim = key_of("victim")
    shop.token.mint(victim.address, 1_000)
    for altered in (
        replace(order, emc=str(other.emc.address)),
        replace(order, buyer=victim.address),
    ):
        with boa.reverts("token: invalid signature"):
            shop.relay(altered, *given)
    twin = deployer("Checkout.vy").deploy(world.consent.address)
    with boa.reverts("token: invalid signature"):
        twin.pay_with_authorization(order.argument(), *given)


def test_a_signature_for_another_chain_is_worth_nothing(world: World) -> None:
    shop = stable(world)
    order = shop.order(1_000)
    there = order.hash(boa.env.evm.patch.chain_id + 1, str(shop.checkout.address))
    with boa.reverts("token: invalid signature"):
        shop.relay(order, *shop.authorization(order, nonce=there))


def test_nobody_but_checkout_uses_a_signature_up(world: World) -> None:
    shop = stable(world)
    order = shop.order(1_000)
    after, before, signature = shop.authorization(order)
    r, s, v = signature[:32], signature[32:64], signature[64]
    for thief in (world.stranger, shop.emc.address, order.cashier):
        with boa.env.prank(thief), boa.reverts("token: not the payee"):
            shop.token.receiveWithAuthorization(
                order.buyer,
                shop.checkout.address,
                1_000,
                after,
                before,
                shop.hash(order),
                v,
                r,
                s,
            )
    shop.relay(order, after, before, signature)


def test_who_relays_first_changes_nothing(world: World) -> None:
    shop = stable(world)
    order = shop.order(1_000)
    given = shop.authorization(order)
    with boa.env.prank(address("front-runner")):
        shop.checkout.pay_with_authorization(order.argument(), *given)
    with boa.reverts("checkout: order exists"):
        shop.relay(order, *given)
    assert shop.standing(order) == (OrderState.WAITING, 1_000)


def test_what_the_buyer_has_cancelled_does_not_pay(world: World) -> None:
    shop = stable(world)
    order = shop.order(1_000)
    nonce = shop.hash(order)
    domain = {
        "name": "USD Coin",
        "version": "2",
        "chainId": boa.env.evm.patch.chain_id,
        "verifyingContract": str(shop.token.address),
    }
    fields = [{"name": "authorizer", "type": "address"}, {"name": "nonce", "type": "bytes32"}]
    signed = shop.buyer.sign_typed_data(
        domain, {"CancelAuthorization": fields}, {"authorizer": order.buyer, "nonce": nonce}
    )
    shop.token.cancelAuthorization(
        order.buyer, nonce, signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")
    )
    with boa.reverts("token: used or canceled"):
        shop.relay(order)
    # the order itself can still be paid with an allowance, by the buyer alone
    shop.pay(order)


def test_a_high_s_is_refused(world: World) -> None:
    shop = stable(world)
    order = shop.order(1_000)
    after, before, signature = shop.authorization(order)
    curve = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = (curve - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    flipped = signature[:32] + s + bytes([55 - signature[64]])
    with boa.reverts("token: invalid signature"):
        shop.relay(order, after, before, flipped)


@pytest.mark.parametrize("mode", range(2, 10))
def test_a_wallet_that_misbehaves_pays_nothing(world: World, mode: int) -> None:
    shop = stable(world)
    wallet = mock("Wallet1271", shop.buyer.address)
    wallet.set_mode(mode)
    shop.token.mint(wallet.address, 1_000)
    order = shop.order(1_000, buyer=str(wallet.address))
    given = shop.authorization(order)
    # long and huge answers begin with the magic word: a token may take them
    if mode in (3, 8):
        shop.relay(order, *given)
        return
    with boa.reverts():
        shop.relay(order, *given)
    assert shop.standing(order) == (OrderState.NONE, 0)


def test_a_token_without_the_function_but_with_a_silent_fallback_pays_nothing(
    world: World,
) -> None:
    shop = Shop(world, mock("SilentFallbackToken"))
    order = shop.order(1_000)
    with boa.reverts("authorizations: nothing received"):
        shop.relay(order, 0, FAR, b"\1" * 65)
    wallet = mock("Wallet1271", shop.buyer.address)
    order = shop.order(1_000, buyer=str(wallet.address))
    with boa.reverts("authorizations: nothing received"):
        shop.relay(order, 0, FAR, b"\1" * 65)


# squatting


def test_a_stranger_uses_up_neither_numbers_nor_references(world: World) -> None:
    shop = native(world)
    with boa.env.prank(world.stranger):
        for number in (1, 2, 3):
            shop.emc.sale(number, 1, CUSTOMER, value=1)
    mine = shop.order(1_000, due_at=0)
    theirs = shop.paid(1, buyer=world.stranger, reference=mine.reference, due_at=0)
    shop.pay(mine)
    assert shop.standing(mine) == (OrderState.BOOKED, 1_000)
    assert shop.standing(theirs) == (OrderState.BOOKED, 1)
    assert shop.checkout.sold(shop.emc.address) == 2


def test_a_stranger_places_nothing_in_a_buyers_name(world: World) -> None:
    for shop in (native(world), stable(world)):
        order = shop.order(1_000)
        with boa.reverts("checkout: not the buyer"):
            shop.pay(order, sender=world.stranger)
    with boa.reverts("token: invalid signature"):
        shop.relay(order, *shop.authorization(order, key=key_of("stranger")))


# time and races


def test_an_order_of_a_batch_that_is_booked_just_before_stops_nothing(world: World) -> None:
    shop = native(world)
    orders = [shop.paid(10 * i) for i in (1, 2, 3)]
    shop.until_due(orders[0])
    shop.book(orders[1:2], sender=address("front-runner"))
    shop.book(orders)
    (booked,) = events(shop.checkout, "Booked")
    assert (booked.first, booked.orders) == (2, [shop.hash(orders[0]), shop.hash(orders[2])])
    assert shop.emc.total() == 60


def test_an_order_of_a_batch_that_is_given_back_just_before_stops_nothing(world: World) -> None:
    shop = native(world)
    orders = [shop.paid(10 * i) for i in (1, 2, 3)]
    shop.give_back(orders[1:2])
    shop.give_back(orders[2:], [29])
    shop.until_due(orders[0])
    shop.book(orders)
    assert shop.emc.total() == 11


def test_an_order_that_its_buyer_releases_just_before_stops_no_return(world: World) -> None:
    shop = native(world)
    orders = [shop.paid(10 * i) for i in (1, 2, 3)]
    shop.release(orders[1])
    shop.give_back(orders)
    assert shop.standing(orders[0]) == shop.standing(orders[2]) == (OrderState.RETURNED, 0)
    assert shop.emc.total() == 20


def test_at_the_due_second_it_is_the_emcs_and_nobody_elses(world: World) -> None:
    shop = native(world)
    order = shop.paid(1_000)
    boa.env.time_travel(seconds=order.due_at - shop.now - 1)
    with boa.reverts("checkout: nothing due"):
        shop.book([order])
    boa.env.time_travel(seconds=1)
    with boa.reverts("checkout: nothing to give back"):
        shop.give_back([order])
    shop.book([order])


def test_an_altered_due_time_books_and_returns_nothing(world: World) -> None:
    shop = native(world)
    order = shop.paid(1_000)
    with boa.reverts("checkout: nothing due"):
        shop.book([replace(order, due_at=0)])
    shop.until_due(order)
    with boa.reverts("checkout: nothing to give back"):
        shop.give_back([replace(order, due_at=FAR)])
    with boa.reverts("checkout: nothing to give back"):
        shop.give_back([replace(order, cashier=world.stranger)], sender=world.stranger)


def disband(world: World, shop: Shop) -> None:
    """The nodes end the EMC at once."""
    with boa.env.prank(world.conduct.address):
        shop.emc.disband()


def test_nodes_that_end_the_emc_with_goods_delivered_give_nobody_goods_and_money(
    world: World,
) -> None:
    shop = native(world)
    due, later = shop.paid(600), shop.paid(400, due_at=shop.now + 30 * DAY)
    shop.until_due(due)
    before = shop.has(shop.buyer.address)
    disband(world, shop)
    with boa.reverts("checkout: not the cashier"):
        shop.give_back([due, later], sender=shop.buyer.address)
    shop.book([due])
    assert [shop.has(payee(i)) for i in range(3)] == [300, 180, 120]
    # until it is due, the cashier can still give back what was not delivered
    shop.give_back([later], [100])
    shop.until_due(later)
    shop.book([later])
    assert [shop.has(payee(i)) for i in range(3)] == [450, 270, 180]
    assert shop.has(shop.buyer.address) == before + 100


def test_nodes_that_end_it_with_a_closed_gate_do_not_get_what_waits(world: World) -> None:
    shop = native(world, gate=Gate.BENCHMARK)
    before = shop.has(shop.buyer.address)
    due, later = shop.paid(600), shop.paid(400, due_at=shop.now + 30 * DAY)
    shop.until_due(due)
    disband(world, shop)
    with boa.reverts("checkout: gate stayed closed"):
        shop.book([due])
    with boa.reverts("checkout: gate stayed closed"):
        shop.release(later)
    shop.give_back([due, later], sender=world.stranger)
    assert shop.has(shop.buyer.address) == before


def test_money_that_comes_after_a_failure_opens_no_gate(world: World) -> None:
    shop = native(world, gate=Gate.BENCHMARK, benchmark=1_000, target=2_000)
    order = shop.paid(5_000)
    disband(world, shop)
    with boa.env.prank(world.stranger):
        boa.env.raw_call(shop.emc.address, value=5_000)
    shop.emc.absorb()
    assert not shop.emc.is_gate_open()
    with boa.reverts("checkout: gate stayed closed"):
        shop.release(order)
    shop.give_back([order], sender=world.stranger)


def test_a_gate_that_opens_meanwhile_is_the_one_that_counts(world: World) -> None:
    shop = Shop(world, terms=held_terms(world))
    order = shop.paid(100)
    world.sell(shop.emc, 1_000, 1)
    shop.until_due(order)
    shop.book([order])
    assert [shop.has(payee(i)) for i in range(3)] == [550, 330, 220]


def test_it_is_sold_under_the_terms_then_in_force(world: World) -> None:
    shop = native(world)
    order = shop.paid(1_000)
    turned = world.rows([200_000, 300_000, 500_000])
    words = [word for _, word, _ in replace(shop.terms, rows=turned).packed_rows()]
    page = (
        2,
        NATIVE,
        shop.terms.backstop,
        0,
        shop.terms.ends_at,
        0,
        10**24,
        2 * 10**24,
        0,
        0,
        3,
        0,
    )
    with boa.env.prank(world.changes.address):
        shop.emc.adopt(page, words, [0, 0, 0], [])
    shop.until_due(order)
    shop.book([order])
    assert [shop.has(payee(i)) for i in range(3)] == [200, 300, 500]


def test_a_cashier_that_is_the_buyer_has_another_order_than_the_merchants(world: World) -> None:
    shop = native(world)
    request = shop.order(1_000)
    cheat = replace(request, cashier=request.buyer)
    shop.orders.append(cheat)
    shop.pay(cheat)
    # whoever asks for the merchant's order is told that it was not paid
    assert shop.standing(request) == (OrderState.NONE, 0)
    assert shop.checkout.hash_of(request.argument()) != shop.hash(cheat)


def test_dust_changes_nothing(world: World) -> None:
    shop = native(world)
    order = shop.paid(3)
    for _ in range(2):
        shop.give_back([order], [1])
    with boa.env.prank(world.buyer):
        mock("ForcedCoin").force(shop.checkout.address, value=7)
    shop.surplus = 7
    shop.until_due(order)
    shop.book([order])
    assert shop.emc.total() == 1
    shop.refund(order, 1)


# tokens


def test_a_token_with_a_fee_is_refused(world: World) -> None:
    shop = Shop(world, mock("FeeToken", 1))
    # one unit of a million is kept
    with boa.reverts("checkout: not all arrived"):
        shop.pay(shop.order(1_000_000))
    free = shop.paid(999_999)
    assert shop.standing(free) == (OrderState.WAITING, 999_999)


def test_a_refund_in_a_token_with_a_fee_is_refused(world: World) -> None:
    shop = Shop(world, mock("TurningToken"))
    order = shop.paid(1_000, due_at=0)
    shop.token.turn(FEE)
    with boa.reverts("checkout: not all arrived"):
        shop.refund(order, 100)


def test_a_token_that_returns_nothing_is_used_like_any_other(world: World) -> None:
    shop = Shop(world, mock("SilentToken"))
    orders = [shop.paid(1_000), shop.paid(500)]
    shop.give_back(orders, [100, 500])
    shop.until_due(orders[0])
    shop.book(orders[:1])
    shop.refund(orders[0], 10)
    assert shop.emc.total() == 900


@pytest.mark.parametrize("kind", [DENIES, REFUSES, SILENT, PAUSED, FEE, MUTE, MUTTERS])
def test_whatever_a_token_turns_into_no_order_is_lost_or_paid_twice(
    world: World, kind: int
) -> None:
    shop = Shop(world, mock("TurningToken"))
    waits, due = shop.paid(1_000), shop.paid(500, due_at=shop.now + 5)
    shop.until_due(due)
    before = received(shop)
    shop.token.turn(kind)
    for call in (
        lambda: shop.give_back([waits], [100]),
        lambda: shop.book([due]),
        lambda: shop.pay(shop.order(10)),
    ):
        try:
            call()
        except boa.BoaError:
            continue
    shop.token.turn(0)
    standing, rest = shop.standing(waits)
    credit = shop.checkout.credits(shop.currency, shop.buyer.address)
    assert standing is OrderState.WAITING
    # what was given back has gone to the buyer or waits for it
    keeps = {FEE: 10}.get(kind, 0) if rest == 900 else 0
    spent = sum(order.amount for order in shop.orders[2:] if shop.standing(order)[1])
    assert received(shop) - before + credit + spent == 1_000 - rest - keeps
    if shop.standing(due)[0] is OrderState.WAITING:
        shop.book([due])


def received(shop: Shop) -> int:
    return shop.has(shop.buyer.address)


@pytest.mark.parametrize("way", [REVERT, BOMB, BURN])
def test_one_buyer_that_a_token_refuses_delays_no_other(world: World, way: int) -> None:
    shop = Shop(world, mock("RefusingToken"))
    shop.token.mint(world.stranger, 100)
    bad, good = shop.paid(100), shop.paid(100, buyer=world.stranger)
    shop.token.refuse(bad.buyer, way)
    shop.give_back([bad, good])
    (given,) = events(shop.checkout, "GivenBack")
    assert given.credited == 0b01
    assert shop.has(world.stranger) == 100
    assert shop.checkout.credits(shop.currency, bad.buyer) == 100
    shop.token.refuse(bad.buyer, 0)
    shop.checkout.withdraw(shop.currency, bad.buyer, bad.buyer)


def test_a_token_that_freezes_checkout_stops_its_own_orders_only(world: World) -> None:
    frozen, other = stable(world), native(world)
    order, elsewhere = frozen.paid(1_000), other.paid(1_000)
    frozen.token.blacklist(frozen.checkout.address, True)
    frozen.give_back([order], [300])
    assert frozen.checkout.credits(frozen.currency, order.buyer) == 300
    frozen.until_due(order)
    with boa.reverts("token: account is frozen"):
        frozen.book([order])
    other.book([elsewhere])
    frozen.token.blacklist(frozen.checkout.address, False)
    frozen.book([order])
    frozen.checkout.withdraw(frozen.currency, order.buyer, order.buyer)


def test_what_a_token_takes_is_lost_by_its_own_buyers_alone(world: World) -> None:
    shrinking, other = Shop(world, mock("RebasingToken")), native(world)
    first, second = shrinking.paid(1_000), shrinking.paid(1_000)
    elsewhere = other.paid(1_000)
    shrinking.token.rebase(PPM // 2)
    # who comes first gets all; what is not there is owed
    shrinking.give_back([first])
    shrinking.give_back([second])
    assert shrinking.checkout.credits(shrinking.currency, second.buyer) == 1_000
    shrinking.surplus = -1_000
    other.give_back([elsewhere])
    assert other.has(other.checkout.address) == 0


def test_what_strays_in_is_nobodys_and_pays_no_order(world: World) -> None:
    shop = stable(world)
    with boa.env.prank(world.buyer):
        shop.token.mint(world.buyer, 5_000)
        shop.token.transfer(shop.checkout.address, 5_000)
    shop.surplus = 5_000
    with boa.reverts("token: allowance too small"), boa.env.prank(shop.buyer.address):
        shop.checkout.pay(shop.order(5_000).argument())


def test_a_lying_token_buys_nothing_in_another(world: World) -> None:
    liar, shop = Shop(world, mock("TurningToken")), stable(world)
    shop.paid(1_000)
    order = liar.paid(999)
    with boa.reverts("checkout: nothing to give back"):
        shop.give_back([replace(order, emc=str(shop.emc.address))])
    liar.give_back([order])


# buyers that cannot receive


@pytest.mark.parametrize("way", [REVERT, BOMB, BURN])
def test_a_hostile_buyer_delays_nobody(world: World, way: int) -> None:
    shop = native(world)
    boa.env.set_balance(world.stranger, 0)
    hostile = mock("HostilePayee", way)
    boa.env.set_balance(hostile.address, 100)
    bad = shop.paid(100, buyer=str(hostile.address))
    good = shop.paid(100)
    before = received(shop)
    shop.give_back([bad, good])
    (given,) = events(shop.checkout, "GivenBack")
    assert given.credited == 0b01
    assert received(shop) == before + 100
    hostile.behave(0)
    shop.checkout.withdraw(NATIVE, hostile.address, hostile.address)


def test_a_hundred_hostile_buyers_are_given_back_below_the_limit_of_public_chains(
    world: World,
) -> None:
    shop = native(world)
    orders = []
    for i in range(100):
        who = address(f"hostile {i}")
        boa.env.set_balance(who, 10**18)
        orders.append(shop.paid(100, buyer=who))
        # burns all gas that it gets
        boa.env.set_code(who, b"\xfe")
    arguments = (*batch(orders), [])
    data = shop.checkout.give_back.prepare_calldata(*arguments)
    gas = gas_of(shop, lambda: shop.give_back(orders), data)
    assert 100 * 100_000 < gas < MAX_GAS
    (given,) = events(shop.checkout, "GivenBack")
    assert given.credited == 2**100 - 1


def test_too_little_gas_fakes_no_failure(world: World) -> None:
    shop = native(world)
    order = shop.paid(1_000)
    for gas in range(60_000, 200_000, 10_000):
        with boa.env.anchor():
            try:
                with boa.env.prank(shop.cashier):
                    shop.checkout.give_back(*batch([order]), [], gas=gas)
            except boa.BoaError:
                assert shop.standing(order) == (OrderState.WAITING, 1_000)
                continue
            assert shop.checkout.credits(NATIVE, order.buyer) == 0
            assert shop.standing(order) == (OrderState.RETURNED, 0)


# re-entry


def calls_of(shop: Shop, order: CheckoutOrder) -> dict[str, bytes]:
    """A call of each function of Checkout."""
    one, contract = order.argument(), shop.checkout
    arguments: dict[str, tuple[Any, ...]] = {
        "pay": (one,),
        "pay_with_permit": (one, FAR, 27, b"\1" * 32, b"\1" * 32),
        "pay_with_authorization": (one, 0, FAR, b"\1" * 65),
        "release": (one,),
        "withdraw": (shop.currency, order.buyer, order.buyer),
        "give_back": (*batch([order]), []),
        "book": batch([order]),
        "refund": (one, 1),
        "hash_of": (one,),
        "standing_of": (one,),
        "is_placed": (order.emc, order.buyer, order.reference),
        "sold": (order.emc,),
        "credits": (shop.currency, order.buyer),
        "consent": (),
    }
    assert tuple(arguments) == FUNCTIONS
    assert {each["name"] for each in contract.abi if each["type"] == "function"} == set(FUNCTIONS)
    return {
        name: getattr(contract, name).prepare_calldata(*values)
        for name, values in arguments.items()
    }


FUNCTIONS = (
    "pay",
    "pay_with_permit",
    "pay_with_authorization",
    "release",
    "withdraw",
    "give_back",
    "book",
    "refund",
    "hash_of",
    "standing_of",
    "is_placed",
    "sold",
    "credits",
    "consent",
)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_buyer_of_native_coin_does_not_come_back_while_it_is_paid(
    world: World, function: str
) -> None:
    shop = native(world)
    party = mock("ReentrantParty")
    order = shop.order(1_000, buyer=str(party.address))
    data = shop.checkout.pay.prepare_calldata(order.argument())
    with boa.env.prank(world.buyer):
        party.act(shop.checkout.address, data, value=1_000)
    party.aim(shop.checkout.address, calls_of(shop, order)[function])
    shop.give_back([order], [400])
    assert tries(shop.checkout) == LOCKED
    shop.until_due(order)
    shop.book([order])
    shop.refund(order, 100)
    assert tries(shop.checkout) == LOCKED
    assert shop.emc.total() == 600


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_token_that_tells_its_holders_lets_nobody_back_in(world: World, function: str) -> None:
    shop = Shop(world, mock("HookToken"))
    party = mock("ReentrantParty")
    shop.token.mint(party.address, 10_000)
    order = shop.order(1_000, buyer=str(party.address))
    hook = shop.token.hook.prepare_calldata(True)
    allow = shop.token.approve.prepare_calldata(shop.checkout.address, 1_000)
    party.act(shop.token.address, hook)
    party.act(shop.token.address, allow)
    party.aim(shop.checkout.address, calls_of(shop, order)[function])
    party.act(shop.checkout.address, shop.checkout.pay.prepare_calldata(order.argument()))
    assert tries(party) == LOCKED
    shop.give_back([order], [400])
    assert tries(shop.checkout) == LOCKED
    assert shop.standing(order) == (OrderState.WAITING, 600)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_payee_of_the_emc_does_not_come_back_while_orders_are_booked(
    world: World, function: str
) -> None:
    party = mock("ReentrantParty")
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), party.address, payee(2)])
    shop = Shop(world, terms=world.terms(rows))
    orders = [shop.paid(1_000), shop.paid(500)]
    party.aim(shop.checkout.address, calls_of(shop, orders[1])[function])
    shop.until_due(orders[0])
    shop.book(orders[:1])
    assert tries(shop.checkout) == LOCKED
    assert shop.standing(orders[1]) == (OrderState.WAITING, 500)


def test_a_payee_that_books_while_its_emc_sells_stops_nothing(world: World) -> None:
    party = mock("ReentrantParty")
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), party.address, payee(2)])
    shop = Shop(world, terms=world.terms(rows))
    order = shop.paid(1_000)
    shop.until_due(order)
    party.aim(shop.checkout.address, calls_of(shop, order)["book"])
    world.sell(shop.emc, 100, 1)
    # Checkout is open, the EMC is not
    ((is_ok, _),) = tries(shop.emc)
    assert not is_ok
    assert shop.standing(order) == (OrderState.WAITING, 1_000)
    shop.book([order])


def test_a_twin_of_the_emc_from_elsewhere_gets_nothing(world: World) -> None:
    shop = native(world)
    order = shop.paid(1_000)
    consent, emc = world.other_consent()
    for stranger in (emc.address, consent.address, address("x")):
        with boa.reverts():
            shop.checkout.book(stranger, order.cashier, [order.line()])
        with boa.reverts():
            shop.checkout.give_back(stranger, order.cashier, [order.line()], [])
