"""The report's page: the verdict first, every text harmless, every number that of the books."""

import base64
import csv
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from eth_abi import encode
from eth_utils import keccak, to_checksum_address

from emc.audit.read import abi
from emc.audit.read.store import counts, open_store
from emc.audit.tell import changed, curves, report
from emc.audit.tell.subjects import Subject, one
from emc.cli import emc
from emc.core.terms import (
    Gate,
    Goal,
    Kind,
    Measure,
    Metric,
    Renegotiation,
    Terms,
)
from tests import tables
from tests.exports import history
from tests.exports.history import DAY, Life, P, address

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u202e&lt;"


class Page(HTMLParser):
    """Elements with their attributes, texts, and what scripts hold."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, Mapping[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: dict[str, list[str]] = {"": [], "application/json": []}
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.scripts[dict(attrs).get("type") or ""].append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            kind = self.elements[-1][1].get("type") or ""
            self.scripts[kind][-1] += data
        elif self.inside != "style":
            self.texts.append(data)

    @property
    def data(self) -> dict[str, Any]:
        (text,) = self.scripts["application/json"]
        return json.loads(text)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.texts).split())


def page_of(store: duckdb.DuckDBPyConnection, number: int = 0xE1) -> Page:
    return Page(report.page(store, one(store, address(number)), "Breakfast box", {}))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page all whose texts are an attacker's, and whose money does not tie."""
    life = history.kiosk()
    life.tables["emcs"][0]["symbol"] = HOSTILE
    life.tables["faults"] += [
        {"emc": life.emc, "place": place, "text": f"{text} {HOSTILE}"}
        for place, text in enumerate(["block 12: payment is 1, should be 2", "later"])
    ]
    life.tables["findings"].append({"emc": life.emc, "kind": HOSTILE, "text": HOSTILE, "block": 1})
    life.tables["verdicts"][0] |= {"verdict": "NOT RECONCILED", "faults": 2}
    life.tables["ledger"][0]["party"] = HOSTILE
    file = history.write(tmp_path_factory.mktemp("hostile") / "audit.duckdb", life)
    with open_store(file) as store:
        return report.page(store, one(store, None), HOSTILE, {(life.emc, 0): HOSTILE})


def test_texts_of_an_attacker_stay_texts(hostile: str) -> None:
    page = Page(hostile)
    assert len(page.scripts[""]) == 3, "the library and the page's own two"
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert not [names for _, names in page.elements if any(name.startswith("on") for name in names)]
    assert "alert(1)" in page.words, "it is shown"
    assert "\u202e" not in page.words
    (text,) = page.scripts["application/json"]
    assert not set("<>&") & set(text), "nothing in it can end the script"
    assert page.data["symbol"] == page.data["names"]["0"] == HOSTILE.replace("\u202e", " ")


def test_a_verdict_against_it_comes_first_with_the_first_line_that_differs(hostile: str) -> None:
    words = Page(hostile).words
    assert words.index("NOT RECONCILED") < words.index("Where the money is")
    first = words.index("block 12: payment is 1, should be 2")
    assert words.index("NOT RECONCILED", 100) < first < words.index("later")
    assert "Every one of" not in words


def test_only_the_pages_own_scripts_may_run_and_nothing_may_be_asked_for(
    store: duckdb.DuckDBPyConnection,
) -> None:
    page = page_of(store)
    (policy,) = [
        names["content"] or ""
        for tag, names in page.elements
        if tag == "meta" and names.get("http-equiv") == "Content-Security-Policy"
    ]
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'"
        for each in page.scripts[""]
    }
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert set(rules["script-src"].split()) == hashes
    assert rules["default-src"] == "'none'"
    for tag, names in page.elements:
        for name in ("src", "href", "action", "srcset", "poster"):
            assert not names.get(name) or names[name] == "data:,", (tag, name)


def test_the_page_tells_the_numbers_of_the_books(
    store: duckdb.DuckDBPyConnection, lives: list[Life]
) -> None:
    page, life = page_of(store), lives[0]
    books = life.tables["books"][-1]
    for place in ("received", "paid", "credited", "held", "pending", "dust"):
        assert f"{books[place] // 100:,}.{books[place] % 100:02d}" in page.words, place
    assert "RECONCILED" in page.words
    assert "Every one of 91 payment runs, with 298 payments" in page.words
    assert "Goal 180,000.00 EUR" in page.words


