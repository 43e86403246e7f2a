"""What is special to approving first terms; tests/unit/votes has what all approvals share."""

import boa

from tests.kit import FAR, World, events, replace
from tests.till import ACTIVE
from tests.wallets import approve, rotate


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
