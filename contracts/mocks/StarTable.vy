# pragma version 0.4.3
# pragma evm-version cancun
"""
@title StarTable
@license AGPL-3.0-only
@notice A reputation registry that anybody can write: only stars count towards the bar.
"""

from ..interfaces import IReputation

implements: IReputation

stars_of: public(HashMap[uint256, uint256])


@external
def set_stars(me: uint256, stars: uint256):
    """
    @notice Give an ME its stars, in hundredths; zero is unrated.
    """
    self.stars_of[me] = stars


@external
@view
def meets(me: uint256, bar: IReputation.Bar) -> bool:
    stars: uint256 = self.stars_of[me]
    if stars == 0:
        return bar.admits_unrated
    return stars >= bar.stars
