"""The rules of terms that follow others: where they are those of a first epoch, and where not."""

import re
from collections.abc import Callable

import boa
import pytest

from emc.core.terms import WORDS, Assessment, Gate, Metric, Terms
from emc.core.units import PPM
from tests import tables
from tests.kit import CONTRACTS, World, address, replace, with_measure
from tests.unit.consent.test_check import (
    BROKEN,
    SINK,
    Head,
    Table,
    assessed,
    good,
    too_costly,
)
from tests.wallets import rotate

# what later terms may do and first ones may not: no id has to be its row's place
FIRST_ONLY = {"terms: row id is not its place"}
EMC = address("the EMC")


def check(world: World, terms: Terms) -> list[str]:
    """Ask for the rules of later terms."""
    accounts: list[str] = world.consent.check_later(EMC, terms.head(), terms.packed_rows())
    return accounts


def numbered(terms: Terms, ids: list[int], sink: int) -> Terms:
    """The terms with other row ids."""
    rows = tuple(replace(row, id=i) for row, i in zip(terms.rows, ids, strict=True))
    return replace(terms, rows=rows, sink=sink)


@pytest.mark.parametrize(
    ("reason", "broken"),
    [case[1:] for case in BROKEN if case[1] not in FIRST_ONLY],
    ids=[case[0] for case in BROKEN if case[1] not in FIRST_ONLY],
)
def test_what_breaks_a_rule_at_first_breaks_it_later(
    world: World, reason: str, broken: Callable[[World], Table]
) -> None:
    head, table = broken(world)
    with boa.reverts(reason):
        world.consent.check_later(EMC, head, table)


def test_every_reason_of_the_rules_is_tested() -> None:
    """Reasons in the source of the rules and of who may be paid, against the cases of both."""
    source = (CONTRACTS / "modules" / "terms.vy").read_text()
    members = (CONTRACTS / "modules" / "members.vy").read_text()
    source += members[members.index("def _check_payee(") : members.index("def _check_bar(")]
    tested = {reason for _, reason, _ in BROKEN}
    tested |= {"terms: already over", "terms: row id twice"}
    assert set(re.findall(r'"((?:terms|members): [^"]+)"', source)) == tested


def test_good_first_terms_are_good_later_and_their_nodes_accounts_are_told(world: World) -> None:
    rotate(world, 1, address("new home"))
    accounts = check(world, good(world))
    assert accounts == [
        world.nodes[0].account,
        address("new home"),
        world.nodes[2].account,
    ]


# row ids


@pytest.mark.parametrize(
    "ids", [[0, 2, 3, 4, 5], [7, 3, 5, 1, 0], [127, 126, 64, 63, 0], [123, 124, 125, 126, 127]]
)
def test_ids_are_below_128_in_any_order_and_with_gaps(world: World, ids: list[int]) -> None:
    terms = numbered(good(world), ids, ids[3])
    assert len(check(world, terms)) == 3
    with boa.reverts("terms: row id is not its place"):
        world.consent.check(terms.head(), terms.packed_rows())


@pytest.mark.parametrize("place", [0, 2, 4])
@pytest.mark.parametrize("row", [128, 129, 255])
def test_an_id_above_127_is_refused(world: World, row: int, place: int) -> None:
    ids = [10, 11, 12, 13, 14]
    ids[place] = row
    with boa.reverts("terms: row id twice"):
        check(world, numbered(good(world), ids, 11))


@pytest.mark.parametrize("ids", [[0, 0, 1, 2, 3], [0, 1, 2, 3, 0], [9, 8, 127, 127, 7]])
def test_an_id_is_one_rows(world: World, ids: list[int]) -> None:
    with boa.reverts("terms: row id twice"):
        check(world, numbered(good(world), ids, ids[0]))


def test_sixty_four_rows_may_have_the_last_ids(world: World) -> None:
    rows = world.rows([15_625] * 64)
    terms = numbered(world.terms(rows), list(range(64, 128)), 127)
    assert len(check(world, terms)) == 64


