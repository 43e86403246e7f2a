"""Claims about the payment run, `EMC._settle`: what a sale pays, from the source itself."""

from dataclasses import dataclass, replace
from itertools import permutations
from types import SimpleNamespace
from typing import Any

from tests.proof.algebra import Number, Poly, Word
from tests.proof.claims_waterfall import (
    MAX_PROCEEDS,
    PPM,
    SPANS,
    Page,
    entitlement,
    page,
    row,
    weighs,
    word,
)
from tests.proof.reader import Reader, Source
from tests.proof.search import Search

# what is worked out before anybody is paid, and what is held afterwards
SLICE = (
    *("head", "since", "before", "spread", "gate_at", "disburse_at", "is_due", "ledger.disbursed"),
    *("intake", "ends", "was_open", "is_open", "old", "new", "rows", "is_plain", "cost_at"),
    *("forward", "row", "due", "cost", "held"),
)
SALE, ABSORBED, DISBURSED, OPENED = (1 << each for each in range(4))
NEVER = 2**96 - 1
HEAD = 160


@dataclass
class Till:
    """Any EMC between two payment runs.

    Args:
        proceeds: Booked on the page; `shared` of them are shared out.
        disburse_at: Whether small sales gather.
        forward: What the gate holds for the row from earlier pages, `forwards` for all.
        place: The row's place among two.
    """

    page: Page
    fields: dict[str, Number]
    cost: Number
    gate_at: Number
    disburse_at: Number
    proceeds: Number
    shared: Number
    dust: Number
    forward: Number
    forwards: Number
    swept: Number
    place: int

    def words(self) -> dict[int, Word]:
        """The page's words and cost covers by their offset, as `extract32` reads them."""
        others = word(dict.fromkeys(("running", "base", "leading", "upside"), 0), id=99)
        rows = [others, others]
        rows[self.place] = word(self.fields)
        # a row's cover ends the word that is read for it
        at = HEAD + 64 - 16 + 16 * self.place
        spread = Word({**self.page.spread.fields, 32: self.gate_at, 20: self.dust})
        return {
            0: Word({128: 0, 96: 1, 56: 0, 16: 0, 8: 2, 0: 0}),
            32: Word({96: 1, 0: self.disburse_at}),
            64: self.page.ends,
            96: spread,
            128: Word({96: 1, 0: self.forwards}),
            HEAD: rows[0],
            HEAD + 32: rows[1],
            at: Word({128: 0, 0: self.cost}),
        }


def till(search: Search, *, fresh: bool = True, gathers: bool | None = None) -> Till:
    """Any state that a payment run may begin in."""
    here = page(search)
    fields, cost = row(search), search.symbol("cost", 0, MAX_PROCEEDS)
    search.assume(cost * PPM <= here.cost_end)
    # running costs of all rows are what `rest` leaves
    search.assume(fields["running"] <= PPM - here.rest)
    gate_at = search.symbol("gate_at", 0, NEVER)
    forwards = search.symbol("forwards", 0, NEVER)
    forward = search.symbol("forward")
    search.assume(forward <= forwards)
    proceeds = search.symbol("proceeds", 0, MAX_PROCEEDS)
    if gathers is None:
        gathers = search.pick("sales gather", False, True)
    shared, disburse_at = (proceeds, 0)
    if gathers:
        shared, disburse_at = search.symbol("disbursed"), search.symbol("disburse_at", 1)
        search.assume(shared <= proceeds)
    dust = search.symbol("dust", 0, 2**12 - 1) if fresh else 0
    return Till(
        here, fields, cost, gate_at, disburse_at, proceeds, shared, dust, forward, forwards, 0, 1
    )


