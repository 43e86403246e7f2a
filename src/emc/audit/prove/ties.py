"""Whether a token moved as the EMC's events say, transfer by transfer and unit by unit."""

from collections.abc import Iterator, Sequence
from heapq import merge

from emc.audit.prove.faults import Faults
from emc.audit.prove.history import Expected, Happened, Moved, Payout
from emc.audit.prove.life import Life


class Ties:
    """Transfers beside events, in the order of the chain.

    `unbooked` is what lies in the EMC and is nobody's yet: it came by plain transfer.
    """

    def __init__(self, life: Life) -> None:
        self.history, self.life = life.history, life
        self.booked = {each.place: each.booked for each in life.balances}
        self.faults = Faults()
        self.balance = self.unbooked = self.history.opening or 0
        self.is_off = 0
        self.last_booked = 0
        # of the transaction under way, since the last event of the EMC
        self.ins: list[Moved] = []
        self.outs: list[Moved] = []
        self.expected: list[Expected] = []
        # of the first that is expected
        self.parts: list[Moved] = []
        # what the token kept of payments
        self.fees: list[int] = []
        self.last: Happened | Payout | Moved | None = None

    def run(self) -> None:
        """Compare everything."""
        for each in self._stream():
            if self.last is not None and each.tx != self.last.tx:
                self._close()
            self.last = each
            if isinstance(each, Moved):
                self._move(each)
            elif isinstance(each, Payout):
                self._payout(each)
            else:
                self._event(each)
            self.last_booked = self.booked.get(each.place, self.last_booked)
        if self.last is not None:
            self._close()

    def _stream(self) -> Iterator[Happened | Payout | Moved]:
        # anybody can have a token tell of nothing in anybody's name
        moved = (each for each in self.history.transfers if each.amount)
        yield from merge(self.history.own, moved, key=lambda each: each.place)

    def _move(self, moved: Moved) -> None:
        emc = self.history.emc
        if moved.sender == moved.recipient:
            return
        if moved.recipient == emc:
            self.balance += moved.amount
            self.ins.append(moved)
            return
        self.balance -= moved.amount
        if not self.expected:
            self.outs.append(moved)
            return
        # a token's fee is a transfer of its own, beside the payee's or before it
        self.parts.append(moved)
        wanted = self.expected[0]
        if sum(each.amount for each in self.parts) < wanted.amount:
            return
        self._settle()

    def _settle(self) -> None:
        """Whether what went out is the payment that an event told of before."""
        wanted, parts, self.parts = self.expected.pop(0), self.parts, []
        if not self._is_payment(parts, wanted):
            self.faults.add(parts[-1], "payment", parts[-1].text, wanted.text, wanted.row_id)

    def _is_payment(self, parts: Sequence[Moved], wanted: Expected) -> bool:
        """Whether transfers are one payment: all of it, and some of it to the payee."""
        reached = sum(each.amount for each in parts if each.recipient == wanted.payee)
        if not reached or sum(each.amount for each in parts) != wanted.amount:
            return False
        if reached != wanted.amount:
            self.fees.append(wanted.amount - reached)
        return True

    def _pushes(self, paid: Sequence[Expected]) -> list[Moved] | None:
        """What went out while money came in, if everything after it is the payments, each less a
        fee; none if it is not.
        """
        kept = list(self.fees)
        for start in range(max(0, len(self.outs) - len(paid)) + 1):
            rest = iter(self.outs[start:])
            for wanted in paid:
                parts: list[Moved] = []
                while sum(each.amount for each in parts) < wanted.amount:
                    if (following := next(rest, None)) is None:
                        break
                    parts.append(following)
                if not self._is_payment(parts, wanted):
                    break
            else:
                if next(rest, None) is None:
                    return self.outs[:start]
            self.fees = list(kept)
        return None

    def _payout(self, run: Payout) -> None:
        paid = self.life.announced(run)
        pushes = self.outs[len(self.outs) - len(paid) :] if len(self.outs) >= len(paid) else []
        if not pushes and paid:
            pushes = self.outs
        # what went out while money came in: a token's fee
        fees = self.outs[: len(self.outs) - len(pushes)]
        before = self._pushes(paid)
        if before is not None:
            paid, pushes, fees = [], [], before
        for wanted, push in zip(paid, pushes, strict=False):
            if (push.recipient, push.amount) != wanted[:2]:
                self.faults.add(run, "transfer", push.text, wanted.text, wanted.row_id)
        for wanted in paid[len(pushes) :]:
            self.faults.add(run, "transfer", "none", wanted.text, wanted.row_id)
        net = sum(each.amount for each in self.ins) - sum(each.amount for each in fees)
        if run.kind in ("sale", "batch"):
            most = min(net, run.gross)
            if run.received > most or (len(self.ins) == 1 and run.received != most):
                self.faults.add(run, "received", run.received, most)
            self.unbooked += net - run.received
        else:
            self.unbooked += net
            if run.kind == "absorbed" and run.received != self.unbooked:
                self.faults.add(run, "absorbed", run.received, self.unbooked)
            self.unbooked -= run.received
        self.ins, self.outs = [], []

    def _event(self, event: Happened) -> None:
        for wanted in self.life.announced(event):
            if event.name == "Swept":
                self._swept(event, wanted)
                continue
            self.expected.append(wanted)
            if event.name == "Rescued":
                self.unbooked -= wanted.amount

    def _swept(self, event: Happened, wanted: Expected) -> None:
        pushes: list[Moved] = []
        while self.outs and sum(each.amount for each in pushes) < wanted.amount:
            pushes.append(self.outs.pop())
        found = (pushes[0].recipient, pushes[0].amount) if pushes else "none"
        if not self._is_payment(pushes, wanted):
            self.faults.add(event, "transfer", found, wanted[:2], wanted.row_id)

    def _close(self) -> None:
        """A transaction is over: what is still unexplained stays so."""
        assert self.last is not None
        if self.parts:
            self._settle()
        for wanted in self.expected:
            self.faults.add(self.last, "transfer", "none", wanted.text, wanted.row_id)
        for moved in self.outs:
            self.faults.add(moved, "payment", moved.text, "none")
        self.unbooked += sum(each.amount for each in self.ins)
        self.ins, self.outs, self.expected, self.parts = [], [], [], []
        off = self.balance - self.last_booked - self.unbooked
        if off != self.is_off:
            # told once, not for every transaction after it
            self.faults.add(
                self.last, "balance by transfers", self.balance, self.last_booked + self.unbooked
            )
            self.is_off = off
