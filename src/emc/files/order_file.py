"""Orders from a merchant's CSV file: read, and checked line by line."""

import csv
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from emc.core.orders import Order, order_number, reference
from emc.core.text import shown
from emc.core.units import EXACT, Currency
from emc.errors import EMCError
from emc.files import order_form
from emc.files.order_form import Mark
from emc.files.whole import replace_file

COLUMNS = ("order", "customer", "amount")
MAX_LINE = 10_000
MAX_LINES = 2_000_000


@dataclass(frozen=True)
class Skipped:
    """One line that cannot be sold, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class _Line:
    """What one line says."""

    number: int
    order: str
    customer: str
    amount: str


def read(
    path: Path,
    currency: Currency,
    salt: bytes,
    rate: Decimal = Decimal(1),
    mark: Mark | None = None,
) -> tuple[list[Order], list[Skipped]]:
    """The orders of a CSV file with the columns order, customer and amount; others are ignored.

    Columns are parted by commas, semicolons or tabs.

    Args:
        rate: Units of the settlement currency for one unit in the file; rounded half to even.
        salt: Keeps customer references from being guessed.
        mark: What stands before decimals; none: what the amounts themselves say.

    Raises:
        EMCError: the file as a whole cannot be read, or does not say what its amounts are.
    """
    orders: list[Order] = []
    seen: dict[int, int] = {}
    lines, skipped, delimiter = _lines(path)
    try:
        chosen = mark or order_form.mark_of(((at.number, at.amount) for at in lines), delimiter)
    except EMCError as error:
        raise EMCError(f"{path}: {error}", error.hint) from None
    for line in lines:
        try:
            order = _order(line, currency, salt, rate, chosen)
        except EMCError as error:
            skipped.append(Skipped(line.number, str(error)))
            continue
        if order.number in seen:
            reason = f"order {order.name} is on line {seen[order.number]} already"
            skipped.append(Skipped(line.number, reason))
            continue
        seen[order.number] = line.number
        orders.append(order)
    return (
        sorted(orders, key=lambda order: order.number),
        sorted(skipped, key=lambda each: each.line),
    )


def references(path: Path) -> dict[int, str]:
    """What the merchant calls each order of a CSV file, by the number that the chain knows.

    Raises:
        EMCError: the file cannot be read.
    """
    found = {}
    for line in _lines(path, ("order",))[0]:
        try:
            found[order_number(line.order)] = line.order
        except EMCError:
            continue
    return found


def _lines(
    path: Path, columns: tuple[str, ...] = COLUMNS
) -> tuple[list[_Line], list[Skipped], str]:
    """What each line says, those with too few columns, and what parts the columns."""
    found: list[_Line] = []
    skipped: list[Skipped] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            first = file.readline(MAX_LINE)
            delimiter = order_form.delimiter_of(first.strip(), columns)
            file.seek(0)
            rows = csv.reader(_bounded(file), delimiter=delimiter)
            header = [name.strip().lower() for name in next(rows, [])]
            absent = [name for name in columns if name not in header]
            if absent:
                raise EMCError(
                    f"{path}: line 1: no column {', '.join(absent)}",
                    f"the first line names the columns: {','.join(columns)}; a comma, a semicolon "
                    "or a tab parts them",
                )
            places = [header.index(name) for name in columns]
            for cells in rows:
                if not cells:
                    continue
                if len(cells) <= max(places):
                    what = f"{len(cells)} columns are too few"
                    skipped.append(Skipped(rows.line_num, what))
                    continue
                said = dict(zip(columns, (cells[place].strip() for place in places), strict=True))
                found.append(
                    _Line(
                        rows.line_num,
                        said["order"],
                        said.get("customer", ""),
                        said.get("amount", ""),
                    )
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EMCError(
            f"{path} cannot be read: {error}", "it must be a CSV file in UTF-8"
        ) from None
    return found, skipped, delimiter


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


def _order(line: _Line, currency: Currency, salt: bytes, rate: Decimal, mark: Mark) -> Order:
    number = order_number(line.order)
    value = order_form.value_of(line.amount, mark)
    if value is None:
        example = {"point": "24.50", "comma": "24,50"}[mark]
        raise EMCError(f"amount {shown(line.amount)} is not a number such as {example}")
    if value < 0 or value.adjusted() > 30:
        raise EMCError(f"amount {shown(line.amount)} cannot be paid")
    if value == 0:
        raise EMCError("amount is zero")
    units = currency.parse(value) if rate == 1 else _units(value, rate, currency)
    if units == 0:
        raise EMCError(f"amount {line.amount} is less than one base unit")
    text = "" if line.order.isdigit() else line.order
    return Order(line.number, number, units, reference(line.customer, salt), text)


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
