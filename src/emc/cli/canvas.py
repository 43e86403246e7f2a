"""`emc canvas`: check and show the file in which people write an EMC down."""

import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from emc.cli.canvas_new import new
from emc.cli.shared import naming, options, output, talk, terms_view
from emc.cli.shared.groups import Group
from emc.core import view, waterfall
from emc.core.problems import Problem
from emc.core.terms import Metric, Terms
from emc.core.text import counted
from emc.core.units import PPM, format_part
from emc.core.waterfall import Entitlement
from emc.errors import EMCError
from emc.files.canvas import Canvas, CanvasErrors, load
from emc.files.canvas_advice import advice
from emc.files.canvas_parts import Beneficiary, Node
from emc.files.compile import compile_terms, labels, placeholder_parties

_FILE = click.argument("file", type=options.FILE)


@click.group(cls=Group)
def canvas() -> None:
    """Write, check, show and draw a canvas, the file in which people describe an EMC."""


@canvas.command()
@_FILE
@output.json_option
def check(file: Path, as_json: bool) -> None:
    """Report everything that is wrong with a canvas, where, and how to fix it.

    Warns about values that are allowed but hardly ever meant: a deadline in minutes, a fraction
    instead of a percentage, a node with obligations and no share. Needs no chain. The exit code is
    1 if there is a problem.

    Example: emc canvas check canvases/smart-cooking.yaml
    """
    now = int(time.time())
    try:
        made = load(file, now=now)
    except CanvasErrors as error:
        if not as_json:
            raise
        output.print_json({"ok": False, "problems": _problems(error.problems)})
        raise SystemExit(1) from None
    doubts = advice(made, now)
    if as_json:
        said = {"ok": True, "hash": f"0x{made.hash().hex()}", **_summary(made)}
        output.print_json({**said, "look_again": _problems(doubts)})
        return
    output.line(f"ok: {made.title}", "bold green")
    named = [(name.replace("_", " "), value) for name, value in _summary(made).items()]
    output.pairs([*named, ("canvas hash", f"0x{made.hash().hex()}")])
    for doubt in doubts:
        talk.note(f"warning: {doubt}")


@canvas.command()
@_FILE
@click.option(
    "--at", "levels", multiple=True, metavar="AMOUNT", help="Proceeds to show; repeatable."
)
@click.option(
    "--value",
    "values",
    multiple=True,
    metavar="VALUE",
    help="Final value of an assessed measure to show, such as 400, or users=400 where the goal has "
    "several; repeatable.",
)
@output.json_option
def show(file: Path, levels: tuple[str, ...], values: tuple[str, ...], as_json: bool) -> None:
    """Show a canvas as a table of what each row is entitled to at given proceeds, and in words:
    every row, then every rule.

    Without --at, the table shows half the benchmark, the benchmark, the target and 1.5 times the
    target. While the gate is closed, costs flow and income is held. An assessed goal is shown
    without any value, at the benchmark and at the target of all measures; choose others with
    --value.

    Example: emc canvas show canvases/breakfast-box.yaml --at 12000 --at 45,000.50
    """
    made = load(file, now=int(time.time()))
    terms = compile_terms(made, placeholder_parties(made), now=int(time.time()))
    proceeds = [made.money.parse(each) for each in levels] or _telling(made, terms)
    at = [_Level(made, terms, each, told) for told in _values(terms, values) for each in proceeds]
    if as_json:
        output.print_json(
            {
                "title": made.title,
                "hash": f"0x{made.hash().hex()}",
                "rows": [_row_data(made, row) for row in made.rows],
                "levels": [level.data() for level in at],
                "terms": terms_view.machine(_view(made, terms)),
            }
        )
        return
    _show_head(made)
    _show_rows(made)
    _show_levels(made, at)
    terms_view.show(_view(made, terms))


@canvas.command()
@_FILE
@options.out("page.svg", "Where the page goes: NAME.svg, or NAME.html to be printed")
def draw(file: Path, out: Path) -> None:
    """Draw a canvas as one page in the fields of the EMC canvas, on A4, or on A3 for many nodes.

    Example: emc canvas draw canvases/breakfast-box.yaml --out breakfast-box.html
    """
    from emc.files import canvas_page
    from emc.files.whole import replace_file

    kinds = {".svg": canvas_page.svg, ".html": canvas_page.html}
    if out.suffix.lower() not in kinds:
        raise EMCError(f"--out {out} is neither .svg nor .html", "use one of these endings")
    replace_file(out, kinds[out.suffix.lower()](load(file)))
    talk.note(f"drawn: {out}")


