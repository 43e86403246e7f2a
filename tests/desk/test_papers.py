"""Papers go back and forth between desk and terminal, and what was altered is named."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emc.core import typed_data
from emc.core.terms import Gate, Terms
from emc.core.units import PPM
from emc.files import bundle, json_file, proposal, signature_files
from emc.files.bundle import Bundle
from emc.files.proposal import Proposal, applied, document_of
from emc.files.signature_files import Paper
from tests.desk.core import Core, Refused, running
from tests.desk.papers import FAR, KEYS, agreement, signature
from tests.spec.test_terms_hash import ANY

FIRST = KEYS[0].address
CANVASES = ("breakfast-box", "language-exchange", "smart-cooking")


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """What the desk says."""
    with running(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a paper is written."""
    return tmp_path / "paper.json"


def text_of(paper: Paper, path: Path) -> str:
    """A paper as a file holds it."""
    signature_files.write(path, paper)
    return path.read_text()


@pytest.mark.parametrize("canvas", CANVASES)
def test_an_agreement_comes_back_byte_for_byte(core: Core, path: Path, canvas: str) -> None:
    paper = agreement(canvas)
    for row in paper.terms.nodes[:2]:
        paper = paper.signed(signature(paper, row.id, nonce=2**255, deadline=2**256 - 1))
    text = text_of(paper, path)
    said = core("paper", text=text)
    assert said["text"] == text
    assert said["emc"] == paper.emc
    assert said["terms_hash"] == "0x" + paper.terms.hash().hex()
    assert said["misfits"] == []
    assert said["labels"] == [
        {"row": each.row, "key": each.key, "name": each.name, "role": each.role}
        for each in paper.labels
    ]
    first = paper.accounts[0]
    assert said["digests"] == [
        typed_data.hashes(paper.message(row, first, 7, 3)).digest for row in paper.terms.nodes
    ]


def changes(paper: Bundle) -> list[proposal.Body]:
    """A change of every kind."""
    shares = (proposal.Share(row=0, base=1, leading=0, upside=PPM),)
    other = document_of(replace(paper.terms, nonce=7, disburse_at=2**95 - 1))
    return [
        proposal.Renegotiation(shares=shares),
        proposal.Amendment(terms=other),
        proposal.Expulsion(accused=1, clause='delivers "by" the \u5341\u65e5 \U0001f35e\\'),
        proposal.Disbanding(),
        proposal.Assessment(
            metric="meals",
            submitter=128,
            amount=2**256 - 1,
            measured_at=5,
            evidence="0x" + "ab" * 32,
        ),
    ]


@pytest.mark.parametrize("kind", range(5))
def test_a_proposal_comes_back_byte_for_byte(core: Core, path: Path, kind: int) -> None:
    paper = agreement()
    change = changes(paper)[kind]
    after = applied(change, paper.terms)
    drawn = Proposal(31337, paper.emc, 3, after.hash(), change)
    drawn = drawn.signed(signature(paper, 1))
    text = text_of(drawn, path)
    assert core("paper", text=text)["text"] == text
    told = core("after", text=text, terms=document_of(paper.terms))
    assert told == "0x" + after.hash().hex()
    if not isinstance(change, proposal.Amendment):
        with pytest.raises(Refused, match="file-hash"):
            core("after", text=text, terms=document_of(replace(paper.terms, nonce=1)))


# merging


def merged_alike(core: Core, papers: list[Paper], folder: Path) -> None:
    """Desk and terminal make the same of the same files."""
    paths = [folder / f"{i}.json" for i in range(len(papers))]
    texts = [text_of(paper, path) for paper, path in zip(papers, paths, strict=True)]
    known = signature_files.gather(paths)
    said = core("merge", texts=texts)
    assert said["text"] == text_of(known.paper, folder / "merged.json")
    assert sorted(said["unchecked"]) == sorted(known.unchecked)
    assert [int(name) for name, _, _ in said["refused"]] == [
        int(path.stem) for path, _ in known.refused
    ]


