"""What is known of an EMC's table at a moment: whose word counts, and what was said before."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_utils.crypto import keccak

from emc.audit.prove import eip712
from emc.audit.prove.calls import Calls, Given, frames
from emc.audit.prove.epochs import Epoch
from emc.audit.prove.faults import Faults
from emc.audit.prove.history import Happened, History, Payout
from emc.audit.prove.life import Life
from emc.audit.prove.signed import PPM, Measure, Terms
from emc.audit.read import abi
from emc.audit.read.known import Known
from emc.rpc.node import Node, Pinned, Transaction, Unknown

# how long after its cure period a charge can still expel
CHARGE_LIFE = 90 * 86_400


@dataclass
class Value:
    """An assessment that is open."""

    amount: int
    measured_at: int
    final_at: int
    evidence: str
    account: str
    is_late: bool


@dataclass
class Charge:
    """A charge that stands, and the rows that stand by it."""

    at: int
    accusers: set[int] = field(default_factory=set)


@dataclass
class Court:
    """What is known of an EMC's table, event after event."""

    history: History
    epochs: Mapping[int, Epoch]
    life: Life
    node: Node
    known: Known
    chain_id: int
    pinned: Pinned
    faults: Faults = field(default_factory=Faults)
    # what could not be checked, and whether it matters for the verdict
    unproven: list[tuple[str, bool]] = field(default_factory=list)
    # by epoch: whose word was needed, and whose was found
    counted: dict[int, tuple[int, int]] = field(default_factory=dict)
    signatures: int = 0
    epoch: int = 0
    # how often an account had taken its word back, by room
    nonces: dict[tuple[str, str], int] = field(default_factory=dict)
    # what was counted: room, transaction, matter, row and account
    approvals: set[tuple[str, str, str, int, str]] = field(default_factory=set)
    objected: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    # by matter: when it was opened, and until when it counts
    proposals: dict[str, tuple[int, int]] = field(default_factory=dict)
    renegotiated_at: int = 0
    notices: dict[int, int] = field(default_factory=dict)
    # by row and hash of the clause
    charges: dict[tuple[int, str], Charge] = field(default_factory=dict)
    # open ones, by metric and submitter
    values: dict[tuple[int, int], Value] = field(default_factory=dict)
    # the last final ones, by metric
    finals: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    misses: set[tuple[int, ...]] = field(default_factory=set)
    # last second in which others may submit once more
    reopened_until: int = 0
    # goals, and the metric of which the only other node has dropped a value
    disputed: set[tuple[int, ...]] = field(default_factory=set)
    # the last objection to a value: transaction, metric and submitter
    objection: tuple[str, int, int] = ("", 0, 0)
    transactions: dict[str, Transaction] = field(default_factory=dict)

    @property
    def emc(self) -> str:
        return self.history.emc

    @property
    def terms(self) -> Terms:
        """In force, or to be signed."""
        return self.epochs[max(self.epoch, 1)].terms

    def now(self, event: Happened) -> int:
        return self.history.times[event.block]

    def account(self, me: int, event: Happened) -> str:
        return self.history.account_of(me, event.place)

    def matter(self, *values: int | str | bytes) -> str:
        """The hash under which a room names a matter."""
        return "0x" + keccak(abi.words(*values)).hex()

    def renegotiation(self, epoch: int, terms_hash: bytes) -> str:
        """The name of other shares that the quorum may put in force."""
        return self.matter(keccak(text="renegotiation"), self.emc, epoch, terms_hash)

    def waiting(self, event: Happened) -> dict[int, int]:
        """ME ids of nodes that left and have money behind the gate, by row id."""
        before = self.life.before(event.place)
        if before is None or before.is_open:
            return {}
        return {
            each.number("row"): each.number("party") >> 96
            for each in self.history.own
            if isinstance(each, Happened)
            and each.name == "Left"
            and each.place < event.place
            and each.number("held")
            and each.number("party") & 1
        }

    # calls and signatures

    async def calls(
        self,
        room: str,
        function: str,
        event: Happened,
        fits: Callable[[Mapping[str, Any]], bool] = lambda _: True,
    ) -> Calls:
        """The calls of a room's function that an event may come from.

        A transaction to the room is the call itself. One to any other contract may carry other
        data than it passes on, before it, behind it, or none: there only a trace tells, and without
        one nobody knows what was not found.

        Args:
            fits: Whether a call is about what happened.
        """
        sent = self.transactions[event.tx]
        at = self.known.by_name[room].lower()
        data = bytes.fromhex(sent.input[2:])
        if (sent.to or "").lower() == at:
            found = [call for call in abi.call(room, function, data) if fits(call)]
            if found:
                return Calls(found, "")
        (trace,) = await self.node.traces([event.tx])
        if isinstance(trace, Unknown):
            found = [call for call in abi.calls(room, function, data) if fits(call)]
            return Calls(found, f"it came through {sent.to}, and {trace.text}")
        return Calls(
            [
                call
                for carried in frames(trace, at)
                for call in abi.call(room, function, carried)
                if fits(call)
            ],
            "",
        )

    def lacking(
        self,
        calls: Calls,
        event: Happened,
        what: str,
        found: Any,
        expected: Any,
        row_id: int | None = None,
    ) -> None:
        """An agreement that was not found: a fault only where it could not stand elsewhere."""
        if not calls.doubt:
            self.faults.add(event, what, found, expected, row_id)
            return
        row = "" if row_id is None else f", row {row_id}"
        line = f"block {event.block}: who agreed to {event.name}{row}: {calls.doubt}"
        if (line, True) not in self.unproven:
            self.unproven.append((line, True))

    async def agreeing(
        self,
        room: str,
        message: str,
        event: Happened,
        matter: str,
        given: Given,
        rows: Mapping[int, int],
        values: Callable[[int], Mapping[str, int | str | bytes]],
    ) -> set[int]:
        """Which rows agree: one of several signatures is their account's word, or its approval
        was counted.

        Args:
            matter: The hash under which the room names it.
            given: Signatures by row id.
            rows: The MEs that are asked, by row id.
            values: What a row signs, beside EMC, row, ME and signer.
        """
        found = set()
        for row_id, me in rows.items():
            account = self.account(me, event)
            for each in given.get(row_id, ()):
                told = {**values(row_id), "emc": self.emc, "row": row_id, "me": me}
                if await self.is_word(room, event, message, told, account, each):
                    found.add(row_id)
                    break
            # what was counted in the decision's own transaction
            if (room, event.tx, matter, row_id, account) in self.approvals:
                found.add(row_id)
        return found

    async def is_word(
        self,
        room: str,
        event: Happened,
        message: str,
        values: Mapping[str, int | str | bytes],
        account: str,
        given: Mapping[str, Any],
    ) -> bool:
        """Whether a signature that was given is the word of a row's account."""
        at = self.known.by_name[room]
        data, deadline = given["data"], int(given["deadline"])
        if deadline < self.now(event):
            return False
        signed = {
            **values,
            "signer": account,
            "nonce": await self.nonce(room, account),
            "deadline": deadline,
        }
        hashed = eip712.digest(room, self.chain_id, at, message, signed)
        self.signatures += 1
        if eip712.recover(hashed, data) == account:
            return True
        return await self._is_wallets(account, hashed, data, event)

    async def nonce(self, room: str, account: str) -> int:
        """How often an account has taken its word back.

        It may have done so before the EMC was made, of which nothing is read: the next time tells,
        or the room's own count where there was no other.
        """
        if (room, account) not in self.nonces:
            await self._ask_nonces(room, account)
        return self.nonces[room, account]

    async def _ask_nonces(self, room: str, account: str) -> None:
        """Find out how often this account and those of all nodes took their word back, in one
        question: a table has up to 64.
        """
        nodes = {row.party for epoch in self.epochs.values() for row in epoch.terms.nodes}
        known = {who for me in nodes for _, _, who in self.history.accounts.get(me, ())}
        for each in self.history.table:
            if (each.contract, each.name) == (room, "Revoked"):
                # of those that are not noted yet the first
                self.nonces.setdefault((room, each.args["account"]), each.number("nonce") - 1)
        wanted = [who for who in sorted({account, *known}) if (room, who) not in self.nonces]
        view, at = abi.selector("nonce_of(address,address)"), self.known.by_name[room]
        asked = [(at, view + abi.words(self.emc, who), self.pinned.number) for who in wanted]
        for who, answer in zip(wanted, await self.node.calls(asked), strict=True):
            self.nonces[room, who] = int.from_bytes(answer or b"", "big")

    async def _is_wallets(self, account: str, hashed: bytes, data: bytes, event: Happened) -> bool:
        """Whether a contract wallet says that it signed, at that block or right before it."""
        call = abi.selector("isValidSignature(bytes32,bytes)") + abi.words(hashed, 64, len(data))
        call += data.ljust(-(-len(data) // 32) * 32, b"\0")
        asked = [event.block, max(event.block - 1, 0)]
        codes = await self.node.past_codes([(account, block) for block in asked])
        if all(code == b"" for code in codes):
            return False
        if unknown := next((each for each in codes if isinstance(each, Unknown)), None):
            what = (
                f"block {event.block}: whether {account}, whose signature this is not, was a wallet"
            )
            self.unproven.append((f"{what}: {unknown.text}", True))
            return True
        answers = await self.node.past_calls([(account, call, block) for block in asked])
        if eip712.MAGIC in answers:
            return True
        # Consent's code is known, and it asked the wallet in the middle of the block
        self.unproven.append((f"block {event.block}: what the wallet {account} said then", False))
        return True

    # what events do to the table

    def note(self, event: Happened) -> None:
        """Keep what later decisions depend on."""
        args, room = event.args, event.contract
        if event.name == "Revoked":
            self.nonces[room, args["account"]] = event.number("nonce")
        elif event.name == "Counted":
            counted = room, event.tx, args["matter"], event.number("row"), args["account"]
            self.approvals.add(counted)
        elif room == "Changes" and event.name == "Objected":
            key = args["matter"], args["account"]
            before = self.objected[key] or self.now(event)
            self.objected[key] = before if args["objects"] else 0
        elif event.name == "Proposed":
            self._proposed(event)
        elif event.name in ("NoticeGiven", "NoticeTakenBack"):
            is_given = event.name == "NoticeGiven"
            self.notices[event.number("row")] = self.now(event) if is_given else 0
        elif event.name == "Charged":
            self._charged(event)
        elif event.name == "ChargeDropped":
            charge = self.charges[event.number("row"), args["clause"]]
            charge.accusers.discard(event.number("accuser"))
            if not charge.accusers:
                del self.charges[event.number("row"), args["clause"]]
        elif event.name == "Assessed":
            self._assessed(event)
        elif room == "Goals" and event.name == "Objected":
            self.objection = event.tx, event.word("metric"), event.number("submitter")
        elif event.name == "Dropped":
            self._dropped(event)
        elif room == "Goals" and event.name == "Finalised":
            self.disputed.discard((*_miss(self.terms), event.word("metric")))
        elif event.name == "Missed":
            self.misses.add(_miss(self.terms))

    def _proposed(self, event: Happened) -> None:
        """Other shares are proposed; what is open already goes on with its clock."""
        terms_hash = bytes.fromhex(event.args["terms_hash"][2:])
        matter, now = self.renegotiation(event.number("epoch"), terms_hash), self.now(event)
        opened_at, until = self.proposals.get(matter, (now, 0))
        if until < now:
            opened_at = now
        self.proposals[matter] = opened_at, max(until, event.number("until"))

    def _charged(self, event: Happened) -> None:
        """A charge is raised, or one that can still expel is joined."""
        clause = "0x" + keccak(abi.spelt(event.args["clause"])).hex()
        key, now = (event.number("row"), clause), self.now(event)
        charge = self.charges.get(key)
        if charge is None or now >= charge.at + self.terms["leaving.cure"] + CHARGE_LIFE:
            charge = self.charges[key] = Charge(now)
        charge.accusers.add(event.number("accuser"))

    def _assessed(self, event: Happened) -> None:
        submitter = event.number("submitter")
        account = self.terms.at("assessment.assessor")
        row = self.terms.row(submitter)
        if account == abi.ZERO and row is not None:
            account = self.account(row.party, event)
        self.values[event.word("metric"), submitter] = Value(
            event.number("amount"),
            event.number("measured_at"),
            event.number("final_at"),
            event.args["evidence"],
            account,
            self.now(event) > self.terms["goal.deadline"] + self.terms["assessment.grace"],
        )

    def _dropped(self, event: Happened) -> None:
        metric, submitter = event.word("metric"), event.number("submitter")
        self.values.pop((metric, submitter), None)
        self.reopened_until = max(self.reopened_until, event.number("reopened_until"))
        others = [row for row in self.terms.nodes if row.id != submitter]
        if self.objection == (event.tx, metric, submitter) and len(others) == 1:
            self.disputed.add((*_miss(self.terms), metric))

    def is_missed(self, event: Happened) -> bool:
        """Whether a measure of the goal in force is missed by more than the margin."""
        terms, now = self.terms, self.now(event)
        if _miss(terms) in self.misses:
            return True
        closes_at = terms["goal.deadline"]
        if terms.is_assessed:
            closes_at += terms["assessment.grace"]
            if self.values or now <= self.reopened_until:
                return False
        if now <= closes_at:
            return False
        for measure in terms.measures:
            key = *_miss(terms), measure.metric
            is_disputed = key in self.disputed and now < terms["ends_at"]
            least = measure.target * (PPM - terms["leaving.margin"])
            if self._reached(measure, event) * PPM < least and not is_disputed:
                return True
        return False

    def _reached(self, measure: Measure, event: Happened) -> int:
        """How far a measure had come."""
        if not measure.is_proceeds:
            return self.finals[measure.metric]
        before = self.life.before(event.place)
        # what lay unbooked counts, and is absorbed by the end that follows
        return (before.received if before else 0) + sum(
            each.received
            for each in self.history.own
            if isinstance(each, Payout)
            and each.kind == "absorbed"
            and each.tx == event.tx
            and each.place > event.place
        )


def _miss(terms: Terms) -> tuple[int, ...]:
    """The goal, how it is assessed, and the margin."""
    return (*terms.head[10:22], *terms.head[30:34], terms["leaving.margin"])


def touches(old: Terms, new: Terms) -> bool:
    """Whether a change touches what the gate holds for rows that left."""
    fields = ("backstop", "starts_at", "ends_at")
    return _miss(old) != _miss(new) or any(old[field] != new[field] for field in fields)


def is_quorum(count: int, part: int, of: int) -> bool:
    """Whether so many are the part, in ppm, rounded up."""
    return count > 0 and count * PPM >= part * of
