"""Claims about what surrounds the waterfall: credits, what came in, rules for terms, shares."""

from types import SimpleNamespace
from typing import Any

from tests.proof.algebra import Poly
from tests.proof.claims_waterfall import MAX_SHARE, PPM, word
from tests.proof.reader import Reader, Source
from tests.proof.search import Search

WORD = 2**256


def no_credit_is_lost(search: Search, source: Source) -> None:
    """What cannot be paid is added to what waits for the row, and leaves it whole, once."""
    reader = Reader(source, search)
    before, others = search.symbol("credit", 0, 2**128), search.symbol("credits_of_others")
    amount, released = search.symbol("amount", 1, 2**128), search.symbol("released", 0, 2**128)
    reader.storage = {
        "creditors.credits[3]": before,
        "creditors.owed": before + others,
        "creditors.rows": 0,
    }
    reader.given = {"1 << row & MASK": 8, "~(1 << row & MASK)": ~8}
    reader.calls = {"IEMC.Credited": lambda *_: None}
    reader.call("creditors", "_credit", 3, 1, amount)
    owed = Poly.of(reader.storage["creditors.owed"])
    search.show(reader.storage["creditors.credits[3]"] == before + amount, "the credit grows by it")
    search.show(owed == before + others + amount, "what is owed is the sum of credits")
    search.show(reader.storage["creditors.rows"] == 8, "the row is marked")
    # what a closed gate held is owed from the moment that it opens
    reader.storage["creditors.owed"] = owed + released
    reader.storage["creditors.rows"] = 8
    taken = reader.call("creditors", "_take", 3, released)
    search.show(Poly.of(taken) == before + amount + released, "all of it is taken")
    search.show(Poly.of(reader.storage["creditors.credits[3]"]) == 0, "nothing is left")
    search.show(Poly.of(reader.storage["creditors.owed"]) == others, "others keep theirs")


def what_arrived_is_booked(search: Search, source: Source) -> None:
    """Of a token, what came in is what the balance grew by, and never wraps."""
    before, after = search.symbol("before", 0, WORD - 1), search.symbol("after", 0, WORD - 1)
    _guard(source, "currency", "assert after > before")
    search.assume(after > before)
    reader = Reader(source, search)
    received = reader.text(
        "currency", "unsafe_sub(after, before)", {"after": after, "before": before}
    )
    search.show(received > 0, "something was received")
    search.show(received <= after, "no more than lies there")


def the_end_is_marked(search: Search, source: Source) -> None:
    """What an EMC ended with, plus one, is not zero: proceeds of all pages are far below a word."""
    total = search.symbol("total", 0, 2**128 - 1)
    marked = Reader(source, search).text("EMC", "unsafe_add(total, 1)", {"total": total})
    search.show(marked > 0, "an EMC that has ended is known to have")


def a_denied_payment_is_judged_by_the_balance(search: Search, source: Source) -> None:
    """As long as a token holds less than 2**255, a denied payment counts exactly if money left."""
    funds, balance = (search.symbol(name, 0, 2**255) for name in ("funds", "balance"))
    spent = search.symbol("spent", 0, 64 * 2**96)
    names = {"left": balance, "funds": funds, "spent": spent}
    is_paid = Reader(source, search).text("EMC", "unsafe_add(left, spent) < funds", names)
    search.show((funds - balance > spent) if is_paid else (funds - balance <= spent), "it left")


def a_quorum_is_a_part(search: Search, source: Source) -> None:
    """A quorum is more than nothing and at most all, although zero wraps."""
    part = search.symbol("part", 0, WORD - 1)
    _guard(source, "terms", "assert unsafe_sub(part, 1) < PPM")
    passes = search.decide(_wrapped(search, part, 1, "unsafe_sub(part, 1)") < PPM)
    search.show(passes == _both(search, part >= 1, part <= PPM), "1 to 1,000,000 ppm")


def a_review_has_time(search: Search, source: Source) -> None:
    """Each window of a review is between a day and a year, although less than a day wraps."""
    reader = Reader(source, search)
    low, high = (reader.constant("terms", name) for name in ("MIN_REVIEW", "MAX_REVIEW"))
    limit = "<= MAX_REVIEW - MIN_REVIEW"
    _guard(source, "terms", limit)
    for name in ("commit", "reveal"):
        span = search.symbol(name, 0, WORD - 1)
        text = f"unsafe_sub(terms.review.{name}, MIN_REVIEW)"
        _guard(source, "terms", text)
        passes = search.decide(_wrapped(search, span, low, text) <= high - low)
        search.show(passes == _both(search, span >= low, span <= high), f"{name} is in bounds")


