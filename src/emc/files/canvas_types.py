"""The values of a canvas: how people may write them, and the one spelling that is hashed."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from eth_utils.address import is_checksum_address, to_checksum_address
from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from emc.core.limits import MAX_REVIEW, MAX_SPAN, MAX_TIME, MIN_REVIEW
from emc.core.text import printable, shown
from emc.core.units import (
    CALENDAR,
    NUMBER,
    SPAN,
    after,
    format_span,
    parse_part,
    parse_span,
    percent_text,
)
from emc.errors import EMCError

NOW = "now"
TRANCHES = ("base", "leading", "upside")

_PERCENT = r"[0-9]{1,3}(\.[0-9]{1,12})?[ ]?%?"
# a bare number could be meant as days: only zero needs no unit
# what ends in m alone is told that it can be minutes or months
_SPAN = rf"{SPAN}|0"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})"
# hidden or reordering characters: what is signed must be what is read
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def rule(message: str, hint: str) -> PydanticCustomError:
    """A finding that says what is wrong and how to fix it."""
    # as context and not as template: what people wrote may hold braces
    return PydanticCustomError("rule", "{message}", {"message": message, "hint": hint})


def _text(value: Any, what: str, example: str) -> str:
    """The characters of a value that is text or an exact number."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise rule(f"{shown(value)} is not {what}", f"write {example}")


def _matching(pattern: str, value: Any, what: str, example: str) -> str:
    text = _text(value, what, example)
    if not re.fullmatch(pattern, text):
        raise rule(f"{shown(value)} is not {what}", f"write {example}")
    return text


def _amount(value: Any) -> str:
    text = _matching(NUMBER, value, "an amount", "digits such as 1250.50 or 10,000,000")
    whole, _, part = text.replace(",", "").replace("_", "").partition(".")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    return f"{whole}.{part}" if part else whole


def percent_of(value: Any) -> int:
    """Ppm of a percentage as people may write it."""
    text = _matching(_PERCENT, value, "a percentage from 0 to 100", "a number such as 12.5")
    return _asked(parse_part, text)


def _quorum(value: Any) -> int:
    part = percent_of(value)
    if part == 0:
        raise rule("nobody would have to agree", "write a percentage above 0")
    return part


def _span(value: Any) -> int:
    text = _text(value, "a span of time", "for example 14d, 36h or 90min")
    seconds = _asked(parse_span, text)
    if seconds > MAX_SPAN:
        raise rule(f"{shown(value)} is too long", f"at most {MAX_SPAN // 86_400}d")
    return seconds


def _window(seconds: int) -> int:
    if seconds and not MIN_REVIEW <= seconds <= MAX_REVIEW:
        which = "short" if seconds < MIN_REVIEW else "long"
        raise rule(f"{format_span(seconds)} is too {which}", "write 1d to 365d, or 0 for both")
    return seconds


def _stars(value: Any) -> int:
    text = _matching(
        r"[0-5](\.[0-9]{1,2}0*)?", value, "a rating from 0 to 5", "a number such as 3.75"
    )
    stars = Decimal(text) * 100
    if stars > 500:
        raise rule(f"{shown(value)} is not a rating from 0 to 5", "write at most 5")
    return int(stars)


def _moment(value: Any) -> str:
    example = "now, or a date-time with its zone such as 2027-03-01T08:00:00+08:00"
    text = _text(value, "a moment", example)
    return NOW if text == NOW else _time(value, text, "a moment", example)


def _until(value: Any) -> str:
    example = (
        "a span after the start such as 365d or 18 months, or a date-time such as "
        "2027-03-01T08:00:00+08:00"
    )
    text = _text(value, "a moment", example)
    if found := re.fullmatch(r"([0-9]{1,4}) ?(month|year)s?", text, re.ASCII):
        count = int(found[1])
        years = count if found[2] == "year" else count // 12
        if years * 365 * 86_400 > MAX_TIME:
            raise rule(f"{shown(value)} is too long", f"at most {MAX_TIME // 86_400}d")
        return f"{count} {found[2]}{'s' if count != 1 else ''}"
    if re.fullmatch(rf"{_SPAN}|[0-9]+ ?m", text, re.ASCII):
        seconds = _asked(parse_span, text)
        if seconds > MAX_TIME:
            raise rule(f"{shown(value)} is too long", f"at most {MAX_TIME // 86_400}d")
        return format_span(seconds)
    return _time(value, text, "a moment", example)


