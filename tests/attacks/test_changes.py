"""Attacks on changes: hostile payees, wallets and tokens, and parties that stand in the way."""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Gate, Renegotiation, Row, Terms
from emc.core.units import PPM
from tests import authority
from tests.attacks.reentry import tries
from tests.kit import CUSTOMER, FAR, World, address, deployer, events, received, replace
from tests.profiles import long
from tests.till import ACCEPT, ACTIVE, BURN, Books, cool, payee, send, until, weird_token
from tests.wallets import Mode, move_in, rotate

MAX_GAS = 16_000_000
TURNED = [200_000, 300_000, 500_000]


def three(world: World, **changes: Any) -> Terms:
    """Rows at 50, 30 and 20 percent; two of three must agree to other shares."""
    rows = changes.pop("rows", None) or world.rows([500_000, 300_000, 200_000])
    return world.terms(rows, **{"renegotiation": Renegotiation(quorum=666_666), **changes})


def calldata(
    world: World,
    emc: VyperContract,
    terms: Terms,
    new: Terms,
    given: list[authority.Given],
) -> bytes:
    """The call of a renegotiation."""
    data: bytes = world.changes.renegotiate.prepare_calldata(
        emc.address, terms.head(), terms.packed_rows(), authority.words(new), given
    )
    return data


def whole_gas(room: VyperContract, data: bytes) -> int:
    """What a stranger's transaction to a room costs, with what any pays for its bytes."""
    sender = boa.env.generate_address("a stranger")
    answer = boa.env.execute_code(room.address, sender=sender, data=data, gas=60_000_000)
    assert not answer.is_error
    return 21_000 + sum(16 if byte else 4 for byte in data) + int(answer.get_gas_used())


# calling back


def hostile_node(world: World) -> VyperContract:
    """A party that is paid for row 2 and is its ME's account."""
    party = deployer("mocks/ReentrantParty.vy").deploy()
    me = world.nodes[2].me
    with boa.env.prank(world.nodes[2].account):
        world.registry.offer_account(party.address)
    party.act(world.registry.address, world.registry.accept_account.prepare_calldata(me))
    return party


Calls = dict[str, tuple[VyperContract, bytes]]


def ways_back(world: World, emc: VyperContract, terms: Terms, other: Terms) -> Calls:
    """Calls into every room that would succeed or be refused with a reason at another time."""
    where = (emc.address, terms.head(), terms.packed_rows())
    rooms = world.changes, world.conduct, world.goals
    changes, conduct, goals = rooms
    return {
        "propose": (
            changes,
            changes.propose.prepare_calldata(*where, 2, authority.words(other), FAR),
        ),
        "renegotiate": (changes, calldata(world, emc, terms, other, [(2, 0, b"")])),
        "amend": (
            changes,
            changes.amend.prepare_calldata(
                *where, other.head(), other.packed_rows(), [(2, 0, b"")]
            ),
        ),
        "approve": (changes, changes.approve.prepare_calldata(emc.address, b"\7" * 32, FAR)),
        "object": (changes, changes.object.prepare_calldata(emc.address, b"\7" * 32, True)),
        "revoke": (changes, changes.revoke.prepare_calldata(emc.address)),
        "give_notice": (conduct, conduct.give_notice.prepare_calldata(*where, 2)),
        "change_payee": (
            conduct,
            conduct.change_payee.prepare_calldata(*where, 2, address("thief")),
        ),
        "disband": (conduct, conduct.disband.prepare_calldata(*where, [])),
        "record_miss": (goals, goals.record_miss.prepare_calldata(*where)),
        "report": (goals, goals.report.prepare_calldata(*where, 2, "sold", 1, bytes(32))),
        "sale": (emc, emc.sale.prepare_calldata(99, 0, CUSTOMER)),
        "disburse": (emc, emc.disburse.prepare_calldata()),
        "absorb": (emc, emc.absorb.prepare_calldata()),
        "withdraw": (emc, emc.withdraw.prepare_calldata(2)),
        "end": (emc, emc.end.prepare_calldata()),
    }


