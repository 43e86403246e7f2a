# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title votes
@license AGPL-3.0-only
@notice Whether an account agrees to something: by a signature that is relayed, or by its approval on chain.
@dev Both die when the account is no longer the row's, since the current one is asked.
"""

from ..interfaces import IConsent
from ..interfaces import IVotes
from . import signatures

approved_until: public(HashMap[bytes32, HashMap[address, uint256]])
nonce_of: public(HashMap[address, HashMap[address, uint256]])


@external
def approve(emc: address, what: bytes32, until: uint256):
    self._approve(emc, what, until)


@external
def revoke(emc: address):
    nonce: uint256 = self.nonce_of[emc][msg.sender] + 1
    self.nonce_of[emc][msg.sender] = nonce
    log IVotes.Revoked(emc=emc, account=msg.sender, nonce=nonce)


@internal
def _approve(emc: address, what: bytes32, until: uint256):
    self.approved_until[what][msg.sender] = until
    log IVotes.Approved(emc=emc, account=msg.sender, what=what, until=until)


@internal
@pure
def _places(given: DynArray[IConsent.Signature, 128]) -> uint256[128]:
    """
    @return One more than the place of each row's signature, by row id.
    """
    places: uint256[128] = empty(uint256[128])
    for i: uint256 in range(len(given), bound=128):
        row: uint256 = given[i].row
        assert row < 128 and places[row] == 0, "votes: signed twice"
        places[row] = i + 1
    return places


@internal
@view
def _has_approved(what: bytes32, account: address) -> bool:
    return block.timestamp <= self.approved_until[what][account]


@internal
@view
def _check(account: address, digest: bytes32, signature: IConsent.Signature):
    """
    @notice A signature that was given must be good.
    """
    if len(signature.data) == 0:
        assert msg.sender == account, "votes: not the signer"
    else:
        assert block.timestamp <= signature.deadline, "votes: signature expired"
        signatures._check(account, digest, signature.data)


@internal
@pure
def _is_quorum(count: uint256, part: uint256, of: uint256) -> bool:
    """
    @notice Whether so many of them are the part, in ppm, rounded up.
    """
    return count != 0 and count * 1_000_000 >= part * of
