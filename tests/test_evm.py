"""The quick instructions of tests/evm.py do what py-evm's own do, and cost the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import product
from typing import Any

import boa
import pytest
from boa.vm.py_evm import TracingCodeStream
from eth.vm.stack import to_int
from hypothesis import example, given
from hypothesis import strategies as st

from tests import evm, stretches
from tests.kit import World, address

PLACE = address("program")
PLENTY = 100_000
# what is known of codes, by the length of the functions that are made of them
KNOWN = {longest: lru_cache(maxsize=16)(evm.Code) for longest in (200, 2)}
PLAIN = [
    *(0x01, 0x02, 0x03, 0x04, 0x10, 0x11, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1B, 0x1C),
    *(0x50, 0x51, 0x52, 0x56, 0x57, 0x5B, 0x5F),
    *(0x34, 0x35, 0x36, 0x37, 0x39, 0x5A, 0x5E),
]
# signed, modular and byte arithmetic, hashes, storage, bytes of calldata and of addresses, sizes
OTHERS = [0x05, 0x06, 0x08, 0x0B, 0x12, 0x1A, 0x1D, 0x20, 0x30, 0x33, 0x53, 0x54, 0x55, 0x58]
OTHERS += [0x59, 0x5C, 0x5D, 0x00, 0xFE, 0x0C]
WORDS = st.one_of(
    st.integers(0, 130),
    st.sampled_from([255, 256, 257, 2**128, 2**255, 2**256 - 1]),
    st.integers(0, 2**256 - 1),
)


def pushed(value: int, width: int | None = None) -> bytes:
    """The code that puts a value on the stack."""
    width = width or max(1, (value.bit_length() + 7) // 8)
    return bytes([0x5F + width]) + value.to_bytes(width, "big")


STEPS = st.one_of(
    WORDS.map(pushed),
    WORDS.map(lambda value: pushed(value, 32)),
    st.sampled_from(PLAIN).map(lambda op: bytes([op])),
    st.sampled_from(OTHERS).map(lambda op: bytes([op])),
    st.integers(0x80, 0x9F).map(lambda op: bytes([op])),
    # forward over one byte that is no code, by a jump that is taken or not
    st.sampled_from([0, 1]).map(lambda yes: bytes([0x60, yes, 0x58, 0x60, 7, 0x01, 0x57, 0x60])),
    st.just(b"\x5b"),
)
PROGRAMS = st.tuples(st.lists(WORDS, max_size=20), st.lists(STEPS, max_size=40)).map(
    lambda parts: b"".join([*map(pushed, parts[0]), *parts[1]])
)


@contextmanager
def slowly() -> Iterator[None]:
    """Leave every instruction to py-evm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TracingCodeStream, "__iter__", evm._instructions)
        yield


def outcome(code: bytes, gas: int) -> tuple[Any, ...]:
    """All that can be seen of a run."""
    with boa.env.anchor():
        boa.env.set_code(PLACE, code)
        run = boa.env.execute_code(to_address=PLACE, data=b"\x01\x02" * 20, gas=gas)
        return (
            repr(run._error),
            run.get_gas_used(),
            run._gas_meter.gas_refunded,
            [to_int(value) for value in run._stack.values],
            bytes(run._memory._bytes),
            run.output,
            run.code._trace,
            [boa.env.get_storage(PLACE, slot) for slot in range(4)],
        )


