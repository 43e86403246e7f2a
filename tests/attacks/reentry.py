"""Every way back into an EMC, for parties that are called while it moves money."""

from collections.abc import Callable
from typing import Any

from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import NATIVE
from tests.kit import CUSTOMER, FAR, address, events

# an argument list for each function of the till, such that it gets past the decoding of its call
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "sale": (99, 10, CUSTOMER),
    "sale_with_permit": (99, 10, CUSTOMER, FAR, 27, b"\1" * 32, b"\1" * 32),
    "sales": (99, [(10, CUSTOMER)]),
    "disburse": (),
    "absorb": (),
    "end": (),
    "withdraw": (0,),
    "rescue": (NATIVE,),
    "adopt": ((1, NATIVE, address("backstop"), 0, FAR, 0, 1, 2, 0, 0, 0, 0), [1], [0], [(0, 1)]),
    "change_payee": (0, address("thief")),
    "disband": (),
    "stage": (),
    "accounts": (),
    "total": (),
    "epoch": (),
    "currency_of": (),
    "is_gate_open": (),
    "earned": (0,),
    "payee_of": (0,),
    "rows_paid_at": (NATIVE,),
    "party_of": (0,),
    "stay_of": (0,),
    "ended_with": (),
    "waiting": (),
    "credits": (0,),
    "is_paid": (NATIVE, 1),
    "paid_word": (NATIVE, 0),
    "page": (),
    "authority": (),
}
FUNCTIONS = sorted(ARGUMENTS)


def call_of(emc: VyperContract, function: str) -> bytes:
    """The call of one function of the EMC."""
    data: bytes = getattr(emc, function).prepare_calldata(*ARGUMENTS[function])
    return data


# one call, which failed without a reason, as only the lock does
LOCKED = [(False, b"")]


def tries(contract: VyperContract) -> list[tuple[bool, bytes]]:
    """What came of each call back during the contract's last transaction."""
    return [(tried.is_ok, tried.answer) for tried in events(contract, "Tried")]


def assert_locked(
    emc: VyperContract, party: VyperContract, function: str, during: Callable[[], None]
) -> None:
    """Called back while the EMC moves money, the function fails on the lock; else it does not."""
    party.aim(emc.address, call_of(emc, function))
    party.tokens_received()
    ((is_ok, answer),) = tries(party)
    assert is_ok or answer != b""
    during()
    assert tries(emc) == LOCKED
