"""npm packages that tests need, and EIP-712 as a JavaScript library understands it."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.anvil import INSTALL, ROOT

Digest = Callable[[dict[str, Any]], bytes]


class NoNpmError(Exception):
    """This machine has no npm."""


def package(name: str) -> Path:
    """The folder of an npm package in the version of package.json, installed if it is not there.

    Raises:
        NoNpmError: it is not there, and there is no npm to install it with.
    """
    folder = Path(ROOT, "node_modules", name)
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"][name]
    # several test processes may come here at once, or be after anvil
    with (ROOT / "package.json").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if _version(folder) != wanted:
            if not shutil.which("npm"):
                raise NoNpmError(f"no npm to install {name} {wanted}: skipped what needs it")
            subprocess.run(INSTALL, cwd=ROOT, check=True)
            assert _version(folder) == wanted, f"npm did not install {name} {wanted}"
    return folder


def required(name: str) -> Path:
    """The folder of an npm package; without npm the test is skipped, CI never skips."""
    try:
        return package(name)
    except NoNpmError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def _version(folder: Path) -> str | None:
    about = folder / "package.json"
    return str(json.loads(about.read_text())["version"]) if about.exists() else None


@contextmanager
def digests() -> Iterator[Digest]:
    """What ethers signs for typed data."""
    with asking("digests.mjs", "ethers") as ask:
        yield lambda message: bytes.fromhex(ask(plain(message))["digest"][2:])


@contextmanager
def asking(script: str, package: str) -> Iterator[Callable[[Any], dict[str, Any]]]:
    """One node process for as many questions as are asked: a line of JSON in, a line out."""
    required(package)
    with subprocess.Popen(
        ["node", str(Path(__file__).with_name(script))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        to_node, from_node = node.stdin, node.stdout

        def ask(question: Any) -> dict[str, Any]:
            to_node.write(json.dumps(question) + "\n")
            to_node.flush()
            answer: dict[str, Any] = json.loads(from_node.readline() or '{"error": "node ended"}')
            if "error" in answer:
                raise ValueError(answer["error"])
            return answer

        yield ask
        to_node.close()


def plain(value: Any) -> Any:
    """What JSON carries without loss: a JavaScript number has only 53 bits."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value
