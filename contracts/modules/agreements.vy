# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title agreements
@license AGPL-3.0-only
@notice A node's word on terms that it is in: the same whether they are the first, the quorum's or everybody's.
"""

from ..interfaces import IConsent
from . import messages
from . import votes

uses: votes


@internal
@pure
def _matter(act: bytes32, emc: address, epoch: uint256, terms_hash: bytes32) -> bytes32:
    """
    @notice The name under which terms are approved.
    """
    return keccak256(abi_encode(act, emc, epoch, terms_hash))


@internal
def _check(
    act: bytes32,
    matter: bytes32,
    emc: address,
    epoch: uint256,
    terms_hash: bytes32,
    terms: IConsent.Terms,
    row: IConsent.Row,
    account: address,
    signature: IConsent.Signature,
):
    """
    @notice A word that was given must be good.
    """
    votes._check(
        emc,
        matter,
        account,
        messages._agreement(
            act,
            emc,
            epoch,
            terms_hash,
            terms,
            row,
            account,
            votes._nonce(emc, account),
            signature.deadline,
        ),
        signature,
    )
