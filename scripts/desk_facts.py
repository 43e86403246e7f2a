"""Make desk/src/core/generated.json, what the desk takes from the Python package: the contracts'
ABI and addresses, the types that are signed, words, limits and reasons.

python scripts/desk_facts.py          write it
python scripts/desk_facts.py --check  exit 1 if it is not what would be written
"""

import json
import re
import sys
from dataclasses import fields
from enum import IntEnum
from pathlib import Path
from typing import Any

from emc import artifacts
from emc.chain.reasons import REASONS
from emc.core import terms, typed_data
from emc.core.units import PPM
from emc.files import bundle, json_file, proposal, systems

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "desk" / "src" / "core" / "generated.json"
# whom the desk asks or tells something; the test token stands for any
CONTRACTS = (
    "MicroEnterprises",
    "EMC",
    "Consent",
    "Changes",
    "Conduct",
    "Goals",
    "Reputation",
    "CallForBids",
    "Checkout",
    "Token",
)
# where the desk names functions of contracts, in quotes; what nothing names is left out
SOURCES = (*sorted((ROOT / "desk" / "src").rglob("*.ts*")), ROOT / "tests" / "desk" / "answers.ts")
# who deploys a system does not do it at the desk
ELSEWHERE = "system"
ORDERED = (terms.Terms, terms.Row)


class Structs:
    """Every struct of the ABIs once, since most functions take the same table."""

    def __init__(self) -> None:
        self.known: list[list[list[str]]] = []

    def parameter(self, found: dict[str, Any]) -> list[str]:
        """Name and type; a struct is ``#`` and its place."""
        kind = str(found["type"])
        if kind.startswith("tuple"):
            fields = [self.parameter(each) for each in found["components"]]
            if fields not in self.known:
                self.known.append(fields)
            kind = f"#{self.known.index(fields)}{kind.removeprefix('tuple')}"
        return [str(found["name"]), kind]


def content() -> dict[str, Any]:
    """All of it."""
    structs = Structs()
    named = set(re.findall(r'"(\w+)"', "".join(each.read_text("utf-8") for each in SOURCES)))
    return {
        "terms": structs.parameter(_function("Consent", "terms_hash")["inputs"][0])[1],
        "row": structs.parameter(_function("Consent", "terms_hash")["inputs"][1])[1],
        "contracts": {name: _contract(structs, name, named) for name in CONTRACTS},
        "structs": structs.known,
        "system": systems.ours(),
        "version": systems.version(),
        # in which files write them
        "order": {each.__name__: [name.name for name in fields(each)] for each in ORDERED},
        "words": {
            "kind": _words(terms.Kind),
            "goal.gate": _words(terms.Gate),
        },
        "metrics": list(terms.WORDS),
        "messages": {
            "version": typed_data.VERSION,
            "types": {name: typed_data.types_of(name) for name in typed_data.KINDS},
        },
        "limits": {
            "ppm": PPM,
            "rows": terms.MAX_ROWS,
            "measures": terms.MAX_MEASURES,
            "bytes": json_file.MAX_BYTES,
            "depth": json_file.MAX_DEPTH,
            "signature": bundle.MAX_SIGNATURE,
        },
        "formats": {"agreement": bundle.FORMAT, "proposal": proposal.FORMAT},
        "reasons": {
            reason: told for reason, told in REASONS.items() if reason.split(":")[0] != ELSEWHERE
        },
    }


def text() -> str:
    """The file."""
    return json.dumps(content(), indent=1, ensure_ascii=False) + "\n"


def _contract(structs: Structs, name: str, named: set[str]) -> dict[str, Any]:
    functions, events = {}, {}
    for each in artifacts.load(name)["abi"]:
        if each["type"] == "function" and each["name"] in named:
            # arguments and answers go by their place
            functions[each["name"]] = [
                [structs.parameter(found)[1] for found in each[side]]
                for side in ("inputs", "outputs")
            ]
        elif each["type"] == "event":
            events[each["name"]] = [
                [*structs.parameter(found), found["indexed"]] for found in each["inputs"]
            ]
    return {"functions": functions, "events": events}


def _function(contract: str, name: str) -> dict[str, Any]:
    abi: list[dict[str, Any]] = artifacts.load(contract)["abi"]
    return next(each for each in abi if each.get("name") == name)


def _words(words: type[IntEnum]) -> dict[str, int]:
    return {each.name.lower(): int(each) for each in words}


def main() -> int:
    if "--check" not in sys.argv:
        PAGE.write_text(text())
    elif not PAGE.exists() or PAGE.read_text() != text():
        print("stale: desk/src/core/generated.json; run `make desk`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
