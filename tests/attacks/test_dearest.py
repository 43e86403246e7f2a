"""The dearest change there is stays below what public chains let into a transaction."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product, starmap

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Bar, Gate, Row, Terms
from emc.core.units import PPM
from tests import authority
from tests.attacks.test_changes import crowd, whole_gas
from tests.kit import FAR, World, address, deployer
from tests.profiles import long
from tests.till import ACCEPT, BURN, cool, send
from tests.wallets import Mode, approve, move_in

# the ids of those that come with the first and with the second change
NUMBERED = {
    "in a row": (range(64, 94), range(94, 124)),
    # which costs each of them a word of its own
    "apart": (range(64, 124, 2), range(65, 124, 2)),
}
# the ids of those that leave first, and whose MEs stand where in the order of MEs
STAYING = {
    "first": (range(34, 64), [*range(64)]),
    "last": (range(1, 31), [*range(31), *range(91, 124)]),
}
# as docs/gas.md says
LIMITS = {"in a row": 15_200_000, "apart": 15_800_000}


def turned(
    world: World,
    terms: Terms,
    going: Sequence[int],
    coming: Sequence[int],
    payees: list[VyperContract],
    cost: int,
) -> Terms:
    """As many nodes go as may, as many come, and everybody's cost cover changes."""
    rows = [row for row in terms.rows if row.id not in going]
    last = max(int(row.party) for row in terms.rows if row.id in going)
    taken = {int(row.party) for row in terms.rows}
    mes = [node.me for node in world.nodes if node.me > last and node.me not in taken]
    for row_id, me in zip(coming, mes, strict=False):
        payees.append(deployer("mocks/HostilePayee.vy").deploy(ACCEPT))
        rows.append(replace(terms.rows[1], id=row_id, party=me, payee=payees[-1].address))
    leader, *others = [replace(row, cost=cost) for row in rows]
    others.sort(key=party)
    return replace(terms, nonce=terms.nonce + 1, rows=(leader, *others))


def party(row: Row) -> int:
    return int(row.party)


def delegate(account: VyperContract, to: str) -> None:
    """Let an account run what now is code of another address, as EIP-7702 delegates: whoever calls
    it pays for reaching that one, too.
    """
    boa.env.set_code(to, boa.env.get_code(account.address))
    boa.env.set_code(account.address, bytes.fromhex("ef0100") + bytes.fromhex(to[2:]))


@pytest.mark.parametrize(
    ("how", "staying", "backstop", "agrees"),
    [
        ("apart", "last", "another", "signatures"),
        ("apart", "last", "another", "approvals"),
        *starmap(long, product(NUMBERED, ("first",), ("the same", "another"), ("signatures",))),
        *starmap(long, product(NUMBERED, ("last",), ("the same",), ("signatures",))),
        long("in a row", "last", "another", "signatures"),
    ],
)
def test_the_dearest_amendment(
    world: World, how: str, staying: str, backstop: str, agrees: str
) -> None:
    """Behind a closed gate 30 rows leave money behind and as many come; 64 payees, accounts with
    delegated code, burn their gas for the first time; covers, the deadline and perhaps the backstop
    change, so that 30 that left before must sign, too; a registry is asked about everybody that
    comes; and a stranger has revoked, so that of each who signs it is looked up.
    """
    first, second = NUMBERED[how]
    leaving_first, places = STAYING[staying]
    terms, payees = crowd(world, Gate.TARGET)
    world.register(124 - len(world.nodes))
    bar = Bar(registry=world.reputation.address, stars=1, admits_unrated=True)
    nodes = [world.nodes[place] for place in places]
    rows = tuple(replace(row, party=node.me) for row, node in zip(terms.rows, nodes, strict=True))
    terms = replace(terms, bar=bar, rows=rows)
    keys = enumerate(node.key for node in nodes)
    emc = world.make(terms, [world.signature(terms, i, key=key) for i, key in keys])
    world.sell(emc, 10**19, 1)
    new = turned(world, terms, leaving_first, first, payees, 7 * 10**17)
    terms = authority.amend(world, emc, terms, new)
    world.sell(emc, 10**19, 2)
    new = turned(world, terms, first, second, payees, 8 * 10**17)
    new = replace(new, goal=replace(new.goal, deadline=new.goal.deadline - 1))
    if backstop == "another":
        new = replace(new, backstop=address("another backstop"))
    if staying == "last":
        assert {row.id for row in new.rows[-33:]} == set(range(31, 64))
    assert len(authority.waiting(emc)) == 30
    for each in payees[:94]:
        each.behave(BURN)
    for i, each in enumerate(payees):
        delegate(each, address(f"delegate {i}"))
    send(world, emc, 10**9)
    with boa.env.prank(world.stranger):
        world.changes.revoke(emc.address)
    leaving = [*first, *authority.waiting(emc)]
    mes = {row.id: int(row.party) for row in terms.rows} | {
        row: emc.party_of(row) >> 96 for row in authority.waiting(emc)
    }
    given = []
    if agrees == "approvals":
        what = world.changes.amendment_matter(emc.address, 3, new.hash())
        for me in {*mes.values(), *(int(row.party) for row in new.rows)}:
            with boa.env.prank(world.registry.account_of(me)):
                world.changes.approve(emc.address, what, FAR)
    else:
        given = authority.amendments(world, emc, new)
        given += [authority.departure(world, emc, new, row, mes[row]) for row in sorted(leaving)]
    cool()
    gas = whole_gas(
        world.changes,
        world.changes.amend.prepare_calldata(
            emc.address, terms.head(), terms.packed_rows(), new.head(), new.packed_rows(), given
        ),
    )
    assert world.consent.terms_of(emc.address) == new.hash()
    print("dearest", how, staying, backstop, gas)
    assert 14_500_000 < gas < LIMITS[how]