WAYS = [
    "propose", "renegotiate", "amend", "approve", "object", "revoke", "give_notice",
    "change_payee", "disband", "record_miss", "report", "sale", "disburse", "absorb", "withdraw",
    "end",
]  # fmt: skip


def active(world: World, terms: Terms, party: VyperContract) -> VyperContract:
    """An EMC whose third node is a contract that signs by calling."""
    given = [*world.signatures(terms)[:2], (2, 0, b"")]
    data = world.consent.make.prepare_calldata(terms.head(), terms.packed_rows(), given)
    party.act(world.consent.address, data)
    emc = deployer("EMC.vy").at(world.address_of(terms))
    assert emc.stage() == ACTIVE
    return emc


@pytest.mark.parametrize("way", WAYS)
def test_a_payee_calls_back_in_vain_while_a_change_pays_it(world: World, way: str) -> None:
    """It is aimed at the terms that are going to be in force: the hash of them is kept already."""
    party = hostile_node(world)
    terms = three(
        world,
        rows=world.rows([500_000, 300_000, 200_000], payees=[payee(0), payee(1), party.address]),
    )
    emc = active(world, terms, party)
    new = authority.reshare(terms, TURNED)
    calls = ways_back(world, emc, new, authority.reshare(terms, [0, 0, PPM]))
    assert list(calls) == WAYS
    room, data = calls[way]
    send(world, emc, 100)
    given = authority.agreements(world, emc, new, [0, 1])
    party.aim(room.address, data)
    authority.renegotiate(world, emc, terms, new, given)
    # refused by a lock, which gives no reason, and with gas left to tell
    assert tries(world.changes) == [(False, b"")]
    assert [received(at) for at in (payee(0), payee(1), party.address)] == [50, 30, 20]
    assert emc.epoch() == 2
    assert world.consent.terms_of(emc.address) == new.hash()
    # after the change the same call is heard
    party.tokens_received()
    ((is_ok, words),) = tries(party)
    assert is_ok or words != b""


# gas


def crowd(world: World, gate: Gate) -> tuple[Terms, list[VyperContract]]:
    """64 nodes, each with a payee that behaves until it is told otherwise, and a running cost that
    flows even through a closed gate.
    """
    payees = [deployer("mocks/HostilePayee.vy").deploy(ACCEPT) for _ in range(64)]
    rows = world.rows(
        [15_625] * 64, payees=[payee.address for payee in payees], running=[1_000] * 64
    )
    goal = {"benchmark": 10**20, "target": 10**21, "gate": gate}
    return three(world, rows=rows, **goal), payees


@pytest.mark.parametrize("gate", [long(Gate.NONE), Gate.TARGET])
def test_64_payees_that_burn_gas_do_not_prevent_a_change(world: World, gate: Gate) -> None:
    """A gift just before makes the change pay each of them, and each burns all it gets for the
    first time, so that its credit is new as well.
    """
    terms, payees = crowd(world, gate)
    emc = world.make(terms)
    world.sell(emc, 10**19, 1)
    terms = authority.renegotiate(
        world, emc, terms, moved := shifted(terms), signed(world, emc, moved)
    )
    world.sell(emc, 10**19, 2)
    for each in payees:
        each.behave(BURN)
    send(world, emc, 10**6)
    cool()
    new = shifted(terms)
    data = calldata(world, emc, terms, new, signed(world, emc, new))
    with boa.env.anchor():
        assert 9_000_000 < whole_gas(world.changes, data) < MAX_GAS
        assert world.consent.terms_of(emc.address) == new.hash()
        credited = sum(emc.credits(row) for row in range(64))
        due = 10**6 if gate == Gate.NONE else 64 * 10**3
        assert due - 64 <= credited <= due
    amended = replace(new, nonce=1)
    data = world.changes.amend.prepare_calldata(
        *(emc.address, terms.head(), terms.packed_rows(), amended.head(), amended.packed_rows()),
        authority.amendments(world, emc, amended),
    )
    assert 9_000_000 < whole_gas(world.changes, data) < MAX_GAS
    assert world.consent.terms_of(emc.address) == amended.hash()


