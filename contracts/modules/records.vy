# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title records
@license AGPL-3.0-only
@notice What is known of an ME from all its EMCs. Invariant: a record is the mean of the medians folded into it, each
        with the weight 2**-(age / half-life), its age being the time from the EMC's end to that of the last one.
@dev In which order EMCs are folded in makes no difference beyond rounding: one that ended before the last is added
     with less weight. Each folding rounds a sum of at least 10**18 by less than one.
"""

from ..interfaces import IReviews
from snekmate.utils import math

CRITERIA: constant(uint256) = 4
HALF_LIFE: constant(uint256) = 365 * 86_400
WAD: constant(uint256) = 10**18
# of the natural logarithm of two, in wad
LN2: constant(uint256) = 693_147_180_559_945_309

# no chain can hold the 10**11 EMCs that would fill the sums
LOW108: constant(uint256) = 2**108 - 1
FACT: constant(uint256) = 2**48 - 1

# by criterion: end of the last EMC 40 | medians times weights 108 | weights in wad 108; zero: unrated
records: HashMap[uint256, uint256[CRITERIA]]
# completed 48 | goals met 48 | disbanded 48 | expelled 48 | withheld 48
facts: HashMap[uint256, uint256]
# by currency, zero for native coin
proceeds: HashMap[uint256, HashMap[address, uint256]]


@internal
@pure
def _weight(age: uint256) -> uint256:
    """
    @notice 2**-(age / half-life) in wad; zero from 60 half-lives on.
    """
    # times stay below 2**41, so that neither product nor cast can overflow
    return convert(math._wad_exp(-convert(LN2 * age // HALF_LIFE, int256)), uint256)


@internal
def _fold(me: uint256, criterion: uint256, median: uint256, ended_at: uint256):
    """
    @param median In hundredths of stars.
    """
    word: uint256 = self.records[me][criterion]
    last: uint256 = word >> 216
    sum: uint256 = word >> 108 & LOW108
    weights: uint256 = word & LOW108
    weight: uint256 = WAD
    if ended_at >= last:
        fade: uint256 = self._weight(ended_at - last)
        sum = sum * fade // WAD
        weights = weights * fade // WAD
        last = ended_at
    else:
        weight = self._weight(last - ended_at)
    self.records[me][criterion] = (last << 216 | sum + median * weight << 108 | weights + weight)


@internal
@view
def _stars(me: uint256) -> (uint256[CRITERIA], uint256):
    """
    @return Hundredths of stars by criterion, to the nearest; the mean of the rated ones, rounded down; zero where
            unrated.
    """
    stars: uint256[CRITERIA] = empty(uint256[CRITERIA])
    sum: uint256 = 0
    rated: uint256 = 0
    for criterion: uint256 in range(CRITERIA):
        word: uint256 = self.records[me][criterion]
        if word != 0:
            weights: uint256 = word & LOW108
            stars[criterion] = ((word >> 108 & LOW108) + weights // 2) // weights
            sum += stars[criterion]
            rated += 1
    if rated == 0:
        return stars, 0
    return stars, sum // rated


@internal
def _note(me: uint256, noted: IReviews.Facts, currency: address, total: uint256):
    """
    @notice Add facts of one EMC.
    """
    self.facts[me] += (
        noted.completed << 192
        | noted.goals_met << 144
        | noted.disbanded << 96
        | noted.expelled << 48
        | noted.withheld
    )
    if total != 0:
        self.proceeds[me][currency] += total


@internal
@view
def _facts(me: uint256) -> IReviews.Facts:
    word: uint256 = self.facts[me]
    return IReviews.Facts(
        completed=word >> 192,
        goals_met=word >> 144 & FACT,
        disbanded=word >> 96 & FACT,
        expelled=word >> 48 & FACT,
        withheld=word & FACT,
    )
