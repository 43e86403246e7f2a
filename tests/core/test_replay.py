"""A life recomputed from its events, beside the contract that lived it."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import boa
import pytest

from emc.core.replay import BACKSTOP, Happened, replay
from emc.core.terms import Assessment, Gate, Metric, Terms
from emc.core.units import PPM
from tests import authority
from tests.core.lives import Chronicle, Lived
from tests.kit import World, address, deployer, skip, with_measure

DAY = 86_400
ACCEPT, REVERT = 0, 1
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
    bouncing = deployer("mocks/HostilePayee.vy").deploy(REVERT)
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
    lived.follows(authority.leave(world, emc, lived.terms, 2))
    lived.sell(1_003, 2)
    authority.charge(world, emc, lived.terms, 4)
    skip(lived.terms.leaving.cure)
    lived.follows(authority.expel(world, emc, lived.terms, 4))
    lived.sell(2_000, 1_999, 1_003)
    emc.withdraw(2)
    lived.renegotiate(500_000, 330_000, 120_000, 50_000)
    lived.sell(997)
    bouncing.behave(ACCEPT)
    emc.withdraw(3)
    lived.sell(3_333)
    authority.disband(world, emc, lived.terms)
    return lived


def failure(world: World, chronicle: Chronicle) -> Lived:
    """A node leaves with held money, the gate never opens, and money still comes after the end."""
    lived = Lived(world, chronicle, gated(world))
    lived.sell(401, 1_777)
    lived.follows(authority.leave(world, lived.emc, lived.terms, 1))
    lived.sell(55)
    authority.disband(world, lived.emc, lived.terms)
    lived.send(777)
    return lived


LIVES = {"long life": long_life, "failure": failure}


def test_a_life_of_six_epochs_is_told_as_the_contract_keeps_it(
    world: World, chronicle: Chronicle
) -> None:
    lived = long_life(world, chronicle)
    life = lived.check()
    assert max(lived.epochs) == life.epoch == 6
    assert life.is_open
    assert not life.has_failed
    assert life.left == {}
    assert {run.epoch for run in life.runs} == set(range(1, 7))
    assert any(run.credited for run in life.runs)
    assert sum(life.earned.values()) + life.dust <= life.total


def test_every_step_of_a_life_is_told_as_the_contract_keeps_it(
    world: World, chronicle: Chronicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = 0

    def check(lived: Lived) -> None:
        nonlocal checked
        checked += 1
        lived.check()

    for name in ("sell", "send", "follows"):
        step = getattr(Lived, name)

        def stepping(lived: Lived, *args: Any, step: Any = step) -> Any:
            done = step(lived, *args)
            check(lived)
            return done

        monkeypatch.setattr(Lived, name, stepping)
    long_life(world, chronicle)
    failure(world, chronicle)
    assert checked > 15


def test_what_a_failure_leaves_behind_the_gate_is_the_backstops(
    world: World, chronicle: Chronicle
) -> None:
    lived = failure(world, chronicle)
    life = lived.check()
    assert life.has_failed
    assert life.held == 0
    assert life.swept == life.paid[lived.terms.backstop] > 0
    # what it signed for is lost with the others'
    assert life.left[1] > 0
    assert lived.emc.credits(1) == 0


def test_a_backstop_that_refuses_is_credited(world: World, chronicle: Chronicle) -> None:
    backstop = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    lived = Lived(world, chronicle, gated(world, backstop=backstop.address))
    lived.sell(777)
    authority.disband(world, lived.emc, lived.terms)
    life = lived.check()
    assert life.credits[BACKSTOP] == life.swept > 0
    backstop.behave(ACCEPT)
    lived.emc.withdraw(BACKSTOP)
    assert lived.check().credits[BACKSTOP] == 0


def test_sales_that_gather_are_shared_out_before_terms_change(
    world: World, chronicle: Chronicle
) -> None:
    lived = Lived(world, chronicle, gated(world, disburse_at=500))
    lived.sell(301)
    assert lived.check().shared == 0
    lived.sell(203)
    assert lived.check().shared == 504
    lived.sell(99)
    lived.renegotiate(390_000, 260_000, 150_000, 120_000, 80_000)
    lived.check()
    lived.sell(4_397)
    assert lived.check().is_open
    lived.sell(7)
    lived.emc.disburse()
    assert lived.check().shared == 4_404 + lived.life().dust


def test_nobody_confuses_the_account_by_disbursing_what_an_epoch_left_over(
    world: World, chronicle: Chronicle
) -> None:
    lived = Lived(world, chronicle, gated(world))
    lived.sell(333)
    lived.renegotiate(390_000, 260_000, 150_000, 120_000, 80_000)
    assert lived.check().dust > 0
    with boa.env.prank(world.stranger):
        lived.emc.disburse()
    assert not lived.check().is_open
    lived.renegotiate(390_000, 250_000, 160_000, 120_000, 80_000)
    assert not lived.check().is_open
    lived.sell(5_000)
    assert lived.check().is_open


def test_an_amendment_that_lowers_the_gate_pays_what_was_held(
    world: World, chronicle: Chronicle
) -> None:
    lived = Lived(world, chronicle, gated(world))
    lived.sell(1_777)
    lived.follows(authority.leave(world, lived.emc, lived.terms, 2))
    held = lived.check().left[2]
    goal = with_measure(lived.terms.goal, benchmark=1_500)
    lived.amend(replace(lived.terms, goal=goal))
    life = lived.check()
    assert life.is_open
    assert life.held == 0
    assert life.credits[2] == held > 0
    assert life.earned[2] > held


def test_a_final_value_moves_the_tranche_and_opens_the_gate(
    world: World, chronicle: Chronicle
) -> None:
    lived = Lived(world, chronicle, measured(world))
    lived.sell(777)
    assert lived.check().held > 0
    for users in (120, 210):
        authority.assess(world, lived.emc, lived.terms, users)
        skip(DAY)
        authority.finalise(world, lived.emc, lived.terms)
        lived.check()
        lived.sell(501)
        lived.check()
    assert lived.life().values == {Metric.USERS: 210}
    assert lived.life().is_open


def test_a_value_of_users_says_nothing_of_contracts(world: World, chronicle: Chronicle) -> None:
    lived = Lived(world, chronicle, measured(world))
    authority.assess(world, lived.emc, lived.terms, 90)
    skip(DAY)
    authority.finalise(world, lived.emc, lived.terms)
    lived.sell(501)
    goal = with_measure(lived.terms.goal, metric=Metric.CONTRACTS, benchmark=50)
    lived.amend(replace(lived.terms, goal=goal))
    lived.sell(333)
    assert not lived.check().is_open
    authority.assess(world, lived.emc, lived.terms, 50)
    skip(DAY)
    authority.finalise(world, lived.emc, lived.terms)
    life = lived.check()
    assert life.is_open
    assert life.values == {Metric.USERS: 90, Metric.CONTRACTS: 50}


# altered events


@pytest.fixture(params=LIVES)
def lived(request: pytest.FixtureRequest, world: World, chronicle: Chronicle) -> Lived:
    return LIVES[request.param](world, chronicle)


def test_an_altered_amount_in_any_event_is_noticed_where_it_stands(lived: Lived) -> None:
    events = lived.events()
    places = list(amounts(events))
    for place, path in places:
        event = events[place]
        for by in (1, -1):
            args = altered(event.args, path, by)
            told = [*events[:place], replace(event, args=args), *events[place + 1 :]]
            life = replay(lived.emc.address, told, lived.epochs)
            assert life.faults, (event, path)
            assert life.faults[0].startswith(f"block {event.block}, {event.name}: "), path


def test_a_payment_that_is_left_out_is_noticed(lived: Lived) -> None:
    events = lived.events()
    for place, event in enumerate(events):
        if event.name == "Payout" and any(each["amount"] for each in event.args["payments"]):
            for payments in ([], event.args["payments"][:-1]):
                args = {**event.args, "payments": payments}
                told = [*events[:place], replace(event, args=args), *events[place + 1 :]]
                faults = replay(lived.emc.address, told, lived.epochs).faults
                assert faults[0].startswith(f"block {event.block}, Payout: payments is ")


def test_an_event_that_is_left_out_is_noticed(lived: Lived) -> None:
    events = lived.events()
    left_out = 0
    for place, event in enumerate(events[:-1]):
        moved = event.args["received"] or event.args["payments"] if event.name == "Payout" else 1
        if event.name in ("Payout", "Adopted", "Left") and moved:
            left_out += 1
            told = [*events[:place], *events[place + 1 :]]
            assert replay(lived.emc.address, told, lived.epochs).faults, event
    assert left_out > 5


def test_terms_that_nobody_told_of_are_missed(lived: Lived) -> None:
    epochs = dict(lived.epochs)
    del epochs[2]
    faults = replay(lived.emc.address, lived.events(), epochs).faults
    assert faults[-1].endswith("Adopted: nobody told of the terms of epoch 2")
    assert len(faults) == 1


def test_other_terms_than_those_in_force_are_noticed(lived: Lived) -> None:
    first = lived.epochs[1]
    one, two, *others = first.rows
    rows = (replace(one, base=one.base - 50_000), replace(two, base=two.base + 50_000), *others)
    epochs = {**lived.epochs, 1: replace(first, rows=rows)}
    assert replay(lived.emc.address, lived.events(), epochs).faults


def amounts(events: list[Happened]) -> Iterator[tuple[int, tuple[str | int, ...]]]:
    """Where amounts stand in events: the event's place, and the way to the amount in it."""
    for place, event in enumerate(events):
        for name in AMOUNTS.get(event.name, ()):
            yield place, (name,)
        if event.name == "Payout":
            for i in range(len(event.args["payments"])):
                yield place, ("payments", i, "amount")


def altered(args: Any, path: tuple[str | int, ...], by: int) -> Any:
    """The same, with one amount moved."""
    copy = deepcopy(dict(args))
    at: Any = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] += by
    return copy
