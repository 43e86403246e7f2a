"""What people are told of terms: every field that is hashed stands on the screen, old and new."""

import json
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from emc.cli.shared import output, terms_view
from emc.core import view
from emc.core.terms import (
    Assessment,
    Bar,
    Gate,
    Goal,
    Kind,
    Leaving,
    Measure,
    Metric,
    Renegotiation,
    Review,
    Row,
    Terms,
)
from emc.core.units import Currency
from emc.core.view import Known
from tests import screens
from tests.kit import address

MONEY = Currency("EUR", 2)
NOON = 1_800_014_400
ROWS = (
    Row(0, 11, address("baker"), 500_000, 450_000, 400_000, 300_000, 600_000, 200_000, 10_000),
    Row(1, 12, address("cook"), 300_000, 300_000, 300_000, 200_000, 400_000),
    Row(2, 13, address("rider"), 150_000, 200_000, 250_000, 100_000, 300_000),
    Row(3, address("lake's"), address("lake"), 50_000, 50_000, 50_000, 50_000, 50_000),
)
TERMS = Terms(
    canvas=bytes(31) + b"\x01",
    backstop=address("backstop"),
    starts_at=NOON,
    ends_at=NOON + 8_640_000,
    goal=Goal(
        (Measure(Metric.PROCEEDS, 100_000, 200_000), Measure(Metric.USERS, 100, 200)),
        NOON + 864_000,
        Gate.BENCHMARK,
    ),
    rows=ROWS,
    currency=address("token"),
    sink=3,
    renegotiation=Renegotiation(600_000, 604_800, 259_200, 340_000),
    leaving=Leaving(604_800, 259_200, 500_000, 50_000),
    assessment=Assessment(address("assessor"), 86_400, 600_000, 432_000),
    review=Review(86_400, 172_800),
    bar=Bar(address("registry"), 350, 2, 50_000, address("token"), False),
)
KNOWN = Known(
    MONEY,
    {0: "Baker", 1: "Cook", 2: "Rider", 3: "Clean lake"},
    promises={1: {"role": "salads"}},
)

