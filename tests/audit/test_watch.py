"""The watch, and the bot that does the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import anvil
from tests.audit.test_nodes import Sold
from tests.audit.test_nodes import sold as sold

pytestmark = pytest.mark.anvil

BOT = """
import asyncio, json
from ape import chain
from emc.audit import bot
from silverback.main import SharedState
# what a runner does before the first block
bot.bot.state = SharedState()
print(json.dumps(asyncio.run(bot.check.original_func(chain.blocks.head))))
"""


def test_a_watch_and_a_bot_find_the_same(sold: Sold, tmp_path: Path) -> None:
    quiet = {**os.environ, "EMC_DEPLOYMENTS": str(tmp_path)}
    program = str(Path(sys.executable).with_name("emc"))
    command = [program, "audit", "watch", sold.emc, "--rpc", sold.url, "--once", "--json"]
    watched = subprocess.run(
        [*command, "--store", str(tmp_path / "watch.duckdb")],
        capture_output=True,
        text=True,
        env=quiet,
        check=False,
    )
    assert watched.returncode == 0, watched.stderr
    verdict = json.loads(watched.stdout)
    assert (verdict["verdict"], verdict["emc"]) == ("RECONCILED", sold.emc)
    (tmp_path / "ape-config.yaml").write_text(f"foundry:\n  host: {sold.url}\n")
    told = {
        "PATH": f"{Path(anvil.find()).parent}:{os.environ['PATH']}",
        "SILVERBACK_NETWORK_CHOICE": "ethereum:local:foundry",
        "EMC_AUDIT_EMC": sold.emc,
        "EMC_AUDIT_STORE": str(tmp_path / "bot.duckdb"),
    }
    bot = subprocess.run(
        [sys.executable, "-c", BOT],
        capture_output=True,
        text=True,
        env=quiet | told,
        cwd=tmp_path,
        check=False,
    )
    assert bot.returncode == 0, bot.stderr
    result = json.loads(bot.stdout.splitlines()[-1])
    assert result == {"block": verdict["blocks"]["last"], "checked": 1, "watched": 1}
