"""Make the ERC-7730 files that tell wallets how to show what a node signs.

The address of a contract is the same on every chain; the files name the chains that `--network` has
a name for.

python scripts/clear_signing.py          write them
python scripts/clear_signing.py --check  exit 1 if they are not what would be written
"""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from generated import keep

from emc import clear_signing
from emc.core import typed_data
from emc.core.parts import ROOMS
from emc.core.terms import NATIVE
from emc.files import systems

SCHEMA = "https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json"
PERCENT = {"format": "unit", "params": {"base": "%", "decimals": 4}}
DATE = {"format": "date", "params": {"encoding": "timestamp"}}
RAW: dict[str, Any] = {"format": "raw"}
AMOUNT = {
    "format": "tokenAmount",
    "params": {"tokenPath": "currency", "nativeCurrencyAddress": NATIVE},
}


def named(kind: str) -> dict[str, Any]:
    return {"format": "addressName", "params": {"types": [kind]}}


def enum(name: str) -> dict[str, Any]:
    return {"format": "enum", "params": {"$ref": f"$.metadata.enums.{name}"}}


ENUMS: Mapping[str, Mapping[str, str]] = {
    "act": {
        "formation": "Form the EMC",
        "renegotiation": "Change shares by quorum",
        "amendment": "Change terms by all",
    },
    "gate": {
        "none": "Flows at once",
        "benchmark": "Held to benchmark",
        "target": "Held to target",
    },
}
# field: what a person calls it, and how it is shown
FIELDS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "act": ("What it does", enum("act")),
    "emc": ("EMC", named("contract")),
    "payee": ("You are paid at", named("wallet")),
    "base": ("Share to benchmark", PERCENT),
    "leading": ("Share to target", PERCENT),
    "upside": ("Share beyond target", PERCENT),
    "lower": ("Never less than", PERCENT),
    "upper": ("Never more than", PERCENT),
    "running": ("Cost of every sale", PERCENT),
    "cost": ("Cost cover", AMOUNT),
    "gate": ("Income", enum("gate")),
    "ends": ("Ends", DATE),
    "backstop": ("Backstop if it fails", named("wallet")),
    "currency": ("Currency", named("token")),
    "accused": ("Row to expel", RAW),
    "charged": ("Charged on", DATE),
    "clause": ("Clause", RAW),
    "metric": ("Measure", RAW),
    "value": ("Value", RAW),
    "measured": ("As of", DATE),
    "evidence": ("Hash of the evidence", RAW),
    "row": ("Your row", RAW),
    "me": ("Your ME", RAW),
    "signer": ("Signed by", named("wallet")),
    "epoch": ("Epoch", RAW),
    "terms": ("Terms hash", RAW),
    "deadline": ("Counts until", DATE),
    "nonce": ("Revoked before", RAW),
}
INTENTS: Mapping[str, str] = {
    "Agreement": "Agree to terms",
    "Departure": "Agree to terms without you",
    "Expulsion": "Vote to expel",
    "Disbanding": "End the EMC now",
    "Assessment": "Make a value final",
}
# where a file says that its contract is: Sepolia and Base Sepolia
CHAINS = (11_155_111, 84_532)


def kinds_of(room: str) -> list[str]:
    """The messages that a contract counts."""
    return [kind for kind, each in typed_data.KINDS.items() if room in each.rooms]


def describe(room: str, chains: Iterable[int] = CHAINS) -> dict[str, Any]:
    """The descriptor of a contract that counts messages.

    Args:
        room: Consent, Changes, Conduct or Goals.
        chains: Where wallets may use it.
    """
    at, kinds = systems.ours()[room], kinds_of(room)
    named = {field for kind in kinds for field in fields_of(kind)}
    enums = {name: dict(ENUMS[name]) for name in ENUMS if name in named}
    return {
        "$schema": SCHEMA,
        "context": {
            "$id": f"EMC {room}",
            "eip712": {
                "domain": {"name": f"EMC {room}", "version": typed_data.VERSION},
                "deployments": [{"chainId": chain, "address": at} for chain in chains],
            },
        },
        "metadata": {
            "owner": "EMC agreements",
            "contractName": room,
            **({"enums": enums} if enums else {}),
        },
        "display": {"formats": {typed_data.encoded_type(kind): format_of(kind) for kind in kinds}},
    }


def format_of(kind: str) -> dict[str, Any]:
    """How a message is shown: every field, in the order in which a person wants to know."""
    names = fields_of(kind)
    fields = [
        {"path": name, "label": label, **form, "visible": "always"}
        for name, (label, form) in FIELDS.items()
        if name in names
    ]
    return {"$id": kind, "intent": INTENTS[kind], "fields": fields}


def fields_of(kind: str) -> list[str]:
    return [field["name"] for field in typed_data.types_of(kind)[kind]]


def main() -> int:
    files = {
        clear_signing.path_of(room): json.dumps(describe(room), indent=2) + "\n" for room in ROOMS
    }
    return keep(files, "python scripts/clear_signing.py")


if __name__ == "__main__":
    sys.exit(main())
