"""Who must agree to a file, what each signs, and who has: the same for terms and for changes."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from emc.chain import edge
from emc.chain.edge import Chain
from emc.core import typed_data
from emc.core.terms import Row
from emc.errors import EMCError
from emc.files.bundle import Signature
from emc.files.signature_files import Paper

if TYPE_CHECKING:
    from ape.api import AccountAPI


@dataclass(frozen=True)
class Voter:
    """A node that must agree.

    Args:
        row: Row id.
        new: Its row in the new terms; none if it is not in them.
    """

    row: int
    me: int
    account: str
    new: Row | None


@dataclass(frozen=True)
class Answer:
    """Whether a voter has agreed: ``signed``, ``approved`` on chain, or ``missing``; and why a
    signature does not count, or was revoked.
    """

    voter: Voter
    how: str
    why: str = ""

    @property
    def counts(self) -> bool:
        return self.how in ("signed", "approved")

    @property
    def told(self) -> str:
        """The answer, or why it does not count."""
        return self.how if self.counts else self.why or self.how


class Ballot(ABC):
    """A file compared with the chain. What is signed is rebuilt, never taken from the file."""

    chain: Chain
    paper: Paper

    # what is asked differs: of first terms, of changes

    @property
    @abstractmethod
    def emc(self) -> str:
        """The EMC's address, even before it is made."""

    @property
    @abstractmethod
    def what(self) -> str:
        """What it is, for people."""

    @property
    @abstractmethod
    def contract(self) -> Any:
        """The contract that counts it."""

    @property
    @abstractmethod
    def matter(self) -> bytes:
        """The hash under which it is approved on chain."""

    @property
    @abstractmethod
    def voters(self) -> list[Voter]:
        """The voters, in the order in which the contract asks them."""

    @property
    @abstractmethod
    def needed(self) -> int:
        """How many of them must agree."""

    @abstractmethod
    def message(self, voter: Voter, deadline: int) -> dict[str, Any]:
        """The typed data that a voter signs."""

    def silence(self, voter: Voter) -> str:  # noqa: ARG002
        """Why a voter without a signature has not agreed, if known."""
        return ""

    # what follows is the same for all

    @cached_property
    def now(self) -> int:
        """Time of the newest block when it was first asked for."""
        return self.chain.now

    def voter_of(self, account: str) -> Voter:
        """The voter whose current account this is.

        Raises:
            EMCError: it is not the account of a voter.
        """
        for voter in self.voters:
            if voter.account.lower() == account.lower():
                return voter
        raise EMCError(
            f"{account} has no vote in this {self.what}: it is not the account of a node that "
            "must agree",
            "sign with the current account of the node's ME",
        )

    def sign(self, account: "AccountAPI", deadline: int) -> Signature:
        """A node's signature by its account, checked before it is returned.

        Raises:
            EMCError: the account has no vote, or gave no signature that recovers to it.
        """
        return self.signed(account, self.message(self.voter_of(account.address), deadline))

    def signed(self, account: "AccountAPI", message: dict[str, Any]) -> Signature:
        """Sign exactly the message that was shown; rebuilt, it might have another nonce.

        Raises:
            EMCError: the account gave no signature that recovers to it.
        """
        return Signature.of(message, edge.sign(account, message))

    def approve(self, account: "AccountAPI", until: int) -> None:
        """Agree with a transaction of the account."""
        self.voter_of(account.address)
        what = self.emc, self.matter, until
        edge.send("approving", self.contract.approve, *what, sender=account)

    def revoke(self, account: "AccountAPI") -> None:
        """Void everything that the account signed or approved for this EMC in this contract."""
        edge.send("revoking", self.contract.revoke, self.emc, sender=account)

    def has_approved(self, account: str) -> bool:
        """Whether an account's approval on chain counts now."""
        return int(self.contract.approved_until(self.emc, self.matter, account)) >= self.now

    def answers(self) -> list[Answer]:
        """Each voter's answer so far, with every signature checked against the chain."""
        given = {each.index: each for each in self.paper.signatures}
        found = []
        for voter in self.voters:
            is_given = voter.row in given
            why = self.fault(voter, given[voter.row]) if is_given else self.silence(voter)
            # asking a wallet costs more than reading what it approved
            is_plain = is_given and not why and not self.is_wallet(voter)
            if not is_plain and self.has_approved(voter.account):
                found.append(Answer(voter, "approved"))
            elif is_given and not why:
                found.append(Answer(voter, "signed"))
            else:
                found.append(Answer(voter, "missing", why))
        return found

    def fault(self, voter: Voter, signature: Signature) -> str:
        """Why a signature does not count, as the chain sees it now; empty if it does."""
        if signature.signer.lower() != voter.account.lower():
            return f"signed by {signature.signer}, the account is now {voter.account}"
        if signature.deadline < self.now:
            return "its signature has expired"
        if signature.nonce != self.nonce_of(voter.account):
            return "its signature was revoked"
        if self.is_wallet(voter):
            # it is asked when its signature is relayed
            return ""
        message = self.message(voter, signature.deadline)
        return typed_data.fault(message, signature.data, voter.account)

    def faults(self) -> dict[int, str]:
        """Why each given signature does not count, by row id; empty if it does."""
        voters = {voter.row: voter for voter in self.voters}
        return {
            each.index: self.fault(voters[each.index], each)
            if each.index in voters
            else f"row {each.index} is not asked"
            for each in self.paper.signatures
        }

    def missing(self) -> dict[int, str]:
        """The rows that have agreed neither in the file nor on chain, and why not."""
        return {each.voter.row: each.why or each.how for each in self.answers() if not each.counts}

    def is_wallet(self, voter: Voter) -> bool:
        """Whether the voter's account is a contract."""
        return bool(self.chain.provider.get_code(voter.account))

    def nonce_of(self, account: str) -> int:
        """How often an account has revoked for this EMC in this contract."""
        return int(self.contract.nonce_of(self.emc, account))

    def relayed(self, answers: list[Answer]) -> tuple[list[Any], list[int]]:
        """Signatures in the contract's form, and the rows of contract wallets among the signers."""
        given = {each.index: each for each in self.paper.signatures}
        signed = [each.voter for each in answers if each.how == "signed"]
        wallets = [voter.row for voter in signed if self.is_wallet(voter)]
        return [given[voter.row].argument() for voter in signed], wallets
