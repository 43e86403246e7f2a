"""What a chain must be like for EMCs to live on it, found out before anything is sent.

Each question is a small program that a node runs as the creation of a contract (eth_call without a
receiver). Nothing is deployed and nothing is paid; what it would leave as code is the answer.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from emc.chain.sending import FUND, line
from emc.core.addresses import created
from emc.errors import EMCError

if TYPE_CHECKING:
    from emc.chain.edge import Chain

# as contracts/modules/currency.vy has them: what a payee may use, and above what gas it is paid,
# so that it really gets that
PUSH_GAS, PUSH_FLOOR = 100_000, 120_000
# no transaction of an EMC needs more (rule 9 of the specification)
MOST_GAS = 16_000_000
# what a program may use, and what the pushes and pops around a call that it measures cost at most
PROGRAM_GAS, AROUND = 1_000_000, 50
# coin that comes along goes with this much gas for free
STIPEND = 2_300

_OPCODES = {
    "SUB": 0x03, "ADDRESS": 0x30, "CODECOPY": 0x39, "POP": 0x50, "MSTORE": 0x52, "GAS": 0x5A,
    "TLOAD": 0x5C, "TSTORE": 0x5D, "MCOPY": 0x5E, "PUSH0": 0x5F, "DUP1": 0x80, "DUP5": 0x84,
    "DUP6": 0x85, "DUP7": 0x86, "SWAP1": 0x90, "CREATE": 0xF0, "CALL": 0xF1, "RETURN": 0xF3,
    "CREATE2": 0xF5, "STATICCALL": 0xFA,
}  # fmt: skip


def assembled(program: str, behind: bytes = b"") -> bytes:
    """The code of a program: names of instructions, and numbers (0x..) that are pushed.

    Args:
        behind: Bytes after the instructions, which the program loads to the start of memory.
    """
    if behind:
        program = f"0x{len(behind):02x} 0x?? 0x00 CODECOPY {program}"
    words = program.split()
    length = sum(len(word) // 2 if word.startswith("0x") else 1 for word in words)
    code = b""
    for word in words:
        if word.startswith("0x"):
            pushed = bytes.fromhex(word[2:].replace("??", f"{length:02x}"))
            code += bytes([0x5F + len(pushed)]) + pushed
        else:
            code += bytes([_OPCODES[word]])
    return code + behind


def putting(code: bytes) -> bytes:
    """Creation code that leaves this code, or code that answers with it: as contracts/Pages.vy."""
    return bytes.fromhex(f"61{len(code):04x}80600a5f395ff3") + code


# answers with 1, by instructions that every chain has
PLAIN = assembled("0x01 0x00 MSTORE 0x20 0x00 RETURN")
# the same by instructions that came with Shanghai and Cancun
NEW = {
    "PUSH0": assembled("0x01 PUSH0 MSTORE 0x20 PUSH0 RETURN"),
    "MCOPY": assembled("0x01 0x00 MSTORE 0x20 0x00 0x20 MCOPY 0x20 0x20 RETURN"),
    "TSTORE": assembled("0x01 0x00 TSTORE 0x00 TLOAD 0x00 MSTORE 0x20 0x00 RETURN"),
}
# a page of code, created by CREATE and again by CREATE2, and asked: answers with the program's own
# address, those of both pages, and what the first said
MARK = keccak(text="a page of code")
PAGE = putting(putting(MARK))
CREATIONS = assembled(
    f"0x{len(PAGE):02x} 0x00 0x00 CREATE 0x00 0x{len(PAGE):02x} 0x00 0x00 CREATE2 "
    "0x40 MSTORE DUP1 0x20 MSTORE ADDRESS 0x00 MSTORE "
    "0x20 0x60 0x00 0x00 DUP5 GAS STATICCALL 0x80 0x00 RETURN",
    behind=PAGE,
)
# what calls cost: of an account that was not touched before; with coin; then what gas is left, and
# what a contract gets when it is offered all of it, and when it is offered PUSH_GAS
STRANGER = to_checksum_address(keccak(text="an account that nobody has touched")[12:])
TELLING = putting(assembled("GAS PUSH0 MSTORE 0x20 PUSH0 RETURN"))
COSTS = assembled(
    f"0x{len(TELLING):02x} 0x00 0x00 CREATE "
    f"GAS 0x00 0x00 0x00 0x00 0x00 {STRANGER} 0x00 CALL POP GAS SWAP1 SUB 0x00 MSTORE "
    "GAS 0x00 0x00 0x00 0x00 0x01 DUP7 0x00 CALL POP GAS SWAP1 SUB 0x20 MSTORE "
    "GAS 0x40 MSTORE 0x20 0x60 0x00 0x00 0x00 DUP6 GAS CALL POP "
    f"0x20 0x80 0x00 0x00 0x00 DUP6 0x{PUSH_GAS:06x} CALL POP 0xa0 0x00 RETURN",
    behind=TELLING,
)


def check(chain: "Chain", sender: str) -> None:
    """See that EMCs can live on a chain.

    Args:
        sender: In whose name the node is asked, and who would pay.

    Raises:
        EMCError: they cannot, the node does not answer, or the sender has no coin; says why.
    """
    if not chain.provider.get_balance(sender):
        raise EMCError(f"{sender} has no coin for gas", FUND)
    said, _ = _asked(chain, sender, PLAIN, 1)
    if said != [1]:
        raise EMCError(
            f"the node does not answer the checks of chain {chain.id}",
            "ask another one: it must answer eth_call without a receiver",
        )
    reason = next(_differences(chain, sender), None)
    if reason is not None:
        raise EMCError(
            f"no system on chain {chain.id}: {reason}", "use a chain that works like Ethereum"
        )


def _differences(chain: "Chain", sender: str) -> Iterator[str]:
    """What about a chain is not as EMCs need it."""
    for name, program in NEW.items():
        said, why = _asked(chain, sender, program, 1)
        if said != [1]:
            yield f"it does not run {name}, an instruction of Cancun{why}"
    said, why = _asked(chain, sender, CREATIONS, 4)
    if said is None:
        yield f"contracts cannot create contracts there{why}"
        return
    own, first, second, mark = said
    here = _address(own)
    body = b"\xff" + bytes.fromhex(here[2:]) + bytes(32) + keccak(PAGE)
    if _address(first) != created(here, 1):
        yield "CREATE puts contracts elsewhere"
    if second.to_bytes(32, "big")[12:] != keccak(body)[12:]:
        yield "CREATE2 puts contracts elsewhere"
    if mark != int.from_bytes(MARK, "big"):
        yield "a contract does not run the code that it was created with"
    said, why = _asked(chain, sender, COSTS, 5, value=1)
    if said is None:
        yield f"it does not say what calls cost{why}"
        return
    cold, paying, left, reached, given = said
    # a payee is touched, may delegate to code that is touched too (EIP-7702), and gets coin
    spent = 2 * cold + paying + STIPEND
    most = max(PUSH_FLOOR - spent, 0) * reached // max(left, 1)
    if min(most, given + AROUND) < PUSH_GAS:
        yield (
            f"of {PUSH_GAS:,} gas that a payee must be able to use, {min(most, given):,} reach it: "
            f"a call of an account that was not touched before costs {cold:,}"
        )
    limit = int(chain.provider.web3.eth.get_block("latest")["gasLimit"])
    if limit < MOST_GAS:
        yield (
            f"a transaction may use {limit:,} gas there; that of an EMC with many nodes can need "
            f"{MOST_GAS:,}"
        )


def _asked(
    chain: "Chain", sender: str, program: bytes, count: int, value: int = 0
) -> tuple[list[int] | None, str]:
    """The numbers that a program answers with; if there are none, what the node says instead."""
    from web3.exceptions import Web3Exception

    call: Any = {
        "from": sender, "data": "0x" + program.hex(), "value": value, "gas": PROGRAM_GAS,
    }  # fmt: skip
    try:
        said = bytes(chain.provider.web3.eth.call(call))
    except (Web3Exception, ValueError) as error:
        return None, f" ({line(error)[:120]})"
    if len(said) != 32 * count:
        return None, ""
    return [int.from_bytes(said[at : at + 32], "big") for at in range(0, len(said), 32)], ""


def _address(word: int) -> str:
    return to_checksum_address((word % 2**160).to_bytes(20, "big"))