# the sink


@pytest.mark.parametrize("sink", [0, 1, 4, 14, 127, 128, 129, 255, 256, 2**255, 2**256 - 1])
def test_the_sink_is_the_id_of_a_row_that_lives(world: World, sink: int) -> None:
    terms = numbered(good(world), [20, 21, 22, 23, 24], sink)
    with boa.reverts("terms: no such sink"):
        check(world, terms)
    check(world, replace(terms, sink=22))


def over(world: World, index: int, tranche: str) -> Terms:
    """Terms in which a row has more of a tranche than its upper bound says; row 3 is the sink."""
    return good(world).with_row(index, upper=getattr(good(world).rows[index], tranche) - 1)


@pytest.mark.parametrize("index", [2, 3])
@pytest.mark.parametrize("tranche", ["base", "leading", "upside"])
def test_the_sink_may_exceed_its_upper_bound_and_no_other_row(
    world: World, tranche: str, index: int
) -> None:
    terms = over(world, index, tranche)
    if index == 3:
        check(world, terms)
    else:
        with boa.reverts("terms: share outside bounds"):
            check(world, terms)
        # what is the sink is a matter of its id, not of its place
        check(world, replace(terms, sink=index))
    with boa.reverts("terms: share outside bounds"):
        world.consent.check(terms.head(), terms.packed_rows())


@pytest.mark.parametrize("tranche", ["base", "leading", "upside"])
def test_the_sink_does_not_fall_below_its_lower_bound(world: World, tranche: str) -> None:
    terms = good(world)
    share = getattr(terms.rows[3], tranche)
    check(world, terms.with_row(3, lower=share))
    with boa.reverts("terms: share outside bounds"):
        check(world, terms.with_row(3, lower=share + 1))


def test_not_even_the_sink_has_a_bound_above_one(world: World) -> None:
    with boa.reverts("terms: bound above one"):
        check(world, good(world).with_row(3, upper=PPM + 1))


# the metric


@pytest.mark.parametrize("metric", list(map(Metric.of, WORDS)))
def test_cost_covers_have_to_end_below_the_benchmark_where_it_is_proceeds(
    world: World, metric: Metric
) -> None:
    head, table = assessed(metric, too_costly)(world)
    if metric.is_assessed:
        assert len(world.consent.check_later(EMC, head, table)) == 3
    else:
        with boa.reverts("terms: costs above benchmark"):
            world.consent.check_later(EMC, head, table)


def test_an_assessed_goal_may_count_anything_up_to_what_fits(world: World) -> None:
    terms = good(world)
    goal = with_measure(
        terms.goal, metric=Metric.of("anything"), benchmark=0, target=1, gate=Gate.BENCHMARK
    )
    check(world, replace(terms, goal=goal, assessment=Assessment(window=1, objections=1)))


# who is paid


def test_the_emc_itself_is_not_paid(world: World) -> None:
    terms = good(world)
    for broken in (
        terms.with_row(1, payee=EMC),
        terms.with_row(4, payee=EMC),
        replace(terms, backstop=EMC),
    ):
        with boa.reverts("members: payee cannot be paid"):
            check(world, broken)
    at_another = world.consent.check_later(
        address("another EMC"), terms.head(), terms.with_row(1, payee=EMC).packed_rows()
    )
    assert len(at_another) == 3


def test_two_nodes_are_the_least(world: World) -> None:
    one = world.terms((tables.row(5, PPM, party=world.nodes[0].me),), sink=5)
    with boa.reverts("terms: fewer than two nodes"):
        check(world, one)


def test_the_rules_hold_without_an_emc(world: World) -> None:
    """It is a question about terms: whoever asks says for which EMC."""
    head, table = Head(SINK, 4)(world)
    with boa.env.prank(world.stranger):
        world.consent.check_later(world.stranger, head, table)
