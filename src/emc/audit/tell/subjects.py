"""The EMCs that a store knows, and how their amounts are written."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from emc.audit.prove.life import BOOKS
from emc.core.units import Currency
from emc.errors import EMCError


@dataclass(frozen=True)
class Subject:
    """An EMC that has been checked.

    Args:
        token: Address of the currency.
    """

    emc: str
    token: str
    money: Currency
    verdict: str
    stage: str
    block: int
    timestamp: int


def subjects(store: duckdb.DuckDBPyConnection, emc: str | None = None) -> list[Subject]:
    """The checked EMCs, or the one that is named.

    Raises:
        EMCError: there is none, or it is another one.
    """
    found = store.execute(
        "SELECT emc, currency, symbol, decimals, verdict, stage, block, timestamp "
        "FROM emcs JOIN verdicts USING (emc) ORDER BY made_block, emc"
    ).fetchall()
    if not found:
        raise EMCError("no EMC of this store has been checked", "do `emc audit run` first")
    known = [
        Subject(address, token, Currency(plain(symbol or "units"), decimals or 0), *rest)
        for address, token, symbol, decimals, *rest in found
    ]
    if emc is None:
        return known
    named = [each for each in known if each.emc.lower() == emc.lower()]
    if not named:
        raise EMCError(f"{emc} is not in this store, or not checked", f"it has {_some(known)}")
    return named


def currencies(store: duckdb.DuckDBPyConnection) -> dict[str, Currency]:
    """How amounts of each EMC are printed."""
    found = store.execute("SELECT emc, symbol, decimals FROM emcs").fetchall()
    return {
        emc: Currency(plain(symbol or "units"), decimals or 0) for emc, symbol, decimals in found
    }


def last_books(store: duckdb.DuckDBPyConnection, emc: str) -> dict[str, int]:
    """Where an EMC's money is in the end, and whether the gate is open."""
    names = (*BOOKS, "is_open")
    found = store.execute(
        f"SELECT {', '.join(names)} FROM books WHERE emc = ? "
        "ORDER BY block DESC, log_index DESC LIMIT 1",
        [emc],
    ).fetchone()
    return dict(zip(names, map(int, found or [0] * len(names)), strict=True))


def one(store: duckdb.DuckDBPyConnection, emc: str | None) -> Subject:
    """The named EMC, or the only one.

    Raises:
        EMCError: it is not there, or there are several.
    """
    found = subjects(store, emc)
    if len(found) > 1:
        raise EMCError(f"this store has {len(found)} EMCs", f"name one: {_some(found)}")
    return found[0]


def plain(text: str) -> str:
    """Text on one line, without characters that turn or hide what stands beside them."""
    return "".join(char if char.isprintable() else " " for char in text)


def short(addresses: Iterable[str]) -> dict[str, str]:
    """Each address by its first digits, as many as tell them all apart."""
    distinct = list(dict.fromkeys(addresses))
    for digits in range(8, 41):
        cut = {each: each[: 2 + digits] for each in distinct}
        if len({each.lower() for each in cut.values()}) == len(distinct):
            return cut
    raise AssertionError("two addresses differ only in case")


def _some(found: list[Subject]) -> str:
    names = [each.emc for each in found[:3]]
    return ", ".join(names) + (", ..." if len(found) > 3 else "")
