"""What stays of the local chain on disk: its state, and the time at which it began.

Anvil would write its state into the old file, of which a kill leaves half. So it is asked for it,
and what it answers replaces the last state whole. And anvil makes a first block at each start: told
when the chain began, it makes the same one, by whose hash the chain is known.
"""

import fcntl
import gzip
import json
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from emc.errors import EMCError
from emc.files.whole import clear_leftovers, replace_file

# seconds that anvil may take to write out a large state
PATIENCE = 300
# a block made meanwhile may be in one half of an answer and not in the other
TRIES = 3


def path_in(home: Path) -> Path:
    """The file of the state."""
    return home / "state.json"


def began(home: Path) -> int | None:
    """The time of the first block of the chain whose state is kept; none if that is not known."""
    try:
        return int(json.loads(_began_in(home).read_text())["began"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def begin(home: Path) -> int:
    """Forget what was kept; the time of the first block of a new chain, never that of the last."""
    path_in(home).unlink(missing_ok=True)
    time_now = max(int(time.time()), (began(home) or 0) + 1)
    note_beginning(home, time_now)
    return time_now


def note_beginning(home: Path, timestamp: int) -> None:
    """Keep the time of the first block."""
    replace_file(_began_in(home), json.dumps({"began": timestamp}) + "\n")


def save(url: str, home: Path) -> None:
    """Replace the kept state by that of a running anvil, once it is on the disk.

    Raises:
        EMCError: anvil does not answer, or makes blocks all the time; the last state stays.
    """
    with (home / "saving").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        clear_leftovers(path_in(home))
        for _ in range(TRIES):
            before = _ask(url, "eth_blockNumber")
            # with the state of old blocks: an audit asks for balances of that time
            state = _ask(url, "anvil_dumpState", True)
            if _ask(url, "eth_blockNumber") == before:
                replace_file(path_in(home), gzip.decompress(bytes.fromhex(state[2:])))
                return
    raise EMCError(
        "blocks are made all the time, so the chain's state cannot be saved", "try again"
    )


def _began_in(home: Path) -> Path:
    return home / "began.json"


def answer(
    url: str, method: str, *params: Any, patience: float = 10, most: int | None = 2**20
) -> Any:
    """What a node answers to a question; none if it does not.

    Args:
        patience: Seconds that it may take.
        most: Bytes of an answer that are read; none: all.
    """
    question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    request = Request(url, json.dumps(question).encode(), {"Content-Type": "application/json"})
    # a proxy of the environment has no business with this machine's own ports
    opener = build_opener(ProxyHandler({})) if "//127.0.0.1" in url else build_opener()
    try:
        with opener.open(request, timeout=patience) as found:
            return json.loads(found.read(most))["result"]
    except (URLError, OSError, ValueError, KeyError, TypeError):
        return None


def _ask(url: str, method: str, *params: Any) -> str:
    found = answer(url, method, *params, patience=PATIENCE, most=None)
    if found is None:
        raise EMCError(f"the local chain at {url} does not answer {method}")
    return str(found)
