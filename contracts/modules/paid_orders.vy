# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title paid_orders
@license AGPL-3.0-only
@notice Which order numbers each payer has paid. Invariant: a bit once set is never cleared.
@dev One word holds 256 consecutive numbers. The payer is always the caller, so nobody uses up another's numbers.
"""

# by the hash of payer and word, taken once where a nested map would take it for every access
paid: HashMap[bytes32, uint256]


@internal
def _use(first: uint256, bits: uint256):
    """
    @notice Mark numbers as paid by the caller; refuses all if one is.
    @param bits Bit i stands for number `first + i`; at most 128 bits.
    """
    word: uint256 = first >> 8
    key: bytes32 = keccak256(abi_encode(msg.sender, word))
    low: uint256 = bits << (first & 255)
    before: uint256 = self.paid[key]
    assert before & low == 0, "orders: already paid"
    self.paid[key] = before | low
    if bits == 1:
        return
    # what runs over into the next word
    high: uint256 = bits >> 1 >> (255 - (first & 255))
    if high != 0:
        assert word != max_value(uint256) >> 8, "orders: number too large"
        key = keccak256(abi_encode(msg.sender, word + 1))
        before = self.paid[key]
        assert before & high == 0, "orders: already paid"
        self.paid[key] = before | high


@internal
@view
def _word(payer: address, word: uint256) -> uint256:
    return self.paid[keccak256(abi_encode(payer, word))]
