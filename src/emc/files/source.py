"""A YAML file from a stranger: read within limits, each value with its line, all problems at once.

Only plain data is read. Numbers keep their digits: a decimal becomes a Decimal, never a float.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from emc.core.problems import Path_, Problem
from emc.core.text import printable, shown
from emc.errors import EMCError

MAX_BYTES = 2**20
MAX_DEPTH = 12
MAX_VALUES = 20_000

_INTEGER = re.compile(r"[-+]?[0-9]{1,80}")
_DECIMAL = re.compile(r"[-+]?([0-9]{1,80}\.[0-9]{0,80}|\.[0-9]{1,80})")
_WORDS: Mapping[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

Model = TypeVar("Model", bound=BaseModel)
_Value = AliasEvent | ScalarEvent | MappingStartEvent | SequenceStartEvent


@dataclass
class Source:
    """A file as plain data, and where each value stands; no data if it cannot be read to its
    end.
    """

    name: str
    tree: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path_) -> int:
        """The line of a value, else of what should hold it."""
        for end in range(len(path), -1, -1):
            if line := self.lines.get(path[:end]):
                return line
        return 0

    def report(self, path: Path_, message: str, hint: str = "", line: int = 0) -> None:
        self.problems.append(Problem(path, message, hint, line or self.line(path)))


class _Unreadable(Exception):  # noqa: N818
    """The rest of the file cannot be read."""


@dataclass
class _Open:
    """A list or a set of fields that is not closed yet; what is lost is read and forgotten."""

    value: list[Any] | dict[str, Any]
    path: Path_
    is_lost: bool
    key: str | None = None
    is_twice: bool = False


def read(path: Path) -> Source:
    """A file as plain data; what is wrong with it is in ``problems``.

    Raises:
        EMCError: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise EMCError(
            f"{path}: {error.strerror or error}", "name a file that can be read"
        ) from None
    return parse(raw, str(path))


def parse(raw: bytes, name: str) -> Source:
    """Like ``read``, from bytes."""
    source = Source(printable(name))
    if len(raw) > MAX_BYTES:
        source.report(
            (), "the file is larger than 1 MiB", "keep long texts elsewhere and refer to them"
        )
        return source
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        source.report((), "is not UTF-8 text", "save the file as UTF-8", line)
        return source
    try:
        _build(source, YAML(typ="safe", pure=True).parse(text))
        if not source.problems and not isinstance(source.tree, dict):
            source.report(
                (), "the file holds no fields", "write each as a name, a colon and its value", 1
            )
        return source
    except _Unreadable:
        pass
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = getattr(error, "position", None)
        line = mark.line + 1 if mark else text.count("\n", 0, at) + 1 if isinstance(at, int) else 0
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
        source.report(
            (), f"cannot be read: {printable(str(reason))}", "correct the YAML first", line
        )
    except (ValueError, LookupError, ArithmeticError, TypeError, AssertionError, RecursionError):
        # the parser's own missteps on escapes and directives that no canvas needs
        source.report((), "cannot be read as YAML", "correct the YAML first")
    source.tree = None
    return source


def _build(source: Source, events: Iterator[Event]) -> None:
    """Put the parser's events together; iterative, so that depth costs no stack."""
    stack: list[_Open] = []
    values = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent) and source.lines:
            source.report((), "a second document starts here", "keep one per file", line)
            raise _Unreadable
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            stack.pop()
        if not isinstance(event, _Value):
            continue
        values += 1
        if values > MAX_VALUES or len(stack) >= MAX_DEPTH:
            what = f"more than {MAX_VALUES} values" if values > MAX_VALUES else "nested too deeply"
            source.report((), f"{what}, which no such file needs", "shorten it", line)
            raise _Unreadable
        holder = stack[-1] if stack else None
        if holder is not None and isinstance(holder.value, dict) and holder.key is None:
            _name_field(source, holder, holder.value, event, line)
        else:
            _take(source, stack, event, line)


def _name_field(
    source: Source, holder: _Open, fields: dict[str, Any], event: Event, line: int
) -> None:
    """Take a word as the name of the field whose value comes next."""
    if not isinstance(event, ScalarEvent):
        source.report(
            holder.path, "a field name must be a word", "remove the ? or [ or { or *", line
        )
        raise _Unreadable
    holder.key = str(event.value)
    holder.is_twice = holder.key in fields
    if holder.is_lost:
        return
    path = (*holder.path, holder.key)
    _check_plain(source, path, event, line)
    if holder.is_twice:
        hint = f"keep one of them; the first is on line {source.lines[path]}"
        source.report(path, "appears twice", hint, line)
    else:
        source.lines[path] = line


def _take(source: Source, stack: list[_Open], event: _Value, line: int) -> None:
    """Take a value: into the list or field that waits for it, or as the whole file."""
    value = _value(event)
    path: Path_ = ()
    is_lost = False
    if stack:
        holder = stack[-1]
        is_lost = holder.is_lost or holder.is_twice
        if isinstance(holder.value, list):
            path = (*holder.path, len(holder.value))
            holder.value.append(value)
        elif holder.key is not None:
            path = (*holder.path, holder.key)
            if not is_lost:
                holder.value[holder.key] = value
            holder.key, holder.is_twice = None, False
    else:
        source.tree = value
    if not is_lost:
        source.lines.setdefault(path, line)
        _check_plain(source, path, event, line)
    if isinstance(value, list | dict):
        stack.append(_Open(value, path, is_lost))