canvas.add_command(new)


class _Level:
    """What every row is entitled to at one amount of proceeds.

    Args:
        values: The final values that were assessed before the first sale.
    """

    def __init__(
        self, canvas: Canvas, terms: Terms, proceeds: int, values: dict[Metric, int]
    ) -> None:
        self.canvas = canvas
        self.proceeds = proceeds
        self.values = values
        page = waterfall.page(terms, values=values)
        self.is_open = page.is_open(proceeds)
        self.parts: list[Entitlement] = [page.entitlement(row, proceeds) for row in terms.rows]
        self.flows = sum(part.flows for part in self.parts)
        self.held = sum(part.held for part in self.parts)
        self.dust = proceeds - self.flows - self.held
        # one base unit per row and band is all that rounding may leave
        if not 0 <= self.dust < 2 * len(self.parts):
            total = self.amount(self.flows + self.held)
            raise EMCError(
                f"at {self.amount(proceeds)} the entitlements sum to {total}",
                "this is a fault of emc, not of the canvas: report it",
            )

    def amount(self, units: int) -> str:
        return self.canvas.money.format(units, symbol=False)

    def data(self) -> dict[str, Any]:
        plain = {"flows": self.flows, "held": self.held, "dust": self.dust}
        values = {each.word: value for each, value in self.values.items()}
        return {
            "proceeds": self._text(self.proceeds),
            **({"values": values} if values else {}),
            "is_gate_open": self.is_open,
            **{name: self._text(units) for name, units in plain.items()},
            "rows": [
                {"key": row.key, **{name: self._text(it) for name, it in asdict(part).items()}}
                for row, part in zip(self.canvas.rows, self.parts, strict=True)
            ],
        }

    def _text(self, units: int) -> str:
        return self.amount(units).replace(",", "")


