"""`emc allocate`: shares that follow contributions and stay inside bounds."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from emc.cli.shared import options, output
from emc.core.allocation import Allocation, Contributor, allocate, findings, named
from emc.core.limits import MAX_ROWS
from emc.core.problems import FileErrors, Path_
from emc.core.text import printable, shown
from emc.core.units import EXACT, Currency, format_part, percent_text
from emc.errors import EMCError
from emc.files import source
from emc.files.canvas_types import Amount, Key, Percent, percent_of
from emc.files.contributions import Contributions
from emc.files.source import MAX_BYTES, Source

_GIVEN = ("key", "contribution")
_LISTED = (*_GIVEN, "lower", "upper")
_AMOUNT: TypeAdapter[str] = TypeAdapter(Amount)


class _Drafted(BaseModel):
    """A part of a canvas; whatever else is there, or is still missing, plays no role."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _Bounds(_Drafted):
    lower: Percent = Field(description="least share, in percent")
    upper: Percent = Field(description="largest share, in percent")

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, value: Any) -> Any:
        """One number is a share that cannot move."""
        if isinstance(value, str | int | Decimal):
            percent_of(value)
            return {"lower": value, "upper": value}
        return value


class _CanvasRow(_Drafted):
    key: Key = Field(description="a short word, once per canvas: small letters, digits, hyphens")
    share: _Bounds = Field(description="lower and upper bound of the share, in percent")


class _CanvasRows(_Drafted):
    nodes: list[_CanvasRow] = Field(min_length=1, max_length=MAX_ROWS, description="the nodes")
    beneficiaries: list[_CanvasRow] = Field(
        default_factory=list, max_length=MAX_ROWS, description="rows without a vote"
    )


@dataclass(frozen=True)
class _Line:
    """A row as the file or the command line gives it.

    Args:
        path: Where the row is in the file.
        bounds: Where its bounds are.
        contribution: Decimal text; none where nothing says what it contributes.
    """

    path: Path_
    bounds: Path_
    key: str
    contribution: str | None
    lower: int
    upper: int


@click.command()
@click.argument("file", type=options.FILE)
@click.option(
    "--weight",
    "-w",
    "weights",
    multiple=True,
    metavar="KEY=NUMBER",
    help="What a row contributes; overrides files; repeatable.",
)
@click.option("--contributions", "given", type=options.FILE, help="CSV: key,contribution.")
@output.json_option
def command(file: Path, weights: tuple[str, ...], given: Path | None, as_json: bool) -> None:
    """Find shares that follow contributions and stay inside bounds.

    FILE is a canvas, finished or not, from which only keys and bounds are read, or a list of
    rows: YAML with key, contribution, lower and upper, or a .csv file with these columns. Other
    columns are ignored. Bounds are percentages; the defaults are 0 and 100. Contributions are in
    any unit that is the same for all: hours, coin, points. A row whose bounds are equal needs
    none.

    Every row gets the same rate per unit of contribution, but never less than its lower and never
    more than its upper bound. A row that contributes 0 gets its lower bound. All arithmetic is
    exact; shares are whole ppm (0.0001%) and sum to 100%. What rounding leaves over goes to the
    largest remainders; among equal ones to the larger contribution, then to the earlier row. The
    file is not changed.

    \b
    Examples:
      emc allocate canvases/breakfast-box.yaml -w bakery=120 -w roastery=80 -w couriers=100
      emc allocate canvases/smart-cooking.yaml --contributions hours.csv
      emc allocate hours.csv
      emc allocate hours.csv --weight bakery=140 --json
    """
    text = _read_csv(file, _LISTED) if file.suffix.lower() == ".csv" else source.read(file)
    lines = _lines(text)
    if given is not None:
        lines = _with(lines, _contributions(given), str(given))
    lines = _with(lines, _weights(weights), "--weight")
    decimals = max(_decimals(line.contribution) for line in lines)
    unit = Currency("", decimals)
    rows = [
        Contributor(line.key, unit.parse(line.contribution or "0"), line.lower, line.upper)
        for line in lines
    ]
    _check(text, lines, rows)
    found = allocate(rows)
    rate = found.rate * 10**decimals
    if as_json:
        output.print_json(_data(found, unit, rate))
    else:
        _show(found, unit, rate)


