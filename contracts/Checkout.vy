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
    """
    @notice Pay an order of the caller's own; sold at once if it is due. Refused unless exactly its amount arrives.
    @param order In native coin exactly its amount is sent; in a token it is pulled from the caller.
    @custom:refuses checkout: any; currency: not native; currency: nothing paid; currency: nothing received;
            currency: refused; currency: wrong amount; what EMC.absorb, EMC.is_gate_open, EMC.sale may refuse
    """
    self._check_buyer(order.buyer)
    till: Till = self._place(order)
    self._pull(till.currency, order.amount)
    self._sell_if_due(order, till)


@external
def pay_with_permit(order: ICheckout.Order, deadline: uint256, v: uint8, r: bytes32, s: bytes32):
    """
    @notice Pay with an EIP-2612 permit for exactly the amount, given by the caller to this contract.
    @custom:refuses checkout: any; currency: not native; currency: nothing paid; currency: nothing received;
            currency: refused; currency: wrong amount; what EMC.absorb, EMC.is_gate_open, EMC.sale may refuse
    """
    self._check_buyer(order.buyer)
    till: Till = self._place(order)
    coins._permit(till.currency, order.amount, deadline, v, r, s)
    self._pull(till.currency, order.amount)
    self._sell_if_due(order, till)


@external
def release(order: ICheckout.Order):
    """
    @notice Have an order of the caller's own booked before it is due.
    @custom:refuses checkout: does not wait; checkout: gate stayed closed; checkout: not the buyer; checkout: to be
            ended first; currency: refused; what EMC.absorb, EMC.is_gate_open, EMC.sale may refuse
    """
    self._check_buyer(order.buyer)
    hash: bytes32 = order_book._hash(order)
    amount: uint256 = order_book._book(
        order_book._key(order.emc, order.buyer, order.reference), hash
    )
    assert amount != 0, "checkout: does not wait"
    self._sell(order, hash, amount, self._till(order.emc))


@external
def withdraw(currency: address, buyer: address, to: address):
    """
    @notice Send what waits for a buyer. Anyone may have it sent to the buyer, the buyer alone to somebody else.
    @param currency Zero for native coin.
    @custom:refuses checkout: no credit; checkout: not the buyer; currency: refused
    """
    buyer_credits._withdraw(currency, buyer, to)


# the cashier

@external
def give_back(
    emc: address,
    cashier: address,
    lines: DynArray[ICheckout.Line, MAX_LINES],
    amounts: DynArray[uint256, MAX_LINES],
):
    """
    @notice Give orders back that are not due, by their cashier; or by anyone, due or not, once the EMC has ended with
            its gate closed. Orders that cannot be given back any more are skipped; refused if none can.
    @param amounts How much of each; empty: all of it. In parts by the cashier only.
    @custom:refuses checkout: not an amount each; checkout: not part of what waits; checkout: not the cashier;
            checkout: nothing to give back; currency: too little gas; what EMC.is_gate_open may refuse
    """
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
    """
    @notice Pay for a buyer with its EIP-3009 authorization to receive exactly the amount here, whose nonce is the order's
            hash. Sold at once if it is due.
    @param signature r, s and v of a key; of a contract wallet whatever it takes, where the token has the variant.
    @custom:refuses authorizations: not a token; authorizations: nothing received; authorizations: refused;
            checkout: any; currency: refused; what EMC.absorb, EMC.is_gate_open, EMC.sale may refuse
    """
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
    """
    @notice Sell orders that are due in one payment run, by consecutive numbers; after the EMC's end its last terms share
            them out. Orders that do not wait or are not due are skipped; refused if none is left, and after an end with
            the gate closed.
    @custom:refuses checkout: gate stayed closed; checkout: nothing due; checkout: to be ended first; currency:
            refused; what EMC.absorb, EMC.is_gate_open, EMC.sales may refuse
    """
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
    """
    @notice Send money of the caller's own to the buyer of a booked order; all refunds are never more than was booked.
    @param amount In native coin exactly the coin sent, in a token the amount pulled from the caller.
    @custom:refuses checkout: more than was booked; checkout: not all arrived; checkout: not booked; currency: not
            native; currency: nothing paid; currency: nothing received; currency: too little gas; currency: wrong
            amount
    """
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
    """
    @notice The hash of an order on this chain.
    """
    return order_book._hash(order)


@external
@view
def standing_of(order: ICheckout.Order) -> (ICheckout.Standing, uint256):
    """
    @notice Where exactly this order stands, empty if it was never paid; and what of it waits, or can still be refunded.
    """
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
    """
    @notice Whether the buyer has paid an order under this reference, whatever else it said.
    """
    return order_book.orders[order_book._key(emc, buyer, reference)] != 0


@external
@view
def consent() -> address:
    """
    @notice Where the EMCs are made whose orders are taken here.
    """
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
