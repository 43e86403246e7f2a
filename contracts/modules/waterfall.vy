# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title waterfall
@license AGPL-3.0-only
@notice What proceeds entitle a row to: one non-decreasing function, rounded down on the running total.
@dev With T proceeds since the page's start, PPM = 10**6 and rest = PPM less all running costs, the net
     T * rest fills the COST band up to cost_end, then BASE up to base_end, LEADING up to leading_end,
     UPSIDE beyond. A row gets
       floor(cost cover * COST / cost_end)
       + floor((running * T * PPM + base * BASE + leading * LEADING + upside * UPSIDE) / PPM**2).
     The payment run of the EMC computes the same in place, for all rows at once.
"""

from . import page_layout

# shares times spans
UNIT: constant(uint256) = page_layout.PPM * page_layout.PPM

# proceeds up to some amount, less the running cost, by band; times PPM
struct Spans:
    cost: uint256
    base: uint256
    leading: uint256
    upside: uint256


@internal
@pure
def _spans(ends: uint256, spread: uint256, at: uint256, is_open: bool) -> Spans:
    """
    @notice How much of the proceeds lies in each tranche; income only behind an open gate.
    @param ends The page's word of cost_end and base_end.
    @param spread The page's word of leading_end, gate_at and rest.
    """
    # every sale comes here twice, so the words are taken apart in place; proceeds below 2**95 times PPM cannot overflow
    net: uint256 = unsafe_mul(at, spread & page_layout.LOW20)
    end: uint256 = ends >> 128
    spans: Spans = Spans(cost=net, base=0, leading=0, upside=0)
    if net <= end:
        return spans
    spans.cost = end
    if not is_open:
        return spans
    start: uint256 = end
    end = ends & page_layout.LOW128
    if net <= end:
        spans.base = unsafe_sub(net, start)
        return spans
    spans.base = unsafe_sub(end, start)
    start = end
    end = spread >> 128
    if net <= end:
        spans.leading = unsafe_sub(net, start)
        return spans
    spans.leading = unsafe_sub(end, start)
    spans.upside = unsafe_sub(net, end)
    return spans


@internal
@pure
def _entitlement(
    row: uint256, cost: uint256, cost_end: uint256, at: uint256, spans: Spans
) -> uint256:
    """
    @param row The row's word on the page.
    @param cost Its cost cover.
    @param at Proceeds since the page's start.
    """
    shares: uint256[page_layout.TRANCHES] = page_layout._shares(row)
    income: uint256 = (
        page_layout._running(row) * at * page_layout.PPM
        + shares[0] * spans.base
        + shares[1] * spans.leading
        + shares[2] * spans.upside
    ) // UNIT
    if cost_end == 0:
        return income
    return income + cost * spans.cost // cost_end
