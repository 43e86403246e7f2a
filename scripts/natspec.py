"""Document every external function of the deployed contracts in their own sources.

The interfaces say what each function does; compilers and block explorers read only the contract.
So the words of the interface are copied, and what refuses the call is added, found by following
the code: `@custom:refuses` names each reason, of a part with many only the part, and the functions
of other contracts on which it depends.

python scripts/natspec.py          write the contracts
python scripts/natspec.py --check  exit 1 if one is not what would be written
"""

import re
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent, indent, wrap

from vyper.ast import nodes as vy
from vyper.ast.parse import parse_to_ast

CONTRACTS = Path(__file__).parent.parent / "contracts"
WIDTH = 116
# reasons of one part that are named one by one
MAX_NAMED = 6


@cache
def tree_of(path: Path) -> vy.Module:
    """The syntax tree of a source."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse_to_ast(path.read_text(), is_interface=path.suffix == ".vyi")


@cache
def functions(path: Path) -> dict[str, vy.FunctionDef]:
    """The functions of a source by their names."""
    return {each.name: each for each in tree_of(path).get_children(vy.FunctionDef)}


@cache
def imports(path: Path) -> dict[str, Path]:
    """The modules of this project that a source imports, by the names it gives them."""
    found = {}
    for node in tree_of(path).get_children(vy.ImportFrom):
        module = CONTRACTS / "modules" / f"{node.name}.vy"
        if module.exists():
            found[node.alias or node.name] = module
    return found


def calls(path: Path, function: vy.FunctionDef) -> Iterator[tuple[Path, str]]:
    """The functions of this project that a function calls, wherever they are."""
    for call in function.get_descendants(vy.Call):
        callee = call.func
        if not isinstance(callee, vy.Attribute):
            continue
        value = callee.value
        if isinstance(value, vy.Name) and value.id == "self":
            yield path, callee.attr
        elif isinstance(value, vy.Name) and value.id in imports(path):
            yield imports(path)[value.id], callee.attr
        elif isinstance(value, vy.Call) and isinstance(value.func, vy.Name):
            contract = CONTRACTS / f"{value.func.id.removeprefix('I')}.vy"
            if contract.exists():
                yield contract, callee.attr


@cache
def refused(path: Path, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The reasons for which a function refuses, and the functions of other contracts which it calls
    and which may refuse.
    """
    seen: set[tuple[Path, str]] = set()
    reasons: set[str] = set()
    others: set[str] = set()
    waiting = [(path, name)]
    while waiting:
        at, called = here = waiting.pop()
        function = functions(at).get(called)
        if function is None or here in seen:
            continue
        seen.add(here)
        for node in function.get_descendants((vy.Assert, vy.Raise)):
            reason = node.msg if isinstance(node, vy.Assert) else node.exc
            if isinstance(reason, vy.Str):
                reasons.add(reason.value)
        for place, callee in calls(at, function):
            if place.parent.name == "modules" or place in (at, path):
                waiting.append((place, callee))
            elif may_refuse(place, callee):
                others.add(f"{place.stem}.{callee}")
    return tuple(sorted(reasons)), tuple(sorted(others))


def may_refuse(path: Path, name: str) -> bool:
    """Whether a function refuses anything but strangers."""
    reasons, others = refused(path, name)
    return bool(others) or any(not each.endswith(": not the authority") for each in reasons)


def refusals(path: Path, name: str) -> str:
    """The line that names the reasons; empty where there is none."""
    reasons, others = refused(path, name)
    parts: dict[str, list[str]] = {}
    for reason in reasons:
        parts.setdefault(reason.partition(":")[0], []).append(reason)
    named = [
        f"{part}: any" if len(each) > MAX_NAMED else "; ".join(each) for part, each in parts.items()
    ]
    if others:
        named.append(f"what {', '.join(others)} may refuse")
    return "\n".join(
        wrap(
            f"@custom:refuses {'; '.join(named)}",
            WIDTH - 4,
            subsequent_indent=" " * 8,
            break_on_hyphens=False,
        )
        if named
        else []
    )


def is_external(function: vy.FunctionDef) -> bool:
    """Whether others may call it."""
    return any(getattr(each, "id", "") == "external" for each in function.decorator_list)


def doc_of(function: vy.FunctionDef) -> str:
    """What a function's docstring says; empty without one."""
    document = getattr(function, "doc_string", None)
    return document.value if document is not None else ""


def interfaces(contract: Path) -> list[dict[str, vy.FunctionDef]]:
    """The functions of the interfaces that a contract implements."""
    nodes = tree_of(contract).get_children(vy.ImplementsDecl)
    names = [node.annotation.id for node in nodes]
    paths = [CONTRACTS / "interfaces" / f"{name}.vyi" for name in names]
    return [functions(path) for path in paths if path.exists()]


def words(contract: Path, name: str) -> str:
    """What the contract's docstring of a function says."""
    said = next(
        (
            doc_of(each[name])
            for each in interfaces(contract)
            if name in each and doc_of(each[name])
        ),
        "",
    )
    if not said:
        said = doc_of(functions(contract)[name])
        said = re.sub(r"\n\s*@custom:refuses[^@]*", "\n", said)
    text = dedent(said.expandtabs()).strip("\n").rstrip()
    # the first line of a docstring stands where its quotes do
    lines = dedent("\n".join(text.splitlines())).strip()
    return "\n".join(each for each in (lines, refusals(contract, name)) if each)


def documented(contract: Path) -> str:
    """The contract's source with every external function documented."""
    lines = contract.read_text().splitlines()
    for function in sorted(
        functions(contract).values(), key=lambda each: each.lineno, reverse=True
    ):
        if not is_external(function) or function.name == "__default__":
            continue
        said = words(contract, function.name)
        if not said:
            continue
        first = function.body[0].lineno - 1
        start = first
        document = getattr(function, "doc_string", None)
        if document is not None:
            start = document.lineno - 1
            first = document.end_lineno
        else:
            # below the signature, above what the body begins with
            while (
                not lines[start - 1].rstrip().endswith(":") or lines[start - 1].lstrip()[:1] == "#"
            ):
                start -= 1
            first = start
        body = indent(f'"""\n{said}\n"""', "    ").splitlines()
        lines[start:first] = body
    return "\n".join(lines) + "\n"


def main() -> int:
    stale = []
    for contract in sorted(CONTRACTS.glob("*.vy")):
        text = documented(contract)
        if text != contract.read_text():
            stale.append(contract.name)
            if "--check" not in sys.argv:
                contract.write_text(text)
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}; run `python scripts/natspec.py`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
