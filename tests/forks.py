"""Commands as processes that need not import anything: one process has, and is forked for each.

A command is a process with streams, folder, environment and exit code of its own, and starts with
the state of one that has just imported what it needs. What that import costs, and what an
interrupt does, it does not show: tests of these start the real `emc`.
"""

import atexit
import gc
import importlib
import marshal
import os
import pkgutil
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from functools import cache
from pathlib import Path
from types import ModuleType

NAMES = ("emc", "ape", "python")
# what ape and the commands import when they are used
MODULES = (
    *("ape._cli", "ape.contracts", "ape.managers.chain", "ape.managers.compilers"),
    *("ape.managers.converters", "ape.managers.networks", "ape.managers.project"),
    *("ape_accounts", "ape_cache.config", "ape_compile.config", "ape_console.config"),
    *("ape_ethereum._converters", "ape_ethereum.ecosystem", "ape_ethereum.multicall"),
    *("ape_ethereum.proxies", "ape_foundry.provider", "ape_networks.config"),
    *("ape_node.provider", "ape_pm.compiler", "ape_run._cli", "ape_test.accounts"),
    *("ape_test.provider", "ape_vyper.compiler", "aiohttp", "numpy", "plotly.graph_objects"),
)
# what stands for a command on PATH: passes on what it was given, ends as the command ends
STAND_IN = """#!{python} -IS
import marshal, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"-"], [0, 1, 2])
    server.sendall(marshal.dumps([{name!r}, sys.argv[1:], os.getcwd(), dict(os.environ)]))
    server.shutdown(socket.SHUT_WR)
    status = marshal.loads(server.recv(64))
if status < 0:
    os.kill(os.getpid(), -status)
sys.exit(status)
"""

_servers: list[subprocess.Popen[bytes]] = []


def path_before(path: str) -> str:
    """A PATH by which commands are forked; where that cannot be done, they are started."""
    return f"{programs()}{os.pathsep}{path}" if sys.platform == "linux" else path


@cache
def programs() -> str:
    """A folder with an `emc`, an `ape` and a `python` that are forked."""
    folder = Path(tempfile.mkdtemp(prefix="forks-"))
    address = str(folder / "socket")
    server = subprocess.Popen(
        [sys.executable, __file__, address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # numpy would start threads, and no thread survives a fork
        env={
            **{"PATH": os.environ["PATH"], "LC_CTYPE": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
            "ETH_HASH_BACKEND": "pysha3",
        },
        # an interrupt at the keyboard is not meant for it
        start_new_session=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"

    def stop() -> None:
        server.communicate()
        shutil.rmtree(folder)

    atexit.register(stop)
    _servers.append(server)
    python = os.path.realpath(sys.executable)
    for name in NAMES:
        (folder / name).write_text(STAND_IN.format(python=python, address=address, name=name))
        (folder / name).chmod(0o755)
    return str(folder)


def spent() -> float:
    """CPU seconds of what was forked so far; it is no child of this process."""
    seconds = 0.0
    for server in _servers:
        times = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[11:15]
        seconds += sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
    return seconds


# in the process that is forked


def imported() -> None:
    """Import what commands do; nothing may run or be open afterwards."""
    from ape.utils.basemodel import ManagerAccessMixin

    import emc

    # which plugins there are depends only on what is installed
    ManagerAccessMixin.plugin_manager._register_plugins()
    for name in MODULES:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(emc.__path__, "emc."):
        # duckdb starts a thread when it is imported
        if "audit" not in module.name:
            importlib.import_module(module.name)
    assert len(os.listdir("/proc/self/task")) == 1, "a thread would be lost in each fork"
    gc.freeze()


def serve(address: str) -> socket.socket | None:
    """Fork for each who asks, until the tests are over; returns in the forks."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print("ready", flush=True)
        forks = 0
        while True:
            # looks soon after whatever is under way, so that it counts for the test that ran it
            ready, _, _ = select.select([server, sys.stdin], [], [], 0.02 if forks else None)
            while forks and os.waitpid(-1, os.WNOHANG)[0]:
                forks -= 1
            if sys.stdin in ready:
                return None
            if server in ready:
                client, _ = server.accept()
                if os.fork() == 0:
                    return client
                client.close()
                forks += 1


def attend(client: socket.socket) -> int:
    """Fork once more, for the command; tell the client how it ended."""
    _, streams, _, _ = socket.recv_fds(client, 1, 3)
    asked = b""
    while part := client.recv(2**16):
        asked += part
    name, words, folder, environment = marshal.loads(asked)
    command = os.fork()
    if command == 0:
        client.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.stdout.reconfigure(line_buffering=os.isatty(1))  # type: ignore[union-attr]
        return run(name, words)
    for stream in (0, 1, 2, *streams):
        os.close(stream)
    ended, polled = os.pidfd_open(command), select.poll()
    polled.register(ended, select.POLLIN)
    polled.register(client, select.POLLHUP)
    # nobody waits for it any more
    if ended not in dict(polled.poll()):
        os.kill(command, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    client.send(marshal.dumps(status))
    return 0


def run(name: str, words: list[str]) -> int:
    """Run a program to its end.

    Returns:
        Its exit code.
    """
    home = Path(sys.executable).parent
    sys.argv, sys.path[0] = [str(home / name), *words], str(home)
    try:
        if name == "emc":
            from emc.cli import main

            main()
        elif name == "ape":
            from ape._cli import cli

            cli()
        else:
            option, code = words
            assert option == "-c"
            sys.argv, sys.path[0] = ["-c"], ""
            module = sys.modules["__main__"] = ModuleType("__main__")
            exec(compile(code, "<string>", "exec"), module.__dict__)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def end(status: int) -> None:
    """End as Python does, without taking apart what was imported."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    # not the folder of this file: nothing that commands import is there
    sys.path[0] = str(Path(sys.executable).parent)
    imported()
    client = serve(sys.argv[1])
    if client is not None:
        end(attend(client))
