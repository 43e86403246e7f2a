"""The desk computes what Python computes: two languages, one meaning.

The desk's core is another code in another language, of other libraries, so what both say of random
agreements and histories is proven by it. Any difference fails. Digests have a third opinion.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from emc.core import typed_data
from emc.core.forecast import headroom, levels, outlooks
from emc.core.limits import MAX_ROWS
from emc.core.replay import Life, adopt, behind_gate, share_out
from emc.core.terms import WORDS, Gate, Measure, Metric, Terms, emc_address
from emc.core.typed_data import Act, Domain
from emc.core.units import PPM
from emc.core.waterfall import page
from emc.files.terms_document import document_of
from tests import tables as written
from tests.desk.core import Core, Refused, running
from tests.javascript import Digest, digests
from tests.profiles import effort
from tests.spec import strategies
from tests.spec.test_terms_hash import ANY, addresses, hashes, tables, words

# 125 by default, 1,000 in the deep profile
MANY = settings(ANY, max_examples=min(1_000, effort(5)))
ROOMS = ("Consent", "Changes", "Conduct", "Goals")


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """What the desk says."""
    with running(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture(scope="module")
def in_ethers() -> Iterator[Digest]:
    """What ethers signs."""
    with digests() as digest:
        yield digest


def text(value: Any) -> Any:
    """A value of Python as the desk answers it."""
    if isinstance(value, dict):
        return {name: text(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [text(each) for each in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


# terms


@MANY
@given(tables)
def test_any_table_has_one_hash(core: Core, terms: Terms) -> None:
    said = core("terms", terms=document_of(terms))
    assert said["hash"] == "0x" + terms.hash().hex()
    assert said["packed"] == text(terms.packed_rows())
    assert said["words"] == text(terms.share_words())
    assert said["document"] == text(document_of(terms))


@MANY
@given(addresses, addresses, st.lists(addresses, min_size=1, max_size=MAX_ROWS), hashes)
def test_an_emc_has_one_address(
    core: Core, consent: str, implementation: str, accounts: list[str], terms_hash: bytes
) -> None:
    said = core(
        "address",
        consent=consent,
        implementation=implementation,
        accounts=accounts,
        hash=terms_hash,
    )
    assert said == emc_address(consent, implementation, accounts, terms_hash)


@MANY
@given(strategies.terms(), st.integers(0, 63), st.integers(0, 2**32 - 1))
def test_terms_change_alike(core: Core, terms: Terms, place: int, seed: int) -> None:
    row = terms.rows[place % len(terms.rows)].id
    told = core("without", terms=document_of(terms), row=row)
    assert told == "0x" + terms.without(row).hash().hex()
    rng = Random(seed)
    shares = {
        each.id: (rng.randint(0, PPM), rng.randint(0, PPM), rng.randint(0, PPM))
        for each in rng.sample(terms.rows, rng.randint(1, len(terms.rows)))
    }
    said = [
        {"row": row, "base": each[0], "leading": each[1], "upside": each[2]}
        for row, each in shares.items()
    ]
    told = core("shares", terms=document_of(terms), shares=said)
    assert told == "0x" + terms.with_shares(shares).hash().hex()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("goal", "metric"), "income"),
        (("goal", "gate"), 1),
        (("goal", "target"), -1),
        (("goal", "target"), 2**256),
        (("goal", "target"), "1"),
        (("goal", "target"), 1.5),
        (("goal", "ends_emc"), 1),
        (("kind",), 1),
        (("canvas",), "0x12"),
        (("currency",), "0x12"),
        (("backstop",), "0x36c3Fc2A357f67d8F5A87aF1E3B2DEB8ee8594E9"),
        (("rows",), []),
        (("rows", 0, "payee"), "0x36C3fc2A357f67d8F5A87aF1E3B2DEB8ee8594e9"),
        (("rows", 0, "base"), 2**20),
        (("rows", 0, "cost"), 2**128),
        (("rows", 0, "id"), 256),
        (("rows", 0, "party"), 2**160),
        (("rows", 0, "spare"), 0),
        (("goal", "spare"), 0),
        (("spare",), 0),
    ],
)
def test_what_terms_cannot_have_is_named(core: Core, place: tuple[Any, ...], value: Any) -> None:
    document = document_of(sample())
    inner: Any = document
    for each in place[:-1]:
        inner = inner[each]
    inner[place[-1]] = value
    with pytest.raises(Refused, match="file-terms") as refused:
        core("terms", terms=document)
    assert refused.value.details["field"] == ".".join(str(each) for each in place)


def sample() -> Terms:
    """Terms of two rows, with nothing special."""
    rows = tuple(written.row(i, 500_000) for i in range(2))
    return written.terms(rows, deadline=3_000, gate=Gate.BENCHMARK, ends_at=4_000)


# what is signed


@st.composite
def signables(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A message of any type as Python has it, and what the desk is asked for the same."""
    kind = draw(
        st.sampled_from(("agreement", "departure", "expulsion", "disbanding", "assessment"))
    )
    at = draw(addresses)
    domain = Domain(draw(st.integers(1, 2**53 - 1)), draw(st.sampled_from(ROOMS)), at)
    epochs = st.integers(0, 2**32 - 1)
    common = {
        "emc": draw(addresses),
        "epoch": draw(epochs),
        "signer": draw(addresses),
        "deadline": draw(words),
        "nonce": draw(words),
    }
    own = {"row": draw(st.integers(0, 128)), "me": draw(words)}
    asked: dict[str, Any] = {"kind": kind}
    values: dict[str, Any]
    if kind in ("agreement", "departure", "disbanding"):
        terms = draw(tables)
        asked["terms"] = document_of(terms)
        values = {**common, **own, "terms": terms}
        said = dict(values)
        if kind == "agreement":
            # no two rows have one id: the first of that id is meant
            place = draw(st.integers(0, len(terms.rows) - 1))
            row = next(each for each in terms.rows if each.id == terms.rows[place].id)
            if not row.is_node:
                place = terms.rows.index(row)
                terms = terms.with_row(place, party=7)
                row, asked["terms"] = terms.rows[place], document_of(terms)
            act = draw(st.sampled_from(Act))
            values = {**common, "terms": terms, "row": row, "act": act}
            said = {**common, "act": act.value}
            asked["row"] = row.id
        said.pop("terms", None)
    elif kind == "expulsion":
        clause = draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128))
        charge = {"accused": draw(st.integers(0, 127)), "charged": draw(words), "clause": clause}
        values = said = {**common, **own, **charge}
    else:
        measured = {"value": draw(words), "measured": draw(words), "evidence": draw(hashes)}
        metric = Metric.of(draw(st.sampled_from((*WORDS, "meals"))))
        values = {**common, **own, **measured, "metric": metric}
        said = {**values, "metric": metric.word}
    asked |= {
        "domain": {"chain_id": domain.chain_id, "room": domain.room, "at": domain.at},
        "values": said,
    }
    return getattr(typed_data, kind)(domain, **values), asked


