"""Each rule of terms and rows, broken one at a time in terms that are otherwise good."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boa
import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from emc.core.limits import MAX_AMOUNT, MAX_SPAN, MAX_TIME
from emc.core.terms import NATIVE, Gate, Metric, Row, Terms
from emc.core.units import PPM
from tests import tables
from tests.kit import World, address, replace
from tests.wallets import rotate

Table = tuple[tuple[Any, ...], list[tuple[int, int, int]]]

DAY = 86_400
# places in the head of the terms
VERSION, NONCE, KIND, CANVAS, CURRENCY, BACKSTOP, SINK, STARTS, ENDS, DISBURSE_AT = range(10)
GOAL, RENEGOTIATION, LEAVING, ASSESSMENT, REVIEW, BAR = range(10, 16)


def good_rows(world: World) -> tuple[Row, ...]:
    """Three nodes and two beneficiaries, with costs."""
    rows = world.rows([300_000, 300_000, 200_000], running=[50_000, 0, 0], costs=[100, 0, 300])
    reserve, charity = (
        tables.fund(id, 100_000, party=address(f"{name} controller"), payee=address(name))
        for id, name in ((3, "reserve"), (4, "charity"))
    )
    return (*rows, reserve, charity)


def good(world: World) -> Terms:
    """Terms that nothing is wrong with."""
    return world.terms(good_rows(world), gate=Gate.BENCHMARK, sink=3)


def put(values: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    """A tuple with one value changed."""
    return (*values[:place], value, *values[place + 1 :])


@dataclass(frozen=True)
class Head:
    """One value of the head, or of a part of it, changed."""

    place: int
    value: Any
    inner: int | None = None

    def __call__(self, world: World) -> Table:
        terms = good(world)
        value = self.value(world) if callable(self.value) else self.value
        if self.inner is not None:
            value = put(terms.head()[self.place], self.inner, value)
        return put(terms.head(), self.place, value), terms.packed_rows()


def measure(place: int, value: int) -> Head:
    """A value of the only measure changed."""
    measures = [(bytes(Metric.PROCEEDS), 10**24, 2 * 10**24), *[(bytes(32), 0, 0)] * 2]
    return Head(GOAL, [put(measures[0], place, value), *measures[1:]], 0)


@dataclass(frozen=True)
class Line:
    """Fields of one row changed, and of another one where the sums must hold."""

    index: int
    changes: dict[str, Any]
    other: int | None = None
    others: dict[str, Any] | None = None

    def __call__(self, world: World) -> Table:
        terms = good(world)
        changes = {k: v(world) if callable(v) else v for k, v in self.changes.items()}
        terms = terms.with_row(self.index, **changes)
        if self.other is not None and self.others is not None:
            terms = terms.with_row(self.other, **self.others)
        return terms.head(), terms.packed_rows()


@dataclass(frozen=True)
class Bits:
    """Bits of one word of a row set that a dataclass cannot set."""

    index: int
    word: int
    bits: int

    def __call__(self, world: World) -> Table:
        terms = good(world)
        table = terms.packed_rows()
        words = list(table[self.index])
        words[self.word] |= self.bits
        table[self.index] = (words[0], words[1], words[2])
        return terms.head(), table


def now(offset: int = 0) -> Callable[[World], int]:
    """A time beside the block's."""
    return lambda _: boa.env.timestamp + offset


def own(name: str) -> Callable[[World], str]:
    """One of the system's own addresses; `emc` is where these terms lead."""
    if name == "currency":
        return lambda world: str(world.token().address)
    return lambda world: str(getattr(world, name).address)


def rows_of(build: Callable[[World], tuple[Row, ...]]) -> Callable[[World], Table]:
    """Good terms with other rows."""

    def table(world: World) -> Table:
        terms = replace(good(world), rows=build(world), sink=0)
        return terms.head(), terms.packed_rows()

    return table


def leader_again(world: World) -> tuple[Row, ...]:
    """The leader once more among the nodes, in ascending order."""
    rows = good_rows(world)
    rows = (replace(rows[0], party=rows[1].party), replace(rows[1], party=rows[0].party), *rows[2:])
    return (rows[0], rows[1], replace(rows[2], party=rows[0].party), *rows[3:])


def node_last(world: World) -> tuple[Row, ...]:
    """A beneficiary before the last node."""
    rows = good_rows(world)
    fund = replace(rows[3], id=2, base=200_000, leading=200_000, upside=200_000)
    node = replace(rows[2], id=3, base=100_000, leading=100_000, upside=100_000)
    return (*rows[:2], fund, node, rows[4])