def signed(world: World, emc: VyperContract, new: Terms) -> list[authority.Given]:
    """43 signatures, two thirds of 64."""
    return authority.agreements(world, emc, new, range(43))


def shifted(terms: Terms) -> Terms:
    """A millionth of every tranche for row 1 from row 0."""
    shares = [row.base for row in terms.rows]
    return authority.reshare(terms, [shares[0] - 1, shares[1] + 1, *shares[2:]])


# contract wallets


def test_a_wallet_that_burns_gas_is_left_out_of_the_bundle(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    move_in(world, 2, Mode.BURN)
    new = authority.reshare(terms, TURNED)
    given = authority.agreements(world, emc, new, [0, 1])
    with boa.reverts("signatures: not the signer"):
        authority.renegotiate(world, emc, terms, new, [*given, (2, FAR, b"\1")])
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 2


@pytest.mark.parametrize(
    "mode",
    [Mode.WRONG_MAGIC, Mode.LONG, Mode.SHORT, Mode.NOTHING, Mode.BOMB, Mode.HUGE, Mode.WRITE],
)
def test_only_the_magic_word_of_a_wallet_counts(world: World, mode: Mode) -> None:
    terms = three(world)
    emc = world.make(terms)
    wallet = move_in(world, 2, mode)
    new = authority.reshare(terms, TURNED)
    given = [*authority.agreements(world, emc, new, [0, 1]), (2, FAR, b"\1")]
    with boa.reverts("signatures: not the signer"):
        authority.renegotiate(world, emc, terms, new, given)
    given = [*authority.amendments(world, emc, new, [0, 1]), (2, FAR, b"\1")]
    with boa.reverts("signatures: not the signer"):
        authority.amend(world, emc, terms, new, given)
    wallet.set_mode(int(Mode.ANYTHING))
    authority.amend(world, emc, terms, new, given)
    assert emc.epoch() == 2


def test_a_wallet_may_change_its_mind_until_its_word_is_counted(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    wallet = move_in(world, 2, Mode.ANYTHING)
    new = authority.reshare(terms, TURNED)
    given = [*authority.agreements(world, emc, new, [0]), (2, FAR, b"\1")]
    wallet.set_mode(int(Mode.REVERT))
    with boa.reverts("signatures: not the signer"):
        authority.renegotiate(world, emc, terms, new, given)
    wallet.set_mode(int(Mode.ANYTHING))
    authority.renegotiate(world, emc, terms, new, given)
    # what is in force stays in force
    wallet.set_mode(int(Mode.REVERT))
    world.sell(emc, 100, 1)
    assert received(payee(2)) == 50


def test_an_approval_on_chain_asks_the_wallet_nothing(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    wallet = move_in(world, 2)
    new = authority.reshare(terms, TURNED)
    what = world.changes.amendment_matter(emc.address, 2, new.hash())
    wallet.execute(
        world.changes.address, world.changes.approve.prepare_calldata(emc.address, what, FAR)
    )
    wallet.set_mode(int(Mode.BURN))
    authority.amend(world, emc, terms, new, authority.amendments(world, emc, new, [0, 1]))
    assert emc.epoch() == 2


def test_one_owners_word_for_one_wallet_is_not_its_word_for_the_other(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    owner = world.nodes[2]
    wallets = [move_in(world, 2)]
    wallets.append(deployer("mocks/Wallet1271.vy").deploy(owner.account))
    rotate(world, 1, wallets[1].address)
    new = authority.reshare(terms, TURNED)

    def word(row: int, wallet: VyperContract) -> authority.Given:
        return authority.agreement(world, emc, new, new.rows[row], by=owner, signer=wallet.address)

    _, _, data = word(2, wallets[0])
    for given in ((1, FAR, data), word(1, wallets[0]), word(2, wallets[1])):
        with boa.reverts("signatures: not the signer"):
            authority.renegotiate(world, emc, terms, new, [given])
    authority.renegotiate(world, emc, terms, new, [word(1, wallets[1]), word(2, wallets[0])])
    assert emc.epoch() == 2


def test_an_account_that_gains_code_still_signs_by_its_key(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    boa.env.set_code(world.nodes[2].account, b"\xfe")
    authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new, [0, 2]))
    assert emc.epoch() == 2


def test_an_account_votes_for_one_row_at_a_time(world: World) -> None:
    """Its approval follows it to another ME, and the one that it left has none."""
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    account = world.nodes[0].account
    with boa.env.prank(account):
        world.changes.approve(
            emc.address, world.changes.renegotiation_matter(emc.address, 2, new.hash()), FAR
        )
    with boa.env.prank(world.nodes[1].account), boa.reverts():
        world.registry.offer_account(account)
        with boa.env.prank(account):
            world.registry.accept_account(world.nodes[1].me)
    rotate(world, 0, address("a new home"))
    rotate(world, 1, account)
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, [])
    authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new, [2]))
    assert emc.epoch() == 2


