"""Make docs/interface.md from the ABIs that the package ships and the sources of the contracts.

python scripts/interface.py          write it
python scripts/interface.py --check  exit 1 if it is not what would be written
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import natspec
from eth_utils.crypto import keccak
from generated import keep
from vyper.ast import nodes as vy

from emc import artifacts
from emc.core import parts, typed_data

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "interface.md"
INTERFACES = sorted((natspec.CONTRACTS / "interfaces").glob("*.vyi"))
MODULES = sorted((natspec.CONTRACTS / "modules").glob("*.vy"))
HEAD = """# Functions, events and structs

Made by `python scripts/interface.py` from the ABIs and sources of the contracts; change it there.

Every external function, event and struct of every deployed contract. `view` and `pure` functions \
move nothing; all others hold their contract's lock. A view without `@reentrant` in its source is \
refused while its contract is in the middle of a call; those that stay open are marked `open`. \
Amounts are base units of the settlement currency, parts are ppm, spans of time are seconds, times \
are Unix seconds. What refuses is named by its reason: [errors.md](errors.md).
"""
# the one function that is neither written nor declared here
DOMAIN = "@notice The domain of the messages that the contract counts, by EIP-5267."
MESSAGES = """What a node signs, as EIP-712 typed data. The domain is `name`, `version`, `chainId` \
and `verifyingContract`: `EMC Consent`, `EMC Changes`, `EMC Conduct` or `EMC Goals`, version `1`, \
and the contract that counts it.
"""


def typed(entry: dict[str, Any]) -> str:
    """The ABI type of an argument, tuples written out."""
    kind: str = entry["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(typed, entry['components']))}){kind.removeprefix('tuple')}"


def canonical(entry: dict[str, Any]) -> str:
    """What a selector or a topic is the hash of."""
    return f"{entry['name']}({','.join(map(typed, entry['inputs']))})"


def interfaces(contract: str) -> list[dict[str, vy.FunctionDef]]:
    """The functions of the interfaces that a contract implements, and of those of modules."""
    folder = natspec.CONTRACTS / "interfaces"
    modules = [folder / f"I{path.stem.title()}.vyi" for path in MODULES]
    return [
        *natspec.interfaces(natspec.CONTRACTS / f"{contract}.vy"),
        *(natspec.functions(path) for path in modules if path in INTERFACES),
    ]


def function_of(contract: str, name: str) -> vy.FunctionDef | None:
    """The function behind an entry of the ABI: in the contract's source, in a module, or for the
    getter of a variable in an interface; None if it is in none."""
    for path in (natspec.CONTRACTS / f"{contract}.vy", *MODULES):
        found = natspec.functions(path).get(name)
        if found is not None and natspec.is_external(found):
            return found
    return next((each[name] for each in interfaces(contract) if name in each), None)


def told(contract: str, name: str) -> str:
    """What is said of a function: where it is written, else in an interface."""
    path = natspec.CONTRACTS / f"{contract}.vy"
    if name in natspec.functions(path):
        return natspec.words(path, name)
    said = [function_of(contract, name), *(each.get(name) for each in interfaces(contract))]
    return next(filter(None, (natspec.doc_of(each) for each in said if each is not None)), DOMAIN)


def signature(contract: str, entry: dict[str, Any], source: vy.FunctionDef | None) -> str:
    """A function as its caller writes it: in the types of the source, where it has one."""
    for functions in natspec.interfaces(natspec.CONTRACTS / f"{contract}.vy"):
        # whose bounds are numbers
        source = functions.get(entry["name"], source)
    if source is not None:
        args = [f"{each.arg}: {each.annotation.node_source_code}" for each in source.args.args]
        gives = f" -> {source.returns.node_source_code}" if source.returns is not None else ""
    else:
        args = [f"{each['name'] or 'key'}: {typed(each)}" for each in entry["inputs"]]
        gives = f" -> {', '.join(map(typed, entry['outputs']))}"
    return re.sub(r"\s+", " ", f"{entry['name']}({', '.join(args)}){gives}")


def marks(entry: dict[str, Any], source: vy.FunctionDef | None) -> str:
    """Whether it moves something, takes coin, and stays open while others are locked out."""
    named = [] if entry["stateMutability"] == "nonpayable" else [entry["stateMutability"]]
    if source is None or any(
        getattr(each, "id", "") == "reentrant" for each in source.decorator_list
    ):
        named.append("open")
    return ", ".join(named)


def prose(said: str) -> str:
    """NatSpec as sentences of a page."""
    lines = []
    for tag, text in re.findall(r"@(\S+)\s+(.*?)(?=\n\s*@|\Z)", said, re.DOTALL):
        text = re.sub(r"\s+", " ", text).strip()
        if tag == "param":
            name, _, rest = text.partition(" ")
            text = f"`{name}`: {rest}"
        elif tag == "return":
            text = f"Returns: {text}"
        elif tag == "custom:refuses":
            text = f"Refuses: {text}."
        lines.append(text)
    head, items = "\n".join(lines[:1]), "\n".join(f"- {each}" for each in lines[1:])
    return f"{head}\n\n{items}" if items else head


def function_lines(contract: str, entry: dict[str, Any]) -> Iterator[str]:
    """A function of a contract."""
    source = function_of(contract, entry["name"])
    selector = keccak(text=canonical(entry))[:4].hex()
    yield f"### {entry['name']}\n"
    below = "  ".join(filter(None, (f"0x{selector}", marks(entry, source))))
    yield f"```text\n{signature(contract, entry, source)}\n{below}\n```\n"
    yield prose(told(contract, entry["name"])) + "\n"


def event_line(entry: dict[str, Any]) -> str:
    """An event with the names and whole types of what it carries."""
    args = [
        f"{typed(each)}{' indexed' if each['indexed'] else ''} {each['name']}"
        for each in entry["inputs"]
    ]
    return f"{entry['name']}({', '.join(args)})"


def structs() -> Iterator[str]:
    """Structs and flags of the interfaces, in the order in which they are written."""
    for path in INTERFACES:
        for node in natspec.tree_of(path).get_children((vy.StructDef, vy.FlagDef)):
            text = node.node_source_code
            yield f"```text\n# {path.stem}\n{text.strip()}\n```\n"


def page() -> str:
    """The whole page."""
    text = [HEAD]
    for contract in (*parts.NAMES,):
        abi = artifacts.load(contract)["abi"]
        text.append(f"\n## {contract}\n")
        for entry in abi:
            if entry["type"] == "function":
                text += function_lines(contract, entry)
        events = sorted(event_line(each) for each in abi if each["type"] == "event")
        if events:
            text.append("### Events of " + contract + "\n")
            text.append("```text\n" + "\n".join(events) + "\n```\n")
    text.append("\n## Messages\n")
    text.append(MESSAGES)
    text.append("```text\n" + "\n".join(map(typed_data.encoded_type, typed_data.KINDS)) + "\n```\n")
    text.append("\n## Structs\n")
    text += structs()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(text))


def main() -> int:
    return keep({PAGE: page()}, "python scripts/interface.py")


if __name__ == "__main__":
    sys.exit(main())
