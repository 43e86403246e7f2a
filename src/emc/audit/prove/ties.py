"""Whether a token moved as the EMC's events say, transfer by transfer and unit by unit."""

from collections.abc import Iterator, Sequence
from heapq import merge

from emc.audit.prove.faults import Fault
from emc.audit.prove.history import Expected, Happened, History, Moved, Payout
from emc.audit.prove.life import Life


class Ties:
    """Transfers beside events, in the order of the chain.

    `unbooked` is what lies in the EMC and is nobody's yet: it came by plain transfer.
    """

    def __init__(self, history: History, life: Life) -> None:
        self.history, self.life = history, life
        self.booked = {(each.block, each.log_index): each.booked for each in life.balances}
        self.faults: list[Fault] = []
        self.balance = self.unbooked = history.opening or 0
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

    def _fault(
        self,
        at: Happened | Payout | Moved,
        what: str,
        found: object,
        expected: object,
        row_id: int | None = None,
    ) -> None:
        self.faults.append(Fault(*at.place, at.tx, at.name, what, found, expected, row_id))

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
        if self._is_payment(parts, wanted.payee, wanted.amount):
            return
        moved = parts[-1]
        self._fault(
            moved,
            "payment",
            f"{moved.amount} to {moved.recipient}",
            f"{wanted.amount} to {wanted.payee}",
            wanted.row_id,
        )

    def _is_payment(self, parts: Sequence[Moved], payee: str, amount: int) -> bool:
        """Whether transfers are one payment: all of it, and some of it to the payee."""
        reached = sum(each.amount for each in parts if each.recipient == payee)
        if not reached or sum(each.amount for each in parts) != amount:
            return False
        if reached != amount:
            self.fees.append(amount - reached)
        return True

    def _pushes(self, paid: Sequence[tuple[int, str, int]]) -> list[Moved] | None:
        """What went out while money came in, if everything after it is the payments, each less a
        fee; none if it is not.
        """
        kept = list(self.fees)
        for start in range(max(0, len(self.outs) - len(paid)) + 1):
            rest = iter(self.outs[start:])
            for _, payee, amount in paid:
                parts: list[Moved] = []
                while sum(each.amount for each in parts) < amount:
                    if (following := next(rest, None)) is None:
                        break
                    parts.append(following)
                if not self._is_payment(parts, payee, amount):
                    break
            else:
                if next(rest, None) is None:
                    return self.outs[:start]
            self.fees = list(kept)
        return None

    def _payout(self, run: Payout) -> None:
        paid = [
            (place, payee, amount)
            for place, (payee, amount) in enumerate(zip(run.payees, run.amounts, strict=True))
            if amount and not run.credited >> place & 1
        ]
        pushes = self.outs[len(self.outs) - len(paid) :] if len(self.outs) >= len(paid) else []
        if not pushes and paid:
            pushes = self.outs
        # what went out while money came in: a token's fee
        fees = self.outs[: len(self.outs) - len(pushes)]
        before = self._pushes(paid)
        if before is not None:
            paid, pushes, fees = [], [], before
        for (place, payee, amount), push in zip(paid, pushes, strict=False):
            if (push.recipient, push.amount) != (payee, amount):
                self._fault(
                    run,
                    "transfer",
                    f"{push.amount} to {push.recipient}",
                    f"{amount} to {payee}",
                    self._row(run, place),
                )
        for place, payee, amount in paid[len(pushes) :]:
            self._fault(run, "transfer", "none", f"{amount} to {payee}", self._row(run, place))
        net = sum(each.amount for each in self.ins) - sum(each.amount for each in fees)
        if run.kind in ("sale", "batch"):
            most = min(net, run.gross)
            if run.received > most or (len(self.ins) == 1 and run.received != most):
                self._fault(run, "received", run.received, most)
            self.unbooked += net - run.received
        else:
            self.unbooked += net
            if run.kind == "absorbed" and run.received != self.unbooked:
                self._fault(run, "absorbed", run.received, self.unbooked)
            self.unbooked -= run.received
        self.ins, self.outs = [], []

    def _row(self, run: Payout, place: int) -> int | None:
        return self.life.rows_of(run.place).get(place)

    def _event(self, event: Happened) -> None:
        args = event.args
        if event.name == "Withdrawn":
            wanted = Expected(args["payee"], event.number("amount"), event.number("row"))
            self.expected.append(wanted)
        elif event.name == "Rescued" and args["token"] == self.history.currency:
            self.expected.append(Expected(args["backstop"], event.number("amount"), None))
            self.unbooked -= event.number("amount")
        elif event.name == "Swept" and not args["credited"]:
            amount = event.number("amount")
            pushes: list[Moved] = []
            while self.outs and sum(each.amount for each in pushes) < amount:
                pushes.append(self.outs.pop())
            found = (pushes[0].recipient, pushes[0].amount) if pushes else "none"
            if not self._is_payment(pushes, args["backstop"], amount):
                self._fault(
                    event, "transfer", found, (args["backstop"], event.number("amount")), 128
                )

    def _close(self) -> None:
        """A transaction is over: what is still unexplained stays so."""
        assert self.last is not None
        if self.parts:
            self._settle()
        for wanted in self.expected:
            self._fault(
                self.last, "transfer", "none", f"{wanted.amount} to {wanted.payee}", wanted.row_id
            )
        for moved in self.outs:
            self._fault(moved, "payment", f"{moved.amount} to {moved.recipient}", "none")
        self.unbooked += sum(each.amount for each in self.ins)
        self.ins, self.outs, self.expected, self.parts = [], [], [], []
        off = self.balance - self.last_booked - self.unbooked
        if off != self.is_off:
            # told once, not for every transaction after it
            self._fault(
                self.last, "balance by transfers", self.balance, self.last_booked + self.unbooked
            )
            self.is_off = off