def alone(world: World) -> tuple[Row, ...]:
    """One node and one beneficiary."""
    rows = good_rows(world)
    halves = {"base": 500_000, "leading": 500_000, "upside": 500_000}
    return replace(rows[0], **halves), replace(rows[3], id=1, **halves)


def settled_in_a_token(world: World) -> Table:
    """A row that is paid at the token the EMC settles in."""
    token = world.token()
    terms = replace(good(world), currency=str(token.address)).with_row(1, payee=str(token.address))
    return terms.head(), terms.packed_rows()


def backstop_at_the_token(world: World) -> Table:
    """A backstop that is the token the EMC settles in."""
    token = str(world.token().address)
    terms = replace(good(world), currency=token, backstop=token)
    return terms.head(), terms.packed_rows()


def backstop_at_an_account(world: World) -> Table:
    """A backstop that is the current account of a node."""
    rotate(world, 2, address("second home"))
    terms = replace(good(world), backstop=address("second home"))
    return terms.head(), terms.packed_rows()


def too_costly(world: World) -> Table:
    """Cost covers one base unit above what the benchmark leaves them."""
    terms = world.terms(good_rows(world), benchmark=1_000, sink=3)
    # 5 % of 1,000 runs as cost
    terms = terms.with_row(0, cost=951).with_row(2, cost=0)
    return terms.head(), terms.packed_rows()


def assessed(
    metric: bytes, build: Callable[[World], Table] | None = None
) -> Callable[[World], Table]:
    """Terms whose goal is no proceeds and which any node may assess: by default good ones."""

    def table(world: World) -> Table:
        head, rows = (build or Head(NONCE, 0))(world)
        (only, *empty), *rest = head[GOAL]
        head = put(head, GOAL, ([put(only, 0, metric), *empty], *rest))
        return put(head, ASSESSMENT, (NATIVE, 1, 1, 0)), rows

    return table


@dataclass(frozen=True)
class Assessed:
    """How a goal is assessed in terms whose goal is satisfaction; good but for one value."""

    assessor: str = NATIVE
    window: int = 1
    objections: int = 1
    # seconds by which deadline, grace and two windows end before the EMC does
    spare: int = 0

    def __call__(self, world: World) -> Table:
        head, rows = assessed(Metric.SATISFACTION)(world)
        grace = head[ENDS] - head[GOAL][1] - 2 * self.window - self.spare
        return put(head, ASSESSMENT, (self.assessor, self.window, self.objections, grace)), rows


