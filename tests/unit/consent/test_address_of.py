"""The address follows from the nodes' accounts and the terms alone."""

import boa

from emc.core.terms import emc_address
from tests import tables
from tests.kit import World, address, replace
from tests.wallets import rotate


def test_it_is_known_before_and_the_same_after_making(world: World) -> None:
    terms = world.terms()
    accounts = [node.account for node in world.nodes]
    before = world.consent.address_of(accounts, terms.hash())
    emc = world.make(terms)
    assert emc.address == before == world.consent.address_of(accounts, terms.hash())


def test_each_account_their_order_and_the_terms_move_it(world: World) -> None:
    terms = world.terms()
    first, second, third = (node.account for node in world.nodes)
    lists = [
        [first, second, third],
        [second, first, third],
        [first, third, second],
        [first, second],
        [first, second, third, world.stranger],
        [first, second, world.stranger],
        [],
    ]
    hashes = [terms.hash(), replace(terms, nonce=1).hash(), bytes(32)]
    addresses = {world.consent.address_of(each, hashed) for each in lists for hashed in hashes}
    assert len(addresses) == 21


def test_who_asks_and_who_makes_do_not_move_it(world: World) -> None:
    terms = world.terms()
    expected = world.address_of(terms)
    for sender in (world.stranger, world.buyer, world.nodes[2].account):
        with boa.env.prank(sender):
            assert world.address_of(terms) == expected
        with boa.env.anchor():
            assert world.make(terms, by=sender).address == expected


def test_beneficiaries_are_no_part_of_it(world: World) -> None:
    fund = tables.fund(3)
    terms = world.terms((*world.rows(), fund))
    accounts = [node.account for node in world.nodes]
    assert world.make(terms).address == world.consent.address_of(accounts, terms.hash())


def test_the_accounts_are_those_of_today(world: World) -> None:
    terms = world.terms()
    before = world.address_of(terms)
    rotate(world, 1, address("new home"))
    accounts = [world.nodes[0].account, address("new home"), world.nodes[2].account]
    after = world.consent.address_of(accounts, terms.hash())
    assert world.consent.check(terms.head(), terms.packed_rows()) == after != before


def test_64_accounts_are_accepted_and_65_are_not_even_read(world: World) -> None:
    accounts = [address(f"account {i}") for i in range(65)]
    data = world.consent.address_of.prepare_calldata(accounts[:64], bytes(32))
    assert not boa.env.execute_code(world.consent.address, data=data, is_modifying=False).is_error
    # one more element
    head, count, rest = data[:68], data[68:100], data[100:]
    assert int.from_bytes(count, "big") == 64
    data = head + (65).to_bytes(32, "big") + rest + bytes(32)
    assert boa.env.execute_code(world.consent.address, data=data, is_modifying=False).is_error


def test_another_consent_leads_elsewhere(world: World) -> None:
    terms = world.terms()
    accounts = [node.account for node in world.nodes]
    other, implementation = world.other_consent()
    assert other.address_of(accounts, terms.hash()) != world.address_of(terms)
    for consent, behind in ((world.consent, world.implementation), (other, implementation)):
        assert consent.address_of(accounts, terms.hash()) == emc_address(
            str(consent.address), str(behind.address), accounts, terms.hash()
        )
