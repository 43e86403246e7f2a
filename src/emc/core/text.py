"""Text from strangers, made fit to be shown."""

from typing import Any

# what is shown of a value that cannot be used
_SHOWN = 60


def shown(value: Any) -> str:
    """A value for a message: short, on one line, without control characters."""
    text = {dict: "a set of fields", list: "a list", type(None): "nothing"}.get(type(value))
    if text is not None:
        return text
    text = str(value)
    return repr(printable(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."))


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it counts: 1 order, 1,350 orders."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def printable(text: str) -> str:
    """Text without what could steer a terminal or a log."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