def a_mask_of_ids_covers_those_up_to_a_row(search: Search, source: Source) -> None:
    """The mask that finds when a row joined has the bits up to the row's, whatever the row."""
    text = "unsafe_sub(above, 1)"
    _guard(source, "leaver_book", f"& {text}")
    _guard(source, "leaver_book", "above: uint256 = 2 << row")
    row = search.pick("row", *range(0, 130), 254, 255, 256, 2**255)
    above = (2 << row) % WORD if row < 256 else 0
    mask = _wrapped(search, Poly.of(above), 1, text)
    search.show(mask == (2 ** (row + 1) if row < 255 else WORD) - 1, "bits up to the row's")


def _wrapped(search: Search, left: Poly, right: int, text: str) -> Poly:
    """What an unsafe difference comes to where it is meant to wrap."""
    seen: Any = search
    seen.seen.add(text)
    return left - right if search.decide(left >= right) else left - right + WORD


def _both(search: Search, one: Any, two: Any) -> bool:
    return search.decide(one) and search.decide(two)


def _guard(source: Source, module: str, text: str) -> bool:
    """Whether the source still says what a claim relies on.

    Raises:
        AssertionError: it does not; the claim has to be looked at again.
    """
    said = "".join(source.module(module).text.split())
    assert "".join(text.split()) in said, f"{module} no longer says {text!r}"
    return True


def shares_are_inside_their_bounds(search: Search, source: Source) -> None:
    """A table that passes has every share inside its bounds, and each tranche is exactly one."""
    reader = Reader(source, search)
    lower, upper = search.symbol("lower", 0, MAX_SHARE), search.symbol("upper", 0, MAX_SHARE)
    fields = {
        name: search.symbol(name, 0, MAX_SHARE) for name in ("running", "base", "leading", "upside")
    }
    rest = {name: search.symbol(f"{name}_of_others", 0, 63 * MAX_SHARE) for name in fields}
    is_first = search.pick("first epoch", True, False)
    sink = search.pick("sink", 0, 1)
    # all other rows as one, whose shares are their sums
    lines = [
        SimpleNamespace(pay=word(each, id=id), party=id + 1, limits=id)
        for id, each in enumerate((fields, rest))
    ]
    reader.calls = {
        "packed_row._party": lambda party: party,
        "packed_row._is_node": lambda _: True,
        "packed_row._lower": lambda id: 0 if id else lower,
        "packed_row._upper": lambda id: PPM if id else upper,
        "packed_row._cost": lambda _: 0,
        "self._proceeds": lambda _: SimpleNamespace(metric=0),
        "empty": lambda _: 0,
    }
    spare = "row.pay & 255 | row.party & SPARE_PARTY | row.limits & SPARE_LIMITS == 0"
    reader.given = {"empty(bytes32)": 0, spare: True}
    reader.call("terms", "_check_rows", SimpleNamespace(sink=sink, goal=None), lines, is_first)
    for name in ("base", "leading", "upside"):
        share = fields[name]
        search.show(share >= lower, f"{name} is not below the lower bound")
        if is_first or sink != 0:
            search.show(share <= upper, f"{name} is not above the upper bound")
        search.show(share + rest[name] == PPM, f"{name} of all rows is one")
    search.show(upper <= PPM, "no bound is above one")
    search.show(fields["running"] + rest["running"] < PPM, "running costs leave something")


def rounding_shares_keeps_bounds(search: Search, source: Source) -> None:
    """Exact shares inside whole bounds that sum to one, rounded by largest remainder, still do.

    Shares are `n / d`. Rows so far: how many have a remainder, and the sum of remainders; less ppm
    are left over than there are remainders, so only rows with one are moved, by less than one ppm.
    """
    del source
    one = search.symbol("d", 1)
    share = search.symbol("n")
    lower, upper = search.symbol("lower", 0, PPM), search.symbol("upper", 0, PPM)
    for bound in (lower, upper):
        search.product(one, share - bound)
    search.assume(lower * one <= share)
    search.assume(share <= upper * one)
    floor = search.floor(share, one)
    search.product(one, lower - floor - 1)
    search.product(one, floor - upper - 1)
    search.product(one, floor - upper)
    search.show(floor >= lower, "rounded down it is not below the lower bound")
    search.show(floor <= upper, "nor above the upper bound")
    remainder = share - floor * one
    if search.decide(remainder > 0):
        search.show(
            floor + 1 <= upper, "one more is not above the upper bound where there is a rest"
        )
    count, left = search.symbol("rows_with_rest", 0, 64), search.symbol("left")
    rests = search.symbol("sum_of_rests")
    search.product(one, left - count - 1)
    # so many rests below d each
    search.assume(rests <= count * (one - 1))
    search.assume(rests == left * one)
    search.show(left <= count, "no more ppm are left over than rows have a rest")


CLAIMS = (
    no_credit_is_lost,
    what_arrived_is_booked,
    the_end_is_marked,
    a_denied_payment_is_judged_by_the_balance,
    a_quorum_is_a_part,
    a_review_has_time,
    a_mask_of_ids_covers_those_up_to_a_row,
)
# shares that sum to one are not drawn by chance
INDUCTION = (shares_are_inside_their_bounds, rounding_shares_keeps_bounds)
