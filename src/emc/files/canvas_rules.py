"""The rules of contracts/modules/terms.vy, asked of a canvas, each with what would fix it.

They are asked of whatever parts of the file can be read, so that one look finds everything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from emc.core.limits import MAX_AMOUNT, MAX_ROWS, MAX_TIME
from emc.core.problems import Path_, Problem
from emc.core.text import shown
from emc.core.units import PPM, Currency, format_part, format_span
from emc.errors import EMCError
from emc.files.canvas_parts import Assessment, CanvasRow, LeadingGoal, Node, Returns, Share
from emc.files.canvas_types import NOW, TRANCHES, seconds_of

# how many changes a suggestion may take before it is no help
_CHANGES = 3


@dataclass(frozen=True)
class Place:
    """A row of the table and where it is written; none if it cannot be read."""

    path: Path_
    row: CanvasRow | None


@dataclass(frozen=True)
class PartialCanvas:
    """The parts of a canvas that can be read."""

    money: Currency | None
    goal: LeadingGoal | None
    places: tuple[Place, ...]
    keys: tuple[tuple[Path_, str], ...]
    start: str | None
    end: str | None
    disburse_at: str | None
    bar_proceeds: tuple[str, Currency] | None
    assessment: Assessment | None
    sink: str | None
    returns: Returns | None

    @property
    def rows(self) -> tuple[tuple[Path_, CanvasRow], ...] | None:
        """Every row, or none if one cannot be read."""
        found = tuple((place.path, place.row) for place in self.places if place.row is not None)
        return found if len(found) == len(self.places) else None


def findings(draft: PartialCanvas, now: int | None) -> Iterator[Problem]:
    """Every rule that the canvas breaks.

    Args:
        now: Unix time; none: rules that look at the clock are not asked.
    """
    yield from _keys(draft)
    yield from _cashier(draft)
    for place in draft.places:
        if place.row is not None:
            yield from _bounds((*place.path, "share"), place.row.share)
    if draft.rows:
        yield from _feasibility(draft.rows)
        for tranche in TRANCHES:
            yield from _sum(draft.rows, tranche)
    yield from _amounts(draft)
    yield from _goal(draft)
    yield from _costs(draft)
    yield from _times(draft, now)


def _keys(draft: PartialCanvas) -> Iterator[Problem]:
    if len(draft.places) > MAX_ROWS:
        yield Problem(
            ("nodes",),
            f"{len(draft.places)} nodes and beneficiaries together, a table holds {MAX_ROWS}",
            "let some of them share an EMC of their own and take part as that",
        )
    first: dict[str, Path_] = {}
    for path, key in draft.keys:
        if key in first:
            other = Problem(first[key], "").where
            yield Problem(path, f"{shown(key)} is also {other}", "give each row its own key")
        first.setdefault(key, path)
    if draft.sink is not None and draft.places and draft.sink not in first:
        yield Problem(("sink",), f"no row has the key {shown(draft.sink)}", "name the key of a row")


def _cashier(draft: PartialCanvas) -> Iterator[Problem]:
    if draft.returns is None or draft.returns.cashier.startswith("0x"):
        return
    # a row that cannot be read may be the one
    if draft.rows is None or not draft.places:
        return
    key = draft.returns.cashier
    row = next((row for _, row in draft.rows if row.key == key), None)
    if not isinstance(row, Node):
        why = "is no node" if row else "is the key of no node"
        yield Problem(
            ("returns", "cashier"), f"{shown(key)} {why}", "name the key of a node, or an address"
        )


def _bounds(path: Path_, share: Share) -> Iterator[Problem]:
    if share.lower > share.upper:
        yield Problem(
            path,
            f"lower bound {format_part(share.lower)} is above upper bound "
            f"{format_part(share.upper)}",
            "swap them",
        )
        return
    for tranche in TRANCHES:
        part: int = getattr(share, tranche)
        side = "lower" if part < share.lower else "upper" if part > share.upper else ""
        if side:
            bound = format_part(getattr(share, side))
            than = "below its lower" if side == "lower" else "above its upper"
            yield Problem(
                (*path, tranche),
                f"{tranche} share {format_part(part)} is {than} bound {bound}",
                f"set the share to {bound} or the bound to {format_part(part)}",
            )


def _feasibility(rows: Sequence[tuple[Path_, CanvasRow]]) -> Iterator[Problem]:
    for bound, limit, side in (("lower", 0, "too much"), ("upper", PPM, "too little")):
        parts: list[tuple[str, int]] = [(row.key, getattr(row.share, bound)) for _, row in rows]
        total = sum(part for _, part in parts)
        if total > PPM if bound == "lower" else total < PPM:
            room = [(key, part, limit - part) for key, part in parts]
            yield Problem(
                ("nodes",),
                f"{bound} bounds sum to {format_part(total)}, {format_part(abs(total - PPM))} "
                f"{side}: no shares can keep them",
                _changes(bound, room, PPM - total),
            )


def _sum(rows: Sequence[tuple[Path_, CanvasRow]], tranche: str) -> Iterator[Problem]:
    parts: list[int] = [getattr(row.share, tranche) for _, row in rows]
    missing = PPM - sum(parts)
    if missing == 0:
        return
    room = [
        (row.key, part, row.share.upper - part if missing > 0 else row.share.lower - part)
        for (_, row), part in zip(rows, parts, strict=True)
    ]
    side = "too little" if missing > 0 else "too much"
    hint = _fractions(rows, tranche) or _changes(tranche, room, missing)
    yield Problem(
        ("nodes",),
        f"{tranche} shares sum to {format_part(PPM - missing)}, {format_part(abs(missing))} {side}",
        hint,
    )


def _fractions(rows: Sequence[tuple[Path_, CanvasRow]], tranche: str) -> str:
    """What to do where a percentage was meant and a fraction of one written, in all rows or some;
    nothing if that is not what is wrong.
    """
    parts: dict[str, int] = {row.key: getattr(row.share, tranche) for _, row in rows}
    small = {key: part for key, part in parts.items() if 0 < part <= PPM // 100}
    total = sum(parts.values())
    for meant in (small, *({key: part} for key, part in small.items())):
        if meant and total + 99 * sum(meant.values()) == PPM:
            if len(meant) == len(parts):
                return "write percentages: 25, not 0.25"
            told = ", ".join(
                f"{format_part(part * 100)} of {shown(key)}, not {format_part(part)}"
                for key, part in list(meant.items())[:_CHANGES]
            )
            return f"write percentages: {told}".replace("%", "")
    return ""


def _changes(what: str, room: list[tuple[str, int, int]], missing: int) -> str:
    """The fewest changes that make up for what is missing, if they are few.

    Args:
        room: Key, value and by how much it may change, with sign.
    """
    changes: list[str] = []
    rest = missing
    for key, value, most in sorted(room, key=lambda each: -abs(each[2])):
        step = min(rest, most) if missing > 0 else max(rest, most)
        if rest == 0 or step * missing <= 0 or len(changes) == _CHANGES:
            break
        changes.append(f"{shown(key)} from {format_part(value)} to {format_part(value + step)}")
        rest -= step
    if rest:
        verb = "raise" if missing > 0 else "lower"
        return f"{verb} {what} in several rows by {format_part(abs(missing))} together"
    return f"for example {what} of {', '.join(changes)}"


def _amounts(draft: PartialCanvas) -> Iterator[Problem]:
    """Amounts that the currency cannot express or the chain cannot hold."""
    named: list[tuple[Path_, str | None, Currency | None]] = [
        (("disburse_at",), draft.disburse_at, draft.money)
    ]
    if draft.goal:
        named += [
            ((*path, name), getattr(measure, name), draft.money and measure.counted_in(draft.money))
            for path, measure in draft.goal.placed()
            for name in ("benchmark", "target")
        ]
    named += [
        ((*place.path, "cost_cover"), place.row.cost_cover, draft.money)
        for place in draft.places
        if place.row
    ]
    if draft.bar_proceeds:
        named.append((("rules", "bar", "proceeds"), *draft.bar_proceeds))
    for path, amount, money in named:
        if amount is None or money is None:
            continue
        try:
            units = money.parse(amount)
        except EMCError as error:
            yield Problem(path, str(error), error.hint)
            continue
        if units > MAX_AMOUNT:
            most = money.format(MAX_AMOUNT)
            yield Problem(path, f"{amount} is more than an EMC can count", f"at most {most}")


def _goal(draft: PartialCanvas) -> Iterator[Problem]:
    if not draft.goal or not draft.money:
        return
    seen: set[str] = set()
    for path, measure in draft.goal.placed():
        if measure.metric in seen:
            yield Problem(
                (*path, "metric"), f"{measure.metric} is counted twice", "keep one of them"
            )
        seen.add(measure.metric)
        counted = measure.counted_in(draft.money)
        show = counted.format
        benchmark = _units(counted, measure.benchmark)
        target = _units(counted, measure.target)
        if benchmark is not None and target is not None and target <= benchmark:
            yield Problem(
                (*path, "target"),
                f"target {show(target)} is not above benchmark {show(benchmark)}",
                "a leading goal must be above the industry average",
            )


def _costs(draft: PartialCanvas) -> Iterator[Problem]:
    if not draft.rows:
        return
    rows = [row for _, row in draft.rows]
    running = sum(row.running_cost for row in rows)
    if running >= PPM:
        biggest = max(rows, key=lambda row: row.running_cost)
        yield Problem(
            ("nodes",),
            f"running costs sum to {format_part(running)}: nothing is left to share",
            f"keep them below 100% together; the largest is {shown(biggest.key)}",
        )
        return
    if not draft.goal or not draft.money or draft.goal.proceeds is None:
        return
    path, measure = draft.goal.proceeds
    benchmark = _units(draft.money, measure.benchmark)
    covers = [_units(draft.money, row.cost_cover) for row in rows]
    if benchmark is None or None in covers:
        return
    cost = sum(cover for cover in covers if cover is not None)
    rest = PPM - running
    if cost * PPM > benchmark * rest:
        show = draft.money.format
        covered = show(-(-cost * PPM // rest))
        yield Problem(
            (*path, "benchmark"),
            f"cost covers of {show(cost)} with running costs of {format_part(running)} are covered "
            f"only at {covered} of proceeds, above the benchmark {show(benchmark)}",
            f"raise the benchmark to that, or cut the covers to {show(benchmark * rest // PPM)}",
        )


def _times(draft: PartialCanvas, now: int | None) -> Iterator[Problem]:
    if draft.start is None:
        return
    deadline = draft.goal.deadline if draft.goal else None
    marks = [each for each in (deadline, draft.end) if each is not None]
    if now is None and draft.start == NOW and any(each.endswith("Z") for each in marks):
        return
    start = seconds_of(draft.start, now or 0)
    due = seconds_of(deadline, start) if deadline is not None else None
    end = seconds_of(draft.end, start) if draft.end is not None else None
    if due is not None and due <= start:
        yield Problem(("leading_goal", "deadline"), "is not after the start", "give it time")
    if due is not None and end is not None and due > end:
        yield Problem(
            ("leading_goal", "deadline"), "is after the end", "end later or set an earlier deadline"
        )
    if due is not None and end is not None and due <= end:
        yield from _time_to_assess(draft, due, end)
    if end is not None and end > MAX_TIME:
        yield Problem(("end",), "is too far away", "end within this millennium")
    if end is not None and now is not None and end <= now:
        yield Problem(("end",), "is in the past", "set a later end")


def _time_to_assess(draft: PartialCanvas, due: int, end: int) -> Iterator[Problem]:
    """The last value has a window, and others may have one after it."""
    if not draft.goal or not draft.goal.is_assessed or not draft.assessment:
        return
    grace, window = draft.assessment.grace, draft.assessment.window
    late = due + grace + 2 * window - end
    if late > 0:
        yield Problem(
            ("rules", "assessment"),
            f"grace {format_span(grace)} and two windows of {format_span(window)} after the "
            "deadline reach beyond the end",
            f"end {format_span(late)} later, or shorten them",
        )


def _units(money: Currency, amount: str) -> int | None:
    try:
        return money.parse(amount)
    except EMCError:
        return None
