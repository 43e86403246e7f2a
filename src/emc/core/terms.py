"""The terms of an EMC as the chain knows them: the table, its packing and its hash.

Mirrors ``contracts/interfaces/IConsent.vyi``. Amounts are base units, parts ppm, spans seconds,
times Unix seconds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from enum import IntEnum
from functools import cached_property, lru_cache
from typing import Any, ClassVar

from eth_abi.abi import encode
from eth_utils.address import is_hex_address, to_checksum_address
from eth_utils.crypto import keccak

from emc.core.limits import MAX_IDS, MAX_MEASURES
from emc.core.units import PPM
from emc.errors import EMCError

NATIVE = "0x0000000000000000000000000000000000000000"
# in place of a row id: who submits values, if the terms name somebody
ASSESSOR = MAX_IDS
_LOW20 = 2**20 - 1


class Kind(IntEnum):
    """Whom the EMC serves: end users, or experience EMCs."""

    EXPERIENCE = 1
    SOLUTION = 2


class Metric(bytes):
    """What a measure counts: the hash of a word, of which the chain knows only the hash.

    Equal by the hash; ``word`` is empty if it is unknown.
    """

    word: str
    PROCEEDS: ClassVar["Metric"]
    USERS: ClassVar["Metric"]
    CONTRACTS: ClassVar["Metric"]
    SATISFACTION: ClassVar["Metric"]

    @classmethod
    def of(cls, word: str) -> "Metric":
        """The metric that a word names."""
        metric = cls(keccak(text=word))
        metric.word = word
        return metric

    @classmethod
    def read(cls, digest: bytes, words: Iterable[str] = ()) -> "Metric":
        """The metric behind a hash, with its word if it is among these or the well-known ones."""
        metric = cls(digest)
        metric.word = next((each for each in (*WORDS, *words) if cls.of(each) == metric), "")
        return metric

    @property
    def name(self) -> str:
        """Its word, else the beginning of its hash."""
        return self.word or f"0x{self.hex()[:8]}.."

    @property
    def full(self) -> str:
        """Its word, else its whole hash."""
        return self.word or "0x" + self.hex()

    @property
    def is_assessed(self) -> bool:
        """Whether the chain cannot see it by itself."""
        return self != Metric.PROCEEDS

    def __repr__(self) -> str:
        return f"Metric({self.name!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> dict[str, Any]:
        """Files are read into metrics before they are checked."""
        return {"type": "is-instance", "cls": cls}


# whose hash every reader knows; a canvas may word others
WORDS = ("proceeds", "users", "contracts", "satisfaction")
Metric.PROCEEDS, Metric.USERS, Metric.CONTRACTS, Metric.SATISFACTION = map(Metric.of, WORDS)


class Gate(IntEnum):
    """What opens the gate to income: every measure at its benchmark, or at its target."""

    NONE = 0
    BENCHMARK = 1
    TARGET = 2


class Tranche(IntEnum):
    """Which shares apply to what comes in once costs are covered."""

    BASE = 1
    LEADING = 2
    UPSIDE = 3


@dataclass(frozen=True)
class Measure:
    """What a leading goal counts: the industry average and the target above it, in the metric's
    unit.
    """

    metric: Metric
    benchmark: int
    target: int

    def tranche(self, value: int) -> Tranche:
        """The highest tranche that it allows at this value."""
        if value < self.benchmark:
            return Tranche.BASE
        return Tranche.LEADING if value < self.target else Tranche.UPSIDE

    def opens_at(self, gate: Gate) -> int:
        """The value that it must reach for the gate to open."""
        return {Gate.NONE: 0, Gate.BENCHMARK: self.benchmark, Gate.TARGET: self.target}[gate]


@dataclass(frozen=True)
class Goal:
    """The leading goal: one to three measures, of which the lowest decides, and by when.

    Args:
        measures: In any order; kept by the hash of their metrics.
    """

    measures: tuple[Measure, ...]
    deadline: int
    gate: Gate
    ends_emc: bool = False

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.measures, key=lambda measure: measure.metric))
        object.__setattr__(self, "measures", ordered)

    @property
    def proceeds(self) -> Measure | None:
        """The measure of proceeds, which the contract counts itself."""
        return next((each for each in self.measures if not each.metric.is_assessed), None)

    @property
    def assessed(self) -> tuple[Measure, ...]:
        """The measures that the chain cannot see by itself."""
        return tuple(each for each in self.measures if each.metric.is_assessed)

    def tranche(self, values: Mapping[Metric, int]) -> Tranche:
        """The highest tranche that the assessed measures allow.

        Args:
            values: The last final assessment, by metric.
        """
        return min(
            (each.tranche(values.get(each.metric, 0)) for each in self.assessed),
            default=Tranche.UPSIDE,
        )

    def measure(self, metric: bytes) -> Measure:
        """The measure of a metric.

        Raises:
            EMCError: it is not a measure of this goal.
        """
        for each in self.measures:
            if each.metric == metric:
                return each
        names = ", ".join(each.metric.name for each in self.measures)
        raise EMCError(f"the goal does not count {Metric.read(metric).name}", f"it counts {names}")


@dataclass(frozen=True)
class Renegotiation:
    """How shares change: quorum in ppm, least time between two, window and part for objections."""

    quorum: int
    interval: int = 0
    window: int = 0
    objections: int = 0


@dataclass(frozen=True)
class Leaving:
    """How nodes leave: notice, cure period, expulsion quorum of the others, and miss margin."""

    notice: int = 0
    cure: int = 0
    expulsion: int = PPM
    margin: int = 0


@dataclass(frozen=True)
class Assessment:
    """How measures that the chain cannot see are assessed. A zero assessor means any node."""

    assessor: str = NATIVE
    window: int = 0
    objections: int = 0
    grace: int = 0

    @property
    def has_assessor(self) -> bool:
        return int(self.assessor, 16) != 0


@dataclass(frozen=True)
class Review:
    """How long nodes may commit and reveal their ratings of each other."""

    commit: int = 0
    reveal: int = 0


@dataclass(frozen=True)
class Bar:
    """What an ME must show to a reputation registry; stars in hundredths."""

    registry: str = NATIVE
    stars: int = 0
    emcs: int = 0
    proceeds: int = 0
    currency: str = NATIVE
    admits_unrated: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        id: Place in the table of the first epoch, never reused.
        party: A node's ME id, or the address of a beneficiary's controller.
        payee: Where the row is paid.
        running, base, leading, upside, lower, upper: Ppm.
        cost: Cost cover in base units.
    """

    id: int
    party: int | str
    payee: str
    base: int
    leading: int
    upside: int
    lower: int
    upper: int
    running: int = 0
    cost: int = 0

    @property
    def is_node(self) -> bool:
        return isinstance(self.party, int)

    @property
    def shares(self) -> tuple[int, int, int]:
        """Base, leading, upside."""
        return self.base, self.leading, self.upside

    def pack(self) -> tuple[int, int, int]:
        """The row's three words, as laid out in ``contracts/modules/packed_row.vy``."""
        party = self.party << 96 | 1 if isinstance(self.party, int) else int(self.party, 16) << 96
        pay = (
            int(self.payee, 16) << 96
            | self.running << 76
            | self.base << 56
            | self.leading << 36
            | self.upside << 16
            | self.id << 8
        )
        return party, pay, self.cost << 128 | self.lower << 20 | self.upper

    @classmethod
    def unpack(cls, words: Sequence[int]) -> "Row":
        """The row behind three words.

        Raises:
            EMCError: a spare bit is set.
        """
        party, pay, limits = words
        base, leading, upside = shares_in(pay)
        row = cls(
            id=pay >> 8 & 255,
            party=party_in(party),
            payee=_address(pay >> 96),
            running=pay >> 76 & _LOW20,
            base=base,
            leading=leading,
            upside=upside,
            cost=limits >> 128,
            lower=limits >> 20 & _LOW20,
            upper=limits & _LOW20,
        )
        if row.pack() != (party, pay, limits):
            raise EMCError(f"row {row.id}: spare bits are set", "refuse these terms")
        return row


