"""Amounts, parts and times: exact integers inside, decimals only at the border."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal

from emc.core.text import shown
from emc.errors import EMCError

PPM = 1_000_000
# what people may write: digits, thousands in groups of three, a point before decimals
NUMBER = r"([0-9]{1,40}|[0-9]{1,3}(,[0-9]{3}){1,12}|[0-9]{1,3}(_[0-9]{3}){1,12})(\.[0-9]{1,36})?"
PERCENT = r"([0-9]{1,3}(?:\.[0-9]{1,60})?)[ ]?%?"
# wide enough that no amount is ever rounded
EXACT = Context(prec=120)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


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
                f"{str(text)!r} is finer than {self.symbol} can be split",
                f"use at most {self.decimals} decimals",
            )
        return int(units)

    def format(self, units: int, *, symbol: bool = True) -> str:
        """An amount for people: thousands, all decimals, and the symbol."""
        sign = "-" if units < 0 else ""
        whole, part = divmod(abs(units), 10**self.decimals)
        text = f"{sign}{whole:,}"
        if self.decimals:
            text += f".{part:0{self.decimals}d}"
        return f"{text} {self.symbol}" if symbol else text


def parse_number(text: str | int | Decimal, what: str = "a number") -> Decimal:
    """A number as people write it, and never a guess: ``24,50`` is none.

    Args:
        what: What it should be, for the error.

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
        raise EMCError(f"{text!r} is too fine", "use at most four decimals of a percent")
    return int(ppm)


def format_part(ppm: int) -> str:
    """A percentage for people, without trailing zeros."""
    text = f"{Decimal(ppm) / 10_000:.4f}".rstrip("0").rstrip(".")
    return f"{text}%"


def parse_span(text: str | int) -> int:
    """Seconds of a span such as ``14d``, ``36h``, ``90m`` or a whole number of seconds.

    Raises:
        EMCError: anything else.
    """
    match = re.fullmatch(r"\s*([0-9]{1,10})\s*([smhdw]?)\s*", str(text))
    if not match:
        raise EMCError(f"{text!r} is not a span of time", "write for example 14d, 36h or 90m")
    return int(match[1]) * _SECONDS[match[2] or "s"]


def format_span(seconds: int) -> str:
    """A span for people, in its largest whole unit."""
    for unit in ("w", "d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"
