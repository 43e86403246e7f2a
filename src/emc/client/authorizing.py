"""A buyer's signature instead of a transaction: EIP-3009 authorizations for orders at Checkout."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eth_abi.abi import encode

from emc.chain import edge, permit, tokens
from emc.core import checkout, typed_data
from emc.core.checkout import CheckoutOrder, TokenDomain
from emc.errors import EMCError
from emc.files.order_request import Authorization, Request

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

    from emc.client.checkout import Checkout

# how long an authorization may be sent, in seconds
VALID = 86_400


def authorize(
    counter: "Checkout", request: Request, buyer: "AccountAPI", valid: int = VALID
) -> Authorization:
    """Sign a request as its buyer; anyone can send the result. Nothing is sent, no gas is needed.

    Args:
        valid: Seconds for which it is valid; never beyond the time at which the order is due.

    Raises:
        EMCError: the token takes no such signature, or the buyer has too little.
    """
    counter.check(request)
    order = request.by(buyer.address)
    counter.check_free(order)
    domain = domain_of(counter, order)
    counter.agreement.check_funds(buyer.address, order.amount)
    now = counter.chain.now
    until = now + valid
    if order.due_at > now:
        # sent later it would be sold at once
        until = min(until, order.due_at)
    message = checkout.authorization(domain, order, counter.address, valid_before=until)
    signed = bytes.fromhex(edge.sign(buyer, message)[2:])
    return Authorization(
        request=replace(request, order=order),
        order=order,
        token=domain,
        valid_after=0,
        valid_before=until,
        signature=signed,
    )


def domain_of(counter: "Checkout", order: CheckoutOrder) -> TokenDomain:
    """What an authorization of the order's currency is bound to.

    Raises:
        EMCError: its token supports none; the hint says what the buyer can do instead.
    """
    token = counter.agreement.token
    if token is None:
        raise EMCError(
            "this EMC settles in coin, for which there are no authorizations",
            "pay with `emc checkout pay`",
        )
    domain = permit.domain_of(counter.chain, token)
    if domain is None or _state(counter, order, token) is None:
        raise EMCError(
            f"the token {token.address} does not support EIP-3009 authorizations",
            "pay with `emc checkout pay`, with an allowance",
        )
    return domain


def _state(counter: "Checkout", order: CheckoutOrder, token: Any) -> bytes | None:
    """What a token says of the use of an authorization; none if it takes none."""
    words = encode(["address", "bytes32"], [order.buyer, counter.hash(order)])
    view = "authorizationState(address,bytes32)"
    return tokens.answer(counter.chain, token.address, view, words)


def faults(counter: "Checkout", given: Authorization, request: Request | None = None) -> list[str]:
    """Why an authorization does not pay what it should; empty if it does.

    Args:
        request: The merchant's own, where it is known.
    """
    found = []
    order = given.order
    try:
        counter.check(given.request)
        counter.check_free(order)
    except EMCError as error:
        found.append(str(error))
    if request is not None and (differs := request.differences(order)):
        found.append(f"it is another order than was asked for: {', '.join(differs)}")
    if found:
        return found
    try:
        domain = domain_of(counter, order)
    except EMCError as error:
        return [str(error)]
    if domain != given.token:
        found.append("it was signed for another token, name or version")
    now = counter.chain.now
    if now <= given.valid_after:
        found.append("it is not valid yet")
    if now >= given.valid_before:
        found.append("it has expired")
    token = counter.agreement.token
    assert token is not None
    if int(token.balanceOf(order.buyer)) < order.amount:
        found.append(f"{order.buyer} has too little")
    if any(_state(counter, order, token) or b""):
        found.append("it was used or cancelled")
    message = checkout.authorization(
        domain,
        order,
        counter.address,
        valid_after=given.valid_after,
        valid_before=given.valid_before,
    )
    # a contract wallet is asked by the token
    is_key = not counter.chain.provider.get_code(order.buyer)
    if is_key and not _is_by(order.buyer, message, given.signature):
        found.append("the buyer has signed something else")
    return found


def _is_by(signer: str, message: dict[str, Any], signature: bytes) -> bool:
    try:
        return typed_data.signer(message, "0x" + signature.hex()) == signer
    except ValueError:
        # no signature at all
        return False


def relay(counter: "Checkout", given: Authorization, sender: "AccountAPI") -> "ReceiptAPI":
    """Send what a buyer has signed.

    Raises:
        EMCError: the chain refused it.
    """
    return edge.send(
        "relaying the authorization",
        counter.contract.pay_with_authorization,
        given.order.argument(),
        given.valid_after,
        given.valid_before,
        given.signature,
        sender=sender,
    )
