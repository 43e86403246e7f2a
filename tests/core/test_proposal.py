"""Proposal files: what they say, and that nothing in them can be altered unseen."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emc.core.terms import Gate, Measure, Metric, Terms
from emc.errors import EMCError
from emc.files import canvas as canvases
from emc.files import proposal as files
from emc.files import signature_files
from emc.files.bundle import Signature
from emc.files.compile import compile_terms, placeholder_parties
from emc.files.proposal import (
    Amendment,
    Assessment,
    Body,
    Change,
    Disbanding,
    Expulsion,
    Proposal,
    Renegotiation,
    Share,
    applied,
    document_of,
    terms_of,
)
from tests.kit import address, with_measure

CANVAS = Path(__file__).parents[2] / "canvases" / "breakfast-box.yaml"
NOW = 1_800_000_000
RENEGOTIATION = Renegotiation(
    shares=(
        Share(row=0, base=390_000, leading=370_000, upside=350_000),
        Share(row=1, base=260_000, leading=260_000, upside=260_000),
    )
)
EVIDENCE = "0x" + "07" * 32


@pytest.fixture(scope="module")
def terms() -> Terms:
    canvas = canvases.load(CANVAS)
    return compile_terms(canvas, placeholder_parties(canvas), now=NOW)


def bodies(terms: Terms) -> dict[Change, Body]:
    """A change of each kind."""
    longer = replace(terms, ends_at=terms.ends_at + 1)
    return {
        Change.RENEGOTIATION: RENEGOTIATION,
        Change.AMENDMENT: Amendment(terms=document_of(longer)),
        Change.EXPULSION: Expulsion(accused=2, clause="on time"),
        Change.DISBANDING: Disbanding(),
        Change.ASSESSMENT: Assessment(
            metric="users", submitter=1, amount=21_500, measured_at=NOW, evidence=EVIDENCE
        ),
    }


def proposal(terms: Terms, kind: Change = Change.RENEGOTIATION) -> Proposal:
    change = bodies(terms)[kind]
    return Proposal(
        chain_id=31337,
        emc=address("emc"),
        epoch=3,
        terms_hash=applied(change, terms).hash(),
        change=change,
        signatures=(signature(0), signature(2)),
    )


def signature(index: int) -> Signature:
    return Signature(
        index=index, signer=address("node"), nonce=0, deadline=NOW, data="0x" + "11" * 65
    )


@pytest.fixture
def path(terms: Terms, tmp_path: Path) -> Path:
    path = tmp_path / "autumn.json"
    signature_files.write(path, proposal(terms))
    return path


def edit(path: Path, way: tuple[str | int, ...], value: Any) -> None:
    """Put a value somewhere into a file that has no checks."""
    content = json.loads(path.read_text())
    content.pop("checks", None)
    place = content
    for key in way[:-1]:
        place = place[key]
    place[way[-1]] = value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("kind", Change)
def test_a_file_gives_back_the_proposal_it_was_written_from(
    terms: Terms, tmp_path: Path, kind: Change
) -> None:
    written = proposal(terms, kind)
    signature_files.write(tmp_path / "p.json", written)
    again = files.read(tmp_path / "p.json")
    assert again == written
    assert again.kind is kind
    assert again.terms_after(terms) == applied(written.change, terms)


def test_each_kind_makes_of_the_terms_what_it_says(terms: Terms) -> None:
    after = {kind: applied(change, terms) for kind, change in bodies(terms).items()}
    assert [row.base for row in after[Change.RENEGOTIATION].rows] == [390_000, 260_000, 350_000]
    assert after[Change.AMENDMENT] == replace(terms, ends_at=terms.ends_at + 1)
    assert [row.id for row in after[Change.EXPULSION].rows] == [0, 1]
    assert after[Change.EXPULSION].rows[0].base == 750_000
    assert after[Change.DISBANDING] == after[Change.ASSESSMENT] == terms


def test_signatures_are_ordered_and_replaced(terms: Terms) -> None:
    signed = proposal(terms).signed(signature(1))
    assert [each.index for each in signed.signatures] == [0, 1, 2]
    later = replace_deadline(signature(1))
    assert signed.signed(later).signatures == (signature(0), later, signature(2))


def replace_deadline(given: Signature) -> Signature:
    return given.model_copy(update={"deadline": NOW + 1})


# altered files


@pytest.mark.parametrize(
    ("way", "value", "says"),
    [
        (("format",), "emc-proposal/2", "format"),
        (("format",), "emc-agreement/1", "format"),
        (("format",), ["emc-proposal/1"], "format"),
        (("chain_id",), 0, "chain_id"),
        (("chain_id",), 2**63, "chain_id"),
        (("chain_id",), "x", "chain_id"),
        (("emc",), "0x00", "emc"),
        (("emc",), 5, "emc"),
        (("epoch",), 0, "epoch"),
        (("epoch",), 1.5, "epoch"),
        (("epoch",), 2**32, "epoch"),
        (("terms_hash",), "0x" + "AB" * 32, "terms_hash"),
        (("terms_hash",), "0x1234", "terms_hash"),
        (("extra",), 1, "extra"),
        (("change",), None, "change"),
        (("change", "kind"), "takeover", "change"),
        (("change", "kind"), "disbanding", "change.disbanding.shares"),
        (("change", "shares"), [], "change.renegotiation.shares"),
        (("change", "shares", 0, "row"), 128, "shares.0.row"),
        (("change", "shares", 0, "row"), 1, "a row is named twice"),
        (("change", "shares", 0, "base"), 1_000_001, "shares.0.base"),
        (("change", "shares", 0, "base"), -1, "shares.0.base"),
        (("change", "shares", 0, "payee"), address("thief"), "shares.0.payee"),
        (("signatures",), {}, "signatures"),
        (("signatures", 0, "index"), 2, "a row has signed twice"),
        (("signatures", 0, "index"), 128, "signatures.0.index"),
        (("signatures", 0, "signer"), "0x1", "signatures.0.signer"),
        (("signatures", 0, "data"), "0x", "signatures.0.data"),
        (("signatures", 0, "data"), "0x" + "11" * 326, "signatures.0.data"),
        (("signatures", 0, "deadline"), -1, "signatures.0.deadline"),
        (("signatures", 0, "secret"), "x", "signatures.0.secret"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(
    path: Path, way: tuple[str | int, ...], value: object, says: str
) -> None:
    edit(path, way, value)
    with pytest.raises(EMCError) as caught:
        files.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert says in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("terms_hash",), "0x" + "00" * 32),
        (("change", "shares", 0, "base"), 390_001),
        (("change", "shares", 1, "leading"), 259_999),
        (("change", "shares", 1, "row"), 2),
        (("change", "shares"), [{"row": 0, "base": 1, "leading": 1, "upside": 1}]),
    ],
)
def test_a_change_that_gives_other_terms_than_the_hash_is_refused(
    terms: Terms, path: Path, way: tuple[str | int, ...], value: object
) -> None:
    edit(path, way, value)
    with pytest.raises(EMCError, match="terms_hash says 0x") as caught:
        files.read(path).terms_after(terms)
    assert "altered" in caught.value.hint


def test_a_row_that_is_not_there_is_named(terms: Terms, path: Path) -> None:
    edit(path, ("change", "shares", 1, "row"), 9)
    with pytest.raises(EMCError, match="there is no row 9"):
        files.read(path).terms_after(terms)


def test_a_file_for_other_terms_is_refused(terms: Terms, path: Path) -> None:
    later = replace(terms, disburse_at=5)
    with pytest.raises(EMCError, match="terms_hash"):
        files.read(path).terms_after(later)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"null",
        b"\xff\xfe",
        b"\x00" * 100,
        b"[" * 100_000,
        b'{"format":' * 5_000,
        b'{"format": "emc-proposal/1"}',
        b'"' + b'\\"' * 500_000,
        b'"' + b"\\" * 500_001,
        b'["' + b"[" * 100 + b'"]',
        b'{"format": "emc-proposal/1", "epoch": ' + b"9" * 5_000 + b"}",
        b" " * (2**20 + 1),
    ],
    ids=range(14),
)
def test_what_is_no_proposal_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(EMCError, match=r"x\.json"):
        files.read(path)


def test_a_file_cut_anywhere_is_refused(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes().rstrip()
    for length in range(0, len(whole), 37):
        (tmp_path / "cut.json").write_bytes(whole[:length])
        with pytest.raises(EMCError):
            files.read(tmp_path / "cut.json")


def test_any_changed_digit_is_refused_or_changes_what_was_read(terms: Terms, path: Path) -> None:
    whole, first = path.read_text(), files.read(path)
    for place, letter in enumerate(whole):
        if letter.isdigit():
            path.write_text(whole[:place] + str((int(letter) + 1) % 10) + whole[place + 1 :])
            try:
                found = files.read(path)
                found.terms_after(terms)
            except EMCError:
                continue
            # chain, EMC, epoch and signatures are for the chain to judge
            assert found != first
            assert found.change == first.change


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EMCError, match=r"nowhere\.json: No such file"):
        files.read(tmp_path / "nowhere.json")


def test_what_a_stranger_wrote_cannot_steer_a_terminal(path: Path) -> None:
    for way, value in (
        (("format",), "\x1b[2J"),
        (("change", "kind"), "\x1b[2J"),
        (("\x1b[2J",), 1),
    ):
        content = path.read_text()
        edit(path, way, value)
        with pytest.raises(EMCError) as caught:
            files.read(path)
        assert "\x1b" not in str(caught.value)
        path.write_text(content)


# terms as plain values


def test_terms_come_back_from_their_document(terms: Terms) -> None:
    assert terms_of(document_of(terms)) == terms
    assert terms_of(json.loads(json.dumps(document_of(terms)))) == terms
    goal = with_measure(terms.goal, metric=Metric.USERS, gate=Gate.TARGET)
    assert terms_of(document_of(replace(terms, goal=goal))).goal == goal
    # of three measures, one by a word that everybody knows, one by its own, one by its hash alone
    metrics = (Metric.PROCEEDS, Metric.of("meals"), Metric.read(b"\7" * 32))
    goal = replace(goal, measures=tuple(Measure(each, 1, 2) for each in metrics))
    several = terms_of(json.loads(json.dumps(document_of(replace(terms, goal=goal)))))
    assert several.goal == goal
    assert {each.metric.word for each in several.goal.measures} == {"proceeds", "meals", ""}


def test_an_address_without_checksum_is_refused_with_the_one_to_compare(terms: Terms) -> None:
    document = document_of(terms)
    document["rows"][0]["payee"] = terms.rows[0].payee.lower()
    with pytest.raises(EMCError, match=r"rows\.0\.payee: .* is not a checksummed") as caught:
        terms_of(document)
    assert caught.value.hint.endswith(terms.rows[0].payee)


def _at(*way: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for key in way[:-1]:
            place = place[key]
        place[way[-1]] = value

    return change


def _without(*way: str | int) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for key in way[:-1]:
            place = place[key]
        del place[way[-1]]

    return change


WRONG_SUM = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_at("canvas", value="0x1234"), "terms.canvas"),
        (_at("canvas", value="zz" * 33), "terms.canvas"),
        (_at("canvas", value=5), "terms.canvas"),
        (_at("kind", value="guild"), "terms.kind: not one of experience, solution"),
        (_at("goal", value=None), "goal is missing"),
        (_at("goal", value=[1]), "goal is missing"),
        (_at("goal", "gate", value="moon"), "terms.goal.gate"),
        (_at("goal", "measures", 0, "metric", value=1), "terms.goal.measures.0.metric"),
        (_at("goal", "measures", 0, "metric", value="Users!"), "terms.goal.measures.0.metric"),
        (_at("goal", "measures", value=[]), "terms.goal.measures: not one to 3"),
        (_at("goal", "measures", value="users"), "terms.goal.measures: not one to 3"),
        (_at("goal", "measures", value=[1]), "terms.goal.measures.0.metric"),
        (_at("goal", "measures", 0, "target", value=-1), "terms.goal.measures.0.target: '-1' "),
        (
            _at("goal", "measures", 0, "target", value=2**256),
            "is not a number from 0 to 2**256 - 1",
        ),
        (_at("goal", "measures", 0, "target", value=None), "terms.goal.measures.0.target"),
        (_at("goal", "bonus", value=1), "terms.goal.bonus: terms have no such field"),
        (_at("bonus", value={"deep": [1]}), "terms.bonus: terms have no such field"),
        (_at("rows", 0, "votes", value=2), "terms.rows.0.votes: terms have no such field"),
        (_without("leaving"), "terms.leaving is missing"),
        (_without("rows", 1, "running"), "terms.rows.1.running is missing"),
        (_without("rows", 1, "payee"), "rows.1.payee"),
        (_without("canvas"), "terms.canvas"),
        (_at("backstop", value="nobody"), "terms.backstop: 'nobody' is not a checksummed address"),
        (_at("backstop", value=WRONG_SUM), "terms.backstop"),
        (_at("rows", 2, "payee", value=WRONG_SUM), "terms.rows.2.payee"),
        (_at("rows", 2, "party", value="12"), "terms.rows.2.party"),
        (_at("assessment", "assessor", value="0x"), "terms.assessment.assessor"),
        (_at("rows", 0, "base", value=2**20 + 400_000), "terms.rows.0"),
        (_at("rows", 0, "upside", value=-1), "terms.rows.0: more than"),
        (_at("rows", 1, "id", value=256), "terms.rows"),
        (_at("rows", 1, "cost", value=2**128), "terms.rows.1: more than"),
        (_at("rows", value=[]), None),
        (_at("rows", value={}), "terms.rows"),
        (_at("rows", value="x"), "terms.rows"),
        (_at("nonce", value=2**256), "terms.nonce: '11579"),
        (_at("starts_at", value=True), None),
        (_at("ends_at", value="soon"), "terms.ends_at"),
        (_at("version", value=1.5), "terms.version"),
        (_at("\x1b[2J", value=1), "terms.\\x1b[2J"),
    ],
)
def test_what_terms_cannot_hold_is_refused_by_name(
    terms: Terms, change: Callable[[dict[str, Any]], None], says: str | None
) -> None:
    document = json.loads(json.dumps(document_of(terms)))
    change(document)
    if says is None:
        # for the contracts to refuse
        assert terms_of(document) != terms
        return
    with pytest.raises(EMCError) as caught:
        terms_of(document)
    assert says in str(caught.value)
    assert caught.value.hint
