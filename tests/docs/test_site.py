"""The documentation builds into a site that is complete and needs no network."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import NAMES, ROOT, text_of
from tests.docs.test_made import script


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    # strict: a link or an anchor that leads nowhere, or a page outside of the menu, fails it
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_on_the_site(site: Path) -> None:
    outside = script("site").OUTSIDE
    for page in NAMES:
        name = outside.get(page, page.removeprefix("docs/"))
        assert (site / name).with_suffix(".html").exists(), page


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r"<(?:script|img|link|iframe)[^>]+?(?:src|href)=\"?([^\" >]+)", page.read_text()
        )
        assert loaded
        assert not [each for each in loaded if re.match(r"(https?:)?//", each)], page


def test_links_that_leave_the_documentation_become_names() -> None:
    inside = script("site").inside
    docs = ROOT / "docs"
    assert inside("[the till](../contracts/EMC.vy)", docs) == "the till"
    assert inside("[values](../canvases/README.md#values)", docs) == "[values](canvases.md#values)"
    assert inside("[gas](docs/gas.md)", ROOT) == "[gas](gas.md)"
    decisions = docs / "decisions"
    nested = inside("[gas](../gas.md) [next](no-admin.md)", decisions, Path("decisions"))
    assert nested == "[gas](../gas.md) [next](no-admin.md)"
    assert inside("[home](../../README.md)", decisions, Path("decisions")) == "[home](../index.md)"
    assert inside("[here](#words) [x](https://x.org)", docs) == "[here](#words) [x](https://x.org)"


def test_the_page_of_commands_is_as_it_would_be_made() -> None:
    # in a process of its own: click keeps of each command how its help was first asked for
    found = subprocess.run(
        [sys.executable, ROOT / "scripts" / "commands.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr


def test_every_command_has_an_example() -> None:
    """Of its own, or in each of its subcommands."""
    sections = re.split(r"^## ", text_of("docs/commands.md"), flags=re.MULTILINE)[1:]
    leaves = [each for each in sections if "COMMAND [ARGS]" not in each]
    assert leaves
    assert [each.split("\n")[0] for each in leaves if "Example" not in each] == []
