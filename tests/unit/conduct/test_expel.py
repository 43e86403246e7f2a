"""A node that was charged and did not mend it is expelled by the others."""

from collections.abc import Iterable
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils.crypto import keccak

from emc.core import typed_data
from emc.core.terms import Terms
from emc.core.units import PPM
from tests import authority
from tests.authority import drop
from tests.kit import FAR, World, address, events, received, replace, skip
from tests.till import ACTIVE, held_terms, payee, shares_of

CLAUSE = "obligations: delivers by the tenth"
CHARGE_LIFE = 90 * 86_400


def votes(
    world: World, emc: VyperContract, terms: Terms, rows: Iterable[int], accused: int = 1
) -> list[authority.Given]:
    """Signed votes to expel."""
    return [authority.expulsion(world, emc, terms, row, accused) for row in rows]


def charged(world: World, terms: Terms | None = None) -> tuple[VyperContract, Terms]:
    """An EMC in which the leader charged row 1, and the cure period is over."""
    terms = terms or world.terms(world.rows([500_000, 300_000, 200_000]))
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1)
    skip(terms.leaving.cure)
    return emc, terms


def approve(world: World, emc: VyperContract, by: str, until: int = FAR) -> None:
    """An account approves on chain that row 1 goes, on the leader's charge."""
    with boa.env.prank(by):
        world.conduct.approve(
            emc.address, world.conduct.expulsion_matter(emc.address, 1, keccak(text=CLAUSE)), until
        )


def test_its_effect_is_that_of_an_exit_and_the_clause_is_cited(world: World) -> None:
    terms = held_terms(world)
    emc, terms = charged(world, terms)
    world.sell(emc, 100, 1)
    new = authority.expel(world, emc, terms, 1)
    (expelled,) = events(world.conduct, "Expelled")
    assert (expelled.emc, expelled.row) == (emc.address, 1)
    assert (expelled.clause, expelled.epoch) == (keccak(text=CLAUSE), 2)
    assert expelled.terms_hash == new.hash() == world.consent.terms_of(emc.address)
    (left,) = events(world.conduct, "Left")
    assert (left.row, left.held) == (1, 30)
    assert (emc.epoch(), emc.stage()) == (2, ACTIVE)
    world.sell(emc, 900, 2)
    assert shares_of(emc) == [770, 200]
    emc.withdraw(1)
    assert received(payee(1)) == 30


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_it_has_the_whole_cure_period(world: World, moment: int) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1)
    skip(terms.leaving.cure + moment)
    if moment < 0:
        with boa.reverts("conduct: cure is not over"):
            authority.expel(world, emc, terms, 1)
    else:
        authority.expel(world, emc, terms, 1)
    assert emc.epoch() == (1 if moment < 0 else 2)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_a_charge_grows_too_old(world: World, moment: int) -> None:
    emc, terms = charged(world)
    skip(CHARGE_LIFE + moment)
    if moment < 0:
        authority.expel(world, emc, terms, 1)
        assert emc.epoch() == 2
        return
    with boa.reverts("conduct: charge is too old"):
        authority.expel(world, emc, terms, 1)
    # another charge has another clock
    authority.charge(world, emc, terms, 1)
    skip(terms.leaving.cure)
    authority.expel(world, emc, terms, 1)
    assert emc.epoch() == 2


def test_without_a_charge_of_that_clause_nobody_is_expelled(world: World) -> None:
    emc, terms = charged(world)
    with boa.reverts("conduct: no charge"):
        authority.expel(world, emc, terms, 1, clause="another clause")
    with boa.reverts("conduct: no charge"):
        authority.expel(world, emc, terms, 2, votes(world, emc, terms, (0, 1), 2))


@pytest.mark.parametrize(
    ("quorum", "needed"),
    [(1, 2), (400_000, 2), (400_001, 3), (600_000, 3), (600_001, 4), (800_001, 5), (PPM, 5)],
)
def test_the_quorum_counts_the_others_rounded_up_and_at_least_two(
    world: World, quorum: int, needed: int
) -> None:
    terms = world.terms(world.rows([200_000] * 4 + [100_000] * 2))
    terms = replace(terms, leaving=replace(terms.leaving, expulsion=quorum))
    emc, terms = charged(world, terms)
    others = votes(world, emc, terms, (0, 2, 3, 4, 5))
    with boa.reverts("conduct: quorum not reached"):
        authority.expel(world, emc, terms, 1, others[: needed - 1])
    authority.expel(world, emc, terms, 1, others[:needed])
    assert emc.epoch() == 2


def test_of_two_nodes_neither_expels_the_other(world: World) -> None:
    terms = world.terms(world.rows([500_000, 500_000]))
    terms = replace(terms, leaving=replace(terms.leaving, expulsion=1))
    emc, terms = charged(world, terms)
    with boa.reverts("conduct: quorum not reached"):
        authority.expel(world, emc, terms, 1)


def test_the_accused_has_no_vote(world: World) -> None:
    emc, terms = charged(world)
    with boa.reverts("conduct: not asked"):
        authority.expel(world, emc, terms, 1, votes(world, emc, terms, (0, 1, 2)))
    # nor on chain
    approve(world, emc, world.nodes[1].account)
    with boa.reverts("conduct: quorum not reached"):
        authority.expel(world, emc, terms, 1, votes(world, emc, terms, (0,)))


