"""One mutant against its tests, in a process of its own that ends with them.

The process is forked from one that has imported and compiled what all need, so that a mutant costs
what its tests cost. It has as much time as a computation may take and no more.
"""

import gc
import importlib
import importlib.machinery
import importlib.util
import marshal
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from types import CodeType
from typing import Any, NoReturn

import pytest

from tests.mutation.operators import Mutant
from tests.mutation.targets import DEPLOYED, ROOT, made_of

# CPU seconds for the tests of one mutant; what takes longer does not end
SECONDS = 300
OPTIONS = ["-q", "-x", "--no-header", "--tb=no"]
OPTIONS += [f"-pno:{name}" for name in ("cacheprovider", "ape_test", "xdist", "pytest_cov")]
# no mutant, but a source that does the same and compiles to something else: all tests must pass
CONTROL = "control"
HARMLESS = """

@external
@pure
def is_control() -> bool:
    return True
"""
MEMORY = 6 * 2**30
# the contracts of a system, and the token that is paid in
OTHERS = ("MicroEnterprises.vy", "CallForBids.vy", "Reputation.vy", "mocks/Token.vy")


@cache
def prepare_package() -> None:
    """Import what tests of the package need, and nothing of the package."""
    for name in ("boa", "hypothesis", "web3", "eth_account", "duckdb", "msgspec", "aiohttp"):
        importlib.import_module(name)


@cache
def prepare_contracts() -> None:
    """Compile, or load, the contracts as they are."""
    from tests import kit

    for path in (*DEPLOYED, *OTHERS):
        # a path and not a name is what a deployer is kept by
        _ = kit.deployer(path).compiler_data.bytecode


def attempt(
    mutant: Mutant, tests: tuple[str, ...], first: Sequence[str], answer: Connection
) -> None:
    """Run the tests of a mutant and send {verdict, by}; in a process of its own.

    Args:
        first: Tests that are run before the others.

    Verdicts are: `invalid`, it does not compile; `equal`, it compiles to the same; `survived`, all
    tests pass; `killed`, one fails, which is in `by`.
    """
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
        say = Teller(answer, Path(folder), first)
        try:
            is_changed = _changed(mutant, Path(folder))
        except Exception as error:
            say.end("invalid", type(error).__name__)
        if not is_changed:
            say.end("equal")
        os.chdir(ROOT)
        gc.freeze()
        code = pytest.main([*OPTIONS, *tests], plugins=[say])
        raise RuntimeError(f"pytest ended with {code!r} before its tests")


class Teller:
    """A plugin that tells what came of it and ends the process, which nobody needs any more."""

    def __init__(self, answer: Connection, folder: Path, first: Sequence[str] = ()) -> None:
        self.answer = answer
        self.folder = folder
        self.ranks = {each: rank for rank, each in enumerate(first)}
        self.passed = 0

    def end(self, verdict: str, by: str = "") -> NoReturn:
        self.answer.send({"verdict": verdict, "by": by})
        shutil.rmtree(self.folder)
        # nothing is taken apart, which would take longer than many a test
        os._exit(0)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.ranks.get(item.nodeid, len(self.ranks)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.end("killed", report.nodeid)
        self.passed += report.passed and report.when == "call"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.end("killed", report.nodeid)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        assert exitstatus == pytest.ExitCode.OK
        assert self.passed
        self.end("survived")


def _changed(mutant: Mutant, folder: Path) -> bool:
    """Put the mutant in place of the source; False if it compiles to the same."""
    source = (ROOT / mutant.path).read_text()
    if mutant.path.endswith(".vy"):
        return _change_contracts(mutant, source, folder)
    return _change_package(mutant, source)


def _change_contracts(mutant: Mutant, source: str, folder: Path) -> bool:
    """Let the tests' contracts be those of the changed source."""
    import boa
    from boa import interpret

    from tests import kit

    # its key leaves out some of what a contract imports
    interpret.disable_cache()
    shutil.copytree(kit.CONTRACTS, folder / "contracts")
    (folder / mutant.path).write_text(mutant.applied(source))
    mutated: dict[str, Any] = {}
    is_changed = False
    for name in made_of(mutant.path):
        path = folder / "contracts" / name
        if mutant.kind == CONTROL:
            path.write_text(path.read_text() + HARMLESS)
        made = boa.load_partial(str(path))
        data = made.compiler_data
        is_changed |= data.bytecode != kit.deployer(name).compiler_data.bytecode
        # as boa does where it keeps what it compiled
        data.source_map = interpret._compute_source_map(data)
        mutated[name] = made
    # what the tests compile besides is as it is, and kept for all
    interpret.set_cache_dir(str(kit.COMPILED))
    plain = kit.deployer
    kit.deployer = lambda name: mutated.get(name) or plain(name)  # type: ignore[assignment]
    return is_changed


def _change_package(mutant: Mutant, source: str) -> bool:
    """Let a module of the package be the changed one."""
    path = mutant.path
    code, before = compile(mutant.applied(source), path, "exec"), compile(source, path, "exec")
    if _bare(code) == _bare(before) and mutant.kind != CONTROL:
        return False
    name = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
    assert name not in sys.modules, f"{name} was imported too early"

    class Loader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
            return code

    class Finder:
        @staticmethod
        def find_spec(fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
            if fullname != name:
                return None
            loader = Loader(name, str(ROOT / path))
            return importlib.util.spec_from_file_location(name, ROOT / path, loader=loader)

    sys.meta_path.insert(0, Finder)  # type: ignore[arg-type]
    return True


def _bare(code: CodeType) -> bytes:
    """What a code does, without the columns of its source."""
    consts = tuple(_bare(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    return marshal.dumps(code.replace(co_linetable=b"", co_consts=consts))
