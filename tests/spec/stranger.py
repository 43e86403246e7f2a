"""Lives of EMCs recomputed by a stranger, who has read docs/specification.md and docs/interface.md.

Nothing of this project is imported: events and structs are read from the page that lists them, the
rest is written from the sentences of the specification. From raw logs alone, and the addresses of
the system, every payment run, page and final account of every EMC is recomputed; the first
figure that the logs put differently is a `Difference`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from eth_abi import decode, encode
from eth_utils import keccak

INTERFACE = (Path(__file__).parents[2] / "docs" / "interface.md").read_text()
WHOLE = 1_000_000
ENDLESS = 2**128 - 1
BACKSTOP = 128
PROCEEDS = keccak(text="proceeds")
NOBODY = "0x" + "00" * 20
PROXY = (
    bytes.fromhex("602d3d8160093d39f3363d3d373d3d3d363d73"),
    bytes.fromhex("5af43d82803e903d91602b57fd5bf3"),
)


class Difference(Exception):  # noqa: N818
    """The logs say something else than the specification."""


def agree(what: str, told: object, computed: object) -> None:
    """Both are the same.

    Raises:
        Difference: They are not.
    """
    if told != computed:
        raise Difference(f"{what}: told {told}, computed {computed}")


# logs


class Log(NamedTuple):
    """A log as a node returns it."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


class Event(NamedTuple):
    """A log that was read."""

    contract: str
    address: str
    name: str
    values: dict[str, Any]
    data: bytes

    def __getitem__(self, name: str) -> Any:  # type: ignore[override]
        return self.values[name]


def parts(text: str) -> list[str]:
    """What stands between the commas outside brackets."""
    found, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            found.append("")
        else:
            found[-1] += char
    return [part.strip() for part in found if part.strip()]


@dataclass(frozen=True)
class Declaration:
    """An event as the interface lists it."""

    name: str
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    indexed: tuple[bool, ...]

    @property
    def topic(self) -> bytes:
        """What its logs begin with."""
        return keccak(text=f"{self.name}({','.join(self.kinds)})")

    def read(self, log: Log) -> dict[str, Any]:
        """The values of a log."""
        fields = list(zip(self.kinds, self.names, self.indexed, strict=True))
        topics = iter(log.topics[1:])
        data = iter(decode([kind for kind, _, is_topic in fields if not is_topic], log.data))
        return {
            name: decode([kind], next(topics))[0] if is_topic else next(data)
            for kind, name, is_topic in fields
        }


def declared(line: str) -> Declaration:
    """An event from its line."""
    name, _, inside = line.removesuffix(")").partition("(")
    words = [re.sub(r"\s+", " ", part).rsplit(" ", 1) for part in parts(inside)]
    return Declaration(
        name,
        tuple(kind.removesuffix(" indexed") for kind, _ in words),
        tuple(name for _, name in words),
        tuple(kind.endswith(" indexed") for kind, _ in words),
    )


def events_listed() -> dict[str, dict[bytes, Declaration]]:
    """Every event by contract and topic."""
    found = {}
    for contract, block in re.findall(r"### Events of (\w+)\n\n```text\n(.*?)```", INTERFACE, re.S):
        events = [declared(line) for line in block.splitlines()]
        found[contract] = {event.topic: event for event in events}
    return found


EVENTS = events_listed()
STRUCTS = {
    name: re.findall(r"^    (\w+): (.+)$", block, re.M)
    for name, block in re.findall(r"# IConsent\nstruct (\w+):\n(.*?)```", INTERFACE, re.S)
}


def named(kind: str, value: Any) -> Any:
    """A struct of Consent by the names of its fields."""
    if several := re.fullmatch(r"(\w+)\[\w+\]", kind):
        return [named(several[1], each) for each in value]
    if kind not in STRUCTS:
        return value
    fields = zip(STRUCTS[kind], value, strict=True)
    return {name: named(inner, each) for (name, inner), each in fields}


def read(logs: Iterable[Log], system: Mapping[str, str]) -> Iterator[Event]:
    """The logs of the system's contracts and of the EMCs that Consent made, nobody else's.

    Args:
        system: Addresses by the names of contracts.
    """
    contracts = {address.lower(): name for name, address in system.items()}
    logs = list(logs)
    made = {event.topic for event in EVENTS["Consent"].values() if event.name == "Made"}
    for log in logs:
        if contracts.get(log.address.lower()) == "Consent" and log.topics[0] in made:
            contracts[address_in(log.topics[1])] = "EMC"
    for log in logs:
        contract = contracts.get(log.address.lower())
        if contract in EVENTS:
            event = EVENTS[contract][log.topics[0]]
            yield Event(contract, log.address.lower(), event.name, event.read(log), log.data)