# proposals


def test_a_flood_of_proposals_stands_in_nobodys_way(world: World) -> None:
    rules = Renegotiation(quorum=666_666, window=100, objections=0)
    terms = three(world, renegotiation=rules)
    emc = world.make(terms)
    good = authority.reshare(terms, TURNED)
    authority.propose(world, emc, terms, good, row=1)
    what = world.changes.renegotiation_matter(emc.address, 2, good.hash())
    opened_at, last = world.changes.proposal_of(what)
    for i in range(20):
        flood = authority.reshare(terms, [500_000 - i - 1, 300_000, 200_000 + i + 1])
        authority.propose(world, emc, terms, flood, row=0)
    assert world.changes.proposal_of(what) == (opened_at, last)
    until(opened_at + 100)
    # each of the flooder's lacks a quorum
    for _ in range(2):
        with boa.reverts("changes: quorum not reached"):
            authority.renegotiate(world, emc, terms, flood, [])
        flood = authority.reshare(terms, [499_999, 300_000, 200_001])
    given = authority.agreements(world, emc, good, [2])
    authority.renegotiate(world, emc, terms, good, given)
    assert world.consent.terms_of(emc.address) == good.hash()


def test_a_proposal_made_long_ago_does_not_lie_in_wait(world: World) -> None:
    """Its window is over, but any change that comes first ends it, and so does its own last
    second.
    """
    rules = Renegotiation(quorum=333_333, window=100, objections=0)
    terms = three(world, renegotiation=rules)
    emc = world.make(terms)
    trap = authority.reshare(terms, [PPM, 0, 0])
    authority.propose(world, emc, terms, trap, row=0)
    boa.env.time_travel(seconds=100)
    terms = authority.leave(world, emc, terms, 2)
    with boa.reverts("changes: not a share per row"):
        authority.renegotiate(world, emc, terms, trap, [])
    with boa.reverts("changes: not proposed"):
        authority.renegotiate(world, emc, terms, authority.reshare(terms, [PPM, 0]), [])


def test_bounds_that_no_shares_meet_after_an_exit_do_not_lock_the_rest(world: World) -> None:
    rows = tuple(replace(row, upper=400_000) for row in world.rows([333_334, 333_333, 333_333]))
    terms = three(world, rows=rows)
    emc = world.make(terms)
    terms = authority.leave(world, emc, terms, 2)
    assert [row.base for row in terms.rows] == [666_667, 333_333]
    terms = authority.renegotiate(world, emc, terms, authority.reshare(terms, [600_000, 400_000]))
    with boa.reverts("changes: share outside bounds"):
        authority.renegotiate(world, emc, terms, authority.reshare(terms, [599_999, 400_001]))
    world.sell(emc, 100, 1)
    assert [received(payee(i)) for i in range(2)] == [60, 40]


