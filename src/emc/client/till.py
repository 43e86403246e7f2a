"""Moving the money of an EMC: disburse, absorb, end, withdraw, redirect, rescue.

Prints nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emc.chain import edge
from emc.chain.probes import PUSH_GAS
from emc.chain.tokens import could_send
from emc.client.agreement import Agreement
from emc.client.registry import account_of
from emc.client.standing import Standing, terms_by_epoch
from emc.errors import EMCError

if TYPE_CHECKING:
    from ape.api import AccountAPI

# what the node is offered to try a payment of coin: what a payee gets, and the call's own
TRIAL_GAS = PUSH_GAS + 40_000


@dataclass(frozen=True)
class Credit:
    """A row's credit that can be paid now, in base units."""

    row: int
    payee: str
    amount: int


def pending(standing: Standing) -> int:
    """The proceeds that are not shared out yet, in base units.

    Raises:
        EMCError: there are none.
    """
    found = standing.agreement.accounts.pending
    if not found:
        raise EMCError("nothing is pending", "every sale has been paid out")
    return found


def disburse(standing: Standing, account: "AccountAPI") -> None:
    """Share out what is pending."""
    edge.send("disbursing", standing.agreement.contract.disburse, sender=account)


def unbooked(standing: Standing) -> int:
    """What came by plain transfer and is not booked yet, in base units."""
    books = standing.agreement.accounts
    known = books.credited + books.held + books.pending + books.dust
    return max(standing.agreement.balance() - known, 0)


def absorb(standing: Standing, account: "AccountAPI") -> None:
    """Book what came by plain transfer as proceeds."""
    edge.send("absorbing", standing.agreement.contract.absorb, sender=account)


def end(standing: Standing, account: "AccountAPI") -> None:
    """End the EMC once its end date or its target is reached."""
    edge.send("ending", standing.agreement.contract.end, sender=account)


def rescue(standing: Standing, token: str, account: "AccountAPI") -> None:
    """Send a foreign token, or coin (zero) in an EMC that settles in a token, to the backstop."""
    edge.send("rescuing", standing.agreement.contract.rescue, token, sender=account)


def credit(standing: Standing, row: int) -> Credit:
    """The credit of a row, even of one that has left, or of the backstop.

    Raises:
        EMCError: there is none, or its payee cannot receive it.
    """
    amount = standing.life.credits.get(row, 0)
    if not amount:
        raise EMCError(f"there is no credit for row {row}", "see `emc status`")
    payee = standing.agreement.payee_of(row)
    if not can_be_paid(standing.agreement, payee, amount):
        raise EMCError(
            f"row {row}'s payee {payee} does not take {standing.currency.format(amount)}",
            f"its controller {controller_of(standing, row)} can name another: "
            f"`emc till redirect {standing.emc} --row {row} --payee 0x...`",
        )
    return Credit(row, payee, amount)


def withdraw(standing: Standing, row: int, account: "AccountAPI") -> None:
    """Pay a row its credit."""
    edge.send("withdrawing", standing.agreement.contract.withdraw, row, sender=account)


def check_redirect(standing: Standing, row: int, payee: str, account: str) -> Agreement | None:
    """Check that a row's payee can be changed, and that the account may change it.

    Returns:
        The EMC that the new payee is; none if it is something else.

    Raises:
        EMCError: the account is not its controller's, or the new payee cannot be paid.
    """
    controller = controller_of(standing, row)
    if controller.lower() != account.lower():
        raise EMCError(
            f"only row {row}'s controller {controller} says where it is paid, not {account}",
            "choose its account with --account",
        )
    if not can_be_paid(standing.agreement, payee):
        raise EMCError(
            f"{payee} does not take {standing.currency.symbol}", "name a payee that can be paid"
        )
    return nested(standing, payee)


def redirect(standing: Standing, row: int, payee: str, account: "AccountAPI") -> None:
    """Change a row's payee, even after the row has left."""
    conduct = standing.system.conduct
    if any(each.id == row for each in standing.terms.rows):
        what = standing.terms.place_of(row), payee
        standing.send("changing the payee", conduct.change_payee, *what, sender=account)
    else:
        edge.send("redirecting", conduct.redirect, standing.emc, row, payee, sender=account)


def controller_of(standing: Standing, row: int) -> str:
    """The account that can change a row's payee, even of rows that have left.

    Raises:
        EMCError: there is no such row.
    """
    if row in standing.accounts:
        return standing.accounts[row]
    party = standing.agreement.party_of(row)
    if party is None:
        raise EMCError(f"{standing.emc} has no row {row}", "see `emc status`")
    return account_of(standing.system, party) if isinstance(party, int) else party


def can_be_paid(agreement: Agreement, payee: str, amount: int = 1) -> bool:
    """Whether an address can receive an amount from the EMC now, with the gas of a push.

    If the EMC does not have that amount of a token, this cannot be known and is assumed.
    """
    chain, token = agreement.chain, agreement.token
    if token is None:
        return not chain.provider.get_code(payee) or could_send(
            chain, agreement.address, payee, value=amount, gas=TRIAL_GAS
        )
    if int(token.balanceOf(agreement.address)) < amount:
        return True
    data = bytes(token.transfer.encode_input(payee, amount))
    return could_send(chain, agreement.address, token.address, data)


def nested(standing: Standing, payee: str) -> Agreement | None:
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
            "a team must have the currency of the EMC that pays it",
        )
    if inner.stage != "ACTIVE":
        raise EMCError(f"the EMC {payee} is {inner.stage}", "name one that is active")
    epochs = terms_by_epoch(system, payee)
    pays = {inner.payee_of(row.id) for row in epochs[max(epochs)].rows}
    if standing.emc in pays:
        raise EMCError(
            f"the EMC {payee} pays this one", "the money would circulate: name another payee"
        )
    return inner