@contextmanager
def by_functions(longest: int) -> Iterator[None]:
    """Make a function of whatever runs, of so many instructions at most."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evm, "known", KNOWN[longest])
        patch.setattr(evm, "OFTEN", 1)
        patch.setattr(stretches, "SHORTEST", 0)
        patch.setattr(stretches, "LONGEST", longest)
        yield


def same(code: bytes, gas: int = PLENTY, *, functions: bool = True) -> tuple[Any, ...]:
    """What a run comes to, whoever does the instructions: functions too, unless they never do."""
    quick = outcome(code, gas)
    with slowly():
        slow = outcome(code, gas)
    assert quick == slow, code.hex()
    for longest in KNOWN if functions else ():
        with by_functions(longest):
            assert outcome(code, gas) == slow, code.hex()
    return quick


@given(PROGRAMS, st.one_of(st.just(PLENTY), st.integers(0, 200)))
@example(pushed(1) * 1_024, PLENTY)
@example(pushed(1) * 1_024 + b"\x80", PLENTY)
@example(pushed(1) * 1_024 + b"\x5f", PLENTY)
@example(pushed(1) * 1_023 + b"\x90\x80\x01", PLENTY)
# memory that begins within what is there and ends beyond
@example(bytes.fromhex("5f515f51600151"), PLENTY)
# cut off in the middle of what is pushed
@example(b"\x61\x01", PLENTY)
@example(b"\x7f", PLENTY)
def test_any_program_ends_alike_with_the_same_gas(code: bytes, gas: int) -> None:
    same(code, gas)


@pytest.mark.parametrize("op", [*PLAIN, *range(0x60, 0xA0)])
@pytest.mark.parametrize("top", [0, 1, 31, 32, 33, 255, 256, 2**256 - 1])
def test_every_plain_instruction_ends_alike_with_the_same_gas(op: int, top: int) -> None:
    filled = b"".join(pushed(value) for value in (3, 2**255, 0, 7, 2**256 - 1, 5, 64, 9))
    for below in (0, 1, 2, 2**255 + 1):
        same(
            pushed(2) + pushed(0) + b"\x52" + filled * 2 + pushed(below) + pushed(top) + bytes([op])
        )


@pytest.mark.parametrize("op", [*PLAIN, *range(0x60, 0xA0)])
def test_every_plain_instruction_runs_out_of_words_and_of_gas_alike(op: int) -> None:
    for held in range(3):
        for gas in range(24):
            same(b"\x5f" * held + bytes([op]), gas)


@pytest.mark.parametrize("op", sorted(evm.COPIES))
def test_a_copy_ends_alike_with_the_same_gas_wherever_it_begins_and_ends(op: int) -> None:
    # two words of memory
    filled = pushed(2**255 + 7) + b"\x5f\x52" + pushed(2**254 + 5) + pushed(32) + b"\x52"
    edges = (0, 1, 31, 33, 64, 65, 2**255)
    for length, source, target in product(edges, repeat=3):
        code = filled + pushed(length) + pushed(source) + pushed(target) + bytes([op])
        for gas in (PLENTY, 30, 36):
            same(code, gas, functions=False)


@pytest.mark.parametrize("begin", [[0x5F, 0x5F, 0x60], [0x60, 1, 0x60], [0x5F, 0x60]])
@pytest.mark.parametrize("target", range(12))
@pytest.mark.parametrize("op", [0x56, 0x57])
def test_a_jump_lands_only_where_code_is(op: int, target: int, begin: list[int]) -> None:
    # 5b is code at 8, what is pushed at 10, beyond the end at 11
    code = bytes([*begin, target, op]).ljust(8, b"\0") + bytes([0x5B, 0x60, 0x5B])
    # the first run finds out where it may land
    first = same(code)
    assert same(code) == first
    is_taken = op == 0x56 or begin == [0x60, 1, 0x60]
    assert (first[0] == "None") == (not is_taken or target == 8)


def test_a_loop_with_a_subroutine_ends_alike_at_every_gas_limit() -> None:
    # adds 9, 8, ... 1 to what is in memory; the subroutine at 1a is told where to go back to
    code = bytes.fromhex(
        "5f5f5260095b600d81601a56fe5b6001900380600557" + "5f5100fe" + "5b5f51015f5256"
    )
    assert same(code)[:4] == ("None", 612, 0, [0, 45])
    for gas in range(0, 612, 4):
        assert same(code, gas)[0] != "None"


def test_what_was_undone_weighs_on_no_later_call(world: World) -> None:
    written = boa.env.evm.vm.state._account_db._dirty_accounts
    before = set(written)
    with boa.env.anchor():
        emc = world.make()
        world.sell(emc, 100, 1)
        assert emc.total() == 100
        assert len(written) > len(before)
    assert written == before
    again = world.make()
    assert again.address == emc.address
    assert again.total() == 0
    world.sell(again, 100, 1)
    assert again.total() == 100
