"""Signatures relayed for an EMC that is made and not complete."""

from itertools import permutations

import boa
import pytest

from emc.core.terms import Gate
from tests.kit import COIN, World, events, replace, skip
from tests.wallets import approval, as_wallet, move_in, rotate, sign

SIGNING, DECLINED, ACTIVE = 1, 2, 4


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_last_of_single_signatures_activates_in_any_order(
    world: World, order: tuple[int, ...]
) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    for index in order[:-1]:
        sign(world, terms, [world.signature(terms, index)])
        logs = world.consent.get_logs()
        assert [type(log).__name__ for log in logs] == ["Signed"]
        assert (logs[0].emc, logs[0].row) == (emc.address, index)
        assert logs[0].account == world.nodes[index].account
        assert emc.stage() == SIGNING
    sign(world, terms, [world.signature(terms, order[-1])])
    assert [type(log).__name__ for log in world.consent.get_logs()] == ["Activated", "Adopted"]
    assert emc.stage() == ACTIVE


def test_all_signatures_may_come_at_once_after_making(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    sign(world, terms, world.signatures(terms))
    (activated,) = events(world.consent, "Activated")
    assert (activated.emc, activated.terms_hash) == (emc.address, terms.hash())
    assert emc.stage() == ACTIVE


def test_each_node_may_approve_on_chain_instead(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    for index, node in enumerate(world.nodes):
        assert emc.stage() == SIGNING
        sign(world, terms, [approval(index)], by=node.account)
    assert emc.stage() == ACTIVE


def test_a_contract_wallet_approves_on_chain(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 1)
    emc = world.make(terms, [world.signature(terms, 0), world.signature(terms, 2)])
    data = world.consent.sign.prepare_calldata(
        world.creator, terms.head(), terms.packed_rows(), [approval(1)]
    )
    wallet.execute(world.consent.address, data)
    assert emc.stage() == ACTIVE


def test_the_last_caller_brings_the_others_signatures_and_its_own_approval(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [world.signature(terms, 0)])
    given = [world.signature(terms, 1), approval(2)]
    sign(world, terms, given, by=world.nodes[2].account)
    assert emc.stage() == ACTIVE


def test_nothing_is_not_a_signature(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    sign(world, terms, [])
    assert emc.stage() == SIGNING
    assert not any(world.consent.seat_of(emc.address, each.account) for each in world.nodes)


def test_nobody_approves_for_another(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    for caller in (world.stranger, world.creator, world.nodes[1].account):
        with boa.reverts("consent: not the signer"):
            sign(world, terms, [approval(0)], by=caller)
    assert world.consent.seat_of(emc.address, world.nodes[0].account) == 0


def test_a_place_that_is_no_nodes_is_refused(world: World) -> None:
    terms = world.terms()
    world.make(terms, [])
    for index in (3, 63, 255, 256, 2**256 - 1):
        _, deadline, data = world.signature(terms, 0)
        with boa.reverts("consent: not a node"):
            sign(world, terms, [(index, deadline, data)])


def test_what_is_not_made_cannot_be_signed_on_chain(world: World) -> None:
    terms = world.terms()
    with boa.reverts("consent: no such EMC"):
        sign(world, terms, world.signatures(terms))
    world.make(terms, [])
    other = replace(terms, nonce=1)
    with boa.reverts("consent: no such EMC"):
        sign(world, other, world.signatures(other))
    with boa.reverts("consent: no such EMC"):
        sign(world, terms, world.signatures(terms), creator=world.stranger)


def test_an_active_emc_takes_no_more_signatures(world: World) -> None:
    terms = world.terms()
    world.make(terms)
    with boa.reverts("consent: not signing"):
        sign(world, terms, world.signatures(terms))


def test_a_declined_emc_takes_no_more_signatures(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, world.signatures(terms)[:2])
    with boa.env.prank(world.nodes[2].account):
        world.consent.decline(world.creator, terms.head(), terms.packed_rows(), 2)
    with boa.reverts("consent: not signing"):
        sign(world, terms, [world.signature(terms, 2)])
    assert emc.stage() == DECLINED


def test_a_signature_counts_up_to_its_deadline(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    deadline = boa.env.timestamp + 100
    given = world.signature(terms, 0, deadline=deadline)
    skip(100)
    assert boa.env.timestamp == deadline
    with boa.env.anchor():
        sign(world, terms, [given])
        assert world.consent.seat_of(emc.address, world.nodes[0].account) == 1
    skip(1)
    with boa.reverts("consent: signature expired"):
        sign(world, terms, [given])


def test_a_relayed_signature_counts_after_its_deadline(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [world.signature(terms, 0, deadline=boa.env.timestamp)])
    skip(1000)
    sign(world, terms, world.signatures(terms)[1:])
    assert emc.stage() == ACTIVE


def test_the_same_signature_twice_counts_once(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    once = world.signature(terms, 0)
    sign(world, terms, [once, once, once])
    signed = events(world.consent, "Signed")
    assert [e.row for e in signed] == [0]
    sign(world, terms, [once])
    assert emc.stage() == SIGNING


def test_after_a_rotation_the_old_accounts_relayed_signature_no_longer_counts(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [world.signature(terms, 0)])
    fresh = world.register(1)[0]
    home = boa.env.generate_address("new home")
    rotate(world, 0, home)
    sign(world, terms, [world.signature(terms, 1), world.signature(terms, 2)])
    assert emc.stage() == SIGNING
    with boa.reverts("signatures: not the signer"):
        sign(world, terms, [world.signature(terms, 0)])
    with boa.reverts("consent: not the signer"):
        sign(world, terms, [approval(0)], by=world.nodes[0].account)
    with boa.reverts("consent: not the signer"):
        sign(world, terms, [approval(0)], by=fresh.account)
    sign(world, terms, [approval(0)], by=home)
    assert emc.stage() == ACTIVE


def test_after_a_rotation_to_a_wallet_the_wallet_signs(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, world.signatures(terms)[:2])
    wallet = move_in(world, 1)
    sign(world, terms, [world.signature(terms, 2)])
    assert emc.stage() == SIGNING
    sign(world, terms, [as_wallet(world, terms, 1, wallet)])
    assert emc.stage() == ACTIVE


def test_an_account_that_moved_to_another_row_has_not_signed_that_row(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [world.signature(terms, 0), world.signature(terms, 2)])
    moved = world.nodes[0].account
    rotate(world, 0, boa.env.generate_address("new home"))
    rotate(world, 1, moved)
    assert world.consent.seat_of(emc.address, moved) == 1
    sign(world, terms, [approval(0)], by=world.registry.account_of(world.nodes[0].me))
    assert emc.stage() == SIGNING
    sign(world, terms, [approval(1)], by=moved)
    assert emc.stage() == ACTIVE


def test_one_bad_signature_refuses_the_whole_batch(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    bad = (1, 2**40, bytes(65))
    with boa.reverts("signatures: not the signer"):
        sign(world, terms, [world.signature(terms, 0), bad, world.signature(terms, 2)])
    assert world.consent.seat_of(emc.address, world.nodes[0].account) == 0
    assert emc.stage() == SIGNING


def test_an_emc_is_activated_up_to_its_last_second(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, world.signatures(terms)[:2])
    skip(terms.ends_at - 1 - boa.env.timestamp)
    sign(world, terms, [world.signature(terms, 2)])
    assert emc.stage() == ACTIVE


def test_an_emc_that_is_over_is_not_activated_with_the_money_sent_early(world: World) -> None:
    terms = world.terms(gate=Gate.TARGET)
    emc = world.make(terms, world.signatures(terms)[:2])
    with boa.env.prank(world.buyer):
        emc.advance(COIN, value=COIN)
    skip(terms.ends_at - boa.env.timestamp)
    # else the backstop gets by end() what the buyer can no longer take back
    with boa.reverts():
        sign(world, terms, [world.signature(terms, 2)])
    assert emc.stage() == SIGNING
    with boa.env.prank(world.buyer):
        emc.take_back()
