"""What a store knows of one EMC, in the order of the chain."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import duckdb

from emc.audit.read import abi, store
from emc.rpc.node import Pinned


class Happened(NamedTuple):
    """An event of the EMC, or of another contract about it."""

    block: int
    log_index: int
    tx: str
    contract: str
    name: str
    args: Mapping[str, Any]

    @property
    def place(self) -> tuple[int, int]:
        return self.block, self.log_index

    def number(self, name: str) -> int:
        """An argument that is a number."""
        return int(self.args[name])

    def word(self, name: str) -> int:
        """An argument of 32 bytes, as a number."""
        return int(self.args[name], 16)

    @property
    def is_readable(self) -> bool:
        """Whether it is an event of the contract as published."""
        return self.name != "unknown" and "unreadable" not in self.args


class Payout(NamedTuple):
    """One payment run."""

    block: int
    log_index: int
    tx: str
    kind: str
    payer: str
    epoch: int
    number: int
    customer: str
    gross: int
    received: int
    total: int
    held: int
    credited: int
    payees: list[str]
    amounts: list[int]
    name: str = "Payout"

    @property
    def place(self) -> tuple[int, int]:
        return self.block, self.log_index


class Moved(NamedTuple):
    """A Transfer of the settlement token from or to the EMC."""

    block: int
    log_index: int
    tx: str
    sender: str
    recipient: str
    amount: int
    name: str = "Transfer"

    @property
    def place(self) -> tuple[int, int]:
        return self.block, self.log_index

    @property
    def text(self) -> str:
        return f"{self.amount} to {self.recipient}"


class Expected(NamedTuple):
    """A payment that an event announces: to whom, how much, and for which row."""

    payee: str
    amount: int
    row_id: int | None

    @property
    def text(self) -> str:
        return f"{self.amount} to {self.payee}"


class Bought(NamedTuple):
    """An order that was paid, and by whom."""

    payer: str
    number: int
    amount: int
    customer: str
    block: int


@dataclass
class Shared:
    """What the histories of all EMCs of a store have in common, read once.

    Args:
        times: Of blocks, by number.
        accounts: By ME id, from when on which account is its.
        records: Openings and counts of every EMC's reviews.
        about: What the store is about.
        synced: By EMC the first and the last block that were read, and the last one's hash.
        counts: How many lines of each kind there are of an EMC.
        chain_id: Of the node, once it was asked.
        pinned: Blocks that the chain was asked for, by number.
        foreign: What is not this version's code, by the block at which it was looked for.
    """

    times: Mapping[int, int]
    accounts: Mapping[int, list[tuple[int, int, str]]]
    records: list[Happened]
    about: Mapping[str, str]
    synced: Mapping[str, tuple[int, int, str]]
    counts: Mapping[str, Mapping[str, int]]
    chain_id: int | None = None
    pinned: dict[int, Pinned] = field(default_factory=dict)
    foreign: dict[int, list[str]] = field(default_factory=dict)

    def size(self, emc: str) -> int:
        """How much there is to read of an EMC."""
        return sum(self.counts[emc].values()) if emc in self.counts else 0


def shared(db: duckdb.DuckDBPyConnection) -> Shared:
    """What all EMCs of a store have in common."""
    times = db.execute("SELECT number, timestamp FROM blocks").fetchall()
    synced = db.execute("SELECT source, first_block, last_block, last_hash FROM synced").fetchall()
    counts: dict[str, dict[str, int]] = {
        emc: {"payouts": runs, "payments": payments, "payments_of_nothing": of_nothing}
        for emc, runs, payments, of_nothing in db.execute(
            "SELECT emc, runs, payments, of_nothing FROM counts"
        ).fetchall()
    }
    for table in ("orders", "transfers", "events"):
        for emc, count in db.execute(f"SELECT emc, count(*) FROM {table} GROUP BY emc").fetchall():
            if emc in counts:
                counts[emc][table] = count
    return Shared(
        dict(times),
        _accounts(db),
        _records(db),
        store.meta(db),
        {source: (first, last, found) for source, first, last, found in synced},
        counts,
    )


def _records(db: duckdb.DuckDBPyConnection) -> list[Happened]:
    lines = db.execute(
        "SELECT block, log_index, tx, contract, name, args FROM events "
        "WHERE contract = 'Reputation' AND name IN ('ReviewOpened', 'Finalised') "
        "ORDER BY block, log_index"
    ).fetchall()
    return [each for each in map(_happened, lines) if each.is_readable]


def _happened(line: Sequence[Any]) -> Happened:
    return Happened._make([*line[:-1], json.loads(line[-1])])


def _accounts(db: duckdb.DuckDBPyConnection) -> dict[int, list[tuple[int, int, str]]]:
    """From when on which account is an ME's, by its id."""
    found: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for block, index, name, text in db.execute(
        "SELECT block, log_index, name, args FROM events WHERE contract = 'MicroEnterprises' "
        "AND name IN ('Registered', 'AccountRotated') ORDER BY block, log_index"
    ).fetchall():
        args = json.loads(text)
        if "me" in args:
            account = args["account" if name == "Registered" else "new"]
            found[int(args["me"])].append((block, index, account))
    return found


