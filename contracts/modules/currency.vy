# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title currency
@license AGPL-3.0-only
@notice Moves native coin (zero address) or one ERC-20, whatever the other side does. Holds no state.
"""


interface Token:
    def balanceOf(owner: address) -> uint256: view


# enough for a contract wallet, a nested EMC or a proxied token; a payee can burn no more
PUSH_GAS: constant(uint256) = 100_000
# above this, a push of PUSH_GAS really gets it: (gas - price of the call) * 63 // 64 >= PUSH_GAS, where the call
# costs up to 14,500: 2,600 to touch the payee, 9,000 for value, 2,600 for the code a 7702 account delegates to
PUSH_FLOOR: constant(uint256) = 120_000
# a token that denies what it may have done is asked once more; both together stay near what a push may burn
ASK_GAS: constant(uint256) = 50_000


@internal
@view
def _balance(
    token: address, owner: address, otherwise: uint256, gas_cap: uint256 = PUSH_GAS
) -> uint256:
    """
    @notice What somebody has; `otherwise` where the token does not say, as when its code has gone.
    @param gas_cap What the token may use to say it: as much as for a payment, unless it is asked again.
    """
    if token == empty(address):
        return owner.balance
    # so that a caller who saves gas does not silence it
    assert msg.gas > PUSH_FLOOR, "currency: too little gas"
    is_ok: bool = False
    answer: Bytes[32] = b""
    is_ok, answer = raw_call(
        token,
        abi_encode(owner, method_id=method_id("balanceOf(address)")),
        gas=gas_cap,
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not is_ok or len(answer) != 32:
        return otherwise
    return convert(answer, uint256)


@internal
@payable
def _pull(token: address, amount: uint256) -> (uint256, uint256):
    """
    @notice Take `amount` from the caller.
    @return What came in, measured; and what of a token lies here now.
    """
    assert amount != 0, "currency: nothing paid"
    if token == empty(address):
        assert msg.value == amount, "currency: wrong amount"
        return amount, 0
    assert msg.value == 0, "currency: not native"
    before: uint256 = staticcall Token(token).balanceOf(self)
    # what it answers is no matter: what came in is measured
    raw_call(
        token,
        abi_encode(
            msg.sender, self, amount, method_id=method_id("transferFrom(address,address,uint256)")
        ),
    )
    after: uint256 = staticcall Token(token).balanceOf(self)
    assert after > before, "currency: nothing received"
    received: uint256 = unsafe_sub(after, before)
    # what a hook of the token brought in besides is nobody's order
    if received > amount:
        received = amount
    return received, after


@internal
def _permit(
    token: address, amount: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32
) -> bool:
    """
    @notice Use the caller's EIP-2612 permit.
    @return Whether it was good. If not, somebody else may have submitted it already: then the
            allowance is there, and pulling tells.
    """
    return raw_call(
        token,
        abi_encode(
            msg.sender,
            self,
            amount,
            deadline,
            v,
            r,
            s,
            method_id=method_id("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"),
        ),
        revert_on_failure=False,
    )


@internal
@pure
def _denies(answer: Bytes[32]) -> bool:
    """
    @notice Whether a token says of a transfer that did not revert that it failed. It may have moved all the same:
            then the balance decides.
    """
    return len(answer) != 0 and convert(answer, uint256) != 1


@internal
def _push(token: address, payee: address, amount: uint256) -> bool:
    """
    @notice Try to pay; nothing the payee does can revert, answer too much or burn more than PUSH_GAS.
    @return Whether it is paid.
    """
    if token == empty(address):
        assert msg.gas > PUSH_FLOOR, "currency: too little gas"
        return raw_call(payee, b"", value=amount, gas=PUSH_GAS, revert_on_failure=False)
    before: uint256 = self._balance(token, self, 0)
    if before == 0:
        # a call to a token whose code has gone succeeds
        return False
    assert msg.gas > PUSH_FLOOR, "currency: too little gas"
    is_ok: bool = False
    answer: Bytes[32] = b""
    is_ok, answer = raw_call(
        token,
        abi_encode(payee, amount, method_id=method_id("transfer(address,uint256)")),
        gas=PUSH_GAS,
        max_outsize=32,
        revert_on_failure=False,
    )
    if is_ok and self._denies(answer):
        return self._balance(token, self, before, ASK_GAS) < before
    return is_ok


@internal
def _pay(token: address, payee: address, amount: uint256):
    """
    @notice Pay or revert.
    """
    if token == empty(address):
        raw_call(payee, b"", value=amount)
        return
    before: uint256 = staticcall Token(token).balanceOf(self)
    answer: Bytes[32] = raw_call(
        token,
        abi_encode(payee, amount, method_id=method_id("transfer(address,uint256)")),
        max_outsize=32,
    )
    if self._denies(answer):
        after: uint256 = staticcall Token(token).balanceOf(self)
        assert after + amount <= before, "currency: refused"
