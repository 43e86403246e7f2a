"""What the tests of the till share: each of them leaves EMCs whose books are checked."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from emc.core.terms import NATIVE, Gate, Terms
from emc.core.units import PPM
from tests.kit import World, address, deployer, events, received

BACKSTOP = 128
NO_CUSTOMER = bytes(32)
# the stages of IEMC, as the flag's numbers
ACTIVE, ENDED, CLOSED = (1 << i for i in range(3))
# what HostilePayee and RefusingToken do
ACCEPT, REVERT, BOMB, BURN = range(4)


@dataclass
class Books:
    """The EMCs a test made, and what it means to leave unbooked in each of them.

    ``unabsorbed`` is what came by plain transfer and is not absorbed; negative, what a token took.
    """

    terms: dict[str, Terms] = field(default_factory=dict)
    unabsorbed: dict[str, int] = field(default_factory=dict)

    def check(self) -> None:
        """Everything that came into each EMC is in exactly one place, and lies there."""
        for at, terms in self.terms.items():
            if not boa.env.get_code(at):
                # what was made has been undone
                continue
            emc = deployer("EMC.vy").at(at)
            token = None
            if terms.currency != NATIVE:
                token = boa.env.lookup_contract(terms.currency)
            unabsorbed = self.unabsorbed.get(at, 0)
            balance = received(at, token)
            accounts = emc.accounts()
            assert accounts.received == emc.total()
            assert accounts.received == (
                accounts.paid + accounts.credited + accounts.held + accounts.pending + accounts.dust
            )
            assert accounts.dust <= 2 * len(terms.rows)
            # ids that were ever on a page are kept from the first change on
            used = slot(at, "leaver_book", "used") or (1 << len(terms.rows)) - 1
            rows = [row for row in range(BACKSTOP) if used >> row & 1]
            assert accounts.credited == sum(emc.credits(row) for row in (*rows, BACKSTOP))
            assert balance == (
                accounts.credited + accounts.held + accounts.pending + accounts.dust + unabsorbed
            )


@pytest.fixture(autouse=True)
def books(world: World, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Remembers every EMC that the test makes."""
    # boa would read slots by the types of a contract that an earlier test had at the same address
    boa.env.sstore_trace.clear()
    kept = Books()
    make = world.make

    def recorded(terms: Terms | None = None, *args: Any, **kwargs: Any) -> VyperContract:
        terms = terms or world.terms()
        emc = make(terms, *args, **kwargs)
        kept.terms[emc.address] = terms
        return emc

    monkeypatch.setattr(world, "make", recorded)
    return kept


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Checks the books while the chain still is as the test left it."""
    result = yield
    pyfuncitem.funcargs["books"].check()
    return result


def slot(emc: str, *names: str) -> int:
    """What lies in a storage slot of an EMC, by its place in the layout."""
    layout = deployer("EMC.vy").compiler_data.storage_layout["storage_layout"]
    for name in names:
        layout = layout[name]
    return int(boa.env.get_storage(emc, layout["slot"]))


def shares_of(emc: VyperContract) -> list[int]:
    """The amounts of the one Payout of the EMC's last transaction, in the order of the rows."""
    (payout,) = events(emc, "Payout")
    return [payment.amount for payment in payout.payments]


def held_terms(world: World, **changes: Any) -> Terms:
    """Rows at 50, 30 and 20 percent; benchmark 1000, target 2000, the gate at the benchmark."""
    values: dict[str, Any] = {"benchmark": 1_000, "target": 2_000, "gate": Gate.BENCHMARK}
    rows = changes.pop("rows", None) or world.rows([500_000, 300_000, 200_000])
    return world.terms(rows, **{**values, **changes})


def waterfall_terms(world: World, **changes: Any) -> Terms:
    """Terms in which every band pays others.

    Row 1 runs at 10 percent of every sale, row 0 has a cost cover of 90; base goes 50/30/20,
    leading 20/30/50, upside to row 2 alone. Benchmark 200, target 400.
    """
    rows = list(world.rows([500_000, 300_000, 200_000], running=[0, 100_000, 0], costs=[90, 0, 0]))
    for i, (leading, upside) in enumerate(((200_000, 0), (300_000, 0), (500_000, PPM))):
        rows[i] = replace(rows[i], leading=leading, upside=upside)
    values: dict[str, Any] = {"benchmark": 200, "target": 400}
    return world.terms(tuple(rows), **{**values, **changes})


def change_payee(world: World, emc: VyperContract, terms: Terms, index: int, payee: str) -> None:
    """A node has its row paid elsewhere from now on."""
    with boa.env.prank(world.nodes[index].account):
        world.conduct.change_payee(emc.address, terms.head(), terms.packed_rows(), index, payee)


def until(timestamp: int) -> None:
    """Let time pass until then."""
    boa.env.time_travel(seconds=timestamp - boa.env.timestamp)


def send(world: World, emc: VyperContract, amount: int, token: Any = None) -> None:
    """The buyer makes a plain transfer to the EMC."""
    with boa.env.prank(world.buyer):
        if token is None:
            emc.__default__(value=amount)
        else:
            # by its bytes, since boa cannot read what a weird token answers
            data = token.transfer.prepare_calldata(emc.address, amount)
            boa.env.raw_call(token.address, data=data)


def cool() -> None:
    """Make every account and slot cold, as a new transaction finds them."""
    accessed = boa.env.evm.vm.state._account_db._journal_accessed_state
    for key in list(accessed._journal._current_values):
        if key in accessed:
            del accessed[key]


def force_coin(world: World, emc: VyperContract, amount: int) -> None:
    """The buyer forces coin on the EMC, which is not asked."""
    with boa.env.prank(world.buyer):
        deployer("mocks/ForcedCoin.vy").deploy().force(emc.address, value=amount)


def weird_token(world: World, name: str, *args: Any) -> VyperContract:
    """A mock of a token, with plenty in the buyer's hands."""
    token = deployer(f"mocks/{name}.vy").deploy(*args)
    token.mint(world.buyer, 10**27)
    return token


def key_of(role: str) -> LocalAccount:
    """A key for an actor who signs, with coin on its account."""
    key: LocalAccount = Account.from_key(keccak(text=role))
    boa.env.set_balance(key.address, 10**24)
    return key


def payee(i: int) -> str:
    """Where row i is paid by default."""
    return address(f"payee {i}")
