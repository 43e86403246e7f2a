# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title epochs
@license AGPL-3.0-only
@notice Puts terms in force: what they mean for money, told to the EMC.
"""

from ..interfaces import IConsent
from ..interfaces import IEMC
from . import page_layout
from . import packed_row
from . import terms as rules

MAX_ROWS: constant(uint256) = rules.MAX_ROWS
# a gate that waits for an assessed measure: more than all proceeds of all pages
NEVER: constant(uint256) = max_value(uint256)


@internal
def _adopt(
    emc: address,
    epoch: uint256,
    terms: IConsent.Terms,
    before: DynArray[IConsent.Row, MAX_ROWS],
    rows: DynArray[IConsent.Row, MAX_ROWS],
    level: uint256,
):
    """
    @param before The table in force; empty at first.
    @param level The highest tranche that the assessed measures allow.
    """
    places: uint256[rules.MAX_IDS] = empty(uint256[rules.MAX_IDS])
    for i: uint256 in range(len(before), bound=MAX_ROWS):
        places[page_layout._id(before[i].pay)] = i + 1
    pay: DynArray[uint256, MAX_ROWS] = []
    costs: DynArray[uint256, MAX_ROWS] = []
    running: uint256 = 0
    for row: IConsent.Row in rows:
        word: uint256 = row.pay
        cost: uint256 = packed_row._cost(row.limits)
        place: uint256 = places[page_layout._id(row.pay)]
        if place != 0:
            old: IConsent.Row = before[place - 1]
            cost |= packed_row._cost(old.limits) << 128
            if page_layout._payee(old.pay) == page_layout._payee(row.pay):
                # its controller may have redirected it
                word &= 2**96 - 1
            places[page_layout._id(row.pay)] = 0
        pay.append(word)
        costs.append(cost)
        running += page_layout._running(row.pay)
    leavers: DynArray[IEMC.Leaver, page_layout.MAX_LEAVING] = []
    for row: IConsent.Row in before:
        if places[page_layout._id(row.pay)] != 0:
            leavers.append(IEMC.Leaver(row=page_layout._id(row.pay), party=row.party))
    page: IEMC.Page = self._page(epoch, terms, running, level)
    extcall IEMC(emc).adopt(page, pay, costs, leavers)


@internal
@pure
def _page(epoch: uint256, terms: IConsent.Terms, running: uint256, level: uint256) -> IEMC.Page:
    # nothing, where proceeds are no measure
    proceeds: IConsent.Measure = rules._proceeds(terms.goal)
    gate_at: uint256 = 0
    if terms.goal.gate == rules.GATE_BENCHMARK:
        gate_at = proceeds.benchmark
    elif terms.goal.gate == rules.GATE_TARGET:
        gate_at = proceeds.target
    if terms.goal.gate != 0 and level <= terms.goal.gate:
        gate_at = NEVER
    may_end: uint256 = 0
    if terms.goal.ends_emc and level == page_layout.UPSIDE:
        may_end = page_layout.MAY_END
        if proceeds.metric != empty(bytes32):
            may_end = page_layout.MAY_END_ON_TARGET
    return IEMC.Page(
        epoch=epoch,
        currency=terms.currency,
        backstop=terms.backstop,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        running=running,
        benchmark=proceeds.benchmark,
        target=proceeds.target,
        gate_at=gate_at,
        disburse_at=terms.disburse_at,
        level=level,
        may_end=may_end,
    )
