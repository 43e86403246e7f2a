"""Keeps the state of the local chain on disk while it runs.

A process of its own beside anvil: `python -m emc.chain.keeper URL SECONDS`. Whichever of the two is
killed, the last state is whole.
"""

import fcntl
import signal
import sys
import time

from emc.chain import local_chain, local_state
from emc.errors import EMCError


def keep(url: str, every: float) -> None:
    """Save the chain's state whenever it has new blocks, until it stops.

    Args:
        every: Seconds between two looks; more where saving itself takes long.
    """
    with (local_chain.folder() / "keeper").open("w") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        kept: int | None = None
        due = time.monotonic() + every
        while (found := local_chain.running()) is not None and found.url == url:
            time.sleep(min(every, 1))
            if time.monotonic() < due:
                continue
            began, block = time.monotonic(), local_chain.ask(url, "eth_blockNumber")
            if block not in (None, kept) and _saved(url):
                kept = block
            took = time.monotonic() - began
            due = time.monotonic() + max(every, 10 * took)


def _saved(url: str) -> bool:
    try:
        local_state.save(url, local_chain.folder())
    except EMCError:
        return False
    return True


if __name__ == "__main__":
    # when the machine is shut down, what is being written is written to its end
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep(sys.argv[1], float(sys.argv[2]))
