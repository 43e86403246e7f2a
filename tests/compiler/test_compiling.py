"""What the tests' quicker optimizer makes of a contract is what Vyper makes of it."""

from pathlib import Path

import pytest
import vyper
from vyper.codegen.ir_node import IRnode
from vyper.compiler import phases
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.compiler.phases import CompilerData
from vyper.ir import optimizer

from tests import compiling
from tests.kit import CONTRACTS


def compiled(name: str) -> tuple[bytes, bytes, str]:
    # where what comes from packages lies, too
    bundle = FilesystemInputBundle([Path(vyper.__file__).parents[1], CONTRACTS])
    found = CompilerData(bundle.load_file(name), bundle, no_bytecode_metadata=True)
    return found.bytecode, found.bytecode_runtime, str(found.ir_nodes)


@pytest.mark.parametrize(
    "name", ["MicroEnterprises.vy", "System.vy", "mocks/Token.vy", "mocks/HostilePayee.vy"]
)
def test_a_contract_is_compiled_to_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[IRnode] = []

    def counted(node: IRnode, parent: IRnode | None) -> tuple[bool, IRnode]:
        asked.append(node)
        return compiling.optimize(node, parent)

    monkeypatch.setattr(optimizer, "_optimize", counted)
    monkeypatch.setattr(phases, "generate_ir_nodes", compiling.generate)
    quick = compiled(name)
    assert asked
    assert not compiling._known
    monkeypatch.setattr(optimizer, "_optimize", compiling._optimize)
    monkeypatch.setattr(phases, "generate_ir_nodes", compiling._generate)
    assert compiled(name) == quick