@MANY
@given(signables(), st.binary(min_size=32, max_size=32))
def test_what_is_signed_has_one_digest_in_three_libraries(
    core: Core, in_ethers: Digest, signable: tuple[dict[str, Any], dict[str, Any]], seed: bytes
) -> None:
    message, asked = signable
    key = Account.from_key(keccak(seed))
    signed = key.sign_message(typed_data.signable(message))
    said = core("message", **asked, signature="0x" + signed.signature.hex())
    known = typed_data.hashes(message)
    assert said["hashes"] == {
        "domain": known.domain,
        "message": known.message,
        "digest": known.digest,
    }
    assert "0x" + in_ethers(message).hex() == known.digest
    assert said["signer"] == key.address
    asking = json.loads(said["wallet"])
    assert asking["types"] == message["types"]
    assert asking["primaryType"] == message["primaryType"]
    # a wallet compares the chain id as a number, and reads other numbers with 53 bits
    assert asking["domain"] == message["domain"]
    assert asking["message"] == text(message["message"])
    assert "0x" + in_ethers(asking).hex() == known.digest


@MANY
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_every_spelling_of_a_signature_becomes_the_one_that_contracts_take(
    core: Core, seed: bytes, digest: bytes
) -> None:
    signed = Account.unsafe_sign_hash(digest, keccak(seed))
    r, s = signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = (order - signed.s).to_bytes(32, "big")
    y = signed.v - 27
    compact = r + ((y << 255) | signed.s).to_bytes(32, "big")
    expected = "0x" + (r + s + bytes([27 + y])).hex()
    for spelling in (
        r + s + bytes([27 + y]),
        r + s + bytes([y]),
        r + high + bytes([28 - y]),
        r + high + bytes([1 - y]),
        compact,
    ):
        assert core("normalised", signature="0x" + spelling.hex()) == expected
    for other in (b"", b"\1" * 130, r + s + bytes([31])):
        assert core("normalised", signature="0x" + other.hex()) == "0x" + other.hex()


