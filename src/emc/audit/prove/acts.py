"""What each event of an EMC does to its money, and what must hold of it."""

from collections.abc import Callable

from emc.audit.prove import page as pages
from emc.audit.prove.history import Happened, Payout
from emc.audit.prove.life import BACKSTOP, NO_REFERENCE, Life, Opened, plus
from emc.audit.prove.page import NOTHING, Parts, Spans
from emc.audit.prove.signed import Row
from emc.audit.read.abi import ZERO

Act = Callable[[Life, Happened, "Happened | Payout | None"], None]


def payout(life: Life, event: Payout, after: Happened | Payout | None) -> None:
    """A payment run: every row gets the increase of its entitlement, or it is held."""
    page = life.page
    if page is None:
        life.expect(event, "payment", "one before the terms are in force", "none")
        return
    life.expect(event, "epoch", event.epoch, page.epoch)
    _check_kind(life, event, after)
    before, was = life.shared, life.spans
    life.since += max(event.received, 0) + (0 if life.since else life.dust)
    if _is_due(life, event):
        life.shared = life.since
    opens = not life.is_open and not life.has_failed and _opens(life, event, after)
    life.is_open = life.is_open or opens
    life.spans = page.spans(life.shared, life.is_open)
    dues: dict[int, tuple[int, Parts]] = {}
    for row in page.rows:
        cost, income = page.owed(row, life.shared, life.spans)
        had_cost, had_income = life.owed[row.id]
        life.owed[row.id] = cost, income
        parts = pages.parts_of(
            row, cost - had_cost, income - had_income, life.shared, life.spans, before, was
        )
        if opens:
            parts = plus(parts, life.forward.get(row.id, NOTHING))
        dues[row.id] = sum(parts), parts
    _pay(life, event, dues)
    if opens:
        life.forward = {}
        for place, (row_id, parts) in enumerate(sorted(life.left.items()), len(dues) + 1):
            amount = sum(parts)
            if amount:
                life.earned[row_id] += amount
                life.credits[row_id] += amount
                payee = life.payees[row_id]
                life.enter(event, place, "release", row_id, payee, amount, parts)
        life.left = {}
    life.expect(event, "total", event.total, life.total)
    life.expect(event, "held", event.held, life.held)
    life.settle(event)


def _pay(life: Life, event: Payout, dues: dict[int, tuple[int, Parts]]) -> None:
    """Compare what was paid with what is due, row by row, and book it."""
    if len(event.amounts) not in (0, len(dues)):
        life.expect(event, "number of payments", len(event.amounts), len(dues))
    credited = event.credited
    told = iter(life.told)
    for place, (row_id, (due, parts)) in enumerate(dues.items()):
        payee = life.payees[row_id]
        if event.amounts:
            if place >= len(event.amounts):
                break
            if event.amounts[place] != due:
                life.expect(event, "payment", event.amounts[place], due, row_id)
            if event.payees[place] != payee:
                life.expect(event, "payee", event.payees[place], payee, row_id)
        elif due:
            life.expect(event, "payment", 0, due, row_id)
        is_credit = bool(credited >> place & 1)
        if not due:
            if is_credit:
                life.expect(event, "credit", "one of nothing", "none", row_id)
            continue
        if life.credits[row_id] and not is_credit:
            life.expect(event, "payment", "pushed", "credited: the row has a credit", row_id)
        life.earned[row_id] += due
        if is_credit:
            life.credits[row_id] += due
            note = next(told, None)
            found = note and (note.number("row"), note.args["payee"], note.number("amount"))
            life.expect(event, "credit", found, (row_id, payee, due), row_id)
        else:
            life.paid[row_id] += due
        life.enter(event, place, "credit" if is_credit else "payment", row_id, payee, due, parts)
    for note in told:
        life.expect(note, "credit", "one without a payment", "none", note.number("row"))
    life.told = []
    if credited >> len(dues):
        life.expect(event, "credited", credited, "bits of its payments only")


def _check_kind(life: Life, event: Payout, after: Happened | Payout | None) -> None:
    """A run of each kind has its own conditions."""
    now, terms = life.time_of(event), life.terms
    if event.kind in ("sale", "batch"):
        if life.ended_at is not None:
            life.expect(event, "sale", "one after the end", "none")
        elif not terms["starts_at"] <= now < terms["ends_at"]:
            life.expect(
                event, "time", now, f"from {terms['starts_at']} to before {terms['ends_at']}"
            )
        _check_orders(life, event)
        if life.history.is_native:
            life.expect(event, "received", event.received, event.gross)
        elif not 0 < event.received <= event.gross:
            life.expect(event, "received", event.received, f"above 0, at most {event.gross}")
        life.enter(event, -1, "sale", None, event.payer, event.received)
        return
    life.expect(event, "order", (event.number, event.customer), (0, NO_REFERENCE))
    life.expect(event, "gross", event.gross, event.received)
    if event.kind == "disbursed":
        life.expect(event, "received", event.received, 0)
        return
    is_ending = _leads_to(event, after, "Ended", "Swept")
    if life.ended_at is None and now >= terms["ends_at"] and not is_ending:
        closes = _leads_to(event, after, "Adopted")
        if not closes:
            life.expect(event, "transfer", "absorbed after the end date", "to be ended first")
    life.enter(event, -1, "absorbed", None, event.payer, event.received)


