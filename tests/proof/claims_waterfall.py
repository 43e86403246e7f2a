"""Claims about what proceeds entitle rows to: `waterfall.vy`, for any terms and any proceeds."""

from dataclasses import dataclass, replace
from typing import Any

from tests.proof.algebra import Number, Poly, Word
from tests.proof.reader import Reader, Source
from tests.proof.search import Search

PPM = 10**6
UNIT = PPM**2
SPANS = ("cost", "base", "leading", "upside")
FIELDS = ("running", "base", "leading", "upside")
MAX_PROCEEDS = 2**95 - 1
MAX_SHARE = 2**20 - 1


@dataclass
class Page:
    """Any page, by its words: bands in their order, and what of a sale is no running cost."""

    covers: Number
    cost_end: Number
    base_end: Number
    leading_end: Number
    rest: Number
    ends: Word
    spread: Word


def page(search: Search, gate_at: Number = 0, has_covers: bool | None = None) -> Page:
    """Any page that `Pages` writes; `claims_page` shows that it writes no other."""
    least = 0 if has_covers is None else 1
    covers = 0 if has_covers is False else search.symbol("covers", least, 2**102)
    cost_end = covers * PPM
    base_end = cost_end + search.symbol("base_band")
    leading_end = base_end + search.symbol("leading_band")
    rest = search.symbol("rest", 1, PPM)
    search.assume(leading_end < 2**128)
    return Page(
        covers,
        cost_end,
        base_end,
        leading_end,
        rest,
        Word({128: cost_end, 0: base_end}),
        Word({128: leading_end, 32: gate_at, 20: 0, 0: rest}),
    )


def row(search: Search, name: str = "") -> dict[str, Number]:
    """Any row: its shares and running cost, in ppm."""
    return {each: search.symbol(f"{each}{name}", 0, PPM) for each in FIELDS}


def word(fields: dict[str, Number], payee: Number = 1, id: Number = 0) -> Word:
    """A row's word on the page."""
    return Word(
        {
            96: payee,
            76: fields["running"],
            56: fields["base"],
            36: fields["leading"],
            16: fields["upside"],
            8: id,
            0: 0,
        }
    )


def spans(reader: Reader, page: Page, at: Number, is_open: bool) -> Any:
    """The bands at some proceeds, by the source."""
    return reader.call("waterfall", "_spans", page.ends, page.spread, at, is_open)


def entitlement(
    reader: Reader, page: Page, fields: dict[str, Number], cost: Number, at: Number, bands: Any
) -> Number:
    """What a row is owed, by the source."""
    found: Number = reader.call(
        "waterfall", "_entitlement", word(fields), cost, page.cost_end, at, bands
    )
    return found


def grows(search: Search, page: Page, low: Number, high: Number) -> None:
    """More proceeds leave more for the bands."""
    search.product(Poly.of(high) - low, page.rest)
    search.product(low, page.rest)


def weighs(search: Search, fields: dict[str, Number], old: Any, new: Any) -> None:
    """More in a band is more for a row."""
    for band in SPANS[1:]:
        search.product(fields[band], Poly.of(getattr(new, band)) - getattr(old, band))


def bands_are_minima(search: Search, source: Source) -> None:
    """Each band is filled up to its end and no further, and income only behind an open gate."""
    reader = Reader(source, search)
    at = search.symbol("T", 0, MAX_PROCEEDS)
    here = page(search)
    search.product(at, here.rest)
    search.product(MAX_PROCEEDS - at, here.rest)
    is_open = search.pick("gate open", True, False)
    found = spans(reader, here, at, is_open)
    net = at * here.rest
    ends = [here.cost_end, here.base_end, here.leading_end]
    reached = [_least(search, net, end) for end in ends]
    search.show(found.cost == reached[0], "COST is min(net, cost_end)")
    wanted = [reached[1] - reached[0], reached[2] - reached[1], net - reached[2]]
    for band, amount in zip(SPANS[1:], wanted, strict=True):
        expected = amount if is_open else 0
        search.show(Poly.of(getattr(found, band)) == expected, f"{band} is what its ends leave")