def test_the_flow_brings_all_proceeds_to_rows_or_places(
    store: duckdb.DuckDBPyConnection, lives: list[Life]
) -> None:
    for number, life in zip((0xE1, 0xE2, 0xE3), lives, strict=True):
        flow = page_of(store, number).data["flow"]
        received = life.received / 10**life.decimals
        sinks = {link["target"] for link in flow["links"]} - {
            link["source"] for link in flow["links"]
        }
        into = sum(link["value"] for link in flow["links"] if link["target"] in sinks)
        assert into == pytest.approx(received, rel=0.002), "but for what is too thin to draw"
        for at in range(len(flow["nodes"])):
            outward = sum(each["value"] for each in flow["links"] if each["source"] == at)
            inward = sum(each["value"] for each in flow["links"] if each["target"] == at)
            if outward and inward:
                assert outward == pytest.approx(inward, rel=0.005)


def test_every_movement_is_in_the_ledger_with_its_exact_amounts(
    store: duckdb.DuckDBPyConnection, lives: list[Life]
) -> None:
    for number, life in zip((0xE1, 0xE2, 0xE3), lives, strict=True):
        ledger = page_of(store, number).data["ledger"]
        ours: dict[int, list[dict[str, Any]]] = {}
        for entry in life.tables["ledger"]:
            ours.setdefault(entry["block"], []).append(entry)
        assert [line[1] for line in ledger["lines"]] == sorted(ours)
        for time, block, tx, _, payer, epoch, _, received, paid in ledger["lines"]:
            entries = ours[block]
            came = [each for each in entries if each["row_id"] is None]
            facts = [entries[0][key] for key in ("timestamp", "tx", "epoch")]
            assert [time, tx, epoch] == facts
            assert received == str(sum(each["amount"] for each in came))
            assert not came or ledger["parties"][payer] == came[0]["party"]
            assert [(row, int(amount)) for row, amount, *_ in paid] == [
                (each["row_id"], each["amount"]) for each in entries if each["row_id"] is not None
            ]
            waiting = [row for row, _, *waits in paid if waits]
            kinds = ("credit", "sweep_credit")
            assert waiting == [each["row_id"] for each in entries if each["kind"] in kinds]


def test_the_curve_of_a_row_goes_through_what_it_was_entitled_to(
    store: duckdb.DuckDBPyConnection,
) -> None:
    """The points of the chart against the waterfall of the made-up life, at each boundary."""
    life = history.bakery()
    pages = curves.read(store, life.emc)
    drawn = {each.row_id: each for each in curves.curves(pages, life.received, 400_000_00)}
    for row_id in range(4):
        curve = drawn[row_id]
        assert curve.at == sorted(set(curve.at))
        assert curve.entitled == sorted(curve.entitled)
        at = curve.at.index(life.received)
        earned = life.paid[row_id] + life.credits[row_id]
        assert abs(curve.entitled[at] - earned) < 6, "one unit for each floor and page"
    ends = pages[0].ends
    assert set(ends) <= set(drawn[0].at)
    total = sum(each.entitled[-1] for each in drawn.values())
    assert abs(total - 400_000_00) < 2


def test_bounds_reach_from_today_to_what_a_renegotiation_could_do(
    store: duckdb.DuckDBPyConnection,
) -> None:
    life = history.bakery()
    pages = curves.read(store, life.emc)
    (row,) = [each for each in pages[-1].rows if each.row_id == 1]
    (curve,) = [
        each for each in curves.curves(pages, life.received, 400_000_00) if each.row_id == 1
    ]
    assert curve.ahead[0] == life.received
    assert curve.lower[0] == curve.upper[0]
    grown = (400_000_00 - life.received) * pages[-1].rest
    running = (400_000_00 - life.received) * row.running
    for bound, line in ((200_000, curve.lower), (500_000, curve.upper)):
        assert (line[-1] - line[0]) * 10**12 == grown * bound + running * 10**6


def test_shares_of_every_epoch_are_complete(store: duckdb.DuckDBPyConnection) -> None:
    shares = page_of(store).data["shares"]
    assert shares["epochs"] == [1, 2]
    for tranche in range(3):
        for epoch in range(2):
            assert sum(row["shares"][tranche][epoch] for row in shares["rows"]) == 100
    base = {row["row"]: row["shares"][0] for row in shares["rows"]}
    assert base == {0: [50, 48], 1: [30, 33], 2: [15, 14], 3: [5, 5]}


