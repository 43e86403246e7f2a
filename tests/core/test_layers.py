"""A folder says what its modules may touch: imports point one way, and few know of a chain."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "emc"
# each folder, and what of the package it builds on
LAYERS = {
    "core": {"core"},
    "files": {"core", "files", "artifacts", "schemas"},
    # what a node says, for ape and for the audit alike
    "chain": {"core", "files", "rpc", "chain", "artifacts"},
    "client": {"core", "files", "chain", "client", "artifacts", "clear_signing"},
}
# what only the edge and the clients of a chain import
OF_CHAINS = {"ape", "ape_accounts", "ape_ethereum", "ape_foundry", "evmchains", "web3", "vyper"}


def imported(path: Path) -> Iterator[str]:
    """Dotted names of all that a module imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_builds_only_on_those_below_it(layer: str) -> None:
    paths = sorted((PACKAGE / layer).rglob("*.py"))
    assert len(paths) > 5
    wrong = {
        f"{path.name}: {name}"
        for path in paths
        for name in imported(path)
        if name.startswith("emc.") and name.split(".")[1] not in LAYERS[layer] | {"errors"}
    }
    assert not wrong


@pytest.mark.parametrize("layer", ["core", "files"])
def test_what_computes_and_what_reads_files_knows_no_chain(layer: str) -> None:
    wrong = {
        f"{path.name}: {name}"
        for path in (PACKAGE / layer).rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] in OF_CHAINS
    }
    assert not wrong


def test_only_folders_and_the_errors_are_at_the_top() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "errors.py"}