@ANY
@given(st.integers(0, 2**32 - 1))
def test_files_are_merged_alike_in_any_order(
    core: Core, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    rng = Random(seed)
    first = agreement("language-exchange")
    count = len(first.terms.nodes)
    papers: list[Paper] = []
    for _ in range(rng.randint(1, 5)):
        paper = first if rng.random() < 0.8 else replace(first, nonce=1)
        for row in rng.sample(range(count), rng.randint(0, count)):
            paper = paper.signed(
                signature(
                    paper,
                    row,
                    deadline=FAR + rng.randint(0, 2),
                    nonce=rng.randint(0, 1),
                    key=rng.choice((None, None, None, 0)),
                )
            )
        papers.append(paper)
    merged_alike(core, papers, tmp_path_factory.mktemp("merged"))


def test_what_is_merged_says_why_the_rest_is_not(core: Core, tmp_path: Path) -> None:
    first = agreement()
    later = first.signed(signature(first, 0, deadline=FAR + 1))
    files = [
        text_of(paper, tmp_path / "one.json")
        for paper in (
            first.signed(signature(first, 1)),
            later,
            first.signed(signature(first, 0)),
            replace(first, nonce=1),
        )
    ]
    said = core("merge", texts=[*files, "{", "[" * 40])
    assert said["refused"] == [
        ["2", 0, "signed-earlier"],
        ["3", None, "other-paper"],
        ["4", None, "file-not-json"],
        ["5", None, "file-too-deep"],
    ]
    assert said["text"] == text_of(later.signed(signature(first, 1)), tmp_path / "merged.json")


# hostile files


def altered(paper: Bundle, path: Path, *place: Any, value: Any) -> str:
    """A file in which one value is another, sealed anew."""
    found = json.loads(text_of(paper, path))
    del found["checks"]
    inner = found
    for each in place[:-1]:
        inner = inner[each]
    inner[place[-1]] = value
    return json_file.sealed(found)


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (("terms", "goal", "measures", 0, "target"), 2_999_999, "file-hash"),
        (("terms", "rows", 1, "payee"), "0xCcf8f4117fD0f82230a016740b9E72AA869E9ef1", "file-hash"),
        (("terms_hash",), "0x" + "11" * 32, "file-hash"),
        (("emc",), "0x" + "11" * 20, "file-address"),
        (("accounts", 0), "0x" + "11" * 20, "file-address"),
        (("consent",), "0x" + "11" * 20, "file-address"),
        (("canvas", "nodes", 0, "name"), "Another bakery", "file-canvas"),
        (("canvas", "nodes", 0, "share", "base"), 40.5, "file-canvas"),
        (("parties", "chain_id"), 1, "file-chain"),
        (("chain_id",), 1, "file-chain"),
        (("chain_id",), 2**53, "file-field"),
        (("chain_id",), True, "file-field"),
        (("nonce",), 1, "file-field"),
        (("accounts",), [], "file-field"),
        (("signatures",), {}, "file-field"),
        (("spare",), 1, "file-field"),
        (("terms", "__proto__"), {"goal": 1}, "file-terms"),
        (("terms",), None, "file-terms"),
        (("format",), "emc-agreement/1", "file-format"),
        (("format",), {}, "file-format"),
    ],
)
def test_what_was_altered_is_refused(
    core: Core, path: Path, place: tuple[Any, ...], value: Any, code: str
) -> None:
    text = altered(agreement(), path, *place, value=value)
    with pytest.raises(Refused) as refused:
        core("paper", text=text)
    assert refused.value.code == code
    path.write_text(text)
    with pytest.raises(Exception):  # noqa: B017, PT011
        signature_files.read(path)


def test_where_canvas_and_table_differ_is_told(core: Core, path: Path) -> None:
    """A table that says something else under the same canvas is shown with a warning."""
    paper = agreement()
    row = replace(paper.terms.rows[1], payee=paper.terms.rows[0].payee, lower=1)
    terms = paper.terms.with_row(1, payee=row.payee, lower=1)
    text = rewritten(paper, path, terms)
    assert core("paper", text=text)["misfits"] == [
        "nodes.roastery.share.lower",
        "nodes.roastery.payee",
    ]


