import boa
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.checkout import CheckoutOrder
from emc.core.terms import NATIVE
from tests.checkout import Shop
from tests.kit import World, address, deployer, events
from tests.till import ACCEPT, REVERT


def moody(shop: Shop, amount: int) -> tuple[VyperContract, CheckoutOrder]:
    """A buyer that cannot receive, and an order that it has paid."""
    buyer = deployer("mocks/ReentrantParty.vy").deploy()
    order = shop.order(amount, buyer=str(buyer.address))
    data = shop.checkout.pay.prepare_calldata(order.argument())
    with boa.env.prank(shop.buyer.address):
        if shop.token:
            shop.token.mint(buyer.address, amount)
            allow = shop.token.approve.prepare_calldata(shop.checkout.address, amount)
            buyer.act(shop.token.address, allow)
            buyer.act(shop.checkout.address, data)
            shop.token.blacklist(buyer.address, True)
        else:
            buyer.act(shop.checkout.address, data, value=amount)
            # whatever it gets it sends on to who refuses
            refuses = deployer("mocks/HostilePayee.vy").deploy(REVERT)
            boa.env.set_code(buyer.address, boa.env.get_code(refuses.address))
            slot = boa.env.get_storage(refuses.address, 0)
            boa.env.set_storage(buyer.address, 0, slot)
    return buyer, order


def accept(shop: Shop, buyer: VyperContract) -> None:
    """From now on it can receive."""
    if shop.token:
        shop.token.blacklist(buyer.address, False)
    else:
        boa.env.set_storage(buyer.address, 0, ACCEPT)


def test_what_cannot_be_sent_waits_for_its_buyer_alone(world: World, shop: Shop) -> None:
    buyer, order = moody(shop, 1_000)
    shop.give_back([order])
    (given,) = events(shop.checkout, "GivenBack")
    assert (given.amounts, given.credited) == ([1_000], 1)
    (credited,) = events(shop.checkout, "Credited")
    assert (credited.currency, credited.buyer, credited.amount) == (
        shop.currency,
        buyer.address,
        1_000,
    )
    assert shop.checkout.credits(shop.currency, buyer.address) == 1_000
    with boa.env.prank(world.stranger), boa.reverts():
        shop.checkout.withdraw(shop.currency, buyer.address, buyer.address)
    accept(shop, buyer)
    with boa.env.prank(world.stranger):
        shop.checkout.withdraw(shop.currency, buyer.address, buyer.address)
    (withdrawn,) = events(shop.checkout, "Withdrawn")
    assert (withdrawn.currency, withdrawn.buyer, withdrawn.to, withdrawn.amount) == (
        shop.currency,
        buyer.address,
        buyer.address,
        1_000,
    )
    assert shop.has(buyer.address) == 1_000
    assert shop.checkout.credits(shop.currency, buyer.address) == 0


def test_the_buyer_alone_names_another_address(world: World, shop: Shop) -> None:
    buyer, order = moody(shop, 1_000)
    shop.give_back([order])
    for sender in (world.stranger, shop.cashier):
        with boa.env.prank(sender), boa.reverts("checkout: not the buyer"):
            shop.checkout.withdraw(shop.currency, buyer.address, sender)
    with boa.env.prank(buyer.address):
        shop.checkout.withdraw(shop.currency, buyer.address, address("elsewhere"))
    assert shop.has(address("elsewhere")) == 1_000


def test_credits_of_several_orders_add_up(shop: Shop) -> None:
    buyer, order = moody(shop, 1_000)
    shop.give_back([order], [100])
    shop.give_back([order], [200])
    assert shop.checkout.credits(shop.currency, buyer.address) == 300


def test_a_refund_that_cannot_be_sent_waits(shop: Shop) -> None:
    buyer, order = moody(shop, 1_000)
    shop.until_due(order)
    shop.book([order])
    shop.refund(order, 400)
    (refunded,) = events(shop.checkout, "Refunded")
    assert (refunded.amount, refunded.is_credited) == (400, True)
    assert shop.checkout.credits(shop.currency, buyer.address) == 400


def test_without_a_credit_there_is_nothing_to_withdraw(shop: Shop) -> None:
    shop.paid(1_000)
    for currency in (shop.currency, NATIVE, address("token")):
        with boa.reverts("checkout: no credit"):
            shop.checkout.withdraw(currency, shop.buyer.address, shop.buyer.address)
