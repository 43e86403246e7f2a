"""Attacks on a node's word: replayed, forged or bent."""

from typing import Any

import boa
import pytest
from eth_account import Account
from eth_keys.constants import SECPK1_N
from eth_utils.crypto import keccak

from emc.core.terms import Bar, Gate, Row, Terms
from tests.kit import COIN, World, address, replace, with_measure
from tests.till import ACTIVE
from tests.wallets import key_of, refused

NOT_THE_SIGNER = "signatures: not the signer"


# replayed elsewhere


def test_a_signature_for_another_chain_does_not_count(world: World) -> None:
    terms = world.terms()
    refused(world, terms, world.signature(terms, 0, chain_id=boa.env.evm.patch.chain_id + 1))


def test_after_a_fork_of_the_chain_old_signatures_count_on_one_side_only(world: World) -> None:
    terms = world.terms()
    given = world.signatures(terms)
    here = boa.env.evm.patch.chain_id
    boa.env.evm.patch.chain_id = here + 1
    try:
        for signature in given:
            refused(world, terms, signature)
        with boa.env.anchor():
            assert world.make(terms).stage() == ACTIVE
    finally:
        boa.env.evm.patch.chain_id = here
    assert world.make(terms, given).stage() == ACTIVE


def test_a_signature_for_another_consent_does_not_count(world: World) -> None:
    terms = world.terms()
    other, _ = world.other_consent()
    assert other.address != world.consent.address
    refused(world, terms, world.signature(terms, 0, consent=other.address))
    elsewhere = other.address_of(world.accounts(terms), terms.hash())
    for consent in (world.consent, other):
        given = world.signature(terms, 0, consent=consent.address, emc=elsewhere)
        refused(world, terms, given)


def test_a_signature_for_another_emc_does_not_count(world: World) -> None:
    terms, other = world.terms(), world.terms(nonce=1)
    refused(world, terms, world.signature(terms, 0, emc=world.address_of(other)))
    accounts = [world.stranger, *world.accounts(terms)[1:]]
    elsewhere = world.consent.address_of(accounts, terms.hash())
    refused(world, terms, world.signature(terms, 0, emc=elsewhere))


def test_a_signature_for_another_epoch_does_not_count(world: World) -> None:
    terms = world.terms()
    for epoch in (0, 2):
        refused(world, terms, world.signature(terms, 0, epoch=epoch))


def other_terms(terms: Terms) -> list[Terms]:
    """The terms with one number changed that another node would like to change."""
    goal = terms.goal
    return [
        replace(terms, nonce=terms.nonce + 1),
        replace(terms, canvas=keccak(b"another canvas")),
        replace(terms, backstop=address("another backstop")),
        replace(terms, ends_at=terms.ends_at + 1),
        replace(terms, disburse_at=1),
        replace(terms, sink=1),
        replace(terms, goal=replace(goal, gate=Gate.TARGET)),
        replace(terms, goal=with_measure(goal, target=goal.measures[0].target + 1)),
        replace(terms, renegotiation=replace(terms.renegotiation, quorum=1)),
        replace(terms, leaving=replace(terms.leaving, expulsion=1)),
        replace(terms, assessment=replace(terms.assessment, assessor=address("assessor"))),
        replace(terms, bar=Bar(currency=address("currency of the bar"))),
        terms.with_row(2, payee=address("another payee")),
        terms.with_row(1, cost=1),
        terms.with_row(0, running=1),
        terms.with_row(0, upper=999_999),
    ]


@pytest.mark.parametrize("which", range(16))
def test_a_signature_for_other_terms_does_not_count(world: World, which: int) -> None:
    terms = world.terms()
    other = other_terms(terms)[which]
    assert other.hash() != terms.hash()
    refused(world, terms, world.signature(other, 0, emc=world.address_of(terms)))


