"""A node whose notice is over goes: its shares fall to the sink, what it earned stays its own."""

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Gate, Terms
from emc.core.units import PPM
from tests import authority, tables
from tests.kit import FAR, World, address, deployer, events, received, replace, skip
from tests.till import (
    ACCEPT,
    ACTIVE,
    CLOSED,
    REVERT,
    held_terms,
    payee,
    send,
    shares_of,
    until,
    waterfall_terms,
)


def let_go(world: World, emc: VyperContract, terms: Terms, row: int) -> Terms:
    """A stranger lets a node go."""
    with boa.env.prank(world.stranger):
        world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), row)
    return authority.without(terms, row)


def uneven(world: World, sink: int = 0) -> Terms:
    """Other shares in each tranche: 50/30/20 up to 200, 20/30/50 up to 400, all to row 2 beyond."""
    rows = world.rows([500_000, 300_000, 200_000])
    terms = world.terms(rows, benchmark=200, target=400, sink=sink)
    for i, (leading, upside) in enumerate(((200_000, 0), (300_000, 0), (500_000, PPM))):
        terms = terms.with_row(i, leading=leading, upside=upside)
    return terms


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_it_leaves_exactly_from_the_end_of_its_notice_on(world: World, moment: int) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    skip(terms.leaving.notice + moment)
    if moment < 0:
        with boa.reverts("conduct: notice is not over"):
            let_go(world, emc, terms, 1)
        assert (emc.epoch(), world.consent.terms_of(emc.address)) == (1, terms.hash())
        return
    new = let_go(world, emc, terms, 1)
    (exited,) = events(world.conduct, "Exited")
    assert (exited.emc, exited.row, exited.epoch) == (emc.address, 1, 2)
    assert exited.terms_hash == new.hash() == world.consent.terms_of(emc.address)
    (left,) = events(world.conduct, "Left")
    assert (left.row, left.party >> 96, left.payee) == (1, world.nodes[1].me, payee(1))
    assert (emc.epoch(), emc.stage()) == (2, ACTIVE)
    assert emc.party_of(1) >> 96 == world.nodes[1].me


