# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title tallies
@license AGPL-3.0-only
@notice How often each star was given. Invariant: a count only grows, by one for each rater with an opinion.
@dev Ratings are two bytes, a nibble for each criterion, high first; 0 is no opinion. A word of counts has eight bits
     for each star of each criterion, five to a criterion, low first: an EMC has fewer than 128 raters.
"""

CRITERIA: constant(uint256) = 4
STARS: constant(uint256) = 5
# below it a criterion is insufficient: one rater alone decides nothing
MIN_RATERS: constant(uint256) = 2

# by EMC and rated ME
counts: HashMap[address, HashMap[uint256, uint256]]


@internal
@pure
def _one(rating: uint256) -> uint256:
    """
    @notice The word that one rater's two bytes add to the counts.
    """
    word: uint256 = 0
    for criterion: uint256 in range(CRITERIA):
        stars: uint256 = rating >> 4 * (CRITERIA - 1 - criterion) & 15
        assert stars <= STARS, "reviews: above five stars"
        if stars != 0:
            word |= 1 << 8 * (STARS * criterion + stars - 1)
    return word


@internal
@pure
def _count(word: uint256, criterion: uint256, stars: uint256) -> uint256:
    return word >> 8 * (STARS * criterion + stars - 1) & 255


@internal
@pure
def _median(word: uint256, criterion: uint256) -> (uint256, uint256):
    """
    @return The median in hundredths of stars, of an even number of raters the mean of the middle two, rounded down;
            zero if it is insufficient. Then the number of raters.
    """
    raters: uint256 = 0
    for stars: uint256 in range(1, STARS + 1):
        raters += self._count(word, criterion, stars)
    if raters < MIN_RATERS:
        return 0, raters
    # the two in the middle; one and the same if the number is odd
    return (
        (self._at(word, criterion, (raters - 1) // 2) + self._at(word, criterion, raters // 2))
        * 100 // 2
    ), raters


@internal
@pure
def _at(word: uint256, criterion: uint256, place: uint256) -> uint256:
    """
    @notice The stars at a place, counted from zero, of all that were given, in ascending order.
    """
    below: uint256 = 0
    for stars: uint256 in range(1, STARS):
        below += self._count(word, criterion, stars)
        if place < below:
            return stars
    return STARS