def _check_plain(source: Source, path: Path_, event: _Value, line: int) -> None:
    """Refuse what lets a small file mean a large or a foreign thing."""
    if isinstance(event, AliasEvent):
        source.report(path, "refers to another place with *", "write the value out", line)
    elif event.anchor is not None:
        source.report(
            path, "is named with & to be referred to", "write values out where needed", line
        )
    if getattr(event, "tag", None) is not None:
        source.report(path, "has a YAML tag", "remove the word that starts with !", line)


def _value(event: _Value) -> Any:
    if isinstance(event, MappingStartEvent):
        return {}
    if isinstance(event, SequenceStartEvent):
        return []
    if not isinstance(event, ScalarEvent):
        return None
    text = str(event.value)
    if event.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text


def validate(
    model: type[Model], source: Source, spelt: Callable[[Path_], Path_] = lambda path: path
) -> Model | None:
    """The file as an instance of the model; where it is not one, its problems say why.

    Args:
        spelt: Where a field of the model is written in the file.
    """
    if not isinstance(source.tree, dict):
        return None
    # what cannot be read is not also missing
    unread = [each.path for each in source.problems if each.path]
    try:
        return model.model_validate(source.tree)
    except ValidationError as error:
        for each in explain(model, error):
            at = spelt(each.path)
            if not any(at[: len(path)] == path for path in unread):
                source.report(at, each.message, each.hint)
    return None


def explain(model: type[BaseModel], error: ValidationError) -> Iterator[Problem]:
    """Pydantic's findings in the words of this project."""
    for each in error.errors(include_url=False):
        path: Path_ = tuple(each["loc"])
        message, hint = _words(model, path, each["type"], each)
        yield Problem(path, printable(message), printable(hint))


# the message for each kind of pydantic's findings, and what to do
_NUMBER = ("{value} is not a whole number", "write for example 2")
_FIELDS = ("is not a set of fields", "it holds: {description}")
_SAID = {
    "rule": ("{message}", "{hint}"),
    # what one of our own validators says
    "value_error": ("{error}", ""),
    "missing": ("is missing", "it says: {description}"),
    "extra_forbidden": ("is not a field here", "{alternatives}"),
    "string_type": ("{value} is not text", "put it in quotes"),
    "string_too_short": ("is empty", "it says: {description}"),
    "string_too_long": ("is longer than {max_length} characters", "shorten it"),
    "string_pattern_mismatch": ("{value} is not written as it must be", "it is: {description}"),
    "literal_error": ("{value} is unknown", "write {expected}"),
    "bool_type": ("{value} is neither true nor false", "write true or false"),
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), _NUMBER),
    "greater_than": ("{value} is too small", "above {gt}"),
    "greater_than_equal": ("{value} is too small", "at least {ge}"),
    "less_than_equal": ("{value} is too large", "at most {le}"),
    "less_than": ("{value} is too large", "below {lt}"),
    "list_type": ("is not a list", "start each line of it with a dash"),
    **dict.fromkeys(("dict_type", "model_type"), _FIELDS),
    "too_short": ("has {actual_length}, and needs at least {min_length}", "add what is missing"),
    "too_long": ("has more than {max_length} entries", "shorten the list"),
}
_OTHERWISE = ("{value} cannot stand here", "it is: {description}")


def _words(model: type[BaseModel], path: Path_, kind: str, error: Any) -> tuple[str, str]:
    value = error.get("input")
    known = {
        **error.get("ctx", {}),
        "value": shown(value),
        "description": _description(model, path),
        "alternatives": _alternatives(model, path) if kind == "extra_forbidden" else "",
    }
    if (value is None or value == "") and kind not in ("missing", "rule"):
        kind = "string_too_short"
    message, hint = _SAID.get(kind, _OTHERWISE)
    return message.format(**known), hint.format(**known)


def first_words(error: ValidationError, model: type[BaseModel] = BaseModel) -> str:
    """The first of pydantic's findings, for files that only programs write."""
    found = next(explain(model, error))
    where = ".".join(map(str, found.path)) or "the file"
    return printable(f"{where}: {found.message}")


def _description(model: type[BaseModel], path: Path_) -> str:
    holder = _model_at(model, path[:-1])
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    known = holder.model_fields.get(name) if holder else None
    return (known.description if known else None) or "see the JSON Schema"


def _alternatives(model: type[BaseModel], path: Path_) -> str:
    holder = _model_at(model, path[:-1])
    names = list(holder.model_fields) if holder else []
    close = get_close_matches(str(path[-1]), names, n=1)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(names)}"


def _model_at(model: type[BaseModel], path: Path_) -> type[BaseModel] | None:
    """The model that describes the set of fields at a path."""
    at: type[BaseModel] | None = model
    for step in path:
        # places in lists, and keys that are people's own words, hold what their field describes
        if at is not None and isinstance(step, str) and step in at.model_fields:
            at = _model_in(at.model_fields[step].annotation)
    return at


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