def party_in(word: int) -> int | str:
    """The party in a row's word: the id of an ME, or a beneficiary's controller."""
    return word >> 96 if word & 1 else _address(word >> 96)


def shares_in(pay: int) -> tuple[int, int, int]:
    """Base, leading and upside, ppm, from a row's `pay` word."""
    return pay >> 56 & _LOW20, pay >> 36 & _LOW20, pay >> 16 & _LOW20


@dataclass(frozen=True)
class Terms:
    """Everything that all nodes sign: the rules and the rows."""

    canvas: bytes
    backstop: str
    starts_at: int
    ends_at: int
    goal: Goal
    rows: tuple[Row, ...]
    currency: str = NATIVE
    kind: Kind = Kind.EXPERIENCE
    sink: int = 0
    disburse_at: int = 0
    nonce: int = 0
    version: int = 1
    renegotiation: Renegotiation = field(default_factory=lambda: Renegotiation(quorum=PPM))
    leaving: Leaving = field(default_factory=Leaving)
    assessment: Assessment = field(default_factory=Assessment)
    review: Review = field(default_factory=Review)
    bar: Bar = field(default_factory=Bar)

    @property
    def nodes(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.is_node)

    @property
    def running(self) -> int:
        """Running cost of all rows, ppm of every sale."""
        return sum(row.running for row in self.rows)

    @property
    def gate_at(self) -> int:
        """Proceeds from which income flows, once the assessed measures let it."""
        proceeds = self.goal.proceeds
        return proceeds.opens_at(self.goal.gate) if proceeds else 0

    @property
    def closes_at(self) -> int:
        """Until when the goal can be reached; with an assessed measure this includes the grace."""
        return self.goal.deadline + (self.assessment.grace if self.goal.assessed else 0)

    def worded(self, words: Iterable[str]) -> "Terms":
        """The same terms, with the words of those metrics that are among these."""
        measures = tuple(
            replace(each, metric=Metric.read(each.metric, words)) for each in self.goal.measures
        )
        return replace(self, goal=replace(self.goal, measures=measures))

    def place_of(self, row: int) -> int:
        """The place in the table of a row by its id.

        Raises:
            EMCError: there is no such row.
        """
        for place, each in enumerate(self.rows):
            if each.id == row:
                return place
        raise EMCError(
            f"there is no row {row} in these terms",
            f"rows are {', '.join(str(each.id) for each in self.rows)}",
        )

    def with_shares(self, shares: Mapping[int, tuple[int, int, int]]) -> "Terms":
        """The terms after a renegotiation: base, leading and upside by row id; others stay."""
        for row in shares:
            self.place_of(row)
        return replace(
            self,
            rows=tuple(
                replace(row, base=base, leading=leading, upside=upside)
                for row in self.rows
                for base, leading, upside in [shares.get(row.id, row.shares)]
            ),
        )

    def without(self, row: int) -> "Terms":
        """The terms after a node has left: its shares are the sink's; if it was the sink, the
        first row that stays takes over both.
        """
        place = self.place_of(row)
        gone = self.rows[place]
        stay = self.rows[:place] + self.rows[place + 1 :]
        if not stay:
            raise EMCError("the last row cannot leave", "disband instead")
        sink = stay[0].id if self.sink == row else self.sink
        return replace(
            self,
            sink=sink,
            rows=tuple(
                replace(
                    each,
                    base=each.base + gone.base,
                    leading=each.leading + gone.leading,
                    upside=each.upside + gone.upside,
                )
                if each.id == sink
                else each
                for each in stay
            ),
        )

    def share_words(self) -> list[int]:
        """The shares as Changes takes them, a word per row."""
        return [row.base << 56 | row.leading << 36 | row.upside << 16 for row in self.rows]

    def with_row(self, index: int, **changes: Any) -> "Terms":
        """The same terms with one row changed."""
        rows = list(self.rows)
        rows[index] = replace(rows[index], **changes)
        return replace(self, rows=tuple(rows))

    def head(self) -> tuple[Any, ...]:
        """The first argument of Consent's functions."""
        rules = (self.renegotiation, self.leaving, self.assessment, self.review, self.bar)
        return (
            self.version,
            self.nonce,
            int(self.kind),
            self.canvas,
            self.currency,
            self.backstop,
            self.sink,
            self.starts_at,
            self.ends_at,
            self.disburse_at,
            self._goal_head(),
            *(astuple(each) for each in rules),
        )

    def _goal_head(self) -> tuple[Any, ...]:
        measures = [
            (bytes(each.metric), each.benchmark, each.target) for each in self.goal.measures
        ]
        measures += [(bytes(32), 0, 0)] * (MAX_MEASURES - len(measures))
        return measures, self.goal.deadline, int(self.goal.gate), self.goal.ends_emc

    def check_payees(self, checkout: str) -> None:
        """Refuse terms with a payee or backstop at Checkout.

        Consent cannot refuse them, because Checkout's address follows from Consent's.

        Raises:
            EMCError: a row or the backstop is paid there.
        """
        if checkout in (self.backstop, *(row.payee for row in self.rows)):
            raise EMCError(
                "a row or the backstop is paid at Checkout, where the money would belong to nobody",
                "name another payee",
            )

    def packed_rows(self) -> list[tuple[int, int, int]]:
        """The second argument of Consent's functions."""
        return [row.pack() for row in self.rows]

    def encode(self) -> bytes:
        """``abi.encode(terms, rows)``: the words of the terms, where the rows begin, and the rows.

        Four times as fast as eth-abi, by which `emc list` of a thousand EMCs takes 0.5 s more.
        """
        head = b"".join(_in_words(self.head()))
        rows = self.packed_rows()
        return b"".join([head, *_in_words((len(head) + 32, len(rows))), *_in_words(rows)])

    def hash(self) -> bytes:
        """The terms hash: keccak-256 of the encoded table."""
        return self._hash

    @cached_property
    def _hash(self) -> bytes:
        # asked for again and again, and terms never change
        return keccak(self.encode())

    @classmethod
    def from_packed(cls, head: Sequence[Any], table: Sequence[Sequence[int]]) -> "Terms":
        """The terms behind Consent's two arguments, as read from an event or a file.

        Raises:
            EMCError: the values are not valid terms.
        """
        try:
            version, nonce, kind, canvas, currency, backstop, sink, starts, ends, disburse_at = (
                head[:10]
            )
            goal, renegotiation, leaving, assessment, review, bar = head[10:]
            measures, deadline, gate, ends_emc = goal
            registry, stars, emcs, proceeds, counted_in, admits = bar
            counting = stars, emcs, proceeds, to_checksum_address(counted_in), admits
            return cls(
                version=version,
                nonce=nonce,
                kind=Kind(kind),
                canvas=bytes(canvas),
                currency=to_checksum_address(currency),
                backstop=to_checksum_address(backstop),
                sink=sink,
                starts_at=starts,
                ends_at=ends,
                disburse_at=disburse_at,
                goal=Goal(_measures(measures), deadline, Gate(gate), ends_emc),
                renegotiation=Renegotiation(*renegotiation),
                leaving=Leaving(*leaving),
                assessment=Assessment(to_checksum_address(assessment[0]), *assessment[1:]),
                review=Review(*review),
                bar=Bar(to_checksum_address(registry), *counting),
                rows=tuple(Row.unpack(words) for words in table),
            )
        except (ValueError, TypeError) as error:
            raise EMCError(f"these are not terms of an EMC: {error}") from None


