# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title Changes
@license AGPL-3.0-only
@notice The room of the table in which terms in force are changed by those who signed them.
@dev Holds no money. Shares inside every bound need the quorum of the terms, anything else every signature.
@custom:stop Nobody. A proposal is stopped by the objections that the terms allow.
"""

from .interfaces import IChanges
from .interfaces import IConsent
from .interfaces import IEMC
from .interfaces import IGoals
from .interfaces import IVotes
from .modules import epochs
from .modules import members
from .modules import messages
from .modules import reshares
from .modules import packed_row
from .modules import page_layout
from .modules import terms as rules
from .modules import votes
from snekmate.utils import eip712_domain_separator as eip712

implements: IChanges
initializes: eip712
initializes: members
initializes: votes[eip712 := eip712]
exports: (eip712.eip712Domain, votes.approve, votes.revoke, votes.approved_until, votes.nonce_of)


struct Proposal:
    opened_at: uint256
    until: uint256


MAX_ROWS: constant(uint256) = rules.MAX_ROWS
MAX_IDS: constant(uint256) = rules.MAX_IDS

# by what they would put in force
proposals: HashMap[bytes32, Proposal]
objected_at: public(HashMap[bytes32, HashMap[address, uint256]])
renegotiated_at: public(HashMap[address, uint256])


@deploy
def __init__(emc: address, micro_enterprises: address):
    """
    @param emc The EMC contract behind every proxy; it must obey this contract.
    """
    members.__init__(emc, micro_enterprises)
    assert members.AUTHORITY.changes == self, "changes: not our EMC"
    eip712.__init__("EMC Changes", "1")


# nodes

@external
def propose(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    shares: DynArray[uint256, MAX_ROWS],
    until: uint256,
):
    """
    @notice As a node, open a renegotiation, and approve it. One that is open already goes on with its clock: a node
            that joins only keeps it open.
    @param index The caller's place in the table.
    @param shares One word per row: zero 180 | base 20 | leading 20 | upside 20 | zero 16, as they lie in `pay`.
    @param until Last second in which it can be executed.
    @custom:refuses changes: expires too early; changes: not a share per row; changes: not shares; changes: nothing
            changes; changes: share outside bounds; changes: shares are not one; members: no such row; members: not
            a node; members: not active; members: not the controller; members: not the terms in force; what
            EMC.epoch may refuse
    """
    row: uint256 = members._check_node(emc, terms, rows, index)
    epoch: uint256 = staticcall IEMC(emc).epoch() + 1
    new: DynArray[IConsent.Row, MAX_ROWS] = reshares._reshared(terms, rows, shares)
    terms_hash: bytes32 = rules._hash(terms, new)
    motion: messages.Motion = messages._motion(messages.RENEGOTIATION, emc, epoch, terms_hash)
    matter: bytes32 = messages._matter(motion)
    assert until > block.timestamp + terms.renegotiation.window, "changes: expires too early"
    proposal: Proposal = self.proposals[matter]
    if block.timestamp > proposal.until:
        proposal.opened_at = block.timestamp
    # who joins takes it over with its clock, and nobody cuts it short for others
    proposal.until = max(proposal.until, until)
    self.proposals[matter] = proposal
    log IChanges.Proposed(
        emc=emc, row=row, terms_hash=terms_hash, epoch=epoch, until=until, shares=shares
    )
    votes._approve(emc, matter, until)


@external
def object(emc: address, matter: bytes32, objects: bool):
    """
    @notice As a node, object to a proposal inside its window, or take the objection back.
    @param matter Names the new terms, as `renegotiation_matter` gives it.
    """
    at: uint256 = self.objected_at[matter][msg.sender]
    if not objects:
        at = 0
    elif at == 0:
        at = block.timestamp
    self.objected_at[matter][msg.sender] = at
    log IChanges.Objected(emc=emc, account=msg.sender, matter=matter, objects=objects)


# anyone

@external
def renegotiate(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    shares: DynArray[uint256, MAX_ROWS],
    signatures: DynArray[IConsent.Signature, MAX_IDS],
):
    """
    @notice Put other shares in force, which enough nodes have signed or approved.
    @param terms The terms in force.
    @param signatures What nodes signed, in the order of the rows.
    @custom:refuses changes: any; members: not active; members: not the terms in force; signatures: not the signer;
            signatures: too little gas; votes: not the signer; votes: signature expired; what EMC.adopt, EMC.epoch
            may refuse
    """
    epoch: uint256 = members._next_epoch(emc, terms, rows)
    new: DynArray[IConsent.Row, MAX_ROWS] = reshares._reshared(terms, rows, shares)
    terms_hash: bytes32 = rules._hash(terms, new)
    motion: messages.Motion = messages._motion(messages.RENEGOTIATION, emc, epoch, terms_hash)
    matter: bytes32 = messages._matter(motion)
    last: uint256 = self.renegotiated_at[emc]
    assert (
        last == 0 or block.timestamp >= last + terms.renegotiation.interval
    ), "changes: too soon"
    accounts: DynArray[address, MAX_ROWS] = members._accounts(new)
    self._check_window(terms, matter, accounts)
    used: uint256 = 0
    count: uint256 = 0
    for i: uint256 in range(len(accounts), bound=MAX_ROWS):
        row: IConsent.Row = new[i]
        if used < len(signatures) and signatures[used].row == page_layout._id(row.pay):
            votes._check_agreement(motion, matter, terms, row, accounts[i], signatures[used])
            used += 1
            count += 1
        elif votes._has_approved(emc, matter, page_layout._id(row.pay), accounts[i]):
            count += 1
    assert used == len(signatures), "changes: not asked"
    assert votes._is_quorum(
        count, terms.renegotiation.quorum, len(accounts)
    ), "changes: quorum not reached"
    self.renegotiated_at[emc] = block.timestamp
    log IChanges.Renegotiated(emc=emc, epoch=epoch, terms_hash=terms_hash, shares=shares)
    extcall IConsent(members.AUTHORITY.consent).replace(emc, terms_hash)
    level: uint256 = staticcall IGoals(members.AUTHORITY.goals).level(emc, terms.goal)
    epochs._adopt(emc, epoch, terms, rows, new, level)


@external
def amend(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    new_terms: IConsent.Terms,
    new_rows: DynArray[IConsent.Row, MAX_ROWS],
    signatures: DynArray[IConsent.Signature, MAX_IDS],
):
    """
    @notice Put other terms in force, which every node before and after has signed or approved, and every node that
            left and whose held money they touch.
    @param new_rows Rows that stay keep id and party; new ones have ids that were never used.
    @param signatures What nodes signed, in the order of the new rows; then of those that are not in them, by id.
    @custom:refuses changes: any; members: backstop is a node's; members: not active; members: not the terms in
            force; signatures: not the signer; signatures: too little gas; votes: not the signer; votes: signature
            expired; what Consent.check_later, EMC.adopt, EMC.epoch, EMC.rows_paid_at may refuse
    """
    epoch: uint256 = members._next_epoch(emc, terms, rows)
    terms_hash: bytes32 = rules._hash(new_terms, new_rows)
    assert terms_hash != rules._hash(terms, rows), "changes: nothing changes"
    assert new_terms.currency == terms.currency, "changes: currency is for life"
    # who has left is rated, and rates, as it signed
    assert (
        new_terms.review.commit == terms.review.commit
        and new_terms.review.reveal == terms.review.reveal
    ), "changes: review is for life"
    accounts: DynArray[address, MAX_ROWS] = staticcall IConsent(
        members.AUTHORITY.consent
    ).check_later(emc, new_terms, new_rows)
    motion: messages.Motion = messages._motion(messages.AMENDMENT, emc, epoch, terms_hash)
    matter: bytes32 = messages._matter(motion)
    parties: uint256[MAX_IDS] = self._parties_outside(emc, terms, rows, new_terms, new_rows)
    used: uint256 = 0
    for i: uint256 in range(len(accounts), bound=MAX_ROWS):
        row: IConsent.Row = new_rows[i]
        id: uint256 = page_layout._id(row.pay)
        if used < len(signatures) and signatures[used].row == id:
            votes._check_agreement(motion, matter, new_terms, row, accounts[i], signatures[used])
            used += 1
        else:
            assert votes._has_approved(emc, matter, id, accounts[i]), "changes: signature missing"
    for id: uint256 in range(MAX_IDS):
        if not packed_row._is_node(parties[id]):
            continue
        account: address = members._account(parties[id])
        if used < len(signatures) and signatures[used].row == id:
            deadline: uint256 = signatures[used].deadline
            voter: IVotes.Voter = votes._voter(emc, id, parties[id], account, deadline)
            message: bytes32 = messages._departure(motion, new_terms, voter)
            votes._check(emc, matter, account, message, signatures[used])
            used += 1
        else:
            assert votes._has_approved(emc, matter, id, account), "changes: signature missing"
    assert used == len(signatures), "changes: not asked"
    log IChanges.Amended(
        emc=emc, epoch=epoch, terms_hash=terms_hash, terms=new_terms, rows=new_rows
    )
    extcall IConsent(members.AUTHORITY.consent).replace(emc, terms_hash)
    level: uint256 = staticcall IGoals(members.AUTHORITY.goals).level(emc, new_terms.goal)
    epochs._adopt(emc, epoch, new_terms, rows, new_rows, level)


# views

@external
@view
def renegotiation_matter(emc: address, epoch: uint256, terms_hash: bytes32) -> bytes32:
    """
    @notice The name under which other shares are approved by the quorum, and objected to.
    @param epoch The epoch they would begin.
    """
    return messages._matter(messages._motion(messages.RENEGOTIATION, emc, epoch, terms_hash))


@external
@view
def amendment_matter(emc: address, epoch: uint256, terms_hash: bytes32) -> bytes32:
    """
    @notice The name under which other terms are approved by everybody.
    @param epoch The epoch they would begin.
    """
    return messages._matter(messages._motion(messages.AMENDMENT, emc, epoch, terms_hash))


@external
@view
def proposal_of(matter: bytes32) -> (uint256, uint256):
    """
    @notice When a renegotiation was opened, and until when it can be executed; zeros if it was not.
    """
    proposal: Proposal = self.proposals[matter]
    return proposal.opened_at, proposal.until


@external
@view
@reentrant
def renegotiation_digest(
    emc: address,
    epoch: uint256,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    signer: address,
    nonce: uint256,
    deadline: uint256,
) -> bytes32:
    """
    @notice The EIP-712 digest of the `Agreement` by which a node signs other shares.
    @param rows The rows that would be in force.
    @param index The node's place in them.
    @custom:refuses members: no such row
    """
    motion: messages.Motion = messages._motion(
        messages.RENEGOTIATION, emc, epoch, rules._hash(terms, rows)
    )
    message: bytes32 = messages._agreement(
        motion, terms, members._row(rows, index), signer, nonce, deadline
    )
    return eip712._hash_typed_data_v4(message)


@external
@view
@reentrant
def amendment_digest(
    emc: address,
    epoch: uint256,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    voter: IVotes.Voter,
) -> bytes32:
    """
    @notice The EIP-712 digest that a node signs for other terms: `Agreement` if the row is in them, else `Departure`.
    @param voter With its ME id as it stands in the terms, where it is in them.
    """
    motion: messages.Motion = messages._motion(
        messages.AMENDMENT, emc, epoch, rules._hash(terms, rows)
    )
    message: bytes32 = messages._departure(motion, terms, voter)
    for each: IConsent.Row in rows:
        if page_layout._id(each.pay) == voter.row:
            message = messages._agreement(
                motion, terms, each, voter.signer, voter.nonce, voter.deadline
            )
    return eip712._hash_typed_data_v4(message)


# internals

@internal
@view
def _check_window(terms: IConsent.Terms, matter: bytes32, accounts: DynArray[address, MAX_ROWS]):
    """
    @notice Where the terms set a window: it was proposed, the window is over, and no more than the allowed part
            objected in it.
    """
    if terms.renegotiation.window == 0:
        return
    proposal: Proposal = self.proposals[matter]
    assert proposal.opened_at != 0, "changes: not proposed"
    closes_at: uint256 = proposal.opened_at + terms.renegotiation.window
    assert block.timestamp >= closes_at, "changes: window is open"
    assert block.timestamp <= proposal.until, "changes: proposal expired"
    count: uint256 = 0
    for account: address in accounts:
        at: uint256 = self.objected_at[matter][account]
        if at != 0 and at < closes_at:
            count += 1
    assert (
        count * rules.PPM <= terms.renegotiation.objections * len(accounts)
    ), "changes: objected"


@internal
@view
def _parties_outside(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    new_terms: IConsent.Terms,
    new_rows: DynArray[IConsent.Row, MAX_ROWS],
) -> uint256[MAX_IDS]:
    """
    @notice Check who stays and who comes.
    @return By row id the parties of the others that an amendment concerns: who leaves by it, and who left before and
            waits for money that it touches.
    """
    parties: uint256[MAX_IDS] = empty(uint256[MAX_IDS])
    for row: IConsent.Row in rows:
        parties[page_layout._id(row.pay)] = row.party
    # rows whose controllers may have redirected them to the backstop to come
    taken: uint256 = 0
    if new_terms.backstop != terms.backstop:
        taken = staticcall IEMC(emc).rows_paid_at(new_terms.backstop)
    leaving: uint256 = len(rows)
    for row: IConsent.Row in new_rows:
        id: uint256 = page_layout._id(row.pay)
        if parties[id] == 0:
            members._check_bar(new_terms.bar, row)
            continue
        assert parties[id] == row.party, "changes: row of another party"
        if packed_row._is_node(row.party):
            assert taken >> id & 1 == 0, "members: backstop is a node's"
        leaving -= 1
        parties[id] = 0
    assert leaving <= page_layout.MAX_LEAVING, "changes: too many leave at once"
    if self._waited_for(terms) != self._waited_for(new_terms):
        waiting: uint256 = staticcall IEMC(emc).waiting()
        for id: uint256 in range(MAX_IDS):
            if waiting >> id & 1 == 1:
                parties[id] = staticcall IEMC(emc).party_of(id)
    return parties


@internal
@pure
def _waited_for(terms: IConsent.Terms) -> bytes32:
    """
    @notice What rows that left wait for while the gate holds their money: when it opens, by when, and who gets it
            otherwise.
    """
    return keccak256(
        abi_encode(
            terms.goal,
            terms.assessment,
            terms.backstop,
            terms.starts_at,
            terms.ends_at,
            terms.leaving.margin,
        )
    )