def test_ratings_are_shown_as_medians_and_too_few_as_such(tmp_path: Path) -> None:
    life = history.kiosk()
    life.tables["reviews"] += [
        {"emc": life.emc, "me": me, "row_id": row, "has_committed": True, "has_revealed": shown,
         "delivery": 450, "quality": 0, "collaboration": 300, "user_value": 500}
        for me, row, shown in ((4, 0, True), (1, 1, False))
    ]  # fmt: skip
    with open_store(history.write(tmp_path / "audit.duckdb", life)) as store:
        words = Page(report.page(store, one(store, None), None, {})).words
    assert "Row 0, ME 4 ★★★★★ 4.5 too few ★★★★★ 3.0 ★★★★★ 5.0 revealed" in words
    assert "withheld" in words


def test_an_emc_of_which_nothing_is_known_has_a_page(tmp_path: Path) -> None:
    life = history.kiosk()
    for name in ("ledger", "books", "pages", "payouts", "payments", "orders", "standings", "rows"):
        life.tables[name].clear()
    life.tables["epochs"].clear()
    life.tables["verdicts"][0]["stage"] = "NOT ACTIVE"
    with open_store(history.write(tmp_path / "audit.duckdb", life)) as store:
        page = Page(report.page(store, one(store, None), None, {}))
    assert "NOT ACTIVE" in page.words
    assert page.data["entitlements"] is None


