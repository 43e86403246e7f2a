"""Audit stores of made-up lives, consistent to the unit: what a sync and a run would have left.

The waterfall is written once more here, as docs/specification.md says it, so that no test depends
on how the audit replays events.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from emc.audit.read.store import open_store

P = 1_000_000
BACKSTOP = 128
START = 1_760_000_000
DAY = 86_400
ZERO = "0x" + "0" * 40
CHAIN = 31337


def address(number: int) -> str:
    return "0x" + hash_of(number)[-40:]


def hash_of(number: int) -> str:
    return "0x" + sha256(str(number).encode()).hexdigest()


@dataclass(frozen=True)
class Row:
    """A line of the table; a beneficiary has no ME."""

    id: int
    me: int | None
    base: int
    leading: int
    upside: int
    running: int = 0
    cost: int = 0
    lower: int = 0
    upper: int = P

    @property
    def payee(self) -> str:
        return address(0xA000 + self.id)


@dataclass
class Life:
    """An EMC whose events are told one by one; `tables` is what a store holds about it."""

    emc: str
    rows: tuple[Row, ...]
    benchmark: int
    target: int
    gate: int = 0
    symbol: str = "EUR"
    decimals: int = 2
    token: str = address(0xE0)
    disburse_at: int = 0
    block: int = 10
    time: int = START
    epoch: int = 0
    start: int = 0
    since: int = 0
    shared: int = 0
    carried: int = 0
    received: int = 0
    is_open: bool = False
    has_failed: bool = False
    swept: int = 0
    owed: dict[int, tuple[int, ...]] = field(default_factory=dict)
    covers: dict[int, int] = field(default_factory=dict)
    paid: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    credits: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.is_open = self.gate == 0
        self.adopt(self.rows)

    # what happens

    def adopt(self, rows: tuple[Row, ...]) -> None:
        """Terms come into force; later ones with the gate open and nothing pending."""
        cause = "renegotiated" if self.epoch else "made"
        self.move()
        if self.epoch:
            assert self.is_open
            assert self.since == self.shared
            owed = sum(sum(parts) for parts in self.owed.values())
            self.carried = self.since + (0 if self.since else self.carried) - owed
            self.covers = {
                row.id: self.covers.get(row.id, row.cost) - self.owed.get(row.id, (0,))[0]
                for row in rows
            }
        else:
            self.covers = {row.id: row.cost for row in rows}
        self.start = self.received - self.carried
        self.rows, self.since, self.shared = rows, 0, 0
        self.epoch += 1
        self.owed = {row.id: (0, 0, 0, 0, 0) for row in rows}
        self._keep_terms(cause)
        if self.epoch > 1:
            self.settle()

    def sale(
        self,
        amount: int,
        payer: str = address(0xB0),
        *,
        number: int = 0,
        kind: str = "sale",
        refused: tuple[int, ...] = (),
    ) -> None:
        """A payment run.

        Args:
            refused: Rows whose payee takes nothing.
        """
        self.move()
        self.received += amount
        self.since += amount + (0 if self.since else self.carried)
        due_at = self.gate if not self.is_open else 0
        if self.since - self.shared >= self.disburse_at or kind != "sale":
            self.shared = self.since
        if due_at and not self.has_failed and self.start + self.since >= due_at:
            self.shared, self.is_open = self.since, True
        self.enter(-1, "absorbed" if kind == "absorbed" else "sale", None, payer, amount)
        credited = 0
        payments = []
        for place, row in enumerate(self.rows):
            now = self.entitlement(row)
            parts = tuple(new - old for new, old in zip(now, self.owed[row.id], strict=True))
            self.owed[row.id] = now
            due = sum(parts)
            is_credit = bool(due) and (row.id in refused or bool(self.credits[row.id]))
            if due:
                book = self.credits if is_credit else self.paid
                book[row.id] += due
                credited |= is_credit << place
                name = "credit" if is_credit else "payment"
                self.enter(place, name, row.id, row.payee, due, parts)
            payments.append((place, row.payee, due, is_credit))
        self.settle()
        self._keep_run(kind, payer, number, amount, credited, payments)
        if self.has_failed:
            self.sweep()

    def withdraw(self, row_id: int) -> None:
        self.move()
        amount = self.credits.pop(row_id)
        self.paid[row_id] += amount
        self.enter(0, "withdrawal", row_id, address(0xA000 + row_id), amount)
        self.settle()

    def fail(self, *, refused: bool = False) -> None:
        """It ends with its gate closed."""
        assert not self.is_open
        self.has_failed = True
        self.sweep(refused=refused)

    def sweep(self, *, refused: bool = False) -> None:
        self.move()
        amount = self.held
        if not amount:
            return
        self.swept += amount
        is_credit = refused or bool(self.credits[BACKSTOP])
        (self.credits if is_credit else self.paid)[BACKSTOP] += amount
        self.enter(0, "sweep_credit" if is_credit else "sweep", BACKSTOP, address(0xBA), amount)
        self.settle()

    # what it means

    @property
    def rest(self) -> int:
        return P - sum(row.running for row in self.rows)

    @property
    def ends(self) -> tuple[int, int, int]:
        cost = sum(self.covers.values()) * P
        base = max(cost, max(self.benchmark - self.start, 0) * self.rest)
        return cost, base, max(base, max(self.target - self.start, 0) * self.rest)

    @property
    def spans(self) -> tuple[int, int, int, int]:
        net = self.shared * self.rest
        cost, base, leading = (min(net, end) for end in self.ends)
        return cost, base - cost, leading - base, net - leading

    def entitlement(self, row: Row) -> tuple[int, ...]:
        """Cost, running, base, leading, upside; all but the last two floors fall into one."""
        cost, *tranches = self.spans
        whole = sum(self.covers.values())
        cover = self.covers[row.id] * cost // (whole * P) if whole else 0
        weights = [row.running * self.shared * P]
        shares = zip((row.base, row.leading, row.upside), tranches, strict=True)
        weights += [share * span for share, span in shares] if self.is_open else [0, 0, 0]
        ends = [0]
        for weight in weights:
            ends.append(ends[-1] + weight)
        floors = [end // P**2 for end in ends]
        return cover, *(high - low for low, high in pairwise(floors))

    @property
    def held(self) -> int:
        if self.is_open:
            return 0
        _, *tranches = self.spans
        return -(-sum(tranches) // P) - self.swept

    def move(self) -> None:
        self.block += 1
        self.time += 4 * 3600

    def enter(
        self,
        place: int,
        kind: str,
        row_id: int | None,
        party: str,
        amount: int,
        parts: tuple[int, ...] = (0, 0, 0, 0, 0),
    ) -> None:
        mes = {row.id: row.me for row in self.rows}
        names = ("of_cost", "of_running", "of_base", "of_leading", "of_upside")
        self.tables["ledger"].append(
            {
                **self.at,
                "place": place,
                "timestamp": self.time,
                "tx": hash_of(self.block),
                "epoch": self.epoch,
                "kind": kind,
                "row_id": row_id,
                "me": mes.get(row_id) if row_id is not None else None,
                "party": party,
                "amount": amount,
                **dict(zip(names, parts, strict=True)),
            }
        )

    def settle(self) -> None:
        paid, credited = sum(self.paid.values()), sum(self.credits.values())
        pending = self.since - self.shared
        places = paid + credited + self.held + pending
        self.tables["books"].append(
            {
                **self.at,
                "timestamp": self.time,
                "epoch": self.epoch,
                "received": self.received,
                "paid": paid,
                "credited": credited,
                "held": self.held,
                "pending": pending,
                "dust": self.received - places,
                "is_open": self.is_open,
            }
        )

    @property
    def at(self) -> dict[str, Any]:
        return {"emc": self.emc, "block": self.block, "log_index": 1}

    def _keep_run(
        self, kind: str, payer: str, number: int, amount: int, credited: int, payments: list[Any]
    ) -> None:
        self.tables["payouts"].append(
            {
                **self.at,
                "tx": hash_of(self.block),
                "kind": kind,
                "payer": payer,
                "epoch": self.epoch,
                "number": str(number),
                "customer": hash_of(0),
                "gross": amount,
                "received": amount,
                "total": self.received,
                "held": self.held,
                "credited": credited,
            }
        )
        for place, payee, due, is_credit in payments:
            line = {"place": place, "payee": payee, "amount": due, "credited": is_credit}
            self.tables["payments"].append({**self.at, **line})
        if kind == "sale":
            order = {"payer": payer, "number": str(number), "customer": hash_of(0)}
            self.tables["orders"].append({**self.at, **order, "amount": amount})

    def _keep_terms(self, cause: str) -> None:
        nodes = sum(row.me is not None for row in self.rows)
        gates = {0: "none", self.benchmark: "benchmark", self.target: "target"}
        self.tables["epochs"].append(
            {
                **self.at,
                "epoch": self.epoch,
                "tx": hash_of(self.block),
                "since": self.time,
                "cause": cause,
                "terms_hash": hash_of(int(self.emc, 16) * 100 + self.epoch),
                "canvas": hash_of(1),
                "currency": self.token,
                "backstop": address(0xBA),
                "sink": self.rows[-1].id,
                "starts_at": START,
                "ends_at": START + 400 * DAY,
                "disburse_at": self.disburse_at,
                "deadline": START + 300 * DAY,
                "gate": gates[self.gate],
                "ends_emc": False,
                "asked": nodes,
                "agreed": nodes,
            }
        )
        self.tables["measures"].append(
            {
                "emc": self.emc,
                "epoch": self.epoch,
                "place": 0,
                "metric": "proceeds",
                "benchmark": self.benchmark,
                "target": self.target,
            }
        )
        for place, row in enumerate(self.rows):
            self.tables["rows"].append(
                {
                    "emc": self.emc,
                    "epoch": self.epoch,
                    "place": place,
                    "row_id": row.id,
                    "is_node": row.me is not None,
                    "me": row.me,
                    "controller": row.payee,
                    "payee": row.payee,
                    "running": row.running,
                    "share_base": row.base,
                    "share_leading": row.leading,
                    "share_upside": row.upside,
                    "lower": row.lower,
                    "upper": row.upper,
                    "cost": row.cost,
                    "is_sink": row is self.rows[-1],
                }
            )
        cost, base, leading = (-(-end // self.rest) for end in self.ends)
        self.tables["pages"].append(
            {
                **self.at,
                "epoch": self.epoch,
                "start": self.start,
                "rest": self.rest,
                "cost_end": cost,
                "base_end": base,
                "leading_end": leading,
                "gate_at": 0 if self.is_open else self.gate,
                "is_open": self.is_open,
            }
        )

    def close(self, verdict: str = "RECONCILED", stage: str = "ACTIVE") -> "Life":
        """The end of what was read."""
        everyone = {row["row_id"]: row for row in self.tables["rows"]}
        live = {row.id for row in self.rows}
        for row_id, row in everyone.items():
            earned = self.paid[row_id] + self.credits[row_id]
            closed = replace(next(each for each in self.rows if each.id == row_id))
            behind = self._behind_gate(closed) if not self.is_open and not self.has_failed else 0
            self.tables["standings"].append(
                {
                    "emc": self.emc,
                    "row_id": row_id,
                    "is_node": row["is_node"],
                    "me": row["me"],
                    "controller": row["controller"],
                    "payee": row["payee"],
                    "is_live": row_id in live,
                    "earned": earned,
                    "paid": self.paid[row_id],
                    "credit": self.credits[row_id],
                    "held": behind,
                }
            )
        if self.swept:
            earned = self.paid[BACKSTOP] + self.credits[BACKSTOP]
            self.tables["standings"].append(
                {
                    "emc": self.emc,
                    "row_id": BACKSTOP,
                    "is_node": False,
                    "me": None,
                    "controller": None,
                    "payee": address(0xBA),
                    "is_live": False,
                    "earned": earned,
                    "paid": self.paid[BACKSTOP],
                    "credit": self.credits[BACKSTOP],
                    "held": 0,
                }
            )
        first = self.tables["epochs"][0]
        self.tables["emcs"].append(
            {
                "emc": self.emc,
                "terms_hash": first["terms_hash"],
                "canvas": first["canvas"],
                "currency": self.token,
                "symbol": self.symbol,
                "decimals": self.decimals,
                "opening": 0,
                "made_block": first["block"],
                "made_tx": first["tx"],
            }
        )
        self.tables["verdicts"].append(
            {
                "emc": self.emc,
                "verdict": verdict,
                "stage": stage,
                "block": self.block,
                "hash": hash_of(self.block),
                "timestamp": self.time,
                "faults": len(self.tables["faults"]),
                "evidence": "{}",
            }
        )
        return self

    def _behind_gate(self, row: Row) -> int:
        self.is_open = True
        earned = sum(self.entitlement(row))
        self.is_open = False
        return earned - sum(self.entitlement(row))


class Shop(Life):
    """An EMC some of whose orders are paid at Checkout."""

    def place(self, number: int, amount: int) -> None:
        """A buyer pays an order that can go back."""
        self.move()
        self.tables["checkouts"].append(
            {
                "emc": self.emc,
                "hash": hash_of(0xC000 + number),
                "block": self.block,
                "tx": hash_of(self.block),
                "buyer": address(0xB0),
                "reference": hash_of(number),
                "customer": hash_of(0),
                "cashier": address(0xCA),
                "due_at": self.time + 14 * DAY,
                "amount": amount,
                "given_back": 0,
                "booked": 0,
                "refunded": 0,
                "waits": amount,
                "number": None,
            }
        )
        self._note("placed", self.tables["checkouts"][-1], amount, address(0xB0))

    def give_back(self, number: int, amount: int) -> None:
        """Its cashier, row 1, gives so much of it back."""
        self.move()
        order = self._order(number)
        order["given_back"] += amount
        order["waits"] -= amount
        self._note("given_back", order, amount, address(0xCA), row_id=1)

    def book(self, *numbers: int, has_ended: bool = False) -> None:
        """A stranger books orders; after the end they are absorbed, with a coin that strayed in."""
        orders = [self._order(number) for number in numbers]
        total = sum(order["waits"] for order in orders)
        if has_ended:
            self.sale(total + 1, self.emc, kind="absorbed")
        else:
            self.sale(total, address(0xCC), number=numbers[0])
        for place, (number, order) in enumerate(zip(numbers, orders, strict=True)):
            order["booked"], order["waits"] = order["waits"], 0
            order["number"] = None if has_ended else str(number)
            self._note("booked", order, order["booked"], address(0xD0), place=place)

    def refund(self, number: int, amount: int, payer: str, row_id: int | None = None) -> None:
        """Somebody sends its buyer money of its own."""
        self.move()
        order = self._order(number)
        order["refunded"] += amount
        self._note("refund", order, amount, payer, row_id)

    def _order(self, number: int) -> dict[str, Any]:
        wanted = hash_of(0xC000 + number)
        return next(each for each in self.tables["checkouts"] if each["hash"] == wanted)

    def _note(
        self,
        kind: str,
        order: dict[str, Any],
        amount: int,
        party: str,
        row_id: int | None = None,
        place: int = 0,
    ) -> None:
        self.tables["checkout_ledger"].append(
            {
                **self.at,
                "log_index": 9,
                "place": place,
                "timestamp": self.time,
                "tx": hash_of(self.block),
                "kind": kind,
                "hash": order["hash"],
                "party": party,
                "row_id": row_id,
                "amount": amount,
            }
        )


def write(path: Path, *lives: Life) -> Path:
    """A store of some lives."""
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for life in lives:
        for name, lines in life.tables.items():
            tables[name] += lines
    tables["meta"] += [
        {"name": "chain_id", "value": CHAIN},
        {"name": "version", "value": "0.1.0"},
        {"name": "consent", "value": address(0xC5)},
    ]
    with open_store(path, writes=True) as store:
        for name, lines in ((name, lines) for name, lines in tables.items() if lines):
            texts = [
                {key: None if each is None else str(each) for key, each in line.items()}
                for line in lines
            ]
            store.register("incoming", pd.DataFrame(texts, dtype=object))
            kinds = store.execute(f"DESCRIBE {name}").fetchall()
            shown = ", ".join(
                f"{column}::{kind} AS {column}" for column, kind, *_ in kinds if column in texts[0]
            )
            store.execute(f"INSERT INTO {name} BY NAME SELECT {shown} FROM incoming")
            store.unregister("incoming")
    return path


BAKERY = (
    Row(0, 1, 500_000, 400_000, 300_000, running=30_000, cost=20_000_00, lower=250_000),
    Row(1, 2, 300_000, 350_000, 400_000, running=120_001, lower=200_000, upper=500_000),
    Row(2, 3, 150_000, 200_000, 250_000, cost=5_000_00, lower=100_000, upper=400_000),
    Row(3, None, 50_000, 50_000, 50_000, upper=100_000),
)
SHIFTED = tuple(
    replace(row, base=row.base + by, leading=row.leading + by, upside=row.upside + by)
    for row, by in zip(BAKERY, (-20_000, 30_000, -10_000, 0), strict=True)
)


def bakery(sales: int = 60) -> Life:
    """Two epochs, a gate that opens, a payee that refuses, an absorbed transfer."""
    life = Life(address(0xE1), BAKERY, 100_000_00, 180_000_00, gate=100_000_00)
    for number in range(sales):
        amount = 150_000_00 // sales + number * 7_919 % 97_00 + 1
        life.sale(amount, address(0xB0 + number % 5), number=number + 1001,
                  refused=(2,) if number % 20 == 7 else ())  # fmt: skip
        if number % 20 == 15 and life.credits[2]:
            life.withdraw(2)
    life.sale(60_000_00, life.emc, kind="absorbed")
    life.adopt(SHIFTED)
    for number in range(sales, sales + sales // 2):
        life.sale(1_111_07 + number, number=number + 1001, refused=(1,))
    return life.close()


def stall() -> Life:
    """A native EMC that fails; what is held waits for a backstop that cannot be paid."""
    rows = (
        Row(0, 2, 600_000, 500_000, 400_000, running=50_000, cost=10**18),
        Row(1, 9, 400_000, 500_000, 600_000),
    )
    life = Life(address(0xE2), rows, 50 * 10**18, 80 * 10**18, gate=50 * 10**18,
                symbol="ETH", decimals=18, token=ZERO, disburse_at=10**18)  # fmt: skip
    for number in range(9):
        life.sale(10**18 // 3 + number * 12_345_678_901_234_567, number=number)
    life.fail(refused=True)
    life.withdraw(BACKSTOP)
    life.sale(3 * 10**17 + 1, life.emc, kind="absorbed")
    return life.close(stage="ENDED")


def kiosk() -> Life:
    """Income waits behind its gate, in another token of the same name without decimals."""
    rows = (
        Row(0, 4, 700_000, 600_000, 500_000, cost=300),
        Row(1, 1, 300_000, 400_000, 500_000, running=70_000),
    )
    life = Life(address(0xE3), rows, 10_000, 20_000, gate=20_000, decimals=0,
                token=address(0xE4))  # fmt: skip
    for number in range(7):
        life.sale(997, number=number)
    return life.close()


def shop() -> Shop:
    """Orders that wait, went back, were booked in a batch and after the end, and refunds."""
    life = Shop(address(0xE6), BAKERY, 100_00, 180_00)
    for number in range(1, 7):
        life.place(number, 50_00 + number)
    life.sale(300_00, number=77)
    life.give_back(1, 50_01)
    life.give_back(2, 20_00)
    life.book(2, 3, 4)
    life.refund(3, 10_00, address(0xA000), 0)
    life.refund(3, 5_00, address(0xA003), 3)
    life.refund(4, 7_00, address(0xD1))
    life.refund(2, 2_00, address(0xD1))
    life.book(5, has_ended=True)
    return life.close()  # type: ignore[return-value]


def fund() -> Life:
    """Amounts with 18 decimals in twelve rows, most of them with small shares, and two epochs."""
    coin = 10**18
    shares = (150_000, 40_000, *(20_000, 200_000, 30_000) * 3, 60_000)
    rows = tuple(
        Row(
            row,
            row + 1 if row < 10 else None,
            *(share,) * 3,
            running=10_001 * (row % 2),
            cost=12_345 * coin + row if row == 2 else 0,
        )
        for row, share in enumerate(shares)
    )
    assert sum(shares) == P
    life = Life(address(0xE9), rows, 10**8 * coin, 10**9 * coin, symbol="WIDE", decimals=18)
    for number in range(60):
        life.sale(33_333_333 * coin + 12_345_678_901_234_567 + number, address(0xB0 + number),
                  number=number, refused=(3,))  # fmt: skip
    first, second, *rest = rows
    by = 10_000
    life.adopt(
        (replace(first, base=first.base - by), replace(second, base=second.base + by), *rest)
    )
    life.sale(coin // 3 + 1, number=99)
    return life.close()
