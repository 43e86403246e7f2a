# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title authorizations
@license AGPL-3.0-only
@notice Receives a token by its holder's EIP-3009 authorization, which nobody but this contract can use. Holds no state.
"""

from . import signature_checker


interface Token:
    def balanceOf(owner: address) -> uint256: view


MAX_SIGNATURE: constant(uint256) = signature_checker.MAX_SIGNATURE


@internal
def _receive(
    token: address,
    owner: address,
    amount: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    signature: Bytes[MAX_SIGNATURE],
):
    """
    @notice Take `amount` from its owner; what a hook of the token brought in besides is nobody's.
    """
    assert token != empty(address), "authorizations: not a token"
    before: uint256 = staticcall Token(token).balanceOf(self)
    is_taken: bool = False
    if owner.is_contract:
        is_taken = raw_call(
            token,
            abi_encode(
                owner,
                self,
                amount,
                valid_after,
                valid_before,
                nonce,
                signature,
                method_id=method_id(
                    "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
                ),
            ),
            revert_on_failure=False,
        )
    if not is_taken:
        # also where an account that has a key has code, too (EIP-7702), and the token does not know the variant above
        assert len(signature) == 65, "authorizations: refused"
        raw_call(
            token,
            abi_encode(
                owner,
                self,
                amount,
                valid_after,
                valid_before,
                nonce,
                convert(slice(signature, 64, 1), uint256),
                extract32(signature, 0),
                extract32(signature, 32),
                method_id=method_id(
                    "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
                ),
            ),
        )
    after: uint256 = staticcall Token(token).balanceOf(self)
    # a token without the function may have one that takes any call
    assert after >= before and after - before >= amount, "authorizations: nothing received"