def address_in(word: bytes) -> str:
    """The address in the low bits of a word."""
    return "0x" + word[-20:].hex()


# terms


@dataclass(frozen=True)
class Row:
    """A line of the terms."""

    id: int
    party: int
    payee: str
    running: int
    shares: tuple[int, int, int]
    cover: int


def unpacked(words: Mapping[str, int]) -> Row:
    """A row from its three words."""
    pay = words["pay"]
    low = 2**20 - 1
    return Row(
        id=pay >> 8 & 255,
        party=words["party"],
        payee=address_in((pay >> 96).to_bytes(20, "big")),
        running=pay >> 76 & low,
        shares=(pay >> 56 & low, pay >> 36 & low, pay >> 16 & low),
        cover=words["limits"] >> 128,
    )


@dataclass(frozen=True)
class Measure:
    """One thing that the goal counts."""

    metric: bytes
    benchmark: int
    target: int

    @property
    def is_proceeds(self) -> bool:
        """Whether the chain sees it by itself."""
        return self.metric == PROCEEDS

    def point(self, gate: int) -> int:
        """What opens the gate, for a gate that is not `none`."""
        return self.benchmark if gate == 1 else self.target


@dataclass(frozen=True)
class Terms:
    """Terms as they were published or follow from a change: the head whole, and rows of words."""

    kind: tuple[str, str]
    head: Any
    words: tuple[tuple[int, int, int], ...]

    @property
    def hash(self) -> bytes:
        """The terms hash."""
        return keccak(encode(self.kind, (self.head, self.words)))

    @property
    def values(self) -> dict[str, Any]:
        """The head by the names of its fields."""
        return dict(named("Terms", self.head))

    @property
    def rows(self) -> list[Row]:
        """The rows, unpacked."""
        return [unpacked(named("Row", words)) for words in self.words]

    @property
    def nodes(self) -> list[int]:
        """The ids of the MEs that are nodes."""
        return [party >> 96 for party, _, _ in self.words if party & 1]

    @property
    def measures(self) -> list[Measure]:
        """What the goal counts."""
        measures = [Measure(**each) for each in self.values["goal"]["measures"]]
        return [each for each in measures if any(each.metric)]

    def gate_of_proceeds(self, finals: Mapping[bytes, int]) -> int | None:
        """From how many proceeds on income flows; none if an assessment has to come first."""
        gate = self.values["goal"]["gate"]
        if not gate:
            return 0
        points = {measure: measure.point(gate) for measure in self.measures}
        assessed = [each for each in self.measures if not each.is_proceeds]
        if any(finals.get(each.metric, 0) < points[each] for each in assessed):
            return None
        return max([points[each] for each in self.measures if each.is_proceeds], default=0)

    def reshared(self, shares: Sequence[int]) -> "Terms":
        """The same with other shares, one word for each row."""
        agree("shares", len(shares), len(self.words))
        kept = ~((2**60 - 1) << 16)
        words = zip(self.words, shares, strict=True)
        return replace(
            self,
            words=tuple((party, pay & kept | new, limits) for (party, pay, limits), new in words),
        )

    def without(self, row: int) -> "Terms":
        """The same after a row has left: its shares fall to the sink."""
        rows = self.rows
        (leaver,) = (each for each in rows if each.id == row)
        stay = [words for words, each in zip(self.words, rows, strict=True) if each.id != row]
        left = [each for each in rows if each.id != row]
        sink = self.values["sink"]
        if sink == row:
            sink = left[0].id
        place = [each.id for each in left].index(sink)
        party, pay, limits = stay[place]
        base, leading, upside = leaver.shares
        stay[place] = party, pay + (base << 56) + (leading << 36) + (upside << 16), limits
        head = list(self.head)
        head[[name for name, _ in STRUCTS["Terms"]].index("sink")] = sink
        return replace(self, head=tuple(head), words=tuple(stay))


# the waterfall


