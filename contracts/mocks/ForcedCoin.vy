# pragma version 0.4.3
# pragma evm-version cancun
"""
@title ForcedCoin
@license AGPL-3.0-only
@notice Forces native coin on an account that would refuse it.
"""


@external
@payable
def force(to: address):
    selfdestruct(to)
