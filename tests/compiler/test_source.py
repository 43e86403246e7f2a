"""What keeps the sources clear of the known miscompilations of 0.4.3, and in the house style."""

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import boa
import pytest
from vyper.ast import nodes as vy
from vyper.ast.parse import parse_to_ast

from tests.kit import CONTRACTS, deployer

ROOT = CONTRACTS.parent
ALL = sorted([*CONTRACTS.rglob("*.vy"), *CONTRACTS.rglob("*.vyi")])
MOCKS = CONTRACTS / "mocks"
DEPLOYED = sorted(CONTRACTS.glob("*.vy"))
GUARDED = [*DEPLOYED, *sorted((CONTRACTS / "modules").glob("*.vy"))]
INTERFACES = sorted((CONTRACTS / "interfaces").glob("*.vyi"))
PYTHON = sorted(
    path for folder in ("src", "scripts", "tests") for path in (ROOT / folder).rglob("*.py")
)
MAX_LINES = 400
MORE_LINES = {"EMC.vy": 480}
# of a function; the payment run is one loop, whose gas every sale pays
MAX_FUNCTION = 60
LONG_FUNCTIONS = {"_settle": 173}
# of a function of the package, without its head; longer are what lists the columns of tables, a
# page or a canvas, the proof of coin, which is one walk over the blocks, and the commands that make
# an EMC or tell what was sold, which do one thing after the other
MAX_PYTHON = 50
LONG_PYTHON = {
    "audit/prove/coins.py:check": 72,
    "audit/read/intake.py:_keep_runs": 65,
    "audit/tell/report.py:page": 61,
    "cli/audit/statement.py:command": 64,
    "cli/deploy.py:command": 59,
    "cli/status.py:machine": 55,
    "files/draft.py:draft": 59,
}
# of the contracts together
MAX_CONTRACTS = 3_905
# files that refuse in another name than their own: what the EMC is made of in the EMC's, and
# contracts that find by themselves what `members` finds for the others
PREFIXES = {
    "MicroEnterprises": {"me"},
    "ledger": {"emc"},
    "leaver_book": {"emc"},
    "paid_orders": {"orders"},
    "signature_checker": {"signatures"},
    "reshares": {"changes"},
    "Changes": {"changes", "members"},
    "Conduct": {"conduct", "members"},
    "CallForBids": {"calls"},
    "Reputation": {"reviews"},
    "tallies": {"reviews"},
    "order_book": {"checkout"},
    "buyer_credits": {"checkout"},
}
VERSION = "# pragma version 0.4.3\n"