@dataclass(frozen=True)
class Page:
    """What one set of terms, with the final values so far, pays of proceeds from `start` on."""

    rows: list[Row]
    # what of each row's cover was open when the page began
    covers: list[int]
    base_end: int
    leading_end: int
    start: int
    dust: int

    def net(self, x: int) -> int:
        """Proceeds less running costs, in millionths."""
        return x * (WHOLE - sum(row.running for row in self.rows))

    def bands(self, x: int) -> tuple[int, int, int, int]:
        """COST, BASE, LEADING and UPSIDE, in millionths."""
        net, cover = self.net(x), sum(self.covers) * WHOLE
        cost = min(net, cover)
        base = min(net, self.base_end) - cost
        leading = min(net, self.leading_end) - base - cost
        return cost, base, leading, net - leading - base - cost

    def covered(self, x: int) -> list[int]:
        """What has flowed to each row of its cover."""
        cost, cover = self.bands(x)[0], sum(self.covers) * WHOLE
        return [each * cost // cover if cover else 0 for each in self.covers]

    def entitled(self, x: int, is_open: bool) -> list[int]:
        """What has flowed to each row."""
        _, *income = self.bands(x) if is_open else (0, 0, 0, 0)
        return [
            covered
            + (row.running * x * WHOLE + sum(map(int.__mul__, row.shares, income))) // WHOLE**2
            for row, covered in zip(self.rows, self.covered(x), strict=True)
        ]

    def can_flow(self, x: int, y: int) -> bool:
        """Whether anything can flow behind a closed gate."""
        return self.bands(x)[0] != self.bands(y)[0] or self.net(WHOLE) != WHOLE**2

    def held(self, x: int) -> int:
        """What a closed gate keeps of it."""
        return -(-(self.net(x) - self.bands(x)[0]) // WHOLE)


def turned(
    terms: Terms, finals: Mapping[bytes, int], covers: list[int], start: int, dust: int
) -> Page:
    """The page that follows one that has shared out everything until `start` and left over dust.

    The bands of proceeds are amounts of cumulative proceeds; an assessed measure that is below its
    benchmark, or its target, leaves the band without end.
    """
    rest = WHOLE - sum(row.running for row in terms.rows)
    ends = [sum(covers) * WHOLE] * 2
    for measure in terms.measures:
        for place, point in enumerate((measure.benchmark, measure.target)):
            if measure.is_proceeds:
                end = (point - start) * rest
            else:
                end = 0 if finals.get(measure.metric, 0) >= point else ENDLESS
            ends[place] = max(ends[place], end)
    base, leading = ends
    return Page(terms.rows, covers, base, max(base, leading), start, dust)


# a life


@dataclass
class Life:
    """One EMC, as far as its logs have been read."""

    address: str
    terms: Terms
    epoch: int = 0
    page: Page = field(default_factory=lambda: Page([], [], 0, 0, 0, 0))
    # what of the page is shared out, with the dust that it began with
    x: int = 0
    # whether anything was booked or shared out on the page: its dust counts from then on
    is_begun: bool = False
    total: int = 0
    paid: int = 0
    swept: int = 0
    credits: dict[int, int] = field(default_factory=dict)
    # what the gate holds for each row from earlier pages, also for those that left
    forward: dict[int, int] = field(default_factory=dict)
    payees: dict[int, str] = field(default_factory=dict)
    finals: dict[bytes, int] = field(default_factory=dict)
    is_open: bool = False
    has_ended: bool = False
    batch: tuple[int, bytes, int] | None = None
    # what was told of credits and leavers, until the log that they belong to
    credited: list[Event] = field(default_factory=list)
    left: list[Event] = field(default_factory=list)

    @property
    def held(self) -> int:
        """What lies behind the gate."""
        if self.is_open:
            return 0
        return sum(self.forward.values()) + self.page.held(self.x) - self.swept

    @property
    def dust(self) -> int:
        """What rounding has left over."""
        if not self.is_begun:
            return self.page.dust
        flowed = sum(self.page.entitled(self.x, self.is_open))
        return self.x - flowed - (0 if self.is_open else self.page.held(self.x))

    @property
    def pending(self) -> int:
        """What came in and is not shared out yet."""
        return self.total - self.page.start - self.x if self.is_begun else 0

    @property
    def accounts(self) -> tuple[int, int, int, int, int, int]:
        """Received, paid, credited, held, pending, dust."""
        owed = sum(self.credits.values())
        return self.total, self.paid, owed, self.held, self.pending, self.dust

    def opens(self, terms: Terms, finals: Mapping[bytes, int], total: int) -> bool:
        """Whether the gate is open, or opened by these terms, values and proceeds."""
        gate = terms.gate_of_proceeds(finals)
        return self.is_open or (not self.has_ended and gate is not None and total >= gate)

    def after(self, cause: Event) -> tuple[Terms, dict[bytes, int]]:
        """Terms and final values that a change puts in force."""
        terms, finals = self.terms, self.finals
        if cause.name in ("Made", "Amended"):
            terms = published(cause)
        elif cause.name == "Renegotiated":
            terms = terms.reshared(cause["shares"])
        elif cause.name == "Finalised":
            finals = finals | {cause["metric"]: cause["amount"]}
        else:
            terms = terms.without(cause["row"])
        if cause.name != "Finalised":
            agree("terms hash", cause["terms_hash"], terms.hash)
        return terms, finals

    def adopt(self, adopted: Event, cause: Event) -> None:
        """Begin a page."""
        page = self.page
        entitled = page.entitled(self.x, True)
        if not self.is_open:
            flowed = page.entitled(self.x, False)
            for row, due, has in zip(page.rows, entitled, flowed, strict=True):
                self.forward[row.id] = self.forward.get(row.id, 0) + due - has
        self.terms, self.finals = self.after(cause)
        self.is_open = self.opens(self.terms, self.finals, self.total)
        self.epoch += cause.name != "Finalised"
        covered = zip(page.rows, page.covers, page.covered(self.x), strict=True)
        less = {row.id: cover - has - row.cover for row, cover, has in covered}
        rows = self.terms.rows
        covers = [max(0, less.get(row.id, 0) + row.cover) for row in rows]
        dust = self.total - page.start - sum(entitled)
        self.page = turned(self.terms, self.finals, covers, self.total - dust, dust)
        self.x, self.is_begun = 0, False
        told = adopted["epoch"], adopted["start"], adopted["dust"], adopted["held"]
        agree("page", told, (self.epoch, self.page.start, dust, self.held))
        stay = {row.id for row in rows}
        left = [
            (row.id, row.party, self.payees[row.id], self.forward.get(row.id, 0))
            for row in page.rows
            if row.id not in stay
        ]
        agree("left", [tuple(each.values.values()) for each in self.left], left)
        self.left = []
        stated = {row.id: row.payee for row in page.rows}
        self.payees |= {row.id: row.payee for row in rows if stated.get(row.id) != row.payee}

    def credit(self, due: list[tuple[int, str, int]]) -> None:
        """Credits instead of payments, by row, payee and amount, and the logs that tell them."""
        agree("credited", [tuple(each.values.values()) for each in self.credited], due)
        self.credited = []
        for row, _, amount in due:
            self.credits[row] = self.credits.get(row, 0) + amount

    def run(self, payout: Event, opens: bool) -> None:
        """A payment run.

        Args:
            opens: Whether the change of which it is a part opens the gate.
        """
        self.total += payout["received"]
        agree("epoch", payout["epoch"], self.epoch)
        agree("total", payout["total"], self.total)
        is_sale = payout["payer"] not in (self.address, NOBODY)
        if is_sale and self.batch:
            number, hashed, gross = self.batch
            told = payout["number"], payout["customer"], payout["gross"]
            agree("batch", told, (number, hashed, gross))
        self.batch = None
        opens = not self.is_open and (opens or self.opens(self.terms, self.finals, self.total))
        self.is_begun = True
        if is_sale and not opens and self.pending < self.terms.values["disburse_at"]:
            agree("payments", (payout["payments"], payout["held"]), ((), self.held))
            return
        x = self.x
        before = self.page.entitled(x, self.is_open)
        self.x += self.pending
        after = self.page.entitled(self.x, self.is_open or opens)
        due = [
            late - soon + (self.forward.get(row.id, 0) if opens else 0)
            for row, soon, late in zip(self.page.rows, before, after, strict=True)
        ]
        if opens:
            live = {row.id for row in self.page.rows}
            for row, held in self.forward.items():
                if row not in live and held:
                    self.credits[row] = self.credits.get(row, 0) + held
            self.forward, self.is_open = {}, True
        ids = [row.id for row in self.page.rows]
        payees = [self.payees[id] for id in ids]
        lines = list(zip(ids, payees, due, strict=True))
        can_flow = self.is_open or self.page.can_flow(x, self.x)
        told = tuple(line[1:] for line in lines) if can_flow and (opens or self.x != x) else ()
        agree("payments", payout["payments"], told)
        agree("held", payout["held"], self.held)
        missed = [line for place, line in enumerate(lines) if payout["credited"] >> place & 1]
        owed = [id for id, _, amount in lines if amount and self.credits.get(id)]
        agree("credits beside a credit", [row for row, *_ in missed if row in owed], owed)
        self.credit(missed)
        self.paid += sum(due) - sum(amount for *_, amount in missed)

    def take(self, event: Event) -> None:
        """Any other event of the EMC."""
        if event.name == "Batch":
            gross = sum(amount for amount, _ in event["orders"])
            self.batch = event["first"], keccak(event.data), gross
        elif event.name == "Credited":
            self.credited.append(event)
        elif event.name == "Left":
            self.left.append(event)
        elif event.name == "Withdrawn":
            row = event["row"]
            told = event["payee"], event["amount"]
            agree("withdrawn", told, (self.payees[row], self.credits.pop(row, 0)))
            self.paid += event["amount"]
        elif event.name == "PayeeChanged":
            agree("payee", event["old"], self.payees[event["row"]])
            self.payees[event["row"]] = event["new"]
        elif event.name == "Swept":
            backstop = self.terms.values["backstop"]
            agree("swept", (event["backstop"], event["amount"]), (backstop, self.held))
            self.payees[BACKSTOP] = backstop
            self.swept += event["amount"]
            self.credit([(BACKSTOP, backstop, event["amount"])] if event["credited"] else [])
            if not event["credited"]:
                self.paid += event["amount"]
        elif event.name == "Ended":
            agree("ended", (event["succeeded"], event["total"]), (self.is_open, self.total))
            self.has_ended = True


CAUSES = {
    "Consent": ("Made",),
    "Changes": ("Renegotiated", "Amended"),
    "Conduct": ("Exited", "Expelled"),
    "Goals": ("Finalised",),
}


def recompute(
    logs: Iterable[Log], system: Mapping[str, str], accounts: Mapping[int, str] | None = None
) -> dict[str, Life]:
    """Every EMC of a system, by address.

    Args:
        logs: All logs of the chain, in their order.
        system: Addresses of the contracts by name; `EMC` is the implementation.
        accounts: Of MEs, by id, before the first of these logs.

    Raises:
        Difference: The logs say something else than the specification.
    """
    events = list(read(logs, system))
    accounts = dict(accounts or {})
    lives = {}
    for event in events:
        if event.name == "Registered":
            accounts[event["me"]] = event["account"]
        elif event.name == "AccountRotated":
            accounts[event["me"]] = event["new"]
        elif (event.contract, event.name) == ("Consent", "Made"):
            terms = published(event)
            nodes = [accounts[me] for me in terms.nodes]
            computed = address_of(system["Consent"], system["EMC"], nodes, terms.hash)
            agree("address", event["emc"], computed)
            lives[event["emc"]] = lived(event["emc"], events)
    return lives


def published(event: Event) -> Terms:
    """The terms that an event carries whole; their hash is the one that it names."""
    kinds = EVENTS[event.contract]
    (kind,) = (each.kinds[-2:] for each in kinds.values() if each.name == event.name)
    terms = Terms((kind[0], kind[1]), event["terms"], event["rows"])
    agree("terms hash", event["terms_hash"], terms.hash)
    return terms


def address_of(consent: str, implementation: str, accounts: list[str], terms_hash: bytes) -> str:
    """Where an EMC is."""
    salt = keccak(encode(["address[]", "bytes32"], [accounts, terms_hash]))
    code = PROXY[0] + bytes.fromhex(implementation[2:]) + PROXY[1]
    return address_in(keccak(b"\xff" + bytes.fromhex(consent[2:]) + salt + keccak(code)))


def lived(address: str, events: list[Event]) -> Life:
    """One EMC from its first page to its last log."""
    own = [event for event in events if event.address == address]
    causes = [
        event
        for event in events
        if event.name in CAUSES.get(event.contract, ()) and event["emc"] == address
    ]
    adopted = [event for event in own if event.name == "Adopted"]
    agree("one page for each change", len(adopted), len(causes))
    life = Life(address, published(causes[0]))
    for place, event in enumerate(own):
        if event.name == "Adopted":
            life.adopt(event, causes.pop(0))
        elif event.name == "Payout":
            runs = (each.name for each in own[place + 1 :] if each.name in ("Payout", "Adopted"))
            opens = False
            if next(runs, "") == "Adopted":
                # the last run before a page is that of the change
                opens = life.opens(*life.after(causes[0]), life.total + event["received"])
            life.run(event, opens)
        else:
            life.take(event)
    agree("told and not booked", [*life.credited, *life.left], [])
    return life
