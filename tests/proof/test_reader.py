"""The reader of sources against what they compile to, and against `emc.core.waterfall`."""

from dataclasses import replace
from random import Random
from typing import Any

import boa
import pytest

from emc.core.terms import Gate, Terms
from emc.core.waterfall import Page
from emc.core.waterfall import page as core_page
from tests import tables
from tests.profiles import IS_DEEP
from tests.proof import claims_sale
from tests.proof.algebra import Poly, Word
from tests.proof.claims_waterfall import Page as Words
from tests.proof.claims_waterfall import entitlement, spans
from tests.proof.numbers import Numbers
from tests.proof.reader import Reader, Source
from tests.spec.till import Till

PPM = 10**6
ENDLESS = 2**128 - 1
# deep: 1.9 million entitlements
PAGES = 45_000 if IS_DEEP else 150
LIVES = 40 if IS_DEEP else 2


def split(rng: Random, total: int, count: int) -> list[int]:
    """So many parts of a whole, some of them nothing."""
    cuts = sorted(rng.randint(0, total) for _ in range(count - 1))
    return [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]


def drawn(rng: Random) -> Terms:
    """Any terms of two to five rows."""
    count = rng.randint(2, 5)
    benchmark = rng.randint(0, 2 ** rng.randint(1, 90))
    target = benchmark + rng.randint(1, 2 ** rng.randint(1, 90))
    running = split(rng, rng.choice((0, rng.randint(1, PPM - 1))), count)
    most = benchmark * (PPM - sum(running)) // PPM
    costs = split(rng, rng.choice((0, most, rng.randint(0, most))), count)
    shares = zip(*(split(rng, PPM, count) for _ in range(3)), strict=True)
    rows = tuple(
        tables.row(i, each, running=running[i], cost=costs[i]) for i, each in enumerate(shares)
    )
    gate = Gate(rng.randrange(3))
    return tables.terms(rows, benchmark=benchmark, target=target, gate=gate)


def amounts(rng: Random, page: Page) -> list[int]:
    """Proceeds of every magnitude, and around each boundary."""
    rest = PPM - page.terms.running
    edges = [end // rest for end in page.ends if end is not None] + [page.gate_at or 0]
    near = [max(0, edge + rng.randint(-1, 1)) for edge in edges]
    return [at for at in (*near, rng.randint(0, 2 ** rng.randint(1, 95)), 0) if at < 2**95]


def words_of(page: Page) -> Words:
    """The page as the contracts have it."""
    ends = [ENDLESS if end is None else end for end in page.ends]
    rest = PPM - page.terms.running
    gate = Poly.of(page.gate_at or 0)
    spread = Word({128: Poly.of(ends[2]), 32: gate, 20: Poly.of(0), 0: Poly.of(rest)})
    cost, base = Poly.of(ends[0]), Poly.of(ends[1])
    return Words(
        ends[0] // PPM, ends[0], ends[1], ends[2], rest, Word({128: cost, 0: base}), spread
    )


def value(number: Any) -> int:
    """A polynomial without symbols as the number that it is."""
    return int(Poly.of(number).terms.get((), 0))


def test_sources_entitle_rows_to_what_the_core_says() -> None:
    rng, source = Random(20261201), Source()
    compared = 0
    for _ in range(PAGES):
        page = core_page(drawn(rng), start=rng.choice((0, rng.randint(0, 2**80))))
        words = words_of(page)
        reader = Reader(source, Numbers(rng))
        for at in amounts(rng, page):
            for is_open in (False, True):
                bands = spans(reader, words, Poly.of(at), is_open)
                wanted = page.flows(at, is_open)
                for row, amount in zip(page.terms.rows, wanted, strict=True):
                    fields = {
                        name: Poly.of(getattr(row, name))
                        for name in ("running", "base", "leading", "upside")
                    }
                    cover = Poly.of(page.covers[row.id])
                    found = entitlement(reader, words, fields, cover, Poly.of(at), bands)
                    assert value(found) == amount
                    compared += 1
    assert compared >= 20 * PAGES


@pytest.mark.usefixtures("money")
@pytest.mark.parametrize("gathers", [False, True])
def test_sources_pay_what_the_deployed_code_pays(gathers: bool) -> None:
    rng, source = Random(17), Source()
    for _ in range(LIVES):
        terms = drawn(rng)
        aim = max(terms.goal.measures[0].target, 2)
        terms = replace(terms, disburse_at=max(1, aim // 3) if gathers else 0)
        with boa.env.anchor():
            till = Till(terms)
            page, words = core_page(terms), words_of(core_page(terms))
            states = [state_of(page, words, place) for place in range(len(terms.rows))]
            for _ in range(5):
                amount = rng.randint(1, aim)
                paid = till.sale(amount).payments
                for place, state in enumerate(states):
                    numbers = Numbers(rng)
                    due, states[place], _ = claims_sale.settle(
                        numbers, source, state, claims_sale.SALE, Poly.of(amount)
                    )
                    assert value(due) == (paid[place] if paid else 0)


def state_of(page: Page, words: Words, place: int) -> claims_sale.Till:
    """An EMC before its first sale, seen by one row."""
    row = page.terms.rows[place]
    fields = {n: Poly.of(getattr(row, n)) for n in ("running", "base", "leading", "upside")}
    zero, disburse_at = Poly.of(0), page.terms.disburse_at
    return claims_sale.Till(
        words,
        fields,
        Poly.of(page.covers[row.id]),
        Poly.of(page.gate_at or 0),
        Poly.of(disburse_at) if disburse_at else 0,
        zero,
        zero,
        0,
        zero,
        zero,
        0,
        1,
    )
