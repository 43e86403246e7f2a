"""Whether all money is accounted for: contract, events and balances of one EMC compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from emc.client.agreement import Accounts, Agreement
from emc.core.replay import Life, Run, replay
from emc.core.terms import Terms


@dataclass(frozen=True)
class Proof:
    """What the sources say. Amounts in base units."""

    life: Life
    accounts: Accounts
    balance: int
    # by live row: paid or credited on the page in force, by the terms and by the contract
    entitled: tuple[int, ...]
    earned: tuple[int, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        """The payment runs, in the order of the chain."""
        return tuple(self.life.runs)

    @property
    def paid(self) -> Mapping[str, int]:
        """What each payee got, by events."""
        return self.life.paid

    @property
    def faults(self) -> list[str]:
        """What does not reconcile; empty if everything does."""
        books, life = self.accounts, self.life
        waiting = books.credited + books.held + books.pending + books.dust
        checks = {
            "received = paid + credited + held + pending + dust": books.is_conserved,
            "events sum to what was received": sum(run.received for run in self.runs)
            == books.received,
            "events sum to what was paid": sum(self.paid.values()) == books.paid,
            "events sum to what waits as credits": sum(life.credits.values()) == books.credited,
            "what is held follows from the terms": life.held == books.held,
            "the EMC holds what waits": self.balance == waiting,
            "every row earned what the terms entitle it to": self.entitled == self.earned,
        }
        return [*life.faults, *(name for name, holds in checks.items() if not holds)]


def prove(agreement: Agreement, terms: Mapping[int, Terms]) -> Proof:
    """Read the chain and recompute every payment.

    Args:
        terms: By epoch, as ``emc.client.standing`` reads them from the chain.
    """
    life = replay(agreement.address, agreement.events(), terms)
    return Proof(
        life=life,
        accounts=agreement.accounts,
        balance=agreement.balance(),
        entitled=tuple(life.here[row.id] for row in life.rows),
        earned=tuple(int(agreement.contract.earned(row.id)[0]) for row in life.rows),
    )
