"""A command that is forked does what the same command does that is started."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import forks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="commands are forked on Linux only")
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
STATE = "import os, sys; print(os.getcwd(), os.environ, sys.argv, sys.path, __name__)"


@pytest.mark.parametrize(
    "words",
    [
        ("emc", "status", "nowhere.agreement.json"),
        ("emc", "canvass"),
        ("ape", "--version"),
        ("python", "-c", f"{STATE}; print(sys.stdin.read())"),
        ("python", "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"),
        ("python", "-c", "import atexit; atexit.register(print, 'late'); raise SystemExit('no')"),
        ("python", "-c", "import os; os.kill(os.getpid(), 9)"),
    ],
    ids=lambda words: " ".join(words)[-30:],
)
def test_it_says_and_ends_the_same(words: tuple[str, ...], tmp_path: Path) -> None:
    started, forked = (
        subprocess.run(
            [program, *words[1:]],
            cwd=tmp_path,
            env={"PATH": PATH, "HOME": str(tmp_path), "LC_CTYPE": "C.UTF-8"},
            input="said to it\n",
            capture_output=True,
            text=True,
        )
        for program in (Path(sys.executable).with_name(words[0]), Path(forks.programs(), words[0]))
    )
    assert forked.stdout == started.stdout
    assert forked.stderr == started.stderr
    assert forked.returncode == started.returncode


def test_it_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    waiting = subprocess.Popen(
        ["python", "-c", code], cwd=tmp_path, env={"PATH": forks.path_before(PATH)}
    )
    pid = tmp_path / "pid"
    while not pid.exists() or not pid.read_text():
        time.sleep(0.01)
    waiting.kill()
    waiting.wait()
    process, deadline = Path("/proc", pid.read_text()), time.monotonic() + 10
    while process.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not process.exists()
