"""The descriptors for wallets are those of the typed data, and what they show is right."""

import json
import re
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from eth_utils.crypto import keccak

from emc import artifacts, clear_signing
from emc.core import typed_data
from emc.core.parts import ROOMS
from emc.core.terms import Metric
from emc.core.typed_data import Domain
from emc.core.units import Currency, format_moment
from emc.errors import EMCError
from emc.files import systems
from tests import javascript
from tests.docs.test_made import script
from tests.kit import address
from tests.signing import kit

ROOT = Path(__file__).parents[2]
# what writes the descriptors
DESCRIPTORS = script("clear_signing")
# the part of the published schema of version 2 that such a file may use
STRING = {"type": "string"}
FIELD = {
    "type": "object",
    "required": ["path", "label", "format", "visible"],
    "additionalProperties": False,
    "properties": {
        "visible": {"const": "always"},
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
        "$schema": {"const": "https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json"},
        "context": {
            "additionalProperties": False,
            "required": ["eip712"],
            "properties": {
                "$id": STRING,
                "eip712": {
                    "additionalProperties": False,
                    "required": ["domain", "deployments"],
                    "properties": {
                        "domain": {
                            "additionalProperties": False,
                            "required": ["name", "version"],
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
                "contractName": STRING,
                "enums": {"additionalProperties": {"additionalProperties": STRING}},
            },
        },
        "display": {
            "additionalProperties": False,
            "required": ["formats"],
            "properties": {
                "formats": {
                    "propertyNames": {"pattern": r"^[A-Z][a-z]+\([a-z0-9 ,]+\)$"},
                    "additionalProperties": {
                        "additionalProperties": False,
                        "required": ["intent", "fields"],
                        "properties": {
                            "$id": STRING,
                            "intent": {"type": "string", "maxLength": 30},
                            "fields": {"type": "array", "items": FIELD},
                        },
                    },
                }
            },
        },
    },
}


def domain_of(room: str) -> Domain:
    """One of our contracts on Sepolia."""
    return Domain(11_155_111, room, systems.ours()[room])


def on_sepolia(message: dict[str, Any]) -> dict[str, Any]:
    """The same message for our Consent there."""
    at = domain_of("Consent")
    return {
        **message,
        "domain": {**message["domain"], "chainId": at.chain_id, "verifyingContract": at.at},
    }


def messages() -> dict[str, dict[str, Any]]:
    """One message of every kind."""
    bundle = kit.agreement()
    terms, domain = bundle.terms, domain_of("Changes")
    who = {"row": 1, "me": 2, "signer": address("cook"), "deadline": kit.FAR, "nonce": 3}
    common = {"emc": bundle.emc, "epoch": 2, **who}
    return {
        "Agreement": on_sepolia(bundle.message(terms.rows[0], address("baker"), kit.FAR, 0)),
        "Departure": typed_data.departure(domain, terms=terms, **common),
        "Expulsion": typed_data.expulsion(
            domain_of("Conduct"), accused=2, charged=kit.NOW, clause="late", **common
        ),
        "Disbanding": typed_data.disbanding(domain_of("Conduct"), terms=terms, **common),
        "Assessment": typed_data.assessment(
            domain_of("Goals"),
            metric=Metric.USERS,
            value=21_500,
            measured=kit.NOW,
            evidence=b"\7" * 32,
            **common,
        ),
    }


@pytest.mark.parametrize("room", ROOMS)
def test_a_descriptor_has_the_structure_that_wallets_read(room: str) -> None:
    descriptor = clear_signing.load(room)
    jsonschema.validate(descriptor, SCHEMA)
    for form in descriptor["display"]["formats"].values():
        for field in form["fields"]:
            jsonschema.validate(field.get("params", {}), PARAMS[field["format"]])
            if field["format"] == "enum":
                name = field["params"]["$ref"].rpartition(".")[2]
                assert descriptor["metadata"]["enums"][name]
            if field["format"] == "tokenAmount":
                assert field["params"]["tokenPath"] in [each["path"] for each in form["fields"]]


@pytest.mark.parametrize("kind", typed_data.KINDS)
def test_a_descriptor_binds_to_the_types_that_wallets_get_and_contracts_hash(kind: str) -> None:
    types = messages()[kind]["types"][kind]
    fields = ",".join(f"{field['type']} {field['name']}" for field in types)
    written = f"{kind}({fields})"
    source = (ROOT / "contracts/modules/messages.vy").read_text()
    assert f'"{written}"' in source
    for room in typed_data.KINDS[kind].rooms:
        form = clear_signing.load(room)["display"]["formats"][written]
        shown = [field["path"] for field in form["fields"]]
        assert sorted(shown) == sorted(field["name"] for field in types)


def test_every_message_of_the_contracts_has_a_descriptor() -> None:
    source = (ROOT / "contracts/modules/messages.vy").read_text()
    found = re.findall(r'"([A-Z][a-z]+)\((?:string act,)?address emc,', source)
    assert set(found) == set(typed_data.KINDS)
    files = {path.name for path in clear_signing.path_of("x").parent.glob("*.json")}
    assert files == {clear_signing.path_of(room).name for room in ROOMS}
    for room in ROOMS:
        assert clear_signing.load(room) == DESCRIPTORS.describe(room)


def test_a_descriptor_binds_to_a_contract_of_the_system() -> None:
    for room in ROOMS:
        binding = clear_signing.load(room)["context"]["eip712"]
        assert binding["domain"] == {"name": f"EMC {room}", "version": "1"}
        at = systems.ours()[room]
        assert {each["address"] for each in binding["deployments"]} == {at}
        (own,) = DESCRIPTORS.describe(room, [1])["context"]["eip712"]["deployments"]
        assert own == {"chainId": 1, "address": at}


Ask = Callable[[Any], dict[str, Any]]


@pytest.fixture(scope="module")
def renderer() -> Iterator[Ask]:
    """What micro-eth-signer shows of a message by our descriptors."""
    files = {path.name: json.loads(path.read_text()) for path in map(clear_signing.path_of, ROOMS)}
    token = {"symbol": "EUR", "decimals": 2}
    with javascript.asking("shown.mjs", "micro-eth-signer") as ask:

        def shown(message: Any) -> dict[str, Any]:
            asked = {"message": javascript.plain(message), "descriptors": files, "token": token}
            found: dict[str, Any] = ask(asked)["shown"]
            return found

        yield shown


@pytest.mark.parametrize("kind", typed_data.KINDS)
def test_another_renderer_shows_every_field_as_it_is_shown_here(renderer: Ask, kind: str) -> None:
    message = messages()[kind]
    theirs = renderer(message)
    intent, *ours = clear_signing.show(message, Currency("EUR", 2))
    assert theirs["intent"] == intent.value
    assert list(theirs["fields"]) == [each.label for each in ours]
    for each in ours:
        found = theirs["fields"][each.label]
        if found["format"] == "date":
            # the same second, in the words of a browser
            at = parsedate_to_datetime(found["value"])
            assert format_moment(int(at.timestamp())) == each.value
        elif found["format"] == "unit":
            assert found["value"].replace(" %", "%") == each.value
        elif found["format"] == "tokenAmount":
            assert found["value"] == each.value.replace(".00 EUR", " EUR")
        else:
            assert found["value"] == each.value


def test_another_renderer_shows_nothing_of_what_is_not_ours(renderer: Ask) -> None:
    message = messages()["Disbanding"]
    assert renderer(message) is not None
    for field, other in (
        ("verifyingContract", address("elsewhere")),
        ("chainId", 1),
        ("name", "EMC Goals"),
    ):
        assert renderer({**message, "domain": {**message["domain"], field: other}}) is None


def test_the_values_are_those_that_the_functions_of_the_contracts_take() -> None:
    """What a message says besides the terms is an argument of the digest, by the same name."""
    for room, function, kind, implied in (
        ("Conduct", "expulsion_digest", "Expulsion", {"epoch", "charged"}),
        ("Conduct", "disbanding_digest", "Disbanding", {"epoch", "currency", "backstop"}),
        ("Goals", "digest", "Assessment", {"epoch", "value", "measured", "evidence"}),
    ):
        (entry,) = [each for each in artifacts.load(room)["abi"] if each.get("name") == function]
        *inputs, voter = entry["inputs"]
        taken = {each["name"] for each in (*inputs, *voter["components"])} - {"terms", "submitter"}
        fields = {each["path"] for each in form(kind)["fields"]}
        assert fields - implied == taken


def form(kind: str) -> dict[str, Any]:
    (room, *_) = typed_data.KINDS[kind].rooms
    formats: dict[str, Any] = clear_signing.load(room)["display"]["formats"]
    descriptor: dict[str, Any] = formats[typed_data.encoded_type(kind)]
    return descriptor


def test_the_words_of_enums_are_those_that_the_contracts_hash() -> None:
    source = (ROOT / "contracts/modules/messages.vy").read_text()
    (words,) = re.findall(r"GATES: constant\(.*?= \[(.*?)\]", source, re.DOTALL)
    known = clear_signing.load("Consent")["metadata"]["enums"]["gate"]
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
    with pytest.raises(EMCError, match="is not one of our messages"):
        clear_signing.show({**message, "primaryType": "Permit"})
    types = json.loads(json.dumps(message["types"]))
    types["Agreement"].pop()
    with pytest.raises(EMCError, match="types of this Agreement are not those"):
        clear_signing.show({**message, "types": types})
    domain = {**message["domain"], "name": "EMC Goals"}
    with pytest.raises(EMCError, match="EMC Goals counts no Agreement"):
        clear_signing.show({**message, "domain": domain})


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
