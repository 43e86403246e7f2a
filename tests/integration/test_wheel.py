"""The wheel, installed outside the checkout with what it asks for: contracts, schemas and sources
are inside, and each extra adds what it names.
"""

import json
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from shutil import copyfile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from emc import artifacts, desk

ROOT = Path(__file__).parents[2]
# the environment of the builder: `make check` makes it
BUILDER = ROOT / ".venv" / "types" / "bin" / "python"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without a network: nothing is downloaded, whatever it would be."""
    if not BUILDER.exists() and not os.environ.get("CI"):
        pytest.skip("the builder's environment is not there: `make check` makes it")
    out = tmp_path_factory.mktemp("wheel")
    environment = {**os.environ, "PIP_NO_INDEX": "1", "http_proxy": "http://127.0.0.1:9"}
    subprocess.run(
        [str(BUILDER), "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        env={**environment, "https_proxy": "http://127.0.0.1:9"},
        check=True,
        capture_output=True,
    )
    (found,) = out.glob("*.whl")
    return found


def needed(requirements: Iterable[str]) -> set[str]:
    """All distributions that installing these brings, by name and what they were asked for with."""
    found: set[tuple[str, str]] = set()
    waiting = [Requirement(each) for each in requirements]
    while waiting:
        each = waiting.pop()
        for extra in ("", *each.extras):
            key = canonicalize_name(each.name), extra
            if key in found:
                continue
            found.add(key)
            inner = map(Requirement, distribution(each.name).requires or ())
            waiting += [
                one for one in inner if not one.marker or one.marker.evaluate({"extra": extra})
            ]
    return {name for name, _ in found}


def declared(*extras: str) -> list[str]:
    """What the wheel asks for with some extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = list(project["dependencies"])
    for extra in extras:
        for each in project["optional-dependencies"][extra]:
            requirement = Requirement(each)
            own = requirement.name == project["name"]
            asked += declared(*requirement.extras)[len(asked) :] if own else [each]
    return asked


class Outside:
    """An environment with the wheel and what it asks for, and a folder that is no checkout."""

    def __init__(self, wheel: Path, folder: Path, *extras: str) -> None:
        self.folder, self.home = folder, folder / "home"
        self.home.mkdir()
        venv.create(folder / "venv", with_pip=False, symlinks=True)
        self.bin = folder / "venv" / "bin"
        site = next((folder / "venv" / "lib").glob("python*/site-packages"))
        # pip's part, without its seconds
        dependencies = folder / "dependencies"
        dependencies.mkdir()
        for name in needed(declared(*extras)):
            for file in distribution(name).files or ():
                top = file.parts[0]
                link, there = dependencies / top, Path(str(distribution(name).locate_file(top)))
                # a folder of metadata may have another name than its list of files says
                if top not in ("..", "__pycache__") and there.exists() and not link.exists():
                    link.symlink_to(there)
        (site / "dependencies.pth").write_text(f"{dependencies}\n")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
        (self.bin / "vyper").symlink_to(Path(sys.executable).parent / "vyper")

    def python(self, program: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """A program in that environment and folder."""
        return subprocess.run(
            [str(self.bin / "python"), "-c", program, *words],
            cwd=self.home,
            env={
                "PATH": f"{self.bin}{os.pathsep}/usr/bin",
                "HOME": str(self.home),
                "APE_DATA_FOLDER": str(self.home / "ape"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def tried(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command of the installed package, as its entry point runs it."""
        return self.python("from emc.cli import main; main()", *words)

    def run(self, *words: str) -> str:
        """What a command answers; it must succeed."""
        done = self.tried(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout


def test_the_wheel_deploys_and_sells_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    outside = Outside(wheel, tmp_path)
    copyfile(ROOT / "canvases" / "breakfast-box.yaml", outside.home / "box.yaml")
    where = outside.python("import emc; print(emc.__file__)").stdout
    assert where.startswith(str(tmp_path))
    deployed = json.loads(outside.run("deploy", "box.yaml", "--json"))
    assert deployed["stage"] == "ACTIVE"
    orders = outside.home / "orders.csv"
    orders.write_text("order,customer,amount\n1,anna,24.50\n2,,31.00\n")
    sold = json.loads(outside.run("sell", "box.yaml", "--orders", "orders.csv", "--mint", "--json"))
    assert (sold["sold"], sold["amount"]) == (2, "5550")
    given = json.loads(outside.run("verify", "--standard-json", "Consent"))
    assert given["integrity"] == artifacts.load("Consent")["integrity"]
    assert "schema" in outside.run("schema", "canvas")
    refused = outside.tried("audit", "sql", "SELECT 1")
    assert refused.returncode == 2
    assert "Hint: pip install 'emc-agreements[audit]'" in refused.stderr


@pytest.mark.parametrize(
    ("extra", "words", "answer"),
    [
        ("audit", ("audit", "sql", "SELECT 1"), "audit.duckdb"),
        ("report", ("audit", "report", "--out", "report.html"), "audit.duckdb"),
        ("trust", ("trust", "--seed", "1"), "the local chain does not run"),
    ],
)
def test_an_extra_alone_brings_what_its_commands_need(
    extra: str, words: tuple[str, ...], answer: str, wheel: Path, tmp_path: Path
) -> None:
    done = Outside(wheel, tmp_path, extra).tried(*words)
    assert answer in done.stderr, "it got as far as it can without an EMC"
    assert "not installed" not in done.stderr
    assert "Traceback" not in done.stderr


def test_the_wheel_holds_every_contract_and_nothing_of_a_checkout(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in artifacts.NAMES:
        assert f"emc/artifacts/{name}.json" in names
    sources = {path.name for path in (ROOT / "contracts").glob("*.vy")}
    assert {f"emc/contracts/{name}" for name in sources} <= set(names)
    assert "emc/py.typed" in names
    page = zipfile.ZipFile(wheel).read("emc/desk/desk.html")
    assert desk.digest(page) == desk.told(page)
    (folder,) = {each.split("/")[0] for each in names} - {"emc"}
    for licence in ("LICENSE", "LICENSES/MIT.txt", "LICENSES/AGPL-3.0-only.txt", "REUSE.toml"):
        assert f"{folder}/licenses/{licence}" in names
    assert folder.startswith("emc_agreements-")
    assert not [each for each in names if "__pycache__" in each or "node_modules" in each]