def all_different(world: World) -> Terms:
    """Terms in which no two numbers of the leader's row are equal."""
    terms = world.terms(
        world.rows([500_000, 300_000, 200_000], running=[11, 0, 0], costs=[7, 0, 0])
    )
    mine = {"base": 500_001, "leading": 500_002, "upside": 500_003, "lower": 5, "upper": 600_000}
    others = {"base": 299_999, "leading": 299_998, "upside": 299_997}
    return terms.with_row(0, **mine).with_row(1, **others)


FLAT = {
    "payee": address("another payee"),
    "base": 1,
    "leading": 1,
    "upside": 1,
    "lower": 1,
    "upper": 1,
    "running": 1,
    "cost": 1,
    "id": 7,
    "party": 7,
}


@pytest.mark.parametrize("name", list(FLAT))
def test_a_flat_number_of_the_row_that_differs_from_the_terms_is_refused(
    world: World, name: str
) -> None:
    terms = all_different(world)
    shown = replace(terms.rows[0], **{name: FLAT[name]})
    refused(world, terms, world.signature(terms, 0, row=shown))
    world.make(terms)


@pytest.mark.parametrize("name", ["currency", "gate", "ends_at", "backstop"])
def test_a_flat_field_of_the_terms_that_differs_from_the_terms_is_refused(
    world: World, name: str
) -> None:
    terms = all_different(world)
    shown: dict[str, Any] = {
        "currency": {"currency": address("another currency")},
        "gate": {"goal": replace(terms.goal, gate=Gate.BENCHMARK)},
        "ends_at": {"ends_at": terms.ends_at + 1},
        "backstop": {"backstop": address("another backstop")},
    }[name]

    class Shown(Terms):
        """Terms that show one field and hash to others."""

        def hash(self) -> bytes:
            return terms.hash()

    values = {**{f: getattr(terms, f) for f in terms.__dataclass_fields__}, **shown}
    given = world.signature(Shown(**values), 0, emc=world.address_of(terms))
    refused(world, terms, given)
    world.make(terms)


def test_a_signature_for_another_row_does_not_count(world: World) -> None:
    terms = world.terms()
    _, deadline, data = world.signature(terms, 1)
    refused(world, terms, (0, deadline, data))
    # the right key under another row's numbers
    refused(world, terms, world.signature(terms, 0, row=terms.rows[1]))


def test_another_key_does_not_count(world: World) -> None:
    terms = world.terms()
    refused(world, terms, world.signature(terms, 0, key=key_of(world, 1)))
    stranger = Account.from_key(keccak(b"stranger"))
    refused(world, terms, world.signature(terms, 0, key=stranger))
    refused(world, terms, world.signature(terms, 0, key=stranger, signer=world.nodes[0].account))
    # the right key in another's name
    refused(world, terms, world.signature(terms, 0, signer=stranger.address))


def test_another_deadline_than_the_signed_one_does_not_count(world: World) -> None:
    terms = world.terms()
    index, deadline, data = world.signature(terms, 0, deadline=boa.env.timestamp + 10)
    refused(world, terms, (index, deadline + 1, data))
    refused(world, terms, (index, deadline - 1, data))


def test_another_nonce_than_the_accounts_does_not_count(world: World) -> None:
    terms = world.terms()
    refused(world, terms, world.signature(terms, 0, nonce=1))


# bent bytes


def parts(data: bytes) -> tuple[int, int, int]:
    """r, s and v of a signature."""
    return int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big"), data[64]


def whole(r: int, s: int, v: int) -> bytes:
    """A signature of 65 bytes."""
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])


def test_the_mirror_image_of_a_signature_does_not_count(world: World) -> None:
    terms = world.terms()
    index, deadline, data = world.signature(terms, 0)
    r, s, v = parts(data)
    assert s <= SECPK1_N // 2
    mirrored = whole(r, SECPK1_N - s, 55 - v)
    digest = world.consent.formation_digest(
        world.address_of(terms),
        *(terms.head(), terms.packed_rows()),
        0,
        world.nodes[0].account,
        0,
        deadline,
    )
    # as good a signature of the key as the other, for whoever does not look at s
    assert Account._recover_hash(digest, signature=mirrored) == world.nodes[0].account
    refused(world, terms, (index, deadline, mirrored))
    world.make(terms)


