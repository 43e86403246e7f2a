# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title roster
@license AGPL-3.0-only
@notice Who was a node of an EMC, and from when to when; read from the EMC, so that leaving hides nobody.
"""

from ..interfaces import IConsent
from ..interfaces import IEMC
from ..interfaces import IReviews
from . import packed_row
from . import page_layout
from . import terms as rules

MAX_ROWS: constant(uint256) = rules.MAX_ROWS
# every row of an EMC's life may be another ME
MAX_MEMBERS: constant(uint256) = rules.MAX_IDS
LOW40: constant(uint256) = rules.MAX_TIME


@internal
@view
def _members(
    emc: address, rows: DynArray[IConsent.Row, MAX_ROWS], expelled: uint256
) -> DynArray[IReviews.Member, MAX_MEMBERS]:
    """
    @notice Every ME that was a node: first those that are, in the order of the table, then those that left, by row.
    @param rows The rows in force at the end.
    @param expelled Rows that were expelled, by bit.
    """
    # before the second epoch nobody can have joined or left
    has_changed: bool = staticcall IEMC(emc).epoch() != 1
    members: DynArray[IReviews.Member, MAX_MEMBERS] = []
    joined_at: uint256 = 0
    left_at: uint256 = 0
    for row: IConsent.Row in rows:
        if packed_row._is_node(row.party):
            if has_changed:
                joined_at, left_at = staticcall IEMC(emc).stay_of(page_layout._id(row.pay))
                joined_at &= LOW40
            members.append(
                IReviews.Member(
                    me=packed_row._party(row.party),
                    row=page_layout._id(row.pay),
                    joined_at=joined_at,
                    left_at=0,
                    is_expelled=False,
                )
            )
    if not has_changed:
        return members
    for id: uint256 in range(MAX_MEMBERS):
        party: uint256 = staticcall IEMC(emc).party_of(id)
        if not packed_row._is_node(party):
            # it has not left, or was no node
            continue
        joined_at, left_at = staticcall IEMC(emc).stay_of(id)
        joined_at &= LOW40
        is_expelled: bool = expelled >> id & 1 == 1
        place: uint256 = self._place(members, packed_row._party(party))
        if place == len(members):
            members.append(
                IReviews.Member(
                    me=packed_row._party(party),
                    row=id,
                    joined_at=joined_at,
                    left_at=left_at,
                    is_expelled=is_expelled,
                )
            )
            continue
        # it came back: one member, from when it first joined until it last left
        members[place].joined_at = min(members[place].joined_at, joined_at)
        if members[place].left_at != 0 and left_at >= members[place].left_at:
            members[place].left_at = left_at
            members[place].row = id
        if is_expelled:
            members[place].is_expelled = True
    return members


@internal
@pure
def _place(members: DynArray[IReviews.Member, MAX_MEMBERS], me: uint256) -> uint256:
    """
    @return The place of an ME, the length of the list if it is not in it.
    """
    for i: uint256 in range(len(members), bound=MAX_MEMBERS):
        if members[i].me == me:
            return i
    return len(members)


@internal
@pure
def _did_overlap(one: IReviews.Member, other: IReviews.Member) -> bool:
    return self._came_before(one, other) and self._came_before(other, one)


@internal
@pure
def _came_before(one: IReviews.Member, other: IReviews.Member) -> bool:
    """
    @notice Whether one joined before the other had left.
    """
    return other.left_at == 0 or one.joined_at < other.left_at
