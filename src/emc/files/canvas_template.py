"""A canvas to start from: complete enough to pass the check, with every line explained.

Where only its people know the answer, it has ``TO_WRITE`` and the question; `emc canvas check`
names each of these until it is answered.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from emc.core.limits import MAX_ROWS
from emc.core.units import Currency
from emc.errors import EMCError

# how a line begins that nobody has written yet
TO_WRITE = "To be written:"
MAX_KEY = 40
# up to so many rows, shares are whole percentages
_WHOLE = 20
# where remarks begin
_REMARK = 25


@dataclass(frozen=True)
class Outline:
    """What is known of an EMC before its canvas is written.

    Args:
        names: Of the nodes, the leader first.
        benchmark, target: Of proceeds, as people write amounts.
        deadline, end: Spans after the start, or times.
        deciding: How shares are renegotiated: a word for it, or a quorum in percent.
        margin: Percent of the target by which it must be missed to dissolve.
        is_team: Whether its nodes are the people of one ME.
    """

    title: str
    names: Sequence[str]
    currency: Currency
    benchmark: str
    target: str
    scenario: str | None = None
    proposition: str | None = None
    deadline: str = "12 months"
    end: str = "18 months"
    deciding: str = "consent"
    margin: str = "25"
    is_team: bool = False


def written(outline: Outline, file: str) -> str:
    """The canvas as a YAML file.

    Args:
        file: What it is called, for the commands that it names.

    Raises:
        EMCError: fewer than two nodes, or more than a table holds.
    """
    check_count(outline.names)
    keys = keys_of(outline.names)
    lines = [*_head(outline, file), *_goal(outline), *_nodes(outline, keys), *_rules(outline, keys)]
    return "\n".join(lines) + "\n"


def check_count(names: Sequence[str]) -> None:
    """Refuse fewer nodes than make an agreement, or more than a table holds.

    Raises:
        EMCError: it is so.
    """
    if not 2 <= len(names) <= MAX_ROWS:
        raise EMCError(
            f"an EMC has 2 to {MAX_ROWS} nodes, not {len(names)}",
            "name each with --node, or all with commas between where they are asked for",
        )


def keys_of(names: Sequence[str]) -> list[str]:
    """A key for each name, none twice."""
    keys: list[str] = []
    for place, name in enumerate(names, 1):
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        word = re.sub(r"[^a-z0-9]+", "-", plain).strip("-0123456789")
        key = first = word[: MAX_KEY - 4].strip("-") or f"node-{place}"
        number = 2
        while key in keys:
            key, number = f"{first}-{number}", number + 1
        keys.append(key)
    return keys


def _head(outline: Outline, file: str) -> Iterator[str]:
    who = "the people of one micro-enterprise" if outline.is_team else "micro-enterprises"
    yield f"# An EMC of {who}: who does what, and who earns what."
    yield "# What follows a # is not signed. `emc schema canvas` has every field."
    yield f'# Replace each "To be written", change what you like, then: emc canvas check {file}'
    yield f"title: {_text(outline.title)}"
    if outline.is_team:
        scenario = "what this team does in the EMCs in which its micro-enterprise takes part"
        offer = "what the team offers them"
    else:
        scenario = "the customer's situation that the EMC serves"
        offer = "what the EMC offers in that situation"
    yield f"scenario: {_said(outline.scenario, scenario)}"
    yield f"proposition: {_said(outline.proposition, offer)}"
    if outline.is_team:
        yield _noted("kind: solution", "it serves other EMCs, which pay it as any payee")
    else:
        yield _noted("kind: experience", "it serves end users; solution: it serves other EMCs")
    symbol, decimals = outline.currency.symbol, outline.currency.decimals
    same = ", the currency of the EMC that pays it" if outline.is_team else ""
    yield f"# the token's decimals, 18 for native coin{same}"
    yield f"currency: {{symbol: {symbol}, decimals: {decimals}}}"
    yield ""


def _goal(outline: Outline) -> Iterator[str]:
    symbol = outline.currency.symbol
    paid = f"{symbol} that come in" if outline.is_team else f"{symbol} that customers pay"
    yield "leading_goal:"
    yield f"  unit: {_text(paid)}"
    yield _noted(f"  benchmark: {outline.benchmark}", "the industry average")
    yield _noted(f"  target: {outline.target}", "what you aim for, above the benchmark")
    yield f"  source: {_said(None, 'where the benchmark comes from, a study or your books')}"
    yield "  # after the start, such as 90d, or a time with its zone: 2027-03-01T08:00:00+08:00"
    yield f"  deadline: {outline.deadline}"
    if outline.is_team:
        yield _noted("  gate: none", "people are paid at once; benchmark or target: income waits")
    else:
        yield _noted(
            "  gate: benchmark", "until then costs are paid, income waits; or target, none"
        )
    yield ""
    yield "start: now"
    yield f"end: {outline.end}"
    yield ""


def _nodes(outline: Outline, keys: Sequence[str]) -> Iterator[str]:
    noun = "person" if outline.is_team else "node"
    yield "# The leader first. A share is percent of what is left after costs: all is one share in"
    yield "# every tranche, or base up to the benchmark, leading up to the target, upside beyond;"
    yield "# lower and upper are how far a renegotiation may move it. Shares sum to 100."
    yield "nodes:"
    shares = _shares(len(keys))
    for place, (key, name, share) in enumerate(zip(keys, outline.names, shares, strict=True)):
        does = f"what this {noun} contributes, one line each"
        sees = "how anyone can see that it was delivered, one line each"
        yield f"  - key: {key}"
        yield f"    name: {_text(name)}"
        yield f"    role: {'leader' if not place else 'member' if outline.is_team else 'partner'}"
        yield f"    obligations: [{_said(None, does)}]"
        yield f"    expected_performance: [{_said(None, sees)}]"
        lower, upper = _percent(share // 2), _percent(min(share * 2, 1000))
        yield f"    share: {{all: {_percent(share)}, lower: {lower}, upper: {upper}}}"
        if not place:
            yield _noted("    running_cost: 0", "percent of every sale for what is paid per unit")
            yield _noted("    cost_cover: 0", "fixed costs, paid back from the first sales")
    yield ""


def _rules(outline: Outline, keys: Sequence[str]) -> Iterator[str]:
    yield _noted(f"sink: {keys[0]}", "takes over the shares of a node that leaves")
    yield ""
    yield "rules:"
    yield "  # consent: new shares inside the bounds pass if nobody objects within 7 days; or"
    yield "  # majority, two thirds, unanimity, or a quorum in percent: {quorum: 75}"
    deciding = (
        outline.deciding if outline.deciding[:1].isalpha() else f"{{quorum: {outline.deciding}}}"
    )
    yield f"  renegotiation: {deciding}"
    yield "  leaving:"
    yield _noted("    notice: 30d", "between giving notice and leaving")
    yield _noted("    cure: 14d", "time to remedy the breach before an expulsion")
    yield _noted("    expulsion: 75", "percent of the other nodes that can expel one")
    yield _noted(
        f"    margin: {outline.margin}", f"dissolve if missed by more than {outline.margin} %"
    )


def _shares(count: int) -> list[int]:
    """Tenths of a percent for each of so many rows; what division leaves over is the first's."""
    step = 10 if count <= _WHOLE else 1
    each = 1000 // step // count * step
    return [1000 - each * (count - 1), *[each] * (count - 1)]


def _percent(tenths: int) -> str:
    whole, part = divmod(tenths, 10)
    return f"{whole}.{part}" if part else str(whole)


def _noted(line: str, remark: str) -> str:
    return f"{line:<{_REMARK}}# {remark}"


def _said(text: str | None, asked: str) -> str:
    return _text(text) if text else _text(f"{TO_WRITE} {asked}")


def _text(text: str) -> str:
    """In quotes, so that no character of it steers the file."""
    return json.dumps(text, ensure_ascii=False)