# place: another value, what is told before, what is told after
CASES: dict[str, tuple[Any, str, str]] = {
    "canvas": (bytes(31) + b"\x02", "0x" + "00" * 31 + "01", "0x" + "00" * 31 + "02"),
    "backstop": (address("other"), address("backstop"), address("other")),
    "starts_at": (NOON + 1, "2027-01-15 12:00 UTC", "2027-01-15 12:00:01 UTC"),
    "ends_at": (NOON + 8_640_060, "2027-04-25 12:00 UTC", "2027-04-25 12:01 UTC"),
    "currency": (address("other"), address("token"), address("other")),
    "kind": (Kind.SOLUTION, "experience: it faces users", "solution: it serves"),
    "sink": (0, "row 3 Clean lake gets", "row 0 Baker gets"),
    "disburse_at": (500, "in the transaction of every sale", "once 5.00 EUR have come in"),
    "nonce": (7, "1, 0", "1, 7"),
    "version": (2, "1, 0", "2, 0"),
    "order": ((0, 1, 3, 2), "0, 1, 2, 3", "0, 1, 3, 2"),
    "goal.deadline": (NOON + 864_030, "2027-01-25 12:00 UTC", "2027-01-25 12:00:30 UTC"),
    "goal.gate": (
        Gate.TARGET,
        "the benchmark, 100 users and 1,000.00 EUR",
        "the target, 200 users and 2,000.00",
    ),
    "goal.ends_emc": (True, "the EMC goes on", "reaching the target ends the EMC"),
    "goal.measures.proceeds.metric": (
        Metric.of("baskets"),
        "benchmark 1,000.00 EUR, target 2,000.00 EUR",
        "benchmark 100,000 baskets, target 200,000 baskets",
    ),
    "goal.measures.proceeds.benchmark": (
        100_001,
        "benchmark 1,000.00 EUR, target",
        "benchmark 1,000.01 EUR, target",
    ),
    "goal.measures.proceeds.target": (200_001, "target 2,000.00 EUR", "target 2,000.01 EUR"),
    "goal.measures.users.metric": (
        Metric.read(bytes(31) + b"\x05"),
        "benchmark 100 users",
        "benchmark 100 0x" + "00" * 31 + "05",
    ),
    "goal.measures.users.benchmark": (101, "benchmark 100 users", "benchmark 101 users"),
    "goal.measures.users.target": (201, "target 200 users", "target 201 users"),
    "renegotiation.quorum": (700_000, "60% of the nodes: 2 of 3", "70% of the nodes: 3 of 3"),
    "renegotiation.interval": (604_801, "1w at least", "604801s at least"),
    "renegotiation.window": (
        0,
        "3d, once a change is opened",
        "none: if you disagree, do not sign",
    ),
    "renegotiation.objections": (330_000, "34% of the nodes: 1 of 3", "33% of the nodes: 0 of 3"),
    "leaving.notice": (86_400, "1w", "1d"),
    "leaving.cure": (3_600, "3d", "1h"),
    "leaving.expulsion": (510_000, "50% of the other nodes: 2 of 2", "51% of the other nodes"),
    "leaving.margin": (
        100_000,
        "5%: a goal below 190 users or 1,900.00 EUR",
        "10%: a goal below 180 users",
    ),
    "assessment.assessor": (address("other"), address("assessor"), address("other")),
    "assessment.window": (3_600, "1d to object", "1h to object"),
    "assessment.objections": (
        700_000,
        "60% of the other nodes: 2 of 3",
        "70% of the other nodes: 3 of 3",
    ),
    "assessment.grace": (3_600, "5d after the goal is due", "1h after the goal is due"),
    "review.commit": (90_000, "1d after the end", "25h after the end"),
    "review.reveal": (90_000, "2d after that", "25h after that"),
    "bar.registry": (address("other"), address("registry"), address("other")),
    "bar.stars": (401, "3.50 of 5", "4.01 of 5"),
    "bar.emcs": (3, "2 at least", "3 at least"),
    "bar.proceeds": (50_001, "500.00 EUR at least", "500.01 EUR at least"),
    "bar.currency": (address("other"), address("token"), address("other")),
    "bar.admits_unrated": (True, "refused", "admitted"),
    "rows.id": (9, "Row 1 Cook leaves", "Row 9 joins"),
    "rows.party": (19, "ME 12", "ME 19"),
    "rows.payee": (address("other"), address("cook"), address("other")),
    "rows.base": (290_000, "30%", "29% (-1%)"),
    "rows.leading": (310_000, "30%", "31% (+1%)"),
    "rows.upside": (300_001, "30%", "30.0001% (+0.0001%)"),
    "rows.lower": (210_000, "20% to 40%", "21% to 40%"),
    "rows.upper": (410_000, "20% to 40%", "20% to 41%"),
    "rows.running": (1, "0% of every sale", "0.0001% of every sale"),
    "rows.cost": (1, "0.00 EUR", "0.01 EUR"),
}


def places(kind: Any, where: str = "") -> Iterator[str]:
    """Every field of what is hashed, by the dataclasses themselves."""
    for each in fields(kind):
        place = f"{where}.{each.name}".lstrip(".")
        value = getattr(kind, each.name)
        if is_dataclass(value):
            yield from places(value, place)
        elif place == "goal.measures":
            for measure in TERMS.goal.measures:
                yield from places(measure, f"{place}.{measure.metric.word}")
        elif place == "rows":
            yield from (f"rows.{field.name}" for field in fields(ROWS[1]))
            yield "order"
        else:
            yield place