@dataclass
class History:
    """Everything about one EMC.

    Args:
        own: What it logged itself, and Finalised of Goals about it.
        table: What the rooms of the table logged about it.
        checkout: What Checkout logged about its orders.
        symbol, decimals: How amounts of its currency are written; none: nobody has asked yet.
        opening: What lay at its address before it was made; none: nobody knows.
        accounts: By ME id, from when on which account is its.
        orders: By the place of the payout or batch that holds them.
    """

    emc: str
    currency: str
    symbol: str | None
    decimals: int | None
    opening: int | None
    made: tuple[int, str]
    own: list[Happened | Payout]
    table: list[Happened]
    transfers: list[Moved]
    times: Mapping[int, int]
    accounts: Mapping[int, list[tuple[int, int, str]]]
    orders: Mapping[tuple[int, int], list[Bought]]
    reviews: list[Happened]
    # of Checkout, about orders of this EMC
    checkout: list[Happened]
    # openings and counts of every EMC's reviews: a record folds them all
    records: list[Happened]
    unreadable: list[Happened] = field(default_factory=list)
    # blocks in which the token logged a Transfer of something else than an amount
    odd_transfers: list[int] = field(default_factory=list)

    @property
    def is_native(self) -> bool:
        return self.currency == abi.ZERO

    def account_of(self, me: int, place: tuple[int, int]) -> str:
        """An ME's account at a moment."""
        found = abi.ZERO
        for block, index, account in self.accounts.get(me, ()):
            if (block, index) > place:
                break
            found = account
        return found


def read(db: duckdb.DuckDBPyConnection, emcs: Sequence[str], common: Shared) -> dict[str, History]:
    """The histories of EMCs: those of many are read at once, or each would look at all lines."""

    def lines(query: str, *order: str) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = defaultdict(list)
        keys = ", ".join(("emc", *(order or ("block", "log_index"))))
        asked = f"SELECT emc, {query} WHERE emc IN (SELECT unnest(?)) ORDER BY {keys}"
        for emc, *line in db.execute(asked, [list(emcs)]).fetchall():
            found[emc].append(line)
        return found

    events = lines("block, log_index, tx, contract, name, args FROM events")
    payouts = lines(
        "block, log_index, tx, kind, payer, epoch, number, customer, gross::HUGEINT, "
        "received::HUGEINT, total::HUGEINT, held::HUGEINT, credited FROM payouts"
    )
    payments = lines(
        "block, log_index, payee, amount::HUGEINT FROM payments", "block", "log_index", "place"
    )
    orders = lines("block, log_index, payer, number, amount::HUGEINT, customer FROM orders")
    moved = lines("block, log_index, tx, sender, recipient, amount::HUGEINT FROM transfers")
    about = db.execute(
        "SELECT emc, currency, symbol, decimals, opening::HUGEINT, made_block, made_tx FROM emcs "
        "WHERE emc IN (SELECT unnest(?))",
        [list(emcs)],
    ).fetchall()
    return {
        line[0]: _history(
            line,
            list(map(_happened, events[line[0]])),
            _payouts(payouts[line[0]], payments[line[0]]),
            _orders(orders[line[0]]),
            moved[line[0]],
            common,
        )
        for line in about
    }


def _history(
    about: Sequence[Any],
    happened: list[Happened],
    payouts: list[Payout],
    orders: Mapping[tuple[int, int], list[Bought]],
    moved: list[list[Any]],
    common: Shared,
) -> History:
    emc, currency, symbol, decimals, opening, made_block, made_tx = about
    known = [each for each in happened if each.is_readable]
    own: list[Happened | Payout] = [
        each
        for each in known
        if each.contract == "EMC" or (each.contract, each.name) == ("Goals", "Finalised")
    ]
    own += payouts
    own.sort(key=lambda each: each.place)
    return History(
        emc=emc,
        currency=currency,
        symbol=symbol,
        decimals=decimals,
        opening=opening,
        made=(made_block, made_tx),
        own=own,
        table=[each for each in known if each.contract not in ("EMC", "Reputation", "Checkout")],
        transfers=[Moved(*line) for line in moved if line[-1] is not None],
        times=common.times,
        accounts=common.accounts,
        orders=orders,
        reviews=[each for each in known if each.contract == "Reputation"],
        checkout=[each for each in known if each.contract == "Checkout"],
        records=common.records,
        unreadable=[each for each in happened if not each.is_readable],
        odd_transfers=[line[0] for line in moved if line[-1] is None],
    )


def _payouts(lines: list[list[Any]], payments: list[list[Any]]) -> list[Payout]:
    payees: dict[tuple[int, int], list[str]] = defaultdict(list)
    amounts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for block, index, payee, amount in payments:
        payees[block, index].append(payee)
        amounts[block, index].append(_amount(amount))
    found = []
    for line in lines:
        *head, number, customer, gross, received, total, held, credited = line
        money = map(_amount, (gross, received, total, held))
        at = head[0], head[1]
        paid = payees.get(at, []), amounts.get(at, [])
        run = [*head, int(number), customer, *money, credited, *paid, "Payout"]
        found.append(Payout._make(run))
    return found


def _orders(lines: list[list[Any]]) -> dict[tuple[int, int], list[Bought]]:
    found: dict[tuple[int, int], list[Bought]] = defaultdict(list)
    for block, index, payer, number, amount, customer in lines:
        found[block, index].append(Bought(payer, int(number), _amount(amount), customer, block))
    return found


def _amount(kept: int | None) -> int:
    """An amount of the store: what is larger than any can be is kept as none, and never right."""
    return -1 if kept is None else kept
