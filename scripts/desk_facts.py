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
from emc.core import limits, orders, terms, typed_data
from emc.core.units import PPM
from emc.files import bundle, calls, canvas_types, json_file, proposal, systems

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "scripts"))

from generated import keep  # noqa: E402

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
# where the desk names functions and events of contracts, in quotes; what nothing names is left out
SOURCES = (*sorted((ROOT / "desk" / "src").rglob("*.ts*")), ROOT / "tests" / "desk" / "answers.ts")
# types of which there are hundreds; abi.ts writes them out
SHORT = {"uint256": "u", "address": "a", "bytes32": "h"}
# what tokens may have besides: arguments and answers (EIP-3009, and a habit of EIP-2612)
OF_TOKENS = {
    "authorizationState": "a,h>bool",
    "PERMIT_TYPEHASH": ">h",
}
# what is refused while contracts are deployed, among themselves, to who calls for bids or rescues
ELSEWHERE = re.compile(
    "system: |.*: not our (EMC|registry)|.*: not the authority|reviews: not rated"
    "|emc: (not a foreign|nothing to rescue)"
    "|calls: (no role|lower|bound|no places|too many|closes|reveal|registry|bar|EMC )"
    "|calls: somebody"
)
ORDERED = (terms.Terms, terms.Row)


class Structs:
    """Every struct of the ABIs once, since most functions take the same table."""

    def __init__(self) -> None:
        self.known: list[str] = []

    def type_of(self, found: dict[str, Any]) -> str:
        """A struct is ``#`` and its place."""
        kind = str(found["type"])
        if not kind.startswith("tuple"):
            return re.sub(r"\w+", lambda each: SHORT.get(each[0], each[0]), kind)
        fields = self.fields(found["components"])
        if fields not in self.known:
            self.known.append(fields)
        return f"#{self.known.index(fields)}{kind.removeprefix('tuple')}"

    def types(self, found: list[dict[str, Any]]) -> str:
        """Types alone: arguments and answers go by their place."""
        return ",".join(self.type_of(each) for each in found)

    def fields(self, found: list[dict[str, Any]]) -> str:
        """Types and names, and of an event with a star which are topics."""
        return ",".join(
            f"{self.type_of(each)} {each['name']}{'*' * each.get('indexed', False)}"
            for each in found
        )


def content() -> dict[str, Any]:
    """All of it."""
    structs = Structs()
    text = "".join(each.read_text("utf-8") for each in SOURCES)
    named = set(re.findall(r'"(?:event\.)?(\w+)"', text))
    return {
        "terms": structs.type_of(_function("Consent", "terms_hash")["inputs"][0]),
        "row": structs.type_of(_function("Consent", "terms_hash")["inputs"][1]),
        "order_type": structs.type_of(_function("Checkout", "hash_of")["inputs"][0]),
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
            "types": {kind: each.fields for kind, each in typed_data.KINDS.items()},
        },
        "limits": {
            "ppm": PPM,
            "rows": limits.MAX_ROWS,
            "measures": limits.MAX_MEASURES,
            "bytes": json_file.MAX_BYTES,
            "depth": json_file.MAX_DEPTH,
            "signature": bundle.MAX_SIGNATURE,
            "clause": limits.MAX_CLAUSE,
            "item": limits.MAX_ITEM,
            "uri": limits.MAX_URI,
            "ids": limits.MAX_IDS,
            "time": limits.MAX_TIME,
            "span": limits.MAX_SPAN,
            "wait": limits.MAX_WAIT,
            "name": orders.MAX_TEXT,
            "serial": orders.SERIAL_BITS,
            "key": canvas_types.MAX_KEY,
            "line": canvas_types.MAX_LINE,
            "prose": canvas_types.MAX_PROSE,
            "decimals": canvas_types.MAX_DECIMALS,
            "lines": calls.MAX_LINES,
            "role": limits.MAX_ROLE,
            "places": calls.MAX_PLACES,
            "reveal": limits.MIN_REVEAL,
            # as text: no number of JSON holds it
            "amount": str(limits.MAX_AMOUNT),
        },
        "key": canvas_types.KEY,
        "symbol": canvas_types.SYMBOL,
        "formats": {"agreement": bundle.FORMAT, "proposal": proposal.FORMAT},
        "reasons": {
            reason: told for reason, told in REASONS.items() if not ELSEWHERE.match(reason)
        },
    }


def text() -> str:
    """The file."""
    return json.dumps(content(), indent=1, ensure_ascii=False) + "\n"


def _contract(structs: Structs, name: str, named: set[str]) -> dict[str, Any]:
    functions, events = {}, {}
    for each in artifacts.load(name)["abi"]:
        if each["type"] == "function" and each["name"] in named:
            functions[each["name"]] = (
                f"{structs.types(each['inputs'])}>{structs.types(each['outputs'])}"
            )
        elif each["type"] == "event" and each["name"] in named:
            events[each["name"]] = structs.fields(each["inputs"])
    if name == "Token":
        functions |= OF_TOKENS
    return {"functions": functions, "events": events}


def _function(contract: str, name: str) -> dict[str, Any]:
    abi: list[dict[str, Any]] = artifacts.load(contract)["abi"]
    return next(each for each in abi if each.get("name") == name)


def _words(words: type[IntEnum]) -> dict[str, int]:
    return {each.name.lower(): int(each) for each in words}


def main() -> int:
    return keep({PAGE: text()}, "make desk")


if __name__ == "__main__":
    sys.exit(main())