def _telling(canvas: Canvas, terms: Terms) -> list[int]:
    """Proceeds at which something changes; where proceeds change nothing, a round amount beyond
    the cost covers.
    """
    measure = terms.goal.proceeds
    if measure is None:
        covers = sum(row.cost for row in terms.rows) * PPM // (PPM - terms.running)
        return [covers + canvas.money.parse("100000")]
    benchmark, target = measure.benchmark, measure.target
    if terms.goal.assessed:
        return [target * 3 // 2]
    return sorted({benchmark // 2, benchmark, target, target * 3 // 2})


def _values(terms: Terms, values: tuple[str, ...]) -> list[dict[Metric, int]]:
    """The final values to show entitlements at: those asked for, else none, every benchmark and
    every target.
    """
    assessed = terms.goal.assessed
    if not assessed:
        if values:
            raise EMCError("--value: this goal counts proceeds", "choose proceeds with --at")
        return [{}]
    if not values:
        return [
            {each.metric: (0, each.benchmark, each.target)[at] for each in assessed}
            for at in range(3)
        ]
    if len(assessed) == 1:
        metric = assessed[0].metric
        return [{metric: _whole(each.removeprefix(f"{metric.word}="))} for each in values]
    told = dict.fromkeys((each.metric for each in assessed), 0)
    for each in values:
        word, _, value = each.rpartition("=")
        told[terms.goal.measure(Metric.of(word)).metric] = _whole(value)
    return [told]


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise EMCError(f"--value {text!r} is not a whole number", "write digits, or users=400")
    return int(text)


def _problems(found: Iterable[Problem]) -> list[dict[str, Any]]:
    return [{**asdict(each), "path": list(each.path), "where": each.where} for each in found]


def _summary(canvas: Canvas) -> dict[str, str]:
    goal, money = canvas.leading_goal, canvas.money
    measures = [
        f"{each.shown(money, each.target)}{'' if each.is_assessed else ' of proceeds'}, "
        f"benchmark {each.shown(money, each.benchmark)}"
        for each in goal.measures
    ]
    count = len(canvas.beneficiaries)
    beneficiaries = f", {counted(count, 'beneficiary', 'beneficiaries')}" if count else ""
    show = canvas.money.format
    return {
        "rows": f"{counted(len(canvas.nodes), 'node')}{beneficiaries}, "
        f"led by {canvas.nodes[0].name}",
        "leading_goal": "; and ".join(measures),
        "gate": goal.gate,
        "costs": f"{format_part(sum(row.running_cost for row in canvas.rows))} of every sale, "
        f"covers of {show(sum(canvas.money.parse(row.cost_cover) for row in canvas.rows))}",
        "time": f"from {canvas.start}, goal due {goal.deadline}, end {canvas.end}",
        **({"returns": canvas.returning} if canvas.returns else {}),
    }


def _amount(canvas: Canvas, text: str) -> str:
    return canvas.money.format(canvas.money.parse(text), symbol=False)


def _row_data(canvas: Canvas, row: Node | Beneficiary) -> dict[str, Any]:
    data = row.model_dump(mode="json", include={"key", "name", "role", "share", "running_cost"})
    return {**data, "cost_cover": _amount(canvas, row.cost_cover).replace(",", "")}


def _show_head(canvas: Canvas) -> None:
    output.line(canvas.title, "bold")
    for text in (canvas.note, canvas.proposition):
        if text:
            output.line(text)
    output.line()
    for name, value in _summary(canvas).items():
        output.line(f"{name.replace('_', ' '):16}{value}")
    output.line()


_TIMES = {"starts_at", "ends_at", "goal.deadline"}


def _view(canvas: Canvas, terms: Terms) -> view.View:
    """The terms in words, without what only the parties say."""
    parties = placeholder_parties(canvas)
    called = labels(canvas, parties)
    rows = {row.key: row for row in canvas.rows}
    known = view.Known(
        money=canvas.money,
        names={each.row: each.name for each in called},
        said=naming.said_of(canvas),
        promises={each.row: naming.promise(rows[each.key]) for each in called},
        bar_money=naming.bar_money(canvas),
    )
    # spans count from a moment that is not known yet
    times = {
        "starts": canvas.start,
        "goal is due": canvas.leading_goal.deadline,
        "ends": canvas.end,
    }
    found = view.unbound(view.of(terms, known))
    lines = tuple(
        replace(line, text=str(times.get(line.name, line.text))) for line in found.rules.lines
    )
    kept = {name: each for name, each in found.fields.items() if name not in _TIMES}
    return view.View(found.rows, replace(found.rules, lines=lines), kept)


def _show_rows(canvas: Canvas) -> None:
    names = (">base", ">leading", ">upside", ">running", ">cost cover")
    rows = [
        [
            str(index),
            row.name,
            row.role if isinstance(row, Node) else "beneficiary",
            f"{format_part(row.share.lower)} - {format_part(row.share.upper)}",
            *(_cells(row)),
            _amount(canvas, row.cost_cover),
        ]
        for index, row in enumerate(canvas.rows)
    ]
    sums = [
        format_part(sum(getattr(row.share, name) for row in canvas.rows))
        for name in ("base", "leading", "upside")
    ]
    running = sum(row.running_cost for row in canvas.rows)
    cover = sum(canvas.money.parse(row.cost_cover) for row in canvas.rows)
    totals = [*sums, format_part(running), canvas.money.format(cover, symbol=False)]
    columns = output.columns(">#", "row", "role", ">bounds", *names)
    output.table(columns, rows, ["", "total", "", "", *totals])
    output.line()


def _cells(row: Node | Beneficiary) -> list[str]:
    share = row.share
    return [
        format_part(part) for part in (share.base, share.leading, share.upside, row.running_cost)
    ]


def _show_levels(canvas: Canvas, levels: list[_Level]) -> None:
    """One column per level, a second one where the gate holds income back."""
    output.line(f"Entitlements at given proceeds, in {canvas.currency.symbol}", "bold")
    names = ["row"]
    for level in levels:
        label = level.amount(level.proceeds).removesuffix("." + "0" * canvas.money.decimals)
        measured = "".join(f", {value:,} {each.name}" for each, value in level.values.items())
        names += [f">at {label}{measured}"] + [">held back"] * (not level.is_open)
    rows = [
        [row.name, *(cell for level in levels for cell in _level_cells(level, index))]
        for index, row in enumerate(canvas.rows)
    ]
    totals = ["total"]
    dust = ["rounding"]
    for level in levels:
        totals += [level.amount(level.flows)] + [level.amount(level.held)] * (not level.is_open)
        dust += [level.amount(level.dust)] + [""] * (not level.is_open)
    output.table(output.columns(*names), [*rows, dust], totals)
    output.line()
    for level in levels:
        gate = "gate open" if level.is_open else "gate closed"
        output.line(
            f"{level.amount(level.proceeds)} = {level.amount(level.flows)} flows + "
            f"{level.amount(level.held)} held + {level.amount(level.dust)} rounding ({gate})"
        )


def _level_cells(level: _Level, index: int) -> list[str]:
    part = level.parts[index]
    cells = [level.amount(part.flows)]
    return cells if level.is_open else [*cells, level.amount(part.held)]
