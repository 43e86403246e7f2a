"""Where a row is paid is its controller's to say, and nobody else's."""

from typing import Any

import boa
import pytest

from emc.core.terms import NATIVE, Terms
from tests import tables
from tests.kit import COIN, World, address, deployer, events, received, replace
from tests.till import ACTIVE
from tests.wallets import move_in, rotate


def with_fund(world: World, **changes: Any) -> Terms:
    """Three nodes and a fund with a controller of its own."""
    rows = world.rows([400_000, 300_000, 200_000])
    fund = tables.fund(3, 100_000)
    return world.terms((*rows, fund), **changes)


def change(world: World, terms: Terms, index: int, payee: str, by: str, emc: str = "") -> None:
    """Ask for another payee of a row."""
    with boa.env.prank(by):
        world.conduct.change_payee(
            emc or world.address_of(terms), terms.head(), terms.packed_rows(), index, payee
        )


def test_a_node_is_paid_where_its_account_says(world: World) -> None:
    terms = with_fund(world)
    emc = world.make(terms)
    change(world, terms, 1, address("new till"), world.nodes[1].account)
    (changed,) = events(world.conduct, "PayeeChanged")
    assert (changed.address, changed.row) == (emc.address, 1)
    assert (changed.old, changed.new) == (address("payee 1"), address("new till"))
    assert emc.payee_of(1) == address("new till")
    world.sell(emc, COIN, 1)
    assert received(address("payee 1")) == 0
    assert received(address("new till")) == 3 * COIN // 10
    assert received(address("payee 0")) == 4 * COIN // 10
    assert world.consent.terms_of(emc.address) == terms.hash()


def test_a_beneficiary_is_paid_where_its_controller_says(world: World) -> None:
    terms = with_fund(world)
    emc = world.make(terms)
    change(world, terms, 3, address("new fund"), address("controller"))
    assert emc.payee_of(3) == address("new fund")
    for by in (world.nodes[0].account, address("fund"), address("new fund"), world.stranger):
        with boa.reverts("members: not the controller"):
            change(world, terms, 3, address("elsewhere"), by)


def test_a_payee_can_be_changed_again_and_back(world: World) -> None:
    terms = with_fund(world)
    emc = world.make(terms)
    for payee in ("second", "third", "payee 0"):
        change(world, terms, 0, address(payee), world.nodes[0].account)
        assert emc.payee_of(0) == address(payee)


def test_nobody_else_redirects_a_node(world: World) -> None:
    terms = with_fund(world)
    emc = world.make(terms)
    for by in (world.stranger, world.nodes[0].account, address("payee 1")):
        with boa.reverts("members: not the controller"):
            change(world, terms, 1, address("elsewhere"), by)
    assert emc.payee_of(1) == address("payee 1")


def test_after_a_rotation_only_the_new_account_redirects(world: World) -> None:
    terms = with_fund(world)
    emc = world.make(terms)
    home = boa.env.generate_address("new home")
    rotate(world, 1, home)
    with boa.reverts("members: not the controller"):
        change(world, terms, 1, address("elsewhere"), world.nodes[1].account, emc.address)
    change(world, terms, 1, address("new till"), home, emc.address)
    assert emc.payee_of(1) == address("new till")


def test_a_contract_wallet_redirects_its_row(world: World) -> None:
    terms = with_fund(world)
    emc = world.make(terms)
    wallet = move_in(world, 2)
    wallet.execute(
        world.conduct.address,
        world.conduct.change_payee.prepare_calldata(
            emc.address, terms.head(), terms.packed_rows(), 2, wallet.address
        ),
    )
    assert emc.payee_of(2) == wallet.address


def test_only_the_terms_in_force_are_heard(world: World) -> None:
    terms = with_fund(world)
    emc = world.make(terms)
    mine = world.nodes[1].account
    for wrong in (
        replace(terms, nonce=1),
        terms.with_row(1, base=300_001),
        # the leader's row in the name of another node
        terms.with_row(0, party=world.nodes[1].me),
    ):
        with boa.reverts("members: not the terms in force"):
            change(world, wrong, 0, address("elsewhere"), mine, emc.address)
    assert emc.payee_of(0) == address("payee 0")


def test_an_emc_that_consent_did_not_make_is_left_alone(world: World) -> None:
    terms = with_fund(world)
    with boa.reverts("members: not the terms in force"):
        change(world, terms, 1, address("elsewhere"), world.nodes[1].account)
    foreign = deployer("EMC.vy").deploy(world.implementation.authority(), world.pages.address)
    with boa.reverts("members: not the terms in force"):
        change(world, terms, 1, address("x"), world.nodes[1].account, foreign.address)


def test_before_the_emc_is_made_the_payee_is_what_is_being_signed(world: World) -> None:
    terms = with_fund(world)
    with boa.reverts("members: not the terms in force"):
        change(world, terms, 1, address("elsewhere"), world.nodes[1].account)


def test_a_row_that_is_not_there_is_refused(world: World) -> None:
    terms = with_fund(world)
    world.make(terms)
    for index in (4, 2**256 - 1):
        with boa.reverts("members: no such row"):
            change(world, terms, index, address("elsewhere"), world.nodes[1].account)


@pytest.mark.parametrize("index", [1, 3])
@pytest.mark.parametrize(
    "what",
    [
        "zero",
        "emc",
        "currency",
        "consent",
        "changes",
        "conduct",
        "goals",
        "implementation",
        "registry",
    ],
)
def test_a_payee_that_would_swallow_money_is_refused(world: World, index: int, what: str) -> None:
    token = str(world.token().address)
    terms = with_fund(world, currency=token)
    emc = world.make(terms)
    payee = {
        "zero": NATIVE,
        "emc": emc.address,
        "currency": token,
        "consent": world.consent.address,
        "changes": world.changes.address,
        "conduct": world.conduct.address,
        "goals": world.goals.address,
        "implementation": world.implementation.address,
        "registry": world.registry.address,
    }[what]
    by = world.nodes[1].account if index == 1 else address("controller")
    with boa.reverts("members: payee cannot be paid"):
        change(world, terms, index, payee, by)


def test_a_node_cannot_be_paid_at_the_backstop_but_a_beneficiary_can(world: World) -> None:
    terms = with_fund(world)
    emc = world.make(terms)
    with boa.reverts("members: backstop is a node's"):
        change(world, terms, 1, terms.backstop, world.nodes[1].account)
    change(world, terms, 3, terms.backstop, address("controller"))
    assert emc.payee_of(3) == terms.backstop


def test_another_emc_may_be_a_payee(world: World) -> None:
    terms = with_fund(world)
    emc, other = world.make(terms), world.make(with_fund(world, nonce=1))
    change(world, terms, 1, other.address, world.nodes[1].account)
    world.sell(emc, COIN, 1)
    assert received(other.address) == 3 * COIN // 10
    assert emc.stage() == ACTIVE
    other.absorb()
    assert other.accounts().paid == 3 * COIN // 10