def test_without_notice_nobody_is_let_go(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    skip(terms.leaving.notice)
    for row in (0, 2, 3, 128):
        with boa.reverts("conduct: no notice"):
            let_go(world, emc, terms, row)


def test_a_node_leaves_once(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    new = authority.leave(world, emc, terms, 1)
    with boa.reverts("conduct: no such node"):
        let_go(world, emc, new, 1)
    with boa.reverts("members: not the terms in force"):
        let_go(world, emc, terms, 1)


def test_terms_without_a_notice_let_it_go_at_once(world: World) -> None:
    terms = world.terms()
    terms = replace(terms, leaving=replace(terms.leaving, notice=0))
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    let_go(world, emc, terms, 1)
    assert emc.epoch() == 2


@pytest.mark.parametrize("moment", [-1, 0])
def test_from_the_end_date_on_nobody_leaves_any_more(world: World, moment: int) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    until(terms.ends_at + moment)
    if moment < 0:
        let_go(world, emc, terms, 1)
        assert emc.epoch() == 2
    else:
        with boa.reverts("emc: over"):
            let_go(world, emc, terms, 1)
        emc.end()
        assert emc.stage() == CLOSED


@pytest.mark.parametrize("sink", [0, 2])
@pytest.mark.parametrize(
    ("before", "after"),
    [(0, [80, 0, 20]), (200, [50, 0, 50]), (400, [0, 0, 100])],
    ids=["base", "leading", "upside"],
)
def test_its_shares_fall_to_the_sink_in_each_tranche(
    world: World, sink: int, before: int, after: list[int]
) -> None:
    terms = uneven(world, sink)
    emc = world.make(terms)
    if before:
        world.sell(emc, before, 1)
    authority.leave(world, emc, terms, 1)
    had = [received(payee(i)) for i in range(3)]
    world.sell(emc, 100, 2)
    left = {0: 30, 200: 30, 400: 0}[before]
    assert shares_of(emc) == [after[0] - left * (sink == 2), after[2] + left * (sink == 2)]
    assert received(payee(1)) == had[1]


def test_the_sink_takes_over_beyond_its_upper_bound(world: World) -> None:
    terms = uneven(world)
    for i, upper in enumerate((500_000, 300_000, PPM)):
        terms = terms.with_row(i, upper=upper)
    emc = world.make(terms)
    new = authority.leave(world, emc, terms, 1)
    assert new.rows[0].base == 800_000 > new.rows[0].upper
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [80, 20]
    # what it took over it can hand on, and not take again
    renegotiated = authority.reshare(new, [(400_000, 200_000, 0), (600_000, 800_000, PPM)])
    authority.renegotiate(world, emc, new, renegotiated)
    with boa.reverts("changes: share outside bounds"):
        authority.renegotiate(world, emc, renegotiated, authority.reshare(new, [800_000, 200_000]))


def test_a_beneficiary_can_be_the_sink(world: World) -> None:
    rows = world.rows([400_000, 300_000, 200_000])
    fund = tables.fund(3, 100_000, upper=100_000)
    terms = world.terms((*rows, fund), sink=3)
    emc = world.make(terms)
    for row in (0, 2):
        terms = authority.leave(world, emc, terms, row)
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [30, 70]
    assert received(address("fund")) == 70


def test_its_running_cost_stops_and_its_open_cost_cover_lapses(world: World) -> None:
    rows = world.rows([500_000, 300_000, 200_000], running=[0, 100_000, 0], costs=[90, 60, 0])
    terms = world.terms(rows)
    emc = world.make(terms)
    # 10 run, 90 cover three fifths of what is to be covered
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [54, 46, 0]
    authority.leave(world, emc, terms, 1)
    # the 36 that row 0 still covers, then 80 and 20 percent of 100, nothing runs
    world.sell(emc, 136, 2)
    assert shares_of(emc) == [116, 20]
    assert received(payee(1)) == 46


def test_what_came_in_before_is_shared_under_the_terms_before(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]), disburse_at=1_000)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    authority.give_notice(world, emc, terms, 1)
    send(world, emc, 40)
    skip(terms.leaving.notice)
    let_go(world, emc, terms, 1)
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]
    world.sell(emc, 1_000, 2)
    assert shares_of(emc) == [800, 200]


def test_its_credit_is_withdrawable_at_once(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), refuser.address, payee(2)])
    terms = world.terms(rows)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    authority.leave(world, emc, terms, 1)
    assert emc.credits(1) == 30
    refuser.behave(ACCEPT)
    with boa.env.prank(world.stranger):
        emc.withdraw(1)
    assert (received(refuser.address), emc.credits(1)) == (30, 0)
    with boa.reverts("creditors: no credit"):
        emc.withdraw(1)
    world.sell(emc, 100, 2)
    assert (shares_of(emc), received(refuser.address)) == ([80, 20], 30)