def _check_orders(life: Life, event: Payout) -> None:
    batch, life.batch = life.batch, None
    if event.kind == "batch" and batch is not None:
        found = (event.payer, event.number, event.gross, event.customer)
        args = batch.args
        told = (args["payer"], batch.number("first"), batch.number("amount"), args["hash"])
        life.expect(event, "batch", found, told)
    elif batch is not None:
        life.expect(batch, "payment", "none", "the run of this batch")
    for payer, number, *_ in life.history.orders.get(event.place, ()):
        if (payer, number) in life.orders:
            life.expect(event, "order", f"{number} paid twice by {payer}", "once")
        life.orders.add((payer, number))


def _leads_to(event: Payout, after: Happened | Payout | None, *names: str) -> bool:
    """Whether a run belongs to what comes next."""
    return after is not None and after.tx == event.tx and after.name in names


def _is_due(life: Life, event: Payout) -> bool:
    """Sales gather up to the amount of the terms, but never across the gate; all else pays."""
    if event.kind not in ("sale", "batch"):
        return True
    assert life.page is not None
    gate_at = life.page.gate_at
    crosses = not life.is_open and gate_at is not None and life.since >= gate_at
    return life.since - life.shared >= life.terms["disburse_at"] or crosses


def _opens(life: Life, event: Payout, after: Happened | Payout | None) -> bool:
    """Whether the gate opens: by proceeds, or for the terms or the value that close the page."""
    assert life.page is not None
    if life.page.gate_at is not None and life.shared >= life.page.gate_at:
        return True
    if event.kind in ("sale", "batch") or not _leads_to(event, after, "Adopted"):
        return False
    assert isinstance(after, Happened)
    epoch = life.epochs.get(after.number("epoch"))
    if epoch is None:
        return False
    opens_at = pages.gate(epoch.terms, life.values)
    return opens_at is not None and opens_at <= life.total


def _adopted(life: Life, event: Happened, _: object) -> None:
    """A page begins: of new terms, or after a final value."""
    number = event.number("epoch")
    epoch = life.epochs.get(number)
    if epoch is None:
        life.expect(event, "epoch", number, "one that the table told of")
        return
    last, terms = life.page, epoch.terms
    now = life.epochs[last.epoch] if last else None
    is_next = number == (last.epoch if last else 0) + 1 and (not last or epoch.event.tx == event.tx)
    is_value = last is not None and number == last.epoch and life.finalised == event.tx
    if not is_next and not is_value:
        life.expect(event, "epoch", number, "the one in force, after a final value, or the next")
    if life.ended_at is not None:
        life.expect(event, "change", "one after the end", "none")
    covers = {row.id: row.cost for row in terms.rows}
    start = dust = 0
    forward: dict[int, Parts] = {}
    if last is not None and now is not None:
        life.expect(event, "pending", life.since - life.shared, 0)
        earning = last.spans(life.shared, True)
        dust = life.since or life.dust
        for row in last.rows:
            dust -= sum(last.owed(row, life.shared, earning))
            if row.id not in covers:
                if row.id not in life.gone:
                    life.expect(event, "row that leaves", "not told of", "Left", row.id)
                continue
            forward[row.id] = life.behind_gate(row)
            covers[row.id] = max(last.still_open(row, life.shared) + covers[row.id] - row.cost, 0)
        start = life.total - dust
    _seat(life, event, terms.rows, last.rows if last else ())
    life.forward = {row_id: parts for row_id, parts in forward.items() if any(parts)}
    page = pages.begin(terms, number, start, covers, life.values, life.is_open)
    if last is not None:
        life.expect(event, "gate", life.is_open, page.opens_at_once)
    life.is_open = page.opens_at_once
    life.page = page
    life.since = life.shared = 0
    life.dust = dust
    life.spans = Spans(0, 0, 0, 0)
    life.owed = {row.id: (0, 0) for row in terms.rows}
    life.pages.append(Opened(*event.place, page, life.is_open))
    life.expect(event, "start", event.number("start"), start)
    life.expect(event, "dust", event.number("dust"), dust)
    life.expect(event, "held", event.number("held"), life.held)
    life.settle(event)


def _seat(life: Life, event: Happened, rows: tuple[Row, ...], before: tuple[Row, ...]) -> None:
    """Where rows are paid: where they were, unless the new terms say otherwise."""
    old = {row.id: row for row in before}
    for row in rows:
        if row.id not in old:
            if row.id in life.parties:
                life.expect(event, "row id", "used before", "a fresh one", row.id)
            life.payees[row.id] = row.payee
        else:
            if old[row.id].party_word != row.party_word:
                life.expect(event, "party", row.party_word, old[row.id].party_word, row.id)
            if old[row.id].payee != row.payee:
                life.payees[row.id] = row.payee
        life.parties[row.id] = row
    life.payees[BACKSTOP] = life.epochs[event.number("epoch")].terms.at("backstop")