def changed(place: str, value: Any, terms: Any = TERMS) -> Any:
    """Terms with one value in another's place."""
    name, _, rest = place.partition(".")
    if place == "order":
        return replace(terms, rows=tuple(ROWS[each] for each in value))
    if name == "rows":
        return replace(terms, rows=(ROWS[0], replace(ROWS[1], **{rest: value}), *ROWS[2:]))
    if name == "measures":
        word, field = rest.split(".")
        measures = tuple(
            replace(each, **{field: value}) if each.metric.word == word else each
            for each in terms.measures
        )
        return replace(terms, measures=measures)
    if rest:
        value = changed(rest, value, getattr(terms, name))
    return replace(terms, **{name: value})


def drawn(monkeypatch: pytest.MonkeyPatch, show: Any, width: int = 80) -> screens.Drawn:
    """What a terminal shows."""
    from emc.cli import emc

    monkeypatch.setattr(emc, "main", lambda *_, **__: show())
    return screens.draw(width)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_the_table_of_this_test_has_every_field_that_is_hashed() -> None:
    assert set(CASES) == set(places(TERMS))


@pytest.mark.parametrize("place", CASES)
def test_a_changed_field_is_told_old_and_new(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value, old, new = CASES[place]
    terms = changed(place, value)
    assert terms.hash() != TERMS.hash()
    before, after = view.of(TERMS, KNOWN, 2), view.of(terms, KNOWN, 2)
    found = view.changes(before, after, 2)
    screen = drawn(monkeypatch, lambda: terms_view.show_changes(found))
    for text in (old, new):
        assert squeezed(text) in squeezed(screen.text), screen.text
        # an address is never broken
        if text.startswith("0x") and len(text) == 42:
            assert any(text in line for line in screen.lines)
    told = output_of(terms_view.machine_changes(found))
    assert squeezed(old) in squeezed(told)
    assert squeezed(new) in squeezed(told)
    # one value changed, and a program is told it under its name
    where = place.replace("rows.", "rows.1.")
    values = {name: both for each in terms_view.machine_changes(found) for line in each["lines"]
              for name, both in line["values"].items() if both[0] != both[1]}  # fmt: skip
    if place not in ("rows.id",) and not place.endswith(".metric"):
        assert list(values) == [where]
        assert values[where] == [before_plain(before, where), before_plain(after, where)]


def before_plain(found: view.View, place: str) -> Any:
    """A value as a program gets it."""
    return terms_view.machine(found)["fields"][place]


def output_of(data: Any) -> str:
    """JSON as the commands print it, without its escapes."""
    return " ".join(str(each) for each in _texts(json.loads(json.dumps(data))))


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        if {"name", "text"} <= set(data):
            yield f"{data['name']} {data['text']}"
        elif "title" in data:
            yield f"{data['title']} {data.get('how', '')}"
        if {"name", "old", "new"} <= set(data):
            yield f"{data['name']} {data['old']} > {data['new']} ({data['by']})"
        data = list(data.values())
    if isinstance(data, list):
        for each in data:
            yield from _texts(each)


@pytest.mark.parametrize("place", CASES)
def test_every_field_is_told_whole(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value, _, new = CASES[place]
    found = view.of(changed(place, value), KNOWN)
    assert {name for block in found.blocks for line in block.lines for name in line.fields} == set(
        found.fields
    )
    screen = drawn(monkeypatch, lambda: terms_view.show(found))
    wanted = squeezed(new.split(" (")[0].replace("Row 9 joins", "Row 9"))
    assert wanted in squeezed(screen.text)
    assert wanted in squeezed(output_of(terms_view.machine(found)))


def test_the_reader_comes_first_and_its_own_changes_too() -> None:
    terms = changed("rows.payee", address("other"))
    terms = replace(terms, rows=(*terms.rows[:2], replace(terms.rows[2], cost=5), terms.rows[3]))
    terms = replace(terms, ends_at=terms.ends_at + 60)
    before, after = view.of(TERMS, KNOWN, 2), view.of(terms, KNOWN, 2)
    assert [block.row for block in after.rows] == [2, 0, 1, 3]
    found = view.changes(before, after, 2)
    assert [each.title for each in found] == ["Row 2 Rider (you)", "Row 1 Cook", "Rules"]
    assert view.changes(before, before, 2) == ()


@pytest.mark.parametrize(
    ("place", "row"),
    [("rows.payee", 1), ("backstop", None), ("assessment.assessor", None)],
)
def test_who_is_paid_or_decides_is_set_apart(
    place: str, row: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, old, new = CASES[place]
    found = view.changes(view.of(TERMS, KNOWN), view.of(changed(place, value), KNOWN))
    ((where, change),) = view.apart(found)
    assert where == ("Row 1 Cook" if row else "")
    assert terms_view.moved(change) == (old, new)
    lines = drawn(monkeypatch, lambda: terms_view.show_changes(found)).lines
    at = next(n for n, line in enumerate(lines) if line.startswith("Who is paid, or who decides"))
    assert [line.split() for line in lines[at + 2 : at + 4]] == [["now", old], ["after", new]]


def test_the_controller_of_a_beneficiary_is_set_apart_and_nothing_else_is() -> None:
    terms = replace(TERMS, rows=(*ROWS[:3], replace(ROWS[3], party=address("other"))))
    found = view.changes(view.of(TERMS, KNOWN), view.of(terms, KNOWN))
    assert [(where, change.name) for where, change in view.apart(found)] == [
        ("Row 3 Clean lake", "controller")
    ]
    for place in set(CASES) - {"rows.payee", "rows.party", "backstop", "assessment.assessor"}:
        found = view.changes(view.of(TERMS, KNOWN), view.of(changed(place, CASES[place][0]), KNOWN))
        assert view.apart(found) == [], place


def test_who_joins_and_who_leaves_is_told_whole() -> None:
    joined = Row(4, 14, address("joiner"), 0, 0, 0, 0, 100_000)
    terms = replace(TERMS, rows=(*ROWS[:2], ROWS[3], joined))
    found = {each.row: each for each in view.changes(view.of(TERMS, KNOWN), view.of(terms, KNOWN))}
    assert (found[2].how, found[4].how) == ("leaves", "joins")
    assert {line.text for line in found[4].whole} >= {address("joiner"), "0% to 10%", "14"}
    assert {line.text for line in found[2].whole} >= {address("rider"), "10% to 30%", "13"}
    # the numbers that rules mean change with the nodes
    assert found[None].lines


def test_what_nobody_is_bound_to_has_no_addresses() -> None:
    found = view.unbound(view.of(TERMS, KNOWN))
    texts = [line.text for block in found.blocks for line in block.lines]
    assert not [text for text in texts if ROWS[1].payee in text or TERMS.backstop in text]
    assert not [name for name, value in found.fields.items() if value == ROWS[1].payee]
    assert "0x" + TERMS.canvas.hex() in texts


def test_rules_mean_numbers_of_nodes() -> None:
    two = replace(TERMS, rows=(ROWS[0], ROWS[1]), assessment=Assessment(window=1, objections=1))
    lines = {line.name: line.text for line in view.of(two, KNOWN).rules.lines}
    assert lines["expulsion by"] == "50%: never, at least two others must vote"
    assert lines["a value is dropped by"] == "0.0001% of the other nodes: 1 of 1"
    assert lines["assessor"] == "any node"
    proceeds = replace(TERMS.goal, measures=TERMS.goal.measures[:1])
    assert {each.metric for each in proceeds.measures} <= {Metric.PROCEEDS, Metric.USERS}


def test_pairs_go_on_under_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "words " * 30
    screen = drawn(monkeypatch, lambda: output.pairs([("a", long), ("bcd", "0x" + "1" * 74)]))
    assert screen.lines[0].startswith("  a    words")
    assert screen.lines[1].startswith("       words")
    assert screen.lines[-1] == "    0x" + "1" * 74


def test_a_command_is_one_line_that_only_the_terminal_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = "emc expel propose 0x" + "1" * 40 + " --row 2 --clause 'late again' --out expel.json"
    out = screens.Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", out)
    output.command(words)
    assert out.getvalue() == f"  {words}\n"
