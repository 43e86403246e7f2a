"""Where a row that has left is paid is still its controller's to say, and nobody else's."""

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import NATIVE, Terms
from tests import authority, tables
from tests.kit import World, address, deployer, events, received, replace
from tests.till import CLOSED, ENDED, REVERT, held_terms, payee, until
from tests.wallets import rotate


def redirect(world: World, emc: VyperContract, row: int, to: str, by: str) -> None:
    """Ask for another payee of a row that has left."""
    with boa.env.prank(by):
        world.conduct.redirect(emc.address, row, to)


def left(world: World) -> tuple[VyperContract, Terms]:
    """An EMC that row 1 has left, with 30 behind the gate."""
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    return emc, authority.leave(world, emc, terms, 1)


def test_what_it_is_owed_is_paid_where_it_says(world: World) -> None:
    emc, _ = left(world)
    redirect(world, emc, 1, address("new till"), world.nodes[1].account)
    (changed,) = events(world.conduct, "PayeeChanged")
    assert (changed.address, changed.row) == (emc.address, 1)
    assert (changed.old, changed.new) == (payee(1), address("new till"))
    assert emc.payee_of(1) == address("new till")
    world.sell(emc, 900, 2)
    emc.withdraw(1)
    assert (received(payee(1)), received(address("new till"))) == (0, 30)


def test_nobody_else_redirects_it(world: World) -> None:
    emc, _ = left(world)
    for by in (world.stranger, world.nodes[0].account, payee(1)):
        with boa.reverts("members: not the controller"):
            redirect(world, emc, 1, address("elsewhere"), by)
    assert emc.payee_of(1) == payee(1)


def test_after_a_rotation_only_the_new_account_redirects_it(world: World) -> None:
    emc, _ = left(world)
    rotate(world, 1, address("new home"))
    with boa.reverts("members: not the controller"):
        redirect(world, emc, 1, address("elsewhere"), world.nodes[1].account)
    redirect(world, emc, 1, address("new till"), address("new home"))
    assert emc.payee_of(1) == address("new till")


def test_a_credit_that_a_broken_payee_refuses_for_ever_is_saved(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), refuser.address, payee(2)])
    terms = world.terms(rows)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    authority.leave(world, emc, terms, 1)
    until(terms.ends_at)
    emc.end()
    assert emc.stage() == ENDED
    redirect(world, emc, 1, address("new till"), world.nodes[1].account)
    emc.withdraw(1)
    assert (received(address("new till")), emc.stage()) == (30, CLOSED)


def test_a_row_that_has_not_left_is_redirected_by_its_terms_only(world: World) -> None:
    emc, _ = left(world)
    for row in (0, 2, 3, 128, 2**256 - 1):
        with boa.reverts("conduct: has not left"):
            redirect(world, emc, row, address("elsewhere"), world.nodes[0].account)


def test_an_emc_that_consent_did_not_make_is_left_alone(world: World) -> None:
    for at in (world.stranger, world.implementation.address, world.address_of(world.terms())):
        with boa.env.prank(world.stranger), boa.reverts("conduct: no such EMC"):
            world.conduct.redirect(at, 0, address("elsewhere"))


@pytest.mark.parametrize(
    "what",
    [
        "zero",
        "emc",
        "currency",
        "implementation",
        "registry",
        "consent",
        "changes",
        "conduct",
        "goals",
    ],
)
def test_a_payee_that_would_swallow_money_is_refused(world: World, what: str) -> None:
    token = str(world.token().address)
    terms = world.terms(currency=token)
    emc = world.make(terms)
    authority.leave(world, emc, terms, 1)
    swallowing = {"zero": NATIVE, "emc": emc.address, "currency": token}
    to = swallowing.get(what) or getattr(world, what).address
    with boa.reverts("members: payee cannot be paid"):
        redirect(world, emc, 1, to, world.nodes[1].account)


def test_a_node_cannot_be_paid_at_the_backstop(world: World) -> None:
    emc, terms = left(world)
    with boa.reverts("members: backstop is a node's"):
        redirect(world, emc, 1, terms.backstop, world.nodes[1].account)


def test_a_beneficiary_that_has_left_is_redirected_by_its_controller(world: World) -> None:
    rows = world.rows([400_000, 300_000, 200_000])
    fund = tables.fund(3, 100_000)
    terms = world.terms((*rows, fund))
    emc = world.make(terms)
    nodes = authority.reshare(replace(terms, rows=rows), [500_000, 300_000, 200_000])
    authority.amend(world, emc, terms, nodes)
    for by in (world.nodes[0].account, address("fund"), world.stranger):
        with boa.reverts("members: not the controller"):
            redirect(world, emc, 3, address("elsewhere"), by)
    redirect(world, emc, 3, terms.backstop, address("controller"))
    assert emc.payee_of(3) == terms.backstop
