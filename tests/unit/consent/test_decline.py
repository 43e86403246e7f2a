"""One node's refusal is for ever."""

import boa

from emc.core.terms import Row, Terms
from emc.core.units import PPM
from tests.kit import COIN, World, address, events, replace
from tests.wallets import rotate, sign

DECLINED, ACTIVE = 2, 4


def decline(world: World, terms: Terms, index: int, by: str) -> None:
    """Refuse terms in the name of a row."""
    with boa.env.prank(by):
        world.consent.decline(world.creator, terms.head(), terms.packed_rows(), index)


def with_fund(world: World) -> Terms:
    """Three nodes and a fund that the creator controls."""
    rows = world.rows([400_000, 300_000, 200_000])
    return world.terms((*rows, Row(3, world.creator, address("fund"), *[100_000] * 3, 0, PPM)))


def test_terms_declined_before_making_are_never_made(world: World) -> None:
    terms = world.terms()
    decline(world, terms, 2, world.nodes[2].account)
    (declined,) = events(world.consent, "Declined")
    assert (declined.emc, declined.me) == (world.address_of(terms), world.nodes[2].me)
    assert world.consent.is_declined(world.address_of(terms))
    with boa.env.prank(world.creator), boa.reverts("consent: declined"):
        world.consent.make(terms.head(), terms.packed_rows(), world.signatures(terms))
    assert world.make(replace(terms, nonce=1)).stage() == ACTIVE


def test_an_emc_declined_after_making_is_dead(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, world.signatures(terms)[:2])
    with boa.env.prank(world.buyer):
        emc.advance(COIN, value=COIN)
    decline(world, terms, 2, world.nodes[2].account)
    assert [e.me for e in events(world.consent, "Declined")] == [world.nodes[2].me]
    assert emc.stage() == DECLINED
    assert world.consent.is_declined(emc.address)
    with boa.reverts("consent: not signing"):
        sign(world, terms, [world.signature(terms, 2)])
    before = boa.env.get_balance(world.buyer)
    with boa.env.prank(world.buyer):
        emc.take_back()
    assert boa.env.get_balance(world.buyer) == before + COIN
    assert emc.stage() == DECLINED


def test_who_signed_may_still_decline(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, world.signatures(terms)[:1])
    decline(world, terms, 0, world.nodes[0].account)
    assert emc.stage() == DECLINED


def test_terms_are_declined_once(world: World) -> None:
    for nonce, given in ((0, None), (1, [])):
        terms = world.terms(nonce=nonce)
        if given is not None:
            world.make(terms, given)
        decline(world, terms, 0, world.nodes[0].account)
        with boa.reverts("consent: declined"):
            decline(world, terms, 1, world.nodes[1].account)


def test_only_a_nodes_own_account_declines(world: World) -> None:
    terms = with_fund(world)
    for by in (world.stranger, world.creator, world.nodes[1].account):
        with boa.reverts("members: not the controller"):
            decline(world, terms, 0, by)
    assert not world.consent.is_declined(world.address_of(terms))


def test_a_beneficiary_cannot_decline(world: World) -> None:
    terms = with_fund(world)
    for by in (world.creator, address("fund")):
        with boa.reverts("members: not a node"):
            decline(world, terms, 3, by)


def test_a_row_that_is_not_there_cannot_decline(world: World) -> None:
    terms = world.terms()
    for index in (3, 64, 2**256 - 1):
        with boa.reverts("members: no such row"):
            decline(world, terms, index, world.nodes[0].account)


def test_a_node_of_other_terms_declines_only_those(world: World) -> None:
    terms = world.terms()
    world.register(1)
    outsider = world.nodes[3]
    theirs = terms.with_row(2, party=outsider.me)
    decline(world, theirs, 2, outsider.account)
    assert not world.consent.is_declined(world.address_of(terms))
    assert world.make(terms).stage() == ACTIVE


def test_after_a_rotation_only_the_new_account_declines(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    home = boa.env.generate_address("new home")
    rotate(world, 1, home)
    with boa.reverts("members: not the controller"):
        decline(world, terms, 1, world.nodes[1].account)
    decline(world, terms, 1, home)
    assert emc.stage() == DECLINED


def test_an_active_emc_cannot_be_declined(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    with boa.reverts("consent: not signing"):
        decline(world, terms, 0, world.nodes[0].account)
    assert emc.stage() == ACTIVE
    assert not world.consent.is_declined(emc.address)