def rewritten(paper: Bundle, path: Path, terms: Terms) -> str:
    """A file with another table, and hash and address of it."""
    from emc.core.terms import emc_address

    found = json.loads(text_of(paper, path))
    del found["checks"]
    found |= {
        "terms": document_of(terms),
        "terms_hash": "0x" + terms.hash().hex(),
        "emc": emc_address(paper.consent, paper.implementation, paper.accounts, terms.hash()),
    }
    return json_file.sealed(found)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "file-not-json"),
        ("{}", "file-format"),
        ("[]", "file-format"),
        ('{"a": 1, "a": 1}', "file-twice"),
        ('{"a": NaN}', "file-not-json"),
        ('{"a": 01}', "file-not-json"),
        ('{"a": 1,}', "file-not-json"),
        ('{"a": "\\ud800"}', "file-not-json"),
        ('{"a": "\n"}', "file-not-json"),
        ("[" * 33 + "]" * 33, "file-too-deep"),
        ("[" * 100_000, "file-too-deep"),
        (" " * (2**20 + 1), "file-too-large"),
        ('{"format": "emc-agreement/2", "checks": "00"}', "file-altered"),
        ("{} {}", "file-not-json"),
    ],
)
def test_no_file_breaks_the_reader(core: Core, text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        core("paper", text=text)
    assert refused.value.code == code


def test_a_slip_of_the_pen_is_named_by_its_field(core: Core, path: Path) -> None:
    text = text_of(agreement(), path)
    for old, new, field in (
        ("Bicycle couriers", "Bicycle courier", "canvas.nodes.2.name"),
        ('"target": 3000000', '"target": 3000001', "terms.goal.measures.0.target"),
        ('"made_at"', '"made_et"', "made_et"),
    ):
        assert text.count(old) == 1, old
        with pytest.raises(Refused) as refused:
            core("paper", text=text.replace(old, new))
        assert (refused.value.code, refused.value.details["field"]) == ("file-altered", field)
        path.write_text(text.replace(old, new))
        with pytest.raises(Exception, match=field):
            bundle.read(path)


# an amendment that is drawn up at the desk

TYPED = {
    "ends_at": "2030-01-01T00:00",
    "disburse_at": "12,5",
    "goal.gate": "target",
    "goal.ends_emc": "true",
    "goal.measures.1.metric": "users",
    "goal.measures.1.benchmark": "10",
    "goal.measures.1.target": "20",
    "renegotiation.quorum": "66.6667",
    "leaving.notice": "1d 12h",
    "assessment.window": "90min",
    "assessment.assessor": FIRST,
    "bar.stars": "3.75",
    "rows.1.base": "1.5",
    "rows.1.cost": "0.01",
    "rows.1.payee": FIRST,
    "rows.7.party": "9",
    "rows.7.payee": FIRST,
    "rows.8.party": FIRST,
    "rows.8.payee": FIRST,
    "rows.8.upper": "100",
}


def amended(core: Core, paper: Bundle, typed: dict[str, str], **rows: list[int]) -> Any:
    """What becomes of the terms of an agreement."""
    money = paper.canvas.money
    return core(
        "amended",
        chain_id=paper.chain_id,
        emc=paper.emc,
        terms=document_of(paper.terms),
        currency={"symbol": money.symbol, "decimals": money.decimals},
        given=typed,
        **{"leaves": [], "joins": []} | rows,
    )


def test_what_is_typed_is_what_the_terminal_reads(core: Core, path: Path) -> None:
    paper = agreement()
    said = amended(core, paper, TYPED, leaves=[2], joins=[7, 8])
    assert said["faults"] == {}
    path.write_text(said["file"])
    drawn = proposal.read(path)
    before, after = paper.terms, drawn.terms_after(paper.terms)
    assert [row.id for row in after.rows] == [0, 1, 7, 8]
    assert [row.party for row in after.rows[2:]] == [9, FIRST]
    assert [row.party for row in after.rows[:2]] == [row.party for row in before.rows[:2]]
    assert after.ends_at == int(datetime.fromisoformat("2030-01-01T00:00").timestamp())
    assert after.disburse_at == 125 * 10 ** (paper.canvas.money.decimals - 1)
    assert paper.canvas.money.decimals == 2
    assert (after.goal.gate, after.goal.ends_emc) == (Gate.TARGET, True)
    users = next(each for each in after.goal.measures if each.metric.word == "users")
    assert (users.benchmark, users.target) == (10, 20)
    assert after.renegotiation.quorum == 666_667
    assert after.leaving.notice == 36 * 3600
    assert (after.assessment.window, after.assessment.assessor) == (5400, FIRST)
    assert after.bar.stars == 375
    row = after.rows[1]
    assert (row.base, row.cost, row.payee) == (15_000, 1, FIRST)
    # what nobody touched is as it was, to the last digit
    assert replace(row, base=0, cost=0, payee="") == replace(
        before.rows[1], base=0, cost=0, payee=""
    )
    assert after.review == before.review
    assert after.currency == before.currency


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("ends_at", "soon"),
        ("disburse_at", "1.0000001"),
        ("renegotiation.quorum", "66.66667"),
        ("leaving.notice", "3"),
        ("leaving.notice", "18m"),
        ("backstop", ""),
        ("backstop", FIRST.lower()),
        ("bar.stars", "3.755"),
        ("canvas", "0x12"),
        ("rows.1.payee", ""),
        ("rows.1.base", "-1"),
        ("goal.measures.1.metric", "Users"),
        ("goal.measures.1.metric", "users"),
        ("goal.measures.1.metric", "proceeds"),
    ],
)
def test_what_no_field_takes_is_named(core: Core, place: str, text: str) -> None:
    said = amended(core, agreement(), {place: text})
    assert said["file"] is None
    assert next(iter(said["faults"])).startswith(place.removesuffix(".metric"))
