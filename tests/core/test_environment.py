"""What is installed where: one declaration, its extras, the locks, and the Python that fits."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from emc.cli.shared import extras

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "emc"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# used by name, not by an import: plugins of ape, and what the contracts import
NAMED = {"ape-vyper", "ape-foundry", "snekmate"}
# parts of one project, in versions of their own
PART_OF = {"pydantic-core": "pydantic", "markupsafe": "jinja2"}
OWN = "emc-agreements"


def named(requirements: list[str]) -> set[str]:
    """Distributions that are asked for, without the package itself."""
    return {canonicalize_name(Requirement(each).name) for each in requirements} - {OWN}


BASE = named(PROJECT["project"]["dependencies"])
OPTIONAL = {
    name: named(needed) for name, needed in PROJECT["project"]["optional-dependencies"].items()
}


def imported(path: Path) -> Iterator[str]:
    """The modules outside of the package that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module)]
        else:
            continue
        for name in names:
            top = name.partition(".")[0]
            if top != "emc" and top not in sys.stdlib_module_names:
                yield top


def distributions() -> dict[str, set[str]]:
    """What the package imports: each distribution with the modules of it."""
    homes = packages_distributions()
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for module in imported(path):
            # ape's own plugins come with it
            home = "eth-ape" if module.startswith("ape") else canonicalize_name(homes[module][0])
            found.setdefault(PART_OF.get(home, home), set()).add(module)
    return found


def test_what_the_package_imports_is_declared_and_nothing_else() -> None:
    declared = BASE.union(*OPTIONAL.values())
    used = set(distributions())
    assert used - declared == set()
    # the report takes plotly's JavaScript, without importing it
    assert declared - used - NAMED - {"plotly"} == set()


def test_each_module_of_an_extra_is_known_by_its_extra() -> None:
    homes = packages_distributions()
    for module, extra in extras.EXTRAS.items():
        assert canonicalize_name(homes[module][0]) in OPTIONAL[extra], module
    known = {canonicalize_name(homes[module][0]) for module in extras.EXTRAS}
    assert known == set().union(*OPTIONAL.values())
    assert known & BASE == set()


def pins(name: str) -> dict[str, str]:
    """The versions of a lock."""
    text = (ROOT / name).read_text()
    found = re.findall(r"^([a-z0-9.-]+)(?:\[[a-z0-9, -]+\])?==(\S+)", text, re.MULTILINE)
    assert len(found) > 30
    return {canonicalize_name(name): version for name, version in found}


def test_every_line_of_a_lock_has_its_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-types.txt"):
        text = (ROOT / name).read_text()
        assert len(
            re.findall(r"^[a-z].*==.* \\\n    --hash=sha256:[0-9a-f]{64}", text, re.M)
        ) == len(pins(name))


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("requirements.txt", [*PROJECT["project"]["dependencies"]]),
        *(
            ("requirements.txt", PROJECT["project"]["optional-dependencies"][extra])
            for extra in ("audit", "report", "trust")
        ),
        *(
            ("requirements-dev.txt", PROJECT["project"]["optional-dependencies"][extra])
            for extra in ("alarms", "silverback")
        ),
        ("requirements-dev.txt", PROJECT["dependency-groups"]["dev"]),
        ("requirements-types.txt", PROJECT["dependency-groups"]["types"]),
    ],
)
def test_a_lock_holds_a_version_of_everything_in_the_range_that_is_declared(
    lock: str, asked: list[str]
) -> None:
    found = pins(lock)
    for each in map(Requirement, asked):
        if each.name != OWN:
            version = found[canonicalize_name(each.name)]
            assert each.specifier.contains(version, prereleases=True), f"{each}: run `make lock`"


def test_the_tests_use_what_users_run() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_betas_of_a_lock_are_named_beside_what_asks_for_them() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for name, version in pins("requirements.txt").items():
        if re.search(r"\d(a|b|rc)\d", version):
            assert f"{name} {version}" in text


