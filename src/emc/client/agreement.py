"""One EMC on a chain: its state, its money, and selling through it.

Prints nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address

from emc import artifacts
from emc.chain import edge
from emc.chain.edge import Chain
from emc.chain.tokens import could_send
from emc.core.orders import Batch, Order
from emc.core.replay import Happened, sold
from emc.core.terms import NATIVE, party_in
from emc.core.units import Currency
from emc.errors import EMCError

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI
    from ape.contracts import ContractInstance

# an agreement that Consent has not made an EMC of
NOT_MADE = "NOT MADE"
STAGES = {1: "ACTIVE", 2: "ENDED", 4: "CLOSED"}


def stage_of(number: int) -> str:
    """The word for a stage.

    Raises:
        EMCError: there is none.
    """
    if number not in STAGES:
        raise EMCError(
            f"an EMC is never in stage {number}", "the node answers falsely: ask another"
        )
    return STAGES[number]


@dataclass(frozen=True)
class Accounts:
    """Where all money is, in base units: received is the sum of the others."""

    received: int
    paid: int
    credited: int
    held: int
    pending: int
    dust: int

    @property
    def is_conserved(self) -> bool:
        return self.received == (self.paid + self.credited + self.held + self.pending + self.dust)


class Agreement:
    """One EMC that is active or was."""

    def __init__(self, chain: Chain, address: str) -> None:
        self.chain = chain
        self.address = to_checksum_address(address)
        self.contract: ContractInstance = chain.contract("EMC", address)

    @property
    def abi(self) -> list[dict[str, Any]]:
        """The ABI, for tools that decode events themselves."""
        abi: list[dict[str, Any]] = artifacts.load("EMC")["abi"]
        return abi

    @property
    def stage(self) -> str:
        return stage_of(int(self.contract.stage()))

    @property
    def currency_address(self) -> str:
        """The settlement token, zero for native coin."""
        page = bytes(self.contract.page())
        return to_checksum_address(page[32:52])

    @property
    def epoch(self) -> int:
        """Number of the epoch in force."""
        return int(self.contract.epoch())

    @property
    def is_gate_open(self) -> bool:
        return bool(self.contract.is_gate_open())

    def payee_of(self, row: int) -> str:
        """The address at which a row is paid, even after it has left."""
        return str(self.contract.payee_of(row))

    def party_of(self, row: int) -> int | str | None:
        """Whose a row is, also of one that has left: the id of an ME, or a beneficiary's
        controller; none if there is no such row.
        """
        word = int(self.contract.party_of(row))
        return party_in(word) if word else None

    @property
    def is_native(self) -> bool:
        """Whether it settles in native coin."""
        return self.currency_address == NATIVE

    @property
    def token(self) -> "ContractInstance | None":
        address = self.currency_address
        return None if address == NATIVE else self.chain.contract("Token", address)

    @property
    def currency(self) -> Currency:
        """How the settlement currency is printed, as the token itself says."""
        return self.chain.currency_at(self.currency_address)

    @property
    def accounts(self) -> Accounts:
        return Accounts(*(int(value) for value in self.contract.accounts()))

    def balance(self) -> int:
        """The EMC's balance in its currency, in base units."""
        return self.balance_of(self.address)

    def balance_of(self, account: str) -> int:
        """What an account has in the EMC's currency, in base units."""
        token = self.token
        if token is None:
            return int(self.chain.provider.get_balance(account))
        return int(token.balanceOf(account))

    def events(self) -> list[Happened]:
        """Everything the EMC logged, and the final values of its goal, in the order of the
        chain.
        """
        goals = str(self.contract.authority()[3])
        logged = self.chain.events({self.address: "EMC"})
        logged += self.chain.events({goals: "Goals"}, self.address)
        logged.sort(key=lambda each: (each.block, each.place))
        return [Happened(each.name, each.args, each.block) for each in logged]

    # selling

    def unsold(self, payer: str, orders: Iterable[Order]) -> list[Order]:
        """The orders whose number the payer has not paid; one call per 256 numbers."""
        words: dict[int, int] = {}
        left = []
        for order in orders:
            word = order.number >> 8
            if word not in words:
                words[word] = int(self.contract.paid_word(payer, word))
            if words[word] >> (order.number & 255) & 1 == 0:
                left.append(order)
        return left

    def paid_amounts(self, payer: str) -> dict[int, int]:
        """What a payer paid for each order number, in base units, from events."""
        return {
            each.number: each.amount
            for each in sold(self.events())
            if each.payer.lower() == payer.lower()
        }

    def still_to_pay(
        self, payer: str, orders: "Iterable[Order]", placed: Mapping[int, int]
    ) -> list[Order]:
        """The orders that a payer has not paid, neither here nor at Checkout.

        Events tell what it has paid, in as many questions as there are for any other reader; of the
        rest the EMC itself is asked, since it would refuse what it knows.

        Args:
            placed: What the payer paid at Checkout, in base units, by order number.

        Raises:
            EMCError: one was paid with another amount than it has now.
        """
        paid = {**self.paid_amounts(payer), **placed}
        left = []
        for order in orders:
            before = paid.get(order.number)
            if before is None:
                left.append(order)
            elif before != order.amount:
                money = self.currency
                raise EMCError(
                    f"line {order.line}: order {order.name} was paid with "
                    f"{money.format(before)}, the file says {money.format(order.amount)}",
                    "correct the file, or give the difference a number of its own; "
                    "nothing was sold now",
                )
        return self.unsold(payer, left)

    def check_active(self) -> None:
        """Refuse an EMC that accepts no sales.

        Raises:
            EMCError: the EMC is not active.
        """
        if self.stage != "ACTIVE":
            raise EMCError(f"{self.address} is {self.stage}: it accepts no more sales")

    def check_funds(self, payer: str, amount: int) -> None:
        """Refuse an account that has less than an amount.

        Raises:
            EMCError: it has less.
        """
        currency, has = self.currency, self.balance_of(payer)
        if has < amount:
            raise EMCError(
                f"{payer} has {currency.format(has)}, the orders need {currency.format(amount)}",
                f"fund the account, or sell fewer orders{self._funding(payer)}",
            )

    def _funding(self, payer: str) -> str:
        """How an account gets what it lacks where anybody can make it."""
        token = self.token
        if not self.chain.is_local or self.chain.is_embedded:
            return "; `--mint` of `emc sell` makes a test token" if token is not None else ""
        if token is None:
            return f"; `emc chain fund {payer}` makes coin"
        if not self.chain.has_code("Token", token.address):
            return ""
        return f"; `emc chain fund {payer} --token {token.address}` makes it"

    def prepare(self, payer: "AccountAPI", amount: int) -> None:
        """See that the payer has `amount` and, in a token, that the EMC may pull it.

        Raises:
            EMCError: it has less, or the EMC is not active.
        """
        self.check_active()
        self.check_funds(payer.address, amount)
        if not self.is_native:
            self.allow(payer, self.address, amount)

    def allow(self, payer: "AccountAPI", spender: str, amount: int) -> None:
        """Let a contract pull an amount of the EMC's token; an allowance that suffices stays."""
        token = self.token
        assert token is not None
        allowed = int(token.allowance(payer.address, spender))
        if allowed >= amount:
            return
        what, approve = "approving the allowance", token.approve
        data = bytes(approve.encode_input(spender, amount))
        if allowed and not could_send(self.chain, payer.address, token.address, data):
            # USDT and its like change no allowance but from and to zero
            edge.send(what, approve, spender, 0, sender=payer)
        edge.send(what, approve, spender, amount, sender=payer)

    def sell(
        self,
        payer: "AccountAPI",
        batches: Iterable[Batch],
        done: "Callable[[Batch, ReceiptAPI], None]",
    ) -> None:
        """Pay batches one after the other; `done` is called after each."""
        is_native = self.is_native
        for batch in batches:
            value = {"value": batch.amount} if is_native else {}
            receipt = edge.send(
                f"orders {batch.first} to {batch.orders[-1].number}",
                self.contract.sales,
                batch.first,
                batch.argument(),
                sender=payer,
                **value,
            )
            done(batch, receipt)
