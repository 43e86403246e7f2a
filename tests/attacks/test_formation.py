"""Attacks on the making of an EMC: who sends it, when it is sent, and what is there before it."""

from typing import Any

import boa
import pytest

from emc.core.terms import Assessment, Bar, Gate, Metric, Terms
from tests import authority
from tests.kit import COIN, World, address, deployer, received
from tests.till import ACTIVE, Books, force_coin, payee, until, weird_token
from tests.wallets import Mode, approval, approve, move_in

SHARES = [500_000, 300_000, 200_000]


def closed(world: World, **changes: Any) -> Terms:
    """Terms of which a miss leaves everything behind the gate to the backstop."""
    return world.terms(
        world.rows(SHARES), **{"benchmark": 1_000, "target": 2_000, "gate": Gate.TARGET, **changes}
    )


# who


def test_a_stranger_that_is_faster_makes_what_the_node_would_have_made(world: World) -> None:
    """It copies the transaction of a node, which then succeeds all the same."""
    terms = world.terms(world.rows(SHARES))
    given = world.signatures(terms)
    node = world.nodes[0].account
    expected = world.address_of(terms)
    with boa.env.anchor():
        alone = world.make(terms, given, by=node)
        page = alone.page()
    emc = world.make(terms, given, by=world.stranger)
    assert world.make(terms, given, by=node).address == emc.address == expected
    assert emc.page() == page
    world.sell(emc, 100, 1)
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]
    for target in (emc, world.consent):
        assert received(target.address) == 0


def test_a_stranger_cannot_copy_the_word_of_who_sends_the_transaction(world: World) -> None:
    terms = world.terms()
    given = [approval(0), *world.signatures(terms)[1:]]
    with boa.reverts("votes: not the signer"):
        world.make(terms, given, by=world.stranger)
    assert world.make(terms, given, by=world.nodes[0].account).stage() == ACTIVE


def test_a_stranger_takes_the_address_for_nothing_else(world: World, books: Books) -> None:
    """Neither other terms nor another Consent lead there, and nothing can be put there before."""
    terms = world.terms()
    at = world.address_of(terms)
    given = world.signatures(terms)
    other, _ = world.other_consent()
    with boa.env.prank(world.stranger), boa.reverts("signatures: not the signer"):
        other.make(terms.head(), terms.packed_rows(), given)
    for changed in (world.terms(nonce=1), world.terms(backstop=world.stranger)):
        assert world.address_of(changed) != at
        with boa.reverts("signatures: not the signer"):
            world.make(changed, given)
    with boa.env.prank(world.stranger):
        boa.env.raw_call(at, value=1)
        world.consent.approve(at, world.consent.formation_matter(at, terms.hash()), 2**256 - 1)
        world.consent.revoke(at)
    assert world.make(terms, given).address == at
    books.unabsorbed[at] = 1


def test_a_late_revocation_does_not_undo_what_a_faster_stranger_made(world: World) -> None:
    """Accepted: who has signed can be held to it until its revocation is on chain."""
    terms = world.terms()
    given = world.signatures(terms)
    emc = world.make(terms, given)
    with boa.env.prank(world.nodes[2].account):
        world.consent.revoke(emc.address)
    assert emc.stage() == ACTIVE


def test_a_revocation_that_is_faster_leaves_nothing_to_make(world: World) -> None:
    terms = world.terms()
    given = world.signatures(terms)
    with boa.env.prank(world.nodes[2].account):
        world.consent.revoke(world.address_of(terms))
    with boa.reverts("signatures: not the signer"):
        world.make(terms, given)
    # and an approval of others does not stand in for it
    for index in (0, 1):
        approve(world, terms, index)
    for chosen in (given, [given[2]]):
        with boa.reverts("signatures: not the signer"):
            world.make(terms, chosen)


# when


def test_who_holds_all_signatures_does_not_disband_on_a_miss_that_it_waited_for(
    world: World,
) -> None:
    """Coin that was sent early would go to the backstop, by the word of one node alone."""
    terms = closed(world)
    at, given = world.address_of(terms), world.signatures(terms)
    with boa.env.prank(world.buyer):
        boa.env.raw_call(at, value=COIN)
    until(terms.goal.deadline - 1)
    with boa.env.anchor():
        # the last second in which it is made, and in which a sale still reaches the goal
        emc = world.make(terms, given)
        emc.absorb()
        assert emc.is_gate_open()
        assert sum(received(payee(i)) for i in range(3)) == COIN
    for late in (0, 1, 10**6):
        until(terms.goal.deadline + late)
        with boa.reverts("consent: deadline is over"):
            world.make(terms, given, by=world.nodes[0].account)
        alone = [authority.disbanding(world, unmade(world, terms), terms, 0, world.nodes[0].me)]
        with boa.reverts("members: not the terms in force"):
            authority.disband(world, unmade(world, terms), terms, alone)
        with boa.reverts("members: not the terms in force"):
            world.goals.record_miss(at, terms.head(), terms.packed_rows())
    assert received(address("backstop")) == 0


def unmade(world: World, terms: Terms) -> Any:
    """An address at which no EMC is, asked as if there were one in its first epoch."""

    class Unmade:
        address = world.address_of(terms)

        def epoch(self) -> int:
            return 1

        def waiting(self) -> int:
            return 0

    return Unmade()


def test_nor_where_the_goal_is_assessed_after_its_deadline(world: World) -> None:
    rules = Assessment(window=1_000, objections=500_000, grace=5_000)
    terms = closed(world, metric=Metric.USERS, assessment=rules)
    given = world.signatures(terms)
    with boa.env.anchor():
        until(terms.goal.deadline - 1)
        emc = world.make(terms, given)
        # a value of the last second can still become final
        authority.assess(world, emc, terms, 2_000)
    until(terms.goal.deadline)
    with boa.reverts("consent: deadline is over"):
        world.make(terms, given)