BROKEN: list[tuple[str, str, Callable[[World], Table]]] = [
    ("version 0", "terms: unknown version", Head(VERSION, 0)),
    ("version 2", "terms: unknown version", Head(VERSION, 2)),
    ("kind 0", "terms: unknown kind", Head(KIND, 0)),
    ("kind 3", "terms: unknown kind", Head(KIND, 3)),
    ("no canvas", "terms: no canvas", Head(CANVAS, bytes(32))),
    ("currency is no contract", "terms: currency has no code", Head(CURRENCY, address("nothing"))),
    ("no measure", "terms: no measure", Head(GOAL, [(bytes(32), 0, 0)] * 3, 0)),
    (
        "a measure twice",
        "terms: measures not in order",
        Head(GOAL, [*[(bytes(Metric.USERS), 1, 2)] * 2, (bytes(32), 0, 0)], 0),
    ),
    ("gate 3", "terms: unknown gate", Head(GOAL, 3, 2)),
    ("target is benchmark", "terms: target below benchmark", measure(2, 10**24)),
    ("target too large", "terms: amount too large", measure(2, MAX_AMOUNT + 1)),
    ("disburse_at too large", "terms: amount too large", Head(DISBURSE_AT, MAX_AMOUNT + 1)),
    ("starts at the deadline", "terms: deadline before start", Head(STARTS, now(300 * 86_400))),
    ("ends before deadline", "terms: deadline after end", Head(ENDS, now(300 * 86_400 - 1))),
    ("ends too late", "terms: end too far", Head(ENDS, MAX_TIME + 1)),
    ("grace after end", "terms: deadline after end", Assessed(spare=-1)),
    (
        "grace after end by an assessor",
        "terms: deadline after end",
        Assessed(address("assessor"), spare=-1),
    ),
    ("windows after the end", "terms: deadline after end", Assessed(window=10, spare=-1)),
    ("any node and no window", "terms: no time to dispute", Assessed(window=0)),
    ("any node and no objections", "terms: quorum impossible", Assessed(objections=0)),
    ("no quorum", "terms: quorum impossible", Head(RENEGOTIATION, 0, 0)),
    ("quorum above one", "terms: quorum impossible", Head(RENEGOTIATION, PPM + 1, 0)),
    ("no expulsion quorum", "terms: quorum impossible", Head(LEAVING, 0, 2)),
    ("expulsion above one", "terms: quorum impossible", Head(LEAVING, PPM + 1, 2)),
    ("objections above one", "terms: part above one", Head(RENEGOTIATION, PPM + 1, 3)),
    ("assessment objections", "terms: part above one", Head(ASSESSMENT, PPM + 1, 2)),
    ("margin above one", "terms: part above one", Head(LEAVING, PPM + 1, 3)),
    ("interval too long", "terms: time span too long", Head(RENEGOTIATION, MAX_SPAN + 1, 1)),
    ("window too long", "terms: time span too long", Head(RENEGOTIATION, MAX_SPAN + 1, 2)),
    ("notice too long", "terms: time span too long", Head(LEAVING, MAX_SPAN + 1, 0)),
    ("cure too long", "terms: time span too long", Head(LEAVING, MAX_SPAN + 1, 1)),
    ("challenge too long", "terms: time span too long", Head(ASSESSMENT, MAX_SPAN + 1, 1)),
    ("grace too long", "terms: time span too long", Head(ASSESSMENT, MAX_SPAN + 1, 3)),
    ("no time to reveal", "terms: review time impossible", Head(REVIEW, (DAY, 0))),
    ("no time to commit", "terms: review time impossible", Head(REVIEW, (0, DAY))),
    ("commit too short", "terms: review time impossible", Head(REVIEW, (DAY - 1, DAY))),
    ("reveal too short", "terms: review time impossible", Head(REVIEW, (DAY, DAY - 1))),
    ("commit too long", "terms: review time impossible", Head(REVIEW, (365 * DAY + 1, DAY))),
    ("reveal too long", "terms: review time impossible", Head(REVIEW, (DAY, 365 * DAY + 1))),
    ("commit without end", "terms: review time impossible", Head(REVIEW, (2**256 - 1, DAY))),
    ("stars for nobody", "terms: bar without registry", Head(BAR, 1, 1)),
    ("emcs for nobody", "terms: bar without registry", Head(BAR, 1, 2)),
    ("proceeds for nobody", "terms: bar without registry", Head(BAR, 1, 3)),
    ("registry is no contract", "terms: registry has no code", Head(BAR, address("nothing"), 0)),
    ("a spare bit", "terms: spare bits are set", Bits(1, 0, 2)),
    ("row id off", "terms: row id is not its place", Line(1, {"id": 2})),
    ("low byte of a row", "terms: spare bits are set", Bits(1, 1, 1)),
    ("node after beneficiary", "terms: node after beneficiary", rows_of(node_last)),
    ("same node twice", "terms: nodes not ascending", Line(2, {"party": 2})),
    ("nodes descending", "terms: nodes not ascending", Line(1, {"party": 3}, 2, {"party": 2})),
    ("leader twice", "terms: node twice", rows_of(leader_again)),
    ("controller zero", "terms: no controller", Line(3, {"party": NATIVE})),
    ("upper above one", "terms: bound above one", Line(1, {"upper": PPM + 1})),
    (
        "base below lower",
        "terms: share outside bounds",
        Line(1, {"lower": 300_000, "base": 299_999}),
    ),
    (
        "leading below",
        "terms: share outside bounds",
        Line(1, {"lower": 300_000, "leading": 299_999}),
    ),
    ("upside below", "terms: share outside bounds", Line(1, {"lower": 300_000, "upside": 299_999})),
    (
        "base above upper",
        "terms: share outside bounds",
        Line(1, {"upper": 300_000, "base": 300_001}),
    ),
    (
        "leading above",
        "terms: share outside bounds",
        Line(1, {"upper": 300_000, "leading": 300_001}),
    ),
    ("upside above", "terms: share outside bounds", Line(1, {"upper": 300_000, "upside": 300_001})),
    (
        "bounds crossed",
        "terms: share outside bounds",
        Line(1, {"lower": 300_001, "upper": 299_999}),
    ),
    ("base short", "terms: shares are not one", Line(4, {"base": 99_999})),
    ("base long", "terms: shares are not one", Line(4, {"base": 100_001})),
    ("leading short", "terms: shares are not one", Line(4, {"leading": 99_999})),
    ("leading long", "terms: shares are not one", Line(4, {"leading": 100_001})),
    ("upside short", "terms: shares are not one", Line(4, {"upside": 99_999})),
    ("upside long", "terms: shares are not one", Line(4, {"upside": 100_001})),
    ("no rows", "terms: shares are not one", rows_of(lambda _: ())),
    ("one node", "terms: fewer than two nodes", rows_of(alone)),
    ("sink is no row", "terms: no such sink", Head(SINK, 5)),
    ("all runs as cost", "terms: running cost takes all", Line(1, {"running": 950_000})),
    ("cost too large", "terms: amount too large", Line(1, {"cost": MAX_AMOUNT + 1})),
    ("costs above benchmark", "terms: costs above benchmark", too_costly),
    ("ME of nobody", "members: unknown ME", Line(2, {"party": 10**6})),
    ("leader of nobody", "members: unknown ME", Line(0, {"party": 0})),
    ("payee zero", "members: payee cannot be paid", Line(1, {"payee": NATIVE})),
    ("payee Consent", "members: payee cannot be paid", Line(1, {"payee": own("consent")})),
    ("payee Changes", "members: payee cannot be paid", Line(1, {"payee": own("changes")})),
    ("payee Conduct", "members: payee cannot be paid", Line(1, {"payee": own("conduct")})),
    ("payee Goals", "members: payee cannot be paid", Line(1, {"payee": own("goals")})),
    ("payee EMC code", "members: payee cannot be paid", Line(1, {"payee": own("implementation")})),
    ("payee registry", "members: payee cannot be paid", Line(1, {"payee": own("registry")})),
    ("payee currency", "members: payee cannot be paid", settled_in_a_token),
    ("beneficiary at zero", "members: payee cannot be paid", Line(3, {"payee": NATIVE})),
    ("beneficiary at Consent", "members: payee cannot be paid", Line(4, {"payee": own("consent")})),
    ("backstop zero", "members: payee cannot be paid", Head(BACKSTOP, NATIVE)),
    ("backstop Consent", "members: payee cannot be paid", Head(BACKSTOP, own("consent"))),
    ("backstop Changes", "members: payee cannot be paid", Head(BACKSTOP, own("changes"))),
    ("backstop Conduct", "members: payee cannot be paid", Head(BACKSTOP, own("conduct"))),
    ("backstop Goals", "members: payee cannot be paid", Head(BACKSTOP, own("goals"))),
    ("backstop EMC code", "members: payee cannot be paid", Head(BACKSTOP, own("implementation"))),
    ("backstop registry", "members: payee cannot be paid", Head(BACKSTOP, own("registry"))),
    ("backstop currency", "members: payee cannot be paid", backstop_at_the_token),
    ("backstop a payee", "members: backstop is a node's", Head(BACKSTOP, address("payee 1"))),
    ("backstop an account", "members: backstop is a node's", backstop_at_an_account),
]