# money


@st.composite
def pages(draw: st.DrawFn) -> tuple[Terms, dict[str, Any], list[int]]:
    """Terms, how a page of them begins, and proceeds since then, mostly near a boundary."""
    terms = draw(strategies.terms(metrics=strategies.metrics()))
    goal = strategies.aim(terms)
    rng = Random(draw(st.integers(0, 2**32 - 1)))
    start = draw(st.one_of(st.just(0), st.integers(0, 2 * goal.target)))
    covers = {row.id: rng.choice((row.cost, rng.randint(0, row.cost), 0)) for row in terms.rows}
    begun = {
        "start": start,
        "covers": covers,
        "values": {
            each.metric: max(0, rng.choice((0, low - 1, low, high, 2 * high)))
            for each in terms.goal.assessed
            for low, high in [(each.benchmark, each.target)]
        },
        "is_open": draw(st.booleans()),
    }
    rest = PPM - terms.running
    edges = [end // rest for end in page(terms, **begun).ends if end is not None]
    near = [max(0, edge + step) for edge in edges for step in (-1, 0, 1, 2)]
    return terms, begun, [0, 1, *near, draw(strategies.magnitudes()), 3 * goal.target]


@MANY
@given(pages())
def test_every_row_is_entitled_to_the_same(
    core: Core, drawn: tuple[Terms, dict[str, Any], list[int]]
) -> None:
    terms, begun, at = drawn
    meant = page(terms, **begun)
    asked = {**begun, "covers": list(begun["covers"].items())}
    asked["values"] = pairs_of(begun["values"])
    said = core("waterfall", terms=document_of(terms), **asked, at=at)
    for since, found in zip(at, said, strict=True):
        assert found["is_open"] == meant.is_open(since)
        for row, told in zip(terms.rows, found["rows"], strict=True):
            known = meant.entitlement(row, since)
            assert told == {
                name: str(getattr(known, name))
                for name in (
                    "flows",
                    "held",
                    "total",
                    "running",
                    "cost",
                    "base",
                    "leading",
                    "upside",
                )
            }


@MANY
@given(strategies.terms(metrics=strategies.metrics()), st.data())
def test_a_change_means_the_same_in_money(core: Core, before: Terms, data: st.DataObject) -> None:
    rng = Random(data.draw(st.integers(0, 2**32 - 1)))
    after = changed(rng, before)
    total = data.draw(st.one_of(st.just(0), st.integers(0, 2 * strategies.aim(before).target)))
    covers = {row.id: rng.randint(0, row.cost) for row in before.rows}
    values = valued(rng, before)
    said = core(
        "forecast",
        before=document_of(before),
        after=document_of(after),
        total=total,
        covers=list(covers.items()),
        values=pairs_of(values),
    )
    assert said["levels"] == text(levels(before, total))
    for row, room, told in zip(after.rows, said["headroom"], said["outlooks"], strict=True):
        assert room == {"down": str(headroom(row).down), "up": str(headroom(row).up)}
        known = outlooks(before, after, row.id, total=total, covers=covers, values=values)
        assert [(each["level"], each["before"], each["after"]) for each in told] == [
            (str(each.level), str(each.before), str(each.after)) for each in known
        ]


def valued(rng: Random, terms: Terms) -> dict[Metric, int]:
    """A last value of each measure that is assessed."""
    return {
        each.metric: rng.choice((0, each.benchmark, each.target)) for each in terms.goal.assessed
    }


def pairs_of(values: dict[Metric, int]) -> list[tuple[str, int]]:
    """Values by metric, as the desk reads them."""
    return [("0x" + metric.hex(), value) for metric, value in values.items()]


def changed(rng: Random, terms: Terms) -> Terms:
    """Other terms: shares, costs, rows or the goal."""
    rows = list(terms.rows)
    if len(rows) > 2 and rng.random() < 0.4:
        rows.remove(rng.choice(rows[1:]))
    if len(rows) < MAX_ROWS and rng.random() < 0.4:
        new = max(row.id for row in terms.rows) + 1
        rows.append(written.row(new, 0))
    parts = [strategies.split(rng.randint, PPM, len(rows)) for _ in range(3)]
    running = strategies.split(rng.randint, rng.choice((0, PPM // 3)), len(rows))
    most = rng.choice((0, strategies.aim(terms).benchmark // 3))
    costs = strategies.split(rng.randint, most, len(rows))
    goal = terms.goal
    if rng.random() < 0.4:
        top = strategies.aim(terms).target
        measures = []
        for metric in rng.choice(strategies.METRICS):
            benchmark = rng.randint(0, top)
            measures.append(Measure(metric, benchmark, benchmark + rng.randint(1, top)))
        goal = replace(goal, measures=tuple(measures), gate=rng.choice(tuple(Gate)))
    table = [
        replace(row, base=base, leading=leading, upside=upside, running=runs, cost=cost)
        for row, base, leading, upside, runs, cost in zip(rows, *parts, running, costs, strict=True)
    ]
    return replace(terms, rows=tuple(table), goal=goal, nonce=terms.nonce + 1)


@MANY
@given(strategies.terms(metrics=strategies.metrics()), st.integers(0, 2**32 - 1))
def test_a_history_is_told_alike(core: Core, terms: Terms, seed: int) -> None:
    """Sales of every size, values, leavers and changes in any order: to the base unit."""
    rng = Random(seed)
    epochs = {1: terms}
    life = Life("", epochs)
    adopt(life, 1)
    steps, known = [], []
    for _ in range(rng.randint(4, 16)):
        step, said = lived(rng, life, epochs)
        steps.append(step)
        known.append(
            {
                "said": said,
                "total": str(life.total),
                "held": str(life.held),
                "is_open": life.is_open,
                "behind": pairs(behind_gate(life)),
                "covers": pairs(
                    {row.id: life.page.open_cover(row, life.since) for row in life.rows}  # type: ignore[union-attr]
                ),
            }
        )
    told = core("history", terms=document_of(terms), steps=steps)
    for step, ours, theirs in zip(steps, known, told, strict=True):
        assert theirs == ours, step["what"]


def lived(rng: Random, life: Life, epochs: dict[int, Terms]) -> tuple[dict[str, Any], Any]:
    """One more step of a life, and what it came to."""
    assert life.page is not None
    terms = life.page.terms
    what = rng.choice(("sale", "sale", "sale", "sale", "value", "adopt", "left"))
    if what == "value" and terms.goal.assessed:
        metric, amount = strategies.measured(rng, terms)
        life.values[metric] = amount
        return {"what": what, "metric": "0x" + metric.hex(), "amount": amount}, None
    if what in ("left", "adopt") and life.since != life.shared:
        # as the contract does, what has gathered is shared out before a page closes
        step = {"what": "sale", "amount": 0, "gathers": False, "opens": False}
        return step, pairs(share_out(life, 0, gathers=False))
    if what == "left" and len(terms.rows) > 2:
        row = rng.choice(terms.rows).id
        held = behind_gate(life)[row]
        life.left[row] = held
        life.forward.pop(row, None)
        after = terms.without(row)
        epochs[life.epoch + 1] = after
        # what leaves is told before the page that follows it
        adopt(life, life.epoch + 1)
        return {"what": "leaves", "row": row, "terms": document_of(after)}, str(held)
    if what == "adopt":
        epochs[life.epoch + 1] = changed(rng, terms)
        # a row that goes leaves what is held for it behind
        gone = {row.id for row in terms.rows} - {row.id for row in epochs[life.epoch + 1].rows}
        for row in gone:
            life.left[row] = behind_gate(life)[row]
            life.forward.pop(row, None)
        start, dust = adopt(life, life.epoch + 1)
        step = {"what": "adopt", "terms": document_of(epochs[life.epoch]), "gone": sorted(gone)}
        return step, {"start": str(start), "dust": str(dust)}
    goal = strategies.aim(terms)
    amount = rng.choice((1, 2, rng.randint(1, goal.target), rng.randint(1, goal.target // 7 + 1)))
    step = {
        "what": "sale",
        "amount": amount,
        "gathers": rng.random() < 0.8,
        "opens": rng.random() < 0.05,
    }
    dues = share_out(life, amount, gathers=step["gathers"], opens=step["opens"])
    return step, pairs(dues)


def pairs(amounts: Any) -> list[list[Any]]:
    """Amounts by row as the desk answers them."""
    return [[row, str(amount)] for row, amount in amounts.items()]
