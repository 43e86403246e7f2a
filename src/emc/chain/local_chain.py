"""A local chain that stays: one anvil per folder, its state kept between runs.

Anvil inherits a locked file for as long as it lives. So whether it runs is never guessed from a
process number that somebody else may have by now.

`ape networks run --background` starts an anvil and remembers its process number; it keeps no state
of the chain, does not take its time up to now, and two of its nodes may share a port. That is all
that is here.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from emc.chain import local_state
from emc.errors import EMCError
from emc.files.whole import replace_file

PORT = 8545
CHAIN_ID = 31337
# seconds until it must answer, and until it must have ended
PATIENCE = 20
# seconds between two looks for new blocks, whose state is kept then
SAVE_EVERY = 30
# what an anvil has no room for in its memory, below the chain's folder
OLD_STATES = "old-states"
INSTALL = (
    "`npm install --no-save @foundry-rs/anvil@1.7.1` in this folder, or Foundry's anvil on PATH"
)


@dataclass(frozen=True)
class Running:
    """An anvil that runs."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Status:
    """What is known of the local chain."""

    running: bool
    folder: str
    url: str | None = None
    pid: int | None = None
    chain_id: int | None = None
    block: int | None = None
    state_bytes: int = 0

    def document(self) -> dict[str, Any]:
        return asdict(self)


def folder() -> Path:
    """Where the chain's files are: below the home folder, or where EMC_CHAIN says."""
    told = os.environ.get("EMC_CHAIN")
    return Path(told).absolute() if told else Path.home() / ".emc" / "chain"


def find_anvil() -> str:
    """The anvil program: of npm below the working folder, or on PATH.

    Raises:
        EMCError: there is none.
    """
    for place in (Path.cwd(), *Path.cwd().parents):
        # the program itself, not the script of npm that starts it
        for found in sorted(place.glob("node_modules/@foundry-rs/anvil-*/bin/anvil")):
            return str(found)
    if found_on_path := shutil.which("anvil"):
        # if it is npm's script, the program that it starts is in a package beside it
        package = Path(found_on_path).resolve().parent.parent
        programs = sorted(package.parent.glob("anvil-*/bin/anvil"))
        return str(programs[0]) if package.name == "anvil" and programs else found_on_path
    raise EMCError("no anvil is installed", f"install it: {INSTALL}")


