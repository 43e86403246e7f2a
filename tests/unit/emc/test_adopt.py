from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import NATIVE, Gate, Terms
from emc.core.units import PPM
from tests import tables
from tests.authority import (
    amend,
    amendments,
    as_node,
    departure,
    leave,
    renegotiate,
    reshare,
    words,
)
from tests.kit import World, address, deployer, events, received, replace, with_measure
from tests.till import (
    ACCEPT,
    ACTIVE,
    CLOSED,
    REVERT,
    cool,
    held_terms,
    payee,
    send,
    shares_of,
    until,
    weird_token,
)

ROOMS = ["consent", "changes", "conduct", "goals"]


def page_of(terms: Terms, epoch: int) -> tuple[Any, ...]:
    """What terms mean for money whose goal is proceeds: the first argument."""
    return (
        epoch,
        terms.currency,
        terms.backstop,
        terms.starts_at,
        terms.ends_at,
        terms.running,
        terms.goal.measures[0].benchmark,
        terms.goal.measures[0].target,
        terms.gate_at,
        terms.disburse_at,
        3,
        int(terms.goal.ends_emc),
    )


def adopt(
    world: World,
    emc: VyperContract,
    terms: Terms,
    epoch: int = 2,
    gone: list[tuple[int, int]] | None = None,
    room: str = "changes",
) -> None:
    """A room of the authority puts terms in force, without asking anybody."""
    rows = [row.pack()[1] for row in terms.rows]
    costs = [row.cost << 128 | row.cost for row in terms.rows]
    with boa.env.prank(getattr(world, room).address):
        emc.adopt(page_of(terms, epoch), rows, costs, gone or [])


def thirds(world: World, **changes: Any) -> Terms:
    """Rows at 50, 30 and 20 percent."""
    return world.terms(world.rows([500_000, 300_000, 200_000]), **changes)


def first_only(terms: Terms) -> Terms:
    """The terms with everything in the hands of the first row."""
    return reshare(terms, [PPM, 0, 0])


# who


def test_making_puts_the_terms_in_force(world: World) -> None:
    emc = world.make()
    (adopted,) = events(world.consent, "Adopted")
    assert (adopted.epoch, adopted.start, adopted.dust, adopted.held) == (1, 0, 0, 0)
    assert emc.stage() == ACTIVE
    world.sell(emc, 300, 1)
    assert emc.total() == 300


