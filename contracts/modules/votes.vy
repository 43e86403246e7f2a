# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title votes
@license AGPL-3.0-only
@notice Whether an account agrees to something: by a signature that is relayed, or by its approval on chain.
@dev Both die when the account is no longer the row's, since the current one is asked, and when it revokes.
"""

from ..interfaces import IConsent
from ..interfaces import IVotes
from . import messages
from . import packed_row
from . import page_layout
from . import signature_checker
from snekmate.utils import eip712_domain_separator as eip712

uses: eip712

nonce_of: public(HashMap[address, HashMap[address, uint256]])
# EMCs for which somebody has revoked: as long as nobody has, no nonce has to be read
has_revocations: HashMap[address, bool]
# until when, by EMC, account, the account's nonce then, and what it approved
approvals: HashMap[address, HashMap[address, HashMap[uint256, HashMap[bytes32, uint256]]]]


@external
def approve(emc: address, matter: bytes32, until: uint256):
    self._approve(emc, matter, until)


@external
def revoke(emc: address):
    nonce: uint256 = self.nonce_of[emc][msg.sender] + 1
    self.nonce_of[emc][msg.sender] = nonce
    self.has_revocations[emc] = True
    log IVotes.Revoked(emc=emc, account=msg.sender, nonce=nonce)


@external
@view
def approved_until(emc: address, matter: bytes32, account: address) -> uint256:
    return self._approved_until(emc, matter, account)


@internal
@view
def _nonce(emc: address, account: address) -> uint256:
    """
    @notice How often an account has revoked for an EMC.
    """
    if not self.has_revocations[emc]:
        return 0
    return self.nonce_of[emc][account]


@internal
def _approve(emc: address, matter: bytes32, until: uint256):
    self.approvals[emc][msg.sender][self._nonce(emc, msg.sender)][matter] = until
    log IVotes.Approved(emc=emc, account=msg.sender, matter=matter, until=until)


@internal
@view
def _approved_until(emc: address, matter: bytes32, account: address) -> uint256:
    return self.approvals[emc][account][self._nonce(emc, account)][matter]


@internal
def _has_approved(emc: address, matter: bytes32, row: uint256, account: address) -> bool:
    """
    @notice Whether an account has agreed on chain. An approval that counts is logged with its row, so that nobody
            needs an earlier log to prove it.
    """
    if block.timestamp > self._approved_until(emc, matter, account):
        return False
    log IVotes.Counted(emc=emc, row=row, account=account, matter=matter)
    return True


@internal
@view
def _voter(
    emc: address, row: uint256, party: uint256, account: address, deadline: uint256
) -> IVotes.Voter:
    """
    @notice A node that speaks by its account.
    @param party The row's first word.
    @param deadline Of its signature.
    """
    return IVotes.Voter(
        row=row,
        me=packed_row._party(party),
        signer=account,
        nonce=self._nonce(emc, account),
        deadline=deadline,
    )


@internal
def _check_agreement(
    motion: messages.Motion,
    matter: bytes32,
    terms: IConsent.Terms,
    row: IConsent.Row,
    account: address,
    signature: IConsent.Signature,
):
    """
    @notice A node's word on terms that it is in must be good: the same whether they are the first, the quorum's or
            everybody's.
    """
    nonce: uint256 = self._nonce(motion.emc, account)
    message: bytes32 = messages._agreement(motion, terms, row, account, nonce, signature.deadline)
    self._check(motion.emc, matter, account, message, signature)


@internal
def _check(
    emc: address, matter: bytes32, account: address, message: bytes32, signature: IConsent.Signature
):
    """
    @notice A word that was given must be good: by signature, or without data by who sends the transaction.
    @param message The struct hash of what is signed.
    """
    if len(signature.data) == 0:
        assert msg.sender == account, "votes: not the signer"
        log IVotes.Counted(emc=emc, row=signature.row, account=account, matter=matter)
        return
    assert block.timestamp <= signature.deadline, "votes: signature expired"
    signature_checker._check(account, eip712._hash_typed_data_v4(message), signature.data)


@internal
@pure
def _is_quorum(count: uint256, part: uint256, of: uint256) -> bool:
    """
    @notice Whether so many of them are the part, in ppm, rounded up.
    """
    return count != 0 and count * page_layout.PPM >= part * of
