"""The rules of terms in words, one line each, with their numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from emc.core.terms import Bar, Gate, Kind, Metric, Review, Terms
from emc.core.units import PPM, Currency, format_moment, format_part, format_span


@dataclass(frozen=True)
class Line:
    """One statement of the terms.

    Args:
        fields: The places of the hashed values that it shows; none: it is from the canvas, the
            chain, or computed.
        is_apart: Whether it says who is paid or who decides: a change is confirmed separately.
        part: The number of a percentage, ppm.
    """

    name: str
    text: str
    fields: tuple[str, ...] = ()
    is_apart: bool = False
    part: int | None = None


_KINDS = {
    Kind.EXPERIENCE: "experience: it faces users",
    Kind.SOLUTION: "solution: it serves experience EMCs",
}


def counted(metric: Metric, value: int, money: Currency) -> str:
    """An amount of a measure, for people."""
    if not metric.is_assessed:
        return money.format(value)
    return f"{value:,} {metric.full}"


def rules_of(
    terms: Terms, money: Currency, called: Callable[[int], str], bar_money: Currency | None
) -> Iterator[Line]:
    """Every rule.

    Args:
        called: Returns the label of a row.
        bar_money: The currency in which the bar counts proceeds, if it is another one and known.
    """
    yield from _goal(terms, money)
    yield from _life(terms, money)
    yield from _changing(terms)
    yield from _leaving(terms, money, called)
    yield from _assessing(terms)
    yield from _review(terms.review)
    yield from _bar(terms, money, bar_money)
    yield from _identity(terms, money)


def _goal(terms: Terms, money: Currency) -> Iterator[Line]:
    goal = terms.goal
    for each in goal.measures:
        word = each.metric.full
        at = f"goal.measures.{word}."
        levels = (counted(each.metric, level, money) for level in (each.benchmark, each.target))
        text = "benchmark {}, target {}".format(*levels)
        names = ("metric", "benchmark", "target")
        yield Line(f"goal: {word}", text, tuple(at + name for name in names))
    yield Line("goal is due", format_moment(goal.deadline), ("goal.deadline",))
    yield Line("gate", _gate(terms, money), ("goal.gate",))
    ends = "reaching the target ends the EMC" if goal.ends_emc else "the EMC goes on"
    yield Line("at the target", ends, ("goal.ends_emc",))


def _gate(terms: Terms, money: Currency) -> str:
    gate = terms.goal.gate
    if gate is Gate.NONE:
        return "none: income flows from the first sale"
    at = " and ".join(
        counted(each.metric, each.opens_at(gate), money) for each in terms.goal.measures
    )
    return f"income is held until the {gate.name.lower()}, {at}; costs always flow"


def _life(terms: Terms, money: Currency) -> Iterator[Line]:
    at = terms.disburse_at
    gathers = f"once {money.format(at)} have come in" if at else "in the transaction of every sale"
    failing = "is paid what is held if the EMC ends with its gate closed"
    yield Line("starts", format_moment(terms.starts_at), ("starts_at",))
    yield Line("ends", format_moment(terms.ends_at), ("ends_at",))
    yield Line("rows are paid", gathers, ("disburse_at",))
    yield Line("backstop", f"{terms.backstop} {failing}", ("backstop",), is_apart=True)


def _changing(terms: Terms) -> Iterator[Line]:
    rules, count = terms.renegotiation, len(terms.nodes)
    quorum = _of_nodes(rules.quorum, count)
    yield Line("shares change by", f"{quorum}, inside the bounds", ("renegotiation.quorum",))
    interval = f"{format_span(rules.interval)} at least" if rules.interval else "no least time"
    yield Line("between two changes", interval, ("renegotiation.interval",))
    window = f"{format_span(rules.window)}, once a change is opened on chain"
    none = "none: if you disagree, do not sign"
    yield Line("window to object", window if rules.window else none, ("renegotiation.window",))
    allowed = rules.objections * count // PPM
    objections = f"{format_part(rules.objections)} of the nodes: {allowed} of {count}"
    objections += ", more stop a change" if rules.window else "; there is no window"
    yield Line("objections allowed", objections, ("renegotiation.objections",))
    yield Line("anything else changes", f"only by every node: {count} of {count}")


def _of_nodes(part: int, count: int, least: int = 0) -> str:
    """A quorum, with the number of nodes that it means."""
    needed = max(-(-part * count // PPM), least)
    return f"{format_part(part)} of the nodes: {needed} of {count}"


def _leaving(terms: Terms, money: Currency, called: Callable[[int], str]) -> Iterator[Line]:
    rules = terms.leaving
    yield Line("notice to leave", format_span(rules.notice), ("leaving.notice",))
    sink = f"row {called(terms.sink)}"
    yield Line("sink", f"{sink} gets the shares of a node that leaves", ("sink",))
    others = len(terms.nodes) - 1
    vote = _of_nodes(rules.expulsion, others, 2).replace("nodes", "other nodes", 1)
    if others < 2:
        vote = f"{format_part(rules.expulsion)}: never, at least two others must vote"
    yield Line("expulsion by", vote, ("leaving.expulsion",))
    yield Line("time to cure a charge", format_span(rules.cure), ("leaving.cure",))
    missed = " or ".join(
        counted(each.metric, -(-each.target * (PPM - rules.margin) // PPM), money)
        for each in terms.goal.measures
    )
    margin = f"{format_part(rules.margin)}: a goal below {missed} is missed, and lets any node "
    margin += "disband the EMC while the gate is closed, and the quorum once it is open"
    yield Line("miss margin", margin, ("leaving.margin",))


def _assessing(terms: Terms) -> Iterator[Line]:
    rules, count = terms.assessment, len(terms.nodes)
    has_assessor = rules.has_assessor
    who = rules.assessor if has_assessor else "any node"
    spare = "" if terms.goal.assessed else "; proceeds need no assessment"
    yield Line("assessor", f"{who}{spare}", ("assessment.assessor",), is_apart=True)
    window = f"{format_span(rules.window)} to object to a value"
    yield Line("challenge window", window, ("assessment.window",))
    others = count if has_assessor else count - 1
    dropped = _of_nodes(rules.objections, others, min(others, 2)).replace("nodes", "other nodes", 1)
    yield Line("a value is dropped by", dropped, ("assessment.objections",))
    grace = f"{format_span(rules.grace)} after the goal is due"
    yield Line("last value", grace, ("assessment.grace",))


def _review(rules: Review) -> Iterator[Line]:
    if not rules.commit and not rules.reveal:
        yield Line(
            "review", "none: nodes do not rate each other", ("review.commit", "review.reveal")
        )
        return
    yield Line("review: commit", f"{format_span(rules.commit)} after the end", ("review.commit",))
    reveal = f"{format_span(rules.reveal)} after that"
    yield Line("review: reveal", reveal, ("review.reveal",))


def _bar(terms: Terms, money: Currency, bar_money: Currency | None) -> Iterator[Line]:
    bar = terms.bar
    if bar == Bar():
        names = ("registry", "stars", "emcs", "proceeds", "currency", "admits_unrated")
        yield Line("bar", "none: nodes need no record", tuple(f"bar.{each}" for each in names))
        return
    asked = bar.registry if int(bar.registry, 16) else "nobody, so that there is no bar"
    yield Line("bar: asked of", asked, ("bar.registry",))
    stars = f"{bar.stars // 100}.{bar.stars % 100:02d} of 5 at least"
    yield Line("bar: stars", stars, ("bar.stars",))
    yield Line("bar: EMCs completed", f"{bar.emcs:,} at least", ("bar.emcs",))
    counts_in = money if bar.currency == terms.currency else bar_money
    amount = counts_in.format(bar.proceeds) if counts_in else f"{bar.proceeds:,} base units"
    yield Line("bar: proceeds moved", f"{amount} at least", ("bar.proceeds",))
    yield Line("bar: counted in", _token(bar.currency), ("bar.currency",))
    admits = "admitted" if bar.admits_unrated else "refused"
    yield Line("bar: newcomers", admits, ("bar.admits_unrated",))


def _identity(terms: Terms, money: Currency) -> Iterator[Line]:
    yield Line("kind", _KINDS[terms.kind], ("kind",))
    yield Line("currency", f"{money.symbol}, {_token(terms.currency)}", ("currency",))
    yield Line("canvas hash", "0x" + terms.canvas.hex(), ("canvas",))
    order = ", ".join(str(row.id) for row in terms.rows)
    yield Line("order of the rows", order, ("order",))
    yield Line("version, nonce", f"{terms.version}, {terms.nonce}", ("version", "nonce"))


def _token(address: str) -> str:
    return "native coin" if int(address, 16) == 0 else f"token {address}"
