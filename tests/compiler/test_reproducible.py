"""Whatever Python and whatever folder compile the contracts: the same bytes."""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import vyper

from emc import artifacts
from emc.client import sources
from tests.profiles import long

# what a block explorer is given is compiled by the compiler alone, in a process that has nothing
# of ours
COMPILE = """
import json, sys
from vyper.cli.vyper_json import compile_json
made = compile_json(json.load(sys.stdin))["contracts"]
(contract,) = (each for file in made.values() for each in file.values())
code = contract["evm"]
print(json.dumps([code["bytecode"]["object"], code["deployedBytecode"]["object"]]))
"""
# the compiler is plain Python, and where a compiled helper is of another version goes on without
SITE = Path(vyper.__file__).parents[1]
HOMES = (
    Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions",
    Path.home() / ".local" / "share" / "uv" / "python",
)


@cache
def others() -> dict[tuple[int, int], str]:
    """One Python of each version that this machine has besides the one that runs this."""
    found = {}
    names = [shutil.which(f"python3.{minor}") for minor in range(10, 15)]
    for home in HOMES:
        names += sorted(map(str, home.glob("*/bin/python3")))
    for name in filter(None, names):
        asked = subprocess.run(
            [name, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True
        )
        # what only stands for a Python that is not there answers nothing
        if asked.returncode == 0:
            major, minor = map(int, asked.stdout.split())
            found.setdefault((major, minor), name)
    # the compiler asks for 3.10
    usual = sys.version_info[:2]
    return {version: found[version] for version in found if (3, 10) <= version != usual}


def compiled(python: str, name: str, folder: Path) -> list[str]:
    """Creation and runtime code of a contract, by some Python."""
    done = subprocess.run(
        [python, "-W", "ignore", "-c", COMPILE],
        input=json.dumps(sources.standard_json(name)),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SITE), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    codes: list[str] = json.loads(done.stdout)
    return codes


def kept(name: str) -> list[str]:
    """The codes that the package ships."""
    artifact = artifacts.load(name)
    return [artifact["bytecode"], artifact["runtime"]]


def test_a_compiler_that_has_only_its_input_makes_what_the_package_ships(tmp_path: Path) -> None:
    assert compiled(sys.executable, "System", tmp_path) == kept("System")


@pytest.mark.parametrize("name", ["System", *map(long, sorted({*artifacts.NAMES} - {"System"}))])
def test_every_other_python_makes_the_same_bytes(name: str, tmp_path: Path) -> None:
    if not others():
        pytest.skip("no other Python on this machine")
    for version, python in others().items():
        assert compiled(python, name, tmp_path) == kept(name), version
