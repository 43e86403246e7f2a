"""Paying one order: in coin, or in a token by permit, by an allowance, or by a new one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

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


def check(agreement: Agreement, payer: str, order: int, amount: int, name: str = "") -> None:
    """Refuse what cannot be paid.

    Args:
        name: What the merchant calls the order, where that is not its number.

    Raises:
        EMCError: the EMC is not active, or this account has paid the order or has too little.
    """
    agreement.check_active()
    if order < 0 or order >= 2**256:
        raise EMCError(f"order {order} is not a number that an EMC knows", "0 to 2**256 - 1")
    if amount <= 0:
        raise EMCError("the amount must be above zero")
    if agreement.contract.is_paid(payer, order):
        raise EMCError(
            f"order {name or order} is paid already by {payer}",
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
        by_permit: Sign a permit where the token takes one and the payer is no contract.

    Raises:
        EMCError: it cannot be paid, or was refused.
    """
    check(agreement, payer.address, order, amount)
    contract, token, what = agreement.contract, agreement.token, f"paying order {order}"
    if token is None:
        receipt = edge.send(
            what, contract.sale, order, amount, customer, value=amount, sender=payer
        )
        return Payment("coin", receipt)
    if int(token.allowance(payer.address, agreement.address)) >= amount:
        receipt = edge.send(what, contract.sale, order, amount, customer, sender=payer)
        return Payment("allowance", receipt)
    chain = agreement.chain
    if by_permit and not chain.provider.get_code(payer.address):
        deadline = chain.now + SPAN
        parts = (payer.address, agreement.address, amount, deadline)
        message = permit.message(chain, token, *parts)
        if message is not None:
            raw = bytes.fromhex(edge.sign(payer, message)[2:])
            signed = (deadline, raw[64], raw[:32], raw[32:64])
            pay_it, words = contract.sale_with_permit, (order, amount, customer, *signed)
            # a token may say that it takes permits and take none
            if could_send(
                chain, payer.address, agreement.address, bytes(pay_it.encode_input(*words))
            ):
                receipt = edge.send(what, pay_it, *words, sender=payer)
                return Payment("permit", receipt)
    agreement.prepare(payer, amount)
    receipt = edge.send(what, contract.sale, order, amount, customer, sender=payer)
    return Payment("approval", receipt)
