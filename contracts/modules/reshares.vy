# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title reshares
@license AGPL-3.0-only
@notice What a renegotiation may do to a table, and nothing else.
"""

from ..interfaces import IConsent
from . import packed_row
from . import page_layout
from . import terms as rules

MAX_ROWS: constant(uint256) = rules.MAX_ROWS
# base, leading and upside of a row's second word
SHARES: constant(uint256) = (2**60 - 1) << 16


@internal
@pure
def _reshared(
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    shares: DynArray[uint256, MAX_ROWS],
) -> DynArray[IConsent.Row, MAX_ROWS]:
    """
    @notice The table with other shares: inside every bound, one in every tranche, and not the same. The sink keeps
            what it took over, beyond its upper bound, until it is handed on.
    """
    assert len(shares) == len(rows), "changes: not a share per row"
    new: DynArray[IConsent.Row, MAX_ROWS] = rows
    changed: uint256 = 0
    base: uint256 = 0
    leading: uint256 = 0
    upside: uint256 = 0
    for i: uint256 in range(len(rows), bound=MAX_ROWS):
        row: IConsent.Row = rows[i]
        assert shares[i] & ~SHARES == 0, "changes: not shares"
        changed |= shares[i] ^ row.pay & SHARES
        new[i].pay = row.pay & ~SHARES | shares[i]
        upper: uint256 = packed_row._upper(row.limits)
        had: uint256[page_layout.TRANCHES] = page_layout._shares(row.pay)
        gets: uint256[page_layout.TRANCHES] = page_layout._shares(shares[i])
        for tranche: uint256 in range(page_layout.TRANCHES):
            share: uint256 = gets[tranche]
            most: uint256 = upper
            if page_layout._id(row.pay) == terms.sink:
                most = max(upper, had[tranche])
            assert (
                packed_row._lower(row.limits) <= share and share <= most
            ), "changes: share outside bounds"
        base += gets[0]
        leading += gets[1]
        upside += gets[2]
    assert (
        base == rules.PPM and leading == rules.PPM and upside == rules.PPM
    ), "changes: shares are not one"
    assert changed != 0, "changes: nothing changes"
    return new
