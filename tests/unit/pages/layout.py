"""Payment pages as numbers: what goes into the contract that writes them, and what it wrote."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import accumulate, pairwise
from math import floor
from typing import Any

import boa

from emc.core.units import PPM
from tests.kit import address

NEVER = 2**96 - 1
ENDLESS = 2**128 - 1
LOW20, LOW40, LOW96, LOW128 = (2**bits - 1 for bits in (20, 40, 96, 128))
# code before what a page answers: push2 size, dup1, push1 10, push0, codecopy, push0, return
RETURNS = bytes.fromhex("80600a5f395ff3")


@dataclass(frozen=True)
class Meaning:
    """What terms mean for money, by the fields of IEMC.Page."""

    epoch: int = 1
    currency: str = "0x" + "00" * 20
    backstop: str = address("backstop")
    starts_at: int = 1_000
    ends_at: int = 2_000
    running: int = 0
    benchmark: int = 10_000
    target: int = 20_000
    gate_at: int = 0
    disburse_at: int = 0
    level: int = 3
    may_end: int = 0

    def fields(self) -> tuple[Any, ...]:
        """The argument of the contract."""
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)


def assessed(level: int, gate_at: int = 2**256 - 1) -> Meaning:
    """Terms whose goal counts nothing that the chain sees."""
    return Meaning(level=level, gate_at=gate_at, benchmark=0, target=0)


@dataclass(frozen=True)
class Line:
    """A row's word on a page: shares in ppm; no payee is where it is paid now."""

    id: int
    payee: str
    running: int = 0
    base: int = 0
    leading: int = 0
    upside: int = 0

    def word(self) -> int:
        """As in the module `pages`."""
        return (
            int(self.payee, 16) << 96
            | self.running << 76
            | self.base << 56
            | self.leading << 36
            | self.upside << 16
            | self.id << 8
        )


def line(id_: int, share: int, running: int = 0) -> Line:
    """A row with one share in every tranche, paid at an address of its own."""
    return Line(id_, address(f"payee {id_}"), running, share, share, share)


def lines(*shares: int, ids: Sequence[int] | None = None) -> list[Line]:
    """Rows with these shares in parts of one hundred."""
    return [
        line(id_, share * PPM // 100)
        for id_, share in zip(ids or range(len(shares)), shares, strict=True)
    ]


def moved(old: Sequence[Line], *shares: int) -> list[Line]:
    """The same rows with other shares, paid where they are paid now."""
    return [
        replace(each, payee="0x0", base=part, leading=part, upside=part)
        for each, part in zip(old, (share * PPM // 100 for share in shares), strict=True)
    ]


def earned(
    page: Meaning, rows: Sequence[Line], costs: Sequence[int], at: int, income: bool = True
) -> list[int]:
    """What proceeds entitle each row to on a first page, by the specification's bands.

    Args:
        at: Proceeds that have been shared out.
        income: Whether with what lies beyond the COST band.
    """
    rest = Fraction(PPM - sum(row.running for row in rows), PPM)
    net = at * rest
    cover = Fraction(sum(costs))
    # a tranche that the assessed measures do not let proceeds leave never ends
    ends = [
        point * rest if page.level > level else net + cover
        for level, point in ((1, page.benchmark), (2, page.target))
    ]
    marks = list(accumulate([Fraction(0), cover, *ends], max))
    cost, base, leading = (
        min(max(net - low, Fraction(0)), high - low) for low, high in pairwise(marks)
    )
    upside = max(net - marks[3], Fraction(0))
    found = []
    for row, own in zip(rows, costs, strict=True):
        flow = Fraction(row.running * at, PPM)
        if income:
            flow += (row.base * base + row.leading * leading + row.upside * upside) / PPM
        found.append(floor(flow) + (floor(own * cost / cover) if cover else 0))
    return found


@dataclass(frozen=True)
class Written:
    """A page on chain, read by the layout alone."""

    words: tuple[int, ...]
    forwards: tuple[int, ...] = field(default=())

    @property
    def start(self) -> int:
        return self.words[0] >> 128

    @property
    def epoch(self) -> int:
        return self.words[0] >> 96 & 2**32 - 1

    @property
    def ends_at(self) -> int:
        return self.words[0] >> 56 & LOW40

    @property
    def starts_at(self) -> int:
        return self.words[0] >> 16 & LOW40

    @property
    def count(self) -> int:
        return self.words[0] >> 8 & 255

    @property
    def may_end(self) -> int:
        return self.words[0] & 255

    @property
    def cost_end(self) -> int:
        return self.words[2] >> 128

    @property
    def base_end(self) -> int:
        return self.words[2] & LOW128

    @property
    def leading_end(self) -> int:
        return self.words[3] >> 128

    @property
    def gate_at(self) -> int:
        return self.words[3] >> 32 & LOW96

    @property
    def dust(self) -> int:
        return self.words[3] >> 20 & 2**12 - 1

    @property
    def rest(self) -> int:
        return self.words[3] & LOW20

    @property
    def backstop(self) -> int:
        return self.words[4] >> 96

    @property
    def forward(self) -> int:
        return self.words[4] & LOW96

    @property
    def rows(self) -> tuple[int, ...]:
        return self.words[5 : 5 + self.count]

    @property
    def costs(self) -> tuple[int, ...]:
        """What is open of each row's cost cover."""
        halves: list[int] = []
        for pair in self.words[5 + self.count :]:
            halves += [pair >> 128, pair & LOW128]
        return tuple(halves)


def read(at: str) -> Written:
    """What lies at a page's address, all of it accounted for."""
    code = boa.env.get_code(at)
    assert code[:1] == b"\x61"
    assert code[3:10] == RETURNS
    size = int.from_bytes(code[1:3], "big")
    answer = boa.env.execute_code(at, data=b"", is_modifying=False)
    assert not answer.is_error
    assert answer.output == code[10 : 10 + size]
    # a page answers every call with the same
    other = boa.env.execute_code(at, data=b"\xff" * 36, is_modifying=False)
    assert other.output == answer.output
    words = tuple(int.from_bytes(code[i : i + 32], "big") for i in range(10, 10 + size, 32))
    behind = code[10 + size :]
    assert len(behind) % 16 == 0
    forwards = tuple(int.from_bytes(behind[i : i + 16], "big") for i in range(0, len(behind), 16))
    return Written(words, forwards)
