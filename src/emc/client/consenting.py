"""First terms compared with the chain: checked by Consent, agreed by every node, made an EMC.

Prints nothing.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from emc.chain import edge
from emc.client.agreement import NOT_MADE
from emc.client.ballot import Ballot, Voter
from emc.client.system import System, check_ours
from emc.errors import EMCError
from emc.files.bundle import Bundle

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI


class Formation(Ballot):
    """An agreement on its way to becoming an EMC: every node must agree."""

    what = "agreement"

    def __init__(self, system: System, bundle: Bundle) -> None:
        self.system, self.chain = system, system.chain
        self.bundle = self.paper = bundle

    @property
    def emc(self) -> str:
        return self.bundle.emc

    @property
    def contract(self) -> Any:
        return self.system.consent

    @cached_property
    def matter(self) -> bytes:
        return bytes(self.contract.formation_matter(self.emc, self.bundle.terms.hash()))

    @cached_property
    def voters(self) -> list[Voter]:
        terms = self.bundle.terms
        accounts = self.system.accounts_of(terms)
        return [
            Voter(row.id, int(row.party), account, row)
            for row, account in zip(terms.nodes, accounts, strict=True)
        ]

    @property
    def needed(self) -> int:
        return len(self.voters)

    def message(self, voter: Voter, deadline: int) -> dict[str, Any]:
        assert voter.new is not None
        nonce = self.nonce_of(voter.account)
        return self.bundle.message(voter.new, voter.account, deadline, nonce)

    def silence(self, voter: Voter) -> str:
        return "revoked" if self.nonce_of(voter.account) else ""

    @cached_property
    def moved(self) -> list[tuple[int, str, str]]:
        """The rows whose ME's account has changed since this was drawn up: row, old and new."""
        return [
            (voter.row, old, voter.account)
            for voter, old in zip(self.voters, self.bundle.accounts, strict=True)
            if old.lower() != voter.account.lower()
        ]

    def check_open(self, account: str) -> None:
        """Check that an account can still sign it.

        Raises:
            EMCError: the EMC is made, or cannot be made.
        """
        if (stage := self.system.stage(self.bundle)) != NOT_MADE:
            own = [each.row for each in self.voters if each.account.lower() == account.lower()]
            yours = "".join(f", row {row} of yours too" for row in own)
            raise EMCError(
                f"all have agreed{yours}: this EMC is made and {stage}",
                "`emc amend` and `emc renegotiate` change what is in force",
            )
        self.check()

    def check(self, *, may_move: bool = False) -> None:
        """Have Consent check the table before anything is sent.

        Args:
            may_move: Whether accounts may have changed since this was drawn up; it cannot be made
                then, and its terms are checked all the same.

        Raises:
            EMCError: it is for another chain or system, breaks a rule of the terms, or was drawn up
                for other accounts.
        """
        check_ours(self.chain, self.bundle)
        terms, consent = self.bundle.terms, self.contract
        terms.check_payees(self.system.checkout.address)
        at = edge.read("checking the terms", consent.check, terms.head(), terms.packed_rows())
        if at != self.emc and not self.moved:
            raise EMCError(
                f"Consent puts this EMC at {at}, the file at {self.emc}", "refuse the file"
            )
        if self.moved and not may_move:
            told = ", ".join(f"row {row} from {old} to {new}" for row, old, new in self.moved)
            raise EMCError(
                f"accounts have changed since this was drawn up: {told}",
                "draw it up again: the EMC's address follows from its nodes' accounts",
            )

    def submit(self, sender: "AccountAPI") -> "ReceiptAPI | None":
        """Make the EMC once every node has agreed, unless it exists.

        Returns:
            The receipt, or nothing if there was nothing to do.

        Raises:
            EMCError: a node has not agreed; says which.
        """
        if self.system.stage(self.bundle) != NOT_MADE:
            return None
        self.check()
        answers, terms = self.answers(), self.bundle.terms
        missing = {each.voter.row: each.told for each in answers if not each.counts}
        if missing:
            raise EMCError(
                f"{len(answers) - len(missing)} of {len(answers)} have agreed",
                f"still to sign: {', '.join(self.bundle.called(missing))}",
            )
        signed, wallets = self.relayed(answers)
        call = (self.contract.make, terms.head(), terms.packed_rows(), signed)
        edge.check_fits("making the EMC", wallets, *call, sender=sender)
        return edge.send("making the EMC", *call, sender=sender)
