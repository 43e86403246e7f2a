"""The report in a real browser: drawn, silent, self-contained, and as wide as the screen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emc.audit.read.store import open_store
from emc.audit.tell import portfolio, report
from emc.audit.tell.subjects import one, subjects
from tests.browsers import CHROMIUM, Browser
from tests.exports import history
from tests.exports.history import address

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the program chromium is not installed")
WIDTHS = {"desk": 1280, "phone": 390}


@pytest.fixture(scope="module")
def small(store_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    with open_store(store_file) as store:
        path.write_text(report.page(store, one(store, address(0xE1)), "Bakery", {}))
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven thousand runs in one EMC."""
    folder = tmp_path_factory.mktemp("large")
    life = history.bakery(4_700)
    with open_store(history.write(folder / "audit.duckdb", life)) as store:
        (folder / "report.html").write_text(report.page(store, one(store, None), "Bakery", {}))
    return folder / "report.html"


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Amounts of 31 characters in twelve rows, two epochs, and rows with small shares."""
    folder = tmp_path_factory.mktemp("wide")
    with open_store(history.write(folder / "audit.duckdb", history.fund())) as store:
        (folder / "report.html").write_text(report.page(store, one(store, None), "Fund", {}))
        found = portfolio.entries(store, subjects(store), {}, 4)
        (folder / "portfolio.html").write_text(portfolio.page(store, found, 4))
    return folder / "report.html"


class Opened:
    """A page, what it asked for, and what it complained of."""

    def __init__(self, chromium: Browser, path: Path, **options: Any) -> None:
        self.context = chromium.running.new_context(**options)
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-drawn]", state="attached", timeout=60_000)

    def count(self, selector: str) -> int:
        return int(self.page.locator(selector).count())


@pytest.fixture(params=WIDTHS, scope="module")
def opened(request: pytest.FixtureRequest, chromium: Browser, small: Path) -> Iterator[Opened]:
    width = WIDTHS[request.param]
    made = Opened(chromium, small, viewport={"width": width, "height": 900})
    yield made
    made.context.close()


def test_every_chart_is_drawn(opened: Opened) -> None:
    assert opened.count("#flow-chart .sankey-link") == 23
    assert opened.count("#flow-chart .sankey-node") >= 12
    # the other three rows, two bounds, the row, and where it is today
    assert opened.count("#entitlements-chart .scatterlayer .trace") == 7
    assert opened.count("#entitlements-chart .shapelayer path") == 5
    assert opened.count("#progress-chart .js-line") == 1
    assert opened.count("#shares-chart .barlayer .point") == 8
    for name in ("flow", "entitlements", "progress", "shares"):
        box = opened.page.locator(f"#{name}-chart svg.main-svg").first.bounding_box()
        assert box["height"] > 100


def test_nothing_leaves_the_file_and_nothing_goes_wrong(opened: Opened, small: Path) -> None:
    assert [url for url in opened.asked if not url.startswith(("data:", "blob:"))] == [
        small.as_uri()
    ]
    assert opened.said == []


def test_nothing_is_wider_than_the_screen(opened: Opened) -> None:
    widths = "[document.documentElement.scrollWidth, window.innerWidth]"
    wide, screen = opened.page.evaluate(widths)
    assert wide == screen


@pytest.mark.parametrize("opened", ["desk"], indirect=True)
def test_another_row_and_another_tranche_can_be_looked_at(opened: Opened) -> None:
    before = opened.page.locator("#entitlements-chart .js-line").last.get_attribute("d")
    opened.page.select_option("#entitlement-row", index=2)
    assert opened.page.locator("#entitlements-chart .js-line").last.get_attribute("d") != before
    opened.page.click("[data-tranche='2']")
    texts = opened.page.locator("#shares-chart .bartext").all_text_contents()
    assert any("43%" in text for text in texts), texts
    assert opened.said == []


@pytest.mark.parametrize("opened", ["desk"], indirect=True)
def test_a_script_that_is_not_the_pages_own_does_not_run(opened: Opened) -> None:
    opened.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.stolen = 1';"
        " document.body.append(s); fetch('http://127.0.0.1:9/').catch(() => 0); }"
    )
    assert opened.page.evaluate("window.stolen === undefined")
    assert any("Content Security Policy" in text for text in opened.said)
    # other tests ask the same page whether it complained of anything
    opened.said.clear()
    assert not [url for url in opened.asked if url.startswith("http")]


# of every amount that is shown: its text, lines that its digits take, and whether it is cut
AMOUNTS = """() => [...document.querySelectorAll(".amount")].filter((each) => each.offsetParent)
  .map((each) => {
    const digits = [...each.childNodes].find((node) => node.nodeType === Node.TEXT_NODE);
    if (!digits) return null;
    const text = digits.textContent.split(" ")[0];
    const range = document.createRange();
    range.setStart(digits, 0);
    range.setEnd(digits, text.length);
    const boxes = [...range.getClientRects()];
    const section = each.closest("section").getBoundingClientRect();
    const isCut = boxes.some((box) => box.left < section.left || box.right > section.right);
    return [text, new Set(boxes.map((box) => Math.round(box.top))).size, isCut];
  }).filter(Boolean)"""
TABLES = """() => [...document.querySelectorAll(".scroll")]
  .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)"""


@pytest.fixture(params=[1400, 390], scope="module")
def broad(request: pytest.FixtureRequest, chromium: Browser, wide: Path) -> Iterator[Opened]:
    """The page of wide amounts."""
    made = Opened(chromium, wide, viewport={"width": request.param, "height": 900})
    yield made
    made.context.close()


def test_wide_amounts_are_whole_and_nothing_has_to_be_scrolled_sideways(broad: Opened) -> None:
    page = broad.page
    page.locator("#ledger-table tr.run button").first.click()
    shown, screen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert shown == screen
    assert page.evaluate(TABLES) == []
    amounts = page.evaluate(AMOUNTS)
    assert len(amounts) > 200
    assert max(len(text) for text, *_ in amounts) >= 28
    assert [each for each in amounts if each[1] != 1 or each[2]] == []
    assert broad.said == []


def test_every_segment_of_shares_by_epoch_has_its_row(broad: Opened) -> None:
    named = broad.page.locator("#shares-legend li").all_text_contents()
    assert [each.split(" ")[1].strip(",") for each in named] == [str(row) for row in range(12)]
    assert "Row 4, ME 5 3%" in [" ".join(each.split()) for each in named]
    written = broad.page.locator("#shares-chart .bartext").all_text_contents()
    is_broad = broad.page.viewport_size["width"] == 1400
    assert len([each for each in written if each]) >= (16 if is_broad else 8)


@pytest.mark.parametrize("width", [1400, 390])
def test_a_portfolio_fits_the_screen_and_can_be_searched(
    chromium: Browser, wide: Path, width: int
) -> None:
    size = {"width": width, "height": 900}
    opened = Opened(chromium, wide.with_name("portfolio.html"), viewport=size)
    page = opened.page
    shown, screen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert shown == screen
    assert page.evaluate(TABLES) == []
    amounts = page.evaluate(AMOUNTS)
    assert len(amounts) == 10
    assert [each for each in amounts if each[1] != 1 or each[2]] == []
    page.fill("#emcs-search", "reconciled wide")
    assert page.locator("#emcs-count").text_content() == "1 of 1"
    page.fill("#emcs-search", "nobody")
    assert page.locator("#emcs-table tbody tr").is_hidden()
    assert opened.said == []
    opened.context.close()


def test_paper_is_light_and_has_the_width_of_a_sheet(chromium: Browser, small: Path) -> None:
    size = {"width": 1280, "height": 900}
    opened = Opened(chromium, small, viewport=size, color_scheme="dark")
    opened.page.emulate_media(media="print")
    colour = "getComputedStyle(document.body).backgroundColor"
    assert opened.page.evaluate(colour) == "rgb(255, 255, 255)"
    assert opened.page.locator("#flow-chart svg.main-svg").first.bounding_box()["width"] == 690
    assert opened.page.locator("#ledger-search").is_hidden()
    pdf = opened.page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    opened.context.close()


def test_seven_thousand_lines_can_be_searched_and_turned_over(
    chromium: Browser, large: Path
) -> None:
    opened = Opened(chromium, large, viewport={"width": 1280, "height": 900})
    page = opened.page
    count = page.locator("#ledger-count")
    lines = opened.count("#ledger-table tbody tr")
    assert lines == 25
    assert count.text_content().startswith("1 to 25 of 7,")
    page.click("#ledger-after")
    assert count.text_content().startswith("26 to 50 of 7,")
    page.fill("#ledger-search", "sale 5432")
    assert count.text_content() == "1 to 1 of 1"
    page.click("#ledger-table tr.run button")
    paid = page.locator("#ledger-table .inside li").all_text_contents()
    assert len(paid) == 4
    page.fill("#ledger-search", "<b>nobody</b>")
    assert count.text_content() == "No line has these words."
    assert opened.said == []
    opened.context.close()
