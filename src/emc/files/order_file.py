"""Orders from a merchant's CSV file: read, and checked line by line."""

import csv
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from emc.core.orders import Order, reference
from emc.core.units import EXACT, Currency
from emc.errors import EMCError
from emc.files.deployments import replace_file

COLUMNS = ("order", "customer", "amount")
_AMOUNT = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?", re.ASCII)
MAX_LINE = 10_000
MAX_LINES = 2_000_000


@dataclass(frozen=True)
class Skipped:
    """One line that cannot be sold, and why."""

    line: int
    reason: str


def read(
    path: Path, currency: Currency, salt: bytes, rate: Decimal = Decimal(1)
) -> tuple[list[Order], list[Skipped]]:
    """The orders of a CSV file with the columns order, customer and amount; others are ignored.

    Args:
        rate: Units of the settlement currency for one unit in the file; rounded half to even.
        salt: Keeps customer references from being guessed.

    Raises:
        EMCError: the file as a whole cannot be read.
    """
    orders: list[Order] = []
    skipped: list[Skipped] = []
    seen: dict[int, int] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(_bounded(file))
            header = [name.strip().lower() for name in next(rows, [])]
            absent = [name for name in COLUMNS if name not in header]
            if absent:
                raise EMCError(
                    f"{path}: line 1: no column {', '.join(absent)}",
                    f"the first line names the columns: {','.join(COLUMNS)}",
                )
            place = {name: header.index(name) for name in COLUMNS}
            for cells in rows:
                line = rows.line_num
                if not cells:
                    continue
                try:
                    order = _order(line, cells, place, currency, salt, rate)
                except EMCError as error:
                    skipped.append(Skipped(line, str(error)))
                    continue
                if order.number in seen:
                    reason = f"order {order.number} is on line {seen[order.number]} already"
                    skipped.append(Skipped(line, reason))
                    continue
                seen[order.number] = line
                orders.append(order)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EMCError(
            f"{path} cannot be read: {error}", "it must be a CSV file in UTF-8"
        ) from None
    return sorted(orders, key=lambda order: order.number), skipped


def fresh_salt() -> bytes:
    """A salt that nobody has had."""
    return secrets.token_bytes(32)


def keep_salt(path: Path, salt: bytes) -> None:
    """Write a merchant's salt into a file that only its owner reads."""
    replace_file(path, salt.hex() + "\n", mode=0o600)


def read_salt(path: Path) -> bytes | None:
    """The merchant's salt; none if there is no file.

    Raises:
        EMCError: the file holds something else.
    """
    if not path.exists():
        return None
    try:
        with path.open() as file:
            # 64 digits, and room for spaces
            salt = bytes.fromhex(file.read(200).strip())
    except (OSError, ValueError):
        salt = b""
    if len(salt) != 32:
        raise EMCError(f"{path} is not a salt of 32 bytes in hex", "name another file with --salt")
    return salt


def _order(
    line: int,
    cells: list[str],
    place: dict[str, int],
    currency: Currency,
    salt: bytes,
    rate: Decimal,
) -> Order:
    if len(cells) <= max(place.values()):
        raise EMCError(f"{len(cells)} columns are too few")
    number, customer, amount = (
        cells[place[name]].strip() for name in ("order", "customer", "amount")
    )
    if not (number.isascii() and number.isdigit()) or len(number) > 77:
        raise EMCError(f"order {number[:40]!r} is not a number")
    if not _AMOUNT.fullmatch(amount):
        raise EMCError(f"amount {amount[:40]!r} is not a number such as 24.50")
    value = Decimal(amount)
    if value < 0 or value.adjusted() > 30:
        raise EMCError(f"amount {amount[:40]!r} cannot be paid")
    if value == 0:
        raise EMCError("amount is zero")
    units = currency.parse(amount) if rate == 1 else _units(value, rate, currency)
    if units == 0:
        raise EMCError(f"amount {amount} is less than one base unit")
    return Order(line, int(number), units, reference(customer, salt))


def _units(value: Decimal, rate: Decimal, currency: Currency) -> int:
    exact = EXACT.multiply(value, rate).scaleb(currency.decimals, EXACT)
    return int(exact.to_integral_value(ROUND_HALF_EVEN, EXACT))


def _bounded(file: Iterable[str]) -> Iterator[str]:
    for count, line in enumerate(file):
        if len(line) > MAX_LINE:
            raise csv.Error(f"a line is longer than {MAX_LINE} characters")
        if count == MAX_LINES:
            raise csv.Error(f"there are more than {MAX_LINES} lines: cut it")
        yield line
