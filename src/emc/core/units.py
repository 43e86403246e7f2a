"""Amounts, parts and times: exact integers inside, decimals only at the border."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal

from emc.core.text import shown
from emc.errors import EMCError

PPM = 1_000_000
# what people may write: digits, thousands in groups of three, a point before decimals
NUMBER = r"([0-9]{1,40}|[0-9]{1,3}(,[0-9]{3}){1,12}|[0-9]{1,3}(_[0-9]{3}){1,12})(\.[0-9]{1,36})?"
PERCENT = r"([0-9]{1,3}(?:\.[0-9]{1,60})?)[ ]?%?"
# wide enough that no amount is ever rounded
EXACT = Context(prec=120)
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
# in short or in full
_UNIT = r"s|min|h|d|w|seconds?|minutes?|hours?|days?|weeks?"
SPAN = rf"[0-9]{{1,10}} ?(?:{_UNIT})"
# by the calendar, so only where it is known from when on
CALENDAR = r"[0-9]{1,4} ?(?:months?|years?)"


@dataclass(frozen=True)
class Currency:
    """What amounts are counted in.

    Args:
        symbol: How it is printed, for example ``CNY``.
        decimals: How many decimals one base unit stands for.
    """

    symbol: str
    decimals: int

    def parse(self, text: str | int | Decimal) -> int:
        """Base units of a decimal amount.

        Raises:
            EMCError: not written as `NUMBER` says, or finer than one base unit.
        """
        value = parse_number(text, "an amount")
        units = value.scaleb(self.decimals, EXACT)
        # also 24.500 where two decimals are all there is: somebody may mean thousands by it
        spare = isinstance(text, str) and len(text.partition(".")[2].strip()) > self.decimals
        if spare or units != units.to_integral_value(context=EXACT):
            raise EMCError(
                f"{str(text)!r} has more decimals than {self.symbol}",
                f"use at most {self.decimals} decimals",
            )
        return int(units)

    def exact(self, units: int) -> str:
        """An amount for files: every decimal, no thousands, no symbol."""
        whole, part = divmod(abs(units), 10**self.decimals)
        digits = f".{part:0{self.decimals}d}" if self.decimals else ""
        return f"{'-' if units < 0 else ''}{whole}{digits}"

    def format(self, units: int, *, symbol: bool = True) -> str:
        """An amount for people: thousands, decimals without spare zeros behind the second, and the
        symbol.
        """
        sign = "-" if units < 0 else ""
        whole, part = divmod(abs(units), 10**self.decimals)
        text = f"{sign}{whole:,}"
        if self.decimals:
            digits = f"{part:0{self.decimals}d}"
            text += f".{digits[:2]}{digits[2:].rstrip('0')}"
        return f"{text} {self.symbol}" if symbol else text


def parse_number(text: str | int | Decimal, what: str = "a number") -> Decimal:
    """Parse a number as people write it, without guessing: ``24,50`` is refused.

    Args:
        what: The expected value, for the error message.

    Raises:
        EMCError: not written as `NUMBER` says.
    """
    written = f"{text:f}" if isinstance(text, Decimal) else str(text).strip()
    if re.fullmatch(NUMBER, written, re.ASCII):
        return Decimal(written.replace(",", "").replace("_", ""))
    hint = "write a number such as 1250.50 or 1,250.50"
    if re.fullmatch(r"[0-9][0-9.,_ ]*", written, re.ASCII):
        hint = f"{hint}: a point before decimals, commas between groups of three digits"
    raise EMCError(f"{shown(text)} is not {what}", hint)


def parse_part(text: str | int | float | Decimal) -> int:
    """Ppm of a percentage such as ``12.5`` or ``"12.5%"``.

    Raises:
        EMCError: not a percentage between 0 and 100, or finer than 0.0001 %.
    """
    written = re.fullmatch(PERCENT, str(text).strip(), re.ASCII)
    if not written:
        raise EMCError(f"{text!r} is not a percentage", "write a number such as 12.5")
    value = Decimal(written[1])
    if value > 100:
        raise EMCError(f"{text!r} is not a percentage between 0 and 100")
    ppm = EXACT.multiply(value, Decimal(10_000))
    if ppm != ppm.to_integral_value():
        raise EMCError(f"{text!r} has too many decimals", "use at most four decimals of a percent")
    return int(ppm)


def format_part(ppm: int) -> str:
    """A percentage for people, without trailing zeros."""
    text = f"{Decimal(ppm) / 10_000:.4f}".rstrip("0").rstrip(".")
    return f"{text}%"


def percent_text(ppm: int) -> str:
    """A percentage as a canvas spells it."""
    return format_part(ppm).removesuffix("%")


def parse_span(text: str | int) -> int:
    """Seconds of a span such as ``14d``, ``14 days``, ``36h``, ``90min`` or ``0``.

    Raises:
        EMCError: anything else, including a number without a unit.
    """
    written = str(text).strip()
    if written == "0":
        return 0
    if re.fullmatch(SPAN, written, re.ASCII):
        count, unit = re.findall(r"[0-9]+|[a-z]+", written)
        short = unit if unit in _SECONDS else "min" if unit.startswith("min") else unit[0]
        return int(count) * _SECONDS[short]
    if re.fullmatch(r"[0-9]+", written, re.ASCII):
        raise EMCError(f"{shown(text)} is not a span of time", "write its unit, for example 14d")
    if found := re.fullmatch(r"([0-9]{1,10}) ?m", written, re.ASCII):
        raise EMCError(
            f"{shown(written)} can be minutes or months",
            f"write {found[1]}min, or {found[1]} months",
        )
    if re.fullmatch(CALENDAR, written, re.ASCII):
        raise EMCError(
            f"{shown(written)} is not a span of time here: months and years differ in length",
            "write days, for example 30d or 365d",
        )
    raise EMCError(f"{text!r} is not a span of time", "write for example 14d, 36h or 90min")


def after(start: int, text: str) -> int:
    """The time a span after another; months and years are those of the calendar (UTC).

    A month after the 31st of January is the last of February.

    Args:
        start: Unix time.
        text: As `parse_span` takes it, or such as ``18 months`` or ``2 years``.

    Raises:
        EMCError: anything else, or beyond the year 9999.
    """
    written = re.fullmatch(r"([0-9]{1,4}) ?(month|year)s?", text.strip(), re.ASCII)
    if written is None:
        return start + parse_span(text)
    began = datetime.fromtimestamp(start, UTC)
    months = (
        began.year * 12 + began.month - 1 + int(written[1]) * (12 if written[2] == "year" else 1)
    )
    year, month = months // 12, months % 12 + 1
    if year > 9999:
        raise EMCError(f"{text!r} is too long", "name a date before the year 10000")
    day = min(began.day, monthrange(year, month)[1])
    return int(began.replace(year=year, month=month, day=day).timestamp())


def format_span(seconds: int) -> str:
    """A span for people, in its largest whole unit."""
    for unit in ("w", "d", "h", "min"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"


def format_moment(timestamp: int) -> str:
    """A time for people, in UTC, with seconds if there are any, so that two times never read the
    same.
    """
    try:
        at = datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        # a word of 256 bits may stand where a time belongs
        return f"{timestamp} seconds after 1970"
    return f"{at:%Y-%m-%d %H:%M}{f':{at.second:02d}' if at.second else ''} UTC"
