"""Paying one order: in coin, or in a token by permit, with an allowance, or with a new one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emc.chain import edge, permit
from emc.chain.tokens import could_send
from emc.client.agreement import Agreement
from emc.core.orders import NO_CUSTOMER
from emc.errors import EMCError

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

# how long a permit may be used
SPAN = 3600


@dataclass(frozen=True)
class Payment:
    """What was done: ``how`` is coin, allowance, permit or approval."""

    how: str
    receipt: "ReceiptAPI"


@dataclass(frozen=True)
class Way:
    """How a contract takes a payment.

    Args:
        at: The contract, which pulls a token.
        plain: Its function that takes coin, or what it was allowed to pull.
        permitted: The same with a permit behind its other arguments.
    """

    what: str
    at: str
    plain: Any
    permitted: Any


def check(agreement: Agreement, payer: str, order: int, amount: int, name: str = "") -> None:
    """Refuse an order that cannot be paid.

    Args:
        name: The merchant's name of the order, if that is not its number.

    Raises:
        EMCError: the EMC is not active, or this account has paid the order or has too little.
    """
    agreement.check_active()
    if order < 0 or order >= 2**256:
        raise EMCError(f"{order} is not an order number", "0 to 2**256 - 1")
    if amount <= 0:
        raise EMCError("the amount must be above zero")
    if agreement.contract.is_paid(payer, order):
        raise EMCError(
            f"order {name or order} has already been paid by {payer}",
            "nothing was sent: an order is paid once",
        )
    agreement.check_funds(payer, amount)


def pay(
    agreement: Agreement,
    payer: "AccountAPI",
    order: int,
    amount: int,
    customer: bytes = NO_CUSTOMER,
    *,
    by_permit: bool = True,
) -> Payment:
    """Pay one order.

    Args:
        amount: Base units.
        by_permit: Sign a permit if the token supports it and the payer is not a contract.

    Raises:
        EMCError: it cannot be paid, or was refused.
    """
    check(agreement, payer.address, order, amount)
    contract = agreement.contract
    way = Way(f"paying order {order}", agreement.address, contract.sale, contract.sale_with_permit)
    return settle(agreement, payer, way, (order, amount, customer), amount, by_permit)


def settle(
    agreement: Agreement,
    payer: "AccountAPI",
    way: Way,
    words: tuple[Any, ...],
    amount: int,
    by_permit: bool,
) -> Payment:
    """Pay an amount of an EMC's currency: in coin, by an allowance, a permit or an approval."""
    token, chain = agreement.token, agreement.chain
    if token is None:
        receipt = edge.send(way.what, way.plain, *words, value=amount, sender=payer)
        return Payment("coin", receipt)
    if int(token.allowance(payer.address, way.at)) >= amount:
        return Payment("allowance", edge.send(way.what, way.plain, *words, sender=payer))
    if by_permit and not chain.provider.get_code(payer.address):
        deadline = chain.now + SPAN
        message = permit.message(chain, token, payer.address, way.at, amount, deadline)
        if message is not None:
            raw = bytes.fromhex(edge.sign(payer, message)[2:])
            signed = (*words, deadline, raw[64], raw[:32], raw[32:64])
            data = bytes(way.permitted.encode_input(*signed))
            # a token may say that it takes permits and take none
            if could_send(chain, payer.address, way.at, data):
                receipt = edge.send(way.what, way.permitted, *signed, sender=payer)
                return Payment("permit", receipt)
    agreement.allow(payer, way.at, amount)
    return Payment("approval", edge.send(way.what, way.plain, *words, sender=payer))
