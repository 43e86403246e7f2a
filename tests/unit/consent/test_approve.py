"""Agreeing to first terms by a transaction."""

import boa

from tests.kit import FAR, World, events, replace
from tests.till import ACTIVE, until
from tests.wallets import approval, approve, move_in, rotate


def test_approvals_of_all_nodes_need_no_signature(world: World) -> None:
    terms = world.terms()
    at = world.address_of(terms)
    matter = world.consent.formation_matter(at, terms.hash())
    for index, node in enumerate(world.nodes):
        with boa.reverts("consent: signature missing"):
            world.make(terms, [])
        approve(world, terms, index)
        (approved,) = events(world.consent, "Approved")
        assert (approved.emc, approved.account, approved.matter, approved.until) == (
            at,
            node.account,
            matter,
            FAR,
        )
    emc = world.make(terms, [])
    assert (emc.address, emc.stage()) == (at, ACTIVE)


def test_what_is_counted_is_told_with_row_and_account_where_it_is_counted(world: World) -> None:
    terms = world.terms()
    matter = world.consent.formation_matter(world.address_of(terms), terms.hash())
    for index in (0, 2):
        approve(world, terms, index)
    emc = world.make(terms, [world.signature(terms, 1)])
    assert [type(log).__name__ for log in world.consent.get_logs()] == [
        "Counted",
        "Counted",
        "Made",
        "Adopted",
    ]
    assert [
        (log.emc, log.row, log.account, log.matter) for log in events(world.consent, "Counted")
    ] == [(emc.address, row, world.nodes[row].account, matter) for row in (0, 2)]


def test_a_signature_goes_before_an_approval_of_the_same_node(world: World) -> None:
    terms = world.terms()
    for index in range(3):
        approve(world, terms, index)
    world.make(terms, world.signatures(terms))
    assert events(world.consent, "Counted") == []


def test_a_bad_signature_is_refused_though_its_node_has_approved(world: World) -> None:
    terms = world.terms()
    for index in range(3):
        approve(world, terms, index)
    for bad in ((1, FAR, bytes(65)), world.signature(terms, 1, nonce=1)):
        with boa.reverts("signatures: not the signer"):
            world.make(terms, [bad])
    with boa.reverts("votes: not the signer"):
        world.make(terms, [approval(1)])
    assert world.make(terms, []).stage() == ACTIVE


def test_a_contract_wallet_approves(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 1)
    at = world.address_of(terms)
    matter = world.consent.formation_matter(at, terms.hash())
    wallet.execute(world.consent.address, world.consent.approve.prepare_calldata(at, matter, FAR))
    signatures = world.signatures(terms)
    emc = world.make(terms, [signatures[0], signatures[2]])
    (counted,) = events(world.consent, "Counted")
    assert (counted.row, counted.account) == (1, wallet.address)
    assert emc.stage() == ACTIVE


def test_it_counts_up_to_its_last_second(world: World) -> None:
    terms = world.terms()
    last = boa.env.timestamp + 100
    approve(world, terms, 0, last)
    given = world.signatures(terms)[1:]
    until(last)
    with boa.env.anchor():
        assert world.make(terms, given).stage() == ACTIVE
    until(last + 1)
    with boa.reverts("consent: signature missing"):
        world.make(terms, given)


def test_it_is_taken_back_by_until_zero(world: World) -> None:
    terms = world.terms()
    approve(world, terms, 0)
    approve(world, terms, 0, 0)
    with boa.reverts("consent: signature missing"):
        world.make(terms, world.signatures(terms)[1:])


def test_it_is_an_accounts_word_for_its_own_row_alone(world: World) -> None:
    terms = world.terms()
    at = world.address_of(terms)
    matter = world.consent.formation_matter(at, terms.hash())
    for other in (world.stranger, world.nodes[1].account, world.nodes[2].account):
        with boa.env.prank(other):
            world.consent.approve(at, matter, FAR)
    with boa.reverts("consent: signature missing"):
        world.make(terms, [])
    approve(world, terms, 0)
    assert world.make(terms, []).stage() == ACTIVE


def test_it_counts_for_one_emc_and_its_terms(world: World) -> None:
    terms = world.terms()
    other = replace(terms, nonce=1)
    at, elsewhere = world.address_of(terms), world.address_of(other)
    given = world.signatures(terms)[1:]
    with boa.env.prank(world.nodes[0].account):
        for emc, matter in (
            (elsewhere, world.consent.formation_matter(at, terms.hash())),
            (at, world.consent.formation_matter(elsewhere, terms.hash())),
            (at, world.consent.formation_matter(at, other.hash())),
            (at, world.changes.amendment_matter(at, 1, terms.hash())),
            (at, world.changes.renegotiation_matter(at, 1, terms.hash())),
            (at, terms.hash()),
        ):
            world.consent.approve(emc, matter, FAR)
        # nor does the right word in another room
        world.changes.approve(at, world.consent.formation_matter(at, terms.hash()), FAR)
    with boa.reverts("consent: signature missing"):
        world.make(terms, given)


def test_it_dies_when_the_me_rotates_and_the_new_account_may_give_it(world: World) -> None:
    terms = world.terms()
    approve(world, terms, 0)
    home = boa.env.generate_address("new home")
    rotate(world, 0, home)
    at = world.address_of(terms)
    given = world.signatures(terms)[1:]
    with boa.reverts("consent: signature missing"):
        world.make(terms, given)
    # the account that was left approves where the EMC would be now
    with boa.env.prank(world.nodes[0].account):
        world.consent.approve(at, world.consent.formation_matter(at, terms.hash()), FAR)
    with boa.reverts("consent: signature missing"):
        world.make(terms, given)
    approve(world, terms, 0)
    assert world.make(terms, given).stage() == ACTIVE


def test_an_account_that_moved_to_another_row_has_not_approved_that_row(world: World) -> None:
    terms = world.terms()
    approve(world, terms, 0)
    first, second = world.nodes[0].account, world.nodes[1].account
    rotate(world, 0, boa.env.generate_address("between"))
    rotate(world, 1, first)
    rotate(world, 0, second)
    signatures = world.signatures(terms)
    with boa.reverts("consent: signature missing"):
        world.make(terms, [signatures[2]])
    for index in (0, 1):
        approve(world, terms, index)
    emc = world.make(terms, [signatures[2]])
    assert [log.account for log in events(world.consent, "Counted")] == [second, first]
    assert emc.stage() == ACTIVE
