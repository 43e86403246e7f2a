"""The state of an EMC on chain: the terms in force, rebuilt from events and proven by their hash.

Reads the chain through `emc.chain`; prints nothing and sends nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address

from emc.chain import edge
from emc.chain.edge import Logged
from emc.client.agreement import Agreement
from emc.client.system import TABLE, System
from emc.core.replay import Life, replay
from emc.core.terms import Measure, Metric, Terms, shares_in
from emc.core.units import Currency
from emc.errors import EMCError
from emc.files.proposal import Body, Proposal, applied

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI


@dataclass(frozen=True)
class Former:
    """A former node with money behind the gate."""

    row: int
    me: int
    account: str
    held: int


@dataclass(frozen=True)
class Standing:
    """The state of an EMC at one moment. Amounts in base units.

    Args:
        accounts: The node's current account, by row id.
        values: The last final assessment of each assessed measure of the goal, and as of when;
            zeros without one.
    """

    system: System
    agreement: Agreement
    now: int
    stage: str
    currency: Currency
    epochs: Mapping[int, Terms]
    accounts: Mapping[int, str]
    formers: tuple[Former, ...]
    values: Mapping[Metric, tuple[int, int]]
    life: Life

    @property
    def emc(self) -> str:
        return self.agreement.address

    @property
    def epoch(self) -> int:
        """Number of the epoch in force."""
        return max(self.epochs)

    @property
    def terms(self) -> Terms:
        """In force."""
        return self.epochs[self.epoch]

    def reached(self, measure: Measure) -> int:
        """How far a measure of the goal has come, in its metric's unit."""
        found = self.values.get(measure.metric)
        return self.life.total if found is None else found[0]

    @property
    def verdict(self) -> str:
        """Whether the goal is ``achieved``, ``missed``, or still ``open``."""
        if all(self.reached(each) >= each.target for each in self.terms.goal.measures):
            return "achieved"
        return "missed" if self.now > self.terms.closes_at else "open"

    @property
    def covers(self) -> dict[int, int]:
        """What is still open of the cost covers, by row id, once all that came in is shared out."""
        page = self.life.page
        if page is None:
            return {row.id: row.cost for row in self.terms.rows}
        return {row.id: page.open_cover(row, self.life.since) for row in self.terms.rows}

    @cached_property
    def renegotiable_from(self) -> int:
        """From when on shares can change again; zero: they have never changed."""
        last = int(self.system.changes.renegotiated_at(self.emc))
        return last + self.terms.renegotiation.interval if last else 0

    @property
    def table(self) -> tuple[Any, ...]:
        """The contracts' first arguments: the EMC, and the complete terms in force."""
        return self.emc, self.terms.head(), self.terms.packed_rows()

    def proposal(self, change: Body) -> Proposal:
        """An unsigned change of the terms in force.

        Raises:
            EMCError: it does not fit the terms in force.
        """
        return Proposal(
            chain_id=self.system.chain.id,
            emc=self.emc,
            epoch=self.epoch,
            terms_hash=applied(change, self.terms).hash(),
            change=change,
        )

    def send(self, doing: str, function: Any, *words: Any, sender: "AccountAPI") -> "ReceiptAPI":
        """Call a function of the table that takes the terms in force before its own words."""
        return edge.send(doing, function, *self.table, *words, sender=sender)

    def events(self, name: str) -> list[Logged]:
        """What one of the shared contracts logged about the EMC, in the order of the chain."""
        return self.system.events(name, emc=self.emc)

    def last_amended(self) -> int:
        """The epoch that the last amendment began.

        Raises:
            EMCError: there was none.
        """
        logged = self.events("Changes")
        epochs = [int(event.args["epoch"]) for event in logged if event.name == "Amended"]
        if not epochs:
            raise EMCError(
                f"{self.emc} was never amended",
                "an amendment that is not yet in force is in a file: name that file",
            )
        return max(epochs)

    def place_of(self, account: str) -> int:
        """The position in the table of the row whose node has this account.

        Raises:
            EMCError: it is not the account of a node in force.
        """
        return self.terms.place_of(self.row_of(account))

    def row_of(self, account: str) -> int:
        """The id of the row whose node has this account.

        Raises:
            EMCError: it is not the account of a node.
        """
        for row, each in self.accounts.items():
            if each.lower() == account.lower():
                return row
        for former in self.formers:
            if former.account.lower() == account.lower():
                return former.row
        raise EMCError(
            f"{account} is not the account of a node of {self.emc}",
            "use the current account of the node's ME",
        )


