"""A claim about bits, for which numbers of a word's width are asked: order numbers."""

from typing import Any

import z3

from tests.proof.reader import Reader, Source

WORD = 256


class Storage(dict[str, Any]):
    """Words of which nothing is known until they are written."""

    def __contains__(self, place: object) -> bool:
        return True

    def __missing__(self, place: str) -> Any:
        self[place] = z3.BitVec(f"before {len(self)}", WORD)
        return self[place]


def an_order_number_is_used_once(search: Any, source: Source) -> None:
    """A batch marks each of its numbers, was refused if one was marked, and frees no other."""
    reader = Reader(source, search)
    first, bits = z3.BitVec("first", WORD), z3.BitVec("bits", WORD)
    search.assume(z3.ULT(bits, 1 << 128))
    storage = reader.storage = Storage()
    most = z3.BitVecVal((1 << WORD - 8) - 1, WORD)
    reader.given = {"msg.sender": 0, "max_value(uint256) >> 8": most}
    reader.calls = {"abi_encode": lambda _, word: word, "keccak256": lambda word: word}
    search.elsewhere |= {"255 - (first & 255)"}
    reader.call("paid_orders", "_use", first, bits)
    # what is asked for, over two words
    place = z3.ZeroExt(WORD, first & 255)
    asked = z3.ZeroExt(WORD, bits) << place
    words = list(storage.values())
    before = [z3.BitVec(f"before {each}", WORD) for each in range(len(words))]
    for each, (was, now) in enumerate(zip(before, words, strict=True)):
        wanted = z3.Extract(WORD * each + WORD - 1, WORD * each, asked)
        search.show(now == was | wanted, "asked numbers are marked, others are as they were")
        search.show(was & wanted == 0, "no asked number was marked")
    if len(words) == 1:
        high = z3.Extract(2 * WORD - 1, WORD, asked)
        search.show(high == 0, "no asked number lies beyond the word")


# numbers of 256 bits are not drawn
CLAIMS: tuple[Any, ...] = ()
INDUCTION = (an_order_number_is_used_once,)
