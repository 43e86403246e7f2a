"""What a developer needs in a few lines: connect, deploy or load, sell, inspect, sign.

Accounts are ape aliases or ape's account objects. Amounts are text in the settlement
currency ("24.50"), or base units as int.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Union

from emc.chain import edge, networks
from emc.chain.edge import Chain
from emc.client import creating, drawing_up, paying, standing
from emc.client.agreement import Agreement
from emc.client.ballot import Ballot
from emc.client.consenting import Formation
from emc.client.creating import Progress, silent
from emc.client.decisions import Decision
from emc.client.proposing import check, propose
from emc.client.standing import Standing
from emc.client.status import Status
from emc.client.status import of as status_of
from emc.client.submission import submit
from emc.client.system import SIGNATURE_SPAN, System, check_ours, check_version
from emc.core.addresses import address
from emc.core.orders import Order, batches
from emc.files import agreements, bundle, targets
from emc.files.bundle import Bundle
from emc.files.canvas import Canvas
from emc.files.compile import Parties
from emc.files.proposal import Body, Proposal
from emc.files.signature_files import Paper
from emc.files.targets import Target

if TYPE_CHECKING:
    from ape.api import AccountAPI

Account = Union[str, "AccountAPI"]
FIRST = "TEST::0"


@contextmanager
def connect(network: str = networks.EMBEDDED) -> "Iterator[Session]":
    """Open a session on a network, named as for `--network`; by default embedded.

    Raises:
        EMCError: the network cannot be used, or the node's answers cannot.
    """
    with edge.connect(network) as chain:
        yield Session(chain)


class Session:
    """A connected chain and the contracts that all its EMCs share."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        # EMCs by what they were named by: a file is read once
        self.targets: dict[str, Target] = {}

    @cached_property
    def system(self) -> System:
        """The shared contracts on this chain; on the embedded one they are deployed now."""
        if self.chain.is_embedded:
            return System.deploy(self.chain, self.account(FIRST))
        return System.load(self.chain)

    def load(self) -> System:
        """Load the shared contracts, which must exist: nothing is deployed.

        Raises:
            EMCError: they are not, not whole, or not ours.
        """
        self.system = System.load(self.chain)
        return self.system

    def deploy_system(self, account: Account = FIRST, told: Progress = silent) -> System:
        """The shared contracts; missing ones are created.

        Args:
            told: Called with each contract that was created.
        """
        self.system = System.deploy(self.chain, self.account(account), told)
        return self.system

    def account(self, account: Account) -> "AccountAPI":
        """An account by its name."""
        return self.chain.account(account) if isinstance(account, str) else account

    def address(self, account: str) -> str:
        """An address, given as itself or as the alias of an account in ape.

        Raises:
            EMCError: neither.
        """
        return address(account) if account.startswith("0x") else self.account(account).address

    @property
    def now(self) -> int:
        """Time of the newest block."""
        return self.chain.now

    # making EMCs

    def draw_up(
        self,
        canvas: Canvas,
        parties: Parties | None = None,
        *,
        nonce: int = 0,
    ) -> Bundle:
        """Draw up an unsigned agreement; without parties, test accounts play the nodes."""
        bound = parties or drawing_up.local_cast(self.chain, self.system, canvas, silent)
        return drawing_up.draw_up(self.chain, self.system, canvas, bound, nonce)

    def deploy(self, source: Canvas | Bundle, *, account: Account = FIRST) -> Agreement:
        """Make an EMC from an agreement that all nodes signed, or on a local chain from a canvas.

        Raises:
            EMCError: signatures are missing, or a contract refused.
        """
        by = self.account(account)
        bundle = source
        if isinstance(bundle, Canvas):
            bundle = self.draw_up(bundle)
            bundle = drawing_up.sign_by_test_accounts(self.chain, self.system, bundle, silent)
        self.formation(bundle).submit(by)
        return self.agreement(bundle.emc)

    def target(self, told: str) -> Target:
        """The EMC named by an address or an agreement file.

        Raises:
            EMCError: neither.
        """
        if told not in self.targets:
            self.targets[told] = targets.target(told)
        return self.targets[told]

    def check(self, target: Target) -> None:
        """Check that an EMC is of this version and chain.

        Raises:
            EMCError: it is of another one.
        """
        if target.paper is None:
            check_version(self.chain, target.emc)
        else:
            check_ours(self.chain, target.paper)

    def agreement(self, target: str | Path) -> Agreement:
        """An EMC by its address or its agreement file.

        Raises:
            EMCError: it is not made yet, or is of another version.
        """
        meant = self.target(str(target))
        self.check(meant)
        if meant.paper is not None:
            return self.system.made_from(meant.paper)
        return self.system.agreement(meant.emc)

    # signing

    def sign(self, paper: Paper, account: Account) -> Paper:
        """An agreement or a proposal with an account's signature, everything rebuilt first.

        Raises:
            EMCError: it cannot be rebuilt, or the account has no vote in it.
        """
        signer = self.account(account)
        ballot = self.ballot(paper, signer.address)
        return paper.signed(ballot.sign(signer, self.now + SIGNATURE_SPAN))

    def ballot(self, paper: Paper, account: str) -> Ballot:
        """Who must agree to a file, checked for an account that is about to sign.

        Raises:
            EMCError: it cannot be rebuilt, cannot be signed any more, or the contracts would refuse
                it.
        """
        if isinstance(paper, Proposal):
            decision = self.decision(paper)
            check(decision)
            return decision
        formation = Formation(self.system, paper)
        formation.check_open(account)
        return formation

    def formation(self, paper: Bundle) -> Formation:
        """An agreement compared with the chain: who has agreed, and making the EMC."""
        return Formation(self.system, paper)

    def propose(self, target: Agreement | str | Path, change: Body) -> Proposal:
        """A change of the terms in force, for nodes to sign.

        Raises:
            EMCError: it does not fit them, or the contracts would refuse it.
        """
        return propose(self.standing(target), change).proposal

    def decision(self, proposal: Proposal) -> Decision:
        """A proposal compared with the chain: who must agree, who has, what it does."""
        return Decision(standing.read(self.system, proposal.emc, proposal.words), proposal)

    def submit(self, proposal: Proposal, account: Account = FIRST) -> None:
        """Put into force a change that enough nodes have signed.

        Raises:
            EMCError: too few have; says who is missing.
        """
        submit(self.decision(proposal), self.account(account))

    # money

    def sell(self, target: Agreement, orders: list[Order], account: Account = FIRST) -> int:
        """Pay orders in batches, skipping those that the account has already paid.

        Returns:
            How many were paid.
        """
        payer = self.account(account)
        left = target.unsold(payer.address, sorted(orders, key=lambda order: order.number))
        target.prepare(payer, sum(order.amount for order in left))
        target.sell(payer, batches(left), done=lambda *_: None)
        return len(left)

    def pay(
        self, target: Agreement, order: int, amount: str | int, account: Account = FIRST
    ) -> paying.Payment:
        """Pay one order, by permit if the token supports it."""
        return paying.pay(target, self.account(account), order, self.units(target, amount))

    def mint(self, target: Agreement, amount: str | int, account: Account = FIRST) -> None:
        """Mint an amount of a local chain's test token for an account.

        Raises:
            EMCError: the EMC settles in something else.
        """
        owner, units = self.account(account), self.units(target, amount)
        creating.mint(self.chain, target.currency_address, owner.address, units, owner)

    @staticmethod
    def units(target: Agreement, amount: str | int) -> int:
        """Base units of an amount."""
        return amount if isinstance(amount, int) else target.currency.parse(amount)

    # looking

    def standing(self, target: Agreement | str | Path, agreement: Path | None = None) -> Standing:
        """Terms by epoch and the history so far, proven by hashes and events.

        Args:
            target: An EMC, its address or its agreement file.
            agreement: A file that has the words of its measures, where an address is given; else
                one that was read here before.

        Raises:
            EMCError: it is not made yet, or is of another version.
        """
        meant = self.target(target.address if isinstance(target, Agreement) else str(target))
        self.check(meant)
        paper = meant.paper
        if paper is not None:
            self.system.made_from(paper)
        elif agreement is not None:
            paper = bundle.read(agreement)
        else:
            paper = agreements.known(self.chain.id, meant.emc)
        return standing.read(self.system, meant.emc, paper.words if paper else ())

    def status(self, target: Agreement | str | Path) -> Status:
        """Life cycle, plan against actual, next dates, who has to do what."""
        return status_of(self.standing(target))
