"""What a canvas may say and hardly anybody means: told by `emc canvas check`, and no refusal."""

from collections.abc import Iterator
from difflib import get_close_matches

from emc.core.problems import Path_, Problem
from emc.core.units import PPM, format_part, format_span
from emc.files.canvas import Canvas
from emc.files.canvas_parts import CIRCULATES, DAY, PROCEEDS
from emc.files.canvas_template import TO_WRITE
from emc.files.canvas_types import seconds_of
from emc.files.json_file import leaves

# percentages below this were meant as a fraction of one
ONE_PERCENT = PPM // 100
# of a goal that the chain cannot see
NO_ASSESSOR = (
    "no assessor is named: any node may submit a value of the goal, and the others have to look at "
    "each one, and submit their own while it is open"
)
# what people write where nothing is to be said
_NOTHING = {"", "-", "n/a", "na", "none", "nothing", "tbd", "todo", "?"}


def advice(canvas: Canvas, now: int = 0) -> list[Problem]:
    """What to look at once more, from the first part of the canvas to the last.

    Args:
        now: Unix time at which a canvas begins that begins now.
    """
    return [
        *_times(canvas, now),
        *_returns(canvas, now),
        *_fractions(canvas),
        *_votes(canvas),
        *_coarse(canvas),
        *_bar(canvas),
        *_balance(canvas),
        *_unwritten(canvas),
        *_assessed(canvas),
    ]


def _bar(canvas: Canvas) -> Iterator[Problem]:
    bar = canvas.rules.bar
    if bar is not None and bar.proceeds != "0":
        yield Problem(("rules", "bar", "proceeds"), *CIRCULATES)


def _times(canvas: Canvas, now: int) -> Iterator[Problem]:
    start = seconds_of(canvas.start, now)
    end = seconds_of(canvas.end, start) - start
    due = seconds_of(canvas.leading_goal.deadline, start) - start
    rules = canvas.rules
    marks: tuple[tuple[Path_, int], ...] = ((("leading_goal", "deadline"), due), (("end",), end))
    for path, span in marks:
        if span < DAY:
            yield Problem(
                path,
                f"is {format_span(span)} after the start",
                "write 18 months, 90d or a date if more is meant",
            )
    waits: list[tuple[Path_, int]] = [
        (("rules", "leaving", "notice"), rules.leaving.notice),
        (("rules", "leaving", "cure"), rules.leaving.cure),
        (("rules", "renegotiation", "window"), rules.renegotiation.window),
        (("rules", "renegotiation", "interval"), rules.renegotiation.interval),
    ]
    if canvas.leading_goal.is_assessed:
        waits.append((("rules", "assessment", "window"), rules.assessment.window))
    for path, span in waits:
        if span and span >= end:
            yield Problem(
                path,
                f"{format_span(span)} is as long as the EMC runs, {format_span(end)}",
                "shorten it, or end later",
            )
        elif span and span >= due:
            yield Problem(
                path,
                f"{format_span(span)} is as long as the time for the goal, {format_span(due)}",
                "shorten it, or give the goal more time",
            )
    grace = rules.assessment.grace if canvas.leading_goal.is_assessed else 0
    if end <= due + grace:
        until = "the deadline and the grace after it" if grace else "the deadline"
        yield Problem(
            ("end",),
            f"is not after {until}: no time is left to disband if the goal is missed",
            "end some weeks later",
        )


def _returns(canvas: Canvas, now: int) -> Iterator[Problem]:
    if canvas.returns is None:
        return
    path, days = ("returns", "days"), canvas.returns.days
    start = seconds_of(canvas.start, now)
    end = seconds_of(canvas.end, start) - start
    due = seconds_of(canvas.leading_goal.deadline, start) - start
    if canvas.returns.span >= end:
        yield Problem(
            path,
            f"orders can be returned for {days}d, and the EMC runs for {format_span(end)}: "
            "Checkout accepts no order that is due after the end",
            "shorten it, or end later",
        )
    elif canvas.returns.span >= due and canvas.leading_goal.proceeds:
        yield Problem(
            path,
            f"orders can be returned for {days}d, and the goal has time for {format_span(due)}: "
            "orders that wait at Checkout count for no goal",
            "shorten it, or give the goal more time",
        )


