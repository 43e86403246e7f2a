"""Draw the screens of the desk for the docs, in three languages, from an EMC made for it.

    python scripts/desk_screens.py

Needs playwright and anvil (requirements-dev.txt, npm) and Chromium and a Chinese font, which Debian
packages (fonts-wqy-microhei).
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "screens"
sys.path.insert(0, str(ROOT))

from tests import anvil, browsers  # noqa: E402
from tests.desk import browser as kit  # noqa: E402
from tests.desk.browser import Person, Town, wallet_of  # noqa: E402

# what is kept in the repository and loaded by every reader stays small
MOST_BYTES = 150_000
LANGUAGES = {"en": "en-GB", "de": "de-DE", "zh": "zh-CN"}
# name, width, height: of the agreement to be signed, of the EMC, and of the same on a phone
SIZES = {"read": (1000, 1300), "sign": (1000, 1100), "emc": (1000, 1100), "home": (390, 760)}
IN_EVERY_LANGUAGE = ("home", "read")


def main() -> int:
    """Write docs/screens/desk-*.png."""
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=True).stdout
    if not fonts:
        print("no Chinese font: its screens would be empty boxes", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        anvil.running("--accounts", "10") as url,
        kit.static_host() as home,
        browsers.chromium() as begun,
        begun.in_use() as browser,
    ):
        town = Town(url, Path(folder))
        sells(town)
        sizes = [size for name in LANGUAGES for size in draw(town, browser, home, name)]
    return max(sizes) > MOST_BYTES


def sells(town: Town) -> None:
    """Pay the first order of the EMC, so that there is money to be seen."""
    agreement = town.contract("EMC", json.loads(town.kiosk.read_text())["emc"])
    amount = 640 * 10**18
    paid = {"from": town.w3.eth.accounts[9], "value": amount}
    sent = agreement.functions.sale(1, amount, bytes(32)).transact(paid)
    town.w3.eth.wait_for_transaction_receipt(sent)


def draw(town: Town, browser: browsers.Browser, home: str, language: str) -> list[int]:
    """The screens in one language; gives how large they are."""
    person = Person(browser, home, wallet_of(town, 3), node=town.url, locale=LANGUAGES[language])
    kept = json.dumps({"nodes": {"31337": town.url}, "language": language})
    person.page.add_init_script(f"localStorage['emc-desk/1'] = {json.dumps(kept)}")
    person.go("/open")
    person.page.locator("input[type=file]").first.set_input_files(
        [str(town.paper), str(town.kiosk)]
    )
    person.page.locator(".notice.good").wait_for()
    person.go("/")
    person.page.get_by_role("button", name="Test wallet").click()
    person.page.locator(".whose code").wait_for()
    paper = kit.paper_route(town.paper)
    emc = json.loads(town.kiosk.read_text())["emc"]
    routes = {"home": "/", "read": paper, "sign": f"{paper}/sign", "emc": f"/emc/31337/{emc}"}
    sizes = []
    for name, route in routes.items():
        if language != "en" and name not in IN_EVERY_LANGUAGE:
            continue
        width, height = SIZES[name]
        person.page.set_viewport_size({"width": width, "height": height})
        person.go(route)
        # until nothing is being read any more
        person.page.locator("main h1").wait_for()
        person.page.wait_for_timeout(1_500)
        person.page.locator(".busy").first.wait_for(state="detached")
        picture = DOCS / f"desk-{name}-{language}.png"
        person.page.screenshot(path=picture)
        sizes.append(picture.stat().st_size)
        print(f"{picture.name} {sizes[-1]:,} bytes")
    person.close()
    return sizes


if __name__ == "__main__":
    sys.exit(main())
