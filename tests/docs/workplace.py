"""A checkout to run the documentation in, without what a run would leave in the real one."""

import os
import subprocess
import sys
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

from tests import forks
from tests.docs.pages import ROOT, Block

# read by commands; everything else that a page names is made by the page
READ = ("canvases", "contracts", "data", "scripts", "src", "ape-config.yaml", "Makefile")


class Workplace:
    """A folder in which blocks run one after the other.

    Args:
        is_forked: Commands are forked from a process that has imported everything, not started.
    """

    def __init__(self, folder: Path, node: str | None = None, is_forked: bool = True) -> None:
        self.folder = folder
        for name in READ:
            (folder / name).symlink_to(ROOT / name)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {
            "PATH": forks.path_before(path) if is_forked else path,
            "HOME": str(folder),
            "APE_DATA_FOLDER": str(folder / ".ape"),
            "COLUMNS": "100",
            "LANG": "C.UTF-8",
        }
        if node is not None:
            self.environment["APE_FOUNDRY_HOST"] = node

    def run(self, block: Block) -> None:
        """Run a block; every command must succeed and answer what the page shows."""
        if block.language == "python":
            self._call(["python", "-c", block.text], f"{block.page}:{block.line}")
            return
        for command, shown in block.exchanges:
            where = f"{block.page}:{block.line}: {command}"
            answer = self._call(["bash", "-euc", command], where)
            assert shown is None or matches(shown, answer), (
                f"{where}\nshows:\n{shown}\nanswers:\n{answer}"
            )

    def call(self, command: str) -> str:
        """What a command answers; it must succeed."""
        return self._call(["bash", "-euc", command], command)

    def _call(self, arguments: list[str], what: str) -> str:
        done = subprocess.run(
            arguments,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{what}\n{done.stdout}"
        return done.stdout


def matches(shown: str, answer: str) -> bool:
    """Whether an answer is the one shown, where `...` stands for anything."""
    return OutputChecker().check_output(shown, answer, ELLIPSIS | NORMALIZE_WHITESPACE)