def parsed(source: str, is_interface: bool = False) -> vy.Module:
    """The syntax tree of a source."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse_to_ast(source, is_interface=is_interface)


def strange(source: str) -> list[str]:
    """Characters other than printable ASCII and the line feed."""
    return [char for char in source if char != "\n" and not " " <= char <= "~"]


def bit_ors(tree: vy.Module) -> list[str]:
    """Bit-or on `msg.value` or `len(msg.data)`, at any depth."""
    found = []
    for node in tree.get_descendants((vy.BinOp, vy.AugAssign)):
        if not isinstance(node.op, vy.BitOr):
            continue
        for inner in node.get_descendants((vy.Attribute,), include_self=True):
            if (inner.node_source_code) in ("msg.value", "msg.data"):
                found.append(node.node_source_code)
    return found


def wide_ternaries(tree: vy.Module) -> list[str]:
    """Ternaries of an annotated tree over anything but a value of one word."""
    return [
        node.node_source_code
        for node in tree.get_descendants(vy.IfExp)
        if not node._metadata["type"]._is_prim_word
    ]


def reasons(tree: vy.Module) -> list[str]:
    """The error strings of asserts and raises, empty where there is none."""
    found = []
    for node in tree.get_descendants((vy.Assert, vy.Raise)):
        reason = node.msg if isinstance(node, vy.Assert) else node.exc
        # what is put together begins with what it says in every case
        texts = reason.get_descendants(vy.Str, include_self=True) if reason else []
        found.append(texts[0].value.rstrip() if texts else "")
    return found


def modules_of(tree: vy.Module) -> Iterator[vy.Module]:
    """An annotated module and those of this repository that it imports."""
    yield tree
    for info in tree._metadata["type"].imported_modules.values():
        if str(info.module_t._module.resolved_path).startswith(str(CONTRACTS)):
            yield from modules_of(info.module_t._module)


def names(paths: list[Path]) -> list[str]:
    """Short names for test ids."""
    return [str(path.relative_to(ROOT)) for path in paths]


def of(paths: list[Path]) -> pytest.MarkDecorator:
    """One test per file."""
    return pytest.mark.parametrize("path", paths, ids=names(paths))


@of(ALL)
def test_sources_are_printable_ascii(path: Path) -> None:
    assert strange(path.read_bytes().decode("utf-8")) == []
    assert b"\r" not in path.read_bytes()


@of(ALL)
def test_sources_name_their_compiler(path: Path) -> None:
    assert path.read_text().startswith(VERSION)


@of(ALL)
def test_sources_keep_clear_of_what_is_miscompiled(path: Path) -> None:
    source = path.read_text()
    assert "code_offset" not in source
    assert "experimental-codegen" not in source
    assert "venom" not in source
    assert bit_ors(parsed(source, path.suffix == ".vyi")) == []


@of(DEPLOYED)
def test_ternaries_choose_between_single_words_only(path: Path) -> None:
    tree = deployer(path.name).compiler_data.annotated_vyper_module
    for module in modules_of(tree):
        assert wide_ternaries(module) == []


def test_the_modules_of_a_contract_are_looked_into() -> None:
    tree = deployer("Consent.vy").compiler_data.annotated_vyper_module
    seen = {Path(str(module.resolved_path)).name for module in modules_of(tree)}
    assert {"Consent.vy", "packed_row.vy", "signature_checker.vy", "terms.vy"} <= seen


@pytest.mark.parametrize("file", ["pyproject.toml", "ape-config.yaml", "Makefile"])
def test_no_configuration_turns_experiments_on(file: str) -> None:
    path = ROOT / file
    if file != "Makefile":
        assert path.exists()
    text = path.read_text() if path.exists() else ""
    assert "experimental-codegen" not in text
    assert "experimental_codegen" not in text
    assert "venom" not in text


@of(GUARDED)
def test_contracts_and_modules_are_nonreentrant_by_default(path: Path) -> None:
    assert "\n# pragma nonreentrancy on\n" in path.read_text()


@of(GUARDED)
def test_what_runs_beside_the_lock_only_reads(path: Path) -> None:
    for decorators, name in re.findall(r"((?:^@.+\n)+)def (\w+)", path.read_text(), re.MULTILINE):
        if "@reentrant\n" in decorators and name != "__default__":
            assert {"@view", "@pure"} & set(decorators.splitlines()), name


def test_the_library_modules_in_the_contracts_are_those_that_security_names() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    used = {
        name
        for path in GUARDED
        for name in re.findall(r"^from snekmate\S* import (\w+)", path.read_text(), re.MULTILINE)
    }
    assert {name for name in used if f"`{name}`" not in text} == set()
    assert f"{ {1: 'one', 2: 'two', 3: 'three'}[len(used)] } library module" in text


@of(DEPLOYED)
def test_deployed_contracts_name_their_evm(path: Path) -> None:
    assert "\n# pragma evm-version cancun\n" in path.read_text()


@of(ALL)
def test_sources_say_what_they_are(path: Path) -> None:
    document = parsed(path.read_text(), path.suffix == ".vyi").doc_string
    assert document is not None
    assert f"@title {path.stem}\n" in document.value
    # what others build against is MIT
    is_interface = path.parent.name == "interfaces"
    assert f"@license {'MIT' if is_interface else 'AGPL-3.0-only'}\n" in document.value
    assert ("\n# SPDX-License-Identifier: MIT\n" in path.read_text()) == is_interface
    assert re.search(r"@notice \S+", document.value)


@of(DEPLOYED)
def test_deployed_contracts_say_who_can_stop_them(path: Path) -> None:
    document = parsed(path.read_text()).doc_string
    assert document is not None
    assert re.search(r"@custom:stop \S+", document.value)


@of(GUARDED)
def test_errors_are_short_and_say_whose_they_are(path: Path) -> None:
    for reason in reasons(parsed(path.read_text())):
        # a bare assert is a fact that cannot fail, and says nothing
        if reason:
            assert len(reason) <= 32, reason
            assert re.fullmatch(r"[a-z]+: [a-zA-Z][ -~]*[a-zA-Z0-9]", reason), reason


def said(path: Path) -> set[str]:
    """The reasons of a file."""
    return {reason for reason in reasons(parsed(path.read_text())) if reason}


@of(GUARDED)
def test_a_reason_names_the_part_that_refuses(path: Path) -> None:
    allowed = PREFIXES.get(path.stem, {path.stem.lower()})
    prefixes = {reason.split(":")[0] for reason in said(path)}
    assert prefixes <= allowed
    assert prefixes == allowed or path.stem not in PREFIXES


def test_who_refuses_in_the_name_of_another_gives_no_reason_of_its_own() -> None:
    modules = CONTRACTS / "modules"
    for room in ("Changes", "Conduct"):
        borrowed = {each for each in said(CONTRACTS / f"{room}.vy") if each[:7] == "members"}
        assert borrowed <= said(modules / "members.vy")
    parts = {"ledger.vy", "leaver_book.vy"}
    tree = deployer("EMC.vy").compiler_data.annotated_vyper_module
    assert parts <= {Path(str(module.resolved_path)).name for module in modules_of(tree)}
    for room in DEPLOYED:
        if room.stem != "EMC":
            tree = deployer(room.name).compiler_data.annotated_vyper_module
            used = {Path(str(module.resolved_path)).name for module in modules_of(tree)}
            assert not used & parts, room.name


@of(INTERFACES)
def test_every_function_of_an_interface_is_documented(path: Path) -> None:
    functions = parsed(path.read_text(), is_interface=True).get_children(vy.FunctionDef)
    assert functions
    for function in functions:
        assert function.doc_string is not None, function.name
        assert re.search(r"@(notice|return) \S+", function.doc_string.value), function.name


@of(DEPLOYED)
def test_every_external_function_is_documented_for_outsiders(path: Path) -> None:
    documented = {
        function.name
        for interface in INTERFACES
        for function in parsed(interface.read_text(), is_interface=True).get_children(
            vy.FunctionDef
        )
    }
    for function in parsed(path.read_text()).get_children(vy.FunctionDef):
        decorators = {getattr(each, "id", "") for each in function.decorator_list}
        if "external" in decorators and function.name != "__default__":
            assert function.name in documented or function.doc_string, function.name


def lines(path: Path) -> int:
    """Lines of code in a file: no docstrings, comments and blank lines."""
    return lines_of(path.read_text().splitlines())


def lines_of(text: list[str]) -> int:
    """Lines of code among these."""
    count, is_inside = 0, False
    for line in map(str.strip, text):
        quotes = line.count('"""')
        if is_inside or line.startswith('"""'):
            is_inside ^= quotes % 2 == 1
        else:
            count += bool(line) and not line.startswith("#")
    return count