def settle(
    search: Search, source: Source, state: Till, run: int, amount: Number
) -> tuple[Number, Till, dict[str, Any]]:
    """What the row is paid, the state afterwards, and every name of the source by then."""
    reader = Reader(source, search)
    words = state.words()
    needs_care = not isinstance(state.dust, int)
    reader.given = {
        "books & ledger.MAX_PROCEEDS": state.proceeds,
        "books & ledger.CARE": int(needs_care),
        "books & ledger.CARE != 0": needs_care,
        "range(rows, bound=MAX_ROWS)": [state.place],
        "books >> 96": 0,
    }
    reader.calls = {
        "extract32": lambda _page, at: words[at],
        "page_layout._forward_of": lambda *_: state.forward,
        "len": lambda _: 0,
        "waterfall._spans": lambda *args: banded(search, state, reader, *args),
    }
    reader.storage = {"ledger.disbursed": state.shared, "ledger.swept": state.swept}
    names = {"run": run, "amount": amount, "received": amount, "page": None, "books": None}
    found = reader.slice("EMC", "_settle", SLICE, names)
    before = state.proceeds
    since = Poly.of(before) + amount
    dust: Number = state.dust
    if needs_care and search.decide(Poly.of(before) == 0):
        since, dust = since + state.dust, 0
    search.show(since <= MAX_PROCEEDS, "proceeds fit the bits that they have")
    gathers = not isinstance(state.disburse_at, int)
    shared = reader.storage["ledger.disbursed"] if gathers else since
    return found.get("due", 0), replace(state, proceeds=since, shared=shared, dust=dust), found


def banded(search: Search, state: Till, reader: Reader, *args: Any) -> Any:
    """The bands, and the lemma for each of them and the row's part of it.

    To a solver they are any that `bands_are_minima` and `bands_grow` allow: so the paths through
    `_spans` are gone through there alone.
    """
    found = _any(search, state.page, *args[2:]) if search.is_symbolic else None
    found = found or reader.call("waterfall", "_spans", *args)
    for other in search.bands:
        if other is not found:
            for old, new in ((other, found), (found, other)):
                weighs(search, state.fields, old, new)
                search.product(state.cost, Poly.of(new.cost) - old.cost)
    if all(other is not found for other in search.bands):
        search.bands.append(found)
    for band in SPANS[1:]:
        search.product(state.fields[band], getattr(found, band))
    search.product(state.cost, found.cost)
    # no cover is more than paid
    search.product(state.cost, Poly.of(state.page.cost_end) - found.cost)
    return found


def _any(search: Search, here: Page, at: Number, is_open: bool) -> Any:
    """Bands of which no more is known than what is proven of them."""
    for other in search.bands:
        if other.name == (repr(Poly.of(at)), is_open):
            return other
    place = len(search.bands)
    found = SimpleNamespace(name=(repr(Poly.of(at)), is_open), at=Poly.of(at), is_open=is_open)
    for band in SPANS:
        amount = search.symbol(f"{band}_band_{place}", 0, 2**96 * PPM)
        setattr(found, band, amount if is_open or band == "cost" else 0)
    search.assume(found.cost <= here.cost_end)
    bands = [Poly.of(getattr(found, band)) for band in SPANS]
    full = bands[0] + bands[1] + bands[2] + bands[3]
    net = found.at * here.rest
    search.assume(full == net if is_open else full <= net)
    for other in search.bands:
        for old, new in ((other, found), (found, other)):
            for band in SPANS if old.is_open <= new.is_open else SPANS[:1]:
                less, more = Poly.of(getattr(old, band)), getattr(new, band)
                search.implies(old.at <= new.at, less <= more)
            beyond = [each.at * here.rest - each.cost for each in (old, new)]
            search.implies(old.at <= new.at, beyond[0] <= beyond[1])
    return found


def hints(search: Search, state: Till, *amounts: Number) -> None:
    """More proceeds leave more for the bands, and stay within what a word holds."""
    for one in amounts:
        search.product(one, state.page.rest - 1)
        search.product(one, state.fields["running"])
        search.product(one, PPM - state.page.rest - state.fields["running"])
        search.product(one, PPM - state.page.rest)
        search.product(MAX_PROCEEDS - Poly.of(one), state.page.rest)
        search.product(2**95 - Poly.of(one), PPM - state.page.rest)
    for one, two in permutations(amounts, 2):
        search.product(Poly.of(two) - one, state.page.rest)
        search.product(Poly.of(two) - one, state.fields["running"])


def flows(
    search: Search, source: Source, state: Till, at: Number, *, forced: bool = False
) -> tuple[Number, bool]:
    """What must have flowed to the row at some proceeds, and whether the gate is open then."""
    is_open = forced or search.decide(Poly.of(at) >= state.gate_at)
    reader = Reader(source, search)
    bands = banded(search, state, reader, state.page.ends, state.page.spread, at, is_open)
    found = entitlement(reader, state.page, state.fields, state.cost, at, bands)
    return (found + state.forward if is_open else found), is_open