def _time(value: Any, text: str, what: str, example: str) -> str:
    if not re.fullmatch(_TIME, text):
        raise rule(f"{shown(value)} is not {what}", f"write {example}")
    try:
        time = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise rule(f"{shown(value)} is no such time: {error}", f"write {example}") from None
    if time.year < 1970:
        raise rule(f"{shown(value)} is before 1970", "no chain can hold it")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _asked(parse: Callable[[str], int], text: str) -> int:
    try:
        return parse(text)
    except EMCError as error:
        raise rule(str(error), error.hint or "write a number such as 12.5") from None


def _words(value: str) -> str:
    return _plain(value, "")


def _paragraphs(value: str) -> str:
    return _plain(value, "\n")


def _plain(value: str, allowed: str) -> str:
    for char in value:
        if char not in allowed and unicodedata.category(char) in _HIDDEN:
            name = printable(char) if char != "\n" else "a line break"
            raise rule(f"holds {name}, which does not belong there", "remove it")
    return unicodedata.normalize("NFC", value)


def _address(text: str) -> str:
    if not is_checksum_address(text):
        if text[2:] in (text[2:].lower(), text[2:].upper()):
            hint = f"compare it with where it comes from, then write {to_checksum_address(text)}"
        else:
            hint = "a character or its case is wrong: copy it again"
        raise rule("is not a checksummed address", hint)
    if int(text, 16) == 0:
        raise rule("is the zero address", "nobody can be paid there; name another")
    return text


def word_or_address(text: str) -> str:
    """What stands for an address, or an address that is spelt so that a slip shows."""
    return _address(text) if text.startswith("0x") else text


def _rating(stars: int) -> str:
    return f"{Decimal(stars) / 100:.2f}".rstrip("0").rstrip(".")


def _schema(pattern: str, **number: Any) -> WithJsonSchema:
    """Text of that pattern, or a number."""
    options = [{"type": "string", "pattern": f"^({pattern})$"}]
    return WithJsonSchema(
        {"anyOf": [{"type": "number", **number}, *options] if number else options}
    )


# characters of a key, of a line, of prose
MAX_KEY, MAX_LINE, MAX_PROSE = 40, 240, 2400
KEY = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
Key = Annotated[str, StringConstraints(pattern=f"^{KEY}$", max_length=MAX_KEY)]
ADDRESS = r"0x[0-9a-fA-F]{40}"
# how a currency is marked, and how many decimals it may have
SYMBOL, MAX_DECIMALS = r"[A-Za-z][A-Za-z0-9.]{0,11}", 36
Address = Annotated[str, StringConstraints(pattern=f"^{ADDRESS}$"), AfterValidator(_address)]
# the account of a node, or an address
Account = Annotated[
    str,
    StringConstraints(pattern=f"^({KEY}|{ADDRESS})$", max_length=42),
    AfterValidator(word_or_address),
]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_LINE),
    AfterValidator(_words),
]
Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_PROSE),
    AfterValidator(_paragraphs),
]
# ppm, written as a percentage
Percent = Annotated[
    int,
    BeforeValidator(percent_of),
    PlainSerializer(percent_text),
    _schema(_PERCENT, minimum=0, maximum=100),
]
Quorum = Annotated[
    int,
    BeforeValidator(_quorum),
    PlainSerializer(percent_text),
    _schema(_PERCENT, exclusiveMinimum=0, maximum=100),
]
# decimal text without separators and spare zeros: its base units depend on the currency
Amount = Annotated[str, BeforeValidator(_amount), _schema(NUMBER, minimum=0)]
# seconds
Span = Annotated[
    int,
    BeforeValidator(_span),
    PlainSerializer(format_span),
    _schema(_SPAN, const=0),
]
# of a review
Window = Annotated[
    int,
    BeforeValidator(_span),
    AfterValidator(_window),
    PlainSerializer(format_span),
    _schema(_SPAN, const=0),
]
# hundredths
Stars = Annotated[
    int,
    BeforeValidator(_stars),
    PlainSerializer(_rating),
    _schema(r"[0-5](\.[0-9]{1,2})?", minimum=0, maximum=5),
]
# `now`, or a time in UTC
Moment = Annotated[str, BeforeValidator(_moment), _schema(f"now|{_TIME}")]
# a span after the start, also of the calendar, or a time in UTC
Until = Annotated[str, BeforeValidator(_until), _schema(f"{_SPAN}|{CALENDAR}|{_TIME}", const=0)]


def seconds_of(moment: str, start: int) -> int:
    """Unix time of a ``Moment`` or ``Until``; ``now`` and spans count from the start."""
    if moment == NOW:
        return start
    if moment.endswith("Z"):
        return int(datetime.fromisoformat(moment).timestamp())
    return after(start, moment)
