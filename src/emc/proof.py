"""Whether what came in is what went out: contract, events and balances of one EMC, side by side."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from emc.agreement import Accounts, Agreement
from emc.terms import Terms
from emc.waterfall import entitlement


@dataclass(frozen=True)
class Run:
    """One payment run, as its Payout event tells it."""

    block: int
    received: int
    total: int
    held: int
    paid: int
    credited: int


@dataclass(frozen=True)
class Proof:
    """What the sources say. Amounts in base units."""

    runs: tuple[Run, ...]
    accounts: Accounts
    balance: int
    # by payee, from Payout and Withdrawn events
    paid: dict[str, int]
    # by row: what the terms entitle it to now, and what the contract says it earned
    entitled: tuple[int, ...]
    earned: tuple[int, ...]

    @property
    def faults(self) -> list[str]:
        """What does not tie; nothing if all does."""
        books = self.accounts
        waiting = books.credited + books.held + books.pending + books.dust
        checks = {
            "received = paid + credited + held + pending + dust": books.is_conserved,
            "events sum to what was received": sum(run.received for run in self.runs)
            == books.received,
            "events sum to what was paid": sum(self.paid.values()) == books.paid,
            "the EMC holds what waits": self.balance == waiting,
            "every row earned what the terms entitle it to": self.entitled == self.earned,
        }
        return [name for name, holds in checks.items() if not holds]


def prove(agreement: Agreement, terms: Terms) -> Proof:
    """Read the chain and compare; the terms must be those in force."""
    contract = agreement.chain.provider.web3.eth.contract(
        address=agreement.address, abi=agreement.abi
    )
    paid: dict[str, int] = defaultdict(int)
    runs = []
    for log in contract.events.Payout.get_logs(from_block=0):
        runs.append(_run(log))
        for i, (payee, amount) in enumerate(_payments(log)):
            if not log["args"]["credited"] >> i & 1:
                paid[payee] += amount
    for log in contract.events.Withdrawn.get_logs(from_block=0):
        paid[log["args"]["payee"]] += log["args"]["amount"]
    for log in contract.events.Swept.get_logs(from_block=0):
        if not log["args"]["credited"]:
            paid[log["args"]["backstop"]] += log["args"]["amount"]
    accounts = agreement.accounts
    shared = accounts.received - accounts.pending
    is_open = bool(contract.functions.is_gate_open().call())
    return Proof(
        runs=tuple(runs),
        accounts=accounts,
        balance=agreement.balance(),
        paid=dict(paid),
        entitled=tuple(
            entitlement(terms, row, shared, is_open=is_open).flows for row in terms.rows
        ),
        earned=tuple(int(contract.functions.earned(row.id).call()[0]) for row in terms.rows),
    )


def _payments(log: Any) -> list[tuple[str, int]]:
    return [(each["payee"], each["amount"]) for each in log["args"]["payments"]]


def _run(log: Any) -> Run:
    args = log["args"]
    amounts = [amount for _, amount in _payments(log)]
    credited = sum(amount for i, amount in enumerate(amounts) if args["credited"] >> i & 1)
    return Run(
        block=log["blockNumber"],
        received=args["received"],
        total=args["total"],
        held=args["held"],
        paid=sum(amounts) - credited,
        credited=credited,
    )