@pytest.mark.parametrize("by", ["signatures", "approvals"])
def test_an_emc_that_was_made_in_its_last_second_misses_like_any_other(
    world: World, by: str
) -> None:
    """The word of all was for these terms: a miss afterwards is a miss."""
    terms = closed(world)
    given = world.signatures(terms) if by == "signatures" else []
    for index in range(0 if given else 3):
        approve(world, terms, index)
    until(terms.goal.deadline - 1)
    emc = world.make(terms, given)
    with boa.reverts("goals: not missed"):
        world.goals.record_miss(emc.address, terms.head(), terms.packed_rows())
    until(terms.goal.deadline + 1)
    world.goals.record_miss(emc.address, terms.head(), terms.packed_rows())


# in the middle

# what asks back, and says yes if its call failed without a reason, as only the lock does
REGISTRY = 8
LOCKED = ["make", "check", "check_later", "approve", "revoke", "approved_until", "nonce_of"]
OPEN = ["terms_of", "address_of", "terms_hash", "formation_matter", "implementation"]


def ways_back(world: World) -> dict[str, bytes]:
    """Calls into Consent that succeed, or are refused with a reason, at another time."""
    other = world.terms(world.rows([500_000, 500_000]), nonce=1)
    arguments = other.head(), other.packed_rows()
    at, told = world.address_of(other), other.hash()
    calls: dict[str, tuple[Any, ...]] = {
        "make": (*arguments, []),
        "check": arguments,
        "check_later": (at, *arguments),
        "approve": (at, told, 1),
        "revoke": (at,),
        "approved_until": (at, told, at),
        "nonce_of": (at, at),
        "terms_of": (at,),
        "address_of": (world.accounts(other), told),
        "terms_hash": arguments,
        "formation_matter": (at, told),
        "implementation": (),
    }
    return {name: getattr(world.consent, name).prepare_calldata(*calls[name]) for name in calls}


@pytest.mark.parametrize("way", [*LOCKED, *OPEN])
def test_a_bar_that_calls_back_finds_what_writes_locked(world: World, way: str) -> None:
    registry = deployer("mocks/HostileRegistry.vy").deploy()
    terms = world.terms(bar=Bar(registry=registry.address, stars=1, admits_unrated=True))
    registry.set_mode(REGISTRY, 0)
    registry.aim(world.consent.address, ways_back(world)[way])
    if way in LOCKED:
        assert world.make(terms).stage() == ACTIVE
    else:
        with boa.reverts("members: below the bar, row 0"):
            world.make(terms)


@pytest.mark.parametrize("way", [*LOCKED, *OPEN])
def test_a_wallet_that_calls_back_finds_what_writes_locked(world: World, way: str) -> None:
    terms = world.terms()
    wallet = move_in(world, 1, Mode.CALL_BACK)
    wallet.aim(world.consent.address, ways_back(world)[way])
    given = world.signatures(terms)
    given[1] = (1, 2**40, b"\1")
    if way in LOCKED:
        assert world.make(terms, given).stage() == ACTIVE
    else:
        with boa.reverts("signatures: not the signer"):
            world.make(terms, given)


@pytest.mark.parametrize("way", LOCKED)
def test_what_is_locked_then_is_open_at_another_time(world: World, way: str) -> None:
    """Else the tests above would see a call that always fails without a reason."""
    data = ways_back(world)[way]
    answer = boa.env.execute_code(world.consent.address, sender=world.stranger, data=data)
    assert answer.is_error == (way == "make")
    assert not answer.is_error or b"consent: signature missing" in answer.output


# what is there before


def test_what_one_emc_pays_to_the_address_of_another_is_its_proceeds(world: World) -> None:
    token = weird_token(world, "HookToken")
    waiting = world.terms(world.rows(SHARES), currency=token.address)
    at = world.address_of(waiting)
    rows = world.rows(SHARES, [at, payee(1), payee(2)])
    paying = world.make(world.terms(rows, currency=token.address, nonce=1))
    world.sell(paying, 1_000, 1, token)
    assert (received(at, token), paying.credits(0)) == (500, 0)
    emc = world.make(waiting)
    emc.absorb()
    assert (emc.address, emc.total()) == (at, 500)


def test_coin_at_the_address_of_terms_that_somebody_revoked_is_nobodys(world: World) -> None:
    """Accepted, and said where a payer looks: what is sent to an EMC before it is made is its own
    proceeds, or lost. It is reached once all agree after all.
    """
    terms = world.terms(world.rows(SHARES))
    at, given = world.address_of(terms), world.signatures(terms)
    with boa.env.prank(world.buyer):
        boa.env.raw_call(at, value=1_000)
    with boa.env.prank(world.nodes[0].account):
        world.consent.revoke(at)
    with boa.reverts("signatures: not the signer"):
        world.make(terms, given)
    assert received(at) == 1_000
    given[0] = world.signature(terms, 0, nonce=1)
    emc = world.make(terms, given)
    emc.absorb()
    assert [received(payee(i)) for i in range(3)] == [500, 300, 200]


def test_coin_that_comes_early_keeps_nobody_from_making_it(world: World) -> None:
    terms = world.terms(world.rows(SHARES))
    at = world.address_of(terms)
    stray = world.token()
    stray.mint(at, 7)
    force_coin(world, deployer("EMC.vy").at(at), 70)
    emc = world.make(terms)
    force_coin(world, emc, 30)
    emc.absorb()
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]
    emc.rescue(stray.address)
    assert received(address("backstop"), stray) == 7
