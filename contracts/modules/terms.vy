# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title terms
@license AGPL-3.0-only
@notice The rules that a table obeys before anyone signs it.
"""

from ..interfaces import IConsent
from . import packed_row
from . import page_layout

PPM: constant(uint256) = page_layout.PPM
MAX_ROWS: constant(uint256) = page_layout.MAX_ROWS
MAX_IDS: constant(uint256) = page_layout.MAX_IDS
MAX_MEASURES: constant(uint256) = 3
MAX_AMOUNT: constant(uint256) = 2**95 - 1
MAX_TIME: constant(uint256) = 2**40 - 1
MAX_SPAN: constant(uint256) = 2**32 - 1
# of each review window: everybody has the time to rate, and nobody waits for ever
MIN_REVIEW: constant(uint256) = 86_400
MAX_REVIEW: constant(uint256) = 365 * 86_400

# bits of a row that no reader shows
SPARE_PARTY: constant(uint256) = (2**95 - 1) << 1
SPARE_LIMITS: constant(uint256) = (2**88 - 1) << 40

# the measure that counts itself
PROCEEDS: constant(bytes32) = keccak256("proceeds")
GATE_BENCHMARK: constant(uint256) = 1
GATE_TARGET: constant(uint256) = 2


@internal
@pure
def _hash(terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS]) -> bytes32:
    return keccak256(abi_encode(terms, rows))


@internal
@view
def _check(terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS], is_first: bool):
    """
    @param is_first Whether it is a first epoch.
    """
    self._check_head(terms)
    self._check_rows(terms, rows, is_first)


@internal
@view
def _check_head(terms: IConsent.Terms):
    """
    @notice Everything in the terms that needs no look at the rows.
    """
    assert terms.version == 1, "terms: unknown version"
    assert terms.kind == 1 or terms.kind == 2, "terms: unknown kind"
    assert terms.canvas != empty(bytes32), "terms: no canvas"
    assert (
        terms.currency == empty(address) or terms.currency.is_contract
    ), "terms: currency has no code"
    self._check_measures(terms.goal)
    assert terms.goal.gate <= GATE_TARGET, "terms: unknown gate"
    assert terms.disburse_at <= MAX_AMOUNT, "terms: amount too large"
    assert terms.starts_at < terms.goal.deadline, "terms: deadline before start"
    closes_at: uint256 = terms.goal.deadline
    is_assessed: bool = self._is_assessed(terms.goal)
    if is_assessed:
        # the last value has a window, and others may have one after it
        closes_at += terms.assessment.grace + 2 * terms.assessment.window
    assert closes_at <= terms.ends_at, "terms: deadline after end"
    assert block.timestamp < terms.ends_at, "terms: already over"
    assert terms.ends_at <= MAX_TIME, "terms: end too far"
    if is_assessed and terms.assessment.assessor == empty(address):
        # what any node may submit, others must have the time and the right to dispute
        assert terms.assessment.window != 0, "terms: no time to dispute"
        self._check_quorum(terms.assessment.objections)
    self._check_quorum(terms.renegotiation.quorum)
    self._check_quorum(terms.leaving.expulsion)
    assert (
        max(max(terms.renegotiation.objections, terms.assessment.objections), terms.leaving.margin)
        <= PPM
    ), "terms: part above one"
    # the limit is one less than a power of two
    assert (
        terms.renegotiation.interval
        | terms.renegotiation.window
        | terms.leaving.notice
        | terms.leaving.cure
        | terms.assessment.window
        | terms.assessment.grace
        <= MAX_SPAN
    ), "terms: time span too long"
    assert (
        terms.review.commit | terms.review.reveal == 0
        or max(
            unsafe_sub(terms.review.commit, MIN_REVIEW), unsafe_sub(terms.review.reveal, MIN_REVIEW)
        )
        <= MAX_REVIEW - MIN_REVIEW
    ), "terms: review time impossible"
    if terms.bar.registry != empty(address):
        assert terms.bar.registry.is_contract, "terms: registry has no code"
    else:
        assert (
            terms.bar.stars | terms.bar.emcs | terms.bar.proceeds == 0
        ), "terms: bar without registry"


@internal
@pure
def _check_measures(goal: IConsent.Goal):
    """
    @notice Each once and in one order, so that equal goals have equal hashes.
    """
    last: uint256 = 0
    is_rest: bool = False
    for measure: IConsent.Measure in goal.measures:
        metric: uint256 = convert(measure.metric, uint256)
        is_rest = is_rest or metric == 0
        if is_rest:
            assert metric | measure.benchmark | measure.target == 0, "terms: measures not in order"
            continue
        assert metric > last, "terms: measures not in order"
        assert measure.benchmark < measure.target, "terms: target below benchmark"
        assert measure.target <= MAX_AMOUNT, "terms: amount too large"
        last = metric
    assert last != 0, "terms: no measure"


@internal
@pure
def _is_assessed(goal: IConsent.Goal) -> bool:
    """
    @notice Whether the goal has a measure that the chain cannot see.
    """
    # no measure but proceeds, or a second one
    return goal.measures[0].metric != PROCEEDS or goal.measures[1].metric != empty(bytes32)


@internal
@pure
def _level(goal: IConsent.Goal, values: uint256[MAX_MEASURES]) -> uint256:
    """
    @notice The highest tranche that the assessed measures allow, each by its last final value.
    """
    level: uint256 = page_layout.UPSIDE
    for i: uint256 in range(MAX_MEASURES):
        measure: IConsent.Measure = goal.measures[i]
        if measure.metric == PROCEEDS:
            continue
        if values[i] < measure.benchmark:
            return page_layout.BASE
        if values[i] < measure.target:
            level = page_layout.LEADING
    return level


@internal
@pure
def _proceeds(goal: IConsent.Goal) -> IConsent.Measure:
    """
    @notice The measure of proceeds; empty if the goal has none.
    """
    for measure: IConsent.Measure in goal.measures:
        if measure.metric == PROCEEDS:
            return measure
    return empty(IConsent.Measure)


@internal
@pure
def _check_quorum(part: uint256):
    # zero wraps
    assert unsafe_sub(part, 1) < PPM, "terms: quorum impossible"


@internal
@pure
def _check_rows(terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS], is_first: bool):
    """
    @notice Order, shares, bounds and costs of the rows.
    @param is_first Whether it is a first epoch: then the id of a row is its place, and no row has taken over
           the share of one that left.
    """
    ids: uint256 = 0
    base: uint256 = 0
    leading: uint256 = 0
    upside: uint256 = 0
    running: uint256 = 0
    cost: uint256 = 0
    nodes: uint256 = 0
    last: uint256 = 0
    index: uint256 = 0
    for row: IConsent.Row in rows:
        id: uint256 = page_layout._id(row.pay)
        if is_first:
            assert id == index, "terms: row id is not its place"
        assert id < MAX_IDS and ids >> id & 1 == 0, "terms: row id twice"
        ids |= 1 << id
        assert (
            row.pay & 255 | row.party & SPARE_PARTY | row.limits & SPARE_LIMITS == 0
        ), "terms: spare bits are set"
        party: uint256 = packed_row._party(row.party)
        if packed_row._is_node(row.party):
            assert nodes == index, "terms: node after beneficiary"
            nodes += 1
            if index != 0:
                assert party > last, "terms: nodes not ascending"
                assert party != packed_row._party(rows[0].party), "terms: node twice"
                last = party
        else:
            assert party != 0, "terms: no controller"
        lower: uint256 = packed_row._lower(row.limits)
        upper: uint256 = packed_row._upper(row.limits)
        assert upper <= PPM, "terms: bound above one"
        shares: uint256[page_layout.TRANCHES] = page_layout._shares(row.pay)
        for share: uint256 in shares:
            assert (
                lower <= share and (share <= upper or not is_first and id == terms.sink)
            ), "terms: share outside bounds"
        base += shares[0]
        leading += shares[1]
        upside += shares[2]
        running += page_layout._running(row.pay)
        assert packed_row._cost(row.limits) <= MAX_AMOUNT, "terms: amount too large"
        cost += packed_row._cost(row.limits)
        index += 1
    assert base == PPM and leading == PPM and upside == PPM, "terms: shares are not one"
    assert nodes >= 2, "terms: fewer than two nodes"
    assert terms.sink < MAX_IDS and ids >> terms.sink & 1 == 1, "terms: no such sink"
    assert running < PPM, "terms: running cost takes all"
    proceeds: IConsent.Measure = self._proceeds(terms.goal)
    if proceeds.metric != empty(bytes32):
        assert cost * PPM <= proceeds.benchmark * (PPM - running), "terms: costs above benchmark"
