"""What is worth knowing about an EMC and is no error: nobody is accused by it."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise

from emc.audit.prove import findings_of_orders
from emc.audit.prove.case import Case, Finding
from emc.audit.prove.findings_of_orders import Returns
from emc.audit.prove.history import Bought, Happened, Payout
from emc.audit.prove.life import NO_REFERENCE
from emc.audit.prove.parties import parties_of
from emc.audit.prove.signed import Terms
from emc.core.text import counted
from emc.core.units import Currency

# a buyer with more than this part of everything, or of what opened a gate, in percent
CONCENTRATED = 50
# lines of one kind that are listed
MOST = 100


def find(case: Case, is_published: bool, returns: Returns | None = None) -> list[Finding]:
    """Everything worth knowing.

    Args:
        returns: What the canvas says of orders that go back, if somebody has it.
    """
    found = []
    if not is_published:
        at = case.known.implementation
        text = f"the EMC runs code that is not the published one: {at}"
        found.append(Finding("foreign_code", text, party=at))
    currency = Currency(case.history.symbol or "units", case.history.decimals or 0)
    money, bought = currency.format, _bought(case)
    return [
        *found,
        *_fees(case, money),
        *_credits(case, money),
        *_duplicates(case, bought),
        *_concentration(case, bought, money),
        *_self_dealing(case, bought, money),
        *_circulation(case, money),
        *findings_of_orders.find(case, money, returns),
        *_late(case),
        *_withheld(case),
    ]


def _fees(case: Case, money: Callable[[int], str]) -> list[Finding]:
    found = []
    if case.ties is not None and case.ties.fees:
        amount, payments = sum(case.ties.fees), counted(len(case.ties.fees), "payment")
        text = f"the token kept {money(amount)} of {payments}: payees got their part less this"
        found.append(Finding("fee_token", text, party=case.history.currency, amount=amount))
    if case.is_by_balance:
        text = "the token's Transfer events are not what it moves: balances tie, block by block"
        found.append(Finding("odd_token", text, party=case.history.currency))
    return found


def _credits(case: Case, money: Callable[[int], str]) -> list[Finding]:
    found = []
    life = case.life
    for row_id, amount in sorted(life.credits.items()):
        if amount:
            payee = life.payees[row_id]
            text = f"row {row_id} has a credit of {money(amount)} that nobody has withdrawn"
            found.append(Finding("credit_waiting", text, None, None, row_id, payee, amount))
    refused: dict[tuple[int | None, str], list[int]] = {}
    for entry in life.ledger:
        if entry.kind in ("credit", "sweep_credit"):
            refused.setdefault((entry.row_id, entry.party), []).append(entry.amount)
    for (row, payee), amounts in refused.items():
        text = f"the payee of row {row} did not take {counted(len(amounts), 'payment')}"
        found.append(Finding("refusing_payee", text, None, None, row, payee, sum(amounts)))
    return found


def _bought(case: Case) -> list[Bought]:
    """Orders by who bought: of those sold by Checkout the buyer that paid there."""
    buyers, checkout = case.orders.buyers, case.known.checkout
    return [
        each._replace(payer=buyers.get(each.number, each.payer)) if each.payer == checkout else each
        for several in case.history.orders.values()
        for each in several
    ]


def _duplicates(case: Case, bought: list[Bought]) -> list[Finding]:
    numbers: dict[str, list[Bought]] = defaultdict(list)
    for several in case.history.orders.values():
        for each in several:
            # Checkout's numbers are its own
            if each.payer != case.known.checkout:
                numbers[str(each.number)].append(each)
    customers: dict[str, list[Bought]] = defaultdict(list)
    for each in bought:
        if each.customer != NO_REFERENCE:
            customers[each.customer].append(each)
    return [
        *_shared(numbers, "duplicate_order", "order {} was paid by {} accounts"),
        *_shared(customers, "duplicate_buyer", "customer {} paid from {} accounts"),
    ]


def _shared(groups: dict[str, list[Bought]], kind: str, text: str) -> list[Finding]:
    """Groups of orders that several accounts paid."""
    found = []
    for name, several in sorted(groups.items()):
        payers = len({each.payer for each in several})
        if payers > 1:
            block, amount = max(each.block for each in several), _sum(several)
            found.append(Finding(kind, text.format(name, payers), block, amount=amount))
    return found[:MOST]


def _sum(several: Iterable[Bought]) -> int:
    # what is larger than any amount can be counts as nothing
    return sum(max(each.amount, 0) for each in several)


def _concentration(case: Case, bought: list[Bought], money: Callable[[int], str]) -> list[Finding]:
    """Who paid most, of everything and of what opened the gate: wash sales look like this, good
    customers, too.
    """
    balances = case.life.balances
    opened = next(
        (each for before, each in pairwise(balances) if each.is_open and not before.is_open),
        None,
    )
    spans = [(case.pinned.number, "so far")]
    if opened is not None:
        spans.append((opened.block, "until the gate opened"))
    found = []
    for block, until in spans:
        by_payer: dict[str, list[Bought]] = defaultdict(list)
        for each in bought:
            if each.block <= block:
                by_payer[each.payer].append(each)
        total = sum(map(_sum, by_payer.values()))
        for payer, several in by_payer.items():
            amount = _sum(several)
            if amount * 100 > total * CONCENTRATED:
                text = f"{payer} paid {money(amount)} of the {money(total)} {until}"
                found.append(Finding("concentration", text, block, party=payer, amount=amount))
    return found


def _self_dealing(case: Case, bought: list[Bought], money: Callable[[int], str]) -> list[Finding]:
    parties = parties_of(case)
    own: dict[str, list[Bought]] = defaultdict(list)
    for each in bought:
        if each.payer in parties:
            own[each.payer].append(each)
    return [
        Finding(
            "self_dealing",
            f"{parties[payer].text} bought {counted(len(several), 'time')} for "
            f"{money(_sum(several))}",
            max(each.block for each in several),
            party=payer,
            amount=_sum(several),
        )
        for payer, several in sorted(own.items())
    ]


def _circulation(case: Case, money: Callable[[int], str]) -> list[Finding]:
    """Sales that follow each other in one transaction: one coin that goes round looks like this."""
    sales: dict[tuple[int, str], list[int]] = defaultdict(list)
    for each in case.history.own:
        if isinstance(each, Payout) and each.kind in ("sale", "batch"):
            sales[each.block, each.tx].append(max(each.gross, 0))
    return [
        Finding(
            "circulation",
            f"{counted(len(moved), 'sale')} in one transaction moved {money(sum(moved))}, "
            f"at most {money(max(moved))} at once",
            block,
            tx,
            amount=sum(moved),
        )
        for (block, tx), moved in sorted(sales.items())
        if len(moved) > 1
    ][:MOST]


def _late(case: Case) -> list[Finding]:
    found = []
    for event in case.history.table:
        if event.name != "Assessed":
            continue
        terms = _terms_at(case, event)
        late = case.history.times[event.block] - terms["goal.deadline"]
        if late > 0:
            row, amount = event.number("submitter"), event.number("amount")
            text = f"row {row} submitted a value {late} s after the deadline"
            at = event.block, event.tx
            found.append(Finding("late_assessment", text, *at, row_id=row, amount=amount))
    return found


def _terms_at(case: Case, event: Happened) -> Terms:
    before = [each for each in case.epochs.values() if each.event.place <= event.place]
    return (before[-1] if before else case.epochs[1]).terms


def _withheld(case: Case) -> list[Finding]:
    return [
        Finding("withheld_rating", f"ME {event.args['me']} rated nobody", event.block, event.tx)
        for event in case.history.reviews
        if event.name == "Finalised" and event.args.get("is_withheld")
    ]
