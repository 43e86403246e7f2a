"""A life recomputed from its events, beside the contract that lived it."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import boa
import pytest

from emc.replay import BACKSTOP, Happened, replay
from emc.terms import Assessment, Gate, Metric, Row, Terms
from emc.units import PPM
from tests import table
from tests.core.lives import Chronicle, Lived
from tests.kit import World, address, deployer, skip

DAY = 86_400
AMOUNTS = {
    "Payout": ("received", "total", "held"),
    "Adopted": ("start", "dust", "held"),
    "Left": ("held",),
    "Withdrawn": ("amount",),
    "Swept": ("amount",),
    "Ended": ("total",),
}


def gated(world: World, **changes: Any) -> Terms:
    """Five nodes that run at costs, some covered, behind a gate at 5000; the first is the sink."""
    rows = world.rows(
        [400_000, 250_000, 150_000, 120_000, 80_000],
        running=[100_000, 0, 50_000, 0, 0],
        costs=[120, 0, 77, 0, 31],
    )
    values: dict[str, Any] = {"benchmark": 5_000, "target": 9_000, "gate": Gate.BENCHMARK}
    return world.terms(rows, **{**values, **changes})


def measured(world: World, **changes: Any) -> Terms:
    """A goal in users, any node assessing, final after a day."""
    values: dict[str, Any] = {
        "metric": Metric.USERS,
        "benchmark": 100,
        "target": 200,
        "gate": Gate.BENCHMARK,
        "assessment": Assessment(window=DAY, objections=PPM, grace=DAY),
    }
    rows = world.rows([500_000, 300_000, 200_000], running=[100_000, 0, 0], costs=[0, 50, 0])
    shares = ((500_000, 300_000), (300_000, 300_000), (200_000, 400_000))
    rows = tuple(
        replace(row, leading=leading, upside=upside)
        for row, (leading, upside) in zip(rows, shares, strict=True)
    )
    return world.terms(rows, **{**values, **changes})


def joins(world: World, terms: Terms, row: int, share: int) -> Terms:
    """One more node, on a share that the first gives."""
    (node,) = world.register(1)
    first, *others = terms.rows
    new = replace(first, id=row, party=node.me, payee=address("late"), running=0, cost=40)
    new = replace(new, base=share, leading=share, upside=share)
    less = {name: getattr(first, name) - share for name in ("base", "leading", "upside")}
    return replace(terms, rows=(replace(first, **less), *others, new))


def long_life(world: World, chronicle: Chronicle) -> Lived:
    """Six epochs: shares change, a node joins, one leaves, one is expelled, all while income is
    held; then the gate opens, a payee bounces, and the EMC ends.
    """
    bouncing = deployer("mocks/MoodyPayee.vy").deploy()
    terms = gated(world)
    rows = (*terms.rows[:3], replace(terms.rows[3], payee=bouncing.address), terms.rows[4])
    lived = Lived(world, chronicle, replace(terms, rows=rows))
    emc = lived.emc
    lived.sell(101, 333, 1)
    lived.renegotiate(390_000, 250_000, 150_000, 120_000, 90_000)
    lived.sell(77)
    lived.amend(joins(world, lived.terms, 5, 50_000))
    lived.sell(499)
    lived.send(23)
    lived.follows(table.leave(world, emc, lived.terms, 2))
    lived.sell(1_003, 2)
    table.charge(world, emc, lived.terms, 4)
    skip(lived.terms.leaving.cure)
    lived.follows(table.expel(world, emc, lived.terms, 4))
    lived.sell(2_000, 1_999)
    emc.withdraw(2)
    lived.renegotiate((500_000, 400_000, 300_000), *(each.shares for each in lived.terms.rows[1:3]),
                      tuple(PPM - x for x in (0, 0, 0)))
    return lived
