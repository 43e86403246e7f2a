"""What a node answers, as types; what cannot be read raises ValueError, and is asked for again."""

import re
from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import msgspec

from emc.rpc.query import Query


class Log(msgspec.Struct, gc=False):
    """An event as a node gives it."""

    address: str
    topics: list[str]
    data: str
    blockNumber: str  # noqa: N815
    blockHash: str  # noqa: N815
    transactionHash: str  # noqa: N815
    logIndex: str  # noqa: N815
    removed: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Its block, and its index in that."""
        return int(self.blockNumber, 16), int(self.logIndex, 16)


class Block(msgspec.Struct):
    """A block's header."""

    number: str
    hash: str
    parentHash: str  # noqa: N815
    timestamp: str

    @property
    def time(self) -> int:
        """Unix seconds."""
        return int(self.timestamp, 16)


class FilledBlock(Block):
    """The same, and the hashes of what was sent in it."""

    transactions: list[str]


class Transaction(msgspec.Struct, rename={"sender": "from"}):
    """What was sent."""

    hash: str
    sender: str
    input: str
    value: str
    to: str | None = None


class Pinned(NamedTuple):
    """A block that everything else is read at."""

    number: int
    hash: str
    time: int


class Unknown(NamedTuple):
    """What a node does not tell."""

    why: str
    hint: str

    @property
    def text(self) -> str:
        """Why, and what helps."""
        return f"{self.why}; {self.hint}"


class Receipt(msgspec.Struct):
    logs: list[Log]


class PlacedReceipt(Receipt):
    """A receipt that says of what it is."""

    transactionHash: str  # noqa: N815
    blockHash: str  # noqa: N815


logs = msgspec.json.Decoder(list[Log] | None)


def unasked(found: list[Log], query: Query) -> str:
    """What is wrong with logs; empty if they are those asked for.

    Raises:
        ValueError: what should be a number is not.
    """
    # few different values in many logs
    emitters = set(map(attrgetter("address"), found))
    if (
        True in map(attrgetter("removed"), found)
        or not set(query.addresses).issuperset(each.lower() for each in emitters)
        or not all(_fits(found, place, want) for place, want in enumerate(query.topics))
    ):
        return "logs that nobody asked for"
    for index in set(map(attrgetter("logIndex"), found)):
        int(index, 16)
    blocks = set(map(attrgetter("blockNumber"), found))
    if not all(query.first <= int(block, 16) <= query.last for block in blocks):
        return "logs of blocks that nobody asked for"
    return ""


def _fits(found: list[Log], place: int, want: Any) -> bool:
    if want is None:
        return True
    topics = list(map(attrgetter("topics"), found))
    if min(map(len, topics), default=place + 1) <= place:
        return False
    options = set(want if isinstance(want, list) else [want])
    return options.issuperset(each.lower() for each in set(map(itemgetter(place), topics)))


# how answers are read: a ValueError asks for another

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")


def typed(kind: Any, what: str) -> Callable[[Any], Any]:
    """How an answer of this kind is read; `what` is its name in an error."""
    decoder = msgspec.json.Decoder(kind | None)

    def read(answer: Any) -> Any:
        try:
            found = decoder.decode(answer)
        except msgspec.DecodeError as error:
            raise ValueError(f"{what} that makes no sense: {error}") from None
        if found is None:
            # a node behind others may not have it yet
            raise ValueError(f"the node has no such {what}")
        return found

    return read


transaction = typed(Transaction, "transaction")
receipt = typed(Receipt, "receipt")
placed_receipt = typed(PlacedReceipt, "receipt")
placed_receipts = typed(list[PlacedReceipt], "receipts")
trace = typed(dict[str, Any], "trace")
header = typed(Block, "block")
_filled_block = typed(FilledBlock, "block")


def filled_block(answer: Any, number: int) -> FilledBlock:
    """The block of a number."""
    found: FilledBlock = _filled_block(answer)
    if int(found.number, 16) != number:
        raise ValueError(f"block {int(found.number, 16)} for block {number}")
    return found


def logs_of(block: FilledBlock, receipts: Sequence[PlacedReceipt]) -> list[Log]:
    """The logs of a block by its receipts.

    Raises:
        ValueError: they are not those of the block, each once and whole.
    """
    logs = [log for each in receipts for log in each.logs]
    of = [(each.transactionHash, each.blockHash) for each in receipts]
    logged_by = {(log.transactionHash, log.blockHash) for log in logs}
    places = sorted(log.place for log in logs if not log.removed)
    if (
        sorted(of) != sorted((each, block.hash) for each in block.transactions)
        or not logged_by.issubset(of)
        or places != [(int(block.number, 16), index) for index in range(len(logs))]
    ):
        raise ValueError("other receipts than those of the block")
    return logs


def block(answer: Any) -> Block:
    """A header whose number and time are numbers."""
    found: Block = header(answer)
    int(found.number, 16), int(found.timestamp, 16)
    return found


def number(answer: Any) -> int:
    """A quantity, as nodes write it."""
    value = msgspec.json.decode(answer)
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise ValueError(f"{str(value)[:80]!r} for a number")
    return int(value, 16)


def data(answer: Any) -> bytes:
    """Bytes, as nodes write them."""
    value = msgspec.json.decode(answer)
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise ValueError(f"{str(value)[:80]!r} for bytes")
    return bytes.fromhex(value[2:])
