"""Amounts, parts and times: exact integers inside, decimals only at the border."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

from emc.errors import EMCError

PPM = 1_000_000
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
            EMCError: not a number, negative, or finer than one base unit.
        """
        try:
            value = Decimal(str(text).replace("_", "").replace(",", ""))
        except InvalidOperation:
            raise EMCError(f"{text!r} is not an amount", "write a number such as 1250.50") from None
        if not value.is_finite() or value < 0:
            raise EMCError(f"{text!r} is not an amount", "write a number that is not negative")
        if value.adjusted() > 60:
            raise EMCError(f"{text!r} is too large for an amount")
        units = value.scaleb(self.decimals, EXACT)
        if units != units.to_integral_value(context=EXACT):
            raise EMCError(
                f"{text!r} is finer than {self.symbol} can be split",
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


def parse_part(text: str | int | float | Decimal) -> int:
    """Ppm of a percentage such as ``12.5`` or ``"12.5%"``.

    Raises:
        EMCError: not a percentage between 0 and 100, or finer than 0.0001 %.
    """
    try:
        value = Decimal(str(text).strip().removesuffix("%").strip().replace("_", "x"))
    except InvalidOperation:
        raise EMCError(f"{text!r} is not a percentage", "write a number such as 12.5") from None
    if not value.is_finite() or not 0 <= value <= 100:
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
