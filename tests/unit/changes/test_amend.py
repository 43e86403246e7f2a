"""Any other change, by everybody it touches."""

from collections.abc import Callable
from typing import Any

import boa
import pytest

from emc.core import typed_data
from emc.core.terms import Assessment, Bar, Gate, Leaving, Metric, Terms
from emc.core.units import PPM
from tests import authority, tables
from tests.kit import FAR, World, address, deployer, events, received, replace, with_measure
from tests.till import change_payee, held_terms, payee, until
from tests.unit.changes.kit import TURNED, approve, move, name_for_all, reserve, shifted, three


def joined(terms: Terms, row: int, me: int, share: int = 0, **changes: Any) -> Terms:
    """The terms with one more node, whose share row 0 gives."""
    first = terms.rows[0]
    given = {tranche: getattr(first, tranche) - share for tranche in ("base", "leading", "upside")}
    new = tables.row(row, share, **{"party": me, **changes})
    nodes = sorted([*terms.nodes[1:], new], key=lambda each: int(each.party))
    others = [each for each in terms.rows if not each.is_node]
    return replace(terms, rows=(replace(first, **given), *nodes, *others))


def removed(terms: Terms, row: int) -> Terms:
    """The terms without a row."""
    return authority.without(terms, row)


def test_it_puts_other_terms_in_force(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = replace(terms, canvas=b"\7" * 32, disburse_at=5).with_row(0, lower=3)
    authority.amend(world, emc, terms, new)
    logs = {type(log).__name__: log for log in world.changes.get_logs()}
    told = logs["Amended"]
    assert (told.emc, told.epoch, told.terms_hash) == (emc.address, 2, new.hash())
    assert Terms.from_packed(told.terms, [tuple(row) for row in told.rows]) == new
    assert (logs["Replaced"].emc, logs["Replaced"].terms_hash) == (emc.address, new.hash())
    assert logs["Adopted"].epoch == 2
    assert "Left" not in logs
    assert world.consent.terms_of(emc.address) == new.hash()
    assert emc.epoch() == 2


def test_what_changes_nothing_is_refused(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    with boa.reverts("changes: nothing changes"):
        authority.amend(world, emc, terms, terms)


def test_it_starts_from_the_terms_in_force_of_an_active_emc(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    other = replace(terms, nonce=1)
    with boa.reverts("members: not the terms in force"):
        authority.amend(world, emc, other, replace(other, nonce=2))
    unmade = three(world, nonce=9)
    new = replace(unmade, nonce=2)
    with boa.reverts("members: not the terms in force"):
        world.changes.amend(
            world.address_of(unmade),
            unmade.head(),
            unmade.packed_rows(),
            new.head(),
            new.packed_rows(),
            [],
        )


def test_from_the_end_date_on_nothing_is_amended(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    later = replace(terms, ends_at=terms.ends_at + 100)
    given = authority.amendments(world, emc, later)
    until(terms.ends_at - 1)
    with boa.env.anchor():
        authority.amend(world, emc, terms, later, given)
        assert emc.epoch() == 2
    until(terms.ends_at)
    with boa.reverts("emc: over"):
        authority.amend(world, emc, terms, later, given)


@pytest.mark.parametrize("commit", [86_400, 8 * 86_400])
def test_the_windows_of_the_review_are_for_life(world: World, commit: int) -> None:
    terms = three(world)
    emc = world.make(terms)
    other = replace(terms.review, commit=commit, reveal=commit)
    with boa.reverts("changes: review is for life"):
        authority.amend(world, emc, terms, replace(terms, review=other))


def test_the_currency_is_for_life(world: World) -> None:
    token = world.token()
    for terms, currency in (
        (three(world), token.address),
        (three(world, currency=token.address), world.token().address),
        (three(world, currency=token.address, nonce=1), "0x" + "00" * 20),
    ):
        emc = world.make(terms)
        with boa.reverts("changes: currency is for life"):
            authority.amend(world, emc, terms, replace(terms, currency=currency))


def good_for(world: World, terms: Terms, change: str) -> Terms:
    """Terms that break a rule of the authority."""
    broken: dict[str, Callable[[], Terms]] = {
        "terms: shares are not one": lambda: terms.with_row(0, base=499_999),
        "terms: share outside bounds": lambda: terms.with_row(1, lower=300_001),
        "terms: no such sink": lambda: replace(terms, sink=7),
        "terms: already over": lambda: replace(
            terms,
            ends_at=boa.env.timestamp,
            goal=replace(terms.goal, deadline=boa.env.timestamp),
        ),
        "terms: costs above benchmark": lambda: terms.with_row(0, cost=10**24 + 1),
        "terms: fewer than two nodes": lambda: replace(
            terms,
            rows=(
                replace(terms.rows[0], base=PPM, leading=PPM, upside=PPM),
                reserve(3),
            ),
        ),
        "terms: nodes not ascending": lambda: replace(
            terms, rows=(terms.rows[0], terms.rows[2], terms.rows[1])
        ),
        "members: payee cannot be paid": lambda: terms.with_row(1, payee=world.changes.address),
        "members: backstop is a node's": lambda: replace(terms, backstop=address("payee 1")),
        "members: unknown ME": lambda: joined(terms, 3, 10**6),
    }
    return broken[change]()


@pytest.mark.parametrize(
    "reason",
    [
        "terms: shares are not one",
        "terms: share outside bounds",
        "terms: no such sink",
        "terms: already over",
        "terms: costs above benchmark",
        "terms: fewer than two nodes",
        "terms: nodes not ascending",
        "members: payee cannot be paid",
        "members: backstop is a node's",
        "members: unknown ME",
    ],
)
def test_new_terms_obey_the_rules_of_the_table(world: World, reason: str) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = good_for(world, terms, reason)
    with boa.reverts(reason):
        authority.amend(world, emc, terms, new, [])


@pytest.mark.parametrize("room", ["consent", "changes", "conduct", "goals", "registry"])
def test_no_room_of_the_system_is_paid_or_gets_what_is_held(world: World, room: str) -> None:
    terms = three(world)
    emc = world.make(terms)
    at = getattr(world, room).address
    for new in (terms.with_row(2, payee=at), replace(terms, backstop=at)):
        with boa.reverts("members: payee cannot be paid"):
            authority.amend(world, emc, terms, new, [])
    for at in (emc.address, world.implementation.address):
        with boa.reverts("members: payee cannot be paid"):
            authority.amend(world, emc, terms, terms.with_row(2, payee=at), [])


# rows that come


def test_a_node_joins_with_a_fresh_id(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    (newcomer,) = world.register(1)
    new = joined(terms, 3, newcomer.me, 100_000)
    given = authority.amendments(world, emc, new)
    assert len(given) == 4
    for i in range(4):
        with boa.reverts("changes: signature missing"):
            authority.amend(world, emc, terms, new, given[:i] + given[i + 1 :])
    authority.amend(world, emc, terms, new, given)
    world.sell(emc, 1_000, 1)
    assert received(address("payee 3")) == 100
    assert received(address("payee 0")) == 400


def test_a_node_that_joins_must_pass_the_bar_and_who_stays_is_not_measured(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    for node in world.nodes:
        stars.set_stars(node.me, 450)
    terms = three(world, bar=Bar(registry=stars.address, stars=400))
    emc = world.make(terms)
    (newcomer,) = world.register(1)
    new = joined(terms, 3, newcomer.me, 100_000)
    for node in world.nodes[:3]:
        stars.set_stars(node.me, 1)
    for rating in (0, 399):
        stars.set_stars(newcomer.me, rating)
        with boa.reverts("members: below the bar, row 3"):
            authority.amend(world, emc, terms, new)
    stars.set_stars(newcomer.me, 400)
    authority.amend(world, emc, terms, new)
    assert emc.epoch() == 2


def test_the_bar_is_that_of_the_new_terms(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    terms = three(world)
    emc = world.make(terms)
    (newcomer,) = world.register(1)
    new = replace(
        joined(terms, 3, newcomer.me, 100_000), bar=Bar(registry=stars.address, stars=400)
    )
    with boa.reverts("members: below the bar, row 3"):
        authority.amend(world, emc, terms, new)
    beneficiary = replace(terms, rows=(*terms.rows, reserve(3)), bar=new.bar)
    authority.amend(world, emc, terms, beneficiary)
    assert emc.epoch() == 2


def test_an_id_that_was_ever_used_does_not_come_back(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    terms = authority.leave(world, emc, terms, 2)
    back = world.nodes[2].me
    with boa.reverts("emc: row id used before"):
        authority.amend(world, emc, terms, joined(terms, 2, back))
    terms = authority.amend(world, emc, terms, joined(terms, 3, back))
    terms = authority.leave(world, emc, terms, 3)
    for used in (2, 3):
        with boa.reverts("emc: row id used before"):
            authority.amend(world, emc, terms, joined(terms, used, back))
        with boa.reverts("emc: row id used before"):
            rows = (*terms.rows, reserve(used))
            authority.amend(world, emc, terms, replace(terms, rows=rows))
    authority.amend(world, emc, terms, joined(terms, 4, back))
    assert emc.epoch() == 5


def test_nobody_takes_over_the_id_of_another(world: World) -> None:
    terms = replace(three(world), rows=(*three(world).rows, reserve(3)))
    emc = world.make(terms)
    (newcomer,) = world.register(1)
    other = address("another controller")
    for place, party in ((2, newcomer.me), (3, other)):
        with boa.reverts("changes: row of another party"):
            authority.amend(world, emc, terms, terms.with_row(place, party=party))
    # nor does a node become a beneficiary under its number
    number = "0x" + f"{terms.rows[2].party:040x}"
    with boa.reverts("changes: row of another party"):
        authority.amend(world, emc, terms, terms.with_row(2, party=number))


def test_ids_go_up_to_127(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    with boa.reverts("terms: row id twice"):
        authority.amend(world, emc, terms, replace(terms, rows=(*terms.rows, reserve(128))), [])
    with boa.reverts("terms: row id twice"):
        authority.amend(world, emc, terms, replace(terms, rows=(*terms.rows, reserve(2))), [])
    terms = authority.amend(world, emc, terms, replace(terms, rows=(*terms.rows, reserve(127))))
    (newcomer,) = world.register(1)
    terms = authority.amend(world, emc, terms, joined(terms, 126, newcomer.me, 100_000))
    world.sell(emc, 1_000, 1)
    assert received(address("payee 126")) == 100
    assert [row.id for row in terms.rows] == [0, 1, 2, 126, 127]


def test_there_is_room_for_64_rows_and_half_of_them_leave_at_once(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    rows = [replace(reserve(i), payee=payee(i)) for i in range(3, 64)]
    terms = authority.amend(
        world,
        emc,
        terms,
        authority.reshare(replace(terms, rows=(*terms.rows, *rows)), [15_625] * 64),
    )
    world.sell(emc, 6_400, 1)
    assert [received(payee(i)) for i in range(64)] == [100] * 64

    def after(count: int) -> Terms:
        """The terms with other rows in the place of so many of the last ones."""
        others = [
            replace(row, id=row.id + 61, payee=payee(row.id + 61)) for row in terms.rows[-count:]
        ]
        return replace(terms, rows=(*terms.rows[:-count], *others))

    with boa.reverts("changes: too many leave at once"):
        authority.amend(world, emc, terms, after(31))
    authority.amend(world, emc, terms, after(30))
    world.sell(emc, 6_400, 2)
    assert [received(payee(i)) for i in (0, 33, 34, 63, 94, 95, 124)] == [200] * 2 + [100] * 2 + [
        0,
        100,
        100,
    ]


def test_an_me_that_returns_gets_a_new_row_and_signs_for_both(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.leave(world, emc, terms, 2)
    me = world.nodes[2].me
    new = joined(terms, 3, me, 100_000, cost=10)
    terms = authority.amend(world, emc, terms, new, authority.amendments(world, emc, new))
    assert emc.earned(2) == (0, 20)
    assert emc.earned(3) == (0, 0)
    # what the gate holds for its old row needs the word of that row, too
    new = replace(terms, goal=with_measure(terms.goal, benchmark=900))
    given = authority.amendments(world, emc, new)
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, new, given)
    authority.amend(world, emc, terms, new, [*given, authority.departure(world, emc, new, 2, me)])
    world.sell(emc, 100, 2)
    assert emc.earned(3) == (10, 9)
    world.sell(emc, 700, 3)
    # 10 of cost and a tenth of 790; the old row is not pushed to
    assert received(address("payee 3")) == 89
    assert emc.credits(2) == 20


# rows that go


def test_who_goes_signs_its_departure(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    new = removed(terms, 1)
    given = authority.amendments(world, emc, new)
    departure = authority.departure(world, emc, new, 1, world.nodes[1].me)
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, new, given)
    # its word on terms in which it is does not do
    old = authority.agreement(world, emc, terms, terms.rows[1])
    with boa.reverts("signatures: not the signer"):
        authority.amend(world, emc, terms, new, [*given, old])
    authority.amend(world, emc, terms, new, [*given, departure])
    (left,) = events(world.changes, "Left")
    assert (left.row, left.held, left.payee) == (1, 30, address("payee 1"))
    assert left.party == world.nodes[1].me << 96 | 1
    assert emc.earned(1) == (0, 30)
    world.sell(emc, 900, 2)
    assert received(address("payee 1")) == 0
    emc.withdraw(1)
    assert received(address("payee 1")) == 30
    with boa.reverts("creditors: no credit"):
        emc.withdraw(1)


def test_who_goes_may_agree_on_chain(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = removed(terms, 1)
    approve(world, world.nodes[1], name_for_all(world, emc, new), emc)
    authority.amend(world, emc, terms, new, authority.amendments(world, emc, new))
    assert emc.epoch() == 2


def test_a_beneficiary_goes_unasked_and_keeps_what_it_earned(world: World) -> None:
    terms = held_terms(world)
    terms = replace(terms.with_row(0, base=400_000, leading=400_000, upside=400_000))
    terms = replace(terms, rows=(*terms.rows, reserve(3, 100_000)))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    new = removed(terms, 3)
    controller = str(terms.rows[3].party)
    authority.amend(world, emc, terms, new, authority.amendments(world, emc, new))
    assert emc.earned(3) == (0, 10)
    assert emc.party_of(3) == int(controller, 16) << 96
    # nor is it asked where the terms of its held money change
    later = replace(new, goal=with_measure(new.goal, benchmark=999))
    authority.amend(world, emc, new, later, authority.amendments(world, emc, later))
    world.sell(emc, 899, 2)
    emc.withdraw(3)
    assert received(address("reserve")) == 10


def test_every_row_but_one_can_be_replaced_at_once(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    a, b = world.register(2)
    rows = (
        replace(terms.rows[0], base=0, leading=0, upside=0),
        tables.row(7, 600_000, party=a.me),
        tables.row(9, 400_000, party=b.me),
    )
    authority.amend(world, emc, terms, replace(terms, rows=rows))
    assert [emc.earned(row)[1] for row in (0, 1, 2, 7, 9)] == [50, 30, 20, 0, 0]
    world.sell(emc, 900, 2)
    assert [received(address(f"payee {i}")) for i in (0, 7, 9)] == [50, 540, 360]
    assert [emc.credits(row) for row in (1, 2)] == [30, 20]


def test_another_leader_takes_the_first_row(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    rows = (terms.rows[1], terms.rows[0], terms.rows[2])
    authority.amend(world, emc, terms, replace(terms, rows=rows))
    world.sell(emc, 100, 1)
    assert [received(address(f"payee {i}")) for i in range(3)] == [50, 30, 20]


def test_a_backstop_is_no_nodes_payee_of_today(world: World) -> None:
    terms = replace(three(world), rows=(*three(world).rows, reserve(3)))
    emc = world.make(terms)
    change_payee(world, emc, terms, 1, address("elsewhere"))
    new = replace(terms, backstop=address("elsewhere"))
    with boa.reverts("members: backstop is a node's"):
        authority.amend(world, emc, terms, new)
    # a beneficiary may be paid where the backstop is
    new = replace(terms, backstop=address("reserve"))
    authority.amend(world, emc, terms, new)
    assert emc.payee_of(128) == address("reserve")


# who is asked


def test_a_signature_of_nobody_who_must_is_refused(world: World) -> None:
    terms = replace(three(world), rows=(*three(world).rows, reserve(3)))
    emc = world.make(terms)
    new = replace(terms, nonce=1)
    given = authority.amendments(world, emc, new)
    for row in (3, 4, 127, 128, 2**256 - 1):
        with boa.reverts("changes: not asked"):
            authority.amend(world, emc, terms, new, [*given, (row, FAR, given[0][2])])
    with boa.reverts("changes: not asked"):
        authority.amend(world, emc, terms, new, [*given, given[0]])
    authority.amend(world, emc, terms, new, given)
    assert emc.epoch() == 2


def test_all_who_left_and_wait_are_asked_by_id(world: World) -> None:
    world.register(1)
    terms = held_terms(world, rows=world.rows([250_000] * 4))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    for row in (3, 2):
        terms = authority.leave(world, emc, terms, row)
    new = replace(terms, backstop=address("another backstop"))
    given = authority.amendments(world, emc, new)
    words = [authority.departure(world, emc, new, row, world.nodes[row].me) for row in (2, 3)]
    # by id, not in the order in which they left
    for wrong in (words[:1], words[1:], words[::-1]):
        with boa.reverts("changes: signature missing"):
            authority.amend(world, emc, terms, new, [*given, *wrong])
    authority.amend(world, emc, terms, new, [*given, *words])
    assert emc.epoch() == 4


def test_who_left_with_nothing_held_is_not_asked(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    terms = authority.leave(world, emc, terms, 2)
    new = replace(terms, backstop=address("another backstop"))
    authority.amend(world, emc, terms, new, authority.amendments(world, emc, new))
    assert emc.epoch() == 3


def test_who_left_signs_by_the_account_of_today(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.leave(world, emc, terms, 2)
    new = replace(terms, leaving=Leaving(margin=5))
    given = authority.amendments(world, emc, new)
    old = authority.departure(world, emc, new, 2, world.nodes[2].me)
    move(world, 2, "the account of today")
    with boa.reverts("signatures: not the signer"):
        authority.amend(world, emc, terms, new, [*given, old])
    authority.amend(
        world, emc, terms, new, [*given, authority.departure(world, emc, new, 2, world.nodes[2].me)]
    )
    assert emc.epoch() == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("emc", address("another EMC")),
        ("epoch", 2),
        ("epoch", 4),
        ("row", 1),
        ("me", 1),
        ("signer", address("another signer")),
        ("nonce", 1),
        ("deadline", FAR - 1),
    ],
)
def test_a_departure_that_says_something_else_does_not_count(
    world: World, name: str, value: Any
) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.leave(world, emc, terms, 2)
    new = replace(terms, assessment=Assessment(window=5))
    given = authority.amendments(world, emc, new)
    me = world.nodes[2].me
    _, _, data = authority.departure(world, emc, new, 2, me)
    bent = departure_with(world, emc, new, me, name, value)
    assert bent != data
    with boa.reverts("signatures: not the signer"):
        authority.amend(world, emc, terms, new, [*given, (2, FAR, bent)])
    authority.amend(world, emc, terms, new, [*given, (2, FAR, data)])
    assert emc.epoch() == 3


def departure_with(world: World, emc: Any, new: Terms, me: int, name: str, value: Any) -> bytes:
    """The data of a departure of row 2 in which one field says something else."""
    node = authority.node_of(world, me)
    values = {
        "emc": emc.address,
        "epoch": emc.epoch() + 1,
        "terms": new,
        "row": 2,
        "me": me,
        "signer": node.account,
        "deadline": FAR,
        "nonce": 0,
        name: value,
    }
    return authority.sign(node, typed_data.departure(world.domain("Changes"), **values))


def test_who_relays_the_same_first_does_no_harm(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = replace(terms, disburse_at=3)
    given = authority.amendments(world, emc, new)
    with boa.env.prank(world.buyer):
        world.changes.amend(
            emc.address, terms.head(), terms.packed_rows(), new.head(), new.packed_rows(), given
        )
    with boa.reverts("members: not the terms in force"):
        authority.amend(world, emc, terms, new, given)
    assert world.consent.terms_of(emc.address) == new.hash()


def test_a_signature_for_one_epoch_is_not_good_for_another(world: World) -> None:
    """The terms of epoch 2 come back in epoch 4 only if they are signed again."""
    first = three(world)
    emc = world.make(first)
    second = replace(first, disburse_at=3)
    given = authority.amendments(world, emc, second)
    authority.amend(world, emc, first, second, given)
    third = authority.amend(world, emc, second, replace(first, nonce=1))
    with boa.reverts("signatures: not the signer"):
        authority.amend(world, emc, third, second, given)


def test_a_wallet_and_a_caller_agree_as_well(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = replace(terms, disburse_at=3)
    given = authority.amendments(world, emc, new, [0, 1])
    with boa.env.prank(world.nodes[2].account):
        world.changes.amend(
            emc.address,
            terms.head(),
            terms.packed_rows(),
            new.head(),
            new.packed_rows(),
            [*given, (2, 0, b"")],
        )
    assert emc.epoch() == 2


def test_shares_may_change_outside_the_bounds_of_old(world: World) -> None:
    terms = three(world)
    terms = replace(terms, rows=tuple(replace(row, upper=row.base) for row in terms.rows))
    emc = world.make(terms)
    with boa.reverts("changes: share outside bounds"):
        authority.renegotiate(world, emc, terms, authority.reshare(terms, TURNED))
    new = authority.reshare(terms, TURNED).with_row(2, upper=500_000)
    authority.amend(world, emc, terms, new)
    world.sell(emc, 100, 1)
    assert [received(address(f"payee {i}")) for i in range(3)] == [20, 30, 50]


def test_the_sink_alone_may_stand_above_its_upper_bound(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = terms.with_row(0, upper=400_000)
    with boa.reverts("terms: share outside bounds"):
        authority.amend(world, emc, terms, replace(new, sink=1))
    authority.amend(world, emc, terms, new)
    with boa.reverts("changes: share outside bounds"):
        authority.renegotiate(world, emc, new, shifted(new, -1))


def test_the_quorum_of_old_says_nothing_about_an_amendment(world: World) -> None:
    terms = three(world, renegotiation=replace(three(world).renegotiation, quorum=1))
    emc = world.make(terms)
    new = replace(terms, disburse_at=3)
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, new, authority.amendments(world, emc, new, [0, 1]))


def test_the_last_value_counts_under_another_goal_of_the_same_metric(world: World) -> None:
    terms = three(
        world,
        metric=Metric.USERS,
        benchmark=10,
        target=20,
        gate=Gate.TARGET,
        assessment=Assessment(window=100, objections=500_000, grace=1_000),
    )
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    authority.assess(world, emc, terms, 12)
    boa.env.time_travel(seconds=100)
    authority.finalise(world, emc, terms)
    assert not emc.is_gate_open()
    authority.amend(world, emc, terms, replace(terms, goal=with_measure(terms.goal, target=12)))
    assert emc.is_gate_open()
    assert [received(address(f"payee {i}")) for i in range(3)] == [50, 30, 20]