def test_wallets_that_do_not_fit_when_relayed_are_refused_with_the_reason(world: World) -> None:
    """A contract wallet may use 200,000 gas; so many of them approve on chain instead."""
    terms = world.terms(world.rows([PPM // 64] * 64))
    emc = world.make(terms)
    new = replace(terms, nonce=1)
    wallets = []
    for i in range(64):
        wallets.append(move_in(world, i, Mode.ANYTHING))
        wallets[-1].set_toll(140_000)
    given = [(i, FAR, b"\1") for i in range(64)]
    args = (emc.address, terms.head(), terms.packed_rows(), new.head(), new.packed_rows())
    data = world.changes.amend.prepare_calldata(*args, given)
    cool()
    with boa.env.anchor():
        assert whole_gas(world.changes, data) > 11_000_000
    with boa.reverts("signatures: too little gas"):
        world.changes.amend(*args, given, gas=8_000_000)
    what = world.changes.amendment_matter(emc.address, 2, new.hash())
    for wallet in wallets:
        wallet.execute(
            world.changes.address, world.changes.approve.prepare_calldata(emc.address, what, FAR)
        )
    cool()
    gas = whole_gas(world.changes, world.changes.amend.prepare_calldata(*args, []))
    assert gas < 3_000_000
    assert world.consent.terms_of(emc.address) == new.hash()


@pytest.mark.parametrize("agrees", ["approvals", "signatures of keys"])
def test_the_dearest_making(world: World, agrees: str) -> None:
    """64 nodes with cost covers, behind contract wallets or not, and a registry that is asked
    about everybody.
    """
    bar = Bar(registry=world.reputation.address, stars=1, admits_unrated=True)
    terms = world.terms(world.rows([PPM // 64] * 64, costs=[1] * 64), bar=bar)
    given = []
    if agrees == "approvals":
        for i in range(64):
            move_in(world, i, Mode.BURN)
        for i in range(64):
            approve(world, terms, i)
    else:
        given = world.signatures(terms)
    cool()
    data = world.consent.make.prepare_calldata(terms.head(), terms.packed_rows(), given)
    gas = whole_gas(world.consent, data)
    assert world.consent.terms_of(world.address_of(terms)) == terms.hash()
    print("dearest making", agrees, gas)
    assert 2_500_000 < gas < 6_000_000


def test_wallets_that_do_not_fit_a_making_when_relayed_approve_on_chain(world: World) -> None:
    """Each uses all that it may; the reason is given where the gas is too little, no lie."""
    bar = Bar(registry=world.reputation.address, stars=1, admits_unrated=True)
    terms = world.terms(world.rows([PPM // 64] * 64), bar=bar)
    wallets = [move_in(world, i, Mode.ANYTHING) for i in range(64)]
    for wallet in wallets:
        wallet.set_toll(140_000)
    arguments = terms.head(), terms.packed_rows()
    data = world.consent.make.prepare_calldata(*arguments, [(i, FAR, b"\1") for i in range(64)])
    cool()
    with boa.env.anchor():
        gas = whole_gas(world.consent, data)
    print("relayed", gas)
    assert gas > 11_000_000
    cool()
    answer = boa.env.execute_code(world.consent.address, data=data, gas=8_000_000)
    assert answer.is_error
    assert b"signatures: too little gas" in answer.output
    at = world.address_of(terms)
    matter = world.consent.formation_matter(at, terms.hash())
    approving = world.consent.approve.prepare_calldata(at, matter, FAR)
    for wallet in wallets:
        wallet.execute(world.consent.address, approving)
    cool()
    gas = whole_gas(world.consent, world.consent.make.prepare_calldata(*arguments, []))
    print("approved", gas)
    assert gas < 6_000_000
    assert world.consent.terms_of(at) == terms.hash()
