import boa
import pytest

from tests.kit import World, deployer, events
from tests.till import REVERT, Books


def advanced(world: World, amount: int = 300) -> tuple[object, object]:
    """Terms, and an EMC waiting for signatures to which the buyer has advanced money."""
    terms = world.terms()
    emc = world.make(terms, given=[])
    with boa.env.prank(world.buyer):
        emc.advance(amount, value=amount)
    return terms, emc


@pytest.mark.parametrize("is_declined", [False, True])
def test_an_advance_can_be_taken_back_until_the_emc_is_active(
    world: World, is_declined: bool
) -> None:
    terms, emc = advanced(world)
    with boa.env.prank(world.stranger):
        emc.advance(20, value=20)
    if is_declined:
        with boa.env.prank(world.nodes[0].account):
            world.consent.decline(world.creator, terms.head(), terms.packed_rows(), 0)
    before = boa.env.get_balance(world.buyer)
    with boa.env.prank(world.buyer):
        emc.take_back()
    (taken,) = events(emc, "TakenBack")
    assert (taken.sender, taken.amount) == (world.buyer, 300)
    assert boa.env.get_balance(world.buyer) == before + 300
    assert emc.advances(world.buyer) == 0
    assert emc.advances(world.stranger) == 20
    assert boa.env.get_balance(emc.address) == 20


def test_tokens_are_taken_back(world: World) -> None:
    token = world.token()
    emc = world.make(world.terms(currency=token.address), given=[])
    before = token.balanceOf(world.buyer)
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 300)
        emc.advance(300)
        emc.take_back()
    assert token.balanceOf(world.buyer) == before


def test_an_advance_is_taken_back_once(world: World) -> None:
    _, emc = advanced(world)
    with boa.env.prank(world.buyer):
        emc.take_back()
        with boa.reverts("advances: nothing advanced"):
            emc.take_back()


def test_nobody_takes_back_what_another_advanced(world: World) -> None:
    _, emc = advanced(world)
    with boa.env.prank(world.stranger), boa.reverts("advances: nothing advanced"):
        emc.take_back()


def test_once_active_an_advance_stays(world: World, books: Books) -> None:
    terms, emc = advanced(world)
    world.consent.sign(world.creator, terms.head(), terms.packed_rows(), world.signatures(terms))
    with boa.env.prank(world.buyer), boa.reverts("emc: active"):
        emc.take_back()
    books.unabsorbed[emc.address] = 300


def test_a_sender_that_refuses_coin_keeps_its_advance(world: World) -> None:
    emc = world.make(world.terms(), given=[])
    sender = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    boa.env.set_balance(sender.address, 300)
    with boa.env.prank(sender.address):
        emc.advance(300, value=300)
        with boa.reverts("payee: refused"):
            emc.take_back()
    assert emc.advances(sender.address) == 300
