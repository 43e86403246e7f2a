"""How a wallet shows what a node signs: ERC-7730 descriptors, one per typed message.

A descriptor binds to the message's exact types and the domain's name. Which contracts count a
message is different on every chain, so the files leave out deployments; ``describe`` adds those of
a chain for who hands a descriptor to a wallet.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emc.core import typed_data
from emc.core.terms import NATIVE
from emc.core.text import printable
from emc.core.units import Currency, format_part
from emc.errors import EMCError

SCHEMA = "https://eips.ethereum.org/assets/eip-7730/erc7730-v1.schema.json"
_PERCENT = {"format": "unit", "params": {"base": "%", "decimals": 4}}
_DATE = {"format": "date", "params": {"encoding": "timestamp"}}
_RAW: dict[str, Any] = {"format": "raw"}
_AMOUNT = {
    "format": "tokenAmount",
    "params": {"tokenPath": "currency", "nativeCurrencyAddress": NATIVE},
}


def _address(kind: str) -> dict[str, Any]:
    return {"format": "addressName", "params": {"types": [kind]}}


def _enum(name: str) -> dict[str, Any]:
    return {"format": "enum", "params": {"$ref": f"$.metadata.enums.{name}"}}


_ENUMS: Mapping[str, Mapping[str, str]] = {
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
_FIELDS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "act": ("What it does", _enum("act")),
    "emc": ("EMC", _address("contract")),
    "payee": ("You are paid at", _address("wallet")),
    "base": ("Share to benchmark", _PERCENT),
    "leading": ("Share to target", _PERCENT),
    "upside": ("Share beyond target", _PERCENT),
    "lower": ("Never less than", _PERCENT),
    "upper": ("Never more than", _PERCENT),
    "running": ("Cost of every sale", _PERCENT),
    "cost": ("Cost cover", _AMOUNT),
    "gate": ("Income", _enum("gate")),
    "ends": ("Ends", _DATE),
    "backstop": ("Backstop if it fails", _address("wallet")),
    "currency": ("Currency", _address("token")),
    "accused": ("Row to expel", _RAW),
    "charged": ("Charged on", _DATE),
    "clause": ("Clause", _RAW),
    "metric": ("Measure", _RAW),
    "value": ("Value", _RAW),
    "measured": ("As of", _DATE),
    "evidence": ("Hash of the evidence", _RAW),
    "row": ("Your row", _RAW),
    "me": ("Your ME", _RAW),
    "signer": ("Signed by", _address("wallet")),
    "epoch": ("Epoch", _RAW),
    "terms": ("Terms hash", _RAW),
    "deadline": ("Counts until", _DATE),
    "nonce": ("Revoked before", _RAW),
}
_INTENTS: Mapping[str, str] = {
    "Agreement": "Agree to terms",
    "Departure": "Agree to terms without you",
    "Expulsion": "Vote to expel",
    "Disbanding": "End the EMC now",
    "Assessment": "Make a value final",
}
KINDS = tuple(_INTENTS)


@dataclass(frozen=True)
class Shown:
    """One line of a wallet's screen."""

    label: str
    value: str


def path_of(kind: str) -> Path:
    """The file of a message's descriptor."""
    return Path(__file__).parent / f"eip712-{kind.lower()}.json"


def load(kind: str) -> dict[str, Any]:
    """The descriptor of a message as it is shipped."""
    descriptor: dict[str, Any] = json.loads(path_of(kind).read_text())
    return descriptor


def describe(
    kind: str, domain: str | None = None, deployments: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """The descriptor of a message.

    Args:
        domain: The room that counts it, such as Consent; none: any.
        deployments: The room's address by chain.
    """
    types = typed_data.types_of(kind)
    fields = [field["name"] for field in types[kind]]
    enums = {name: dict(_ENUMS[name]) for name in _ENUMS if name in fields}
    binding: dict[str, Any] = {
        "schemas": [{"primaryType": kind, "types": types}],
        "domain": {"version": typed_data.VERSION},
    }
    if domain is not None:
        binding["domain"]["name"] = f"EMC {domain}"
    if deployments:
        binding["deployments"] = [
            {"chainId": chain, "address": at} for chain, at in deployments.items()
        ]
    return {
        "$schema": SCHEMA,
        "context": {"$id": f"EMC {kind}", "eip712": binding},
        "metadata": {"owner": "EMC agreements", **({"enums": enums} if enums else {})},
        "display": {
            "formats": {
                kind: {
                    "$id": kind,
                    "intent": _INTENTS[kind],
                    # in the order in which a person wants to know
                    "fields": [
                        {"path": name, "label": label, **form}
                        for name, (label, form) in _FIELDS.items()
                        if name in fields
                    ],
                    "required": [name for name in _FIELDS if name in fields],
                }
            }
        },
    }


def show(message: Mapping[str, Any], money: Currency | None = None) -> list[Shown]:
    """What a wallet shows of typed data by its descriptor, the intent first.

    Args:
        money: The settlement currency, if it is known.

    Raises:
        EMCError: it is none of our messages.
    """
    kind = str(message.get("primaryType"))
    if kind not in KINDS:
        raise EMCError(f"{printable(kind)[:40]} is none of our messages", "do not sign it here")
    descriptor, said = load(kind), message["message"]
    (schema,) = descriptor["context"]["eip712"]["schemas"]
    if message.get("types") != schema["types"]:
        raise EMCError(f"the types of this {kind} are not those of the contracts", "refuse it")
    form = descriptor["display"]["formats"][kind]
    lines = [Shown("Intent", form["intent"])]
    for field in form["fields"]:
        value = _value(field, said[field["path"]], descriptor, said, money)
        lines.append(Shown(field["label"], printable(value)))
    return lines


def _value(
    field: Mapping[str, Any],
    value: Any,
    descriptor: Mapping[str, Any],
    said: Mapping[str, Any],
    money: Currency | None,
) -> str:
    how, params = field["format"], field.get("params", {})
    if how == "unit":
        assert params == {"base": "%", "decimals": 4}, params
        return format_part(int(value))
    if how == "date":
        return _moment(int(value))
    if how == "enum":
        words: Mapping[str, str] = descriptor["metadata"]["enums"][params["$ref"].split(".")[-1]]
        return words.get(str(value), f"{value} (unknown)")
    if how == "tokenAmount":
        if money is not None:
            return money.format(int(value))
        token = str(said[params["tokenPath"]])
        if token == params["nativeCurrencyAddress"]:
            return Currency("of native coin", 18).format(int(value))
        return f"{int(value):,} base units of {token}"
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value)


def _moment(timestamp: int) -> str:
    try:
        return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return f"{timestamp} seconds after 1970"
