"""Whatever a token turns into, nothing that came into an EMC is ever out of reach."""

from dataclasses import dataclass, replace

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Gate, Terms
from tests import authority
from tests.kit import CUSTOMER, World, address, received
from tests.till import BACKSTOP, CLOSED, ENDED, payee, send, until, weird_token

HONEST, DENIES, REFUSES, SILENT, PAUSED, FEE, MUTE, MUTTERS, HOLLOW, GONE, BLOCKS = range(11)
KINDS = {
    "moves and answers no": DENIES,
    "moves nothing and answers no": REFUSES,
    "answers nothing": SILENT,
    "is paused": PAUSED,
    "keeps a tenth": FEE,
    "does not say what anybody has": MUTE,
    "moves, answers no and does not say what anybody has": MUTTERS,
    "does nothing and answers nothing": HOLLOW,
    "has no code any more": GONE,
    "blocks the EMC": BLOCKS,
}
# which are another code; this one stops
CODES = {HOLLOW: b"\0", GONE: b""}
# these still move what they are asked to
MOVING = (DENIES, SILENT, FEE)
LIVES = ("plain", "gathering", "gate", "failure")


@dataclass
class Stuck:
    """An EMC with money in every place that its life has, and its token."""

    world: World
    emc: VyperContract
    token: VyperContract
    terms: Terms
    code: bytes = b""

    def turn(self, kind: int) -> None:
        """Let the token become of a kind; or be honest again."""
        if self.code:
            boa.env.set_code(self.token.address, self.code)
            self.code = b""
        self.token.block(self.emc.address, kind == BLOCKS)
        if kind in CODES:
            self.code = boa.env.get_code(self.token.address)
            boa.env.set_code(self.token.address, CODES[kind])
        elif kind != BLOCKS:
            self.token.turn(kind)

    def buy(self, amount: int, number: int) -> None:
        """The buyer pays, by bytes, since boa cannot read what the token answers."""
        with boa.env.prank(self.world.buyer):
            self.emc.sale(number, amount, CUSTOMER)

    def reshare(self) -> None:
        """Other shares are put in force."""
        first, second, *others = self.terms.rows
        shares = [second.base, first.base, *(row.base for row in others)]
        new = authority.reshare(self.terms, shares)
        self.terms = authority.renegotiate(self.world, self.emc, self.terms, new)

    def out(self) -> int:
        """What payees, fees and the backstop have."""
        whom = [*(payee(i) for i in range(4)), address("backstop"), self.token.address]
        return sum(received(who, self.token) for who in whom)


def stuck(world: World, life: str) -> Stuck:
    """Four rows, of which one has a credit and one has left; where there is a gate it is closed."""
    token = weird_token(world, "TurningToken")
    rows = world.rows(
        [400_000, 300_000, 200_000, 100_000], running=[0, 100_000, 0, 0], costs=[0, 0, 30, 0]
    )
    terms = world.terms(
        rows,
        currency=token.address,
        benchmark=1_000,
        target=2_000,
        gate=Gate.NONE if life in ("plain", "gathering") else Gate.BENCHMARK,
        disburse_at=500 if life == "gathering" else 0,
    )
    terms = replace(terms, renegotiation=replace(terms.renegotiation, quorum=500_000))
    emc = world.make(terms)
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 10**9)
    case = Stuck(world, emc, token, terms)
    token.block(payee(1), True)
    case.buy(301, 1)
    emc.disburse()
    token.block(payee(1), False)
    assert emc.credits(1) > 0
    case.terms = authority.leave(world, emc, terms, 3)
    case.buy(99, 2)
    case.reshare()
    case.buy(77, 3)
    accounts = emc.accounts()
    assert bool(accounts.pending) == (life == "gathering")
    assert bool(accounts.held) == (life in ("gate", "failure"))
    assert bool(emc.waiting()) == (life in ("gate", "failure"))
    return case


def run_its_course(case: Stuck, kind: int, life: str) -> None:
    """Everything that needs no payer is done while the token is what it has turned into."""
    emc = case.emc
    if kind in MOVING and life != "failure":
        # the sale that opens the gate, too
        case.buy(900, 4)
        assert emc.is_gate_open()
    elif life != "failure":
        with boa.reverts():
            case.buy(900, 4)
    emc.disburse()
    assert emc.accounts().pending == 0
    case.reshare()
    until(case.terms.ends_at)
    emc.end()
    assert emc.stage() in (ENDED, CLOSED)


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_token_locks_what_came_in(world: World, kind: str, life: str) -> None:
    case, turned = stuck(world, life), KINDS[kind]
    emc, token = case.emc, case.token
    send(world, emc, 40, token)
    before = case.out()
    case.turn(turned)
    run_its_course(case, turned, life)
    if turned not in MOVING:
        # nothing moved, so nothing is booked as paid, but by one who moves and is asked no more
        case.turn(HONEST)
        if turned != MUTTERS:
            assert case.out() == before
    accounts = emc.accounts()
    assert accounts.paid <= case.out()
    if turned in (MUTE, MUTTERS, HOLLOW, GONE):
        # what it did not say lay there
        emc.absorb()
    for row in (0, 1, 2, 3, BACKSTOP):
        if emc.credits(row):
            emc.withdraw(row)
    assert emc.stage() == CLOSED
    accounts = emc.accounts()
    assert accounts.credited == accounts.held == accounts.pending == 0
    assert received(emc.address, token) == accounts.dust
    assert accounts.paid == accounts.received - accounts.dust
    # the payer of a sale bears its fee
    assert case.out() == accounts.paid + (90 if turned == FEE and life != "failure" else 0)


@pytest.mark.parametrize("life", LIVES)
def test_a_gift_that_a_token_denies_to_have_passed_on_is_booked_once(
    world: World, life: str
) -> None:
    case = stuck(world, life)
    case.turn(DENIES)
    send(world, case.emc, 600, case.token)
    case.emc.absorb()
    assert case.emc.total() == 301 + 99 + 77 + 600
    assert case.emc.is_gate_open()
    assert case.emc.credits(0) == case.emc.credits(2) == 0
    for row in (1, 3):
        if case.emc.credits(row):
            case.emc.withdraw(row)
    accounts = case.emc.accounts()
    assert case.out() == accounts.paid == accounts.received - accounts.dust