@of(ALL)
def test_a_contract_is_read_in_one_sitting(path: Path) -> None:
    assert lines(path) <= MORE_LINES.get(path.name, MAX_LINES)


@of(GUARDED)
def test_a_function_is_read_at_one_glance(path: Path) -> None:
    tree, text = parsed(path.read_text()), path.read_text().splitlines()
    for function in tree.get_children(vy.FunctionDef):
        of_it = text[function.lineno - 1 : function.end_lineno]
        limit = LONG_FUNCTIONS.get(function.name, MAX_FUNCTION)
        assert lines_of(of_it) <= limit, f"{function.name}: {lines_of(of_it)}"


def test_the_contracts_stay_as_short_as_they_are() -> None:
    """In code lines, without the checkout and what only it uses."""
    apart = {"Checkout", "order_book", "buyer_credits", "authorizations"}
    assert sum(lines(path) for path in GUARDED if path.stem not in apart) <= MAX_CONTRACTS


def test_a_python_file_is_read_in_one_sitting() -> None:
    long = {
        str(path.relative_to(ROOT)): lines(path)
        for path in PYTHON
        if lines(path) > (700 if "tests" in path.parts else MORE_LINES.get(path.name, MAX_LINES))
    }
    assert long == {}


def test_a_python_function_is_read_at_one_glance() -> None:
    package, long = ROOT / "src" / "emc", {}
    for path in sorted(package.rglob("*.py")):
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = text.splitlines()[node.body[0].lineno - 1 : node.end_lineno]
                if lines_of(body) > MAX_PYTHON:
                    long[f"{path.relative_to(package)}:{node.name}"] = lines_of(body)
    assert long == LONG_PYTHON


@of(sorted((ROOT / "src").rglob("*.py")))
def test_python_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), path.name
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name}"


# the checks see what they are for


@pytest.mark.parametrize("char", ["\f", "\u2028", "\x0b", "\x85", "\t", "\r", "\xe9", "\uff58"])
def test_the_check_of_characters_sees(char: str) -> None:
    assert strange(f"# a comment{char}\nx: uint256\n") == [char]


@pytest.mark.parametrize(
    ("expression", "is_bad"),
    [
        ("msg.value | 3", True),
        ("3 | msg.value", True),
        ("len(msg.data) | 3", True),
        ("(msg.value + 1) | 3", True),
        ("msg.value & 3", False),
        ("x | 3", False),
    ],
)
def test_the_check_of_bit_or_sees(expression: str, is_bad: bool) -> None:
    source = f"@external\n@payable\ndef f(x: uint256) -> uint256:\n    return {expression}\n"
    assert bool(bit_ors(parsed(source))) == is_bad


@pytest.mark.parametrize(
    ("value", "is_bad"), [("msg.value", True), ("len(msg.data)", True), ("x", False)]
)
def test_the_check_of_bit_or_sees_assignments(value: str, is_bad: bool) -> None:
    source = f"@external\n@payable\ndef f(x: uint256):\n    y: uint256 = x\n    y |= {value}\n"
    assert bool(bit_ors(parsed(source))) == is_bad


