"""Claims about what happens between two pages: `Pages`, from its source."""

from collections import defaultdict
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from tests.proof.algebra import Number, Poly, Word
from tests.proof.claims_sale import HEAD, NEVER, Till, banded, hints
from tests.proof.claims_waterfall import MAX_PROCEEDS, PPM, entitlement, page, row, word
from tests.proof.reader import Reader, Source
from tests.proof.search import Search

ENDLESS = 2**128 - 1
BASE, LEADING, UPSIDE = 1, 2, 3


def a_page_says_what_the_terms_say(search: Search, source: Source) -> None:
    """Bands end where the terms say, in their order; no field spills into the next."""
    reader = Reader(source, search)
    running = search.symbol("running", 0, PPM - 1)
    start = search.symbol("start", 0, 2**127)
    own = search.symbol("cost", 0, MAX_PROCEEDS)
    covers = own + search.symbol("other_costs", 0, 63 * MAX_PROCEEDS)
    level = search.pick("level", BASE, LEADING, UPSIDE)
    was_open = search.pick("gate open", True, False)
    forward = search.symbol("forward")
    dust = search.symbol("dust", 0, 2 * 64 - 1)
    bounds = {"epoch": 2**32 - 1, "ends_at": 2**40 - 1, "starts_at": 2**40 - 1, "may_end": 2}
    bounds |= {"currency": 2**160 - 1, "backstop": 2**160 - 1, "disburse_at": MAX_PROCEEDS}
    bounds |= {"benchmark": MAX_PROCEEDS, "target": MAX_PROCEEDS, "gate_at": 2**256 - 1}
    terms = SimpleNamespace(
        **{name: search.symbol(name, 0, most) for name, most in bounds.items()},
        level=level,
        running=running,
    )
    search.assume(terms.benchmark <= terms.target)
    count = search.symbol("rows", 1, 64)
    reader.calls = {
        "len": lambda _: count,
        "concat": lambda *parts: parts[:5],
        "slice": lambda *_: None,
        "abi_encode": lambda *_: None,
        "self._halves": lambda _: None,
    }
    reader.given = {
        "page_layout.ENDLESS": search.symbol(
            "endless", ENDLESS, reader.constant("page_layout", "ENDLESS")
        ),
        "page_layout.NEVER": search.symbol("never", NEVER, reader.constant("page_layout", "NEVER")),
    }
    for amount in (terms.benchmark, terms.target, terms.benchmark - start, terms.target - start):
        search.product(amount, PPM - running)
        search.product(MAX_PROCEEDS - amount, PPM - running)
        search.product(terms.target - amount, PPM - running)
        search.product(amount, running)
    words = reader.call(
        "Pages",
        "_lay_out",
        *(terms, start, dust, forward, was_open, [], [covers]),
    )
    for number, each in enumerate(words):
        for bits, value in each.widths():
            search.show(Poly.of(value) >= 0, f"a field of word {number} is not negative")
            search.show(Poly.of(value) < 2**bits, f"a field of word {number} fits {bits} bits")
    rest = PPM - running
    cost_end, base_end, leading_end = words[2] >> 128, words[2].low(ENDLESS), words[3] >> 128
    search.show(cost_end == covers * PPM, "COST ends where all covers are paid")
    ends: list[Any] = [ENDLESS, ENDLESS]
    if level >= LEADING:
        ends[0] = _most(search, cost_end, _most(search, terms.benchmark - start, Poly.of(0)) * rest)
    if level >= UPSIDE:
        ends[1] = _most(search, ends[0], _most(search, terms.target - start, Poly.of(0)) * rest)
    search.show(Poly.of(base_end) == ends[0], "BASE ends at the benchmark, not before COST")
    search.show(Poly.of(leading_end) == ends[1], "LEADING ends at the target, not before BASE")
    search.show(Poly.of(cost_end) <= base_end, "COST ends before BASE")
    search.show(Poly.of(base_end) <= leading_end, "BASE ends before LEADING")
    gate = words[3] >> 32
    gate = gate.low(NEVER) if isinstance(gate, Word) else gate
    wanted: Any = 0
    if not was_open:
        wanted = _most(search, terms.gate_at - start, Poly.of(0))
        wanted = wanted if search.decide(wanted <= NEVER) else NEVER
    search.show(Poly.of(gate) == wanted, "the gate opens where the terms say, and stays open")
    search.show(Poly.of(words[0].fields[96]) == terms.epoch, "the page is that of its epoch")


def _most(search: Search, one: Any, two: Any) -> Any:
    return one if search.decide(one >= two) else two


@dataclass
class Change:
    """Any change of terms, seen by one row that stays or leaves."""

    state: Till
    at: Number
    total: Number
    is_open: bool
    held: Number
    was: Number
    now: Number
    stays: bool