def test_only_the_authority_adopts_terms(world: World) -> None:
    page = (1, NATIVE, address("backstop"), 0, 2**39, 0, 1, 2, 0, 0, 0, 0)
    row = int(world.stranger, 16) << 96 | 10**6 << 56 | 10**6 << 36 | 10**6 << 16
    for emc in (world.make(), world.implementation):
        for caller in (
            world.stranger,
            world.nodes[0].account,
            world.pages.address,
            world.registry.address,
            emc.address,
        ):
            with boa.env.prank(caller), boa.reverts("emc: not the authority"):
                emc.adopt(page, [row], [0], [])


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_of_the_authority_does(world: World, room: str) -> None:
    terms = thirds(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    adopt(world, emc, first_only(terms), room=room)
    (adopted,) = events(emc, "Adopted")
    assert (adopted.epoch, adopted.start, adopted.dust, adopted.held) == (2, 100, 0, 0)
    world.sell(emc, 100, 2)
    assert shares_of(emc) == [100, 0, 0]


# when


def test_what_was_sold_belongs_to_the_terms_before(world: World) -> None:
    terms = thirds(world)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    new = renegotiate(world, emc, terms, first_only(terms))
    assert [received(payee(i)) for i in range(3)] == [500, 300, 200]
    world.sell(emc, 1_000, 2)
    (payout,) = events(emc, "Payout")
    assert (payout.epoch, payout.total) == (2, 2_000)
    assert shares_of(emc) == [1_000, 0, 0]
    assert emc.total() == 2_000
    assert world.consent.terms_of(emc.address) == new.hash()


@pytest.mark.parametrize("currency", ["native", "token"])
def test_what_came_by_plain_transfer_belongs_to_the_terms_before(
    world: World, currency: str
) -> None:
    token = world.token() if currency == "token" else None
    terms = thirds(world, **({"currency": token.address} if token else {}))
    emc = world.make(terms)
    send(world, emc, 1_000, token)
    adopt(world, emc, first_only(terms))
    (payout,) = events(emc, "Payout")
    assert (payout.epoch, payout.payer, payout.received) == (1, emc.address, 1_000)
    assert [received(payee(i), token) for i in range(3)] == [500, 300, 200]
    (adopted,) = events(emc, "Adopted")
    assert (adopted.start, adopted.held) == (1_000, 0)


def test_what_waits_to_be_disbursed_belongs_to_the_terms_before(world: World) -> None:
    terms = thirds(world, disburse_at=5_000)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    assert emc.accounts().pending == 1_000
    adopt(world, emc, first_only(terms))
    (payout,) = events(emc, "Payout")
    assert (payout.epoch, payout.received) == (1, 0)
    assert [received(payee(i)) for i in range(3)] == [500, 300, 200]
    world.sell(emc, 4_999, 2)
    assert emc.accounts().pending == 4_999
    world.sell(emc, 1, 3)
    assert shares_of(emc) == [5_000, 0, 0]


def test_what_is_held_belongs_to_the_terms_before(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 600, 1)
    adopt(world, emc, first_only(terms))
    assert events(emc, "Payout") == []
    (adopted,) = events(emc, "Adopted")
    assert (adopted.start, adopted.dust, adopted.held) == (600, 0, 600)
    assert emc.accounts().held == 600
    assert [tuple(emc.earned(i)) for i in range(3)] == [(0, 300), (0, 180), (0, 120)]
    world.sell(emc, 400, 2)
    assert shares_of(emc) == [300 + 400, 180, 120]


def test_a_single_unit_that_the_gate_holds_is_brought_forward(world: World) -> None:
    terms = held_terms(world, rows=world.rows([PPM, 0, 0]))
    emc = world.make(terms)
    world.sell(emc, 1, 1)
    adopt(world, emc, terms)
    (adopted,) = events(emc, "Adopted")
    assert (adopted.start, adopted.dust, adopted.held) == (1, 0, 1)
    assert (emc.earned(0), emc.accounts().held) == ((0, 1), 1)
    world.sell(emc, 999, 2)
    assert shares_of(emc) == [1_000, 0, 0]
    assert emc.earned(0) == (1_000, 0)


def test_dust_counts_with_the_next_proceeds(world: World) -> None:
    terms = world.terms(world.rows([333_333, 333_333, 333_334]))
    emc = world.make(terms)
    world.sell(emc, 101, 1)
    assert emc.accounts().dust == 2
    adopt(world, emc, first_only(terms))
    (adopted,) = events(emc, "Adopted")
    assert (adopted.start, adopted.dust) == (99, 2)
    assert (emc.total(), emc.accounts().dust) == (101, 2)
    world.sell(emc, 10, 2)
    (payout,) = events(emc, "Payout")
    assert (payout.received, payout.total) == (10, 111)
    assert shares_of(emc) == [12, 0, 0]
    assert emc.accounts().dust == 0


def test_an_epoch_may_be_as_high_as_a_page_can_tell(world: World) -> None:
    terms = thirds(world)
    emc = world.make(terms)
    adopt(world, emc, terms, epoch=2**32 - 1)
    world.sell(emc, 100, 1)
    (payout,) = events(emc, "Payout")
    assert (emc.epoch(), payout.epoch) == (2**32 - 1, 2**32 - 1)


@pytest.mark.parametrize("amount", [1, 150])
def test_what_waits_is_counted_anew_after_a_change(world: World, amount: int) -> None:
    terms = first_only(thirds(world, disburse_at=100))
    emc = world.make(terms)
    world.sell(emc, amount, 1)
    adopt(world, emc, terms)
    assert (received(payee(0)), emc.accounts().pending) == (amount, 0)
    world.sell(emc, 99, 2)
    assert emc.accounts().pending == 99
    world.sell(emc, 1, 3)
    assert shares_of(emc) == [100, 0, 0]
    assert (received(payee(0)), emc.accounts().pending) == (amount + 100, 0)


@pytest.mark.parametrize("row", [0, 1])
def test_a_row_with_a_credit_is_credited_under_new_terms_too(world: World, row: int) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    terms = thirds(world).with_row(row, payee=refuser.address)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    refuser.behave(ACCEPT)
    adopt(world, emc, terms)
    assert emc.accounts().dust == 0
    world.sell(emc, 100, 2)
    (payout,) = events(emc, "Payout")
    assert (payout.credited, received(refuser.address)) == (1 << row, 0)
    emc.withdraw(row)
    assert received(refuser.address) == 2 * [50, 30][row]


def test_only_the_sale_that_counts_dust_pays_for_it(world: World) -> None:
    gas = {}
    for amount, dust in ((100, 0), (101, 1)):
        terms = world.terms(world.rows([500_000, 300_000, 200_000]), nonce=amount)
        emc = world.make(terms)
        world.sell(emc, amount, 1)
        adopt(world, emc, first_only(terms))
        assert emc.accounts().dust == dust
        for number in (2, 3):
            cool()
            world.sell(emc, 10, number)
            gas[number, dust] = emc._computation.get_gas_used()
    assert gas[2, 1] > gas[2, 0]
    assert gas[3, 1] == gas[3, 0]


def test_a_gate_that_the_new_terms_put_behind_the_proceeds_opens(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 600, 1)
    lower = replace(first_only(terms), goal=with_measure(terms.goal, benchmark=600))
    adopt(world, emc, lower)
    (payout,) = events(emc, "Payout")
    assert (payout.epoch, payout.payer, payout.received) == (1, NATIVE, 0)
    assert shares_of(emc) == [300, 180, 120]
    (adopted,) = events(emc, "Adopted")
    assert (adopted.start, adopted.held) == (600, 0)
    assert emc.is_gate_open()


def test_a_gate_that_is_open_stays_open(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    higher = with_measure(terms.goal, benchmark=5_000, target=9_000, gate=Gate.TARGET)
    adopt(world, emc, replace(terms, goal=higher))
    assert emc.is_gate_open()
    world.sell(emc, 10, 2)
    assert shares_of(emc) == [5, 3, 2]


# rows


def test_a_row_that_goes_must_be_named(world: World) -> None:
    terms = thirds(world)
    emc = world.make(terms)
    rest = replace(first_only(terms), rows=first_only(terms).rows[:1])
    first, second, third = (row.pack()[0] for row in terms.rows)
    for gone in ([(2, third), (1, second)], [(0, first), (1, second)], [(1, second), (3, third)]):
        with boa.reverts("emc: row is missing"):
            adopt(world, emc, rest, gone=gone)
    for short in ([], [(1, second)]):
        # there is nothing to compare with
        with boa.reverts():
            adopt(world, emc, rest, gone=short)
    assert emc.epoch() == 1
    adopt(world, emc, rest, gone=[(1, second), (2, third)])
    left = events(emc, "Left")
    assert [(e.row, e.party, e.payee, e.held) for e in left] == [
        (1, second, payee(1), 0),
        (2, third, payee(2), 0),
    ]


def test_who_goes_takes_along_what_is_held_for_it(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 600, 1)
    rest = replace(terms, rows=reshare(terms, [PPM, 0, 0]).rows[:2])
    adopt(world, emc, rest, gone=[(2, terms.rows[2].pack()[0])])
    (left,) = events(emc, "Left")
    assert (left.row, left.payee, left.held) == (2, payee(2), 120)
    assert (emc.accounts().held, emc.earned(2)) == (600, (0, 120))
    world.sell(emc, 400, 2)
    # it is owed at once, and takes nobody's place in the payment run
    assert shares_of(emc) == [700, 180]
    assert (emc.credits(2), emc.accounts().credited) == (120, 120)
    emc.withdraw(2)
    assert received(payee(2)) == 120


def test_a_single_unit_that_is_held_for_who_goes_is_owed_to_it(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 5, 1)
    leave(world, emc, terms, 2)
    assert emc.earned(2) == (0, 1)
    world.sell(emc, 995, 2)
    assert (emc.credits(2), emc.accounts().credited) == (1, 1)
    emc.withdraw(2)
    assert received(payee(2)) == 1


def test_the_credit_of_who_goes_stays_payable(world: World) -> None:
    token = weird_token(world, "RefusingToken")
    terms = thirds(world, currency=token.address)
    emc = world.make(terms)
    token.refuse(payee(2), 1)
    world.sell(emc, 100, 1, token)
    new = leave(world, emc, terms, 2)
    assert (emc.credits(2), emc.accounts().credited) == (20, 20)
    token.refuse(payee(2), 0)
    world.sell(emc, 100, 2, token)
    assert len(shares_of(emc)) == len(new.rows) == 2
    emc.withdraw(2)
    assert received(payee(2), token) == 20


def test_no_row_id_comes_back(world: World) -> None:
    terms = thirds(world)
    emc = world.make(terms)
    new = leave(world, emc, terms, 2)
    back = replace(new, rows=(*new.rows, replace(terms.rows[2], base=0, leading=0, upside=0)))
    with boa.reverts("emc: row id used before"):
        adopt(world, emc, back, epoch=3)
    with boa.reverts("emc: row id used before"):
        amend(world, emc, new, back)
    fresh = replace(back, rows=(*new.rows, replace(back.rows[2], id=3)))
    given = amendments(world, emc, fresh)
    amend(world, emc, new, fresh, given)
    assert emc.payee_of(3) == payee(2)
    # nor later, nor under another party
    other = replace(fresh, rows=(*new.rows, replace(fresh.rows[2], id=4)))
    amend(world, emc, fresh, other)
    for used in (2, 3):
        row = replace(other.rows[2], id=used, party=world.register(1)[0].me)
        again = replace(other, rows=(*new.rows, row))
        with boa.reverts("emc: row id used before"):
            amend(world, emc, other, again)


def test_a_row_that_never_left_keeps_its_id(world: World) -> None:
    terms = thirds(world)
    emc = world.make(terms)
    for epoch in (2, 3, 4):
        adopt(world, emc, terms, epoch=epoch)
        assert emc.epoch() == epoch
    assert [emc.party_of(row) for row in range(3)] == [0, 0, 0]


def test_an_emc_has_128_rows_in_its_life(world: World) -> None:
    first = world.terms(world.rows([15_625] * 64))
    emc = world.make(first)
    rows = first.rows
    for _ in range(4):
        # no more than 30 leave at once
        new = tuple(replace(row, id=row.id + 64) for row in rows[:16])
        gone = [(row.id, row.pack()[0]) for row in rows[:16]]
        rows = rows[16:] + new
        adopt(world, emc, replace(first, rows=rows, sink=rows[0].id), gone=gone)
    assert [emc.party_of(i) for i in (0, 63, 64, 127)] == [
        first.rows[0].pack()[0],
        first.rows[63].pack()[0],
        0,
        0,
    ]
    world.sell(emc, 6_400, 1)
    assert shares_of(emc) == [100] * 64


def test_where_a_row_is_paid_survives_other_terms(world: World) -> None:
    terms = thirds(world)
    emc = world.make(terms)
    with as_node(world, terms, 1):
        world.conduct.change_payee(
            emc.address, terms.head(), terms.packed_rows(), 1, address("elsewhere")
        )
    new = renegotiate(world, emc, terms, reshare(terms, [200_000, 700_000, 100_000]))
    assert emc.payee_of(1) == address("elsewhere")
    # terms that name another payee than those before are heard
    named = new.with_row(1, payee=address("named"))
    amend(world, emc, new, named)
    assert [emc.payee_of(row) for row in range(3)] == [payee(0), address("named"), payee(2)]


# over


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("gate", [Gate.NONE, Gate.BENCHMARK])
def test_after_the_end_no_terms_come_into_force(world: World, room: str, gate: Gate) -> None:
    terms = held_terms(world, gate=gate)
    emc = world.make(terms)
    world.sell(emc, 600, 1)
    until(terms.ends_at)
    emc.end()
    longer = replace(terms, ends_at=terms.ends_at + 86_400)
    for epoch in (1, 2):
        with boa.reverts("emc: over"):
            adopt(world, emc, longer, epoch=epoch, room=room)
    assert emc.stage() == CLOSED


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_from_the_end_date_on_no_new_epoch_begins(world: World, moment: int) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    until(terms.ends_at + moment)
    longer = replace(terms, ends_at=terms.ends_at + 86_400)
    if moment < 0:
        adopt(world, emc, longer)
        assert emc.epoch() == 2
        return
    with boa.reverts("emc: over"):
        adopt(world, emc, longer)
    assert emc.epoch() == 1
    # a value that was submitted in time may still become final: same epoch, other meaning
    adopt(world, emc, terms, epoch=1, room="goals")
    emc.end()
    assert emc.stage() == CLOSED


def test_terms_follow_no_terms_that_were_never_made(world: World) -> None:
    terms = world.terms()
    emc = deployer("EMC.vy").at(world.address_of(terms))
    for asked in (emc, world.implementation):
        with boa.reverts("members: not the terms in force"):
            world.changes.renegotiate(
                asked.address, terms.head(), terms.packed_rows(), words(terms), []
            )


def test_who_was_never_in_the_terms_is_not_asked(world: World) -> None:
    terms = thirds(world)
    emc = world.make(terms)
    newcomer = world.register(1)[0]
    row = tables.row(3, 0, party=newcomer.me, payee=address("newcomer"))
    new = replace(terms, rows=(*terms.rows, row))
    without = [each for each in amendments(world, emc, new) if each[0] != 3]
    with boa.reverts("changes: signature missing"):
        amend(world, emc, terms, new, without)
    gone = departure(world, emc, new, 7, newcomer.me)
    with boa.reverts("changes: not asked"):
        amend(world, emc, terms, new, [*amendments(world, emc, new), gone])
    amend(world, emc, terms, new)
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [50, 30, 20, 0]
