"""Which terms are in force changes by the rooms that count who agreed, and by nobody else."""

import boa
import pytest

from tests.authority import leave, renegotiate, reshare
from tests.kit import World, address, events

HASH = b"\x11" * 32


@pytest.mark.parametrize("room", ["changes", "conduct"])
def test_a_room_that_changes_terms_has_their_hash_kept(world: World, room: str) -> None:
    emc, other = world.make(), world.make(world.terms(nonce=1))
    before = world.consent.terms_of(other.address)
    with boa.env.prank(getattr(world, room).address):
        world.consent.replace(emc.address, HASH)
    (replaced,) = events(world.consent, "Replaced")
    assert (replaced.emc, replaced.terms_hash) == (emc.address, HASH)
    assert world.consent.terms_of(emc.address) == HASH
    assert world.consent.terms_of(other.address) == before


def test_nobody_else_replaces_terms(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    for caller in (
        world.stranger,
        world.deployer,
        world.nodes[0].account,
        world.goals.address,
        world.consent.address,
        world.pages.address,
        world.registry.address,
        world.implementation.address,
        emc.address,
    ):
        with boa.env.prank(caller), boa.reverts("consent: not the authority"):
            world.consent.replace(emc.address, HASH)
    assert world.consent.terms_of(emc.address) == terms.hash()


def test_a_renegotiation_replaces_the_terms(world: World) -> None:
    terms = world.terms(world.rows([400_000, 300_000, 300_000]))
    emc = world.make(terms)
    new = renegotiate(world, emc, terms, reshare(terms, [500_000, 250_000, 250_000]))
    (replaced,) = events(world.changes, "Replaced")
    assert (replaced.emc, replaced.terms_hash) == (emc.address, new.hash())
    assert world.consent.terms_of(emc.address) == new.hash()


def test_a_node_that_leaves_replaces_the_terms(world: World) -> None:
    terms = world.terms(world.rows([400_000, 300_000, 300_000]))
    emc = world.make(terms)
    new = leave(world, emc, terms, 2)
    (replaced,) = events(world.conduct, "Replaced")
    assert (replaced.emc, replaced.terms_hash) == (emc.address, new.hash())
    assert world.consent.terms_of(emc.address) == new.hash()


def test_after_it_only_the_new_terms_are_heard(world: World) -> None:
    terms = world.terms(world.rows([400_000, 300_000, 300_000]))
    emc = world.make(terms)
    new = renegotiate(world, emc, terms, reshare(terms, [500_000, 250_000, 250_000]))
    with boa.env.prank(world.nodes[0].account):
        with boa.reverts("members: not the terms in force"):
            world.conduct.change_payee(
                emc.address, terms.head(), terms.packed_rows(), 0, address("new payee")
            )
        world.conduct.change_payee(
            emc.address, new.head(), new.packed_rows(), 0, address("new payee")
        )
    assert emc.payee_of(0) == address("new payee")
