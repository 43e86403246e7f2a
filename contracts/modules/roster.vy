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

# every row of an EMC's life may be another ME
MAX_MEMBERS: constant(uint256) = rules.MAX_IDS


@internal
@view
def _members(
    emc: address, rows: DynArray[IConsent.Row, rules.MAX_ROWS], expelled: uint256
) -> DynArray[IReviews.Member, MAX_MEMBERS]:
    """
    @notice Every ME that was a node: first those that are, in the order of the table, then those that left, by row.
    @param rows The rows in force at the end.
    @param expelled Rows that were expelled, by bit.
    """
    # before the second epoch nobody can have joined or left
    has_changed: bool = staticcall IEMC(emc).epoch() != 1
    members: DynArray[IReviews.Member, MAX_MEMBERS] = []
    for row: IConsent.Row in rows:
        if packed_row._is_node(row.party):
            members.append(
                self._member(emc, page_layout._id(row.pay), row.party, has_changed, False)
            )
    if not has_changed:
        return members
    for id: uint256 in range(MAX_MEMBERS):
        party: uint256 = staticcall IEMC(emc).party_of(id)
        if not packed_row._is_node(party):
            # it has not left, or was no node
            continue
        member: IReviews.Member = self._member(emc, id, party, True, expelled >> id & 1 == 1)
        place: uint256 = self._place(members, member.me)
        if place == len(members):
            members.append(member)
            continue
        # it came back: one member, from when it first joined until it last left
        members[place].joined_at = min(members[place].joined_at, member.joined_at)
        if members[place].left_at != 0 and member.left_at >= members[place].left_at:
            members[place].left_at = member.left_at
            members[place].row = id
        if member.is_expelled:
            members[place].is_expelled = True
    return members


@internal
@view
def _member(
    emc: address, row: uint256, party: uint256, has_changed: bool, is_expelled: bool
) -> IReviews.Member:
    """
    @param has_changed Whether anybody has joined or left since the EMC was made.
    """
    joined: uint256 = 0
    left_at: uint256 = 0
    if has_changed:
        joined, left_at = staticcall IEMC(emc).stay_of(row)
    return IReviews.Member(
        me=packed_row._party(party),
        row=row,
        joined_at=joined & page_layout.LOW40,
        left_at=left_at,
        is_expelled=is_expelled,
    )


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
    """
    @notice Whether each joined before the other had left.
    """
    return (other.left_at == 0 or one.joined_at < other.left_at) and (
        one.left_at == 0 or other.joined_at < one.left_at
    )
