"""Every expression of the contracts that computes without a check."""

import ast
from pathlib import Path

from tests.proof.reader import CONTRACTS, Module


def expressions(folder: Path = CONTRACTS) -> set[str]:
    """Their texts, inner ones included; mocks are nobody's money."""
    paths = [*folder.glob("*.vy"), *(folder / "modules").glob("*.vy")]
    return {
        ast.unparse(node)
        for path in paths
        for node in ast.walk(Module(path).tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("unsafe_")
    }
