"""The package ships what the sources compile to."""

import importlib.util
import json
import shutil
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from emc import artifacts
from emc.client import sources
from tests.kit import deployer

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("artifacts_script", ROOT / "scripts/artifacts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_artifacts_are_what_the_sources_compile_to(script: ModuleType) -> None:
    for source in script.SOURCES:
        path = script.OUT / f"{Path(source).stem}.json"
        made = sources.artifact(Path(source).stem, deployer(source).compiler_data)
        assert path.read_text() == script.text_of(made), f"{path.name}: run `make artifacts`"


def test_a_comment_moves_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = tmp_path / "contracts"
    shutil.copytree(ROOT / "contracts", copied, ignore=shutil.ignore_patterns("mocks"))
    for path in copied.rglob("*.vy"):
        path.write_text(path.read_text() + "\n# a remark\n")
    monkeypatch.setattr(sources, "folder", lambda: copied)
    for name in ("Pages", "System"):
        made, kept = sources.compiled(name), artifacts.load(name)
        assert made["integrity"] != kept["integrity"]
        assert (made["bytecode"], made["runtime"]) == (kept["bytecode"], kept["runtime"])


def test_the_list_of_systems_ends_with_this_version(script: ModuleType) -> None:
    texts = {f"{name}.json": (script.OUT / f"{name}.json").read_text() for name in artifacts.NAMES}
    known = artifacts.systems()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert script.systems_of(texts, known, project["version"]) == script.SYSTEMS.read_text()
    # the next version comes behind it; what was published does not change any more
    longer = json.loads(script.systems_of(texts, known, "9.9.9"))
    assert [each["version"] for each in longer] == [project["version"], "9.9.9"]
    last = {**known[-1], "status": "published"}
    assert json.loads(script.systems_of(texts, [last], project["version"])) == [last]
    moved = {**last, "contracts": {**last["contracts"], "EMC": "0x" + "11" * 20}}
    with pytest.raises(SystemExit, match="is published: its code does not change any more"):
        script.systems_of(texts, [moved], project["version"])
