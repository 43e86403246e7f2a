"""Code that runs often, as Python functions: a stretch begins where a run comes in and follows the
code through jumps whose target is known. What it does to the stack stays in local names until the
stretch is left, and its gas is one sum.

A stretch is left before every instruction that is not plain, or that would end with an error or
need more memory; then the code goes on from there as if there were no stretch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth.vm.opcode_values import JUMPDEST, PUSH1, PUSH32

WORD = 2**256
MASK = WORD - 1
LONGEST = 200
# what fewer instructions are worth is less than the call
SHORTEST = 4
# of two words, the top one first: what it costs, and the value
BINARY = {
    0x01: (3, f"{{0}} + {{1}} & {MASK}"),
    0x02: (5, f"{{0}} * {{1}} & {MASK}"),
    0x03: (3, f"{{0}} - {{1}} & {MASK}"),
    0x04: (5, "{0} // {1} if {1} else 0"),
    0x06: (5, "{0} % {1} if {1} else 0"),
    0x10: (3, "1 if {0} < {1} else 0"),
    0x11: (3, "1 if {0} > {1} else 0"),
    0x12: (3, f"1 if {{0}} ^ {WORD // 2} < {{1}} ^ {WORD // 2} else 0"),
    0x13: (3, f"1 if {{0}} ^ {WORD // 2} > {{1}} ^ {WORD // 2} else 0"),
    0x14: (3, "1 if {0} == {1} else 0"),
    0x16: (3, "{0} & {1}"),
    0x17: (3, "{0} | {1}"),
    0x18: (3, "{0} ^ {1}"),
    0x1B: (3, f"{{1}} << {{0}} & {MASK} if {{0}} < 256 else 0"),
    0x1C: (3, "{1} >> {0} if {0} < 256 else 0"),
}
UNARY = {
    0x15: (3, "0 if {0} else 1"),
    0x19: (3, f"{MASK} - {{0}}"),
    0x35: (3, 'number(data[{0} : {0} + 32].ljust(32, b"\\0"), "big")'),
}
NULLARY = {0x34: (2, "value"), 0x36: (2, "len(data)"), 0x5A: (2, "gas - {gas}")}
# what the functions are given: words, gas left, memory, calldata, value
HEAD = "def run(values, gas, held, data, value):\n end = len(held)\n"

# gives where the code goes on, the gas that is left, how many instructions were done, and whether
# another stretch may begin there
Run = Callable[[list[Any], int, bytearray, bytes, int], tuple[int, int, int, bool]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A function, and what it needs: so much gas, at least and at most so many words.

    `places` are where its instructions are, in their order.
    """

    run: Run
    gas: int
    least: int
    most: int
    places: list[int]


def landings(code: bytes) -> frozenset[int]:
    """Where jumps may land."""
    found, place = set(), 0
    while place < len(code):
        op = code[place]
        if op == JUMPDEST:
            found.add(place)
        place += op - PUSH1 + 2 if PUSH1 <= op <= PUSH32 else 1
    return frozenset(found)


