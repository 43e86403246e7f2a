"""Py-evm with less CPU: what it does for every instruction and every call is done once, and what
runs often becomes a function (stretches.py).

Nothing here changes what a transaction does or what it costs. What is not plain goes to py-evm
itself, errors included; SLOW_EVM=1 leaves everything to it, and test_evm.py compares the two.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from boa.vm.py_evm import TracingCodeStream, titanoboa_computation
from eth.db.account import AccountDB
from eth.db.journal import JournalDBCheckpoint
from eth.vm.gas_meter import GasMeter
from eth.vm.opcode_values import STOP
from eth_hash import auto
from eth_hash.backends import pysha3

from tests.stretches import Stretch, landings, stretch_from

IS_SLOW = os.environ.get("SLOW_EVM") == "1"
WORD = 2**256
MASK = WORD - 1
# of memory, calldata and code
COPIES = {0x5E, 0x37, 0x39}
# no plain instruction leaves more than one word more than before
ROOM = 1_024
# so often a run comes in at one place before a function is made of what follows
OFTEN = 40


class Code:
    """What is known of a code, whoever runs it."""

    def __init__(self, code: bytes) -> None:
        self.pushed: dict[int, int] = {}
        self.lands = landings(code)
        self.runs: dict[int, int] = {}
        self.stretches: dict[int, Stretch | None] = {}


@lru_cache(maxsize=1_024)
def known(code: bytes) -> Code:
    """The one Code of these bytes."""
    return Code(code)


def start(self: Any, *args: Any, **kwargs: Any) -> None:
    """Give the stream of instructions what the plain ones work on."""
    _start(self, *args, **kwargs)
    about = known(self.code._raw_code_bytes)
    self.code.about = about
    self.code.parts = self._stack.values, self._gas_meter, self._memory, self.msg


def instructions(self: TracingCodeStream) -> Iterator[int]:
    """Do the plain instructions, give the others to py-evm."""
    values, meter, memory, message = self.parts
    if type(meter) is not GasMeter:
        yield from _instructions(self)
        return
    code, length, trace = self._raw_code_bytes, self._length_cache, self._trace
    lands, pushed, value = self.about.lands, self.about.pushed, message.value
    runs, stretches = self.about.runs, self.about.stretches
    push, pop, from_bytes = values.append, values.pop, int.from_bytes
    data = bytes(message.data)
    pc, gas, held = self.program_counter, meter.gas_remaining, memory._bytes
    may_begin = True
    while pc < length:
        if may_begin:
            may_begin = False
            stretch = stretches.get(pc)
            if stretch is None:
                runs[pc] = run = runs.get(pc, 0) + 1
                if run == OFTEN:
                    stretch = stretches[pc] = stretch_from(code, lands, pc)
            if stretch and stretch.gas <= gas and stretch.least <= len(values) <= stretch.most:
                pc, gas, done, may_begin = stretch.run(values, gas, held, data, value)
                trace += stretch.places[:done]
                continue
        op = code[pc]
        trace.append(pc)
        pc += 1
        size = len(values)
        # every plain instruction costs 10 at most
        if gas >= 10 and size < ROOM:
            if 0x5F < op < 0x80:
                if (word := pushed.get(pc)) is None:
                    width = op - 0x5F
                    word = from_bytes(code[pc : pc + width].ljust(width, b"\0"), "big")
                    pushed[pc] = word
                push(word)
                pc += op - 0x5F
                gas -= 3
                continue
            if 0x7F < op < 0x90:
                if size > (depth := op - 0x80):
                    push(values[-1 - depth])
                    gas -= 3
                    continue
            elif 0x8F < op < 0xA0:
                if size > (depth := op - 0x8E) - 1:
                    values[-1], values[-depth] = values[-depth], values[-1]
                    gas -= 3
                    continue
            elif op == 0x5B:
                gas -= 1
                continue
            elif op == 0x5F:
                push(0)
                gas -= 2
                continue
            elif op == 0x5A:
                gas -= 2
                push(gas)
                continue
            elif op == 0x36:
                push(len(data))
                gas -= 2
                continue
            elif op == 0x34:
                push(value)
                gas -= 2
                continue
            elif size:
                one = values[-1]
                if type(one) is not int:
                    one = from_bytes(one, "big")
                if op == 0x15:
                    values[-1] = 0 if one else 1
                    gas -= 3
                    continue
                if op == 0x50:
                    pop()
                    gas -= 2
                    continue
                if op == 0x51:
                    if one + 32 <= len(held):
                        values[-1] = from_bytes(held[one : one + 32], "big")
                        gas -= 3
                        continue
                elif op == 0x56:
                    if one in lands:
                        pop()
                        pc = one
                        gas -= 8
                        may_begin = True
                        continue
                elif op == 0x35:
                    values[-1] = from_bytes(data[one : one + 32].ljust(32, b"\0"), "big")
                    gas -= 3
                    continue
                elif op == 0x19:
                    values[-1] = MASK - one
                    gas -= 3
                    continue
                elif op in COPIES:
                    if size > 2:
                        _, two, three = (
                            each if type(each) is int else from_bytes(each, "big")
                            for each in values[:-4:-1]
                        )
                        cost = 3 + 3 * (three + 31 >> 5)
                        source = data if op == 0x37 else code if op == 0x39 else held
                        end = one if source is not held else max(one, two)
                        if cost <= gas and end + three <= len(held):
                            copied = source[two : two + three].ljust(three, b"\0")
                            held[one : one + three] = copied
                            del values[-3:]
                            gas -= cost
                            may_begin = True
                            continue
                elif size > 1:
                    two = values[-2]
                    if type(two) is not int:
                        two = from_bytes(two, "big")
                    if op == 0x57:
                        if not two:
                            del values[-2:]
                            gas -= 10
                            continue
                        if one in lands:
                            del values[-2:]
                            pc = one
                            gas -= 10
                            may_begin = True
                            continue
                    elif op == 0x52:
                        if one + 32 <= len(held):
                            del values[-2:]
                            held[one : one + 32] = two.to_bytes(32, "big")
                            gas -= 3
                            continue
                    else:
                        cost = 3
                        if op == 0x01:
                            word = one + two & MASK
                        elif op == 0x03:
                            word = one - two & MASK
                        elif op == 0x10:
                            word = 1 if one < two else 0
                        elif op == 0x11:
                            word = 1 if one > two else 0
                        elif op == 0x14:
                            word = 1 if one == two else 0
                        elif op == 0x16:
                            word = one & two
                        elif op == 0x17:
                            word = one | two
                        elif op == 0x18:
                            word = one ^ two
                        elif op == 0x1B:
                            word = two << one & MASK if one < 256 else 0
                        elif op == 0x1C:
                            word = two >> one if one < 256 else 0
                        elif op == 0x02:
                            word, cost = one * two & MASK, 5
                        elif op == 0x04:
                            word, cost = (one // two if two else 0), 5
                        else:
                            cost = 0
                        if cost:
                            pop()
                            values[-1] = word
                            gas -= cost
                            continue
        self.program_counter, meter.gas_remaining = pc, gas
        yield op
        pc, gas, held = self.program_counter, meter.gas_remaining, memory._bytes
        may_begin = True
    self.program_counter, meter.gas_remaining = pc, gas
    yield STOP


def discard(self: AccountDB, checkpoint: JournalDBCheckpoint) -> None:
    """Undo, and forget the accounts that were first written after the checkpoint.

    Py-evm counts them among the written ones for ever and looks at each in every later call.
    """
    later = {
        address
        for address, store in self._dirty_account_stores()
        if not store._journal_storage.has_checkpoint(checkpoint)
    }
    _discard(self, checkpoint)
    self._dirty_accounts -= later


_start = titanoboa_computation.__init__
_instructions = TracingCodeStream.__iter__
_discard = AccountDB.discard
if not IS_SLOW:
    titanoboa_computation.__init__ = start
    TracingCodeStream.__iter__ = instructions
    AccountDB.discard = discard
    # a third of the time of the one that is taken if nobody chooses
    auto.keccak.__init__(pysha3.backend)  # type: ignore[misc]
    # for the commands that tests start
    os.environ["ETH_HASH_BACKEND"] = "pysha3"
