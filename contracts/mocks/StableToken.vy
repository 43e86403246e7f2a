# pragma version 0.4.3
# pragma evm-version cancun
"""
@title StableToken
@license AGPL-3.0-only
@notice A token after the texts of EIP-2612 and EIP-3009 with USDC's habits: 6 decimals, version "2" in a domain that
        nothing but DOMAIN_SEPARATOR tells, contract wallets by a variant with bytes, accounts that are frozen.
"""

from ethereum.ercs import IERC20

from . import balances

initializes: balances
exports: (balances.balanceOf, balances.allowance, balances.mint, balances.approve)


event AuthorizationUsed:
    authorizer: indexed(address)
    nonce: indexed(bytes32)


event AuthorizationCanceled:
    authorizer: indexed(address)
    nonce: indexed(bytes32)


interface Wallet:
    def isValidSignature(digest: bytes32, signature: Bytes[65]) -> bytes4: view


name: public(constant(String[8])) = "USD Coin"
symbol: public(constant(String[4])) = "USDC"
version: public(constant(String[1])) = "2"
decimals: public(constant(uint8)) = 6

MAGIC: constant(bytes4) = 0x1626ba7e
MAX_S: constant(
    uint256
) = 57896044618658097711785492504343953926418782139537452191302581570759080747168
DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
PERMIT_TYPE: constant(bytes32) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
RECEIVE_TYPE: constant(bytes32) = keccak256(
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
CANCEL_TYPE: constant(bytes32) = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)")
BYTES_VARIANT: constant(Bytes[4]) = method_id(
    "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
)
# its arguments in words, with a signature of 65 bytes
VARIANT_BYTES: constant(uint256) = 11 * 32

DOMAIN_SEPARATOR: public(immutable(bytes32))

nonces: public(HashMap[address, uint256])
authorizationState: public(HashMap[address, HashMap[bytes32, bool]])
isBlacklisted: public(HashMap[address, bool])


@deploy
def __init__():
    DOMAIN_SEPARATOR = keccak256(
        abi_encode(DOMAIN_TYPE, keccak256(name), keccak256(version), chain.id, self)
    )


@external
def blacklist(who: address, is_frozen: bool):
    """
    @notice Fail whatever an account does or gets, or no longer.
    """
    self.isBlacklisted[who] = is_frozen


@external
def transfer(to: address, amount: uint256) -> bool:
    self._check_free(msg.sender)
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self._check_free(msg.sender)
    balances._spend(owner, amount)
    self._move(owner, to, amount)
    return True


@external
def permit(
    owner: address,
    spender: address,
    amount: uint256,
    deadline: uint256,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    assert block.timestamp <= deadline, "token: permit expired"
    nonce: uint256 = self.nonces[owner]
    self.nonces[owner] = nonce + 1
    self._check_signed(
        owner,
        keccak256(abi_encode(PERMIT_TYPE, owner, spender, amount, nonce, deadline)),
        self._packed(v, r, s),
    )
    balances.allowance[owner][spender] = amount


@external
def receiveWithAuthorization(
    owner: address,
    to: address,
    amount: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    self._receive(owner, to, amount, valid_after, valid_before, nonce, self._packed(v, r, s))


@external
def cancelAuthorization(owner: address, nonce: bytes32, v: uint8, r: bytes32, s: bytes32):
    self._use(owner, nonce)
    self._check_signed(
        owner, keccak256(abi_encode(CANCEL_TYPE, owner, nonce)), self._packed(v, r, s)
    )
    log AuthorizationCanceled(authorizer=owner, nonce=nonce)


@external
def __default__():
    """
    @notice The variant of receiveWithAuthorization with bytes: a second function of one name.
    """
    assert slice(msg.data, 0, 4) == BYTES_VARIANT, "token: no such function"
    sent: Bytes[VARIANT_BYTES] = slice(msg.data, 4, VARIANT_BYTES)
    self._receive(
        extract32(sent, 0, output_type=address),
        extract32(sent, 32, output_type=address),
        convert(extract32(sent, 64), uint256),
        convert(extract32(sent, 96), uint256),
        convert(extract32(sent, 128), uint256),
        extract32(sent, 160),
        slice(sent, 256, 65),
    )


@internal
def _receive(
    owner: address,
    to: address,
    amount: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    signature: Bytes[65],
):
    assert msg.sender == to, "token: not the payee"
    assert block.timestamp > valid_after, "token: not yet valid"
    assert block.timestamp < valid_before, "token: expired"
    self._use(owner, nonce)
    self._check_signed(
        owner,
        keccak256(abi_encode(RECEIVE_TYPE, owner, to, amount, valid_after, valid_before, nonce)),
        signature,
    )
    self._move(owner, to, amount)
    log AuthorizationUsed(authorizer=owner, nonce=nonce)


@internal
def _use(owner: address, nonce: bytes32):
    assert not self.authorizationState[owner][nonce], "token: used or canceled"
    self.authorizationState[owner][nonce] = True


@internal
def _move(owner: address, to: address, amount: uint256):
    self._check_free(owner)
    self._check_free(to)
    balances._move(owner, to, amount)
    log IERC20.Transfer(sender=owner, receiver=to, value=amount)


@internal
@view
def _check_free(who: address):
    assert not self.isBlacklisted[who], "token: account is frozen"


@internal
@pure
def _packed(v: uint8, r: bytes32, s: bytes32) -> Bytes[65]:
    return concat(r, s, slice(convert(v, bytes32), 31, 1))


@internal
@view
def _check_signed(account: address, message: bytes32, signature: Bytes[65]):
    digest: bytes32 = keccak256(concat(x"1901", DOMAIN_SEPARATOR, message))
    if account.is_contract:
        answer: bytes4 = staticcall Wallet(account).isValidSignature(digest, signature)
        assert answer == MAGIC, "token: invalid signature"
        return
    s: uint256 = convert(extract32(signature, 32), uint256)
    v: uint256 = convert(slice(signature, 64, 1), uint256)
    signer: address = ecrecover(digest, v, convert(extract32(signature, 0), uint256), s)
    assert (
        s <= MAX_S and signer == account and signer != empty(address)
    ), "token: invalid signature"
