# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title Checkout
@license AGPL-3.0-only
@notice Takes orders of EMCs that Consent has made. Until an order is due it is the buyer's, and can go back; from
        then on it is the EMC's.
@dev Holds what waits and what could not be sent to a buyer, nothing else. All EMCs' orders of one token share a
     balance: what a token takes from it is lost by its buyers.
@custom:stop Nobody. A cashier that disappears delays nothing: anyone books what is due.
"""

from .interfaces import ICheckout
from .interfaces import IConsent
from .interfaces import IEMC
from .modules import authorizations
from .modules import buyer_credits
from .modules import currency as coins
from .modules import order_book
from .modules import page_layout

implements: ICheckout
initializes: buyer_credits
initializes: order_book
exports: buyer_credits.credits


# what of an EMC's page matters here
struct Till:
    currency: address
    ends_at: uint256


MAX_LINES: constant(uint256) = 128
MAX_SIGNATURE: constant(uint256) = authorizations.MAX_SIGNATURE
# longest time that an order can wait
MAX_WAIT: constant(uint256) = 400 * 86_400

CONSENT: immutable(IConsent)

# how many orders of an EMC were sold by number
sold: public(HashMap[address, uint256])


@deploy
def __init__(consent: address):
    """
    @param consent Where the EMCs are made whose orders are taken.
    """
    CONSENT = IConsent(consent)


# the buyer

@external
@payable
def pay(order: ICheckout.Order):
    self._check_buyer(order.buyer)
    till: Till = self._place(order)
    self._pull(till.currency, order.amount)
    self._sell_if_due(order, till)


@external
def pay_with_permit(order: ICheckout.Order, deadline: uint256, v: uint8, r: bytes32, s: bytes32):
    self._check_buyer(order.buyer)
    till: Till = self._place(order)
    coins._permit(till.currency, order.amount, deadline, v, r, s)
    self._pull(till.currency, order.amount)
    self._sell_if_due(order, till)


@external
def release(order: ICheckout.Order):
    self._check_buyer(order.buyer)
    hash: bytes32 = order_book._hash(order)
    amount: uint256 = order_book._book(
        order_book._key(order.emc, order.buyer, order.reference), hash
    )
    assert amount != 0, "checkout: does not wait"
    self._sell(order, hash, amount, self._till(order.emc))


@external
def withdraw(currency: address, buyer: address, to: address):
    buyer_credits._withdraw(currency, buyer, to)


# the cashier

@external
def give_back(
    emc: address,
    cashier: address,
    lines: DynArray[ICheckout.Line, MAX_LINES],
    amounts: DynArray[uint256, MAX_LINES],
):
    is_whole: bool = len(amounts) == 0
    has_failed: bool = self._has_failed(emc)
    assert msg.sender == cashier or has_failed and is_whole, "checkout: not the cashier"
    assert is_whole or len(amounts) == len(lines), "checkout: not an amount each"
    token: address = self._till(emc).currency
    hashes: DynArray[bytes32, MAX_LINES] = []
    given: DynArray[uint256, MAX_LINES] = []
    credited: uint256 = 0
    index: uint256 = 0
    for line: ICheckout.Line in lines:
        hash: bytes32 = order_book._hash(self._order(emc, cashier, line))
        key: bytes32 = order_book._key(emc, line.buyer, line.reference)
        amount: uint256 = order_book._waiting(key, hash)
        if amount != 0 and (has_failed or block.timestamp < line.due_at):
            if not is_whole:
                amount = amounts[index]
            order_book._give_back(key, hash, amount)
            if not buyer_credits._send(token, line.buyer, amount):
                credited |= 1 << len(given)
            hashes.append(hash)
            given.append(amount)
        index += 1
    assert len(given) != 0, "checkout: nothing to give back"
    log ICheckout.GivenBack(emc=emc, by=msg.sender, orders=hashes, amounts=given, credited=credited)


# anyone

@external
def pay_with_authorization(
    order: ICheckout.Order,
    valid_after: uint256,
    valid_before: uint256,
    signature: Bytes[MAX_SIGNATURE],
):
    assert order.amount != 0, "checkout: nothing paid"
    till: Till = self._place(order)
    authorizations._receive(
        till.currency,
        order.buyer,
        order.amount,
        valid_after,
        valid_before,
        order_book._hash(order),
        signature,
    )
    self._sell_if_due(order, till)


@external
def book(emc: address, cashier: address, lines: DynArray[ICheckout.Line, MAX_LINES]):
    hashes: DynArray[bytes32, MAX_LINES] = []
    orders: DynArray[IEMC.Order, MAX_LINES] = []
    total: uint256 = 0
    for line: ICheckout.Line in lines:
        if line.due_at <= block.timestamp:
            hash: bytes32 = order_book._hash(self._order(emc, cashier, line))
            amount: uint256 = order_book._book(
                order_book._key(emc, line.buyer, line.reference), hash
            )
            if amount != 0:
                hashes.append(hash)
                orders.append(
                    IEMC.Order(amount=amount, customer=self._customer(line.buyer, line.customer))
                )
                total += amount
    assert total != 0, "checkout: nothing due"
    till: Till = self._till(emc)
    first: uint256 = 0
    if block.timestamp < till.ends_at:
        first = self._number(emc, len(orders))
        coin: uint256 = self._fund(emc, till.currency, total)
        extcall IEMC(emc).sales(first, orders, value=coin)
    else:
        self._bring(emc, till.currency, total)
    log ICheckout.Booked(emc=emc, by=msg.sender, first=first, orders=hashes)


@external
@payable
def refund(order: ICheckout.Order, amount: uint256):
    hash: bytes32 = order_book._hash(order)
    order_book._refund(order_book._key(order.emc, order.buyer, order.reference), hash, amount)
    token: address = self._till(order.emc).currency
    self._pull(token, amount)
    is_sent: bool = buyer_credits._send(token, order.buyer, amount)
    log ICheckout.Refunded(
        emc=order.emc, payer=msg.sender, order=hash, amount=amount, is_credited=not is_sent
    )


# views

@external
@view
def hash_of(order: ICheckout.Order) -> bytes32:
    return order_book._hash(order)


@external
@view
def standing_of(order: ICheckout.Order) -> (ICheckout.Standing, uint256):
    word: uint256 = order_book.orders[order_book._key(order.emc, order.buyer, order.reference)]
    if not order_book._is(word, order_book._hash(order)):
        return empty(ICheckout.Standing), 0
    rest: uint256 = order_book._rest(word)
    if order_book._is_booked(word):
        return ICheckout.Standing.BOOKED, rest
    if rest != 0:
        return ICheckout.Standing.WAITING, rest
    return ICheckout.Standing.RETURNED, 0


@external
@view
def is_placed(emc: address, buyer: address, reference: bytes32) -> bool:
    return order_book.orders[order_book._key(emc, buyer, reference)] != 0


@external
@view
def consent() -> address:
    return CONSENT.address


# internals: orders

@internal
@view
def _check_buyer(buyer: address):
    assert msg.sender == buyer, "checkout: not the buyer"


@internal
@pure
def _order(emc: address, cashier: address, line: ICheckout.Line) -> ICheckout.Order:
    return ICheckout.Order(
        emc=emc,
        buyer=line.buyer,
        reference=line.reference,
        amount=line.amount,
        customer=line.customer,
        cashier=cashier,
        due_at=line.due_at,
    )


@internal
@pure
def _customer(buyer: address, customer: bytes32) -> bytes32:
    """
    @notice Whom the EMC is told of: never this contract, which an empty reference would stand for.
    """
    if customer == empty(bytes32):
        return convert(buyer, bytes32)
    return customer


@internal
def _place(order: ICheckout.Order) -> Till:
    """
    @notice Write down an order that is about to be paid.
    """
    # what it is asked below, another contract could answer as it likes
    assert staticcall CONSENT.terms_of(order.emc) != empty(bytes32), "checkout: not an EMC"
    till: Till = self._till(order.emc)
    assert block.timestamp < till.ends_at, "checkout: EMC is over"
    assert order.due_at < till.ends_at, "checkout: due after the end"
    assert order.due_at <= block.timestamp + MAX_WAIT, "checkout: due too late"
    hash: bytes32 = order_book._hash(order)
    order_book._place(
        order_book._key(order.emc, order.buyer, order.reference),
        hash,
        order.amount,
        order.due_at <= block.timestamp,
    )
    log ICheckout.Placed(
        emc=order.emc,
        buyer=order.buyer,
        order=hash,
        reference=order.reference,
        amount=order.amount,
        customer=order.customer,
        cashier=order.cashier,
        due_at=order.due_at,
    )
    return till


@internal
@payable
def _pull(token: address, amount: uint256):
    """
    @notice Take exactly `amount` from the caller.
    """
    received: uint256 = 0
    funds: uint256 = 0
    received, funds = coins._pull(token, amount)
    assert received == amount, "checkout: not all arrived"


# internals: the EMC

@internal
@view
def _till(emc: address) -> Till:
    # of the answer, two words of encoding and the first two of the page
    answer: Bytes[128] = raw_call(emc, method_id("page()"), max_outsize=128, is_static_call=True)
    return Till(
        currency=page_layout._currency(convert(extract32(answer, 96), uint256)),
        ends_at=page_layout._ends_at(convert(extract32(answer, 64), uint256)),
    )


@internal
@view
def _has_failed(emc: address) -> bool:
    """
    @notice Whether the EMC has ended with its gate closed; nothing opens it after that.
    """
    return staticcall IEMC(emc).ended_with() != 0 and not staticcall IEMC(emc).is_gate_open()


@internal
def _sell_if_due(order: ICheckout.Order, till: Till):
    if order.due_at <= block.timestamp:
        self._sell(order, order_book._hash(order), order.amount, till)


@internal
def _sell(order: ICheckout.Order, hash: bytes32, amount: uint256, till: Till):
    """
    @notice Have one booked order paid to its EMC.
    """
    first: uint256 = 0
    if block.timestamp < till.ends_at:
        first = self._number(order.emc, 1)
        coin: uint256 = self._fund(order.emc, till.currency, amount)
        extcall IEMC(order.emc).sale(
            first, amount, self._customer(order.buyer, order.customer), value=coin
        )
    else:
        self._bring(order.emc, till.currency, amount)
    log ICheckout.Booked(emc=order.emc, by=msg.sender, first=first, orders=[hash])


@internal
def _number(emc: address, count: uint256) -> uint256:
    """
    @notice The first of so many numbers that come next.
    """
    last: uint256 = self.sold[emc]
    self.sold[emc] = last + count
    return last + 1


@internal
def _fund(emc: address, token: address, amount: uint256) -> uint256:
    """
    @notice Let the EMC take `amount`.
    @return The coin to send along.
    """
    if token == empty(address):
        return amount
    # what it answers is no matter: the EMC takes the amount, or the sale is refused
    raw_call(token, abi_encode(emc, amount, method_id=method_id("approve(address,uint256)")))
    return 0


@internal
def _bring(emc: address, token: address, amount: uint256):
    """
    @notice After the EMC's end, send what was due and have the last terms share it out.
    """
    assert staticcall IEMC(emc).ended_with() != 0, "checkout: to be ended first"
    assert staticcall IEMC(emc).is_gate_open(), "checkout: gate stayed closed"
    coins._pay(token, emc, amount)
    extcall IEMC(emc).absorb()
