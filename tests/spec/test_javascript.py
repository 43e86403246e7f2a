"""What a node signs has one digest: in Python, in a JavaScript wallet and in the contract."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boa
import pytest
from eth_utils.crypto import keccak
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emc import typed_data
from emc.terms import Gate, Terms
from tests.javascript import Digest, digests
from tests.kit import World
from tests.profiles import effort
from tests.spec.test_terms_hash import ANY, addresses, tables, words

FEW = settings(ANY, max_examples=3)
FLAT = re.compile(r"address|bool|string|bytes32|uint\d+")


@dataclass(frozen=True)
class Signable:
    """A message as a wallet shows it, and the digest that the contract counts signatures of."""

    message: dict[str, Any]
    on_chain: Callable[[], bytes]


Builder = Callable[[World], st.SearchStrategy[Signable]]


@st.composite
def seated(draw: st.DrawFn) -> tuple[Terms, int]:
    """Terms with any value in every field, and the place of a row in them that is a node's."""
    terms = draw(tables)
    place = draw(st.integers(0, len(terms.rows) - 1))
    return terms.with_row(place, party=draw(st.integers(0, 2**160 - 1))), place


@st.composite
def agreements(draw: st.DrawFn, world: World) -> Signable:
    """A node's word on the terms of a first epoch."""
    terms, place = draw(seated())
    emc, signer = draw(addresses), draw(addresses)
    nonce, deadline = draw(words), draw(words)
    message = typed_data.agreement(
        world.domain("Consent"),
        emc=emc,
        terms=terms,
        row=terms.rows[place],
        signer=signer,
        nonce=nonce,
        deadline=deadline,
    )
    return Signable(
        message,
        lambda: world.consent.digest(
            emc, terms.head(), terms.table(), place, signer, nonce, deadline
        ),
    )


# by the function of emc.typed_data that builds the message
MESSAGES: dict[str, Builder] = {"agreement": agreements}
every_message = pytest.mark.parametrize("name", MESSAGES)


def in_python(message: dict[str, Any]) -> bytes:
    """What eth-account signs."""
    signable = typed_data.signable(message)
    return keccak(b"\x19\x01" + signable.header + signable.body)


@pytest.fixture(scope="module")
def in_javascript() -> Iterator[Digest]:
    """What ethers signs."""
    with digests() as digest:
        yield digest


@every_message
@settings(ANY, max_examples=effort(2))
@given(data=st.data())
def test_python_javascript_and_the_contract_have_one_digest(
    world: World, in_javascript: Digest, name: str, data: st.DataObject
) -> None:
    signable = data.draw(MESSAGES[name](world))
    digest = signable.on_chain()
    assert in_python(signable.message) == digest
    assert in_javascript(signable.message) == digest


@every_message
@ANY
@given(data=st.data(), chain_id=words, contract=addresses)
def test_another_chain_or_contract_is_another_digest(
    world: World,
    in_javascript: Digest,
    name: str,
    data: st.DataObject,
    chain_id: int,
    contract: str,
) -> None:
    message = data.draw(MESSAGES[name](world)).message
    here = message["domain"]
    found = {in_python(message)}
    for change in ({"chainId": chain_id}, {"verifyingContract": contract}):
        other = {**message, "domain": {**here, **change}}
        assume(other["domain"] != here)
        assert in_python(other) == in_javascript(other)
        found.add(in_python(other))
    assert len(found) == 3


@every_message
@FEW
@given(data=st.data())
def test_a_message_is_one_struct_of_flat_fields_each_with_its_value(
    world: World, name: str, data: st.DataObject
) -> None:
    message = data.draw(MESSAGES[name](world)).message
    own = message["types"][message["primaryType"]]
    assert message["types"].keys() == {"EIP712Domain", message["primaryType"]}
    assert [field["name"] for field in own] == list(message["message"])
    for fields in message["types"].values():
        assert [field for field in fields if not FLAT.fullmatch(field["type"])] == []


@every_message
@FEW
@given(data=st.data())
def test_every_field_of_a_message_is_signed(
    world: World, in_javascript: Digest, name: str, data: st.DataObject
) -> None:
    message = data.draw(MESSAGES[name](world)).message
    kinds = {field["name"]: field["type"] for field in message["types"][message["primaryType"]]}
    found = {in_javascript(message)}
    for field, value in message["message"].items():
        values = {**message["message"], field: another(kinds[field], value)}
        changed = {**message, "message": values}
        assert in_javascript(changed) == in_python(changed)
        found.add(in_javascript(changed))
    assert len(found) == 1 + len(kinds)


def another(kind: str, value: Any) -> Any:
    """Another value of a flat type."""
    if kind.startswith("uint") or kind == "bool":
        return type(value)(value ^ 1)
    if kind == "bytes32":
        return bytes([value[0] ^ 1]) + value[1:]
    if kind == "address":
        return "0x" + format(int(value, 16) ^ 1, "040x")
    return value + "."


@pytest.mark.parametrize("gate", list(Gate))
def test_a_node_reads_its_own_numbers(world: World, gate: Gate) -> None:
    rows = world.rows([600_000, 300_000, 100_000], running=[0, 20_000, 0], costs=[0, 7, 0])
    terms = world.terms(rows, gate=gate).with_row(1, leading=310_000, upside=320_000, lower=5)
    row = terms.rows[1]
    message = typed_data.agreement(
        world.domain("Consent"),
        emc=world.address_of(terms),
        terms=terms,
        row=row,
        signer=world.nodes[1].account,
        deadline=9,
        nonce=2,
    )
    assert message["message"] == {
        "emc": world.address_of(terms),
        "epoch": 1,
        "terms": world.consent.terms_hash(terms.head(), terms.table()),
        "row": 1,
        "me": world.nodes[1].me,
        "signer": world.nodes[1].account,
        "payee": row.payee,
        "currency": terms.currency,
        "base": 300_000,
        "leading": 310_000,
        "upside": 320_000,
        "lower": 5,
        "upper": 1_000_000,
        "running": 20_000,
        "cost": 7,
        "gate": {Gate.NONE: "none", Gate.BENCHMARK: "benchmark", Gate.TARGET: "target"}[gate],
        "ends": terms.ends_at,
        "backstop": terms.backstop,
        "nonce": 2,
        "deadline": 9,
    }


def test_every_message_that_python_builds_is_compared_here() -> None:
    builders = {
        name
        for name, function in inspect.getmembers(typed_data, inspect.isfunction)
        if function.__module__ == typed_data.__name__
        and not name.startswith("_")
        and inspect.signature(function).return_annotation == dict[str, Any]
    }
    assert builders == MESSAGES.keys()


@FEW
@given(data=st.data())
def test_no_two_messages_are_of_one_type(world: World, data: st.DataObject) -> None:
    """Else a signature under one could be counted as one under the other."""
    names = [data.draw(builder(world)).message["primaryType"] for builder in MESSAGES.values()]
    assert len(set(names)) == len(MESSAGES)
