"""Vyper with less CPU: its optimizer looks at what it has optimized once and not each time that
something around it changes, which is two fifths of the time of a contract.

What is compiled is the same to the byte: the artifacts, which `scripts/artifacts.py` makes without
this, are compared with what the tests compile. SLOW_EVM=1 leaves everything to the compiler itself.
"""

from typing import Any

from vyper.codegen.ir_node import IRnode
from vyper.compiler import phases
from vyper.ir import optimizer

from tests.evm import IS_SLOW

# by a node and the operation that it is an argument of, which decides with it: the node, so that
# nothing else gets its id, whether it changed, and what became of it
_known: dict[tuple[int, Any], tuple[IRnode, bool, IRnode]] = {}


def optimize(node: IRnode, parent: IRnode | None) -> tuple[bool, IRnode]:
    """Whether a node changes, and what becomes of it: nothing more, if that is done again."""
    operation = None if parent is None else parent.value
    key = id(node), operation
    if key not in _known:
        is_changed, found = _optimize(node, parent)
        _known[key] = node, is_changed, found
        _known[id(found), operation] = found, False, found
    _, is_changed, found = _known[key]
    return is_changed, found


def generate(*args: Any, **kwargs: Any) -> Any:
    """The nodes of one contract; what was known of them is of use to no other."""
    try:
        return _generate(*args, **kwargs)
    finally:
        _known.clear()


_optimize, _generate = optimizer._optimize, phases.generate_ir_nodes
if not IS_SLOW:
    optimizer._optimize = optimize
    phases.generate_ir_nodes = generate
