# pragma version 0.4.3
# pragma evm-version cancun
"""
@title GenerousAnswerPayee
@license AGPL-3.0-only
@notice A payee that takes native coin and answers with 64 KB nobody asked for.
"""


@external
@payable
@raw_return
def __default__() -> Bytes[65_536]:
    return abi_encode(empty(uint256[2048]))
