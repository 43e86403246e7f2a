# pragma version 0.4.3
# pragma evm-version cancun
"""
@title CloneMaker
@license AGPL-3.0-only
@notice Makes minimal proxies of a payee.
"""


@external
def clone(target: address) -> address:
    return create_minimal_proxy_to(target)
