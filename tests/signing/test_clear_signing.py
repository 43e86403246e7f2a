"""The descriptors for wallets are those of the typed data, and what they show is right."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from eth_utils.crypto import keccak

from emc import artifacts, clear_signing
from emc.core import typed_data
from emc.core.terms import Metric
from emc.core.typed_data import Domain
from emc.core.units import Currency
from emc.errors import EMCError
from tests.kit import address
from tests.signing import kit

ROOT = Path(__file__).parents[2]
# the part of the published schema of version 1 that such a file may use
STRING = {"type": "string"}
FIELD = {
    "type": "object",
    "required": ["path", "label", "format"],
    "additionalProperties": False,
    "properties": {
        "path": {"type": "string", "pattern": "^[a-z]+$"},
        "label": {"type": "string", "minLength": 2, "maxLength": 20},
        "format": {"enum": ["raw", "addressName", "tokenAmount", "date", "unit", "enum"]},
        "params": {"type": "object"},
    },
}
PARAMS: dict[str, Any] = {
    "raw": {"maxProperties": 0},
    "addressName": {
        "required": ["types"],
        "additionalProperties": False,
        "properties": {"types": {"items": {"enum": ["wallet", "eoa", "contract", "token"]}}},
    },
    "tokenAmount": {
        "required": ["tokenPath"],
        "additionalProperties": False,
        "properties": {"tokenPath": STRING, "nativeCurrencyAddress": STRING},
    },
    "date": {"required": ["encoding"], "properties": {"encoding": {"const": "timestamp"}}},
    "unit": {
        "required": ["base"],
        "additionalProperties": False,
        "properties": {"base": {"const": "%"}, "decimals": {"const": 4}},
    },
    "enum": {"required": ["$ref"], "properties": {"$ref": {"pattern": r"^\$\.metadata\.enums\."}}},
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["$schema", "context", "metadata", "display"],
    "properties": {
        "$schema": {"const": "https://eips.ethereum.org/assets/eip-7730/erc7730-v1.schema.json"},
        "context": {
            "additionalProperties": False,
            "required": ["eip712"],
            "properties": {
                "$id": STRING,
                "eip712": {
                    "additionalProperties": False,
                    "required": ["schemas", "domain"],
                    "properties": {
                        "schemas": {"type": "array", "minItems": 1, "maxItems": 1},
                        "domain": {
                            "additionalProperties": False,
                            "properties": {"name": STRING, "version": STRING},
                        },
                        "deployments": {"type": "array", "minItems": 1},
                    },
                },
            },
        },
        "metadata": {
            "additionalProperties": False,
            "required": ["owner"],
            "properties": {
                "owner": STRING,
                "enums": {"additionalProperties": {"additionalProperties": STRING}},
            },
        },
        "display": {
            "additionalProperties": False,
            "required": ["formats"],
            "properties": {
                "formats": {
                    "additionalProperties": {
                        "additionalProperties": False,
                        "required": ["intent", "fields", "required"],
                        "properties": {
                            "$id": STRING,
                            "intent": {"type": "string", "maxLength": 30},
                            "fields": {"type": "array", "items": FIELD},
                            "required": {"type": "array", "items": STRING},
                        },
                    }
                }
            },
        },
    },
}


def messages() -> dict[str, dict[str, Any]]:
    """One message of every kind."""
    bundle = kit.agreement()
    terms, domain = bundle.terms, Domain(31337, "Changes", address("room"))
    who = {"row": 1, "me": 2, "signer": address("cook"), "deadline": kit.FAR, "nonce": 3}
    common = {"emc": bundle.emc, "epoch": 2, **who}
    return {
        "Agreement": bundle.message(terms.rows[0], address("baker"), kit.FAR, 0),
        "Departure": typed_data.departure(domain, terms=terms, **common),
        "Expulsion": typed_data.expulsion(
            domain, accused=2, charged=kit.NOW, clause="late", **common
        ),
        "Disbanding": typed_data.disbanding(domain, terms=terms, **common),
        "Assessment": typed_data.assessment(
            domain,
            metric=Metric.USERS,
            value=21_500,
            measured=kit.NOW,
            evidence=b"\7" * 32,
            **common,
        ),
    }


@pytest.mark.parametrize("kind", clear_signing.KINDS)
def test_a_descriptor_has_the_structure_that_wallets_read(kind: str) -> None:
    descriptor = clear_signing.load(kind)
    jsonschema.validate(descriptor, SCHEMA)
    form = descriptor["display"]["formats"][kind]
    for field in form["fields"]:
        jsonschema.validate(field.get("params", {}), PARAMS[field["format"]])
        if field["format"] == "enum":
            name = field["params"]["$ref"].rpartition(".")[2]
            assert descriptor["metadata"]["enums"][name]
        if field["format"] == "tokenAmount":
            assert field["params"]["tokenPath"] in form["required"]


@pytest.mark.parametrize("kind", clear_signing.KINDS)
def test_a_descriptor_binds_to_the_types_that_wallets_get_and_contracts_hash(kind: str) -> None:
    message = messages()[kind]
    descriptor = clear_signing.load(kind)
    (schema,) = descriptor["context"]["eip712"]["schemas"]
    assert schema == {"primaryType": kind, "types": message["types"]}
    written = ",".join(f"{field['type']} {field['name']}" for field in schema["types"][kind])
    source = (ROOT / "contracts/modules/messages.vy").read_text()
    assert f'"{kind}({written})"' in source
    shown = [field["path"] for field in descriptor["display"]["formats"][kind]["fields"]]
    assert sorted(shown) == sorted(field["name"] for field in schema["types"][kind])
    assert sorted(descriptor["display"]["formats"][kind]["required"]) == sorted(shown)


def test_every_message_of_the_contracts_has_a_descriptor() -> None:
    source = (ROOT / "contracts/modules/messages.vy").read_text()
    assert set(re.findall(r'"([A-Z][a-z]+)\((?:string act,)?address emc,', source)) == set(
        clear_signing.KINDS
    )
    files = {path.name for path in clear_signing.path_of("x").parent.glob("*.json")}
    assert files == {f"eip712-{kind.lower()}.json" for kind in clear_signing.KINDS}
    for kind in clear_signing.KINDS:
        assert clear_signing.load(kind) == clear_signing.describe(kind)


def test_the_values_are_those_that_the_functions_of_the_contracts_take() -> None:
    """What a message says besides the terms is an argument of the digest, by the same name."""
    for room, function, kind, implied in (
        ("Conduct", "expulsion_digest", "Expulsion", {"epoch", "charged"}),
        ("Conduct", "disbanding_digest", "Disbanding", {"epoch", "currency", "backstop"}),
        ("Goals", "digest", "Assessment", {"epoch", "value", "measured", "evidence"}),
    ):
        (entry,) = [each for each in artifacts.load(room)["abi"] if each.get("name") == function]
        taken = {each["name"] for each in entry["inputs"]} - {"terms", "submitter"}
        fields = {each["path"] for each in form(kind)["fields"]}
        assert fields - implied == taken


def form(kind: str) -> dict[str, Any]:
    descriptor: dict[str, Any] = clear_signing.load(kind)["display"]["formats"][kind]
    return descriptor


def test_the_words_of_enums_are_those_that_the_contracts_hash() -> None:
    source = (ROOT / "contracts/modules/messages.vy").read_text()
    (words,) = re.findall(r"GATES: constant\(.*?= \[(.*?)\]", source, re.DOTALL)
    known = clear_signing.load("Agreement")["metadata"]["enums"]["gate"]
    assert re.findall(r'keccak256\("(\w+)"\)', words) == list(known)


def test_what_is_shown_is_what_is_signed() -> None:
    message = messages()["Agreement"]
    shown = {each.label: each.value for each in clear_signing.show(message, Currency("EUR", 2))}
    assert shown["Intent"] == "Agree to terms"
    assert (shown["Share to benchmark"], shown["Share to target"]) == ("50%", "45%")
    assert (shown["Never less than"], shown["Never more than"]) == ("30%", "60%")
    assert shown["Cost cover"] == "100.00 EUR"
    assert shown["Cost of every sale"] == "20%"
    assert shown["Income"] == "Held to benchmark"
    assert shown["Ends"] == "2027-04-15 08:00 UTC"
    assert shown["Terms hash"] == "0x" + kit.agreement().terms.hash().hex()
    coin = {each.label: each.value for each in clear_signing.show(native(message))}
    assert coin["Cost cover"] == "0.0000000000000001 of native coin"
    assessed = {each.label: each.value for each in clear_signing.show(messages()["Assessment"])}
    assert (assessed["Measure"], assessed["Value"]) == ("users", "21500")


def native(message: dict[str, Any]) -> dict[str, Any]:
    inner = {**message["message"], "currency": "0x" + "00" * 20, "cost": 100}
    return {**message, "message": inner}


def test_a_foreign_message_is_not_explained() -> None:
    message = messages()["Agreement"]
    with pytest.raises(EMCError, match="is none of our messages"):
        clear_signing.show({**message, "primaryType": "Permit"})
    types = json.loads(json.dumps(message["types"]))
    types["Agreement"].pop()
    with pytest.raises(EMCError, match="types of this Agreement are not those"):
        clear_signing.show({**message, "types": types})


def test_the_hashes_are_those_of_eip_712_computed_by_hand() -> None:
    message = messages()["Disbanding"]
    found = typed_data.hashes(message)
    said, domain = message["message"], message["domain"]
    written = ",".join(f"{f['type']} {f['name']}" for f in message["types"]["Disbanding"])

    def word(value: Any) -> bytes:
        number = int(value, 16) if isinstance(value, str) else value
        return int(number).to_bytes(32, "big")

    struct = keccak(text=f"Disbanding({written})") + b"".join(map(word, said.values()))
    assert found.message == "0x" + keccak(struct).hex()
    domain_type = (
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    )
    separator = keccak(
        keccak(text=domain_type)
        + keccak(text=domain["name"])
        + keccak(text="1")
        + word(domain["chainId"])
        + word(domain["verifyingContract"])
    )
    assert found.domain == "0x" + separator.hex()
    assert found.digest == "0x" + keccak(b"\x19\x01" + separator + keccak(struct)).hex()


def test_a_descriptor_for_a_wallet_names_where_the_contracts_are() -> None:
    made = clear_signing.describe("Agreement", "Consent", {1: address("consent")})
    jsonschema.validate(made, SCHEMA)
    binding = made["context"]["eip712"]
    assert binding["domain"] == {"version": "1", "name": "EMC Consent"}
    assert binding["deployments"] == [{"chainId": 1, "address": address("consent")}]