def test_the_check_of_ternaries_sees() -> None:
    kinds = {
        "uint256": False,
        "address": False,
        "Bytes[33]": True,
        "uint256[2]": True,
        "DynArray[uint256, 2]": True,
        "S": True,
    }
    for kind, is_bad in kinds.items():
        source = f"""{VERSION}
struct S:
    a: uint256
@external
@pure
def f(c: bool, x: {kind}, y: {kind}) -> {kind}:
    return x if c else y
"""
        tree = boa.loads_partial(source).compiler_data.annotated_vyper_module
        assert bool(wide_ternaries(tree)) == is_bad, kind


def test_the_check_of_reasons_sees() -> None:
    source = (
        "@external\ndef f(x: uint256):\n"
        '    assert x > 0, "rows: none"\n    assert x < 9\n    raise "no"\n'
        '    assert x != 3, concat("rows: no, row ", uint2str(x))\n'
    )
    assert sorted(reasons(parsed(source))) == ["", "no", "rows: no, row", "rows: none"]


# the miscompilations: each test asserts the WRONG result, so that a mended compiler is noticed

ONE = "0x0000000000000000000000000000000000000001"
TWO = "0x0000000000000000000000000000000000000002"


@pytest.mark.parametrize("char", ["\f", "\u2028", "\x0b", "\x85"])
def test_a_line_break_that_only_python_sees_shifts_literals(char: str) -> None:
    """CVE-2026-114116: the literal is read from the line before, here from a comment."""
    wrong = f"""{VERSION}# a note{char}
# once it was          {ONE}
A: constant(address) = {TWO}
@external
@pure
def f() -> address:
    return A
"""
    assert boa.loads(wrong).f() == ONE
    assert boa.loads(wrong.replace(char, "")).f() == TWO


def test_what_is_not_ascii_before_a_literal_shifts_it() -> None:
    """CVE-2026-114114: columns count bytes, the source is cut by characters."""
    # 23 characters of three bytes each, which the parser folds to plain letters
    name = "\uff58" * 23
    wrong = f"""{VERSION}
@external
@pure
def f() -> address:
    {name}: address = {ONE}  # {TWO}
    return {name}
"""
    assert boa.loads(wrong).f() == TWO
    assert boa.loads(wrong.replace(name, "x" * 23)).f() == ONE


@pytest.mark.parametrize("value", ["msg.value", "len(msg.data)"])
def test_a_bit_or_on_the_call_in_a_ternary_becomes_one(value: str) -> None:
    """CVE-2026-114117: the result is taken for a condition, of which only the truth matters."""
    contract = boa.loads(
        f"""{VERSION}
@external
@payable
def wrong(c: bool) -> uint256:
    return ({value} | 3) if c else 0
@external
@payable
def right(c: bool) -> uint256:
    if c:
        return {value} | 3
    return 0
"""
    )
    assert contract.wrong(True) == 1
    assert contract.right(True) == {"msg.value": 3, "len(msg.data)": 39}[value]


def test_a_ternary_over_nested_arrays_reads_one_layout_as_another() -> None:
    """CVE-2026-114115: an arm keeps its own layout and is read with the result's."""
    contract = boa.loads(
        f"""{VERSION}
@external
@pure
def wrong(
    c: bool, a: DynArray[Bytes[10], 5], b: DynArray[Bytes[512], 5]
) -> DynArray[Bytes[512], 5]:
    return a if c else b
@external
@pure
def right(
    c: bool, a: DynArray[Bytes[10], 5], b: DynArray[Bytes[512], 5]
) -> DynArray[Bytes[512], 5]:
    if c:
        return a
    return b
"""
    )
    given = [b"a", b"0123456789", b""]
    assert contract.wrong(True, given, []) == [b"a", b"", b""]
    assert contract.right(True, given, []) == given


def test_a_huge_code_offset_makes_an_empty_contract() -> None:
    """CVE-2026-114118: the length of the code wraps round, and zeros are run as its constructor."""
    blueprint = boa.loads_partial(f"{VERSION}x: public(uint256)\n").deploy_as_blueprint()
    contract = boa.loads(
        f"""{VERSION}
@external
def f(target: address, offset: uint256) -> address:
    return create_from_blueprint(target, code_offset=offset)
"""
    )
    assert len(boa.env.get_code(contract.f(blueprint.address, 3))) > 0
    with boa.reverts():
        contract.f(blueprint.address, 10_000)
    made = contract.f(blueprint.address, 2**256 - 100)
    assert int(made, 16) != 0
    assert boa.env.get_code(made) == b""
