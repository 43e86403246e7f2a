"""How much gas a transaction is given: enough, too, if those it pays use more than they did when it
was estimated.

A payee that is cheap in an estimate can burn all it gets once the transaction is in a block. What
it can burn is bounded, so a limit that counts with the worst is always enough; only what is used is
paid for.
"""

from typing import TYPE_CHECKING, Any

from eth_utils.crypto import keccak

if TYPE_CHECKING:
    from ape.api import AccountAPI

# the functions that pay the rows of an EMC, or may: of the EMC itself, and of those it obeys, which
# are told the EMC first
OF_EMC = frozenset({"sale", "sale_with_permit", "sales", "disburse", "absorb", "end"})
OF_OTHERS = frozenset(
    {"renegotiate", "amend", "leave", "expel", "disband", "finalise", "book", "give_back"}
)
# the same of Checkout, which is told an order first
OF_ORDERS = frozenset({"pay", "pay_with_permit", "pay_with_authorization", "release", "refund"})
# a push at its worst, the token asked once more for the balance, and the credit that it becomes:
# 100,000, 50,000 and 27,000, rounded up
PER_ROW = 180_000
# the first credit of an EMC, and the backstop's
ONCE = 200_000
_PAGE = keccak(text="page()")[:4]
# no transaction of an EMC needs more, whatever anybody does
MOST = 16_000_000


def limit(estimate: int, rows: int) -> int:
    """The gas limit of a transaction that pays so many rows.

    Args:
        estimate: What the chain says it uses as things are.
    """
    return max(estimate, min(estimate + ONCE + PER_ROW * rows, MOST))


def asked(function: Any, args: tuple[Any, ...], sender: "AccountAPI", value: int) -> dict[str, int]:
    """The gas limit of a transaction, as ape takes it; nothing where ape's own will do, which is
    also how it finds out what is refused.
    """
    name, contract = function.abis[0].name, function.contract
    if contract.provider.name == "test" or name not in OF_EMC | OF_OTHERS | OF_ORDERS:
        return {}
    eth = contract.provider.web3.eth
    call = {
        "from": sender.address,
        "to": contract.address,
        "data": function.encode_input(*args),
        "value": value,
    }
    emc = contract.address if name in OF_EMC else args[0]
    if name in OF_ORDERS:
        emc = args[0][0]
    try:
        rows = rows_of(bytes(eth.call({"to": emc, "data": _PAGE})))
        if name == "give_back":
            # it pays buyers, not rows
            rows = len(args[2])
        return {"gas_limit": limit(int(eth.estimate_gas(call)), rows)}
    except Exception:
        # ape asks again, and says what is refused
        return {}


def rows_of(answer: bytes) -> int:
    """How many rows an EMC has, by what it answers to `page()`: bytes, whose 31st is that."""
    return answer[64 + 30] if len(answer) > 94 else 0
