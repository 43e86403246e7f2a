"""Payees that spend all they may, twice, cannot keep a gate shut."""

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Assessment, Gate, Metric, Terms
from tests import authority, tables
from tests.kit import World, address, deployer, replace
from tests.till import cool, send

MAX_GAS = 16_000_000


def crowd(world: World, **goal: object) -> tuple[Terms, list[VyperContract]]:
    """Two nodes and 62 beneficiaries, which nobody needs to sign for, with a running cost each."""
    payees = [deployer("mocks/TiringPayee.vy").deploy() for _ in range(64)]
    rows = tuple(
        tables.row(
            i,
            15_625,
            party=world.nodes[i].me if i < 2 else address(f"controller {i}"),
            payee=payees[i].address,
            running=1_000,
        )
        for i in range(64)
    )
    return world.terms(rows, **goal), payees


def gas_of(world: World, room: VyperContract, data: bytes) -> int:
    """What the whole transaction costs."""
    cool()
    answer = boa.env.execute_code(room.address, sender=world.stranger, data=data, gas=60_000_000)
    assert not answer.is_error
    return 21_000 + sum(16 if byte else 4 for byte in data) + int(answer.get_gas_used())


@pytest.mark.parametrize("gift", [0, 10**6])
def test_an_amendment_that_opens_the_gate_pays_everybody_once(world: World, gift: int) -> None:
    terms, payees = crowd(world, benchmark=10**18, target=10**21, gate=Gate.TARGET)
    emc = world.make(terms)
    world.sell(emc, 10**18, 1)
    for payee in payees:
        payee.tire(1_500)
    if gift:
        send(world, emc, gift)
    new = replace(terms, goal=replace(terms.goal, gate=Gate.BENCHMARK))
    data = world.changes.amend.prepare_calldata(
        *(emc.address, terms.head(), terms.packed_rows(), new.head(), new.packed_rows()),
        authority.amendments(world, emc, new),
    )
    assert gas_of(world, world.changes, data) < MAX_GAS
    assert emc.is_gate_open()
    assert emc.accounts().held == 0


@pytest.mark.parametrize("gift", [0, 10**6])
def test_an_assessment_that_opens_the_gate_pays_everybody_once(world: World, gift: int) -> None:
    terms, payees = crowd(
        world,
        metric=Metric.USERS,
        benchmark=10,
        target=20,
        gate=Gate.BENCHMARK,
        assessment=Assessment(window=100, grace=1_000, objections=500_000),
    )
    emc = world.make(terms)
    world.sell(emc, 10**18, 1)
    authority.assess(world, emc, terms, 12)
    boa.env.time_travel(seconds=100)
    for payee in payees:
        payee.tire(1_500)
    if gift:
        send(world, emc, gift)
    data = world.goals.finalise.prepare_calldata(
        emc.address, terms.head(), terms.packed_rows(), Metric.USERS, 0, []
    )
    assert gas_of(world, world.goals, data) < MAX_GAS
    assert emc.is_gate_open()
    assert emc.accounts().held == 0
