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

from . import page_layout


@internal
@pure
def _is_node(party: uint256) -> bool:
    return party & 1 == 1


@internal
@pure
def _party(party: uint256) -> uint256:
    """
    @notice A node's ME id, a beneficiary's controller as a number.
    """
    return party >> 96


@internal
@pure
def _cost(limits: uint256) -> uint256:
    return limits >> 128


@internal
@pure
def _lower(limits: uint256) -> uint256:
    return limits >> 20 & page_layout.LOW20


@internal
@pure
def _upper(limits: uint256) -> uint256:
    return limits & page_layout.LOW20
