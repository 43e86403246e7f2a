"""Payment runs, batches and transfers, decoded by the column instead of one by one.

These three make up nearly all logs of an EMC. Their layout is fixed, so that whole columns are cut
out of the words of all logs at once; a test compares with a general decoder on random input. So
a payment run of ten rows takes 5 microseconds, by the general decoder 200, by eth-abi 470.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from emc.audit.read.abi import UnreadableError, address

# words of a payment run before its payments: eight values, offset, length
HEAD = 10


# its first number, and amount and customer of each place
Batch = tuple[int, list[tuple[int, bytes]]]


class Runs(NamedTuple):
    """Payment runs. Heads are a run's eight values; payments are of all runs, one after another."""

    epoch: list[int]
    number: list[int]
    customer: list[bytes]
    gross: list[int]
    received: list[int]
    total: list[int]
    held: list[int]
    credited: list[int]
    counts: list[int]
    payees: list[str]
    amounts: list[int]


def runs(data: Sequence[bytes]) -> Runs:
    """The data of Payout logs.

    Raises:
        UnreadableError: one of them is not a Payout's.
    """
    if not data:
        return Runs([], [], [], [], [], [], [], [], [], [], [])
    sizes = np.array([len(each) for each in data])
    if (sizes % 32).any() or (sizes < HEAD * 32).any():
        raise UnreadableError("Payout with data of an odd size")
    words = _words(b"".join(data))
    starts = np.concatenate(([0], np.cumsum(sizes // 32)[:-1]))
    lengths = words[starts + 9]
    counts = (sizes // 32 - HEAD) // 2
    if (
        (words[starts + 8] != [0, 0, 0, 32 * (HEAD - 1)]).any()
        or (lengths[:, :3] != 0).any()
        or (lengths[:, 3] != counts).any()
        or (sizes != 32 * (HEAD + 2 * counts)).any()
    ):
        raise UnreadableError("Payout with payments of another layout")
    is_head = np.zeros(len(words), bool)
    for at in range(HEAD):
        is_head[starts + at] = True
    payments = words[~is_head].reshape(-1, 2, 4)
    raw = words[starts + 2].astype(">u8").tobytes()
    return Runs(
        epoch=numbers(words[starts]),
        number=numbers(words[starts + 1]),
        customer=[raw[at : at + 32] for at in range(0, len(raw), 32)],
        gross=numbers(words[starts + 3]),
        received=numbers(words[starts + 4]),
        total=numbers(words[starts + 5]),
        held=numbers(words[starts + 6]),
        credited=numbers(words[starts + 7]),
        counts=counts.tolist(),
        payees=addresses(payments[:, 0]),
        amounts=numbers(payments[:, 1]),
    )


def batches(data: Sequence[bytes]) -> list[Batch]:
    """The data of Batch logs: first number, and amount and customer of each place.

    Raises:
        UnreadableError: one of them is not a Batch's.
    """
    found = []
    for each in data:
        count = int.from_bytes(each[64:96], "big")
        if len(each) != 96 + 64 * count or int.from_bytes(each[32:64], "big") != 64:
            raise UnreadableError("Batch of another layout")
        orders = [
            (int.from_bytes(each[at : at + 32], "big"), each[at + 32 : at + 64])
            for at in range(96, len(each), 64)
        ]
        found.append((int.from_bytes(each[:32], "big"), orders))
    return found


def numbers(words: Any) -> list[int]:
    """Words as whole numbers."""
    high, low = words[:, 2].tolist(), words[:, 3].tolist()
    if not words[:, 2].any() and not words[:, :2].any():
        return list(low)
    if not words[:, :2].any():
        return [h << 64 | n for h, n in zip(high, low, strict=True)]
    return [
        a << 192 | b << 128 | h << 64 | n
        for a, b, h, n in zip(words[:, 0].tolist(), words[:, 1].tolist(), high, low, strict=True)
    ]


def addresses(words: Any) -> list[str]:
    """Words as addresses, each different one made text once.

    Raises:
        UnreadableError: one is larger than an address.
    """
    if words[:, 0].any() or (words[:, 1] >> np.uint64(32)).any():
        raise UnreadableError("an address of more than 20 bytes")
    raw = np.ascontiguousarray(words.astype(">u8")).view("V32").ravel().tolist()
    named = {each: address(int.from_bytes(each, "big")) for each in set(raw)}
    return [named[each] for each in raw]


def _topics(found: Sequence[str]) -> list[str]:
    """Topics as addresses, each different one made text once."""
    named = {}
    for each in set(found):
        value = int(each, 16)
        if value >> 160:
            raise UnreadableError("an address of more than 20 bytes")
        named[each] = address(value)
    return [named[each] for each in found]


def transfers(
    senders: Sequence[str], recipients: Sequence[str], data: Sequence[str]
) -> tuple[list[str], list[str], list[int]]:
    """Transfer logs by topics and data, as 0x and digits.

    Raises:
        UnreadableError: one has other data than an amount.
    """
    if not data:
        return [], [], []
    if set(map(len, data)) != {66}:
        raise UnreadableError("Transfer without an amount of 32 bytes")
    amounts = bytes.fromhex("".join([each[2:] for each in data]))
    return _topics(senders), _topics(recipients), numbers(_words(amounts))


def _words(data: bytes) -> Any:
    """Data as rows of four 64-bit numbers, high first."""
    return np.frombuffer(data, dtype=">u8").astype("u8").reshape(-1, 4)
