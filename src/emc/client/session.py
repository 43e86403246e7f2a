"""What a developer does in a few lines: connect, deploy or load, sell, look, sign.

Accounts are named as ape knows them, or given as ape's objects. Amounts are text in the settlement
currency ("24.50"), or base units as int.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Union

from emc.chain import edge, networks
from emc.chain.edge import Chain
from emc.client import formation, paying, standing
from emc.client.agreement import Agreement
from emc.client.decisions import Decision
from emc.client.standing import Standing
from emc.client.status import Status
from emc.client.status import of as status_of
from emc.client.submission import submit
from emc.client.system import SIGNATURE_SPAN, System, check_version
from emc.core.orders import Order, batches
from emc.errors import EMCError
from emc.files import signature_files
from emc.files.bundle import Bundle
from emc.files.canvas import Canvas
from emc.files.compile import Parties
from emc.files.proposal import Body, Proposal, applied
from emc.files.signature_files import Paper

if TYPE_CHECKING:
    from ape.api import AccountAPI

Account = Union[str, "AccountAPI"]
FIRST = "TEST::0"


@contextmanager
def connect(network: str = networks.EMBEDDED) -> "Iterator[Session]":
    """A session on a network, by the names that `--network` takes; by default embedded.

    Raises:
        EMCError: the network cannot be used, or the node's answers cannot.
    """
    with edge.connect(network) as chain:
        yield Session(chain)


class Session:
    """A connected chain and the contracts that all its EMCs share."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    @cached_property
    def system(self) -> System:
        """The shared contracts: those known on the chain; on the embedded one, deployed now."""
        if self.chain.is_embedded:
            return System.deploy(self.chain, self.account(FIRST))
        return System.load(self.chain)

    def account(self, account: Account) -> "AccountAPI":
        """An account by its name."""
        return self.chain.account(account) if isinstance(account, str) else account

    # making EMCs

    def draw_up(
        self,
        canvas: Canvas,
        parties: Parties | None = None,
        *,
        nonce: int = 0,
    ) -> Bundle:
        """An agreement that nobody has signed; without parties, test accounts play them."""
        bound = parties or formation.local_cast(self.chain, self.system, canvas, _silent)
        return formation.draw_up(self.chain, self.system, canvas, bound, nonce)

    def deploy(self, source: Canvas | Bundle, *, account: Account = FIRST) -> Agreement:
        """An active EMC from an agreement that all signed, or, on a local chain, from a canvas.

        Raises:
            EMCError: signatures are missing, or a contract refused.
        """
        by = self.account(account)
        bundle = source
        if isinstance(bundle, Canvas):
            bundle = self.draw_up(bundle)
            bundle = formation.sign_by_test_accounts(self.chain, self.system, bundle, _silent)
        self.system.relay(bundle, by)
        return self.agreement(bundle.emc)

    def agreement(self, target: str | Path) -> Agreement:
        """An EMC by its address or its agreement file."""
        if isinstance(target, str) and target.startswith("0x"):
            check_version(self.chain, target)
            return self.system.agreement(target)
        paper = signature_files.read(Path(target))
        if isinstance(paper, Bundle):
            return self.system.made_from(paper)
        return self.system.agreement(paper.emc)

    # signing

    def sign(self, paper: Paper, account: Account) -> Paper:
        """An agreement or a proposal with an account's signature, everything rebuilt first.

        Raises:
            EMCError: it cannot be rebuilt, or the account has no say in it.
        """
        signer = self.account(account)
        if isinstance(paper, Bundle):
            self.system.check(paper)
            return paper.signed(self.system.sign(paper, signer))
        decision = self.decision(paper)
        return paper.signed(decision.sign(signer, self.chain.now + SIGNATURE_SPAN))

    def propose(self, target: Agreement, change: Body) -> Proposal:
        """A change of the terms in force, for nodes to sign."""
        now = self.standing(target)
        after = applied(change, now.terms)
        return Proposal(self.chain.id, now.emc, now.epoch, after.hash(), change)

    def decision(self, proposal: Proposal) -> Decision:
        """A proposal beside the chain: who must agree, who has, what it does."""
        return Decision(standing.read(self.system, proposal.emc, proposal.words), proposal)

    def submit(self, proposal: Proposal, account: Account = FIRST) -> None:
        """Put a change in force that enough nodes have signed.

        Raises:
            EMCError: too few have; says who is missing.
        """
        submit(self.decision(proposal), self.account(account))

    # money

    def sell(self, target: Agreement, orders: list[Order], account: Account = FIRST) -> int:
        """Pay orders in batches; those that the account has paid before are left out.

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
        """Pay one order, by permit where the token takes one."""
        return paying.pay(target, self.account(account), order, self.units(target, amount))

    def mint(self, target: Agreement, amount: str | int, account: Account = FIRST) -> None:
        """Have the test token of a local chain give an account an amount."""
        owner, token = self.account(account), target.token
        if not self.chain.is_local or token is None:
            raise EMCError("only the test token of a local chain can be minted")
        units = self.units(target, amount)
        edge.send("minting the test token", token.mint, owner.address, units, sender=owner)

    @staticmethod
    def units(target: Agreement, amount: str | int) -> int:
        """Base units of an amount."""
        return amount if isinstance(amount, int) else target.currency.parse(amount)

    # looking

    def standing(self, target: Agreement | str) -> Standing:
        """Terms by epoch and the life so far, proven by hashes and events."""
        at = target.address if isinstance(target, Agreement) else target
        return standing.read(self.system, at)

    def status(self, target: Agreement | str) -> Status:
        """Life cycle, plan against actual, next dates, who has to do what."""
        return status_of(self.standing(target))


def _silent(_: str) -> None:
    """Nobody watches."""
