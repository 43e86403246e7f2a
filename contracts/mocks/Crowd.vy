# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Crowd
@license AGPL-3.0-only
@notice As many MEs as are wanted, each of which calls for bids and bids in somebody else's call.
"""

from ..interfaces import ICallForBids
from ..interfaces import IMicroEnterprises


interface Member:
    def join(registry: address, calls: address, terms: ICallForBids.Call, call: uint256): nonpayable


@external
def flood(
    registry: address, calls: address, terms: ICallForBids.Call, call: uint256, count: uint256
):
    """
    @notice So many of them at once, each an account of its own.
    """
    for i: uint256 in range(count, bound=100):
        extcall Member(create_minimal_proxy_to(self)).join(registry, calls, terms, call)


@external
def join(registry: address, calls: address, terms: ICallForBids.Call, call: uint256):
    """
    @notice What one of them does.
    """
    extcall IMicroEnterprises(registry).register(4, 0, "", empty(bytes32))
    extcall ICallForBids(calls).open(terms, "")
    extcall ICallForBids(calls).bid(call, terms.upper, terms.document, "")