def _change(search: Search) -> Change:
    here = page(search)
    fields, cost = row(search), search.symbol("open_cost", 0, MAX_PROCEEDS)
    search.assume(cost * PPM <= here.cost_end)
    was = search.symbol("cost_before", 0, MAX_PROCEEDS)
    search.assume(cost <= was)
    forwards, forward = search.symbol("forwards", 0, NEVER), search.symbol("forward")
    search.assume(forward <= forwards)
    at = search.symbol("T", 0, MAX_PROCEEDS)
    total = search.symbol("total", 0, 2**127)
    dust = search.symbol("dust", 0, 2 * 64 - 1)
    search.assume(at + dust <= total)
    is_open = search.pick("gate open", False, True)
    stays = search.pick("the row stays", True, False)
    state = Till(here, fields, cost, NEVER, 0, at, at, dust, forward, forwards, 0, 0)
    held = search.symbol("held_of_leavers")
    now = search.symbol("cost_after", 0, MAX_PROCEEDS)
    return Change(state, at, total, is_open, held, was, now, stays)


def _follow(search: Search, source: Source, change: Change) -> tuple[Any, dict[str, Any]]:
    """What `Pages.follow` makes of it: its answer, and what it writes on the next page."""
    state = change.state
    words = replace(state, place=0).words()
    words[HEAD + 32 - 16] = Word({128: 0, 0: state.cost})
    reader = Reader(source, search)
    nothing = SimpleNamespace(rows=0, before=0, dust=0, held=0, leavers=[], start=0, page=None)
    reader.given = {
        "empty(IPages.Next)": nothing,
        "empty(uint256[page_layout.MAX_IDS])": defaultdict(int),
        "empty(address)": 0,
    }
    written: dict[str, Any] = {}

    def lay_out(*args: Any) -> list[Any]:
        written.update(zip(("page", "start", "dust", "held", "is_open"), args, strict=False))
        written["costs"] = args[6]
        return []

    reader.calls = {
        "page_layout._read": lambda _: words,
        "extract32": lambda old, at: old[at],
        "page_layout._count": lambda _: 1,
        "page_layout._forward_of": lambda *_: state.forward,
        "waterfall._spans": lambda *args: banded(search, state, reader, *args),
        "self._lay_out": lay_out,
        "self._halves": lambda amounts: amounts,
        "slice": lambda whole, *_: whole,
        "self._write": lambda _, forwards: written.update(forwards=forwards),
    }
    last = SimpleNamespace(
        page=0, at=change.at, total=change.total, is_open=change.is_open, held=change.held
    )
    # of all rows together: claim `rows_add_up`
    search.elsewhere |= {"next.dust - earned", "last.total - next.dust"}
    rows = [word(state.fields, id=0 if change.stays else 9)]
    costs = [Word({128: change.was, 0: change.now})]
    answer = reader.call("Pages", "follow", last, SimpleNamespace(), rows, costs)
    return answer, written


def a_change_keeps_what_was_earned(search: Search, source: Source) -> None:
    """What the gate held for a row is brought forward, or taken along if the row leaves.

    To the unit; what rounding left over is all that the next page begins with.
    """
    change = _change(search)
    state, at = change.state, change.at
    hints(search, state, at)
    answer, written = _follow(search, source, change)
    reader = Reader(source, search)
    earned, flowed = (
        entitlement(
            reader,
            state.page,
            state.fields,
            state.cost,
            at,
            banded(search, state, reader, state.page.ends, state.page.spread, at, is_open),
        )
        for is_open in (True, change.is_open)
    )
    keeps = 0 if change.is_open else Poly.of(earned) - flowed
    if not change.is_open and search.decide(Poly.of(state.forwards) != 0):
        keeps = keeps + state.forward
    if change.stays:
        forward = written["forwards"][0] if written["forwards"] else 0
        search.show(Poly.of(forward) == keeps, "it is brought forward")
    else:
        search.show(answer.leavers[0].held == Poly.of(keeps), "it is taken along")
        search.show(answer.leavers[0].row == 0, "by the row that leaves")
    search.show(Poly.of(keeps) >= 0, "what is held for a row is not negative")
    search.show(Poly.of(answer.held) == change.held + Poly.of(keeps), "the gate holds no less")
    dust = at - earned if search.decide(Poly.of(at) != 0) else Poly.of(state.dust) - earned
    search.show(Poly.of(answer.dust) == dust, "dust is what the row did not get")
    search.show(Poly.of(answer.start) + answer.dust == change.total, "nothing else is lost")
    for name in ("start", "dust", "held"):
        search.show(
            Poly.of(written[name]) == getattr(answer, name), f"{name} on the page is what it says"
        )


def a_change_covers_no_cost_twice(search: Search, source: Source) -> None:
    """What is open of a cover is what was not paid, never more than the terms in force cover."""
    change = _change(search)
    search.assume(change.stays)
    state = change.state
    hints(search, state, change.at)
    search.product(state.cost, state.page.cost_end)
    _, written = _follow(search, source, change)
    (opens,) = written["costs"]
    search.show(Poly.of(opens) <= change.now, "no more is open than the new terms cover")
    search.show(Poly.of(opens) >= 0, "never less than nothing")
    if search.decide(Poly.of(state.cost) == 0):
        return
    reader = Reader(source, search)
    bands = banded(
        search, state, reader, state.page.ends, state.page.spread, change.at, change.is_open
    )
    paid = search.floor(Poly.of(state.cost) * bands.cost, state.page.cost_end)
    if search.decide(change.now == change.was):
        search.show(opens + paid == state.cost, "paid and open are the whole cover")


CLAIMS = (
    a_page_says_what_the_terms_say,
    a_change_keeps_what_was_earned,
    a_change_covers_no_cost_twice,
)