def _measures(found: Sequence[Any]) -> tuple[Measure, ...]:
    """The measures of a packed goal, without the empty ones behind them.

    Raises:
        ValueError: they are not in order, so that the words say another goal than the measures.
    """
    packed = [tuple(each.values()) if isinstance(each, Mapping) else tuple(each) for each in found]
    metrics = [bytes(metric) for metric, _, _ in packed]
    used = [metric for metric in metrics if any(metric)]
    if (
        used != sorted(set(used))
        or used != metrics[: len(used)]
        or any(benchmark or target for _, benchmark, target in packed[len(used) :])
    ):
        raise ValueError("the measures of the goal are not in order")
    return tuple(
        Measure(Metric.read(bytes(metric)), benchmark, target)
        for metric, benchmark, target in packed[: len(used)]
    )


def emc_address(
    consent: str, implementation: str, accounts: Sequence[str], terms_hash: bytes
) -> str:
    """The EMC's address (ERC-1167, CREATE2); accounts are in the order of the rows."""
    salt = keccak(encode(["address[]", "bytes32"], [list(accounts), terms_hash]))
    code = (
        bytes.fromhex("602d3d8160093d39f3363d3d373d3d3d363d73")
        + bytes.fromhex(implementation[2:])
        + bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
    )
    digest = keccak(b"\xff" + bytes.fromhex(consent[2:]) + salt + keccak(code))
    return to_checksum_address(digest[12:])


# MEs are paid at the same addresses in many EMCs
@lru_cache(maxsize=65_536)
def _address(number: int) -> str:
    return to_checksum_address(number.to_bytes(20, "big"))


def _in_words(value: Any) -> Iterator[bytes]:
    """The ABI's words of numbers, flags, addresses and hashes, however they are nested.

    Raises:
        ValueError: something is none of these, such as a hash of another length.
        OverflowError: a number is none of 256 bits.
    """
    if isinstance(value, int):
        if not 0 <= value < 2**256:
            raise OverflowError(f"{value} is not a number of 256 bits")
        yield value.to_bytes(32, "big")
    elif isinstance(value, bytes):
        if len(value) != 32:
            raise ValueError(f"{value!r} has {len(value)} bytes instead of 32")
        yield value
    elif isinstance(value, str):
        if not is_hex_address(value):
            raise ValueError(f"{value!r} is no address")
        yield bytes.fromhex(value[-40:]).rjust(32, b"\0")
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _in_words(each)
    else:
        raise ValueError(f"{value!r} is no number, flag, address or hash")
