# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title packed_row
@license AGPL-3.0-only
@notice Reads a row of the terms. Three words, since a table of 64 rows is hashed, logged and carried along.
@dev   party   ME id, or a beneficiary's controller 160 | zero 95 | is node 1
       pay     payee 160 | running 20 | base 20 | leading 20 | upside 20 | row id 8 | zero 8
       limits  cost cover 128 | zero 88 | lower 20 | upper 20
     `pay` is the row's word on the payment page as it stands.
"""

from ..interfaces import IConsent
from . import page_layout

LOW20: constant(uint256) = page_layout.LOW20


@internal
@pure
def _is_node(row: IConsent.Row) -> bool:
    return row.party & 1 == 1


@internal
@pure
def _party(row: IConsent.Row) -> uint256:
    """
    @notice A node's ME id, a beneficiary's controller as a number.
    """
    return row.party >> 96


@internal
@pure
def _payee(row: IConsent.Row) -> address:
    return page_layout._payee(row.pay)


@internal
@pure
def _running(row: IConsent.Row) -> uint256:
    return page_layout._running(row.pay)


@internal
@pure
def _base(row: IConsent.Row) -> uint256:
    return page_layout._base(row.pay)


@internal
@pure
def _leading(row: IConsent.Row) -> uint256:
    return page_layout._leading(row.pay)


@internal
@pure
def _upside(row: IConsent.Row) -> uint256:
    return page_layout._upside(row.pay)


@internal
@pure
def _id(row: IConsent.Row) -> uint256:
    return page_layout._id(row.pay)


@internal
@pure
def _cost(row: IConsent.Row) -> uint256:
    return row.limits >> 128


@internal
@pure
def _lower(row: IConsent.Row) -> uint256:
    return row.limits >> 20 & LOW20


@internal
@pure
def _upper(row: IConsent.Row) -> uint256:
    return row.limits & LOW20
