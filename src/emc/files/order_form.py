"""The forms in which shops export their orders: their separators of columns and decimals.

Nothing is guessed. If the amounts of a file leave open what a comma or a point in them means, the
seller has to say it.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from emc.core.text import shown
from emc.errors import EMCError

Mark = Literal["point", "comma"]
MARKS: tuple[Mark, ...] = ("point", "comma")
DELIMITERS = ",;\t"
# between groups of three digits, beside the mark that is not the decimals': space, narrow and
# no-break space, apostrophes
_SPACES = " '\u00a0\u202f\u2019"
_SIGNS = {"point": ".", "comma": ","}
_PATTERNS = {
    mark: re.compile(
        rf"-?([0-9]{{1,60}}|[0-9]{{1,3}}(?:[{re.escape(other + _SPACES)}][0-9]{{3}}){{1,19}})"
        rf"(?:{re.escape(_SIGNS[mark])}([0-9]{{1,60}}))?",
        re.ASCII,
    )
    for mark, other in (("point", ","), ("comma", "."))
}


def delimiter_of(header: str, wanted: Iterable[str]) -> str:
    """What parts the columns: that by which the first line names all that are wanted."""
    for delimiter in DELIMITERS:
        names = [name.strip().strip('"').lower() for name in header.split(delimiter)]
        if all(name in names for name in wanted):
            return delimiter
    return DELIMITERS[0]


def value_of(text: str, mark: Mark) -> Decimal | None:
    """The number that is written; none if it is not written so."""
    found = _PATTERNS[mark].fullmatch(text)
    if found is None:
        return None
    whole = re.sub("[^0-9]", "", found[1])
    return Decimal(f"{'-' if text.startswith('-') else ''}{whole}.{found[2] or 0}")


def mark_of(amounts: Iterable[tuple[int, str]], delimiter: str) -> Mark:
    """What stands before the decimals of these amounts, each with its line, as far as it is sure.

    Raises:
        EMCError: some say a comma and some a point, or none says which.
    """
    sure: dict[Mark, tuple[int, str]] = {}
    unsure: tuple[int, str] | None = None
    for line, text in amounts:
        values = {mark: value_of(text, mark) for mark in MARKS}
        read = [mark for mark in MARKS if values[mark] is not None]
        if len(read) == 1:
            sure.setdefault(read[0], (line, text))
        elif values["point"] != values["comma"]:
            unsure = unsure or (line, text)
    declare = "say which it is: --decimal comma or --decimal point"
    if len(sure) == 2:
        (one, first), (two, second) = sorted(sure.values())
        raise EMCError(
            f"decimals stand after a point and after a comma: {shown(first)} in line {one}, "
            f"{shown(second)} in line {two}",
            declare,
        )
    if sure:
        return next(iter(sure))
    # a file whose columns are parted by commas has a point before decimals, unless it says more
    if unsure is not None and (delimiter != "," or "," in unsure[1]):
        line, text = unsure
        values_told = " or ".join(f"{value_of(text, mark):,}" for mark in MARKS)
        raise EMCError(f"line {line}: amount {shown(text)} can be {values_told}", declare)
    return "point"
