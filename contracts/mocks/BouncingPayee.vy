# pragma version 0.4.3
# pragma evm-version cancun
"""
@title BouncingPayee
@license AGPL-3.0-only
@notice A payee that sends native coin back to where it comes from, at once.
"""


@external
@payable
def __default__():
    raw_call(msg.sender, b"", value=msg.value)
