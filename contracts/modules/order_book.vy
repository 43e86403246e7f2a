# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title order_book
@license AGPL-3.0-only
@notice What was paid for and where it stands. Invariants: an order once placed never goes; what rests of it only
        falls; a booked one is never given back.
@dev One word per EMC, buyer and reference: hash of the order, its upper 160 bits, as strong as an address |
     booked 1 | rest 95. Of an order that waits, rest is what would be sold; of a booked one, what can be refunded.
"""

from ..interfaces import ICheckout

MAX_AMOUNT: constant(uint256) = 2**95 - 1
BOOKED: constant(uint256) = 2**95

orders: HashMap[bytes32, uint256]


@internal
@view
def _hash(order: ICheckout.Order) -> bytes32:
    return keccak256(abi_encode(chain.id, self, order))


@internal
@pure
def _key(emc: address, buyer: address, reference: bytes32) -> bytes32:
    return keccak256(abi_encode(emc, buyer, reference))


@internal
@pure
def _is(word: uint256, hash: bytes32) -> bool:
    """
    @notice Whether the word is this order's.
    """
    return word >> 96 == convert(hash, uint256) >> 96


@internal
@pure
def _is_booked(word: uint256) -> bool:
    return word & BOOKED != 0


@internal
@pure
def _rest(word: uint256) -> uint256:
    return word & MAX_AMOUNT


@internal
def _place(key: bytes32, hash: bytes32, amount: uint256, is_due: bool):
    assert amount <= MAX_AMOUNT, "checkout: amount too large"
    assert self.orders[key] == 0, "checkout: order exists"
    word: uint256 = convert(hash, uint256) >> 96 << 96 | amount
    if is_due:
        word |= BOOKED
    self.orders[key] = word


@internal
@view
def _waiting(key: bytes32, hash: bytes32) -> uint256:
    """
    @notice What of an order waits; zero if nothing does, or the order under this key is another.
    """
    word: uint256 = self.orders[key]
    if not self._is(word, hash) or self._is_booked(word):
        return 0
    return self._rest(word)


@internal
def _book(key: bytes32, hash: bytes32) -> uint256:
    """
    @notice Book an order if it waits.
    @return What waited of it.
    """
    amount: uint256 = self._waiting(key, hash)
    if amount != 0:
        self.orders[key] |= BOOKED
    return amount


@internal
def _give_back(key: bytes32, hash: bytes32, amount: uint256):
    assert (amount != 0 and amount <= self._waiting(key, hash)), "checkout: not part of what waits"
    self.orders[key] -= amount


@internal
def _refund(key: bytes32, hash: bytes32, amount: uint256):
    word: uint256 = self.orders[key]
    assert self._is(word, hash) and self._is_booked(word), "checkout: not booked"
    assert amount <= self._rest(word), "checkout: more than was booked"
    self.orders[key] = word - amount
