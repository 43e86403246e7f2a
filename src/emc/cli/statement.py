"""emc statement: what an ME earned, by date."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli.shared import options, output, sessions, talk, titles
from emc.core.terms import NATIVE
from emc.core.units import Currency

if TYPE_CHECKING:
    from emc.client.income import Income, Passed
    from emc.client.mine import Place

_DAY = click.DateTime(["%Y-%m-%d"])
COLUMNS = (
    *("date", "emc", "title", "row", "amount", "symbol", "state", "order", "payer", "payee"),
    *("block", "through"),
)


@dataclass(frozen=True)
class _Account:
    """What a chain told of an ME."""

    places: "list[Place]"
    lines: "list[Income]"
    passed: "list[Passed]"
    names: Mapping[str, str]
    rows: Mapping[str, Mapping[int, str]]
    money: Mapping[str, Currency]

    def called(self, emc: str, row: int | None = None) -> str:
        """What to call an EMC, or a row of it."""
        name = self.names.get(emc, emc)
        if row is None:
            return name
        return f"{name}, {self.rows.get(emc, {}).get(row, f'row {row}')}"


@click.command()
@options.local_network
@click.option("--me", type=options.ME, required=True, help="The ME whose income to show: its id.")
@click.option("--since", type=_DAY, help="From this day on (UTC).")
@click.option("--before", type=_DAY, help="Until the day before this one (UTC).")
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every payment run to a file for spreadsheets.",
)
@titles.option
@output.json_option
def command(
    network: str,
    me: int,
    since: datetime | None,
    before: datetime | None,
    csv_file: Path | None,
    canvases: Path,
    as_json: bool,
) -> None:
    """Show what an ME earned by date, over all EMCs in which it is or was a node.

    Earned means paid, or waiting as a credit; what a gate holds is not earned yet. If an EMC is
    paid by another, the statement shows whose rows contributed the money. If a row of the ME is
    paid at an EMC of its own people, it shows what each of them got. It is read from the chain and
    replayed; `emc audit statement` proves the figures and splits them by tranche.

    \b
    Examples:
      emc statement --me 3
      emc statement --me 3 --since 2026-01-01 --before 2027-01-01 --csv income.csv
    """
    with sessions.opened(network) as session:
        told = _read(session.system, me, canvases, _between(since, before))
    if csv_file is not None:
        from emc.files.whole import replace_file

        replace_file(csv_file, _csv(told))
        talk.note(f"written: {csv_file}")
    if as_json:
        output.print_json(_data(told))
        return
    titles.note_faults(told.places)
    _show(me, told)


def _read(system: Any, me: int, canvases: Path, wanted: Callable[[int], bool]) -> _Account:
    from emc.client import mine
    from emc.client.income import Book

    known = titles.known(canvases)
    book = Book(system)
    places = mine.places(system, me, known.words)
    lines, passed = book.of(places)
    entries = list(book.every.values())
    return _Account(
        places=places,
        lines=sorted(
            (line for line in lines if wanted(line.at)),
            key=lambda line: (line.block, line.emc, line.row),
        ),
        passed=passed,
        names=titles.of_entries(known, entries),
        rows={
            each.emc: known.rows[each.terms.canvas]
            for each in entries
            if each.terms is not None and each.terms.canvas in known.rows
        },
        money={each.emc: each.currency for each in entries if each.currency},
    )


def _between(since: datetime | None, before: datetime | None) -> Callable[[int], bool]:
    """Whether a time is asked for."""
    first = since.replace(tzinfo=UTC).timestamp() if since else 0
    last = before.replace(tzinfo=UTC).timestamp() if before else float("inf")
    return lambda at: first <= at < last


def _through(told: _Account, line: "Income") -> str:
    """Whose rows put in what an EMC booked."""
    money = told.money[line.emc]
    return "; ".join(
        f"{'a transfer' if each.emc == NATIVE else told.called(each.emc, each.row)} "
        f"{money.format(each.amount)}"
        for each in line.sources
    )


def _csv(told: _Account) -> str:
    from emc.audit.tell.spreadsheet import guarded

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in told.lines:
        money = told.money[line.emc]
        title = told.names.get(line.emc, "")
        at = datetime.fromtimestamp(line.at, UTC)
        cells = (
            *(f"{at:%Y-%m-%dT%H:%M:%SZ}", line.emc, title, line.row, money.exact(line.amount)),
            *(money.symbol, "credit" if line.is_credit else "paid"),
            "" if line.number is None else line.number,
            *(line.payer, "" if line.payee == NATIVE else line.payee, line.block),
            _through(told, line),
        )
        writer.writerow([guarded(each) if isinstance(each, str) else each for each in cells])
    return text.getvalue()


def _data(told: _Account) -> dict[str, Any]:
    return {
        "lines": [
            {
                "at": line.at,
                "block": line.block,
                "emc": line.emc,
                "title": told.names.get(line.emc),
                "row": line.row,
                "amount": str(line.amount),
                "state": "credit" if line.is_credit else "paid",
                "payer": line.payer,
                "order": None if line.number is None else str(line.number),
                "payee": None if line.payee == NATIVE else line.payee,
                "through": [
                    {
                        "emc": None if each.emc == NATIVE else each.emc,
                        "row": each.row,
                        "amount": str(each.amount),
                    }
                    for each in line.sources
                ],
            }
            for line in told.lines
        ],
        "totals": {
            emc: str(sum(line.amount for line in told.lines if line.emc == emc))
            for emc in dict.fromkeys(line.emc for line in told.lines)
        },
        "passed_on": [_passed_data(each) for each in told.passed],
        "faults": {each.entry.emc: each.fault for each in told.places if each.fault},
    }


def _passed_data(each: "Passed") -> dict[str, Any]:
    return {
        "emc": each.emc,
        "row": each.row,
        "into": each.into,
        "amount": str(each.amount),
        "unbooked": str(each.unbooked),
        "inside": [
            {
                "row": inner.row,
                "me": inner.me,
                "earned": str(inner.earned),
                "passed_on": [_passed_data(more) for more in inner.on],
            }
            for inner in each.inside
        ],
    }


def _show(me: int, told: _Account) -> None:
    """A line for each day and row; every run is in the CSV."""
    if not told.lines:
        talk.note(f"ME {me} earned nothing in that time; `emc list` shows what is held")
        return
    output.line(f"Income of ME {me}, by day (UTC)", style="bold")
    days: dict[tuple[str, str, int], list[Income]] = {}
    for line in told.lines:
        day = f"{datetime.fromtimestamp(line.at, UTC):%Y-%m-%d}"
        days.setdefault((day, line.emc, line.row), []).append(line)
    columns = output.columns("", "EMC, row", ">runs", ">earned", ">of it credit")
    lines = []
    for (day, emc, row), of_day in days.items():
        money = told.money[emc]
        credit = sum(line.amount for line in of_day if line.is_credit)
        whole = sum(line.amount for line in of_day)
        name = told.called(emc, row)
        lines.append([day, name, str(len(of_day)), money.format(whole), money.format(credit)])
    output.table(columns, lines)
    for text in (*_sums(told), *_sources(told)):
        output.line(text)
    for each in told.passed:
        _show_passed(told, each, 0)


def _sums(told: _Account) -> Iterator[str]:
    """What was earned, by currency."""
    sums: dict[tuple[str, Currency], int] = {}
    tokens = {each.entry.emc: each.entry.terms for each in told.places}
    for line in told.lines:
        terms = tokens[line.emc]
        key = terms.currency if terms else "", told.money[line.emc]
        sums[key] = sums.get(key, 0) + line.amount
    yield ""
    for (_, money), units in sums.items():
        yield f"together {money.format(units)}"


def _sources(told: _Account) -> Iterator[str]:
    """Whose rows put in what the EMCs of an ME booked, over all its runs."""
    sums: dict[tuple[str, str, int | None], int] = {}
    for place, source in _booked(told.lines):
        key = place, source.emc, source.row
        sums[key] = sums.get(key, 0) + source.amount
    for (emc, other, row), units in sums.items():
        who = "transfers" if other == NATIVE else told.called(other, row)
        yield f"{told.called(emc)} shared out {told.money[emc].format(units)} of {who}"


def _booked(lines: "Iterable[Income]") -> Iterator[tuple[str, Any]]:
    """The sources of each run once, whichever rows it paid."""
    seen = set()
    for line in lines:
        if (line.emc, line.block, line.sources) not in seen:
            seen.add((line.emc, line.block, line.sources))
            yield from ((line.emc, each) for each in line.sources)


def _show_passed(told: _Account, each: "Passed", depth: int) -> None:
    """Where money went on, to the last row."""
    money, pad = told.money[each.emc], "  " * depth
    output.line("")
    output.line(
        f"{pad}{told.called(each.emc, each.row)}: {money.format(each.amount)} went on to "
        f"{told.called(each.into)}"
    )
    for inner in each.inside:
        who = f" (ME {inner.me})" if inner.me is not None else ""
        name = told.rows.get(each.into, {}).get(inner.row, f"row {inner.row}")
        output.line(f"{pad}  {name}{who}: {money.format(inner.earned)}")
        for more in inner.on:
            _show_passed(told, more, depth + 2)
    if each.unbooked:
        output.line(
            f"{pad}  {money.format(each.unbooked)} are unbooked there: emc till absorb {each.into}"
        )
