# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title orders
@license AGPL-3.0-only
@notice Which order numbers each payer has paid. Invariant: a bit once set is never cleared.
@dev One word holds 256 consecutive numbers. The payer is always the caller, so nobody uses up another's numbers.
"""

paid: HashMap[address, HashMap[uint256, uint256]]


@internal
def _use(first: uint256, bits: uint256):
    """
    @notice Mark numbers as paid by the caller; refuses all if one is.
    @param bits Bit i stands for number `first + i`; at most 128 bits.
    """
    word: uint256 = first >> 8
    low: uint256 = bits << (first & 255)
    before: uint256 = self.paid[msg.sender][word]
    assert before & low == 0, "orders: already paid"
    self.paid[msg.sender][word] = before | low
    if bits == 1:
        return
    # what runs over into the next word
    high: uint256 = bits >> 1 >> (255 - (first & 255))
    if high != 0:
        before = self.paid[msg.sender][word + 1]
        assert before & high == 0, "orders: already paid"
        self.paid[msg.sender][word + 1] = before | high


@internal
@view
def _is_paid(payer: address, number: uint256) -> bool:
    return self.paid[payer][number >> 8] >> (number & 255) & 1 == 1
