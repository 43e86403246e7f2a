"""Text that no spreadsheet takes for a formula.

A cell is dangerous if it begins with one of a few characters. Some programs also begin a new cell
at a separator that the writer did not mean as one, so the same holds behind every separator.
"""

import re

# both are understood by Python and by DuckDB
CONTROL = r"[\x00-\x1f\x7f-\x9f]"
STARTS = r"(^|[,;|])([\s\"']*)([=+\-@＝＋－＠])"  # noqa: RUF001


def guarded(text: str) -> str:
    """A text with an apostrophe before whatever would begin a formula."""
    return re.sub(STARTS, r"\1\2'\3", re.sub(CONTROL, " ", text))


def guarded_sql(expression: str) -> str:
    """The same as an expression of DuckDB."""
    starts, control = (each.replace("'", "''") for each in (STARTS, CONTROL))
    flat = f"regexp_replace({expression}, '{control}', ' ', 'g')"
    return rf"regexp_replace({flat}, '{starts}', '\1\2''\3', 'g')"
