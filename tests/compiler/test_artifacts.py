"""The package ships what the sources compile to."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

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
