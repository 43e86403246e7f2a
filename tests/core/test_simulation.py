"""What would be paid, told beforehand, beside what the contract then pays: the same to the unit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boa
import pytest

from emc.core import simulation
from emc.core.simulation import Outcome
from emc.core.terms import Gate, Metric
from tests import authority
from tests.core.lives import Chronicle, Lived
from tests.core.test_replay import gated, joins, measured
from tests.kit import World, skip


def foretold(lived: Lived, ahead: Outcome, act: Callable[[], Any]) -> None:
    """Do it, and compare with the contract: every row's income, what is held, and the sums."""
    emc, before = lived.emc, lived.life()
    was_open = emc.is_gate_open()
    assert [part.held_before for part in ahead.parts] == [
        emc.earned(part.row)[1] for part in ahead.parts
    ]
    count = len(before.runs)
    act()
    life = lived.check()
    runs = life.runs[count:]
    assert len(runs) <= 1
    paid = dict(runs[0].payments) if runs else {}
    assert {part.row: part.amount for part in ahead.parts} == {
        part.row: paid.get(part.row, 0) for part in ahead.parts
    }
    live = {row.id for row in lived.terms.rows}
    for part in ahead.parts:
        if part.row in live:
            assert emc.earned(part.row)[1] == part.held_after, part
        assert part.is_credit is (before.credits[part.row] > 0)
    books = emc.accounts()
    assert (ahead.total, ahead.held, ahead.pending) == (books.received, books.held, books.pending)
    assert ahead.opens_gate is (emc.is_gate_open() and not was_open)
    # nothing was left behind in the life it was told from
    assert lived.life().total == life.total


@pytest.mark.parametrize("disburse_at", [0, 700])
def test_sales_pay_what_was_told_across_every_boundary(
    world: World, chronicle: Chronicle, disburse_at: int
) -> None:
    lived = Lived(world, chronicle, gated(world, disburse_at=disburse_at))
    for amount in (101, 333, 1, 4_000, 564, 1, 699, 701, 3_333, 2_000):
        ahead = simulation.sale(lived.life(), amount)
        foretold(lived, ahead, lambda amount=amount: lived.sell(amount))
    assert lived.emc.is_gate_open()
    foretold(lived, simulation.book(lived.life()), lived.emc.disburse)


def test_changes_pay_what_was_told_also_what_came_by_transfer(
    world: World, chronicle: Chronicle
) -> None:
    lived = Lived(world, chronicle, gated(world, disburse_at=700))
    lived.sell(101, 333, 1_000)
    new = authority.reshare(lived.terms, [390_000, 250_000, 150_000, 120_000, 90_000])
    with boa.env.prank(world.buyer):
        lived.emc.__default__(value=77)
    ahead = simulation.change(lived.life(), new, unbooked=77)
    foretold(
        lived,
        ahead,
        lambda: lived.renegotiate(390_000, 250_000, 150_000, 120_000, 90_000),
    )
    lived.sell(499)
    wider = joins(world, lived.terms, 5, 50_000)
    foretold(lived, simulation.change(lived.life(), wider), lambda: lived.amend(wider))
    # terms whose gate is reached already pay what was held
    goal = replace(lived.terms.goal, gate=Gate.NONE)
    free = replace(lived.terms, goal=goal)
    ahead = simulation.change(lived.life(), free)
    assert ahead.opens_gate
    assert ahead.paid > 0
    foretold(lived, ahead, lambda: lived.amend(free))
    ahead = simulation.sale(lived.life(), 10_000)
    foretold(lived, ahead, lambda: lived.sell(10_000))


def test_a_value_pays_what_was_told_when_it_is_final(world: World, chronicle: Chronicle) -> None:
    lived = Lived(world, chronicle, measured(world))
    lived.sell(401, 1_777)
    for amount in (99, 100, 201):
        authority.assess(world, lived.emc, lived.terms, amount)
        skip(lived.terms.assessment.window)
        ahead = simulation.value(lived.life(), Metric.USERS, amount)
        assert ahead.opens_gate is (amount == 100)
        terms = lived.terms
        foretold(
            lived,
            ahead,
            lambda terms=terms: world.goals.finalise(
                lived.emc.address, terms.head(), terms.packed_rows(), Metric.USERS, 0, []
            ),
        )
        foretold(lived, simulation.sale(lived.life(), 1_003), lambda: lived.sell(1_003))


def test_a_row_with_a_credit_is_told_to_be_credited(world: World, chronicle: Chronicle) -> None:
    from tests.kit import deployer

    bouncing = deployer("mocks/HostilePayee.vy").deploy(1)
    terms = gated(world, gate=Gate.NONE)
    rows = (replace(terms.rows[0], payee=bouncing.address), *terms.rows[1:])
    lived = Lived(world, chronicle, replace(terms, rows=rows))
    lived.sell(10_000)
    ahead = simulation.sale(lived.life(), 10_000)
    assert [part.is_credit for part in ahead.parts] == [True, False, False, False, False]
    foretold(lived, ahead, lambda: lived.sell(10_000))
