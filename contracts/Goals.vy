# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title Goals
@license AGPL-3.0-only
@notice The room of the table in which parties say how far they have come, and others may object.
@dev Holds no money. A final value moves the tranche of later sales and may open the gate; it changes no share.
     Nobody's word or silence at the last moment makes a miss: who relied on a value that is dropped then has a
     window of its own to submit another.
@custom:stop Nobody. The objection quorum of the terms drops a value before it is final.
"""

from .interfaces import IConsent
from .interfaces import IEMC
from .interfaces import IGoals
from .interfaces import IVotes
from .modules import currency
from .modules import epochs
from .modules import members
from .modules import messages
from .modules import packed_row
from .modules import page_layout
from .modules import terms as rules
from .modules import votes
from snekmate.utils import eip712_domain_separator as eip712

implements: IGoals
initializes: eip712
initializes: members
initializes: votes[eip712 := eip712]
exports: (eip712.eip712Domain, votes.approve, votes.revoke, votes.approved_until, votes.nonce_of)


struct Final:
    amount: uint256
    measured_at: uint256


# the time that others have to submit after a value was dropped late
struct Reopening:
    # last second
    until: uint256
    # rows whose own value it was, by bit
    closed_to: uint256


MAX_ROWS: constant(uint256) = rules.MAX_ROWS
MAX_IDS: constant(uint256) = rules.MAX_IDS
# the submitter's number of an assessor, who has no row
ASSESSOR: constant(uint256) = MAX_IDS
# how long a final value waits to be counted before it can be dropped
VALUE_LIFE: constant(uint256) = 30 * 86_400

# by metric and submitter
values: HashMap[address, HashMap[bytes32, HashMap[uint256, IGoals.Value]]]
# how many of them there are
open_values: HashMap[address, uint256]
# by metric
finals: HashMap[address, HashMap[bytes32, Final]]
objections: HashMap[bytes32, HashMap[address, bool]]
# by question
missed: HashMap[bytes32, bool]
# by question and metric, as is the next
reopenings: HashMap[bytes32, HashMap[bytes32, Reopening]]
# the only other node has dropped a value, and none was counted since
disputed: HashMap[bytes32, HashMap[bytes32, bool]]
# last second in which a value may still come
reopened_until: HashMap[address, uint256]
# one more than the row id that made it, by number
reporter_of: HashMap[address, HashMap[uint256, uint256]]
reports: HashMap[address, uint256]


@deploy
def __init__(emc: address, micro_enterprises: address):
    """
    @param emc The EMC contract behind every proxy; it must obey this contract.
    """
    members.__init__(emc, micro_enterprises)
    assert members.AUTHORITY.goals == self, "goals: not our EMC"
    eip712.__init__("EMC Goals", "1")


# nodes

@external
def assess(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    metric: bytes32,
    amount: uint256,
    measured_at: uint256,
    evidence: bytes32,
):
    """
    @notice Submit a value of a measure of the leading goal, as the assessor that the terms name, else as a node.
    @param index A node's place in the table; the assessor's is 128.
    @param metric keccak-256 of the measure's word.
    @param measured_at As of when: not after the deadline, and after the last final value.
    @dev Until deadline and grace; later only in the window that follows a value dropped late, and only by others.
    @custom:refuses goals: any; members: no such row; members: not a node; members: not active; members: not the
            controller; members: not the terms in force
    """
    submitter: uint256 = ASSESSOR
    if terms.assessment.assessor == empty(address):
        submitter = members._check_node(emc, terms, rows, index)
    else:
        members._check_in_force(emc, terms, rows)
        assert (
            index == ASSESSOR and msg.sender == terms.assessment.assessor
        ), "goals: not the assessor"
    assert metric != rules.PROCEEDS, "goals: proceeds count themselves"
    assert self._is_measure(terms.goal, metric), "goals: no such measure"
    held: IGoals.Value = self.values[emc][metric][submitter]
    if held.final_at != 0 and not self._may_count(terms, metric, submitter, held):
        self._drop(emc, terms, metric, submitter, held)
    is_late: bool = block.timestamp > terms.goal.deadline + terms.assessment.grace
    if is_late:
        again: Reopening = self.reopenings[self._question(emc, terms)][metric]
        assert block.timestamp <= again.until, "goals: too late"
        assert again.closed_to >> submitter & 1 == 0, "goals: for others only"
    assert (
        measured_at <= block.timestamp and measured_at <= terms.goal.deadline
    ), "goals: measured too late"
    assert amount <= rules.MAX_AMOUNT, "goals: amount too large"
    assert (measured_at > self.finals[emc][metric].measured_at), "goals: older than the last value"
    assert self.values[emc][metric][submitter].final_at == 0, "goals: one value at a time"
    final_at: uint256 = block.timestamp + terms.assessment.window
    self.values[emc][metric][submitter] = IGoals.Value(
        amount=amount,
        measured_at=measured_at,
        final_at=final_at,
        evidence=evidence,
        account=msg.sender,
        is_late=is_late,
    )
    self.open_values[emc] += 1
    log IGoals.Assessed(
        emc=emc,
        submitter=submitter,
        metric=metric,
        amount=amount,
        measured_at=measured_at,
        final_at=final_at,
        evidence=evidence,
    )


@external
def take_back(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    metric: bytes32,
    submitter: uint256,
):
    """
    @notice Take back one's own value before it is final and before the deadline, as the row's current account.
    @param submitter The row id under which it was submitted, 128 for the assessor.
    @custom:refuses goals: deadline is over; goals: final already; goals: no open value; goals: not the submitter;
            members: not active; members: not the terms in force
    """
    members._check_in_force(emc, terms, rows)
    taken: IGoals.Value = self._value(emc, metric, submitter)
    assert msg.sender == self._account(emc, rows, submitter, taken), "goals: not the submitter"
    assert block.timestamp < terms.goal.deadline, "goals: deadline is over"
    assert block.timestamp < taken.final_at, "goals: final already"
    self._drop(emc, terms, metric, submitter, taken)


@external
def object(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    metric: bytes32,
    submitter: uint256,
):
    """
    @notice As another node, object to a value before it is final; the objection quorum of the others, and at least
            two if there are two, drops it. If there is only one, nobody ends the EMC on a miss before its end date
            for it, unless a later value is counted.
    @param index The caller's place in the table.
    @custom:refuses goals: final already; goals: no open value; goals: own value; members: no such row; members: not
            a node; members: not active; members: not the controller; members: not the terms in force
    """
    row: uint256 = members._check_node(emc, terms, rows, index)
    assert row != submitter, "goals: own value"
    disputed: IGoals.Value = self._value(emc, metric, submitter)
    assert block.timestamp < disputed.final_at, "goals: final already"
    matter: bytes32 = self._matter(emc, metric, submitter)
    self.objections[matter][msg.sender] = True
    log IGoals.Objected(emc=emc, submitter=submitter, row=row, metric=metric)
    accounts: DynArray[address, MAX_ROWS] = members._accounts(rows)
    others: uint256 = 0
    count: uint256 = 0
    for i: uint256 in range(len(accounts), bound=MAX_ROWS):
        if page_layout._id(rows[i].pay) == submitter:
            continue
        others += 1
        if self.objections[matter][accounts[i]]:
            count += 1
    if count >= min(others, 2) and votes._is_quorum(count, terms.assessment.objections, others):
        # one alone drops a value only if there is nobody else to ask, and then it makes no miss of it
        if others == 1:
            self.disputed[self._question(emc, terms)][metric] = True
        self._drop(emc, terms, metric, submitter, disputed)


@external
def report(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    item: String[64],
    amount: uint256,
    evidence: bytes32,
) -> uint256:
    """
    @notice As a node, report on an obligation or a goal of its own. An event, not a vote.
    @param item What it is about, as the canvas names it.
    @return Number of the report.
    @custom:refuses members: no such row; members: not a node; members: not active; members: not the controller;
            members: not the terms in force
    """
    row: uint256 = members._check_node(emc, terms, rows, index)
    number: uint256 = self.reports[emc]
    self.reports[emc] = number + 1
    self.reporter_of[emc][number] = row + 1
    log IGoals.Reported(
        emc=emc, report=number, row=row, item=item, amount=amount, evidence=evidence
    )
    return number


@external
def countersign(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    report: uint256,
):
    """
    @notice As another node, confirm a report.
    @custom:refuses goals: no such report; goals: own report; members: no such row; members: not a node; members:
            not active; members: not the controller; members: not the terms in force
    """
    row: uint256 = members._check_node(emc, terms, rows, index)
    reporter: uint256 = self.reporter_of[emc][report]
    assert reporter != 0, "goals: no such report"
    assert reporter != row + 1, "goals: own report"
    log IGoals.Countersigned(emc=emc, report=report, row=row)


# anyone

@external
def finalise(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    metric: bytes32,
    submitter: uint256,
    signatures: DynArray[IConsent.Signature, MAX_IDS],
):
    """
    @notice Count a value whose window is over, or which every node signed: later sales follow its tranche, and the
            gate opens if it reaches it. What the terms no longer ask for is dropped.
    @custom:refuses goals: no open value; goals: window is open; members: not active; members: not the terms in
            force; signatures: not the signer; signatures: too little gas; votes: not the signer; votes: signature
            expired; what EMC.adopt, EMC.epoch may refuse
    """
    members._check_in_force(emc, terms, rows)
    counted: IGoals.Value = self._value(emc, metric, submitter)
    if not self._may_count(terms, metric, submitter, counted):
        self._drop(emc, terms, metric, submitter, counted)
        return
    epoch: uint256 = staticcall IEMC(emc).epoch()
    if block.timestamp < counted.final_at:
        # every node has to agree; the submitter did by submitting it
        accounts: DynArray[address, MAX_ROWS] = members._accounts(rows)
        matter: bytes32 = self._matter(emc, metric, submitter)
        used: uint256 = 0
        for i: uint256 in range(len(accounts), bound=MAX_ROWS):
            account: address = accounts[i]
            id: uint256 = page_layout._id(rows[i].pay)
            if used < len(signatures) and signatures[used].row == id:
                deadline: uint256 = signatures[used].deadline
                voter: IVotes.Voter = votes._voter(emc, id, rows[i].party, account, deadline)
                message: bytes32 = messages._assessment(emc, epoch, metric, counted, voter)
                votes._check(emc, matter, account, message, signatures[used])
                used += 1
            else:
                assert account == counted.account or votes._has_approved(
                    emc, matter, id, account
                ), "goals: window is open"
    if counted.measured_at <= self.finals[emc][metric].measured_at:
        self._drop(emc, terms, metric, submitter, counted)
        return
    self._close(emc, metric, submitter)
    self.finals[emc][metric] = Final(amount=counted.amount, measured_at=counted.measured_at)
    self.disputed[self._question(emc, terms)][metric] = False
    log IGoals.Finalised(
        emc=emc,
        submitter=submitter,
        metric=metric,
        amount=counted.amount,
        measured_at=counted.measured_at,
    )
    level: uint256 = self._level(emc, terms.goal)
    epochs._adopt(emc, epoch, terms, rows, rows, level)


@external
def drop(emc: address, metric: bytes32, submitter: uint256):
    """
    @notice Drop a value that nobody had counted for thirty days after it was final, so that it delays no end.
    @custom:refuses goals: may still be counted; goals: no open value
    """
    stale: IGoals.Value = self._value(emc, metric, submitter)
    assert block.timestamp >= stale.final_at + VALUE_LIFE, "goals: may still be counted"
    # who relied on it had thirty days to have it counted
    self._close(emc, metric, submitter)
    log IGoals.Dropped(
        emc=emc, submitter=submitter, metric=metric, amount=stale.amount, reopened_until=0
    )


@external
def record_miss(emc: address, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS]):
    """
    @notice Keep that the goal is missed by more than the margin, so that no later sale rescues it.
    @custom:refuses currency: too little gas; goals: not missed; members: not active; members: not the terms in
            force; what EMC.accounts, EMC.currency_of may refuse
    """
    members._check_in_force(emc, terms, rows)
    assert self._is_missed(emc, terms), "goals: not missed"
    self.missed[self._question(emc, terms)] = True
    log IGoals.Missed(emc=emc, reached=self._reached(emc, terms.goal))


# views

@external
@view
def matter(emc: address, metric: bytes32, submitter: uint256) -> bytes32:
    """
    @notice The name under which the open value of a submitter is approved.
    """
    return self._matter(emc, metric, submitter)


@external
@view
def open_value(emc: address, metric: bytes32, submitter: uint256) -> IGoals.Value:
    """
    @notice The value of a submitter that waits to become final.
    """
    return self.values[emc][metric][submitter]


@external
@view
@reentrant
def has_open(emc: address) -> bool:
    """
    @notice Whether a value waits to become final, or others may submit one after another was dropped late.
    """
    return self._is_open(emc)


@external
@view
def reopened(emc: address, terms: IConsent.Terms, metric: bytes32) -> (uint256, uint256):
    """
    @notice Last second in which values may come after one was dropped late, and the rows whose own it was, by bit.
    """
    again: Reopening = self.reopenings[self._question(emc, terms)][metric]
    return again.until, again.closed_to


@external
@view
def is_disputed(emc: address, terms: IConsent.Terms, metric: bytes32) -> bool:
    """
    @notice Whether the only other node has dropped a value and none was counted since: no miss before the end date.
    """
    return self.disputed[self._question(emc, terms)][metric]


@external
@view
@reentrant
def value_of(emc: address, metric: bytes32) -> (uint256, uint256):
    """
    @notice The last final value of a metric, and as of when; zeros without one.
    """
    last: Final = self.finals[emc][metric]
    return last.amount, last.measured_at


@external
@view
@reentrant
def level(emc: address, goal: IConsent.Goal) -> uint256:
    """
    @notice The highest tranche that a goal's assessed measures allow, each by its last final value. 1: BASE,
            2: LEADING, 3: UPSIDE.
    """
    return self._level(emc, goal)


@external
@view
def is_missed(emc: address, terms: IConsent.Terms) -> bool:
    """
    @notice Whether one measure of the goal is missed by more than the margin after the deadline: proceeds, with what
            is not booked yet, or the last final value. With an assessed measure only after the grace as well, with
            no value open; a measure in dispute is missed from the end date on.
    @custom:refuses currency: too little gas; what EMC.accounts, EMC.currency_of may refuse
    """
    return self._is_missed(emc, terms)


@external
@view
@reentrant
def digest(emc: address, metric: bytes32, submitter: uint256, voter: IVotes.Voter) -> bytes32:
    """
    @notice The EIP-712 digest by which a node makes a value final at once.
    @custom:refuses what EMC.epoch may refuse
    """
    epoch: uint256 = staticcall IEMC(emc).epoch()
    submitted: IGoals.Value = self.values[emc][metric][submitter]
    message: bytes32 = messages._assessment(emc, epoch, metric, submitted, voter)
    return eip712._hash_typed_data_v4(message)


# internals

@internal
@view
def _value(emc: address, metric: bytes32, submitter: uint256) -> IGoals.Value:
    found: IGoals.Value = self.values[emc][metric][submitter]
    assert found.final_at != 0, "goals: no open value"
    return found


@internal
def _close(emc: address, metric: bytes32, submitter: uint256):
    self.values[emc][metric][submitter] = empty(IGoals.Value)
    self.open_values[emc] -= 1


@internal
def _drop(
    emc: address, terms: IConsent.Terms, metric: bytes32, submitter: uint256, dropped: IGoals.Value
):
    """
    @notice A value does not count. With less than a window left to submit another, the others have one from now on;
            if it came in such a window itself, they have had it.
    """
    self._close(emc, metric, submitter)
    until: uint256 = block.timestamp + terms.assessment.window
    if (
        dropped.is_late
        or not self._is_measure(terms.goal, metric)
        or dropped.measured_at <= self.finals[emc][metric].measured_at
        or until <= terms.goal.deadline + terms.assessment.grace
    ):
        until = 0
    else:
        question: bytes32 = self._question(emc, terms)
        self.reopenings[question][metric].until = until
        if submitter != ASSESSOR:
            self.reopenings[question][metric].closed_to |= 1 << submitter
        self.reopened_until[emc] = max(self.reopened_until[emc], until)
    log IGoals.Dropped(
        emc=emc, submitter=submitter, metric=metric, amount=dropped.amount, reopened_until=until
    )


@internal
@view
def _is_open(emc: address) -> bool:
    """
    @notice Whether a value may still become final, or come.
    """
    return self.open_values[emc] != 0 or block.timestamp <= self.reopened_until[emc]


@internal
@pure
def _may_count(
    terms: IConsent.Terms, metric: bytes32, submitter: uint256, submitted: IGoals.Value
) -> bool:
    """
    @notice Whether the terms in force ask who submitted a value, and for what it measures.
    """
    if not self._is_measure(terms.goal, metric):
        return False
    if terms.assessment.assessor == empty(address):
        return submitter != ASSESSOR
    return submitter == ASSESSOR and submitted.account == terms.assessment.assessor


@internal
@view
def _account(
    emc: address,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    submitter: uint256,
    submitted: IGoals.Value,
) -> address:
    """
    @notice Who speaks for a submitter now: the account of a row, also of one that has left, or the assessor.
    """
    if submitter == ASSESSOR:
        return submitted.account
    for row: IConsent.Row in rows:
        if page_layout._id(row.pay) == submitter:
            return members._account(row.party)
    return members._account(staticcall IEMC(emc).party_of(submitter))


@internal
@view
def _matter(emc: address, metric: bytes32, submitter: uint256) -> bytes32:
    return keccak256(abi_encode(emc, metric, submitter, self.values[emc][metric][submitter]))


@internal
@view
def _proceeds(emc: address) -> uint256:
    """
    @notice With what came by plain transfer, which the next absorption books.
    """
    accounts: IEMC.Accounts = staticcall IEMC(emc).accounts()
    booked: uint256 = accounts.credited + accounts.held + accounts.pending + accounts.dust
    # asked as the EMC asks, so that no token, and nobody who saves gas, makes a miss impossible or of nothing
    balance: uint256 = currency._balance(staticcall IEMC(emc).currency_of(), emc, booked)
    return accounts.received + min(max(balance, booked) - booked, rules.MAX_AMOUNT)


@internal
@pure
def _is_measure(goal: IConsent.Goal, metric: bytes32) -> bool:
    for measure: IConsent.Measure in goal.measures:
        if measure.metric == metric:
            return metric != empty(bytes32)
    return False


@internal
@view
def _level(emc: address, goal: IConsent.Goal) -> uint256:
    values: uint256[rules.MAX_MEASURES] = empty(uint256[rules.MAX_MEASURES])
    for i: uint256 in range(rules.MAX_MEASURES):
        values[i] = self.finals[emc][goal.measures[i].metric].amount
    return rules._level(goal, values)


@internal
@view
def _reached(emc: address, goal: IConsent.Goal) -> uint256[rules.MAX_MEASURES]:
    """
    @notice How far each measure has come: proceeds with what is not booked yet, others by their last final value.
    """
    reached: uint256[rules.MAX_MEASURES] = empty(uint256[rules.MAX_MEASURES])
    for i: uint256 in range(rules.MAX_MEASURES):
        if goal.measures[i].metric == rules.PROCEEDS:
            reached[i] = self._proceeds(emc)
        else:
            reached[i] = self.finals[emc][goal.measures[i].metric].amount
    return reached


@internal
@pure
def _question(emc: address, terms: IConsent.Terms) -> bytes32:
    """
    @notice What is kept about a goal is kept by EMC, goal, how it is assessed, and margin.
    """
    return keccak256(abi_encode(emc, terms.goal, terms.assessment, terms.leaving.margin))


@internal
@view
def _is_missed(emc: address, terms: IConsent.Terms) -> bool:
    """
    @notice Whether one measure is below its target by more than the margin, with no more to come.
    """
    question: bytes32 = self._question(emc, terms)
    if self.missed[question]:
        return True
    closes_at: uint256 = terms.goal.deadline
    if rules._is_assessed(terms.goal):
        closes_at += terms.assessment.grace
        if self._is_open(emc):
            return False
    if block.timestamp <= closes_at:
        return False
    reached: uint256[rules.MAX_MEASURES] = self._reached(emc, terms.goal)
    for i: uint256 in range(rules.MAX_MEASURES):
        measure: IConsent.Measure = terms.goal.measures[i]
        if reached[i] * rules.PPM < measure.target * (rules.PPM - terms.leaving.margin) and (
            block.timestamp >= terms.ends_at or not self.disputed[question][measure.metric]
        ):
            return True
    return False
