"""What the documentation shows is run as it stands, and answers what it says."""

import re
from pathlib import Path

import pytest

from emc.files.canvas import Canvas, load
from emc.files.compile import compile_terms, load_parties
from tests.docs.pages import NAMES, ROOT, TUTORIALS, Block, blocks, every_block
from tests.docs.workplace import Workplace, matches

SHELL = ("sh", "console")
# what cannot run here, by page and reason
SKIPPED = [
    ("CONTRIBUTING.md", "the test runs where this has been done"),
    (
        "SECURITY.md",
        "the embedded chain of a command has nothing deployed; networks.md shows it on a node",
    ),
    ("docs/accounts.md", "asks for a passphrase"),
    ("docs/accounts.md", "needs a hardware wallet"),
    ("docs/accounts.md", "needs a hardware wallet"),
    ("docs/accounts.md", "needs a Safe on a public network"),
    ("docs/audit.md", "needs a node with an EMC"),
    ("docs/audit.md", "needs a store"),
    ("docs/audit.md", "runs until it is stopped"),
    ("docs/audit.md", "runs until it is stopped"),
    ("docs/audit.md", "runs until it is stopped"),
    ("docs/checkout.md", "the test token takes no authorizations"),
    ("docs/desk.md", "runs until it is stopped"),
    ("docs/export.md", "needs a store that was checked"),
    ("docs/export.md", "needs a store that was checked"),
    ("docs/export.md", "needs a store that was checked"),
    ("docs/export.md", "needs a journal"),
    ("docs/export.md", "needs a store that was checked"),
    ("docs/export.md", "needs a store that was checked"),
    ("docs/export.md", "needs a store that was checked"),
    ("docs/first-steps.md", "the test brings a chain along"),
    ("docs/first-steps.md", "asks for a passphrase"),
    *(
        ("docs/first-steps.md", f"played by tests/integration/test_newcomer.py as {who}")
        for who in (
            *("kitchen", "couriers", "kitchen", "kitchen"),
            *("couriers", "kitchen", "shop", "couriers"),
        )
    ),
    ("docs/guide.md", "a node runs until it is stopped; the test starts one itself"),
    ("docs/guide.md", "needs an account that has the token"),
    ("docs/guide.md", "needs accounts of a shop and a buyer"),
    ("docs/guide.md", "needs an account of a shop that has the token"),
    ("docs/guide.md", "needs an account with coin on a public network"),
    ("docs/guide.md", "needs an account with coin on a public network"),
    ("docs/guide.md", "needs a hardware wallet"),
    ("docs/guide.md", "needs an EMC of a team"),
    (
        "docs/networks.md",
        "a node runs until it is stopped; the tests of commands start one at a port of its own",
    ),
    ("docs/networks.md", "needs an account with coin on a public network"),
    (
        "docs/networks.md",
        "a node runs until it is stopped; the tests of networks start one like it",
    ),
    ("docs/proof.md", "of a folder of sources that are broken"),
    ("docs/tutorial-auditor.md", "installs a program that the test brings along"),
    ("docs/tutorial-developer.md", "installs a program that the test brings along"),
    ("docs/tutorial-node.md", "installs a program that the test brings along"),
]
NOW = 1_800_000_000


def is_make(block: Block) -> bool:
    """Whether a block only calls make: too long to run here, CI runs it."""
    return block.language == "sh" and all(each.startswith("make ") for each in block.commands)


def runnable(page: str) -> list[Block]:
    """The blocks of a page that are run, in order."""
    return [
        block
        for block in blocks(page)
        if block.language in (*SHELL, "python") and not block.skipped and not is_make(block)
    ]


def pages_with(*, node: bool) -> list[str]:
    """The pages with a block to run, on a node or without; tutorials have a chain of their own."""
    return [
        page
        for page in NAMES
        if page not in TUTORIALS and any(block.needs_node is node for block in runnable(page))
    ]


@pytest.mark.parametrize("page", pages_with(node=False))
def test_a_page_is_run_as_it_stands(page: str, tmp_path: Path) -> None:
    # what everybody tries first runs just as they run it
    place = Workplace(tmp_path, is_forked=page != "README.md")
    for block in runnable(page):
        if not block.needs_node:
            place.run(block)


@pytest.mark.anvil
@pytest.mark.parametrize("page", pages_with(node=True))
def test_what_a_page_does_on_a_local_node_is_run_as_it_stands(
    page: str, tmp_path: Path, node: str
) -> None:
    place = Workplace(tmp_path, node, is_forked=page != "README.md")
    (tmp_path / "orders.csv").write_text(
        "order,customer,amount\n1001,anna,24.50\n1002,,31.00\n1003,ben,0\n"
    )
    for block in runnable(page):
        if block.needs_node:
            place.run(block)


def test_only_what_is_known_is_skipped() -> None:
    skipped = [(block.page, block.skipped) for block in every_block() if block.skipped]
    assert skipped == SKIPPED


def test_the_pages_show_something_to_run() -> None:
    assert {page for page in NAMES if runnable(page)} >= {"README.md", "docs/guide.md"}


def test_every_block_says_in_which_language_it_is() -> None:
    known = {*SHELL, "python", "yaml", "text", "solidity", "sql"}
    assert {(block.page, block.line) for block in every_block() if block.language not in known} == (
        set()
    )


def test_every_target_that_a_page_names_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    in_blocks = {
        command.split()[1]
        for block in every_block()
        if block.language in SHELL
        for command in block.commands
        if command.startswith("make ")
    }
    in_prose = {
        name for page in NAMES for name in re.findall(r"`make ([a-z]+)`", (ROOT / page).read_text())
    }
    assert {"demo", "test"} <= in_blocks
    assert in_blocks | in_prose <= targets


def test_canvases_and_parties_that_a_page_shows_fit_together(tmp_path: Path) -> None:
    shown = [block for block in every_block() if block.language == "yaml"]
    canvases = [block for block in shown if "scenario:" in block.text]
    parties = [block for block in shown if "backstop:" in block.text]
    assert len(canvases) + len(parties) == len(shown)
    assert len(canvases) == len(parties) == 1
    for name, block in (("lunch.yaml", canvases[0]), ("parties.yaml", parties[0])):
        (tmp_path / name).write_text(block.text)
    canvas: Canvas = load(tmp_path / "lunch.yaml", now=NOW)
    terms = compile_terms(canvas, load_parties(tmp_path / "parties.yaml"), now=NOW)
    assert len(terms.nodes) == len(canvas.nodes) == 2


@pytest.mark.parametrize(
    ("shown", "answer", "is_right"),
    [
        ("ok: it\n...\n", "ok: it\nand more\nlines\n", True),
        ("  sold  2 orders\n", "sold 2 orders\n", True),
        ("address 0x...\n", "address 0x12ab\n", True),
        ("sold 2 orders\n", "sold 3 orders\n", False),
        ("", "something\n", False),
        ("something\n", "", False),
    ],
)
def test_an_answer_is_compared_with_what_is_shown(shown: str, answer: str, is_right: bool) -> None:
    assert matches(shown, answer) is is_right