def _least(search: Search, one: Number, two: Number) -> Any:
    return one if search.decide(one <= two) else two


def bands_grow(search: Search, source: Source) -> None:
    """No band falls when proceeds grow, or when the gate opens."""
    reader = Reader(source, search)
    low = search.symbol("T1", 0, MAX_PROCEEDS)
    high = search.symbol("T2", 0, MAX_PROCEEDS)
    search.assume(low <= high)
    here = page(search)
    grows(search, here, low, high)
    search.product(MAX_PROCEEDS - high, here.rest)
    was_open, is_open = search.pick("gates", (False, False), (False, True), (True, True))
    old, new = spans(reader, here, low, was_open), spans(reader, here, high, is_open)
    for band in SPANS:
        less, more = Poly.of(getattr(old, band)), getattr(new, band)
        search.show(less >= 0, f"{band} is not negative")
        search.show(less <= more, f"{band} does not fall")
    beyond = [at * here.rest - each.cost for at, each in ((low, old), (high, new))]
    search.show(beyond[0] <= beyond[1], "what is beyond COST does not fall")


def entitlement_grows(search: Search, source: Source) -> None:
    """No row is owed less when proceeds grow or the gate opens: nothing is ever taken back."""
    reader = Reader(source, search)
    low = search.symbol("T1", 0, MAX_PROCEEDS)
    high = search.symbol("T2", 0, MAX_PROCEEDS)
    search.assume(low <= high)
    here, fields = page(search), row(search)
    cost = search.symbol("cost", 0, MAX_PROCEEDS)
    grows(search, here, low, high)
    was_open, is_open = search.pick("gates", (False, False), (False, True), (True, True))
    old, new = spans(reader, here, low, was_open), spans(reader, here, high, is_open)
    weighs(search, fields, old, new)
    search.product(fields["running"], high - low)
    search.product(cost, Poly.of(new.cost) - old.cost)
    before = Poly.of(entitlement(reader, here, fields, cost, low, old))
    after = entitlement(reader, here, fields, cost, high, new)
    search.show(before <= after, "the entitlement does not fall")


def exact(here: Page, fields: dict[str, Number], cost: Number, at: Number, bands: Any) -> Poly:
    """What a row would get without rounding, times UNIT and, where there are covers, cost_end."""
    income = Poly.of(fields["running"]) * at * PPM
    for band in SPANS[1:]:
        income += Poly.of(fields[band]) * getattr(bands, band)
    if isinstance(here.cost_end, int):
        return income
    return income * here.cost_end + Poly.of(cost) * bands.cost * UNIT


def a_row_loses_less_than_a_unit_per_floor(search: Search, source: Source) -> None:
    """A row gets its exact share less a part of a unit for each of its one or two floors."""
    _, here, at, bands, reader = _scene(search, source)
    fields, cost = row(search), search.symbol("cost", 0, MAX_PROCEEDS)
    scale, floors = _scale(here)
    if isinstance(here.cost_end, int):
        cost = Poly.of(0)
    search.product(cost, bands.cost)
    got = entitlement(reader, here, fields, cost, at, bands)
    whole = exact(here, fields, cost, at, bands)
    income = exact(replace(here, cost_end=0), fields, cost, at, bands)
    lost = income - search.floor(income, UNIT) * UNIT
    search.product(lost, here.cost_end)
    search.product(UNIT - 1 - lost, here.cost_end)
    search.show(whole - scale * got >= 0, "not more than the exact share")
    search.show(whole - scale * got < scale * floors, "less than a unit below it per floor")