def _read_csv(path: Path, columns: Sequence[str]) -> Source:
    """Columns of a CSV file as if it were a YAML file with a list of rows.

    Raises:
        EMCError: the file as a whole cannot be read.
    """
    text = Source(printable(str(path)))
    rows: list[dict[str, str]] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise csv.Error("the file is larger than 1 MiB")
        lines = csv.reader(io.StringIO(raw, newline=""))
        header = [name.strip().lower() for name in next(lines, [])]
        if wrong := [name for name in columns if header.count(name) != 1]:
            what = "twice" if wrong[0] in header else "missing"
            raise EMCError(
                f"{text.name}: line 1: the column {wrong[0]} is {what}",
                f"the first line names the columns: {','.join(columns)}",
            )
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            path_ = ("rows", len(rows))
            text.lines[path_] = lines.line_num
            if len(cells) != len(header):
                text.report(
                    path_, f"has {len(cells)} cells", f"the first line has {len(header)} columns"
                )
            found = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
            # an empty cell is left out, as a field may be in YAML
            rows.append({name: found[name] for name in columns if found.get(name)})
    except OSError as error:
        raise EMCError(
            f"{text.name}: {error.strerror or error}", "name a file that can be read"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise EMCError(
            f"{text.name} cannot be read: {printable(str(error))}", "it must be a CSV file in UTF-8"
        ) from None
    text.tree = {"rows": rows}
    return text


def _lines(text: Source) -> list[_Line]:
    """The rows of a file, a canvas being what has nodes.

    Raises:
        FileErrors: everything that is wrong with them.
    """
    lines: list[_Line] = []
    if isinstance(text.tree, dict) and "nodes" in text.tree:
        canvas = source.validate(_CanvasRows, text)
        for name in ("nodes", "beneficiaries"):
            for index, each in enumerate(getattr(canvas, name, ())):
                path = (name, index)
                bounds = each.share
                lines.append(
                    _Line(path, (*path, "share"), each.key, None, bounds.lower, bounds.upper)
                )
    else:
        listed = source.validate(Contributions, text)
        for index, row in enumerate(listed.rows if listed else ()):
            path = ("rows", index)
            lines.append(_Line(path, path, row.key, row.contribution, row.lower, row.upper))
    if not text.problems and len(lines) > MAX_ROWS:
        text.report((), f"has {len(lines)} rows, a table holds {MAX_ROWS}", "shorten the list")
    if text.problems:
        kind = "canvas" if isinstance(text.tree, dict) and "nodes" in text.tree else "contributions"
        raise FileErrors(text.name, text.problems, kind)
    return lines


def _contributions(path: Path) -> dict[str, str]:
    """Contributions by key, as a CSV file gives them.

    Raises:
        FileErrors: everything that is wrong with it.
        EMCError: it cannot be read as a whole.
    """
    text = _read_csv(path, _GIVEN)
    listed = source.validate(Contributions, text)
    found: dict[str, str] = {}
    for index, row in enumerate(listed.rows if listed else ()):
        if row.key in found:
            text.report(("rows", index, "key"), f"{shown(row.key)} is there twice", "keep one")
        if row.contribution is not None:
            found[row.key] = row.contribution
    if text.problems:
        raise FileErrors(text.name, text.problems)
    return found


def _weights(options: Iterable[str]) -> dict[str, str]:
    """Contributions by key, as the command line gives them."""
    found: dict[str, str] = {}
    for option in options:
        key, equals, number = option.partition("=")
        key = key.strip()
        if not equals or not key:
            raise EMCError(
                f"--weight {shown(option)} is not KEY=NUMBER", "write for example bakery=120"
            )
        if key in found:
            raise EMCError(f"--weight gives {shown(key)} twice", "keep one of them")
        try:
            found[key] = _AMOUNT.validate_python(number)
        except ValidationError:
            raise EMCError(
                f"--weight {shown(option)}: {shown(number)} is not a contribution",
                "write digits such as 120, 37.5 or 12,000",
            ) from None
    return found


def _with(lines: Sequence[_Line], given: dict[str, str], where: str) -> list[_Line]:
    """The rows with these contributions in place of their own."""
    keys = [line.key for line in lines]
    for key in given:
        if key not in keys:
            close = get_close_matches(key, keys, n=1)
            hint = f"did you mean {close[0]}?" if close else f"its rows are {named(keys, 12)}"
            raise EMCError(f"{printable(where)}: FILE has no row {shown(key)}", hint)
    return [replace(line, contribution=given.get(line.key, line.contribution)) for line in lines]


def _check(text: Source, lines: Sequence[_Line], rows: Sequence[Contributor]) -> None:
    """Refuse what has no answer.

    Raises:
        FileErrors: every reason, with its line.
    """
    problems = list(findings(rows))
    for problem in problems:
        if not problem.path:
            continue
        index, name = problem.path
        line = lines[int(index)]
        path = (*(line.path if name == "key" else line.bounds), name)
        text.report(path, problem.message, problem.hint)
    # a row that cannot move gets its bound, whatever it contributes
    silent = [line for line in lines if line.contribution is None and line.lower != line.upper]
    if silent:
        text.report(
            silent[0].path,
            f"nothing says what {named([line.key for line in silent])} "
            f"contribute{'s' * (len(silent) == 1)}",
            f"add --weight {silent[0].key}=NUMBER, 0 if it contributes nothing, or name a file "
            "with --contributions",
        )
    if not text.problems:
        # the rows together; what is missing could put it right
        for problem in problems:
            text.report((lines[0].path[0],), problem.message, problem.hint)
    if text.problems:
        raise FileErrors(text.name, text.problems)


def _decimals(contribution: str | None) -> int:
    return len((contribution or "").partition(".")[2])


def _data(found: Allocation, unit: Currency, rate: Fraction) -> dict[str, Any]:
    """The answer for machines: percentages as a canvas spells them, the shares also in ppm."""
    return {
        "rows": [
            {
                "key": row.contributor.key,
                "contribution": _plain(unit, row.contributor.contribution),
                "lower": percent_text(row.contributor.lower),
                "share": percent_text(row.share),
                "upper": percent_text(row.contributor.upper),
                "share_ppm": row.share,
                "at": row.at,
            }
            for row in found.rows
        ],
        "rate": str(rate),
        "sum": percent_text(sum(found.shares)),
    }


def _plain(unit: Currency, amount: int) -> str:
    """A contribution as a canvas spells amounts."""
    text = unit.format(amount, symbol=False).replace(",", "")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _show(found: Allocation, unit: Currency, rate: Fraction) -> None:
    rows = [
        [
            row.contributor.key,
            unit.format(row.contributor.contribution, symbol=False),
            format_part(row.contributor.lower),
            format_part(row.share),
            format_part(row.contributor.upper),
            row.at or "",
        ]
        for row in found.rows
    ]
    asked = [row.contributor for row in found.rows]
    totals = [
        "total",
        unit.format(sum(each.contribution for each in asked), symbol=False),
        format_part(sum(each.lower for each in asked)),
        format_part(sum(found.shares)),
        format_part(sum(each.upper for each in asked)),
        "",
    ]
    names = ("row", ">contribution", ">lower", ">share", ">upper", "at bound")
    output.table(output.columns(*names), rows, totals)
    output.line()
    percent = EXACT.divide(Decimal(rate.numerator * 100), Decimal(rate.denominator))
    output.line(f"rate: {percent:.6g}% for one unit of contribution, exactly {rate} of the whole")
