# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title Conduct
@license AGPL-3.0-only
@notice The room of the table in which nodes leave, are expelled, or end the EMC, and rows change their payee.
@dev Holds no money. Notices and charges survive epochs. A lost key blocks nobody: exit, expulsion and a miss need
     neither the leader nor any single node.
@custom:stop Nobody. A notice or a charge is taken back by who gave it.
"""

from .interfaces import IConduct
from .interfaces import IConsent
from .interfaces import IEMC
from .interfaces import IGoals
from .interfaces import IVotes
from .modules import epochs
from .modules import members
from .modules import messages
from .modules import packed_row
from .modules import page_layout
from .modules import terms as rules
from .modules import votes
from snekmate.utils import eip712_domain_separator as eip712

implements: IConduct
initializes: eip712
initializes: members
initializes: votes[eip712 := eip712]
exports: (eip712.eip712Domain, votes.approve, votes.revoke, votes.approved_until, votes.nonce_of)


struct Charge:
    # when it was raised first
    at: uint256
    # rows that stand by it, by bit
    accusers: uint256


MAX_ROWS: constant(uint256) = rules.MAX_ROWS
MAX_IDS: constant(uint256) = rules.MAX_IDS
# how long after its cure period a node can still be expelled on a charge
CHARGE_LIFE: constant(uint256) = 90 * 86_400

# rows that were expelled, by bit
expelled_of: public(HashMap[address, uint256])
is_disbanded: public(HashMap[address, bool])
notice_of: public(HashMap[address, HashMap[uint256, uint256]])
# by accused and the hash of the clause
charges: HashMap[address, HashMap[uint256, HashMap[bytes32, Charge]]]


@deploy
def __init__(emc: address, micro_enterprises: address):
    """
    @param emc The EMC contract behind every proxy; it must obey this contract.
    """
    members.__init__(emc, micro_enterprises)
    assert members.AUTHORITY.conduct == self, "conduct: not our EMC"
    eip712.__init__("EMC Conduct", "1")


# nodes

@external
def give_notice(
    emc: address, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS], index: uint256
):
    """
    @notice As a node, say that it will leave.
    @param index The caller's place in the table.
    @custom:refuses conduct: notice given already; members: no such row; members: not a node; members: not active;
            members: not the controller; members: not the terms in force
    """
    row: uint256 = members._check_node(emc, terms, rows, index)
    assert self.notice_of[emc][row] == 0, "conduct: notice given already"
    self.notice_of[emc][row] = block.timestamp
    log IConduct.NoticeGiven(emc=emc, row=row, leaves_at=block.timestamp + terms.leaving.notice)


@external
def take_back_notice(
    emc: address, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS], index: uint256
):
    """
    @notice As a node, stay after all.
    @custom:refuses conduct: no notice; members: no such row; members: not a node; members: not active; members: not
            the controller; members: not the terms in force
    """
    row: uint256 = members._check_node(emc, terms, rows, index)
    assert self.notice_of[emc][row] != 0, "conduct: no notice"
    self.notice_of[emc][row] = 0
    log IConduct.NoticeTakenBack(emc=emc, row=row)


@external
def charge(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    accused: uint256,
    clause: String[128],
    evidence: bytes32,
):
    """
    @notice As a node, cite the clause that another broke; it has the cure period to mend it. A charge that stands
            already goes on with its clock: who joins it keeps it standing when others drop it.
    @param accused Row id.
    @custom:refuses conduct: no clause cited; conduct: no such node; conduct: own row; members: no such row;
            members: not a node; members: not active; members: not the controller; members: not the terms in force
    """
    accuser: uint256 = members._check_node(emc, terms, rows, index)
    assert accuser != accused, "conduct: own row"
    self._node(rows, accused)
    assert len(clause) != 0, "conduct: no clause cited"
    cited: bytes32 = keccak256(clause)
    raised: Charge = self.charges[emc][accused][cited]
    if block.timestamp >= raised.at + terms.leaving.cure + CHARGE_LIFE:
        raised = Charge(at=block.timestamp, accusers=0)
    # who joins takes it over with its clock, so that who raised it cannot drop it for all
    raised.accusers |= 1 << accuser
    self.charges[emc][accused][cited] = raised
    log IConduct.Charged(
        emc=emc,
        row=accused,
        accuser=accuser,
        clause=clause,
        evidence=evidence,
        cured_by=raised.at + terms.leaving.cure,
    )


@external
def drop_charge(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    accused: uint256,
    clause: bytes32,
):
    """
    @notice As an accuser, no longer stand by a charge; with the last one it is gone.
    @param clause keccak-256 of the clause that was cited.
    @custom:refuses conduct: no charge; members: no such row; members: not a node; members: not active; members: not
            the controller; members: not the terms in force
    """
    accuser: uint256 = members._check_node(emc, terms, rows, index)
    raised: Charge = self.charges[emc][accused][clause]
    assert raised.accusers >> accuser & 1 == 1, "conduct: no charge"
    raised.accusers ^= 1 << accuser
    if raised.accusers == 0:
        raised.at = 0
    self.charges[emc][accused][clause] = raised
    log IConduct.ChargeDropped(emc=emc, row=accused, accuser=accuser, clause=clause)


# controllers

@external
def change_payee(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    payee: address,
):
    """
    @notice As a row's controller (a node's account, or the one named in the terms), have it paid elsewhere.
    @custom:refuses members: backstop is a node's; members: no such row; members: not the controller; members: not
            the terms in force; members: payee cannot be paid; what EMC.change_payee may refuse
    """
    assert staticcall IConsent(members.AUTHORITY.consent).terms_of(emc) == rules._hash(
        terms, rows
    ), "members: not the terms in force"
    row: IConsent.Row = members._row(rows, index)
    self._change_payee(
        emc, page_layout._id(row.pay), row.party, terms.currency, terms.backstop, payee
    )


@external
def redirect(emc: address, row: uint256, payee: address):
    """
    @notice The same for a row that has left, by whoever controls it now.
    @custom:refuses conduct: has not left; conduct: no such EMC; members: backstop is a node's; members: not the
            controller; members: payee cannot be paid; what EMC.change_payee, EMC.currency_of, EMC.payee_of may
            refuse
    """
    assert staticcall IConsent(members.AUTHORITY.consent).terms_of(emc) != empty(
        bytes32
    ), "conduct: no such EMC"
    party: uint256 = staticcall IEMC(emc).party_of(row)
    assert party != 0, "conduct: has not left"
    self._change_payee(
        emc,
        row,
        party,
        staticcall IEMC(emc).currency_of(),
        staticcall IEMC(emc).payee_of(MAX_IDS),
        payee,
    )


# anyone

@external
def leave(
    emc: address, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS], row: uint256
):
    """
    @notice Let a node go whose notice is over.
    @param row Row id.
    @custom:refuses conduct: no notice; conduct: no such node; conduct: nobody would be left; conduct: notice is not
            over; members: not active; members: not the terms in force; what EMC.adopt, EMC.epoch may refuse
    """
    epoch: uint256 = members._next_epoch(emc, terms, rows)
    given_at: uint256 = self.notice_of[emc][row]
    assert given_at != 0, "conduct: no notice"
    assert block.timestamp >= given_at + terms.leaving.notice, "conduct: notice is not over"
    terms_hash: bytes32 = self._remove(emc, epoch, terms, rows, row)
    log IConduct.Exited(emc=emc, row=row, epoch=epoch, terms_hash=terms_hash)


@external
def expel(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    row: uint256,
    clause: bytes32,
    signatures: DynArray[IConsent.Signature, MAX_IDS],
):
    """
    @notice Expel a node after its cure period, by the quorum of the others, at least two of them.
    @param clause keccak-256 of the clause that was cited.
    @param signatures What nodes signed, in the order of the rows.
    @custom:refuses conduct: any; members: not active; members: not the terms in force; signatures: not the signer;
            signatures: too little gas; votes: not the signer; votes: signature expired; what EMC.adopt, EMC.epoch
            may refuse
    """
    epoch: uint256 = members._next_epoch(emc, terms, rows)
    charged_at: uint256 = self.charges[emc][row][clause].at
    assert charged_at != 0, "conduct: no charge"
    cured_by: uint256 = charged_at + terms.leaving.cure
    assert block.timestamp >= cured_by, "conduct: cure is not over"
    assert block.timestamp < cured_by + CHARGE_LIFE, "conduct: charge is too old"
    accounts: DynArray[address, MAX_ROWS] = members._accounts(rows)
    matter: bytes32 = self._expulsion(emc, row, clause)
    used: uint256 = 0
    count: uint256 = 0
    for i: uint256 in range(len(accounts), bound=MAX_ROWS):
        id: uint256 = page_layout._id(rows[i].pay)
        account: address = accounts[i]
        if id == row:
            continue
        if used < len(signatures) and signatures[used].row == id:
            deadline: uint256 = signatures[used].deadline
            voter: IVotes.Voter = votes._voter(emc, id, rows[i].party, account, deadline)
            message: bytes32 = messages._expulsion(emc, epoch - 1, row, charged_at, clause, voter)
            votes._check(emc, matter, account, message, signatures[used])
            used += 1
            count += 1
        elif votes._has_approved(emc, matter, id, account):
            count += 1
    assert used == len(signatures), "conduct: not asked"
    assert count >= 2 and votes._is_quorum(
        count, terms.leaving.expulsion, len(accounts) - 1
    ), "conduct: quorum not reached"
    terms_hash: bytes32 = self._remove(emc, epoch, terms, rows, row)
    self.expelled_of[emc] |= 1 << row
    log IConduct.Expelled(emc=emc, row=row, clause=clause, epoch=epoch, terms_hash=terms_hash)


@external
def disband(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    signatures: DynArray[IConsent.Signature, MAX_IDS],
):
    """
    @notice End the EMC now: by every node, with those that left and wait behind a closed gate; or, once the goal is
            missed by more than the margin, by any node while the gate is closed, by the quorum when it is open.
            From its end date on it only ends, as `EMC.end` would, and does not count as disbanded.
    @param signatures What nodes signed, by ascending row id.
    @custom:refuses conduct: no node agrees; conduct: not asked; conduct: quorum not reached; conduct: signature
            missing; members: not active; members: not the terms in force; signatures: not the signer; signatures:
            too little gas; votes: not the signer; votes: signature expired; what EMC.disband, EMC.epoch,
            EMC.is_gate_open, Goals.is_missed may refuse
    """
    epoch: uint256 = members._next_epoch(emc, terms, rows) - 1
    matter: bytes32 = self._disbanding(emc, epoch)
    # node, by row id
    parties: uint256[MAX_IDS] = empty(uint256[MAX_IDS])
    nodes: uint256 = 0
    for row: IConsent.Row in rows:
        if packed_row._is_node(row.party):
            parties[page_layout._id(row.pay)] = row.party
            nodes += 1
    waiting: uint256 = staticcall IEMC(emc).waiting()
    used: uint256 = 0
    count: uint256 = 0
    is_complete: bool = True
    for id: uint256 in range(MAX_IDS):
        is_node: bool = parties[id] != 0
        # who left, and would lose what the gate holds for it
        if not is_node and waiting >> id & 1 == 1:
            parties[id] = staticcall IEMC(emc).party_of(id)
        if not packed_row._is_node(parties[id]):
            continue
        account: address = members._account(parties[id])
        has_agreed: bool = True
        if used < len(signatures) and signatures[used].row == id:
            deadline: uint256 = signatures[used].deadline
            voter: IVotes.Voter = votes._voter(emc, id, parties[id], account, deadline)
            message: bytes32 = messages._disbanding(emc, epoch, terms, voter)
            votes._check(emc, matter, account, message, signatures[used])
            used += 1
        else:
            has_agreed = votes._has_approved(emc, matter, id, account)
        if not has_agreed:
            is_complete = False
        elif is_node:
            count += 1
    assert used == len(signatures), "conduct: not asked"
    if not is_complete:
        assert staticcall IGoals(members.AUTHORITY.goals).is_missed(
            emc, terms
        ), "conduct: signature missing"
        assert count != 0, "conduct: no node agrees"
        if staticcall IEMC(emc).is_gate_open():
            assert votes._is_quorum(
                count, terms.renegotiation.quorum, nodes
            ), "conduct: quorum not reached"
    if block.timestamp < terms.ends_at:
        # later on nobody stopped it: it only had not been ended
        self.is_disbanded[emc] = True
    log IConduct.Disbanded(emc=emc, missed=not is_complete)
    extcall IEMC(emc).disband()


# views

@external
@view
def expulsion_matter(emc: address, row: uint256, clause: bytes32) -> bytes32:
    """
    @notice The name under which an expulsion is approved.
    """
    return self._expulsion(emc, row, clause)


@external
@view
def disbanding_matter(emc: address, epoch: uint256) -> bytes32:
    """
    @notice The name under which disbanding is approved.
    @param epoch The one in force.
    """
    return self._disbanding(emc, epoch)


@external
@view
def charge_of(emc: address, row: uint256, clause: bytes32) -> (uint256, uint256):
    """
    @notice When the row was first charged with this clause, and the rows that stand by it, by bit; zeros if it was not.
    @param clause keccak-256 of the clause.
    """
    raised: Charge = self.charges[emc][row][clause]
    return raised.at, raised.accusers


@external
@view
@reentrant
def expulsion_digest(
    emc: address, accused: uint256, clause: bytes32, voter: IVotes.Voter
) -> bytes32:
    """
    @notice The EIP-712 digest by which a node votes to expel another.
    @custom:refuses what EMC.epoch may refuse
    """
    epoch: uint256 = staticcall IEMC(emc).epoch()
    charged_at: uint256 = self.charges[emc][accused][clause].at
    message: bytes32 = messages._expulsion(emc, epoch, accused, charged_at, clause, voter)
    return eip712._hash_typed_data_v4(message)


@external
@view
@reentrant
def disbanding_digest(emc: address, terms: IConsent.Terms, voter: IVotes.Voter) -> bytes32:
    """
    @notice The EIP-712 digest by which a node agrees to disband.
    @custom:refuses what EMC.epoch may refuse
    """
    epoch: uint256 = staticcall IEMC(emc).epoch()
    message: bytes32 = messages._disbanding(emc, epoch, terms, voter)
    return eip712._hash_typed_data_v4(message)


# internals

@internal
@view
def _expulsion(emc: address, row: uint256, clause: bytes32) -> bytes32:
    return keccak256(abi_encode(emc, row, clause, self.charges[emc][row][clause].at))


@internal
@pure
def _disbanding(emc: address, epoch: uint256) -> bytes32:
    return keccak256(abi_encode(emc, epoch))


@internal
@pure
def _node(rows: DynArray[IConsent.Row, MAX_ROWS], row: uint256) -> uint256:
    """
    @return The place of a node by its row id.
    """
    for i: uint256 in range(len(rows), bound=MAX_ROWS):
        if page_layout._id(rows[i].pay) == row and packed_row._is_node(rows[i].party):
            return i
    raise "conduct: no such node"


@internal
def _remove(
    emc: address,
    epoch: uint256,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    row: uint256,
) -> bytes32:
    """
    @notice Put the terms without a row in force. Its shares fall to the sink; if it was the sink, the first row that
            stays takes over both.
    """
    place: uint256 = self._node(rows, row)
    # nodes come first: without one, beneficiaries would belong to whoever comes along
    assert len(rows) > 1 and packed_row._is_node(rows[1].party), "conduct: nobody would be left"
    new_terms: IConsent.Terms = terms
    if terms.sink == row:
        new_terms.sink = page_layout._id(rows[1 if place == 0 else 0].pay)
    shares: uint256 = rows[place].pay >> 16 & (2**60 - 1)
    new: DynArray[IConsent.Row, MAX_ROWS] = []
    for i: uint256 in range(len(rows), bound=MAX_ROWS):
        if i == place:
            continue
        each: IConsent.Row = rows[i]
        if page_layout._id(each.pay) == new_terms.sink:
            # no tranche runs over: together they are at most one
            each.pay += shares << 16
        new.append(each)
    terms_hash: bytes32 = rules._hash(new_terms, new)
    level: uint256 = staticcall IGoals(members.AUTHORITY.goals).level(emc, terms.goal)
    extcall IConsent(members.AUTHORITY.consent).replace(emc, terms_hash)
    epochs._adopt(emc, epoch, new_terms, rows, new, level)
    return terms_hash


@internal
def _change_payee(
    emc: address, row: uint256, party: uint256, currency: address, backstop: address, payee: address
):
    members._check_controller(party)
    members._check_payee(emc, currency, payee)
    assert not packed_row._is_node(party) or payee != backstop, "members: backstop is a node's"
    extcall IEMC(emc).change_payee(row, payee)