def test_a_quorum_reaches_no_row_beyond_its_lower_bound(world: World) -> None:
    terms = three(world).with_row(2, lower=150_000)
    emc = world.make(terms)
    for shares in ([600_000, 400_000, 0], [500_001, 350_000, 149_999]):
        new = authority.reshare(terms, shares)
        with boa.reverts("changes: share outside bounds"):
            authority.renegotiate(
                world, emc, terms, new, authority.agreements(world, emc, new, [0, 1])
            )
    send(world, emc, 100)
    new = authority.reshare(terms, [500_000, 350_000, 150_000])
    authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new, [0, 1]))
    # what had come in is shared as it was agreed then
    assert received(payee(2)) == 20


def test_nobody_adds_a_row_to_an_amendment_that_was_signed(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = replace(terms, disburse_at=5)
    given = authority.agreements(world, emc, new)
    thief = Row(3, world.stranger, world.stranger, 0, 0, 0, 0, 0, cost=10**18)
    with boa.reverts("signatures: not the signer"):
        authority.amend(world, emc, terms, replace(new, rows=(*new.rows, thief)), given)


# tokens


def test_a_token_that_pays_one_row_nothing_does_not_stop_a_change(world: World) -> None:
    token = world.token(6, "mocks/MoodyToken.vy", "Moody", "MDY", 6)
    terms = three(world, currency=token.address)
    emc = world.make(terms)
    for mood in (1, 2, 3):
        token.set_mood(payee(1), mood)
        with boa.env.anchor():
            send(world, emc, 100, token)
            new = authority.renegotiate(world, emc, terms, authority.reshare(terms, TURNED))
            assert [received(payee(i), token) for i in range(3)] == [50, 0, 20]
            assert emc.credits(1) == 30
            assert world.consent.terms_of(emc.address) == new.hash()


def test_a_token_that_moves_and_denies_it_books_nothing_wrong(world: World) -> None:
    token = weird_token(world, "AnsweringToken")
    terms = three(world, currency=token.address)
    emc = world.make(terms)
    send(world, emc, 100, token)
    token.answer_to(payee(1), b"\0" * 32, True)
    new = authority.reshare(terms, TURNED)
    terms = authority.renegotiate(world, emc, terms, new)
    assert [received(payee(i), token) for i in range(3)] == [50, 30, 20]
    assert emc.credits(1) == 0
    send(world, emc, 100, token)
    # what it did not move it denies with right
    token.answer_to(payee(1), b"\0" * 32, False)
    authority.renegotiate(world, emc, terms, authority.reshare(terms, [500_000, 300_000, 200_000]))
    assert emc.credits(1) == 30


def test_a_paused_token_does_not_stop_a_change(world: World) -> None:
    token = weird_token(world, "RefusingToken")
    terms = three(world, currency=token.address)
    emc = world.make(terms)
    send(world, emc, 100, token)
    token.pause(True)
    authority.renegotiate(world, emc, terms, authority.reshare(terms, TURNED))
    assert [emc.credits(row) for row in range(3)] == [50, 30, 20]
    token.pause(False)
    for row in range(3):
        emc.withdraw(row)
    assert [received(payee(i), token) for i in range(3)] == [50, 30, 20]


def test_a_token_that_shrinks_does_not_stop_a_change(world: World, books: Books) -> None:
    token = weird_token(world, "RebasingToken")
    terms = three(world, currency=token.address, gate=Gate.BENCHMARK)
    emc = world.make(terms)
    world.sell(emc, 100, 1, token)
    token.rebase(500_000)
    authority.renegotiate(world, emc, terms, authority.reshare(terms, TURNED))
    assert events(world.changes, "Payout") == []
    # what is held is what was booked, and half of it lies here
    assert [emc.earned(i) for i in range(3)] == [(0, 50), (0, 30), (0, 20)]
    books.unabsorbed[emc.address] = -50
