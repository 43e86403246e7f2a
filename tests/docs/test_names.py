"""Every command, option, function, event and test that a page names exists."""

import ast
import re
import shlex
import sys

import click
import pytest

from emc import __all__ as exported
from emc import artifacts
from emc.cli import emc
from tests.docs.pages import NAMES, ROOT, code_spans, every_block, text_of

CONTRACTS = tuple(sorted(path.stem for path in (ROOT / "contracts").glob("*.vy")))
SPAN = re.compile(r"(?P<part>[A-Za-z]+)\.(?P<name>_?[a-z]\w*)(\(.*\))?")
TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words name, and the words left over.

    Raises:
        KeyError: there is no such command.
    """
    command: click.Command = emc
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            raise KeyError(rest[0])
        command, rest = found, rest[1:]
    return command, rest


def unknown(line: str) -> list[str]:
    """What of a line that begins with `emc` the command line does not know."""
    try:
        command, rest = command_of(shlex.split(line)[1:])
    except KeyError as error:
        return [str(error)]
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    known |= {"--help"}
    return [word for word in rest if word.startswith("--") and word not in known]


def emc_lines(page: str) -> set[str]:
    """Every use of the command line in a page."""
    spans = {span for span in code_spans(page) if span.startswith("emc ")}
    return spans | {
        command
        for block in every_block()
        if block.page == page
        for command in block.commands
        if command.startswith("emc ")
    }


def options() -> set[str]:
    """Every option of every command."""
    found: set[str] = {"--help", "--version"}
    waiting: list[click.Command] = [emc]
    while waiting:
        command = waiting.pop()
        found |= {name for each in command.params for name in each.opts if name[:2] == "--"}
        if isinstance(command, click.Group):
            context = click.Context(command)
            names = command.list_commands(context)
            waiting += [each for name in names if (each := command.get_command(context, name))]
    return found


def abi_names(contract: str) -> set[str]:
    """Functions and events of a contract, as others see it."""
    return {entry["name"] for entry in artifacts.load(contract)["abi"] if "name" in entry}


def internal_names(part: str) -> set[str]:
    """Internal functions of a contract or module."""
    path = ROOT / "contracts" / (f"{part}.vy" if part in CONTRACTS else f"modules/{part}.vy")
    return set(re.findall(r"^def (_\w+)\(", path.read_text(), re.MULTILINE))


def python_names(span: str) -> bool:
    """Whether a dotted name is one of the package."""
    module, name = span.split("(")[0], ""
    while "." in module:
        module, _, last = module.rpartition(".")
        name = f"{last}.{name}" if name else last
        path = ROOT / "src" / f"{module.replace('.', '/')}.py"
        if path.exists():
            tree: ast.AST = ast.parse(path.read_text())
            for part in name.split("."):
                inner = [
                    each
                    for each in ast.iter_child_nodes(tree)
                    if isinstance(each, ast.ClassDef | ast.FunctionDef) and each.name == part
                ]
                if not inner:
                    return False
                tree = inner[0]
            return True
    place = ROOT / "src" / span.replace(".", "/")
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def wrong_names(spans: set[str]) -> set[str]:
    """Spans that look like a function or event of ours and are none."""
    modules = {path.stem for path in (ROOT / "contracts" / "modules").glob("*.vy")}
    wrong = set()
    for span in spans:
        if span.startswith("emc.") and re.fullmatch(r"emc(\.\w+)+(\(\w*\))?", span):
            if not python_names(span):
                wrong.add(span)
            continue
        found = SPAN.fullmatch(span)
        if found is None or span.endswith((".vy", ".json", ".md", ".py")):
            continue
        part, name = found["part"], found["name"]
        if name.startswith("_") and part in {*CONTRACTS, *modules}:
            if name not in internal_names(part):
                wrong.add(span)
        elif part in CONTRACTS and name not in abi_names(part):
            wrong.add(span)
    return wrong


@pytest.mark.parametrize("page", NAMES)
def test_every_command_and_option_that_a_page_names_exists(page: str) -> None:
    assert {line: wrong for line in emc_lines(page) if (wrong := unknown(line))} == {}
    assert {span for span in code_spans(page) if re.fullmatch(r"--[a-z-]+", span)} <= options()


def test_every_command_is_in_the_guide() -> None:
    named = {tuple(shlex.split(line)[1:2]) for line in emc_lines("docs/guide.md")}
    assert {(name,) for name in emc.list_commands(click.Context(emc))} <= named


def test_every_command_runs_as_a_script_of_ape() -> None:
    for name in set(emc.list_commands(click.Context(emc))) - {"completion"}:
        # a script called as a module of the standard library would be imported in its place
        file = f"{name}_" if name in sys.stdlib_module_names else name
        text = (ROOT / "scripts" / f"{file}.py").read_text()
        assert text.endswith(f'cli = script("{name}")\n'), name


def test_every_script_that_a_page_names_exists() -> None:
    for page in NAMES:
        for name in re.findall(r"`ape run ([a-z_]+)", text_of(page)):
            assert "cli" in (ROOT / "scripts" / f"{name}.py").read_text()
        for path in re.findall(r"`python (scripts/[a-z]+\.py)", text_of(page)):
            assert (ROOT / path).exists()


@pytest.mark.parametrize("page", NAMES)
def test_every_function_and_event_that_a_page_names_exists(page: str) -> None:
    assert wrong_names(code_spans(page)) == set()


@pytest.mark.parametrize("page", NAMES)
def test_every_word_that_looks_like_an_event_is_one(page: str) -> None:
    events = {
        entry["name"]
        for contract in CONTRACTS
        for entry in artifacts.load(contract)["abi"]
        if entry["type"] == "event"
    }
    messages = (ROOT / "contracts" / "modules" / "messages.vy").read_text()
    signed = set(re.findall(r'"([A-Z][a-z]+)\((?:string act,)?address emc,', messages))
    assert "Agreement" in signed
    other = {*CONTRACTS, *signed, *exported}
    words = {span for span in code_spans(page) if re.fullmatch(r"[A-Z][a-z]+([A-Z][a-z]+)*", span)}
    assert words - other <= events


@pytest.mark.parametrize("page", NAMES)
def test_every_test_that_a_page_names_exists(page: str) -> None:
    for path, name in TEST.findall(text_of(page)):
        assert (ROOT / path).exists(), path
        assert re.search(rf"def {name}\(", (ROOT / path).read_text()), f"{path}::{name}"


def test_the_specification_names_tests() -> None:
    assert len(TEST.findall(text_of("docs/specification.md"))) > 30


def test_the_checks_see_what_does_not_exist() -> None:
    assert unknown("emc canvas chek file.yaml") == ["'chek'"]
    assert unknown("emc deploy file.yaml --netwrok x") == ["--netwrok"]
    assert unknown("emc sell x --orders orders.csv --mint") == []
    assert unknown("emc renegotiate sing x.json") == ["'sing'"]
    assert unknown("emc amend draft x --outt terms.yaml") == ["--outt"]
    assert unknown("emc expel charge x --row 2 --clause late --account TEST::1") == []
    gone = {"EMC.sell", "Consent._settle", "terms._chek", "emc.client.proof.proof", "emc.gone"}
    gone |= {"Changes.ammend", "Conduct.amend", "Goals._remove", "Pages.sale", "votes._chek"}
    there = {
        "EMC.sale",
        "EMC._settle",
        "terms._check",
        "emc.client.proof.prove",
        "emc.client.proof",
        "goal.gate",
    }
    there |= {"Changes.amend", "Changes.approve", "Conduct._remove", "Goals.Finalised"}
    there |= {"Pages.follow", "votes._check", "emc.client.standing.terms_by_epoch"}
    assert wrong_names(gone | there) == gone
