# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title review_plan
@license AGPL-3.0-only
@notice What is known of a review when it opens, in one word of storage:
@dev   ended at 48 | last second to commit 48 | last second to reveal 48 | members 8 | zero 54 |
       the goal's deadline 48 | disbanded 1 | goal met 1
     Without ratings the last seconds are the same.
"""


struct Plan:
    ended_at: uint256
    commit_until: uint256
    reveal_until: uint256
    members: uint256
    deadline: uint256
    is_disbanded: bool
    is_goal_met: bool


LOW48: constant(uint256) = 2**48 - 1


@internal
@pure
def _packed(plan: Plan) -> uint256:
    return (
        plan.ended_at << 208
        | plan.commit_until << 160
        | plan.reveal_until << 112
        | plan.members << 104
        | plan.deadline << 2
        | convert(plan.is_disbanded, uint256) << 1
        | convert(plan.is_goal_met, uint256)
    )


@internal
@pure
def _unpacked(packed: uint256) -> Plan:
    return Plan(
        ended_at=packed >> 208,
        commit_until=packed >> 160 & LOW48,
        reveal_until=packed >> 112 & LOW48,
        members=packed >> 104 & 255,
        deadline=packed >> 2 & LOW48,
        is_disbanded=packed >> 1 & 1 == 1,
        is_goal_met=packed & 1 == 1,
    )


@internal
@pure
def _has_ratings(plan: Plan) -> bool:
    return plan.commit_until != plan.reveal_until
