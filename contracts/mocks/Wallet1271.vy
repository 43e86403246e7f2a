# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Wallet1271
@license AGPL-3.0-only
@notice A contract wallet of one owner whose answers to ERC-1271 are honest or hostile, by its mode.
"""

MAGIC: constant(bytes32) = 0x1626ba7e00000000000000000000000000000000000000000000000000000000
ALMOST_MAGIC: constant(bytes32) = 0x1626ba7f00000000000000000000000000000000000000000000000000000000
ANSWER_WORDS: constant(uint256) = 2048
MAX_LOOPS: constant(uint256) = 2**32

# the magic word if the owner's key signed
OWNER: constant(uint256) = 0
# the magic word whatever was signed
ANYTHING: constant(uint256) = 1
# 32 bytes that are not the magic word
WRONG_MAGIC: constant(uint256) = 2
# the magic word and one byte more
LONG: constant(uint256) = 3
# the magic word without its last byte
SHORT: constant(uint256) = 4
# no byte at all
NOTHING: constant(uint256) = 5
REVERT: constant(uint256) = 6
# reverts with 64 KB that begin with the magic word
BOMB: constant(uint256) = 7
# answers 64 KB that begin with the magic word
HUGE: constant(uint256) = 8
# uses up all its gas
BURN: constant(uint256) = 9
# writes to storage, then answers the magic word
WRITE: constant(uint256) = 10
# calls back, and answers the magic word if that failed without a reason
CALL_BACK: constant(uint256) = 11

OWNED_BY: immutable(address)

mode: public(uint256)
# gas to waste before an answer
toll: public(uint256)
writes: public(uint256)
target: address
data: Bytes[2048]


@deploy
@payable
def __init__(owner: address):
    OWNED_BY = owner


@external
@payable
def __default__():
    pass


@external
def set_mode(mode: uint256):
    """
    @notice Change how the wallet answers.
    """
    self.mode = mode


@external
def set_toll(toll: uint256):
    """
    @notice Waste so much gas before each answer.
    """
    self.toll = toll


@external
def aim(target: address, data: Bytes[2048]):
    """
    @notice What to call back.
    """
    self.target = target
    self.data = data


@external
@payable
def execute(target: address, data: Bytes[32768]):
    """
    @notice Call anything as the wallet.
    """
    raw_call(target, data, value=msg.value)


@external
@raw_return
def isValidSignature(digest: bytes32, signature: Bytes[325]) -> Bytes[32 * ANSWER_WORDS]:
    """
    @notice Answer, or misbehave; not a view, so that it can try to write.
    """
    if self.toll != 0:
        self._waste(self.toll)
    mode: uint256 = self.mode
    if mode == OWNER:
        if not self._is_owners(digest, signature):
            return abi_encode(empty(bytes32))
    elif mode == WRONG_MAGIC:
        return abi_encode(ALMOST_MAGIC)
    elif mode == LONG:
        return concat(MAGIC, b"\x00")
    elif mode == SHORT:
        return slice(MAGIC, 0, 31)
    elif mode == NOTHING:
        return b""
    elif mode == REVERT:
        raise "wallet: no"
    elif mode == BOMB:
        raw_revert(self._kilobytes())
    elif mode == HUGE:
        return self._kilobytes()
    elif mode == BURN:
        raise UNREACHABLE
    elif mode == WRITE:
        self.writes += 1
    elif mode == CALL_BACK and not self._is_locked():
        return abi_encode(empty(bytes32))
    return abi_encode(MAGIC)


@internal
def _is_locked() -> bool:
    is_ok: bool = False
    answer: Bytes[64] = b""
    is_ok, answer = raw_call(self.target, self.data, max_outsize=64, revert_on_failure=False)
    return not is_ok and len(answer) == 0


@internal
@view
def _waste(amount: uint256):
    start: uint256 = msg.gas
    for i: uint256 in range(MAX_LOOPS):
        if start - msg.gas >= amount:
            break


@internal
@view
def _is_owners(digest: bytes32, signature: Bytes[325]) -> bool:
    if len(signature) != 65:
        return False
    v: uint256 = convert(slice(signature, 64, 1), uint256)
    r: uint256 = convert(extract32(signature, 0), uint256)
    s: uint256 = convert(extract32(signature, 32), uint256)
    signer: address = ecrecover(digest, v, r, s)
    return signer == OWNED_BY and signer != empty(address)


@internal
@pure
def _kilobytes() -> Bytes[32 * ANSWER_WORDS]:
    words: bytes32[ANSWER_WORDS] = empty(bytes32[ANSWER_WORDS])
    words[0] = MAGIC
    return abi_encode(words)
