"""How a wallet shows what a node signs: ERC-7730 descriptors of version 2, one for each contract
that counts messages.

A descriptor binds to the contract's name and address, and each of its formats to the exact types
of a message. The address is the same on every chain; the files name the chains that `--network`
has a name for, and ``describe`` takes others.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from emc.core import typed_data
from emc.core.terms import NATIVE
from emc.core.text import printable
from emc.core.units import Currency, format_moment, format_part
from emc.errors import EMCError
from emc.files import systems

SCHEMA = "https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json"
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
# where a file says that its contract is: Sepolia and Base Sepolia
CHAINS = (11_155_111, 84_532)


@dataclass(frozen=True)
class Shown:
    """One line of a wallet's screen."""

    label: str
    value: str


def path_of(room: str) -> Path:
    """The file of a contract's descriptor."""
    return Path(__file__).parent / f"eip712-{room.lower()}.json"


@cache
def load(room: str) -> dict[str, Any]:
    """The descriptor of a contract as it is shipped."""
    descriptor: dict[str, Any] = json.loads(path_of(room).read_text())
    return descriptor


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
    named = {field for kind in kinds for field in _names(kind)}
    enums = {name: dict(_ENUMS[name]) for name in _ENUMS if name in named}
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
        "display": {"formats": {typed_data.encoded_type(kind): _format(kind) for kind in kinds}},
    }


def _format(kind: str) -> dict[str, Any]:
    """How a message is shown: every field, in the order in which a person wants to know."""
    names = _names(kind)
    fields = [
        {"path": name, "label": label, **form, "visible": "always"}
        for name, (label, form) in _FIELDS.items()
        if name in names
    ]
    return {"$id": kind, "intent": _INTENTS[kind], "fields": fields}


def _names(kind: str) -> list[str]:
    return [field["name"] for field in typed_data.types_of(kind)[kind]]


def show(message: Mapping[str, Any], money: Currency | None = None) -> list[Shown]:
    """What a wallet shows of typed data by its descriptor, the intent first.

    Args:
        money: The settlement currency, if it is known.

    Raises:
        EMCError: it is none of our messages.
    """
    kind, domain = str(message.get("primaryType")), message.get("domain")
    if kind not in typed_data.KINDS:
        raise EMCError(f"{printable(kind)[:40]} is none of our messages", "do not sign it here")
    said, name = message["message"], domain.get("name") if isinstance(domain, dict) else None
    room = next((each for each in typed_data.KINDS[kind].rooms if name == f"EMC {each}"), None)
    if room is None:
        raise EMCError(f"{printable(str(name))[:40]} counts no {kind}", "refuse it")
    if message.get("types") != typed_data.types_of(kind):
        raise EMCError(f"the types of this {kind} are not those of the contracts", "refuse it")
    descriptor = load(room)
    form = descriptor["display"]["formats"][typed_data.encoded_type(kind)]
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
        return format_moment(int(value))
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
