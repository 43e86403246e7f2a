"""Screens of 80, 100 and 140 columns: no row name, address, payee or number is ever cut."""

import json
from pathlib import Path

import pytest

from emc.cli.shared import output
from emc.cli.shared.output import Column
from emc.core.units import Currency
from tests import screens
from tests.canvas import kit
from tests.integration.commands import LOCAL, Desk, emc, orders
from tests.profiles import IS_DEEP, long
from tests.screens import WIDTHS, assert_whole

widths = pytest.mark.parametrize("width", WIDTHS)
LONG = "Payment scenario landing and settlement"


@pytest.mark.parametrize("decimals", [0, 6, 18])
def test_a_canvas_of_54_rows_is_shown_whole(decimals: int, tmp_path: Path) -> None:
    path = tmp_path / "smart-cooking.yaml"
    text = kit.SMART_COOKING.read_text().replace("decimals: 2}", f"decimals: {decimals}}}")
    path.write_text(text)
    for drawn in assert_whole("canvas", "show", str(path)).values():
        for number in range(55):
            assert any(line.split()[:1] == [str(number)] for line in drawn.lines), number


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [
        (1500, 0, "1,500"),
        (2450, 2, "24.50"),
        (1_500_000, 6, "1.50"),
        (1_234_567, 6, "1.234567"),
        (10**20, 18, "100.00"),
        (1, 18, "0.000000000000000001"),
        (-(10**17), 18, "-0.10"),
        (5, 1, "0.5"),
    ],
)
def test_amounts_have_no_spare_zeros(units: int, decimals: int, text: str) -> None:
    assert Currency("X", decimals).format(units, symbol=False) == text


@widths
def test_a_table_that_does_not_fit_becomes_blocks(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = screens.draw
    columns = [Column("row"), *(Column(f"amount {n}", "right") for n in range(4))]
    row = [LONG, *(f"{10**9 * n:,}.000001" for n in range(4))]

    def command(_: list[str], **__: object) -> None:
        output.table(columns, [row], ["total", *row[1:]])

    from emc.cli import emc as group

    monkeypatch.setattr(group, "main", command)
    drawn = shown(width)
    assert set(" ".join(row).split()) <= drawn.words
    assert any(line.startswith("  amount 3  3,000") for line in drawn.lines) == (width < 100)


@pytest.fixture(params=[long(0), long(6), 18])
def agreement(request: pytest.FixtureRequest, desk: Desk) -> str:
    """An EMC with long names, in a currency of so many decimals, with a sale."""
    decimals: int = request.param
    text = kit.SMALL.replace("name: Cook\n", f"name: {LONG}\n").replace(
        "{symbol: EUR, decimals: 2}", f"{{symbol: TEST, decimals: {decimals}}}"
    )
    file = f"wide-{decimals}.agreement.json"
    (desk.folder / "wide.yaml").write_text(text)
    emc("deploy", "wide.yaml", "--out", file)
    part = "1" if decimals == 0 else "1." + "0" * (decimals - 1) + "1"
    book = orders(desk.folder, [f"1,ann,{part}", "2,bob,777"])
    emc("sell", file, "--orders", book, "--mint")
    return file


@pytest.mark.anvil
def test_every_screen_of_an_emc_is_whole(agreement: str) -> None:
    emc("renegotiate", "propose", agreement, "--share", "0=46/41/36", "--share", "1=34/34/34",
        "--out", "autumn.json")  # fmt: skip
    emc("disband", "propose", agreement, "--out", "end.json")
    address = json.loads(Path(agreement).read_text())["emc"]
    # the widest amounts at every width, with the other currencies in the deep profile
    chosen = WIDTHS if IS_DEEP and agreement.startswith("wide-18") else WIDTHS[:1]
    for words in (
        ("status", agreement),
        ("list",),
        ("list", "--me", "1"),
        ("agenda", "--me", "1"),
        ("statement", "--me", "1"),
        ("terms", address),
        ("inspect", agreement),
        ("inspect", "autumn.json", "--agreement", agreement),
        ("renegotiate", "show", "autumn.json", "--agreement", agreement),
        ("renegotiate", "status", "autumn.json", "--agreement", agreement),
        ("disband", "show", "end.json"),
        ("simulate", "sale", agreement, "--amount", "1234567"),
        ("simulate", "change", "autumn.json", "--sale", "1000000", "--agreement", agreement),
        ("scorecard", agreement),
        ("me", "show", "1"),
        ("verify", agreement),
        ("audit", "run", agreement, "--store", "a.duckdb"),
        ("audit", "statement", "--emc", address, "--row", "1", "--store", "a.duckdb"),
    ):
        on = () if words[:2] == ("audit", "statement") else LOCAL
        assert_whole(*words, *on, widths=chosen)
