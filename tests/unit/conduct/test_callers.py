"""Who is heard in this room, and on which terms."""

from collections.abc import Callable
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Terms
from tests import tables
from tests.kit import World, address, deployer, replace
from tests.till import until
from tests.wallets import move_in, rotate

Call = Callable[[World, str, Terms, int], Any]

NODES: dict[str, Call] = {
    "give_notice": lambda world, emc, terms, index: world.conduct.give_notice(
        emc, terms.head(), terms.packed_rows(), index
    ),
    "take_back_notice": lambda world, emc, terms, index: world.conduct.take_back_notice(
        emc, terms.head(), terms.packed_rows(), index
    ),
    "charge": lambda world, emc, terms, index: world.conduct.charge(
        emc, terms.head(), terms.packed_rows(), index, 2, "clause", bytes(32)
    ),
    "drop_charge": lambda world, emc, terms, index: world.conduct.drop_charge(
        emc, terms.head(), terms.packed_rows(), index, 2, bytes(32)
    ),
}
ANYONE: dict[str, Call] = {
    "leave": lambda world, emc, terms, index: world.conduct.leave(
        emc, terms.head(), terms.packed_rows(), index
    ),
    "expel": lambda world, emc, terms, index: world.conduct.expel(
        emc, terms.head(), terms.packed_rows(), index, bytes(32), []
    ),
    "disband": lambda world, emc, terms, _: world.conduct.disband(
        emc, terms.head(), terms.packed_rows(), []
    ),
}


def with_fund(world: World) -> Terms:
    """Three nodes and a beneficiary."""
    rows = world.rows([400_000, 300_000, 200_000])
    return world.terms((*rows, tables.fund(3, 100_000)))


def active(world: World) -> tuple[VyperContract, Terms]:
    """An EMC of theirs."""
    terms = with_fund(world)
    return world.make(terms), terms


@pytest.mark.parametrize("name", NODES)
def test_only_the_node_at_the_place_is_heard(world: World, name: str) -> None:
    emc, terms = active(world)
    for by in (world.stranger, world.nodes[0].account, address("payee 1")):
        with boa.env.prank(by), boa.reverts("members: not the controller"):
            NODES[name](world, emc.address, terms, 1)


@pytest.mark.parametrize("name", NODES)
def test_a_beneficiary_is_no_node(world: World, name: str) -> None:
    emc, terms = active(world)
    with boa.env.prank(address("controller")), boa.reverts("members: not a node"):
        NODES[name](world, emc.address, terms, 3)


@pytest.mark.parametrize("name", NODES)
def test_a_place_that_is_not_in_the_rows_is_refused(world: World, name: str) -> None:
    emc, terms = active(world)
    for index in (4, 2**256 - 1):
        with boa.env.prank(world.nodes[1].account), boa.reverts("members: no such row"):
            NODES[name](world, emc.address, terms, index)


@pytest.mark.parametrize("name", NODES)
def test_after_a_rotation_only_the_new_account_is_heard(world: World, name: str) -> None:
    emc, terms = active(world)
    rotate(world, 1, address("new home"))
    with boa.env.prank(world.nodes[1].account), boa.reverts("members: not the controller"):
        NODES[name](world, emc.address, terms, 1)


def test_a_contract_wallet_is_heard(world: World) -> None:
    emc, terms = active(world)
    wallet = move_in(world, 1)
    wallet.execute(
        world.conduct.address,
        world.conduct.give_notice.prepare_calldata(
            emc.address, terms.head(), terms.packed_rows(), 1
        ),
    )
    assert world.conduct.notice_of(emc.address, 1) == boa.env.timestamp


@pytest.mark.parametrize("name", NODES | ANYONE)
def test_only_the_terms_in_force_are_heard(world: World, name: str) -> None:
    emc, terms = active(world)
    other = replace(terms, nonce=1)
    mine = world.nodes[1].account
    for at, told in (
        (emc.address, other),
        (emc.address, terms.with_row(1, base=300_001)),
        (emc.address, replace(terms, leaving=replace(terms.leaving, cure=0, notice=0))),
        (world.address_of(other), terms),
        (world.stranger, terms),
    ):
        with boa.env.prank(mine), boa.reverts("members: not the terms in force"):
            (NODES | ANYONE)[name](world, at, told, 1)


@pytest.mark.parametrize("name", NODES | ANYONE)
def test_an_emc_that_consent_did_not_make_is_left_alone(world: World, name: str) -> None:
    terms = with_fund(world)
    stray = deployer("EMC.vy").deploy([world.stranger] * 4, world.pages.address)
    with boa.env.prank(world.nodes[1].account), boa.reverts("members: not the terms in force"):
        (NODES | ANYONE)[name](world, stray.address, terms, 1)


@pytest.mark.parametrize("name", NODES | ANYONE)
def test_nothing_is_heard_before_the_emc_is_made(world: World, name: str) -> None:
    terms = with_fund(world)
    at = world.address_of(terms)
    with boa.env.prank(world.nodes[1].account), boa.reverts("members: not the terms in force"):
        (NODES | ANYONE)[name](world, at, terms, 1)


@pytest.mark.parametrize("name", NODES | ANYONE)
def test_nothing_is_heard_after_the_end(world: World, name: str) -> None:
    emc, terms = active(world)
    until(terms.ends_at)
    emc.end()
    with boa.env.prank(world.nodes[1].account), boa.reverts("members: not active"):
        (NODES | ANYONE)[name](world, emc.address, terms, 1)