@pytest.mark.parametrize("v", [0, 1, 2, 26, 29, 37, 38, 255])
def test_v_is_27_or_28(world: World, v: int) -> None:
    terms = world.terms()
    index, deadline, data = world.signature(terms, 0)
    refused(world, terms, (index, deadline, data[:64] + bytes([v])))


def test_v_of_the_other_parity_recovers_another_address(world: World) -> None:
    terms = world.terms()
    index, deadline, data = world.signature(terms, 0)
    refused(world, terms, (index, deadline, data[:64] + bytes([55 - data[64]])))


@pytest.mark.parametrize(
    "data",
    [
        bytes(65),
        whole(0, 0, 27),
        whole(1, 0, 27),
        whole(0, 1, 28),
        whole(SECPK1_N, 1, 27),
        # no point of the curve has this abscissa
        whole(5, 1, 27),
        whole(2**256 - 1, SECPK1_N // 2, 28),
    ],
)
def test_garbage_that_recovers_nobody_does_not_count(world: World, data: bytes) -> None:
    terms = world.terms()
    refused(world, terms, (0, 2**40, data))


@pytest.mark.parametrize("length", [1, 32, 64, 66, 97, 130, 260, 325])
def test_a_key_signs_with_65_bytes(world: World, length: int) -> None:
    terms = world.terms()
    index, deadline, data = world.signature(terms, 0)
    refused(world, terms, (index, deadline, (data * 4)[:length]))


def test_a_compact_signature_of_64_bytes_does_not_count(world: World) -> None:
    terms = world.terms()
    index, deadline, data = world.signature(terms, 0)
    r, s, v = parts(data)
    compact = r.to_bytes(32, "big") + (s | (v - 27) << 255).to_bytes(32, "big")
    refused(world, terms, (index, deadline, compact))


def test_no_bytes_are_an_approval_by_the_caller_and_by_nobody_else(world: World) -> None:
    terms = world.terms()
    index, deadline, _ = world.signature(terms, 0)
    refused(world, terms, (index, deadline, b""), "votes: not the signer")


def test_one_signature_in_every_place_counts_in_none_but_its_own(world: World) -> None:
    terms = world.terms()
    _, deadline, data = world.signature(terms, 0)
    with boa.reverts(NOT_THE_SIGNER):
        world.make(terms, [(index, deadline, data) for index in range(3)])
    for count in (1, 2, 64):
        with boa.reverts("consent: signature missing"):
            world.make(terms, [(0, deadline, data)] * count)


# the terms themselves as an attack


def test_a_node_that_never_answers_delays_only_its_own_emc(world: World) -> None:
    silent = world.terms()
    with boa.reverts("consent: signature missing"):
        world.make(silent, world.signatures(silent)[:2])
    without = world.terms(world.rows([500_000, 500_000]), nonce=1)
    assert world.make(without).stage() == ACTIVE


def test_nobody_adds_a_row_to_what_was_signed(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    given = world.signatures(terms)
    thief = Row(3, world.stranger, world.stranger, 0, 0, 0, 0, 0, cost=COIN)
    more = replace(terms, rows=(*terms.rows, thief))
    with boa.reverts(NOT_THE_SIGNER):
        world.make(more, given)


def test_nobody_raises_the_goal_of_what_was_signed(world: World) -> None:
    terms = world.terms()
    given = world.signatures(terms)
    goal = terms.goal
    raised = replace(
        terms,
        goal=with_measure(goal, target=goal.measures[0].target + 1),
    )
    with boa.reverts(NOT_THE_SIGNER):
        world.make(raised, given)