def test_what_the_gate_holds_for_it_is_paid_once_the_gate_opens(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    authority.leave(world, emc, terms, 1)
    (left,) = events(world.conduct, "Left")
    assert left.held == 30
    assert (emc.earned(1), emc.credits(1), emc.waiting()) == ((0, 30), 0, 0b010)
    with boa.reverts("creditors: no credit"):
        emc.withdraw(1)
    world.sell(emc, 900, 2)
    # 50 and 20 of before with 80 and 20 percent of 900; the 30 are not the sink's
    assert shares_of(emc) == [770, 200]
    assert emc.is_gate_open()
    assert (emc.credits(1), emc.waiting(), received(payee(1))) == (30, 0, 0)
    with boa.env.prank(world.stranger):
        emc.withdraw(1)
    (withdrawn,) = events(emc, "Withdrawn")
    assert (withdrawn.row, withdrawn.payee, withdrawn.amount) == (1, payee(1), 30)
    assert (received(payee(1)), emc.credits(1)) == (30, 0)


def test_a_credit_and_held_money_are_withdrawn_together(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows(
        [500_000, 300_000, 200_000],
        [payee(0), refuser.address, payee(2)],
        running=[0, 100_000, 0],
    )
    terms = held_terms(world, rows=rows)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    authority.leave(world, emc, terms, 1)
    assert (emc.credits(1), emc.earned(1)) == (10, (0, 27))
    refuser.behave(ACCEPT)
    world.sell(emc, 900, 2)
    assert emc.credits(1) == 37
    emc.withdraw(1)
    assert (received(refuser.address), emc.accounts().credited) == (37, 0)


def test_what_the_gate_holds_for_it_is_the_backstops_on_failure(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    authority.leave(world, emc, terms, 1)
    until(terms.ends_at)
    emc.end()
    assert (received(address("backstop")), emc.stage()) == (100, CLOSED)
    assert (emc.earned(1), emc.credits(1)) == ((0, 0), 0)
    with boa.reverts("creditors: no credit"):
        emc.withdraw(1)


def test_the_leader_leaves_and_everything_goes_on(world: World) -> None:
    terms = held_terms(world, sink=2, rows=world.rows([400_000, 300_000, 300_000]))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.leave(world, emc, terms, 0)
    world.sell(emc, 900, 2)
    assert (shares_of(emc), emc.credits(0)) == ([300, 660], 40)
    terms = authority.renegotiate(world, emc, terms, authority.reshare(terms, [500_000, 500_000]))
    world.sell(emc, 100, 3)
    assert shares_of(emc) == [50, 50]
    authority.give_notice(world, emc, terms, 1)
    until(terms.ends_at)
    emc.end()
    emc.withdraw(0)
    assert (received(payee(0)), emc.stage()) == (40, CLOSED)


@pytest.mark.parametrize(("sink", "heir"), [(0, 1), (1, 0), (2, 0)])
def test_when_the_sink_leaves_the_first_row_that_stays_takes_over(
    world: World, sink: int, heir: int
) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]), sink=sink)
    emc = world.make(terms)
    new = authority.leave(world, emc, terms, sink)
    assert new.sink == heir
    assert world.consent.terms_of(emc.address) == new.hash()
    shares = {0: 50, 1: 30, 2: 20}
    shares[heir] += shares.pop(sink)
    world.sell(emc, 100, 1)
    assert shares_of(emc) == list(shares.values())
    # and it goes on being the sink
    other = next(row for row in shares if row != heir)
    authority.leave(world, emc, new, other)
    world.sell(emc, 100, 2)
    assert shares_of(emc) == [100]


def test_the_last_row_cannot_leave(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    for row in (0, 1):
        terms = authority.leave(world, emc, terms, row)
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [100]
    authority.give_notice(world, emc, terms, 2)
    skip(terms.leaving.notice)
    with boa.reverts("conduct: nobody would be left"):
        let_go(world, emc, terms, 2)
    assert world.consent.terms_of(emc.address) == terms.hash()
    until(terms.ends_at)
    emc.end()
    assert emc.stage() == CLOSED


def test_the_last_node_stays_with_its_beneficiaries(world: World) -> None:
    rows = world.rows([500_000, 300_000])
    fund = tables.fund(2, 200_000)
    terms = world.terms((*rows, fund), sink=2)
    emc = world.make(terms)
    terms = authority.leave(world, emc, terms, 0)
    authority.give_notice(world, emc, terms, 1)
    skip(terms.leaving.notice)
    with boa.reverts("conduct: nobody would be left"):
        let_go(world, emc, terms, 1)
    # so that nobody from outside decides: without the node, nothing changes and nothing ends
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, authority.reshare(terms, [0, PPM]), [])
    with boa.reverts("conduct: signature missing"):
        authority.disband(world, emc, terms, [])
    first, second = world.register(2)
    mine = [
        tables.row(row, 500_000, party=node.me, payee=address("thief"))
        for row, node in ((3, first), (4, second))
    ]
    stolen = replace(terms, rows=tuple(mine), sink=3, backstop=address("another backstop"))
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, stolen, authority.amendments(world, emc, stolen))


