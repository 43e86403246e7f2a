"""Terms as they are hashed and signed: 42 words and three for each row.

See docs/specification.md#terms.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from eth_utils.crypto import keccak

from emc.audit.read.abi import address, function, words

PPM = 1_000_000
LOW20 = 2**20 - 1
# words of measures that everybody knows; of others there is only the hash
METRICS = {
    int.from_bytes(keccak(text=word), "big"): word
    for word in ("proceeds", "users", "contracts", "satisfaction")
}
MEASURES = tuple(f"goal.measures[{place}]" for place in range(3))
GATES = ("none", "benchmark", "target")
# base, leading and upside of a row's second word
SHARES = (2**60 - 1) << 16


@cache
def _places() -> dict[str, int]:
    """The place of each field among the words, by its name in the specification: as the ABI has
    them.
    """
    terms, *_ = function("Consent", "make")[1]
    return {name: place for place, name in enumerate(_fields(terms["components"]))}


def _fields(items: Iterable[Mapping[str, Any]], before: str = "") -> Iterator[str]:
    for item in items:
        name = before + item["name"]
        kind, _, several = item["type"].partition("[")
        places = range(int(several[:-1])) if several else ()
        if kind != "tuple":
            yield name
        for at in [f"[{place}]" for place in places] or [""]:
            yield from _fields(item.get("components", ()), f"{name}{at}.")


@dataclass(frozen=True)
class Row:
    """A line of the table, as its three words."""

    party_word: int
    pay: int
    limits: int

    @property
    def is_node(self) -> bool:
        return bool(self.party_word & 1)

    @property
    def party(self) -> int:
        """A node's ME id; a beneficiary's controller as a number."""
        return self.party_word >> 96

    @property
    def me(self) -> int | None:
        return self.party if self.is_node else None

    @property
    def payee(self) -> str:
        return address(self.pay >> 96)

    @property
    def running(self) -> int:
        return self.pay >> 76 & LOW20

    @property
    def shares(self) -> tuple[int, int, int]:
        """Of BASE, LEADING and UPSIDE."""
        return self.pay >> 56 & LOW20, self.pay >> 36 & LOW20, self.pay >> 16 & LOW20

    @property
    def id(self) -> int:
        return self.pay >> 8 & 255

    @property
    def cost(self) -> int:
        return self.limits >> 128

    @property
    def lower(self) -> int:
        return self.limits >> 20 & LOW20

    @property
    def upper(self) -> int:
        return self.limits & LOW20

    @property
    def words(self) -> tuple[int, int, int]:
        return self.party_word, self.pay, self.limits


@dataclass(frozen=True)
class Measure:
    """What a goal counts.

    Args:
        metric: The hash of its word.
    """

    metric: int
    benchmark: int
    target: int

    @property
    def name(self) -> str:
        """Its word; else its hash."""
        return METRICS.get(self.metric, f"0x{self.metric:064x}")

    @property
    def is_proceeds(self) -> bool:
        return self.name == "proceeds"

    def tranche(self, value: int) -> int:
        """Up to which of BASE, LEADING and UPSIDE it lets proceeds come at this value."""
        return int(value >= self.benchmark) + int(value >= self.target)


@dataclass(frozen=True)
class Terms:
    """The whole table."""

    head: tuple[int, ...]
    rows: tuple[Row, ...]

    def __getitem__(self, field: str) -> int:
        """A field's number by its name in the specification."""
        return self.head[_places()[field]]

    def at(self, field: str) -> str:
        """A field that is an address."""
        return address(self[field])

    @property
    def nodes(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.is_node)

    @property
    def members(self) -> dict[int, int]:
        """ME ids of the nodes, by row id."""
        return {row.id: row.party for row in self.nodes}

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """What the goal counts."""
        found = (
            Measure(*(self[f"{each}.{field}"] for field in ("metric", "benchmark", "target")))
            for each in MEASURES
        )
        return tuple(each for each in found if each.metric)

    @property
    def proceeds(self) -> Measure | None:
        """The measure that counts itself."""
        return next((each for each in self.measures if each.is_proceeds), None)

    @property
    def is_assessed(self) -> bool:
        """Whether the chain cannot see a measure by itself."""
        return any(not each.is_proceeds for each in self.measures)

    def tranche(self, values: Mapping[int, int]) -> int:
        """Up to which of BASE, LEADING and UPSIDE the assessed measures let proceeds come."""
        assessed = (each for each in self.measures if not each.is_proceeds)
        return min((each.tranche(values.get(each.metric, 0)) for each in assessed), default=2)

    @property
    def canvas(self) -> str:
        """The canvas hash, as 0x and digits."""
        return f"0x{self['canvas']:064x}"

    @property
    def gate(self) -> str:
        return GATES[self["goal.gate"]]

    @cached_property
    def hash(self) -> bytes:
        """keccak-256 of abi.encode(terms, rows)."""
        body = [value for row in self.rows for value in row.words]
        offset = 32 * (len(self.head) + 1)
        return bytes(keccak(words(*self.head, offset, len(self.rows), *body)))

    def row(self, row_id: int) -> Row | None:
        return next((row for row in self.rows if row.id == row_id), None)

    def reshared(self, shares: Sequence[int]) -> "Terms | None":
        """The same with other shares; nothing if they are not shares of these rows."""
        if len(shares) != len(self.rows) or any(each & ~SHARES for each in shares):
            return None
        rows = (
            Row(row.party_word, row.pay & ~SHARES | each, row.limits)
            for row, each in zip(self.rows, shares, strict=True)
        )
        return Terms(self.head, tuple(rows))

    def without(self, row_id: int) -> "Terms | None":
        """The terms once a node has left: its shares are the sink's; if it was the sink, the first
        row that stays takes over both.
        """
        gone = self.row(row_id)
        if gone is None or not gone.is_node:
            return None
        rest = [row for row in self.rows if row.id != row_id]
        sink = rest[0].id if self["sink"] == row_id else self["sink"]
        head = list(self.head)
        head[_places()["sink"]] = sink
        rows = (
            Row(row.party_word, row.pay + (gone.pay & SHARES), row.limits)
            if row.id == sink
            else row
            for row in rest
        )
        return Terms(tuple(head), tuple(rows))

    def breach(self, before: "Terms | None" = None) -> str:
        """What breaks the rule of shares: each inside its row's bounds, each tranche exactly one.
        The sink may be beyond its bound in later epochs; `before` are the terms of the epoch
        before. Empty if nothing does.
        """
        for tranche, name in enumerate(("BASE", "LEADING", "UPSIDE")):
            total = sum(row.shares[tranche] for row in self.rows)
            if total != PPM:
                return f"shares of {name} are {total} ppm together"
            for row in self.rows:
                share = row.shares[tranche]
                is_free = before is not None and row.id == self["sink"]
                if not row.lower <= share <= (PPM if is_free else row.upper):
                    return f"row {row.id} has {share} ppm of {name}, outside its bounds"
        return ""


def from_event(terms: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> Terms:
    """Terms as an event or a call carries them, or as the store keeps them."""
    return Terms(
        tuple(_flat(terms)),
        tuple(
            Row(*(int(str(row[name]), 0) for name in ("party", "pay", "limits"))) for row in rows
        ),
    )


def _flat(struct: Mapping[str, Any] | Sequence[Any]) -> Iterable[int]:
    for value in struct.values() if isinstance(struct, Mapping) else struct:
        if isinstance(value, Mapping | list | tuple):
            yield from _flat(value)
        elif isinstance(value, bytes):
            yield int.from_bytes(value, "big")
        elif isinstance(value, str):
            yield int(value, 0)
        else:
            yield int(value)