class Writer:
    """Follows the code from one place on, and writes what it does.

    What is on the stack is a name or a number; `taken` words below them have been read from the
    stack that the stretch found, and are named w1, w2 and so on, w1 being the top one.
    """

    def __init__(self, code: bytes, lands: frozenset[int], start: int) -> None:
        self.code, self.lands = code, lands
        # a name, where is jumped to from what the stretch cannot know
        self.place: Any = start
        self.lines: list[str] = []
        self.stack: list[str | int] = []
        self.taken = self.most = self.gas = self.names = self.reach = 0
        self.numbers: set[str] = set()
        self.places: list[int] = []

    def dig(self, depth: int) -> None:
        """Have so many words by name."""
        while len(self.stack) < depth:
            self.taken += 1
            self.lines.append(f"w{self.taken} = values[-{self.taken}]")
            self.stack.insert(0, f"w{self.taken}")

    def word(self, depth: int) -> str:
        """A word from the top, as a number: py-evm leaves some as bytes."""
        self.dig(depth)
        name = self.stack[-depth]
        if isinstance(name, int):
            return str(name)
        if name[0] == "w" and name not in self.numbers:
            self.numbers.add(name)
            self.lines.append(f'if type({name}) is not int: {name} = number({name}, "big")')
        return name

    def put(self, pops: int, cost: int, value: str) -> None:
        """Work out a word, in place of some others."""
        self.names += 1
        self.lines.append(f"v{self.names} = {value}")
        if pops:
            del self.stack[-pops:]
        self.push(cost, f"v{self.names}")

    def push(self, cost: int, word: str | int) -> None:
        """One more word."""
        self.stack.append(word)
        self.most = max(self.most, len(self.stack) - self.taken)
        self.done(cost)

    def done(self, cost: int) -> None:
        """The instruction at this place is done."""
        self.places.append(self.place)
        self.gas += cost
        op = self.code[self.place]
        self.place += op - PUSH1 + 2 if PUSH1 <= op <= PUSH32 else 1

    def leave(self, to: str | int, may_begin: bool) -> str:
        """What puts the words back on the stack and leaves."""
        taken, stack = self.taken, list(self.stack)
        while stack and stack[0] == f"w{taken}":
            taken -= 1
            del stack[0]
        words = ", ".join(map(str, stack))
        back = f"values[-{taken}:] = [{words}]; " if taken else f"values += [{words}]; "
        if not stack:
            back = f"del values[-{taken}:]; " if taken else ""
        return f"{back}return {to}, gas - {self.gas}, {len(self.places)}, {may_begin}"

    def within(self, start: str) -> None:
        """Leave if a word of memory is not there yet."""
        if start.isdecimal():
            if int(start) + 32 <= self.reach:
                return
            self.reach = int(start) + 32
        self.lines.append(f"if {start} + 32 > end: {self.leave(self.place, False)}")

    def step(self) -> bool:
        """Write one instruction, if it is a plain one that the stretch can go on behind."""
        op = self.code[self.place]
        if PUSH1 <= op <= PUSH32:
            width = op - PUSH1 + 1
            pushed = self.code[self.place + 1 : self.place + 1 + width].ljust(width, b"\0")
            self.push(3, int.from_bytes(pushed, "big"))
        elif op == 0x5F:
            self.push(2, 0)
        elif 0x7F < op < 0x90:
            self.dig(op - 0x7F)
            self.push(3, self.stack[-(op - 0x7F)])
        elif 0x8F < op < 0xA0:
            depth = op - 0x8E
            self.dig(depth)
            self.stack[-1], self.stack[-depth] = self.stack[-depth], self.stack[-1]
            self.done(3)
        elif op in BINARY:
            cost, value = BINARY[op]
            self.put(2, cost, value.format(self.word(1), self.word(2)))
        elif op in UNARY:
            cost, value = UNARY[op]
            self.put(1, cost, value.format(self.word(1)))
        elif op in NULLARY:
            cost, value = NULLARY[op]
            self.put(0, cost, value.format(gas=self.gas + cost))
        else:
            return self.step_aside(op)
        return True

    def step_aside(self, op: int) -> bool:
        """The instructions that leave something else than one more word."""
        if op == JUMPDEST:
            self.done(1)
        elif op == 0x50:
            self.dig(1)
            self.stack.pop()
            self.done(2)
        elif op == 0x51:
            start = self.word(1)
            self.within(start)
            self.put(1, 3, f'number(held[{start} : {start} + 32], "big")')
        elif op == 0x52:
            start, word = self.word(1), self.word(2)
            self.within(start)
            self.lines.append(f'held[{start} : {start} + 32] = ({word}).to_bytes(32, "big")')
            del self.stack[-2:]
            self.done(3)
        elif op in (0x56, 0x57):
            return self.jump(op)
        else:
            return False
        return True

    def jump(self, op: int) -> bool:
        """Go on where is jumped to, or behind a jump that may be taken."""
        target, to = self.word(1), self.stack[-1]
        if isinstance(to, str):
            self.lines.append(f"if {to} not in lands: {self.leave(self.place, False)}")
        elif to not in self.lands:
            return False
        if op == 0x57:
            condition = self.word(2)
            del self.stack[-2:]
            self.done(10)
            self.lines.append(f"if {condition}: {self.leave(target, True)}")
            return True
        self.stack.pop()
        self.done(8)
        self.place = to
        return isinstance(to, int)


def stretch_from(code: bytes, lands: frozenset[int], start: int) -> Stretch | None:
    """What runs from a place on, if it is worth a function."""
    writer = Writer(code, lands, start)
    seen: set[int] = set()
    is_plain = True
    while is_plain and writer.place not in seen and len(seen) < LONGEST:
        seen.add(writer.place)
        is_plain = writer.place < len(code) and writer.step()
    if len(writer.places) < SHORTEST:
        return None
    may_begin = is_plain or isinstance(writer.place, str)
    lines = [*writer.lines, writer.leave(writer.place, may_begin)]
    made: dict[str, Any] = {"number": int.from_bytes, "lands": lands}
    exec(HEAD + "".join(f" {line}\n" for line in lines), made)
    most = 1_024 - writer.most
    return Stretch(made["run"], writer.gas, writer.taken, most, writer.places)