def read(system: System, emc: str, words: Iterable[str] = ()) -> Standing:
    """Read the state of an EMC and prove it: the terms by their hash, the money by its events.

    Args:
        words: Of measures, as a canvas has them; the chain has only their hashes.

    Raises:
        EMCError: Consent did not make it, it is not active yet, or events and hashes do not fit.
    """
    agreement = system.agreement(to_checksum_address(emc))
    stage = agreement.stage
    emc = agreement.address
    epochs = {epoch: each.worded(words) for epoch, each in terms_by_epoch(system, emc).items()}
    terms = epochs[max(epochs)]
    in_force = bytes(system.consent.terms_of(emc))
    if terms.hash() != in_force:
        raise EMCError(
            f"the events of {emc} give terms 0x{terms.hash().hex()}, "
            f"Consent has 0x{in_force.hex()}",
            "the node leaves events out: ask another node",
        )
    life = replay(emc, agreement.events(), epochs)
    if life.faults:
        raise EMCError(f"{emc} does not reconcile: {life.faults[0]}", "ask another node")
    nodes = terms.nodes
    accounts = system.registry.accounts_of([row.party for row in nodes])
    measured = {
        each.metric: system.goals.value_of(emc, bytes(each.metric)) for each in terms.goal.assessed
    }
    return Standing(
        system=system,
        agreement=agreement,
        now=system.chain.now,
        stage=stage,
        currency=agreement.currency,
        epochs=epochs,
        accounts={row.id: str(each) for row, each in zip(nodes, accounts, strict=True)},
        formers=_formers(system, agreement, life),
        values={metric: (int(each[0]), int(each[1])) for metric, each in measured.items()},
        life=life,
    )


def terms_by_epoch(system: System, emc: str) -> dict[int, Terms]:
    """The terms of every epoch of an EMC, from what the table logged.

    Raises:
        EMCError: the events do not make an EMC.
    """
    return epochs_of(emc, system.events(*TABLE, emc=emc))


def epochs_of(emc: str, logged: Iterable[Logged]) -> dict[int, Terms]:
    """The terms of every epoch of an EMC, from everything that the table logged about it.

    Raises:
        EMCError: the events do not make an EMC.
    """
    epochs: dict[int, Terms] = {}
    for event in logged:
        args = event.args
        epoch = int(args.get("epoch", 1))
        if event.name in ("Made", "Amended"):
            table = [_values(row) for row in args["rows"]]
            epochs[epoch] = Terms.from_packed(_values(args["terms"]), table)
        elif event.name == "Renegotiated":
            shares = {
                row.id: shares_in(word)
                for row, word in zip(_last(epochs, emc).rows, args["shares"], strict=True)
            }
            epochs[epoch] = _last(epochs, emc).with_shares(shares)
        elif event.name in ("Exited", "Expelled"):
            epochs[epoch] = _last(epochs, emc).without(args["row"])
        else:
            continue
        if epochs[epoch].hash() != bytes(args["terms_hash"]):
            raise EMCError(
                f"block {event.block}: the terms of epoch {epoch} of {emc} are not those that "
                f"{event.name} names",
                "the node changes events: ask another node",
            )
    _last(epochs, emc)
    return epochs


def _last(epochs: Mapping[int, Terms], emc: str) -> Terms:
    if not epochs:
        raise EMCError(f"no terms of {emc} are on this chain", "check network and address")
    return epochs[max(epochs)]


def _values(struct: object) -> list[Any]:
    """The values of a decoded struct, whose inner structs are dictionaries."""
    assert isinstance(struct, Mapping)
    return [_values(each) if isinstance(each, Mapping) else each for each in struct.values()]


def _formers(system: System, agreement: Agreement, life: Life) -> tuple[Former, ...]:
    found = []
    for row, held in sorted(life.left.items()):
        party = agreement.party_of(row)
        if held and isinstance(party, int):
            account = str(system.registry.account_of(party))
            found.append(Former(row, party, account, held))
    return tuple(found)