def rows_add_up(search: Search, source: Source) -> None:
    """Rows, held and dust are what came in, dust below a unit per floor: for any number of rows.

    By induction: rows so far miss less than a unit per floor of their exact shares (one row does,
    see above), one more row does not change that, and exact shares of all rows sum to everything
    that flows.
    """
    is_open, here, at, bands, reader = _scene(search, source)
    scale, floors = _scale(here)
    count = search.symbol("rows", 1, 64)
    given, got = search.symbol("given"), search.symbol("got")
    some, more = search.symbol("exact_so_far"), search.symbol("exact_of_next")
    holds = [whole - scale * part for whole, part in ((some, given), (more, got))]
    search.assume(holds[0] >= 0)
    search.assume(holds[0] < scale * floors * count)
    search.assume(holds[1] >= 0)
    search.assume(holds[1] < scale * floors)
    now = some + more - scale * (given + got)
    search.show(now >= 0, "with one more row, still not more than exact shares")
    search.show(now < scale * floors * (count + 1), "and still less than a unit per floor below")
    one, two = row(search, "_1"), row(search, "_2")
    both = {each: one[each] + two[each] for each in FIELDS}
    costs = [search.symbol(f"cost_{each}") for each in (1, 2)]
    parts = [
        exact(here, fields, cost, at, bands) for fields, cost in zip((one, two), costs, strict=True)
    ]
    sums = exact(here, both, costs[0] + costs[1], at, bands)
    search.show(sums == parts[0] + parts[1], "exact shares of two rows are those of their sums")
    all_rows: dict[str, Number] = {"running": PPM - here.rest} | dict.fromkeys(FIELDS[1:], PPM)
    whole = exact(here, all_rows, here.covers, at, bands)
    held = _held(reader, here, at, is_open)
    search.assume(whole - scale * given >= 0)
    search.assume(whole - scale * given < scale * floors * count)
    dust = at - given - held
    for each in (0 - dust - 1, dust - floors * count):
        search.product(here.cost_end, each)
        search.product(here.cost_end, each * PPM - (PPM - 1))
    for lost in (at * PPM - (at * here.rest - bands.cost) - given * PPM,):
        search.product(here.cost_end, 0 - lost - 1)
        search.product(here.cost_end, lost - floors * count * PPM)
    search.show(dust >= 0, "dust is not negative")
    search.show(dust < floors * count, "dust is below a unit per floor")
    search.show(held >= 0, "held is not negative")


def _held(reader: Reader, here: Page, at: Number, is_open: bool) -> Any:
    """What a closed gate holds, by the source of the ledger."""
    if is_open:
        return 0
    gate = reader.search.symbol("gate_at", 1, 2**96 - 1)
    reader.search.assume(at < gate)
    words = [None, None, here.ends, Word({**here.spread.fields, 32: gate})]
    reader.calls |= {"self._word": words.__getitem__, "self._shared": lambda: at}
    return reader.call("ledger", "_held_here")


def _scene(search: Search, source: Source) -> tuple[bool, Page, Poly, Any, Reader]:
    """Any page and proceeds, with or without covers, behind an open or a closed gate."""
    has_covers = search.pick("cost covers", True, False)
    is_open = search.pick("gate open", True, False)
    at = search.symbol("T", 0, MAX_PROCEEDS)
    here = page(search, has_covers=has_covers)
    search.product(at, here.rest)
    search.product(MAX_PROCEEDS - at, here.rest)
    search.product(at, PPM - here.rest)
    reader = Reader(source, search)
    return is_open, here, at, spans(reader, here, at, is_open), reader


def _scale(here: Page) -> tuple[Any, int]:
    """What exact shares are multiplied with, and how many floors a row has."""
    return (UNIT, 1) if isinstance(here.cost_end, int) else (here.cost_end * UNIT, 2)


CLAIMS = (
    bands_are_minima,
    bands_grow,
    entitlement_grows,
    a_row_loses_less_than_a_unit_per_floor,
)
# about sums that stand for any number of rows: nothing to draw
INDUCTION = (rows_add_up,)
