"""Money that comes to an EMC before it is active, and those who would like to have it."""

import boa

from emc.core.terms import NATIVE
from tests.kit import World, address, deployer, received
from tests.till import Books, payee, send, weird_token

DECLINED = 2
SHARES = [500_000, 300_000, 200_000]


def test_an_advance_is_no_more_than_what_was_asked_for(world: World, books: Books) -> None:
    token = weird_token(world, "HookToken")
    waiting = world.make(world.terms(world.rows(SHARES), currency=token.address), given=[])
    rows = world.rows(SHARES, [waiting.address, payee(1), payee(2)])
    paying = world.make(world.terms(rows, currency=token.address, nonce=1))
    send(world, paying, 1_000, token)
    thief = deployer("mocks/ReentrantParty.vy").deploy()
    token.mint(thief.address, 1)
    with boa.env.prank(thief.address):
        token.approve(waiting.address, 1)
        token.hook(True)
    # while the thief is charged, another EMC pays the one that waits
    thief.aim(paying.address, paying.absorb.prepare_calldata())
    thief.act(waiting.address, waiting.advance.prepare_calldata(1))
    assert waiting.advances(thief.address) == 1
    thief.aim(NATIVE, b"")
    thief.act(waiting.address, waiting.take_back.prepare_calldata())
    assert received(thief.address, token) == 1
    assert received(waiting.address, token) == 500
    books.unabsorbed[waiting.address] = 500


def test_coin_at_the_address_of_an_emc_declined_before_it_was_made_is_not_lost(
    world: World,
) -> None:
    terms = world.terms(world.rows(SHARES), nonce=2)
    at = world.address_of(terms)
    paying = world.make(world.terms(world.rows(SHARES, [at, payee(1), payee(2)])))
    world.sell(paying, 1_000, 1)
    with boa.env.prank(world.nodes[0].account):
        world.consent.decline(world.creator, terms.head(), terms.packed_rows(), 0)
    with boa.reverts("consent: declined"):
        world.make(terms)
    dead = world.make(terms, given=[])
    assert dead.address == at
    assert dead.stage() == DECLINED
    dead.rescue(NATIVE)
    assert received(address("backstop")) == 500
    with boa.reverts("consent: not signing"):
        world.consent.sign(
            world.creator, terms.head(), terms.packed_rows(), world.signatures(terms)[:1]
        )
    with boa.reverts("consent: already made"):
        world.make(terms, given=[])