def test_a_notice_survives_a_renegotiation_and_an_amendment(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    given_at = world.conduct.notice_of(emc.address, 1)
    terms = authority.renegotiate(
        world, emc, terms, authority.reshare(terms, [200_000, 400_000, 400_000])
    )
    terms = authority.amend(world, emc, terms, replace(terms, canvas=b"\1" * 32))
    assert world.conduct.notice_of(emc.address, 1) == given_at
    until(given_at + terms.leaving.notice)
    let_go(world, emc, terms, 1)
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [60, 40]


def test_a_node_under_notice_still_votes(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.give_notice(world, emc, terms, 1)
    new = authority.reshare(terms, [200_000, 400_000, 400_000])
    given = authority.agreements(world, emc, new, [0, 2])
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, given)
    authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new))
    assert emc.epoch() == 2


def test_after_it_has_left_a_node_is_not_asked(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    old = authority.agreement(world, emc, terms, terms.rows[1], epoch=3)
    terms = authority.leave(world, emc, terms, 1)
    new = authority.reshare(terms, [500_000, 500_000])
    given = authority.agreements(world, emc, new)
    with boa.reverts("changes: not asked"):
        authority.renegotiate(world, emc, terms, new, [*given, old])
    authority.renegotiate(world, emc, terms, new, given)


def test_those_that_stay_keep_what_the_gate_holds_and_where_they_are_paid(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    with boa.env.prank(world.nodes[2].account):
        world.conduct.change_payee(
            emc.address, terms.head(), terms.packed_rows(), 2, address("new till")
        )
    terms = authority.leave(world, emc, terms, 1)
    assert [emc.earned(row) for row in (0, 2)] == [(0, 50), (0, 20)]
    assert emc.payee_of(2) == address("new till")
    world.sell(emc, 900, 2)
    assert received(address("new till")) == 200


def test_several_leave_one_after_another(world: World) -> None:
    terms = held_terms(world, rows=world.rows([400_000, 300_000, 200_000, 100_000]))
    emc = world.make(terms)
    for number, row in enumerate((1, 2, 3)):
        world.sell(emc, 100, number)
        terms = authority.leave(world, emc, terms, row)
    assert emc.waiting() == 0b1110
    # 30; twice 20; three times 10
    assert [emc.earned(row) for row in (0, 1, 2, 3)] == [(0, 200), (0, 30), (0, 40), (0, 30)]
    world.sell(emc, 700, 9)
    for row in (3, 1, 2):
        emc.withdraw(row)
    assert [received(payee(row)) for row in range(4)] == [900, 30, 40, 30]


def test_its_me_joins_again_under_a_new_id(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.leave(world, emc, terms, 1)
    back = replace(terms.rows[0], party=world.nodes[1].me, payee=address("new till"))
    back = replace(back, base=300_000, leading=300_000, upside=300_000)
    stay = authority.reshare(terms, [500_000, 200_000]).rows
    with boa.reverts("emc: row id used before"):
        authority.amend(
            world, emc, terms, replace(terms, rows=(stay[0], replace(back, id=1), stay[1]))
        )
    terms = authority.amend(
        world, emc, terms, replace(terms, rows=(stay[0], replace(back, id=3), stay[1]))
    )
    assert world.conduct.notice_of(emc.address, 3) == 0
    world.sell(emc, 900, 2)
    assert shares_of(emc) == [500, 270, 200]
    emc.withdraw(1)
    assert (received(payee(1)), received(address("new till"))) == (30, 270)


def test_a_leaver_bound_to_the_gate_signs_when_it_is_moved(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.leave(world, emc, terms, 1)
    new = replace(terms, goal=replace(terms.goal, gate=Gate.TARGET))
    given = authority.amendments(world, emc, new)
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, new, given)
    word = authority.departure(world, emc, new, 1, world.nodes[1].me, deadline=FAR)
    authority.amend(world, emc, terms, new, [*given, word])
    world.sell(emc, 1_000, 2)
    assert not emc.is_gate_open()


def test_costs_of_those_that_stay_are_covered_as_before(world: World) -> None:
    terms = waterfall_terms(world)
    emc = world.make(terms)
    world.sell(emc, 50, 1)
    assert shares_of(emc) == [45, 5, 0]
    authority.leave(world, emc, terms, 2)
    world.sell(emc, 50, 2)
    # 45 are still open, and exactly covered
    assert shares_of(emc) == [45, 5]
    world.sell(emc, 100, 3)
    assert shares_of(emc) == [63, 37]