def test_a_signature_for_a_row_that_is_no_node_is_refused(world: World) -> None:
    emc, terms = charged(world)
    good = votes(world, emc, terms, (0, 2))
    for row in (3, 127):
        with boa.reverts("conduct: not asked"):
            authority.expel(world, emc, terms, 1, [*good, (row, FAR, good[0][2])])
    with boa.reverts("conduct: not asked"):
        authority.expel(world, emc, terms, 1, [*good, (128, FAR, good[0][2])])


def test_nobody_votes_twice(world: World) -> None:
    emc, terms = charged(world)
    (vote,) = votes(world, emc, terms, (0,))
    with boa.reverts("conduct: not asked"):
        authority.expel(world, emc, terms, 1, [vote, vote])


def test_an_approval_is_for_one_charge(world: World) -> None:
    emc, terms = charged(world)
    for i in (0, 2):
        approve(world, emc, world.nodes[i].account)
    authority.charge(world, emc, terms, 1, clause="another clause")
    skip(terms.leaving.cure)
    with boa.reverts("conduct: quorum not reached"):
        authority.expel(world, emc, terms, 1, [], "another clause")


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": 2},
        {"accused": 2},
        {"charged": 1},
        {"clause": "another clause"},
        {"emc": "0x" + "11" * 20},
        {"row": 0},
        {"me": 7},
        {"nonce": 1},
        {"deadline": 1},
        {"signer": "0x" + "22" * 20},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_signature_is_for_exactly_this_vote(world: World, changes: dict[str, Any]) -> None:
    emc, terms = charged(world)
    node = world.nodes[2]
    values = {
        "emc": emc.address,
        "epoch": 1,
        "accused": 1,
        "charged": boa.env.timestamp - terms.leaving.cure,
        "clause": CLAUSE,
        "row": 2,
        "me": node.me,
        "signer": node.account,
        "nonce": 0,
        "deadline": FAR,
        **changes,
    }
    data = authority.sign(node, typed_data.expulsion(world.domain("Conduct"), **values))
    given = [*votes(world, emc, terms, (0,)), (2, FAR, data)]
    with boa.reverts("signatures: not the signer"):
        authority.expel(world, emc, terms, 1, given)


def test_a_vote_is_for_one_charge(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1)
    given = votes(world, emc, terms, (0, 2))
    skip(1)
    drop(world, emc, terms, 1, 0)
    authority.charge(world, emc, terms, 1)
    skip(terms.leaving.cure)
    with boa.reverts("signatures: not the signer"):
        authority.expel(world, emc, terms, 1, given)
    authority.expel(world, emc, terms, 1, votes(world, emc, terms, (0, 2)))
    assert emc.epoch() == 2


def test_a_vote_dies_with_its_epoch(world: World) -> None:
    emc, terms = charged(world)
    old = votes(world, emc, terms, (0, 2))
    terms = authority.renegotiate(
        world, emc, terms, authority.reshare(terms, [400_000, 400_000, 200_000])
    )
    with boa.reverts("signatures: not the signer"):
        authority.expel(world, emc, terms, 1, old)
    # the charge lives on
    authority.expel(world, emc, terms, 1)
    assert emc.epoch() == 3


def test_the_leader_is_expelled_like_anybody(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    emc = world.make(terms)
    authority.charge(world, emc, terms, 0, accuser=1)
    skip(terms.leaving.cure)
    terms = authority.expel(world, emc, terms, 0)
    assert terms.sink == 1
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [80, 20]


def test_the_charge_of_an_accuser_that_left_can_still_be_voted_on(world: World) -> None:
    terms = world.terms(world.rows([250_000] * 4))
    terms = replace(terms, leaving=replace(terms.leaving, notice=0))
    emc, terms = charged(world, terms)
    terms = authority.leave(world, emc, terms, 0)
    authority.expel(world, emc, terms, 1)
    assert emc.epoch() == 3


def test_the_expelled_is_gone_for_good(world: World) -> None:
    terms = world.terms(world.rows([250_000] * 4))
    emc, terms = charged(world, terms)
    terms = authority.expel(world, emc, terms, 1)
    with boa.reverts("conduct: no such node"):
        authority.expel(world, emc, terms, 1, votes(world, emc, terms, (0, 2, 3)))


def test_who_was_expelled_is_kept_and_who_left_is_not_among_them(world: World) -> None:
    terms = world.terms(world.rows([200_000] * 5))
    terms = replace(terms, leaving=replace(terms.leaving, notice=0))
    emc = world.make(terms)
    for row in (1, 3):
        assert world.conduct.expelled_of(emc.address) == (0 if row == 1 else 0b00010)
        authority.charge(world, emc, terms, row)
        skip(terms.leaving.cure)
        terms = authority.expel(world, emc, terms, row)
    authority.leave(world, emc, terms, 2)
    assert world.conduct.expelled_of(emc.address) == 0b01010


def test_a_lost_key_is_expelled_and_its_me_joins_again(world: World) -> None:
    terms = held_terms(world)
    emc, terms = charged(world, terms)
    world.sell(emc, 100, 1)
    terms = authority.expel(world, emc, terms, 1)
    # the enterprise starts again as another ME, since the lost key cannot rotate its account
    (again,) = world.register(1)
    back = replace(terms.rows[0], id=3, party=again.me, payee=address("new till"))
    back = replace(back, base=300_000, leading=300_000, upside=300_000)
    stay = authority.reshare(terms, [500_000, 200_000]).rows
    terms = authority.amend(world, emc, terms, replace(terms, rows=(*stay, back)))
    world.sell(emc, 900, 2)
    assert shares_of(emc) == [500, 200, 270]
    # what the old row earned stays payable to it
    emc.withdraw(1)
    assert received(payee(1)) == 30
