"""How a wallet shows what a node signs: ERC-7730 descriptors of version 2, one for each contract
that counts messages.

A descriptor binds to the contract's name and address, and each of its formats to the exact types
of a message. `scripts/clear_signing.py` writes them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from emc.core import typed_data
from emc.core.text import printable
from emc.core.units import Currency, format_moment, format_part
from emc.errors import EMCError


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


def show(message: Mapping[str, Any], money: Currency | None = None) -> list[Shown]:
    """What a wallet shows of typed data by its descriptor, the intent first.

    Args:
        money: The settlement currency, if it is known.

    Raises:
        EMCError: it is not one of our messages.
    """
    kind, domain = str(message.get("primaryType")), message.get("domain")
    if kind not in typed_data.KINDS:
        raise EMCError(f"{printable(kind)[:40]} is not one of our messages", "do not sign it here")
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