def _left(life: Life, event: Happened, _: object) -> None:
    row_id = event.number("row")
    row = next((each for each in life.page.rows if each.id == row_id), None) if life.page else None
    if row is None:
        life.expect(event, "row", row_id, "a live one")
        return
    parts = life.behind_gate(row)
    life.expect(event, "party", event.number("party"), row.party_word, row_id)
    life.expect(event, "payee", event.args["payee"], life.payees[row_id], row_id)
    life.expect(event, "held", event.number("held"), sum(parts), row_id)
    life.gone[row_id] = row.party_word
    if any(parts):
        life.left[row_id] = parts


def _payee_changed(life: Life, event: Happened, _: object) -> None:
    row_id, new = event.number("row"), event.args["new"]
    if row_id not in life.payees or row_id == BACKSTOP:
        life.expect(event, "row", row_id, "one of the terms")
        return
    life.expect(event, "payee before", event.args["old"], life.payees[row_id], row_id)
    if new in (ZERO, life.history.emc, life.history.currency):
        life.expect(event, "payee", new, "one that can be paid", row_id)
    life.payees[row_id] = new


def _credited(life: Life, event: Happened, _: object) -> None:
    life.told.append(event)


def _withdrawn(life: Life, event: Happened, _: object) -> None:
    row_id, amount = event.number("row"), event.number("amount")
    life.expect(event, "amount", amount, life.credits[row_id], row_id)
    life.expect(event, "payee", event.args["payee"], life.payees.get(row_id), row_id)
    due = life.credits.pop(row_id, 0)
    life.paid[row_id] += due
    life.enter(event, 0, "withdrawal", row_id, event.args["payee"], due)
    life.settle(event)


def _swept(life: Life, event: Happened, after: Happened | Payout | None) -> None:
    amount, credited = event.number("amount"), bool(event.args["credited"])
    backstop = life.payees.get(BACKSTOP, ZERO)
    ends = after is not None and after.name == "Ended" and after.tx == event.tx
    if life.page is None or life.is_open or not (life.has_failed or ends):
        life.expect(event, "sweep", "one without a failure", "none")
        return
    life.expect(event, "amount", amount, life.held)
    life.expect(event, "backstop", event.args["backstop"], backstop)
    if life.credits[BACKSTOP] and not credited:
        life.expect(event, "payment", "pushed", "credited: the backstop has a credit")
    due = life.held
    life.swept += due
    told = [(each.number("row"), each.number("amount")) for each in life.told]
    life.told = []
    life.expect(event, "credit", told, [(BACKSTOP, due)] if credited else [])
    life.earned[BACKSTOP] += due
    if credited:
        life.credits[BACKSTOP] += due
    else:
        life.paid[BACKSTOP] += due
    kind = "sweep_credit" if credited else "sweep"
    life.enter(event, 0, kind, BACKSTOP, backstop, due)
    life.settle(event)


def _ended(life: Life, event: Happened, _: object) -> None:
    if life.page is None or life.ended_at is not None:
        life.expect(event, "end", "one of an EMC that is not active", "none")
        return
    now = life.time_of(event)
    disbanded = any(each.name == "Disbanded" and each.tx == event.tx for each in life.history.table)
    if now < life.terms["ends_at"] and not disbanded:
        may = pages.may_end(life.page, life.since)
        life.expect(event, "end before its date", True, may)
    life.expect(event, "succeeded", bool(event.args["succeeded"]), life.is_open)
    life.expect(event, "total", event.number("total"), life.total)
    life.expect(event, "pending", life.since - life.shared, 0)
    life.has_failed = not life.is_open
    life.expect(event, "held after a failure", life.held, 0)
    # whoever ends it later does not move its end
    life.ended_at = min(now, life.terms["ends_at"])
    life.ended_with = life.total
    life.settle(event)


def _finalised(life: Life, event: Happened, _: object) -> None:
    if life.page is not None:
        life.values[event.word("metric")] = event.number("amount")
        life.finalised = event.tx


def _rescued(life: Life, event: Happened, _: object) -> None:
    life.expect(event, "backstop", event.args["backstop"], life.payees.get(BACKSTOP))
    if event.args["token"] == life.history.currency:
        life.expect(event, "token", "the settlement currency", "a foreign one")


def _batch(life: Life, event: Happened, _: object) -> None:
    if life.batch is not None:
        life.expect(life.batch, "payment", "none", "the run of this batch")
    life.batch = event


ACTS: dict[str, Act] = {
    "Adopted": _adopted,
    "Batch": _batch,
    "Credited": _credited,
    "Ended": _ended,
    "Finalised": _finalised,
    "Left": _left,
    "PayeeChanged": _payee_changed,
    "Rescued": _rescued,
    "Swept": _swept,
    "Withdrawn": _withdrawn,
}
