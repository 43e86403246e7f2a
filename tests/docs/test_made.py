"""Pages and figures that are made from the code are as they would be made now."""

import hashlib
import importlib.util
import json
import re
import sys
import tomllib
from types import ModuleType

import pytest

from emc.chain.reasons import REASONS, advice
from emc.files.canvas_parts import Rules
from tests.docs.pages import ROOT, tables, text_of

# the licence as the Free Software Foundation publishes it
AGPL = "8486a10c4393cee1c25392769ddd3b2d6c242d6ec7928e1414efff7dfb2f07ef"


def script(name: str) -> ModuleType:
    """A script, as a module; it may import others that lie beside it."""
    if str(ROOT / "scripts") not in sys.path:
        sys.path.append(str(ROOT / "scripts"))
    spec = importlib.util.spec_from_file_location(f"{name}_script", ROOT / f"scripts/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reasons_in_contracts() -> dict[str, set[str]]:
    """Every reason for which a contract refuses, and the files that say it."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "contracts").rglob("*.vy"):
        if "mocks" in path.parts:
            continue
        code = re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
        for reason in re.findall(r'"([a-z]+: [^"\n]+)"', code):
            # the number of the row follows
            reason = reason.removesuffix(", row ")
            found.setdefault(reason, set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_every_reason_of_the_contracts_is_explained_and_no_other() -> None:
    assert set(reasons_in_contracts()) == set(REASONS)


def test_the_page_of_errors_is_as_it_would_be_made() -> None:
    assert text_of("docs/errors.md") == script("errors").page(), "run `python scripts/errors.py`"


def test_the_page_of_the_interface_is_as_it_would_be_made() -> None:
    made = script("interface").page()
    assert text_of("docs/interface.md") == made, "run `python scripts/interface.py`"


def test_every_function_says_what_refuses_it_in_its_own_source() -> None:
    natspec = script("natspec")
    for contract in (ROOT / "contracts").glob("*.vy"):
        said = contract.read_text()
        assert said == natspec.documented(contract), "run `python scripts/natspec.py`"


def test_every_reason_is_on_the_page_once_with_its_advice() -> None:
    lines = [line for table in tables(text_of("docs/errors.md")) for line in table]
    shown = {line[0].strip("`"): line[1] for line in lines if line[0].startswith("`")}
    assert shown == {reason: advice(reason) for reason in REASONS}
    assert text_of("docs/errors.md").count("| `") == len(REASONS)


def test_every_reason_is_below_the_file_that_says_it() -> None:
    sources = script("errors").SOURCES
    for reason, paths in reasons_in_contracts().items():
        prefix = reason.partition(":")[0]
        # a contract speaks through the modules that do its work
        modules = {
            "emc": {"contracts/modules/ledger.vy", "contracts/modules/leaver_book.vy"},
            "reviews": {"contracts/modules/tallies.vy"},
            "changes": {"contracts/modules/reshares.vy"},
            "checkout": {
                "contracts/modules/order_book.vy",
                "contracts/modules/buyer_credits.vy",
            },
        }
        own = {sources[prefix][1], *modules.get(prefix, ())}
        assert own & set(paths), reason


@pytest.mark.parametrize("page", ["README.md", "docs/gas.md"])
def test_the_figures_of_a_page_are_those_measured(page: str) -> None:
    gas = script("gas")
    assert text_of(page) == gas.filled(text_of(page), gas.figures()), "run `python scripts/gas.py`"


def test_every_scenario_that_is_measured_is_in_the_page_of_gas() -> None:
    figures = script("gas").figures()
    shown = {cell for table in tables(text_of("docs/gas.md")) for line in table for cell in line}
    assert len(figures) > 40
    assert {name for name, value in figures.items() if f"{value:,}" not in shown} == set()


def test_another_figure_would_be_noticed() -> None:
    gas = script("gas")
    figures = {**gas.figures(), "sale native 10": 1}
    assert gas.filled(text_of("docs/gas.md"), figures) != text_of("docs/gas.md")


def test_the_rules_of_change_are_shown_with_what_holds_if_they_are_left_out() -> None:
    lines = [line for table in tables(text_of("canvases/README.md")) for line in table]
    shown = {line[0].strip("`"): line[2] for line in lines if re.match(r"`\w+\.\w+`", line[0])}
    rules = Rules()
    meant = {
        f"{part}.{name}"
        for part, inner in rules.model_dump(exclude_none=True).items()
        for name in inner
    }
    assert shown.keys() == meant
    assert Rules.model_validate(nested(shown)) == rules


def nested(flat: dict[str, str]) -> dict[str, dict[str, str]]:
    """Dotted names as a tree."""
    tree: dict[str, dict[str, str]] = {}
    for name, value in flat.items():
        part, _, rule = name.partition(".")
        tree.setdefault(part, {})[rule] = value
    return tree


def test_the_drawings_are_as_they_would_be_drawn() -> None:
    for name, draw in script("diagrams").DRAWINGS.items():
        assert text_of(f"docs/{name}") == draw().svg(), "run `python scripts/diagrams.py`"


def test_the_architecture_names_every_contract_folder_and_decision() -> None:
    text = text_of("ARCHITECTURE.md")
    for path in (ROOT / "src" / "emc").iterdir():
        if path.is_dir() and path.name != "__pycache__":
            assert f"](src/emc/{path.name})" in text or f"`{path.name}`" in text, path.name
    for path in (ROOT / "contracts").glob("*.vy"):
        assert f"](contracts/{path.name})" in text, path.name
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        assert f"(docs/decisions/{path.name})" in text, path.name


def test_the_licence_is_the_unchanged_agpl() -> None:
    for path in ("LICENSE", "LICENSES/AGPL-3.0-only.txt"):
        assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == AGPL


def test_the_licences_are_named_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "AGPL-3.0-only AND MIT"
    assert json.loads((ROOT / "package.json").read_text())["license"] == "AGPL-3.0-only"
    for page in ("README.md", "CONTRIBUTING.md"):
        assert {"AGPL-3.0-only", "MIT"} <= set(re.findall(r"AGPL-3.0-only|MIT", text_of(page)))


def test_what_others_build_on_is_mit_file_by_file() -> None:
    """Interfaces, schema and signing descriptors whole, of a compiled contract its ABI."""
    licences = {
        path: entry["SPDX-License-Identifier"]
        for entry in tomllib.loads((ROOT / "REUSE.toml").read_text())["annotations"]
        for path in ([entry["path"]] if isinstance(entry["path"], str) else entry["path"])
    }
    both = "AGPL-3.0-only AND MIT"
    assert licences.pop("**") == "AGPL-3.0-only"
    assert licences.pop("src/emc/artifacts/*.json") == both
    # the page holds libraries that are MIT
    assert licences.pop("src/emc/desk/desk.html") == both
    assert set(licences.values()) == {"MIT"}
    for pattern in licences:
        assert list(ROOT.glob(pattern)), pattern
    for path in (ROOT / "src/emc").rglob("*.json"):
        name = path.relative_to(ROOT).as_posix()
        assert f"{name.rpartition('/')[0]}/*.json" in {*licences, "src/emc/artifacts/*.json"}
    for path in (ROOT / "src/emc/artifacts").glob("*.json"):
        # addresses are facts
        if path.name == "systems.json":
            continue
        parts = json.loads(path.read_text())["license"]
        assert parts == {"abi": "MIT", "code": "AGPL-3.0-only"}, path.name
    for schema in (ROOT / "src/emc/schemas").glob("*.json"):
        assert json.loads(schema.read_text())["$comment"] == "SPDX-License-Identifier: MIT"


def test_the_newest_entry_of_the_changelog_is_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    entries = re.findall(r"^## (\S+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    versions = entries[1:] if entries[0] == "Unreleased" else entries
    assert versions[0] == project["version"]
    assert f"Version {project['version']} " in text_of("SECURITY.md")
