"""Hold the contracts against the rules of natrix; exit 1 if one is broken.

`natrix lint` starts the compiler four times for each file, for figures that no rule in force asks
for.
"""

import sys
from pathlib import Path
from typing import Any

from natrix.ast_node import Node
from natrix.rules import common
from vyper.cli.vyper_compile import compile_files

CONTRACTS = Path(__file__).parent.parent / "contracts"
# memory of a function, views that are not marked, names of arguments
OFF = {"NTX1", "NTX4", "NTX11"}


def parsed(path: Path) -> Any:
    """A file as the compiler understands it."""
    (outputs,) = compile_files([str(path)], ["annotated_ast"]).values()
    return outputs["annotated_ast_dict"]


def issues(path: Path) -> list[Any]:
    """What natrix has to say about a file."""
    tree = parsed(path)
    # each rule would make the nodes of the whole tree once more
    nodes = {id(part): Node(part) for part in (tree, tree["ast"])}
    common.Node = lambda part: nodes[id(part)]
    found = [issue for rule in common.RuleRegistry.get_rules() for issue in rule.run(tree)]
    return [issue for issue in found if issue.code not in OFF]


def main() -> int:
    paths = sorted([*CONTRACTS.glob("*.vy"), *CONTRACTS.glob("modules/*.vy")])
    found = [issue for path in paths for issue in issues(path)]
    for issue in found:
        print(issue.cli_format(), file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
