"""Movements of money as double-entry journals that beancount and hledger read.

Every EMC has its own accounts:

    Income:<EMC>:Sales, Absorbed        what came in
    Expenses:<EMC>:<row>:<part>         what a row earned, when it earned it
    Liabilities:<EMC>:Credits:<row>     earned, and not yet delivered
    Assets:<EMC>:Held, Pending, Dust, Owed   where the money in the EMC is

and those of its orders at Checkout, if it has any, as ``takings`` says,

so that its assets are what must lie in the contract, and its expenses less its liabilities what was
paid out. The journal ends with the balances of the books, which the programs check themselves.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, Literal, NamedTuple

import duckdb

from emc.audit.tell import takings
from emc.audit.tell.statements import BACKSTOP
from emc.audit.tell.subjects import Subject, last_books, short
from emc.core.units import Currency

Format = Literal["beancount", "hledger"]
PARTS = ("Cost", "Running", "Base", "Leading", "Upside")
PLACES = ("Held", "Pending", "Dust", "Owed")
_TEXT = re.compile(r"[^\w .,()/#+&'-]")
_NOT_A_NAME = re.compile(r"[^A-Z0-9]")


class Commodity(NamedTuple):
    """A currency under a name that both programs take."""

    name: str
    money: Currency
    token: str

    def amount(self, units: int) -> str:
        """Without thousands: both programs read it the same way."""
        return self.money.exact(units)


@dataclass(frozen=True)
class Posting:
    account: str
    units: int


@dataclass(frozen=True)
class Transaction:
    """One event, or one day of an EMC."""

    emc: str
    time: datetime
    title: str
    tx: str
    postings: tuple[Posting, ...]

    @property
    def date(self) -> date:
        return self.time.date()


@dataclass(frozen=True)
class Journal:
    """Everything that a journal says, in either format."""

    title: str
    commodities: dict[str, Commodity]
    # account: its EMC, and who it is about
    accounts: dict[str, tuple[str, str]]
    transactions: list[Transaction]
    # account: what must be on it at the end
    balances: dict[str, int]


def make(
    store: duckdb.DuckDBPyConnection,
    subjects: list[Subject],
    title: str,
    names: Mapping[tuple[str, int], str],
    *,
    by_day: bool = False,
) -> Journal:
    """The journal of some EMCs.

    Args:
        names: Who sits in a row, by EMC and row id.
    """
    labels = short(each.emc for each in subjects)
    commodities = _commodities(subjects)
    accounts: dict[str, tuple[str, str]] = {}
    balances: dict[str, int] = {}
    rows: dict[tuple[str, int], str] = {}
    for subject in subjects:
        emc, label = subject.emc, labels[subject.emc]
        of_emc = {f"Income:{label}:Sales": "", f"Income:{label}:Absorbed": ""}
        of_emc |= {f"Assets:{label}:{place}": "" for place in PLACES}
        # every row that had something, and the backstop
        for row_id, me, payee, credit in store.execute(
            "SELECT row_id, me, payee, credit FROM standings WHERE emc = ? ORDER BY row_id", [emc]
        ).fetchall():
            row = rows[emc, row_id] = _row_name(row_id, me)
            who = ", ".join(
                filter(None, (_plain(names.get((emc, row_id), "")), f"paid at {payee}"))
            )
            parts = [f":{part}" for part in PARTS] if row_id != BACKSTOP else [""]
            of_emc |= {f"Expenses:{label}:{row}{part}": who for part in parts}
            of_emc[f"Liabilities:{label}:Credits:{row}"] = who
            balances[f"Liabilities:{label}:Credits:{row}"] = -int(credit)
        accounts |= {account: (emc, who) for account, who in of_emc.items()}
        of_orders = takings.accounts(store, emc, label, rows)
        accounts |= dict.fromkeys(of_orders, (emc, ""))
        balances |= of_orders
        books = last_books(store, emc)
        for place, name in zip(PLACES, ("held", "pending", "dust", "credited"), strict=True):
            balances[f"Assets:{label}:{place}"] = books[name]
    transactions = [
        each
        for subject in subjects
        for each in _transactions(store, subject.emc, labels[subject.emc], rows, by_day)
    ]
    transactions.sort(key=lambda each: each.time)
    return Journal(title, commodities, accounts, transactions, balances)


def write(journal: Journal, kind: Format) -> str:
    """The journal as text."""
    lines = _beancount(journal) if kind == "beancount" else _hledger(journal)
    return "\n".join(lines) + "\n"


def _transactions(
    store: duckdb.DuckDBPyConnection,
    emc: str,
    label: str,
    rows: Mapping[tuple[str, int], str],
    by_day: bool,
) -> Iterator[Transaction]:
    events = [*_events(store, emc), *takings.events(store, emc, label, rows)]
    events.sort(key=lambda each: each["place"])
    if by_day:
        for day, several in groupby(events, key=lambda each: each["time"].date()):
            units: dict[str, int] = defaultdict(int)
            count = 0
            for event in several:
                count += 1
                for account, amount in _posted(event, emc, label, rows):
                    units[account] += amount
            time = datetime(day.year, day.month, day.day, tzinfo=UTC)
            title = f"{count} movements of {label}" if count > 1 else f"1 movement of {label}"
            if found := _postings(units):
                yield Transaction(emc, time, title, "", found)
        return
    for event in events:
        units = defaultdict(int)
        for account, amount in _posted(event, emc, label, rows):
            units[account] += amount
        if found := _postings(units):
            yield Transaction(emc, event["time"], event["title"], event["tx"], found)


def _postings(units: Mapping[str, int]) -> tuple[Posting, ...]:
    return tuple(Posting(account, amount) for account, amount in sorted(units.items()) if amount)


def _posted(
    event: dict[str, Any], emc: str, label: str, rows: Mapping[tuple[str, int], str]
) -> Iterator[tuple[str, int]]:
    """What an event means for each account."""
    if "postings" in event:
        yield from event["postings"]
        return
    owed = 0
    for kind, row_id, amount, *parts in event["entries"]:
        if row_id is None:
            yield f"Income:{label}:{'Absorbed' if kind == 'absorbed' else 'Sales'}", -amount
            continue
        row = rows[emc, row_id]
        credits = f"Liabilities:{label}:Credits:{row}"
        if kind == "withdrawal":
            yield credits, amount
            owed -= amount
            continue
        if row_id == BACKSTOP:
            yield f"Expenses:{label}:{row}", amount
        else:
            for part, units in zip(PARTS, parts, strict=True):
                yield f"Expenses:{label}:{row}:{part}", units
        if kind in ("credit", "release", "sweep_credit"):
            yield credits, -amount
            owed += amount
    for place, units in zip(PLACES, (*event["moved"], owed), strict=True):
        yield f"Assets:{label}:{place}", units


def _events(store: duckdb.DuckDBPyConnection, emc: str) -> list[dict[str, Any]]:
    """Events that moved money, with what they did to what lies in the EMC."""
    entries: dict[tuple[int, int], list[tuple[Any, ...]]] = defaultdict(list)
    facts: dict[tuple[int, int], tuple[str, str]] = {}
    for block, index, tx, kind, number, row_id, *amounts in store.execute(
        "SELECT l.block, l.log_index, l.tx, l.kind, p.number, row_id, amount, of_cost, of_running, "
        "of_base, of_leading, of_upside FROM ledger l LEFT JOIN payouts p "
        "USING (emc, block, log_index) WHERE l.emc = ? ORDER BY block, log_index, place",
        [emc],
    ).fetchall():
        entries[block, index].append((kind, row_id, *(int(each or 0) for each in amounts)))
        if (block, index) not in facts:
            facts[block, index] = (tx, f"{kind} {number}" if kind == "sale" else kind)
    found = []
    before = (0, 0, 0)
    for block, index, timestamp, *places in store.execute(
        "SELECT block, log_index, timestamp, held, pending, dust FROM books WHERE emc = ? "
        "ORDER BY block, log_index",
        [emc],
    ).fetchall():
        now = int(places[0]), int(places[1]), int(places[2])
        tx, title = facts.get((block, index), ("", "terms or end"))
        found.append(
            {
                "place": (block, index),
                "time": datetime.fromtimestamp(timestamp, UTC),
                "title": title,
                "tx": tx,
                "entries": entries.get((block, index), []),
                "moved": tuple(new - old for new, old in zip(now, before, strict=True)),
            }
        )
        before = now
    return found


def _commodities(subjects: list[Subject]) -> dict[str, Commodity]:
    """By EMC. A name that had to be changed, or that two tokens claim, carries the token."""
    tokens = {each.token: each.money for each in subjects}
    cut = short(tokens)
    names = {
        token: _NOT_A_NAME.sub("", money.symbol.upper())[:12] for token, money in tokens.items()
    }
    claimed = list(names.values())
    for token, name in names.items():
        begins = name if name[:1].isalpha() else f"T{name}"
        if begins != tokens[token].symbol or claimed.count(name) > 1:
            names[token] = f"{begins}-{cut[token][2:].upper()}"
    return {each.emc: Commodity(names[each.token], each.money, each.token) for each in subjects}


def _row_name(row_id: int, me: int | None) -> str:
    if row_id == BACKSTOP:
        return "Backstop"
    return f"Row{row_id}" if me is None else f"Row{row_id}-ME{me}"


def _plain(text: str) -> str:
    """Text that neither program takes for anything else."""
    return " ".join(_TEXT.sub(" ", text).split())[:120]


def _beancount(journal: Journal) -> Iterator[str]:
    yield f'option "title" "{_plain(journal.title)}"'
    units = {each.name: each for each in journal.commodities.values()}
    for name in units:
        yield f'option "operating_currency" "{name}"'
    first = min((each.date for each in journal.transactions), default=date(1970, 1, 1))
    last = max((each.date for each in journal.transactions), default=first)
    yield ""
    for name, commodity in units.items():
        yield f"{first} commodity {name}"
        yield f'  token: "{commodity.token}"'
        yield f"  decimals: {commodity.money.decimals}"
    yield ""
    for account, (emc, who) in journal.accounts.items():
        yield f"{first} open {account} {journal.commodities[emc].name}"
        yield f'  emc: "{emc}"'
        if who:
            yield f'  for: "{who}"'
    for each in journal.transactions:
        commodity = journal.commodities[each.emc]
        yield ""
        yield f'{each.date} * "{_plain(each.title)}"'
        if each.tx:
            yield f'  tx: "{each.tx}"'
            yield f'  time: "{each.time:%H:%M:%S}"'
        for posting in each.postings:
            yield f"  {posting.account}  {commodity.amount(posting.units)} {commodity.name}"
    yield ""
    # what beancount calls the balance of a day is that of its first moment
    for account, amount in journal.balances.items():
        commodity = journal.commodities[journal.accounts[account][0]]
        yield (
            f"{last + timedelta(days=1)} balance {account}  {commodity.amount(amount)} ~ 0 "
            f"{commodity.name}"
        )


def _hledger(journal: Journal) -> Iterator[str]:
    yield f"; {_plain(journal.title)}"
    yield "decimal-mark ."
    yield ""
    for commodity in {each.name: each for each in journal.commodities.values()}.values():
        yield f"; token {commodity.token}"
        yield f"commodity {_hledger_amount(commodity, 0)}"
    yield ""
    for account, (emc, who) in journal.accounts.items():
        yield f"account {account}  ; emc:{emc}" + (f", for:{who.replace(',', '')}" if who else "")
    for each in journal.transactions:
        commodity = journal.commodities[each.emc]
        yield ""
        note = f"  ; tx:{each.tx}, time:{each.time:%H.%M.%S}" if each.tx else ""
        yield f"{each.date} * {_plain(each.title)}{note}"
        for posting in each.postings:
            yield f"    {posting.account}  {_hledger_amount(commodity, posting.units)}"
    last = max((each.date for each in journal.transactions), default=date(1970, 1, 1))
    yield ""
    yield f"{last} * balances of the books"
    for account, amount in journal.balances.items():
        commodity = journal.commodities[journal.accounts[account][0]]
        nothing = _hledger_amount(commodity, 0)
        yield f"    {account}  {nothing} = {_hledger_amount(commodity, amount)}"


def _hledger_amount(commodity: Commodity, units: int) -> str:
    """A commodity without decimals keeps its decimal mark, so that the directive is read right."""
    text = commodity.amount(units)
    return f'{text if "." in text else text + "."} "{commodity.name}"'
