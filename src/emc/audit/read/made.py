"""An EMC's first event, and what the chain says of it then."""

from collections.abc import Sequence
from typing import Any

import duckdb
from eth_utils.crypto import keccak

from emc.audit.read import abi, store
from emc.audit.read.known import Known
from emc.errors import EMCError
from emc.rpc.node import Log, Node, Pinned, Unknown

# more mean nothing: 10 to that power is beyond any amount
MAX_DECIMALS = 77


async def keep(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    contracts: Known,
    logs: Sequence[Log],
    pinned: Pinned,
) -> None:
    """An EMC counts if Consent told of it and knows its terms; its address is for the court."""
    event = abi.events("Consent")[abi.topic("Consent", "Made")]
    # of one that is told of twice, as by a chain that turns over meanwhile, the last counts
    lines: dict[str, tuple[Any, ...]] = {}
    for log in logs:
        data = bytes.fromhex(log.data[2:])
        args = event.read(log.topics, data)
        emc, currency, block = args["emc"], args["terms"]["currency"], log.place[0]
        if keccak(data) != args["terms_hash"]:
            raise _unfit(emc, block)
        lines[emc] = (
            emc,
            "0x" + args["terms_hash"].hex(),
            "0x" + args["terms"]["canvas"].hex(),
            currency,
            # of tokens, and what lay there: asked for when it is checked, until it is known
            "ETH" if currency == abi.ZERO else None,
            18 if currency == abi.ZERO else None,
            None if block else 0,
            block,
            log.transactionHash.lower(),
        )
    view = abi.selector("terms_of(address)")
    asked = [(contracts.consent, view + abi.word(emc), pinned.number) for emc in lines]
    for (emc, *_, block, _), agreed in zip(lines.values(), await node.calls(asked), strict=True):
        if not agreed or agreed == bytes(32):
            raise _unfit(emc, block)
    if lines:
        db.execute("DELETE FROM emcs WHERE emc IN (SELECT unnest(?))", [list(lines)])
        store.insert_lines(db, "emcs", list(lines.values()))


def _unfit(emc: str, block: int) -> EMCError:
    return EMCError(
        f"block {block}: Made of {emc} does not hold the terms it names",
        "the node changes events: ask another",
    )


async def written(node: Node, currency: str, at: int) -> tuple[str, int]:
    """How amounts of a token are written: its symbol and decimals, as it says itself.

    Args:
        at: The block to ask about.

    Raises:
        EMCError: the node does not say.
    """
    views = [(currency, abi.selector(each), at) for each in ("symbol()", "decimals()")]
    symbol, found = await node.calls(views)
    count = int.from_bytes((found or b"")[:32], "big")
    return _symbol(symbol), count if count <= MAX_DECIMALS else 0


async def opening(node: Node, emc: str, currency: str, made: int) -> int | Unknown:
    """What lay at an EMC's address before the block in which it was made."""
    if currency == abi.ZERO:
        (balance,) = await node.balances([(emc, made - 1)])
        return balance
    asked = (currency, abi.selector("balanceOf(address)") + abi.word(emc), made - 1)
    (answer,) = await node.past_calls([asked])
    if isinstance(answer, Unknown):
        return answer
    if answer is None or len(answer) != 32:
        return Unknown(
            "the token says no balance of then", "nothing: it did not exist yet, or lies"
        )
    return int.from_bytes(answer, "big")


def _symbol(answer: bytes | None) -> str:
    """A token's symbol: text, or 32 bytes as some old tokens have it; what cannot be shown is
    left out.
    """
    text = ""
    try:
        text = abi.decode([{"type": "bytes"}], answer or b"")[0].decode("utf-8", "replace")
    except abi.UnreadableError:
        text = (answer or b"")[:32].rstrip(b"\0").decode("ascii", "ignore")
    return "".join(c for c in text[:16] if c.isprintable()) or "?"
