"""The wheel, installed outside the checkout: contracts, schemas and sources are inside."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from shutil import copyfile

import pytest

from emc import artifacts

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


class Outside:
    """An environment with the wheel and what it depends on, and a folder that is no checkout."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        self.folder, self.home = folder, folder / "home"
        self.home.mkdir()
        venv.create(folder / "venv", with_pip=False, symlinks=True)
        self.bin = folder / "venv" / "bin"
        site = next((folder / "venv" / "lib").glob("python*/site-packages"))
        # pip's part, without its seconds: the dependencies are those of this environment ...
        dependencies = folder / "dependencies"
        dependencies.mkdir()
        for each in Path(sysconfig.get_paths()["purelib"]).iterdir():
            # ... and the package is not among them
            if "emc" not in each.name.lower() and each.suffix != ".pth":
                (dependencies / each.name).symlink_to(each)
        (site / "dependencies.pth").write_text(f"{dependencies}\n")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
        (self.bin / "vyper").symlink_to(Path(sys.executable).parent / "vyper")

    def run(self, *words: str) -> str:
        """A command of the installed package, as its entry point runs it."""
        done = subprocess.run(
            [str(self.bin / "python"), "-c", "from emc.cli import main; main()", *words],
            cwd=self.home,
            env={
                "PATH": f"{self.bin}{os.pathsep}/usr/bin",
                "HOME": str(self.home),
                "APE_DATA_FOLDER": str(self.home / "ape"),
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def test_the_wheel_deploys_and_sells_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    outside = Outside(wheel, tmp_path)
    copyfile(ROOT / "canvases" / "breakfast-box.yaml", outside.home / "box.yaml")
    where = subprocess.run(
        [str(outside.bin / "python"), "-c", "import emc; print(emc.__file__)"],
        cwd=outside.home,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert where.startswith(str(tmp_path))
    deployed = json.loads(outside.run("deploy", "box.yaml", "--json"))
    assert deployed["stage"] == "ACTIVE"
    orders = outside.home / "orders.csv"
    orders.write_text("order,customer,amount\n1,anna,24.50\n2,,31.00\n")
    sold = json.loads(outside.run("sell", "box.yaml", "--orders", "orders.csv", "--mint", "--json"))
    assert (sold["sold"], sold["amount"]) == (2, "5550")
    given = json.loads(outside.run("verify", "--standard-json", "Consent"))
    assert given["integrity"] == artifacts.load("Consent")["integrity"]
    assert "schema" in outside.run("canvas", "schema")


def test_the_wheel_holds_every_contract_and_nothing_of_a_checkout(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in artifacts.NAMES:
        assert f"emc/artifacts/{name}.json" in names
    sources = {path.name for path in (ROOT / "contracts").glob("*.vy")}
    assert {f"emc/contracts/{name}" for name in sources} <= set(names)
    (folder,) = {each.split("/")[0] for each in names} - {"emc"}
    assert folder.startswith("emc_agreements-")
    assert not [each for each in names if "__pycache__" in each or "node_modules" in each]
