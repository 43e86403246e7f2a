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
def _matter(motion: messages.Motion) -> bytes32:
    """
    @notice The name under which terms are approved.
    """
    return keccak256(abi_encode(motion))


@internal
def _check(
    motion: messages.Motion,
    matter: bytes32,
    terms: IConsent.Terms,
    row: IConsent.Row,
    account: address,
    signature: IConsent.Signature,
):
    """
    @notice A word that was given must be good.
    """
    nonce: uint256 = votes._nonce(motion.emc, account)
    message: bytes32 = messages._agreement(motion, terms, row, account, nonce, signature.deadline)
    votes._check(motion.emc, matter, account, message, signature)
