"""Make the pictures of the README from a report, in a real browser.

    python scripts/screenshots.py report.html

Needs playwright (requirements-dev.txt) and Chromium, which Debian packages.
"""

import shutil
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
# what is kept in the repository and loaded by every reader stays small
MOST_BYTES = 200_000
# name, width, where it begins and ends: sections of the page by id
PICTURES = (
    ("report-verdict", 1080, "verdict", "flow-chart"),
    ("report-phone", 390, "verdict", "books"),
)


def main(path: Path) -> int:
    """Write docs/report-*.png."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None or not path.exists():
        missing = "chromium" if chromium is None else str(path)
        print(f"{missing} is not there", file=sys.stderr)
        return 1
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, width, first, last in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto(path.resolve().as_uri())
            page.wait_for_selector("html[data-drawn]", state="attached")
            top, bottom = (
                page.locator(f"section:has(#{each}), section#{each}").first.bounding_box()
                for each in (first, last)
            )
            assert top is not None
            assert bottom is not None
            picture = DOCS / f"{name}.png"
            page.screenshot(
                path=picture,
                full_page=True,
                clip={
                    "x": 0,
                    "y": top["y"] - 16,
                    "width": width,
                    "height": bottom["y"] + bottom["height"] - top["y"] + 32,
                },
            )
            size = picture.stat().st_size
            print(f"{picture.name} {size:,} bytes")
            if size > MOST_BYTES:
                print(f"{picture} is too large", file=sys.stderr)
                return 1
        browser.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