def running() -> Running | None:
    """The chain that runs, if one does."""
    lock = folder() / "lock"
    try:
        with lock.open("r+") as file:
            if not _is_held(file):
                return None
    except OSError:
        return None
    try:
        record = json.loads((folder() / "running.json").read_text())
        return Running(pid=int(record["pid"]), port=int(record["port"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise EMCError(
            f"a chain runs in {folder()}, but its address is not recorded there",
            "end its anvil by hand, then `emc chain start`",
        ) from None


def status() -> Status:
    """What is known of the local chain."""
    state = local_state.path_in(folder())
    size = state.stat().st_size if state.exists() else 0
    found = running()
    if found is None:
        return Status(running=False, folder=str(folder()), state_bytes=size)
    chain_id, block = (ask(found.url, each) for each in ("eth_chainId", "eth_blockNumber"))
    return Status(True, str(folder()), found.url, found.pid, chain_id, block, size)


def start(port: int = PORT, fresh: bool = False) -> tuple[Running, bool]:
    """Start the chain and wait until it answers.

    Args:
        fresh: Forget what happened on it so far.

    Returns:
        The chain, and whether it was started just now.

    Raises:
        EMCError: there is no anvil, the port is taken, or it does not come up; says why.
    """
    with _turn():
        found = running()
        if found is not None:
            agreed = _agreed(found, port, fresh)
            # one of them is enough; the last may have been killed
            _keep(agreed)
            return agreed, False
        program, home = find_anvil(), folder()
        taken = local_state.answer(f"http://127.0.0.1:{port}", "web3_clientVersion")
        if taken is not None or not _is_free(port):
            raise EMCError(
                f"port {port} is taken by another program",
                f"choose another: `emc chain start --port {port + 1}`",
            )
        found = _launched(program, port, home, fresh)
        _keep(found)
        return found, True


def stop() -> bool:
    """End the chain once its state is written.

    Returns:
        Whether one ran.

    Raises:
        EMCError: it does not end.
    """
    with _turn():
        found = running()
        if found is None:
            return False
        try:
            local_state.save(found.url, folder())
        except EMCError as error:
            raise EMCError(
                f"the chain was not stopped: {error}",
                f"try again; `kill {found.pid}` ends it with the state last saved",
            ) from None
        # it is the first of a group: a script that started it ends with it. The lock is held, so
        # the process that the record names is the one that holds it
        os.killpg(found.pid, signal.SIGTERM)
        if not _wait(lambda: running() is None and _is_free(found.port)):
            raise EMCError(
                f"anvil (process {found.pid}) does not end", "end it by hand; see anvil.log"
            )
        (folder() / "running.json").unlink(missing_ok=True)
        _forget_old_states(folder())
        return True


def ask(url: str, method: str) -> int | None:
    """A number that a node tells; none if it does not."""
    try:
        return int(local_state.answer(url, method), 16)
    except (ValueError, TypeError):
        return None


def _launched(program: str, port: int, home: Path, fresh: bool) -> Running:
    state = local_state.path_in(home)
    goes_on = state.exists() and not fresh
    began = local_state.began(home) if goes_on else local_state.begin(home)
    command = [program, "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(CHAIN_ID)]
    command += ["--hardfork", "cancun", "--accounts", "10", "--silent"]
    # the state of old blocks comes back with it
    command += ["--preserve-historical-states"]
    # those of many blocks ago it writes to the disk, in the user's home if it is not told where,
    # and leaves them there
    _forget_old_states(home)
    command += ["--cache-path", str(home / OLD_STATES)]
    command += ["--load-state", str(state)] if goes_on else []
    command += ["--timestamp", str(began)] if began is not None else []
    with (home / "lock").open("w") as lock, (home / "anvil.log").open("w") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # a run cut short between here and the new record must not leave the old one
        (home / "running.json").unlink(missing_ok=True)
        node = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock.fileno(),),
            # an interrupt at the keyboard is not meant for it
            start_new_session=True,
        )
        record = {"pid": node.pid, "port": port}
        replace_file(home / "running.json", json.dumps(record) + "\n")
    found = Running(pid=node.pid, port=port)
    is_up = _wait(
        lambda: node.poll() is not None or ask(found.url, "eth_chainId") == CHAIN_ID,
    )
    if is_up and node.poll() is None:
        _catch_up(found.url, home)
        return found
    if node.poll() is None:
        node.terminate()
        node.wait(PATIENCE)
    said = " ".join((home / "anvil.log").read_text(errors="replace").split())[:300]
    raise EMCError(
        f"anvil did not start: {said or 'it said nothing'}",
        f"if {state} is damaged, start afresh: `emc chain start --fresh`",
    )


def _forget_old_states(home: Path) -> None:
    """Remove what an anvil that has ended left on the disk."""
    shutil.rmtree(home / OLD_STATES, ignore_errors=True)


def _catch_up(url: str, home: Path) -> None:
    """Set the time of a restarted chain to now, or to its newest block's if that is later.

    Anvil would begin with the time of the first block.
    """
    latest = local_state.answer(url, "eth_getBlockByNumber", "latest", False)
    if latest is not None:
        newest = int(latest["timestamp"], 16)
        local_state.answer(url, "evm_setTime", max(newest, int(time.time())))
    first = local_state.answer(url, "eth_getBlockByNumber", "0x0", False)
    # the state was kept by a version that did not write it down
    if first is not None and local_state.began(home) is None:
        local_state.note_beginning(home, int(first["timestamp"], 16))


def _keep(found: Running) -> None:
    """See that somebody keeps the chain's state while it runs."""
    subprocess.Popen(
        [sys.executable, "-m", "emc.chain.keeper", found.url, str(SAVE_EVERY)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _agreed(found: Running, port: int, fresh: bool) -> Running:
    if fresh:
        raise EMCError(f"the local chain runs at {found.url}", "stop it first: `emc chain stop`")
    if port not in (PORT, found.port):
        raise EMCError(
            f"the local chain runs at {found.url}, not on port {port}",
            "stop it first: `emc chain stop`",
        )
    return found


def _is_held(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


@contextmanager
def _turn() -> Iterator[None]:
    """One start or stop at a time."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        file = (folder() / "turn").open("w")
    except OSError as error:
        raise EMCError(
            f"{folder()} cannot be used: {error.strerror}", "name another folder in EMC_CHAIN"
        ) from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # a port that was just let go is free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _wait(until: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if until():
            return True
        time.sleep(0.05)
    return False
