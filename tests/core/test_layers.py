"""A folder says what its modules may touch: imports point one way, and few know of a chain."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "emc"
# each folder, and what of the package it builds on
LAYERS = {
    "core": {"core"},
    "files": {"core", "files", "artifacts"},
    # what a node says, for ape and for the audit alike
    "chain": {"core", "files", "rpc", "chain", "artifacts"},
    "client": {"core", "files", "chain", "client", "artifacts"},
}
# what only the edge and the clients of a chain import
OF_CHAINS = {"ape", "ape_accounts", "ape_ethereum", "ape_foundry", "evmchains", "web3", "vyper"}

# commands of the audit ask a node by themselves, on purpose
COMMANDS = [path for path in sorted((PACKAGE / "cli").rglob("*.py")) if path.parent.name != "audit"]
# of the edge, what knows networks, keys and a local chain's process, and calls nothing
WITHOUT_CONTRACTS = {
    "emc.chain.local_chain",
    "emc.chain.local_chain.PORT",
    "emc.chain.local_chain.Status",
    "emc.chain.networks",
    "emc.chain.unlocking",
    "emc.artifacts",
}
# what reaches a contract or a node, whatever holds it
OF_CONTRACTS = {"contract", "provider", "events", "token"}
# what a System holds, by the names that it has there
SHARED_CONTRACTS = {
    "registry",
    "consent",
    "changes",
    "conduct",
    "goals",
    "calls",
    "reputation",
    "checkout",
}


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


def test_commands_touch_no_contract() -> None:
    """What a command does with a chain, a program can do by the client."""
    wrong = [f"{path.name}: {each}" for path in COMMANDS for each in sorted(contract_access(path))]
    assert len(COMMANDS) > 50
    assert not wrong


def contract_access(path: Path) -> Iterator[str]:
    """Ways to a contract that a module takes: imports of the edge, and names of what it holds."""
    for name in imported(path):
        if name.startswith(("emc.chain", "emc.artifacts")) and name not in WITHOUT_CONTRACTS:
            yield f"imports {name}"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in OF_CONTRACTS:
            yield f"line {node.lineno}: .{node.attr}"
        # system.goals, session.system.goals; `options.goals` would be something else
        if isinstance(node, ast.Attribute) and node.attr in SHARED_CONTRACTS:
            holder = node.value.attr if isinstance(node.value, ast.Attribute) else node.value
            if holder == "system" or (isinstance(holder, ast.Name) and holder.id == "system"):
                yield f"line {node.lineno}: system.{node.attr}"


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
