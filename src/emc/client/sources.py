"""The contract sources, as a compiler or a block explorer receives them.

Paths are relative, so the same sources give the same input on every machine. Code is compiled
without the compiler's metadata, a hash of the sources: addresses follow from code, and a comment
must move none.
"""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from emc.errors import EMCError

# of the mocks, the test token is deployed on local chains, the others only by the bench
_ELSEWHERE = {
    name: f"mocks/{name}.vy" for name in ("Token", "HostilePayee", "Crowd", "StableToken")
}


def folder() -> Path:
    """Where the contracts are: in the package, or beside it in a checkout.

    Raises:
        EMCError: they are not installed.
    """
    packaged = Path(str(resources.files("emc"))) / "contracts"
    for place in (packaged, Path(__file__).parents[3] / "contracts"):
        if place.is_dir():
            return place
    raise EMCError("the sources of the contracts are not installed", "install the package again")


def path_of(name: str) -> Path:
    """The file of a deployed contract."""
    return folder() / _ELSEWHERE.get(name, f"{name}.vy")


def compiled(name: str) -> dict[str, Any]:
    """What a contract compiles to: what `scripts/artifacts.py` keeps of it."""
    from vyper.compiler import CompilerData

    file, bundle = _loaded(name)
    data = CompilerData(file, input_bundle=bundle, no_bytecode_metadata=True)
    return artifact(name, data)


def artifact(name: str, data: Any) -> dict[str, Any]:
    """What is kept of a contract that a compiler has in hand."""
    import vyper
    from vyper.compiler import outputs_from_compiler_data

    out = outputs_from_compiler_data(
        data, output_formats=["abi", "bytecode", "bytecode_runtime", "integrity", "layout"]
    )
    return {
        "contractName": name,
        "sourceId": f"contracts/{path_of(name).relative_to(folder()).as_posix()}",
        "compiler": f"vyper {vyper.__version__}",
        "license": {"abi": "MIT", "code": "AGPL-3.0-only"},
        "integrity": out["integrity"],
        "abi": out["abi"],
        "bytecode": out["bytecode"],
        "runtime": out["bytecode_runtime"],
        "layout": out["layout"],
    }


def integrity(name: str) -> str:
    """The compiler's hash of a contract and of everything that it imports."""
    return str(_analysed(name).integrity_sum)


def standard_json(name: str) -> dict[str, Any]:
    """The compiler's input by which a block explorer verifies a contract."""
    import vyper

    data = _analysed(name)
    root, site = folder(), _site()
    sources = {}
    for file in [data.file_input, *data.resolved_imports.compiler_inputs]:
        path = Path(file.resolved_path)
        if path.is_relative_to(root):
            key = f"contracts/{path.relative_to(root).as_posix()}"
        else:
            key = path.relative_to(site).as_posix()
            # what the compiler brings itself
            if key.startswith("vyper/"):
                continue
        sources[key] = {"content": file.source_code}
    main = f"contracts/{path_of(name).relative_to(root).as_posix()}"
    return {
        "language": "Vyper",
        "compiler_version": f"v{vyper.__version__}+commit.{vyper.__commit__}",
        "sources": {key: sources[key] for key in sorted(sources)},
        "settings": {
            "outputSelection": {main: ["*"]},
            "search_paths": ["."],
            "bytecodeMetadata": False,
        },
        "integrity": str(data.integrity_sum),
    }


def _site() -> Path:
    """Where the compiler, and what contracts import from outside, is installed."""
    import vyper

    return Path(vyper.__file__).resolve().parent.parent


def _loaded(name: str) -> tuple[Any, Any]:
    from vyper.compiler.input_bundle import FilesystemInputBundle

    bundle = FilesystemInputBundle([_site(), folder()])
    return bundle.load_file(path_of(name)), bundle


@cache
def _analysed(name: str) -> Any:
    from vyper.compiler.phases import CompilerData

    file, bundle = _loaded(name)
    return CompilerData(file, input_bundle=bundle, no_bytecode_metadata=True)
