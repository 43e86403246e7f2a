"""How often an account has revoked."""

from tests.kit import World


def test_it_counts_an_accounts_revocations_for_one_emc(world: World) -> None:
    terms, other = world.terms(), world.terms(nonce=1)
    at, account = world.address_of(terms), world.nodes[0].account
    assert world.consent.nonce_of(at, account) == 0
    for count in (1, 2):
        world.consent.revoke(at, sender=account)
        assert world.consent.nonce_of(at, account) == count
    assert world.consent.nonce_of(world.address_of(other), account) == 0
    assert world.consent.nonce_of(at, world.nodes[1].account) == 0


def test_signing_does_not_move_it(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    assert [world.consent.nonce_of(emc.address, node.account) for node in world.nodes] == [0] * 3
