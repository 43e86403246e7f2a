"""An EMC whose goal the chain cannot see, and who acts in it."""

from typing import Any

import boa
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Assessment, Gate, Measure, Metric, Row, Terms
from emc.core.units import PPM
from tests import authority, tables
from tests.kit import World, address, replace
from tests.till import until

WINDOW, GRACE = 1_000, 5_000
EVIDENCE = b"\7" * 32


def assessed(world: World, **changes: Any) -> Terms:
    """Users are counted: benchmark 10, target 20, the gate at the benchmark.

    Base goes 50/30/20, leading 20/30/50, upside to row 2 alone; two of three nodes discard a value.
    """
    rows = changes.pop("rows", None)
    if rows is None:
        rows = list(world.rows([500_000, 300_000, 200_000]))
        for i, (leading, upside) in enumerate(((200_000, 0), (300_000, 0), (500_000, PPM))):
            rows[i] = replace(rows[i], leading=leading, upside=upside)
    values: dict[str, Any] = {
        "metric": Metric.USERS,
        "benchmark": 10,
        "target": 20,
        "gate": Gate.BENCHMARK,
        "assessment": Assessment(window=WINDOW, objections=600_000, grace=GRACE),
    }
    return world.terms(tuple(rows), **{**values, **changes})


def both(world: World, *more: Measure, **changes: Any) -> Terms:
    """Users as above, and proceeds: benchmark 1,000, target 2,000; `more` measures."""
    measures = (
        Measure(Metric.USERS, 10, 20),
        Measure(Metric.PROCEEDS, 1_000, 2_000),
        *more,
    )
    return assessed(world, **{"measures": measures, **changes})


def with_assessor(world: World, **changes: Any) -> Terms:
    """The same, where only a named assessor measures."""
    named = Assessment(assessor=address("assessor"), window=WINDOW, objections=600_000, grace=GRACE)
    return assessed(world, assessment=named, **changes)


def fund(row: int) -> Row:
    """A beneficiary without shares."""
    return tables.fund(row)


def assess_as(
    world: World,
    emc: VyperContract,
    terms: Terms,
    by: str,
    index: int,
    amount: int = 12,
    measured_at: int | None = None,
    metric: bytes | None = None,
) -> None:
    """An account submits a value, measured now by default."""
    with boa.env.prank(by):
        world.goals.assess(
            emc.address,
            terms.head(),
            terms.packed_rows(),
            index,
            metric or authority.metric_of(terms),
            amount,
            boa.env.timestamp if measured_at is None else measured_at,
            EVIDENCE,
        )


def object_to(
    world: World,
    emc: VyperContract,
    terms: Terms,
    row: int,
    submitter: int = 0,
    metric: bytes | None = None,
) -> None:
    """A node objects to a value."""
    metric = metric or authority.metric_of(terms)
    place = authority.place_of(terms, row)
    with authority.as_node(world, terms, row):
        world.goals.object(emc.address, terms.head(), terms.packed_rows(), place, metric, submitter)


def dropped_at(world: World, emc: VyperContract, terms: Terms, moment: int) -> None:
    """At a moment row 0 submits a value as of the deadline, which both other nodes drop at once."""
    until(moment)
    authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline)
    for row in (1, 2):
        object_to(world, emc, terms, row)


def take_back(
    world: World,
    emc: VyperContract,
    terms: Terms,
    submitter: int = 0,
    by: str | None = None,
    metric: bytes | None = None,
) -> None:
    """A value is taken back, by default by the node that submitted it."""
    metric = metric or authority.metric_of(terms)
    with boa.env.prank(by or world.nodes[submitter].account):
        world.goals.take_back(emc.address, terms.head(), terms.packed_rows(), metric, submitter)


def count(
    world: World,
    emc: VyperContract,
    terms: Terms,
    amount: int,
    row: int = 0,
    metric: bytes | None = None,
) -> None:
    """A value is submitted, its window passes, and a stranger has it counted."""
    authority.assess(world, emc, terms, amount, row, metric=metric)
    boa.env.time_travel(seconds=terms.assessment.window)
    authority.finalise(world, emc, terms, row, metric=metric)
