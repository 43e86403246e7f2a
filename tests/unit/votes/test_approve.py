"""Agreeing by a transaction, to whatever nodes decide."""

from collections.abc import Callable

import boa
import pytest

from tests.kit import FAR, World, address, events
from tests.till import until
from tests.unit.votes.matters import ROOMS, Matter
from tests.wallets import move_in, rotate


def counted(matter: Matter) -> list[tuple[str, int, str, bytes]]:
    """The agreements on chain that the last transaction says it counted."""
    found = events(matter.contract, "Counted")
    return [(log.emc, log.row, log.account, log.matter) for log in found]


def test_approvals_of_all_who_are_asked_need_no_signature(matter: Matter) -> None:
    for row in matter.asked:
        with boa.reverts(matter.missing):
            matter.decide([])
        matter.approve(row)
        (approved,) = events(matter.contract, "Approved")
        assert (approved.emc, approved.account) == (matter.at, matter.account(row))
        assert (approved.matter, approved.until) == (matter.name, FAR)
    expected = [(matter.at, row, matter.account(row), matter.name) for row in matter.asked]
    matter.decide([])
    assert counted(matter) == expected
    assert matter.is_decided


@pytest.mark.parametrize("by_signature", [0, -1])
def test_approvals_and_signatures_add_up_and_approvals_alone_are_told(
    matter: Matter, by_signature: int
) -> None:
    signer = matter.asked[by_signature]
    rest = [row for row in matter.asked if row != signer]
    for row in rest:
        matter.approve(row)
    matter.decide(matter.signatures(signer))
    assert [log.row for log in events(matter.contract, "Counted")] == rest
    assert matter.is_decided


def test_a_signature_goes_before_an_approval_of_the_same_node(matter: Matter) -> None:
    for row in matter.asked:
        matter.approve(row)
    matter.decide(matter.signatures(*matter.asked))
    assert events(matter.contract, "Counted") == []
    # nor does signing move a nonce
    assert not any(matter.contract.nonce_of(matter.at, matter.account(row)) for row in range(3))
    assert matter.is_decided


def test_an_approval_and_a_signature_of_one_node_count_once(matter: Matter) -> None:
    *others, last = matter.asked
    for row in others:
        matter.approve(row)
    with boa.reverts(matter.missing):
        matter.decide(matter.signatures(*others))
    matter.decide(matter.signatures(last))
    assert matter.is_decided


def test_a_bad_signature_is_refused_though_its_node_has_approved(matter: Matter) -> None:
    for row in matter.asked:
        matter.approve(row)
    last = matter.asked[-1]
    for bad in ((last, FAR, bytes(65)), matter.signature(last, nonce=1)):
        with boa.reverts("signatures: not the signer"):
            matter.decide([bad])
    with boa.reverts("votes: not the signer"):
        matter.decide([(last, 0, b"")])
    matter.decide([])
    assert matter.is_decided


def test_the_caller_agrees_by_calling(world: World, matter: Matter) -> None:
    *others, last = matter.asked
    given = [*matter.signatures(*others), (last, 0, b"")]
    for other in (world.stranger, matter.account(others[0])):
        with boa.reverts("votes: not the signer"):
            matter.decide(given, by=other)
    expected = [(matter.at, last, matter.account(last), matter.name)]
    matter.decide(given, by=matter.account(last))
    assert counted(matter) == expected
    assert matter.is_decided


def test_a_contract_wallet_approves(world: World, matter: Matter) -> None:
    *others, last = matter.asked
    wallet = move_in(world, last)
    approval = matter.contract.approve.prepare_calldata(matter.at, matter.name, FAR)
    wallet.execute(matter.contract.address, approval)
    matter.decide(matter.signatures(*others))
    (counted,) = events(matter.contract, "Counted")
    assert (counted.row, counted.account) == (last, wallet.address)
    assert matter.is_decided


def test_it_counts_up_to_its_last_second(matter: Matter) -> None:
    *others, row = matter.asked
    last = boa.env.timestamp + 100
    given = matter.signatures(*others)
    matter.approve(row, last)
    until(last)
    with boa.env.anchor():
        matter.decide(given)
        assert matter.is_decided
    until(last + 1)
    with boa.reverts(matter.missing):
        matter.decide(given)


@pytest.mark.parametrize(
    "take_back",
    [
        lambda matter, row: matter.approve(row, 0),
        lambda matter, row: matter.revoke(matter.account(row)),
    ],
    ids=["until zero", "revoking"],
)
def test_it_is_taken_back_and_given_again(
    matter: Matter, take_back: Callable[[Matter, int], None]
) -> None:
    *others, last = matter.asked
    given = matter.signatures(*others)
    matter.approve(last)
    take_back(matter, last)
    with boa.reverts(matter.missing):
        matter.decide(given)
    matter.approve(last)
    matter.decide(given)
    assert matter.is_decided


def test_it_dies_when_the_me_rotates_and_the_new_account_may_give_it(
    world: World, matter: Matter
) -> None:
    *others, last = matter.asked
    matter.approve(last)
    old = matter.account(last)
    rotate(world, last, address("new home"))
    # the address of an EMC that is not made moves with the account
    given = matter.signatures(*others)
    with boa.reverts(matter.missing):
        matter.decide(given)
    # the account that the ME has left approves once more
    matter.approve_as(old)
    with boa.reverts(matter.missing):
        matter.decide(given)
    matter.approve(last)
    matter.decide(given)
    assert matter.is_decided


def test_it_is_an_accounts_word_for_its_own_row_alone(world: World, matter: Matter) -> None:
    *others, last = matter.asked
    for account in (world.stranger, address("controller"), *map(matter.account, others)):
        matter.approve_as(account)
    with boa.reverts(matter.missing):
        matter.decide([])
    matter.approve(last)
    matter.decide([])
    assert matter.is_decided


def test_it_counts_for_one_matter_of_one_emc_in_one_room(world: World, matter: Matter) -> None:
    *others, last = matter.asked
    at, name, terms = matter.at, matter.name, matter.terms.hash()
    given = matter.signatures(*others)
    elsewhere = world.address_of(world.terms(nonce=7))
    names = {
        terms,
        bytes(32),
        world.consent.formation_matter(at, terms),
        world.consent.formation_matter(elsewhere, terms),
        *(world.changes.renegotiation_matter(at, epoch, terms) for epoch in (1, 2)),
        *(world.changes.amendment_matter(at, epoch, terms) for epoch in (1, 2)),
        *(world.conduct.expulsion_matter(at, row, bytes(32)) for row in range(3)),
        *(world.conduct.disbanding_matter(at, epoch) for epoch in (1, 2)),
        *(world.goals.matter(at, bytes(32), row) for row in range(3)),
    }
    with boa.env.prank(matter.account(last)):
        matter.contract.approve(elsewhere, name, FAR)
        for other in names - {name}:
            matter.contract.approve(at, other, FAR)
        for room in ROOMS:
            if room != matter.room:
                getattr(world, room).approve(at, name, FAR)
    with boa.reverts(matter.missing):
        matter.decide(given)
    matter.approve(last)
    matter.decide(given)
    assert matter.is_decided