def a_run_pays_the_increase(search: Search, source: Source) -> None:
    """Whatever brings a run about pays a row what it is entitled to and has not got, to the unit.

    With what earlier pages held for it as soon as the gate opens, and nothing while a sale gathers.
    """
    state = till(search)
    run = search.pick("run", SALE, ABSORBED, DISBURSED, OPENED | DISBURSED)
    amount = search.symbol("amount", 1, MAX_PROCEEDS) if run in (SALE, ABSORBED) else 0
    since = Poly.of(state.proceeds) + amount
    hints(search, state, state.shared, since, since + state.dust)
    due, after, _ = settle(search, source, state, run, amount)
    before, was_open = flows(search, source, state, state.shared)
    if run & OPENED and was_open:
        # a gate that is open is not opened
        search.assume(False)
    now, _ = flows(search, source, state, after.shared, forced=bool(run & OPENED))
    search.show(Poly.of(due) == Poly.of(now) - before, "the row is paid the increase")


def cuts_change_nothing(search: Search, source: Source) -> None:
    """Two sales pay a row what one sale of both pays.

    Where sales gather, this follows from the claim before: what has flowed is a function of what
    has been shared out, and of nothing else.
    """
    state = till(search, fresh=False, gathers=False)
    one, two = search.symbol("first", 1), search.symbol("second", 1)
    first = Poly.of(state.proceeds) + one
    hints(search, state, state.shared, first, first + two)
    paid: list[Number] = []
    for sales in ((one, two), (one + two,)):
        now, total = state, Poly.of(0)
        for amount in sales:
            due, now, _ = settle(search, source, now, SALE, amount)
            total += due
        paid.append(total)
    search.show(paid[0] == paid[1], "in parts the row gets what it gets at once")


def held_is_what_the_ledger_says(search: Search, source: Source) -> None:
    """A run reports as held what the ledger counts, never less than nothing or than was swept."""
    state = till(search)
    run = search.pick("run", SALE, DISBURSED)
    amount = search.symbol("amount", 1, MAX_PROCEEDS) if run == SALE else 0
    since = Poly.of(state.proceeds) + amount
    hints(search, state, state.shared, since, since + state.dust)
    if run != SALE and search.pick("has failed", True, False):
        # the gate is shut, and what was held so far is swept
        state = replace(state, gate_at=NEVER)
        state = replace(state, swept=_held(search, source, state, state.shared))
    _, after, names = settle(search, source, state, run, amount)
    held = _held(search, source, state, after.shared)
    search.show(names["held"] == Poly.of(held) - state.swept, "what the run says is held")
    search.show(Poly.of(names["held"]) >= 0, "it is not negative")


def _held(search: Search, source: Source, state: Till, at: Number) -> Number:
    words = state.words()
    reader = Reader(source, search)
    reader.calls = {
        "self._word": lambda place: words[32 * place],
        "self._shared": lambda: at,
        "self._is_gate_open": lambda: search.decide(Poly.of(at) >= state.gate_at),
        "waterfall._spans": lambda *args: banded(search, state, reader, *args),
    }
    found: Number = reader.call("ledger", "_held")
    return found


def places_on_the_page_are_within_it(search: Search, source: Source) -> None:
    """Offsets of rows and cost covers, which are added without a check, stay below a page's end."""
    reader = Reader(source, search)
    rows, place = search.symbol("rows", 1, 64), search.symbol("i")
    search.assume(place < rows)
    cost_at = HEAD + 32 * rows - 16
    at = reader.text("EMC", "unsafe_add(HEAD, unsafe_mul(32, i))", {"i": place})
    search.show(at + 32 <= HEAD + 32 * rows, "a row's word lies among the rows")
    names = {"i": place, "cost_at": cost_at}
    at = reader.text("EMC", "unsafe_add(cost_at, unsafe_mul(16, i))", names)
    search.show(at + 16 >= HEAD + 32 * rows, "a cover lies behind the rows")
    search.show(at + 32 <= HEAD + 32 * rows + 16 * rows, "and before the page's end")


CLAIMS = (
    a_run_pays_the_increase,
    cuts_change_nothing,
    held_is_what_the_ledger_says,
    places_on_the_page_are_within_it,
)