# which Python


def fake(folder: Path, name: str, text: str) -> None:
    """A program that is first on a PATH."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


TOO_NEW = '[ "$1" = --version ] && echo Python 3.13.0; exit 1'


def make_environment(tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    for name in ("cat", "sh"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(f"/bin/{name}")
    return subprocess.run(
        [str(ROOT / "scripts" / "venv.sh"), str(tmp_path / "made")],
        env={"PATH": str(tmp_path / "bin"), "HOME": os.environ["HOME"], **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_fits_makes_the_environment_whatever_others_there_are(
    tmp_path: Path,
) -> None:
    fake(tmp_path / "bin", "python3.11", TOO_NEW)
    fake(tmp_path / "bin", "python3.12", 'case "$1" in -c) exit 0;; esac; echo "$0" "$@"')
    done = make_environment(tmp_path)
    assert done.returncode == 0
    assert done.stdout.split()[0].endswith("/bin/python3.12")
    assert done.stdout.split()[1:] == ["-m", "venv", str(tmp_path / "made")]


def test_without_a_python_that_fits_it_is_said_at_once_what_to_do(tmp_path: Path) -> None:
    fake(tmp_path / "bin", "python3", TOO_NEW)
    done = make_environment(tmp_path)
    assert done.returncode == 1
    assert "Python 3.11 or 3.12 is needed, and python3 is: Python 3.13.0" in done.stderr
    assert "uv" in done.stderr
    assert "PYTHON=" in done.stderr
    assert not (tmp_path / "made").exists()


def test_without_a_python_that_fits_uv_brings_one(tmp_path: Path) -> None:
    fake(tmp_path / "bin", "python3", TOO_NEW)
    fake(tmp_path / "bin", "uv", 'echo "$@"')
    done = make_environment(tmp_path)
    assert done.returncode == 0
    assert done.stdout.split() == [
        *f"venv --quiet --seed --python 3.12 {tmp_path / 'made'}".split()
    ]


def test_a_python_that_was_named_and_does_not_fit_is_not_passed_over(tmp_path: Path) -> None:
    fake(tmp_path / "bin", "mine", TOO_NEW)
    fake(tmp_path / "bin", "uv", 'echo "$@"')
    done = make_environment(tmp_path, PYTHON="mine")
    assert done.returncode == 1
    assert "and mine is: Python 3.13.0" in done.stderr


# without the extras

# as `emc` runs, on a machine where these modules are not installed
PROGRAM = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {modules}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
from emc.cli import main
main()
"""


def run(folder: Path, modules: set[str], *words: str) -> subprocess.CompletedProcess[str]:
    """A command where some modules are missing."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(modules=modules), *words],
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("module", "extra", "words"),
    [
        ("duckdb", "audit", ("audit", "sql", "SELECT 1")),
        ("msgspec", "audit", ("audit", "run", "0x" + "11" * 20, "--rpc", "http://127.0.0.1:9")),
        ("jinja2", "report", ("audit", "report", "--out", "report.html")),
        ("igraph", "trust", ("trust", "--seed", "1")),
        ("drawsvg", "trust", ("scorecard", "0x" + "11" * 20, "--svg", "card.svg")),
    ],
)
def test_a_command_whose_extra_is_missing_names_it(
    module: str, extra: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    done = run(tmp_path, {module}, *words)
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"Error: this needs {module}, which is not installed",
        f"Hint: pip install 'emc-agreements[{extra}]'",
    ]
    assert done.returncode == 2
    assert list(tmp_path.glob("*.*")) == []


def test_what_no_extra_brings_stays_an_error_of_python(tmp_path: Path) -> None:
    done = run(tmp_path, {"rfc8785"}, "canvas", "check", str(ROOT / "canvases/breakfast-box.yaml"))
    assert "ModuleNotFoundError: No module named 'rfc8785'" in done.stderr
