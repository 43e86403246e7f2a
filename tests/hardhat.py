"""A node of hardhat, from its npm package."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from web3 import Web3

from tests.anvil import ROOT
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
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            if Web3(Web3.HTTPProvider(url)).is_connected():
                break
            if node.poll() is not None:
                raise RuntimeError(f"hardhat ended with {node.returncode}")
            time.sleep(0.1)
        yield url
    finally:
        node.terminate()
        node.wait(10)
