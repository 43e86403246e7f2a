"""A node of hardhat, from its npm package."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.anvil import ROOT, answering
from tests.javascript import required


@contextmanager
def running(hardfork: str = "cancun", *, is_free: bool = False) -> Iterator[str]:
    """A fresh node, perhaps one that takes everything for nothing; gives its URL."""
    program = required("hardhat") / "internal" / "cli" / "bootstrap.js"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = str(ROOT / "tests" / "hardhat.config.cjs")
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment["HARDHAT_DISABLE_TELEMETRY_PROMPT"] = "true"
    environment["HARDHAT_HARDFORK"] = hardfork
    if is_free:
        environment["HARDHAT_FREE"] = "1"
    node = subprocess.Popen(
        ["node", str(program), "--config", config, "node", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    with answering(node, port, "hardhat", 30) as url:
        yield url
