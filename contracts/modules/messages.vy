# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title messages
@license AGPL-3.0-only
@notice What a node signs, as EIP-712 structs: its own row and what decides when it is paid, in flat
        fields that every wallet prints.
"""

from ..interfaces import IConsent
from . import rows

AGREEMENT: constant(bytes32) = keccak256(
    "Agreement(address emc,uint256 epoch,bytes32 terms,uint256 row,uint256 me,address signer,address payee,address currency,uint256 base,uint256 leading,uint256 upside,uint256 lower,uint256 upper,uint256 running,uint256 cost,string gate,uint256 ends,address backstop,uint256 nonce,uint256 deadline)"
)
GATES: constant(bytes32[3]) = [keccak256("none"), keccak256("benchmark"), keccak256("target")]


@internal
@pure
def _agreement(
    emc: address,
    terms_hash: bytes32,
    terms: IConsent.Terms,
    row: IConsent.Row,
    signer: address,
    nonce: uint256,
    deadline: uint256,
) -> bytes32:
    """
    @notice The struct hash of a node's word on the terms of the first epoch.
    """
    return keccak256(
        abi_encode(
            AGREEMENT,
            emc,
            convert(1, uint256),
            terms_hash,
            rows._id(row),
            rows._party(row),
            signer,
            rows._payee(row),
            terms.currency,
            rows._base(row),
            rows._leading(row),
            rows._upside(row),
            rows._lower(row),
            rows._upper(row),
            rows._running(row),
            rows._cost(row),
            GATES[terms.goal.gate],
            terms.ends_at,
            terms.backstop,
            nonce,
            deadline,
        )
    )
