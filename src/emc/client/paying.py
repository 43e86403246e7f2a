"""Paying one order: in coin, or in a token by permit, by an allowance, or by a new one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address

from emc.chain import edge, permit
from emc.chain.tokens import could_send
from emc.client.agreement import Agreement
from emc.client.standing import terms_by_epoch
from emc.core.orders import NO_CUSTOMER
from emc.errors import EMCError

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

    from emc.client.standing import Standing

# what a payee gets to take coin with: PUSH_GAS of modules/currency.vy, and the call's own
PUSH_GAS = 100_000 + 40_000
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


def controller_of(standing: "Standing", row: int) -> str:
    """The account that says where a row is paid; also of rows that have left.

    Raises:
        EMCError: there is no such row.
    """
    live = next((each for each in standing.terms.rows if each.id == row), None)
    if live is not None and not live.is_node:
        return str(live.party)
    if live is not None:
        return standing.accounts[row]
    party = int(standing.agreement.contract.party_of(row))
    if party == 0:
        raise EMCError(f"{standing.emc} has no row {row}", "see `emc status`")
    who = party >> 96
    if party & 1:
        return str(standing.system.registry.account_of(who))
    return to_checksum_address(f"0x{who:040x}")


def can_be_paid(agreement: Agreement, payee: str, amount: int = 1) -> bool:
    """Whether an address would take an amount from the EMC now, with the gas that it gets.

    Of a token whose amount the EMC does not have, nothing can be known: then it is assumed.
    """
    chain, token = agreement.chain, agreement.token
    if token is None:
        return not chain.provider.get_code(payee) or could_send(
            chain, agreement.address, payee, value=amount, gas=PUSH_GAS
        )
    if int(token.balanceOf(agreement.address)) < amount:
        return True
    data = bytes(token.transfer.encode_input(payee, amount))
    return could_send(chain, agreement.address, token.address, data)


def nested(standing: "Standing", payee: str) -> Agreement | None:
    """The EMC at a payee, such as that of an ME's own people; none if no EMC is there.

    Raises:
        EMCError: what it is paid could not be shared out there.
    """
    system = standing.system
    if not any(bytes(system.consent.terms_of(payee))):
        return None
    inner = system.agreement(payee)
    ours, theirs = standing.agreement.currency_address, inner.currency_address
    if ours != theirs:
        raise EMCError(
            f"the EMC {payee} settles in {theirs}, this one in {ours}",
            "a team takes the currency of the EMC that pays it",
        )
    if inner.stage != "ACTIVE":
        raise EMCError(f"the EMC {payee} is {inner.stage}", "name one that is active")
    epochs = terms_by_epoch(system, payee)
    pays = {str(inner.contract.payee_of(row.id)) for row in epochs[max(epochs)].rows}
    if standing.emc in pays:
        raise EMCError(f"the EMC {payee} pays this one", "money would go round: name another")
    return inner
