"""What a store knows of one EMC, in the order of the chain."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import duckdb

from emc.audit.read import abi


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

    @property
    def credits(self) -> dict[int, int]:
        """What became a credit, by the payment's place."""
        bits = self.credited
        return {i: each for i, each in enumerate(self.amounts) if bits >> i & 1}


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


class Expected(NamedTuple):
    """A payment that an event announces: to whom, how much, and for which row."""

    payee: str
    amount: int
    row_id: int | None


@dataclass
class History:
    """Everything about one EMC.

    Args:
        own: What it logged itself, and Finalised of Goals about it.
        table: What the rooms of the table logged about it.
        checkout: What Checkout logged about its orders.
        opening: What lay at its address before it was made; none: nobody knows.
        accounts: By ME id, from when on which account is its.
        orders: By the place of the payout or batch that holds them: number and amount.
    """

    emc: str
    currency: str
    opening: int | None
    made: tuple[int, str]
    own: list[Happened | Payout]
    table: list[Happened]
    transfers: list[Moved]
    times: Mapping[int, int]
    accounts: Mapping[int, list[tuple[int, int, str]]]
    orders: Mapping[tuple[int, int], list[tuple[str, int, int]]]
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


def read(db: duckdb.DuckDBPyConnection, emc: str) -> History:
    """An EMC's history."""
    currency, opening, made_block, made_tx = db.execute(
        "SELECT currency, opening::HUGEINT, made_block, made_tx FROM emcs WHERE emc = ?",
        [emc],
    ).fetchall()[0]
    happened = [
        Happened(block, index, tx, contract, name, json.loads(args))
        for block, index, tx, contract, name, args in db.execute(
            "SELECT block, log_index, tx, contract, name, args FROM events WHERE emc = ? "
            "ORDER BY block, log_index",
            [emc],
        ).fetchall()
    ]
    known = [each for each in happened if each.is_readable]
    own: list[Happened | Payout] = [
        each
        for each in known
        if each.contract == "EMC" or (each.contract, each.name) == ("Goals", "Finalised")
    ]
    own += _payouts(db, emc)
    own.sort(key=lambda each: each.place)
    times = db.execute(
        "SELECT number, timestamp FROM blocks WHERE number >= ?", [made_block]
    ).fetchall()
    moved = db.execute(
        "SELECT block, log_index, tx, sender, recipient, amount::HUGEINT FROM transfers "
        "WHERE emc = ? ORDER BY block, log_index",
        [emc],
    ).fetchall()
    return History(
        emc=emc,
        currency=currency,
        opening=opening,
        made=(made_block, made_tx),
        own=own,
        table=[each for each in known if each.contract not in ("EMC", "Reputation", "Checkout")],
        transfers=[Moved(*line) for line in moved if line[-1] is not None],
        times=dict(times),
        accounts=_accounts(db),
        orders=_orders(db, emc),
        reviews=[each for each in known if each.contract == "Reputation"],
        checkout=[each for each in known if each.contract == "Checkout"],
        records=_records(db),
        unreadable=[each for each in happened if not each.is_readable],
        odd_transfers=[line[0] for line in moved if line[-1] is None],
    )


def _records(db: duckdb.DuckDBPyConnection) -> list[Happened]:
    lines = db.execute(
        "SELECT block, log_index, tx, contract, name, args FROM events "
        "WHERE contract = 'Reputation' AND name IN ('ReviewOpened', 'Finalised') "
        "ORDER BY block, log_index"
    ).fetchall()
    found = [
        Happened(block, index, tx, contract, name, json.loads(args))
        for block, index, tx, contract, name, args in lines
    ]
    return [each for each in found if each.is_readable]


def _payouts(db: duckdb.DuckDBPyConnection, emc: str) -> list[Payout]:
    lines = db.execute(
        "SELECT block, log_index, payee, amount::HUGEINT FROM payments WHERE emc = ? "
        "ORDER BY block, log_index, place",
        [emc],
    ).fetchall()
    payees: dict[tuple[int, int], list[str]] = defaultdict(list)
    amounts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for block, index, payee, amount in lines:
        payees[block, index].append(payee)
        amounts[block, index].append(-1 if amount is None else amount)
    found = []
    for line in db.execute(
        "SELECT block, log_index, tx, kind, payer, epoch, number, customer, gross::HUGEINT, "
        "received::HUGEINT, total::HUGEINT, held::HUGEINT, credited FROM payouts WHERE emc = ? "
        "ORDER BY block, log_index",
        [emc],
    ).fetchall():
        block, index, tx, kind, payer, epoch, number, customer, *money, credited = line
        # what is larger than any amount can be is kept as nothing, and is never right
        gross, received, total, held = (-1 if each is None else each for each in money)
        found.append(
            Payout(
                block,
                index,
                tx,
                kind,
                payer,
                epoch,
                int(number),
                customer,
                gross,
                received,
                total,
                held,
                credited,
                payees.get((block, index), []),
                amounts.get((block, index), []),
            )
        )
    return found


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


def _orders(
    db: duckdb.DuckDBPyConnection, emc: str
) -> dict[tuple[int, int], list[tuple[str, int, int]]]:
    found: dict[tuple[int, int], list[tuple[str, int, int]]] = defaultdict(list)
    for block, index, payer, number, amount in db.execute(
        "SELECT block, log_index, payer, number, amount::HUGEINT FROM orders WHERE emc = ? "
        "ORDER BY block, log_index",
        [emc],
    ).fetchall():
        found[block, index].append((payer, int(number), -1 if amount is None else amount))
    return found