def test_the_goal_of_users_is_no_amount_of_money(
    store: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    life = history.kiosk()
    life.tables["measures"][0] |= {"metric": "users", "target": 2_500}
    life.tables["pages"][0] |= {"base_end": None, "leading_end": None, "gate_at": None}
    with open_store(history.write(tmp_path / "audit.duckdb", life)) as other:
        page = Page(report.page(other, one(other, None), None, {}))
    assert "2,500 users" in page.words
    assert page.data["levels"] == {}
    assert page_of(store).data["levels"] == {"benchmark": 100_000.0, "target": 180_000.0}


def test_a_goal_of_several_measures_names_all_and_draws_proceeds(tmp_path: Path) -> None:
    life = history.kiosk()
    first = life.tables["measures"][0]
    life.tables["measures"] += [
        {**first, "place": 1, "metric": "users", "benchmark": 1_000, "target": 2_500},
        {**first, "place": 2, "metric": "0x" + "7" * 64, "benchmark": 1, "target": 2},
    ]
    with open_store(history.write(tmp_path / "audit.duckdb", life)) as other:
        page = Page(report.page(other, one(other, None), None, {}))
    assert "and 2,500 users and 2 0x77777777.." in page.words
    assert "The goal also counts users and 0x77777777..: they have no line" in page.words
    of_proceeds = {name: float(first[name]) for name in ("benchmark", "target")}
    assert page.data["levels"] == of_proceeds


def test_the_command_writes_the_file_whole(store_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    options = ["--store", str(store_file), "--emc", address(0xE1), "--out", str(out)]
    answer = CliRunner().invoke(emc, ["audit", "report", *options])
    assert answer.exit_code == 0, answer.output
    assert out.read_text().startswith("<!DOCTYPE html>")
    assert out.read_text().rstrip().endswith("</html>")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    refused = CliRunner().invoke(emc, ["audit", "report", *options[:4], "--out", f"{out}/x.html"])
    assert refused.exit_code == 1
    assert "cannot be written" in refused.output


def test_names_come_from_an_agreement_of_this_emc_only(
    store_file: Path, checked: list[Subject], tmp_path: Path
) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps({"format": "emc-agreement/2"}))
    answer = CliRunner().invoke(
        emc,
        ["audit", "report", "--store", str(store_file), "--emc", checked[0].emc,
         "--agreement", str(path), "--out", str(tmp_path / "report.html")],
    )  # fmt: skip
    assert answer.exit_code == 1
    assert not (tmp_path / "report.html").exists()


def test_row_names_are_shown_where_they_are_known(store: duckdb.DuckDBPyConnection) -> None:
    subject = one(store, address(0xE1))
    page = Page(report.page(store, replace(subject), "Box", {(subject.emc, 0): "Baker & Sons"}))
    assert "Baker & Sons" in page.words
    assert re.search(r"Row 1, ME 2", page.words)


def test_a_cost_that_is_covered_in_part_is_not_covered_twice_by_the_next_epoch(
    tmp_path: Path,
) -> None:
    life = history.Life(address(0xE5), history.BAKERY, 100_000_00, 180_000_00)
    life.sale(9_000_00)
    life.adopt(history.SHIFTED)
    life.sale(40_000_00)
    with open_store(history.write(tmp_path / "audit.duckdb", life.close())) as store:
        pages = curves.read(store, life.emc)
    assert 0 < sum(row.cover for row in pages[1].rows) < 25_000_00
    for curve in curves.curves(pages, life.received, 100_000_00):
        at = curve.at.index(life.received)
        assert abs(curve.entitled[at] - life.paid[curve.row_id]) < 6


def _amended() -> Life:
    """A life whose second epoch is an amendment: other shares, and other rules."""
    life = history.Life(address(0xE8), history.BAKERY, 100_000_00, 180_000_00)
    life.sale(150_000_00)
    life.adopt((*history.SHIFTED[:3], replace(history.SHIFTED[3], cost=7_00)))
    life.tables["epochs"][1]["cause"] = "amended"
    tell(life, "Made", 1, RULES)
    goal = Goal((replace(RULES.goal.measures[0], target=200_000_00),), DUE, Gate.TARGET, True)
    after = replace(
        RULES,
        kind=Kind.SOLUTION,
        ends_at=1_800_000_000,
        goal=goal,
        renegotiation=Renegotiation(500_000, window=DAY),
    )
    tell(life, "Amended", 2, after)
    return life


def tell(life: Life, name: str, epoch: int, terms: Terms) -> None:
    """Log the rules of an epoch, as Consent and Changes do."""
    event = abi.events("Consent")[abi.topic("Consent", "Made")]
    (item,) = (each for each in event.plain if each["name"] == "terms")
    (head,) = abi.decode([item], encode([tables.TERMS_TYPE], [terms.head()]))
    args = {"emc": life.emc, "terms": abi.jsonable(head)}
    life.tables["events"].append(
        {"emc": life.emc, "block": 1, "log_index": epoch, "tx": history.hash_of(1),
         "contract": "Consent", "name": name,
         "args": json.dumps(args | ({"epoch": str(epoch)} if epoch > 1 else {}))}
    )  # fmt: skip


DUE = 1_780_000_000
RULES = Terms(
    canvas=bytes(32),
    backstop=to_checksum_address(address(0xBA)),
    starts_at=0,
    ends_at=1_790_000_000,
    goal=Goal((Measure(Metric.PROCEEDS, 100_000_00, 180_000_00),), DUE, Gate.NONE),
    rows=(),
    renegotiation=Renegotiation(700_000),
)
SAID = (
    ("Reported", {"report": "0", "row": "1", "item": "ovens <b>", "amount": "1200",
                  "evidence": "0x" + "7" * 64}),
    ("Reported", {"report": "1", "row": "0", "item": "boxes", "amount": "3",
                  "evidence": "0x" + "0" * 64}),
    ("Countersigned", {"report": "0", "row": "0"}),
    ("Countersigned", {"report": "0", "row": "2"}),
    ("Finalised", {"submitter": "1", "metric": "0x" + keccak(text="users").hex(),
                   "amount": "20000", "measured_at": "1"}),
)  # fmt: skip


def test_what_a_change_of_terms_changed_is_told_in_words(tmp_path: Path) -> None:
    with open_store(history.write(tmp_path / "audit.duckdb", _amended().close())) as store:
        subject = one(store, None)
        found = changed.of_epochs(store, subject, lambda row: f"row {row}")
        words = Page(report.page(store, subject, None, {})).words
    assert found == {
        2: [
            ("row 0: share up to benchmark", "50%", "48%"),
            ("row 0: share up to target", "40%", "38%"),
            ("row 0: share beyond target", "30%", "28%"),
            ("row 1: share up to benchmark", "30%", "33%"),
            ("row 1: share up to target", "35%", "38%"),
            ("row 1: share beyond target", "40%", "43%"),
            ("row 2: share up to benchmark", "15%", "14%"),
            ("row 2: share up to target", "20%", "19%"),
            ("row 2: share beyond target", "25%", "24%"),
            ("row 3: cost cover", "0.00 EUR", "7.00 EUR"),
            (
                "goal: proceeds",
                "benchmark 100,000.00 EUR, target 180,000.00 EUR",
                "benchmark 100,000.00 EUR, target 200,000.00 EUR",
            ),
            (
                "gate",
                "none: income flows from the first sale",
                "income is held until the target, 200,000.00 EUR; costs always flow",
            ),
            ("at the target", "the EMC goes on", "reaching the target ends the EMC"),
            ("ends", "2026-09-21 14:13:20 UTC", "2027-01-15 08:00 UTC"),
            (
                "shares change by",
                "70% of the nodes: 3 of 3, inside the bounds",
                "50% of the nodes: 2 of 3, inside the bounds",
            ),
            (
                "window to object",
                "none: if you disagree, do not sign",
                "1d, once a change is opened on chain",
            ),
            ("kind", "experience: it faces users", "solution: it serves experience EMCs"),
        ]
    }
    assert "What epoch 2 changed amendment" in words
    assert "shares change by 70% of the nodes: 3 of 3, inside the bounds 50% of" in words


def test_who_left_and_who_joined_is_told(tmp_path: Path) -> None:
    life = history.Life(address(0xE8), history.BAKERY, 100_000_00, 180_000_00)
    life.sale(150_000_00)
    life.adopt(history.BAKERY)
    life.close().tables["rows"][-1]["row_id"] = 4
    tell(life, "Made", 1, RULES)
    with open_store(history.write(tmp_path / "audit.duckdb", life)) as store:
        found = changed.of_epochs(store, one(store, None), lambda row: f"row {row}")
    assert found == {
        2: [
            ("row 3", "in it", "has left"),
            ("row 4", "not in it", "joins with 5%, 5%, 5% of Base, Leading, Upside"),
            ("order of the rows", "0, 1, 2, 3", "0, 1, 2, 4"),
        ]
    }


def test_of_terms_that_are_none_nothing_is_told(tmp_path: Path) -> None:
    """A contract that is not ours may log anything: the page is made in any case."""
    life = _amended()
    life.close().tables["events"][-1]["args"] = json.dumps({"epoch": "2", "terms": {"kind": "7"}})
    with open_store(history.write(tmp_path / "audit.duckdb", life)) as store:
        subject = one(store, None)
        assert changed.of_epochs(store, subject, lambda row: f"row {row}") == {2: []}
        words = Page(report.page(store, subject, None, {})).words
        assert "The store knows of no difference." in words


def test_what_nodes_reported_is_told_with_who_countersigned_it(tmp_path: Path) -> None:
    life = history.kiosk()
    for place, (name, args) in enumerate(SAID):
        life.tables["events"].append(
            {"emc": life.emc, "block": 12, "log_index": place, "tx": history.hash_of(2),
             "contract": "Goals", "name": name, "args": json.dumps({"emc": life.emc, **args})}
        )  # fmt: skip
    life.tables["blocks"].append({"number": 12, "hash": "0x", "timestamp": history.START})
    with open_store(history.write(tmp_path / "audit.duckdb", life)) as store:
        subject = one(store, None)
        found = changed.said(store, subject, lambda row: f"row {row}")
        words = Page(report.page(store, subject, None, {})).words
    assert [each[1:] for each in found] == [
        ("row 1", "ovens <b>", "1,200", "0x" + "7" * 64, "row 0, row 2"),
        ("row 0", "boxes", "3", "", ""),
        ("final value", "users", "20,000", "", ""),
    ]
    assert {each.at for each in found} == {history.START}
    assert "What nodes reported" in words
    assert "ovens <b> 1,200 Row 0, ME 4, row 2" in words.replace("Row 2", "row 2")


def test_payments_are_counted_alike_wherever_they_are_told(tmp_path: Path) -> None:
    """Rows that were due nothing are told once, and are no payments."""
    rows = (history.Row(0, 1, P, P, P), history.Row(1, 2, 0, 0, 0))
    life = history.Life(address(0xE7), rows, 100_00, 180_00)
    for number in range(3):
        life.sale(5_00, number=number)
    path = history.write(tmp_path / "audit.duckdb", life.close())
    with open_store(path) as store:
        assert counts(store, [life.emc])[life.emc].text == "3 payments (and 3 of nothing) of 3 runs"
        words = Page(report.page(store, one(store, None), None, {})).words
    assert "Every one of 3 payment runs, with 3 payments (and 3 of nothing)," in words
    told = CliRunner().invoke(emc, ["audit", "statement", "--store", str(path)])
    assert "3 payments (and 3 of nothing) of 3 runs" in told.output
    question = "SELECT runs, payments, of_nothing FROM counts"
    asked = CliRunner().invoke(emc, ["audit", "sql", question, "--store", str(path), "--json"])
    assert json.loads(asked.output) == [{"runs": 3, "payments": 3, "of_nothing": 3}]
    out = tmp_path / "books"
    export = ["audit", "export", "--format", "csv", "--out", str(out), "--store", str(path)]
    assert CliRunner().invoke(emc, export).exit_code == 0
    with (out / "counts.csv").open() as file:
        assert next(csv.DictReader(file)) == {
            "emc": life.emc, "runs": "3", "payments": "3", "of_nothing": "3"
        }  # fmt: skip
