"""The desk's core, asked from Python: TypeScript bundled for node, a question a line."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from emc.errors import EMCError

ROOT = Path(__file__).parent.parent.parent
DESK = ROOT / "desk"


class Refused(EMCError):  # noqa: N818
    """The desk refuses, with the code of its error."""

    def __init__(self, code: str, details: dict[str, str]) -> None:
        super().__init__(code)
        self.code, self.details = code, details


def modules() -> Path:
    """The desk's npm packages, installed by its lock if they are not those that it names.

    Without npm the test is skipped; CI never skips.
    """
    folder, lock = DESK / "node_modules", DESK / "package-lock.json"
    with (DESK / "package.json").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not _is_installed(lock, folder / ".package-lock.json"):
            if not shutil.which("npm"):
                if os.environ.get("CI"):
                    raise FileNotFoundError("npm")
                pytest.skip("no npm to install the desk's packages with")
            subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=DESK, check=True)
    return folder


def _is_installed(lock: Path, installed: Path) -> bool:
    """Whether what lies there is what the lock names: another version may be found further up."""
    if not installed.exists():
        return False
    wanted, there = (json.loads(each.read_text())["packages"] for each in (lock, installed))
    return all(
        there.get(name, {}).get("version") == package["version"]
        for name, package in wanted.items()
        if name and not package.get("optional")
    )


class Core:
    """A node process that answers."""

    def __init__(self, node: "subprocess.Popen[str]") -> None:
        assert node.stdin is not None
        assert node.stdout is not None
        self._to, self._from = node.stdin, node.stdout

    def __call__(self, ask: str, **values: Any) -> Any:
        """An answer; numbers beyond 53 bits come as decimal text.

        Raises:
            Refused: with the code of the desk's error.
        """
        self._to.write(json.dumps({"ask": ask, **values}, default=_plain) + "\n")
        self._to.flush()
        said = json.loads(self._from.readline() or '{"error": "node has ended"}')
        if "code" in said:
            raise Refused(said["code"], said["details"])
        assert "error" not in said, said["error"]
        return said["answer"]


@contextmanager
def running(folder: Path) -> Iterator[Core]:
    """The core of the sources as they are.

    Args:
        folder: For what is built.
    """
    built = folder / "answers.mjs"
    esbuild = modules() / "@esbuild" / "linux-x64" / "bin" / "esbuild"
    program = (
        [str(esbuild)] if esbuild.exists() else ["node", str(modules() / "esbuild/bin/esbuild")]
    )
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning"]
    source = Path(__file__).with_name("answers.ts")
    subprocess.run([*program, str(source), *options, f"--outfile={built}"], check=True)
    with subprocess.Popen(
        ["node", str(built)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as node:
        yield Core(node)
        assert node.stdin is not None
        node.stdin.close()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    raise TypeError(f"{value!r} is nothing that JSON has")
