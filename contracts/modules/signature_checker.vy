# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title signature_checker
@license AGPL-3.0-only
@notice Whether an account signed a digest: by its key, or as a contract by ERC-1271.
@dev Own code where a library would do less: no gas cap and no exact length of a contract's answer in the
     libraries at hand, and a key whose account also has code (EIP-7702) must still count.
"""

# five owners of a Safe: more would cost every relayed signature memory
MAX_SIGNATURE: constant(uint256) = 325
WALLET_GAS: constant(uint256) = 200_000
# above this, a call of WALLET_GAS really gets it
WALLET_FLOOR: constant(uint256) = 212_000
MAGIC: constant(bytes32) = 0x1626ba7e00000000000000000000000000000000000000000000000000000000
# half the order of secp256k1: a signature with a larger s is a copy of one with a smaller
MAX_S: constant(
    uint256
) = 57896044618658097711785492504343953926418782139537452191302581570759080747168


@internal
@view
def _check(account: address, digest: bytes32, signature: Bytes[MAX_SIGNATURE]):
    assert self._is_valid(account, digest, signature), "signatures: not the signer"


@internal
@view
def _is_valid(account: address, digest: bytes32, signature: Bytes[MAX_SIGNATURE]) -> bool:
    if len(signature) == 65:
        r: uint256 = convert(extract32(signature, 0), uint256)
        s: uint256 = convert(extract32(signature, 32), uint256)
        v: uint256 = convert(slice(signature, 64, 1), uint256)
        if s <= MAX_S and (v == 27 or v == 28):
            signer: address = ecrecover(digest, v, r, s)
            if signer == account and signer != empty(address):
                return True
    if not account.is_contract:
        return False
    assert msg.gas > WALLET_FLOOR, "signatures: too little gas"
    is_ok: bool = False
    # one byte more than the exact answer, so that a longer one is seen
    answer: Bytes[33] = b""
    is_ok, answer = raw_call(
        account,
        abi_encode(digest, signature, method_id=method_id("isValidSignature(bytes32,bytes)")),
        gas=WALLET_GAS,
        max_outsize=33,
        is_static_call=True,
        revert_on_failure=False,
    )
    return is_ok and len(answer) == 32 and extract32(answer, 0) == MAGIC