def _fractions(canvas: Canvas) -> Iterator[Problem]:
    rules = canvas.rules
    parts = [
        (("rules", "renegotiation", "quorum"), rules.renegotiation.quorum),
        (("rules", "renegotiation", "objections"), rules.renegotiation.objections),
        (("rules", "leaving", "expulsion"), rules.leaving.expulsion),
        (("rules", "leaving", "margin"), rules.leaving.margin),
        (("rules", "assessment", "objections"), rules.assessment.objections),
    ]
    for path, part in parts:
        # 0.0001 is the least there is: any one node
        if 1 < part <= ONE_PERCENT:
            yield Problem(
                path,
                f"is {format_part(part)}, so {format_part(part)} of 100",
                f"write {format_part(part * 100).removesuffix('%')} if {format_part(part * 100)} "
                "is meant",
            )


def _votes(canvas: Canvas) -> Iterator[Problem]:
    count, rule = len(canvas.nodes), canvas.rules.renegotiation
    needed = -(-rule.quorum * count // PPM)
    if needed == 1 < count and not rule.window:
        yield Problem(
            ("rules", "renegotiation", "quorum"),
            f"{format_part(rule.quorum)} of {count} nodes is one: a single node changes all shares "
            "inside their bounds",
            "raise it, or let the others object: `renegotiation: consent`",
        )


def _coarse(canvas: Canvas) -> Iterator[Problem]:
    money, interval = canvas.money, canvas.rules.renegotiation.interval
    if money.decimals < 2 and interval < DAY:
        unit = money.format(1)
        yield Problem(
            ("rules", "renegotiation", "interval"),
            f"each change can round up to {unit} off every share, and a quorum may change them "
            "again and again",
            "write 1d or more, or take a currency with more decimals",
        )


def _assessed(canvas: Canvas) -> Iterator[Problem]:
    assessed = [each for each in canvas.leading_goal.placed() if each[1].is_assessed]
    for path, measure in assessed:
        if get_close_matches(measure.metric, [PROCEEDS], cutoff=0.8):
            yield Problem(
                (*path, "metric"),
                f"{measure.metric} is assessed by the nodes",
                f"write {PROCEEDS} if you mean the money that comes in",
            )
    if assessed:
        names = " and ".join(measure.metric for _, measure in assessed)
        yield Problem(
            (*assessed[0][0], "metric"),
            f"{names} are assessed; as long as {NO_ASSESSOR}",
            "name an `assessor` in the parties file",
        )


def _balance(canvas: Canvas) -> Iterator[Problem]:
    for place, row in enumerate(canvas.nodes):
        gets = any(
            (
                row.share.base,
                row.share.leading,
                row.share.upside,
                row.running_cost,
                canvas.money.parse(row.cost_cover),
                _said(row.other_value_flows),
            )
        )
        owes = _said(row.obligations)
        name = ("nodes", place)
        if owes and not gets:
            yield Problem(name, f"{row.name} has obligations and gets nothing", _GIVE)
        elif gets and not owes:
            yield Problem(
                (*name, "obligations"), f"{row.name} gets a share and has no obligations", _OWE
            )
        elif not owes:
            yield Problem(name, f"{row.name} has no obligations and gets nothing", "leave it out")
        if owes and not _said(row.expected_performance):
            yield Problem(
                (*name, "expected_performance"),
                f"nobody can see whether {row.name} delivers",
                "write what can be counted or looked at",
            )


def _unwritten(canvas: Canvas) -> Iterator[Problem]:
    """What `emc canvas new` left to people."""
    for where, text in leaves(canvas.document()):
        if isinstance(text, str) and text.startswith(TO_WRITE):
            steps = where.split(".")
            if steps[1:3] == ["measures", "0"] and len(canvas.leading_goal.measures) == 1:
                del steps[1:3]
            path = tuple(int(step) if step.isdigit() else step for step in steps)
            yield Problem(path, "is not written yet", text.removeprefix(TO_WRITE).strip())


_GIVE = "give it a share, a cost cover or a running cost, or write what else it gets"
_OWE = "write what it contributes, or make it a beneficiary"


def _said(lines: list[str]) -> bool:
    return any(line.strip().lower().rstrip(".") not in _NOTHING for line in lines)
