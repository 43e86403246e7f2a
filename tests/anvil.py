"""A local anvil node, from PATH or from its npm package, for what needs a real one."""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from web3 import Web3

ROOT = Path(__file__).parent.parent


# package.json names exact versions; a lock file would name those of one platform only
INSTALL = ["npm", "install", "--no-package-lock", "--ignore-scripts", "--silent"]


class NoAnvilError(Exception):
    """This machine has neither anvil nor npm."""


def find() -> str:
    """The anvil program; installs its npm package if it is not there.

    Raises:
        NoAnvilError: there is no npm to install it with.
    """
    local = ROOT / "node_modules" / ".bin" / "anvil"
    if not local.exists():
        if found := shutil.which("anvil"):
            return found
        if not shutil.which("npm"):
            raise NoAnvilError(
                "no anvil on PATH and no npm to install it: skipped what needs a local node"
            )
        # several test processes may come here at once
        with (ROOT / "package.json").open() as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if not local.exists():
                subprocess.run(INSTALL, cwd=ROOT, check=True)
    return str(local)


@contextmanager
def running(*options: str, hardfork: str = "cancun") -> Iterator[str]:
    """A fresh node; gives its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [find(), "--port", str(port), "--hardfork", hardfork, "--silent", *options]
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    # old states, which it writes to the disk and leaves there
    with tempfile.TemporaryDirectory(prefix="anvil-") as states:
        node = subprocess.Popen([*command, "--cache-path", states], env=environment)
        with answering(node, port, "anvil", 10) as url:
            yield url


@contextmanager
def answering(node: "subprocess.Popen[bytes]", port: int, name: str, seconds: int) -> Iterator[str]:
    """The URL of a node that was just started, once it answers; afterwards the node is ended.

    Raises:
        RuntimeError: it ends by itself.
    """
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(10 * seconds):
            if Web3(Web3.HTTPProvider(url)).is_connected():
                break
            if node.poll() is not None:
                raise RuntimeError(f"{name} ended with {node.returncode}")
            time.sleep(0.1)
        yield url
    finally:
        node.terminate()
        node.wait(10)