@pytest.mark.parametrize(
    ("reason", "broken"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_terms_that_break_a_rule_are_refused_before_anything_is_made(
    world: World, reason: str, broken: Callable[[World], Table]
) -> None:
    head, table = broken(world)
    with boa.reverts(reason):
        world.consent.check(head, table)
    with boa.env.prank(world.stranger), boa.reverts(reason):
        world.consent.make(head, table, [])


def test_the_terms_that_the_others_differ_from_are_accepted(world: World) -> None:
    terms = good(world)
    at = world.consent.check(terms.head(), terms.packed_rows())
    assert at == world.address_of(terms)
    assert boa.env.get_code(at) == b""


def test_terms_that_are_over_are_refused(world: World) -> None:
    terms = good(world)
    over = replace(
        terms, ends_at=boa.env.timestamp, goal=replace(terms.goal, deadline=boa.env.timestamp)
    )
    with boa.reverts("terms: already over"):
        world.consent.check(over.head(), over.packed_rows())
    last = replace(over, ends_at=boa.env.timestamp + 1)
    world.consent.check(last.head(), last.packed_rows())


LIMITS: list[tuple[str, Callable[[World], Table]]] = [
    ("kind SOLUTION", Head(KIND, 2)),
    ("metric USERS", assessed(Metric.USERS)),
    ("metric CONTRACTS", assessed(Metric.CONTRACTS)),
    ("metric SATISFACTION", assessed(Metric.SATISFACTION)),
    ("a metric of its own", assessed(b"\7" * 32)),
    ("grace and windows up to the end", Assessed(window=10)),
    ("an assessor whom nobody disputes", Assessed(address("assessor"), 0, 0, 0)),
    ("objections of all to a value", Assessed(objections=PPM)),
    ("gate none", Head(GOAL, 0, 2)),
    ("gate target", Head(GOAL, 2, 2)),
    ("target one above benchmark", measure(2, 10**24 + 1)),
    ("largest target", measure(2, MAX_AMOUNT)),
    ("largest disburse_at", Head(DISBURSE_AT, MAX_AMOUNT)),
    ("starts just before the deadline", Head(STARTS, now(300 * 86_400 - 1))),
    ("ends at the deadline", Head(ENDS, now(300 * 86_400))),
    ("latest end", Head(ENDS, MAX_TIME)),
    ("smallest quorum", Head(RENEGOTIATION, 1, 0)),
    ("quorum of all", Head(RENEGOTIATION, PPM, 0)),
    ("expulsion by all others", Head(LEAVING, PPM, 2)),
    ("smallest expulsion quorum", Head(LEAVING, 1, 2)),
    ("objections of all", Head(RENEGOTIATION, PPM, 3)),
    ("assessment objections of all", Head(ASSESSMENT, PPM, 2)),
    ("whole margin", Head(LEAVING, PPM, 3)),
    ("longest interval", Head(RENEGOTIATION, MAX_SPAN, 1)),
    ("longest window", Head(RENEGOTIATION, MAX_SPAN, 2)),
    ("longest notice", Head(LEAVING, MAX_SPAN, 0)),
    ("longest cure", Head(LEAVING, MAX_SPAN, 1)),
    ("longest challenge", Head(ASSESSMENT, MAX_SPAN, 1)),
    ("longest grace", Head(ASSESSMENT, MAX_SPAN, 3)),
    ("no review", Head(REVIEW, (0, 0))),
    ("shortest review", Head(REVIEW, (DAY, DAY))),
    ("longest review", Head(REVIEW, (365 * DAY, 365 * DAY))),
    ("any nonce", Head(NONCE, 2**256 - 1)),
    ("sink is the last row", Head(SINK, 4)),
    ("all but a millionth runs as cost", Line(1, {"running": 949_999, "cost": 0}, 2, {"cost": 0})),
    ("bounds as tight as the shares", Line(1, {"lower": 300_000, "upper": 300_000})),
    ("costs above a benchmark in users", assessed(Metric.USERS, too_costly)),
    ("costs above a benchmark in contracts", assessed(Metric.CONTRACTS, too_costly)),
    ("costs above a benchmark in satisfaction", assessed(Metric.SATISFACTION, too_costly)),
    ("largest cost", assessed(Metric.USERS, Line(1, {"cost": MAX_AMOUNT}))),
    ("two rows at one payee", Line(1, {"payee": address("payee 0")})),
    ("a beneficiary at the backstop", Line(4, {"payee": address("backstop")})),
    ("a beneficiary controlled by the backstop", Line(4, {"party": address("backstop")})),
]


@pytest.mark.parametrize("table", [case[1] for case in LIMITS], ids=[case[0] for case in LIMITS])
def test_terms_at_a_limit_are_accepted(world: World, table: Callable[[World], Table]) -> None:
    head, rows = table(world)
    at = world.consent.check(head, rows)
    accounts = [node.account for node in world.nodes]
    assert at == world.consent.address_of(accounts, world.consent.terms_hash(head, rows))


def test_costs_that_end_exactly_at_the_benchmark_are_accepted(world: World) -> None:
    terms = world.terms(good_rows(world), benchmark=1_000, sink=3)
    terms = terms.with_row(0, cost=950).with_row(2, cost=0)
    world.consent.check(terms.head(), terms.packed_rows())


def test_a_list_of_64_rows_is_accepted_and_of_65_is_not_even_read(world: World) -> None:
    terms = world.terms(world.rows([15_625] * 64))
    world.consent.check(terms.head(), terms.packed_rows())
    selector = keccak(text=f"check({tables.TERMS_TYPE},{tables.ROW_TYPE}[])")[:4]
    for count, is_refused in ((64, False), (65, True)):
        table = [*terms.packed_rows(), terms.packed_rows()[0]][:count]
        data = selector + encode([tables.TERMS_TYPE, f"{tables.ROW_TYPE}[]"], [terms.head(), table])
        answer = boa.env.execute_code(world.consent.address, data=data, is_modifying=False)
        assert answer.is_error == is_refused
        assert not is_refused or answer.output == b""


@pytest.mark.parametrize(
    ("word", "bits", "what"),
    [(0, 1 << 1, "party"), (0, 1 << 95, "party"), (2, 1 << 40, "limits"), (2, 1 << 127, "limits")],
)
def test_spare_bits_of_a_row_that_no_reader_shows_are_refused(
    world: World, word: int, bits: int, what: str
) -> None:
    head, table = Bits(1, word, bits)(world)
    assert table != good(world).packed_rows(), what
    with boa.reverts("terms: spare bits are set"):
        world.consent.check(head, table)
