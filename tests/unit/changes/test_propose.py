"""Opening a renegotiation."""

import boa

from emc.core.terms import Terms
from tests import authority
from tests.kit import FAR, World, events, replace
from tests.till import until
from tests.unit.changes.kit import five, name_of, reserve, shifted, three


def propose(world: World, emc: str, terms: Terms, new: Terms, index: int, last: int = FAR) -> None:
    """Call with the arguments as they are."""
    world.changes.propose(emc, terms.head(), terms.packed_rows(), index, authority.words(new), last)


def test_it_is_kept_told_and_approved_by_its_node(world: World) -> None:
    terms = five(world)
    emc = world.make(terms)
    new = shifted(terms)
    what = name_of(world, emc, new)
    last = boa.env.timestamp + 5_000
    authority.propose(world, emc, terms, new, row=2, until=last)
    (proposed,) = events(world.changes, "Proposed")
    assert (proposed.emc, proposed.row, proposed.epoch) == (emc.address, 2, 2)
    assert proposed.terms_hash == new.hash()
    assert proposed.until == last
    assert list(proposed.shares) == authority.words(new)
    (approved,) = events(world.changes, "Approved")
    assert (approved.account, approved.matter) == (world.nodes[2].account, what)
    assert world.changes.approved_until(emc.address, what, world.nodes[2].account) == last
    assert world.changes.proposal_of(what) == (boa.env.timestamp, last)
    # nothing is in force by it
    assert world.consent.terms_of(emc.address) == terms.hash()


def test_its_approval_counts_towards_the_quorum(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = shifted(terms)
    authority.propose(world, emc, terms, new, row=2)
    authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new, [0, 1]))
    assert emc.epoch() == 2


def test_only_the_node_itself_proposes_for_it(world: World) -> None:
    terms = replace(three(world), rows=(*three(world).rows, reserve(3)))
    emc = world.make(terms)
    new = shifted(terms)
    for who, index in ((world.stranger, 0), (world.nodes[1].account, 0)):
        with boa.env.prank(who), boa.reverts("members: not the controller"):
            propose(world, emc.address, terms, new, index)
    with boa.env.prank(str(terms.rows[3].party)), boa.reverts("members: not a node"):
        propose(world, emc.address, terms, new, 3)
    with boa.env.prank(world.nodes[0].account), boa.reverts("members: no such row"):
        propose(world, emc.address, terms, new, 4)


def test_it_must_outlive_the_window(world: World) -> None:
    terms = five(world)
    emc = world.make(terms)
    closes_at = boa.env.timestamp + 1_000
    with boa.reverts("changes: expires too early"):
        authority.propose(world, emc, terms, shifted(terms), until=closes_at)
    authority.propose(world, emc, terms, shifted(terms), until=closes_at + 1)
    what = name_of(world, emc, shifted(terms))
    assert world.changes.proposal_of(what) == (closes_at - 1_000, closes_at + 1)


def test_without_a_window_it_must_outlive_the_moment(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    with boa.reverts("changes: expires too early"):
        authority.propose(world, emc, terms, shifted(terms), until=boa.env.timestamp)
    authority.propose(world, emc, terms, shifted(terms), until=boa.env.timestamp + 1)


def test_shares_that_could_not_be_renegotiated_are_not_proposed(world: World) -> None:
    terms = three(world).with_row(0, upper=500_000)
    emc = world.make(terms)
    with boa.reverts("changes: share outside bounds"):
        authority.propose(world, emc, terms, shifted(terms, -1))
    with boa.reverts("changes: nothing changes"):
        authority.propose(world, emc, terms, terms)
    with boa.reverts("changes: shares are not one"):
        authority.propose(world, emc, terms, terms.with_row(0, base=499_999))
    words = authority.words(shifted(terms))
    with boa.env.prank(world.nodes[0].account):
        for wrong in (words[:2], [*words, 0]):
            with boa.reverts("changes: not a share per row"):
                world.changes.propose(emc.address, terms.head(), terms.packed_rows(), 0, wrong, FAR)
        with boa.reverts("changes: not shares"):
            spare = [words[0] | 1, *words[1:]]
            world.changes.propose(emc.address, terms.head(), terms.packed_rows(), 0, spare, FAR)


def test_it_starts_from_the_terms_in_force(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    other = replace(terms, nonce=1)
    with boa.reverts("members: not the terms in force"):
        authority.propose(world, emc, other, shifted(other))


def test_an_emc_that_is_not_made_yet_is_not_renegotiated(world: World) -> None:
    terms = three(world)
    at = world.address_of(terms)
    with boa.env.prank(world.nodes[0].account), boa.reverts("members: not the terms in force"):
        propose(world, at, terms, shifted(terms), 0)


def test_an_emc_that_has_ended_is_not_renegotiated(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    until(terms.ends_at)
    emc.end()
    with boa.reverts("members: not active"):
        authority.propose(world, emc, terms, shifted(terms))


def test_an_address_that_is_no_emc_is_refused(world: World) -> None:
    terms = three(world)
    with boa.env.prank(world.nodes[0].account), boa.reverts("members: not the terms in force"):
        propose(world, world.stranger, terms, shifted(terms), 0)
