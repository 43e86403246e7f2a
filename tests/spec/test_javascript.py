"""What a node signs has one digest: in Python, in a JavaScript wallet and in the contract."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils.crypto import keccak
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emc.core import typed_data
from emc.core.limits import MAX_AMOUNT
from emc.core.terms import Assessment, Gate, Metric, Terms
from emc.core.typed_data import Act
from tests.authority import assess, charge, renegotiate, reshare
from tests.javascript import Digest, digests
from tests.kit import World, deployer, skip
from tests.profiles import effort
from tests.spec.test_terms_hash import ANY, addresses, hashes, tables, words

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
        lambda: world.consent.formation_digest(
            emc, terms.head(), terms.packed_rows(), place, signer, nonce, deadline
        ),
    )


@st.composite
def later_agreements(draw: st.DrawFn, world: World) -> Signable:
    """A node's word on terms that follow others."""
    terms, place = draw(seated())
    # terms in which two rows have one id are refused: the view takes the last of that id
    place = max(i for i, row in enumerate(terms.rows) if row.id == terms.rows[place].id)
    terms = terms.with_row(place, party=draw(st.integers(0, 2**160 - 1)))
    emc, signer = draw(addresses), draw(addresses)
    epoch, nonce, deadline = draw(words), draw(words), draw(words)
    row = terms.rows[place]
    act = draw(st.sampled_from((Act.RENEGOTIATION, Act.AMENDMENT)))
    message = typed_data.agreement(
        world.domain("Changes"),
        emc=emc,
        epoch=epoch,
        terms=terms,
        row=row,
        signer=signer,
        nonce=nonce,
        deadline=deadline,
        act=act,
    )
    common = (emc, epoch, terms.head(), terms.packed_rows())
    last = (signer, nonce, deadline)
    if act is Act.RENEGOTIATION:
        return Signable(message, lambda: world.changes.renegotiation_digest(*common, place, *last))
    return Signable(
        message, lambda: world.changes.amendment_digest(*common, (row.id, row.party, *last))
    )


@st.composite
def departures(draw: st.DrawFn, world: World) -> Signable:
    """The word on new terms of a node that is not in them."""
    terms = draw(tables)
    ids = {row.id for row in terms.rows}
    row = draw(st.one_of(st.integers(0, 127), words).filter(lambda id_: id_ not in ids))
    emc, signer, me = draw(addresses), draw(addresses), draw(words)
    epoch, nonce, deadline = draw(words), draw(words), draw(words)
    message = typed_data.departure(
        world.domain("Changes"),
        emc=emc,
        epoch=epoch,
        terms=terms,
        row=row,
        me=me,
        signer=signer,
        nonce=nonce,
        deadline=deadline,
    )
    return Signable(
        message,
        lambda: world.changes.amendment_digest(
            emc, epoch, terms.head(), terms.packed_rows(), (row, me, signer, nonce, deadline)
        ),
    )


# where a digest is made of what the contract keeps, it is asked of an EMC in its second epoch
EPOCH = 2
clauses = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128).filter(
    lambda text: len(text.encode()) <= 128
)


def live_terms(world: World, metric: Metric = Metric.PROCEEDS) -> Terms:
    """Terms of three nodes, of which an EMC can be made."""
    rules = Assessment(window=86_400, objections=500_000)
    return world.terms(world.rows([500_000, 300_000, 200_000]), metric=metric, assessment=rules)


def in_force(world: World, terms: Terms) -> tuple[VyperContract, Terms]:
    """The EMC of these terms in its second epoch, made if it is not there."""
    new = reshare(terms, [200_000, 300_000, 500_000])
    at = world.address_of(terms)
    if world.consent.terms_of(at) == bytes(32):
        renegotiate(world, world.make(terms), terms, new)
    emc = deployer("EMC.vy").at(at)
    assert emc.epoch() == EPOCH
    return emc, new


@st.composite
def expulsions(draw: st.DrawFn, world: World) -> Signable:
    """A node's vote to expel another on a clause."""
    terms = live_terms(world)
    emc, signer = world.address_of(terms), draw(addresses)
    accuser, accused = draw(st.permutations(range(3)))[:2]
    clause, row, me = draw(clauses), draw(words), draw(words)
    delay = draw(st.integers(0, 10**8))
    nonce, deadline = draw(words), draw(words)
    message = typed_data.expulsion(
        world.domain("Conduct"),
        emc=emc,
        epoch=EPOCH,
        accused=accused,
        charged=boa.env.timestamp + delay,
        clause=clause,
        row=row,
        me=me,
        signer=signer,
        nonce=nonce,
        deadline=deadline,
    )

    def on_chain() -> bytes:
        made, new = in_force(world, terms)
        skip(delay)
        charge(world, made, new, accused, accuser, clause)
        digest: bytes = world.conduct.expulsion_digest(
            emc, accused, keccak(text=clause), (row, me, signer, nonce, deadline)
        )
        return digest

    return Signable(message, on_chain)


@st.composite
def disbandings(draw: st.DrawFn, world: World) -> Signable:
    """A node's word to end an EMC."""
    own, terms = live_terms(world), draw(tables)
    emc, signer = world.address_of(own), draw(addresses)
    row, me, nonce, deadline = draw(words), draw(words), draw(words), draw(words)
    message = typed_data.disbanding(
        world.domain("Conduct"),
        emc=emc,
        epoch=EPOCH,
        terms=terms,
        row=row,
        me=me,
        signer=signer,
        nonce=nonce,
        deadline=deadline,
    )

    def on_chain() -> bytes:
        in_force(world, own)
        digest: bytes = world.conduct.disbanding_digest(
            emc, terms.head(), (row, me, signer, nonce, deadline)
        )
        return digest

    return Signable(message, on_chain)


assessed = [Metric.of(word) for word in ("users", "contracts", "satisfaction", "meals")]


@st.composite
def assessments(draw: st.DrawFn, world: World) -> Signable:
    """A node's word that a value is final at once."""
    metric = draw(st.sampled_from(assessed))
    terms = live_terms(world, metric)
    emc, signer = world.address_of(terms), draw(addresses)
    value, evidence = draw(st.integers(0, MAX_AMOUNT)), draw(hashes)
    measured = draw(st.integers(1, boa.env.timestamp))
    submitter = draw(st.integers(0, 2))
    row, me, nonce, deadline = draw(words), draw(words), draw(words), draw(words)
    message = typed_data.assessment(
        world.domain("Goals"),
        emc=emc,
        epoch=EPOCH,
        metric=metric,
        value=value,
        measured=measured,
        evidence=evidence,
        row=row,
        me=me,
        signer=signer,
        nonce=nonce,
        deadline=deadline,
    )

    def on_chain() -> bytes:
        made, new = in_force(world, terms)
        assess(world, made, new, value, submitter, measured, evidence)
        voter = (row, me, signer, nonce, deadline)
        digest: bytes = world.goals.digest(emc, metric, submitter, voter)
        return digest

    return Signable(message, on_chain)


# by the function of emc.typed_data that builds the message; one type is counted in two rooms
MESSAGES: dict[str, Builder] = {
    "agreement": agreements,
    "later agreement": later_agreements,
    "departure": departures,
    "expulsion": expulsions,
    "disbanding": disbandings,
    "assessment": assessments,
}
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


@pytest.fixture
def _standing(world: World, name: str) -> None:
    """The EMCs that examples ask, made once: what an example does is undone after it."""
    metrics = {"expulsion": [Metric.PROCEEDS], "disbanding": [Metric.PROCEEDS]}
    for metric in {**metrics, "assessment": assessed}.get(name, []):
        in_force(world, live_terms(world, metric))


@every_message
@pytest.mark.usefixtures("_standing")
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
        "act": "formation",
        "emc": world.address_of(terms),
        "epoch": 1,
        "terms": world.consent.terms_hash(terms.head(), terms.packed_rows()),
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
        # of a contract of ours; the others build typed data of any
        and inspect.get_annotations(function).get("domain") is typed_data.Domain
    }
    assert builders == {name.split()[-1] for name in MESSAGES}


@FEW
@given(data=st.data())
def test_no_two_messages_are_of_one_type(world: World, data: st.DataObject) -> None:
    """Else a signature under one could be counted as one under the other."""
    messages = [data.draw(builder(world)).message for builder in MESSAGES.values()]
    kinds = {(each["primaryType"], each["domain"]["name"]) for each in messages}
    assert len(kinds) == len(MESSAGES)
    assert len({kind for kind, _ in kinds}) == len(MESSAGES) - 1
    own = {tuple(f["name"] for f in each["types"][each["primaryType"]]) for each in messages}
    assert len(own) == len(MESSAGES) - 1


@pytest.mark.parametrize("gate", list(Gate))
def test_who_is_not_in_the_new_terms_reads_what_decides_on_its_money(
    world: World, gate: Gate
) -> None:
    terms = world.terms(gate=gate)
    emc, signer = world.address_of(terms), world.nodes[1].account
    message = typed_data.departure(
        world.domain("Changes"),
        emc=emc,
        epoch=7,
        terms=terms,
        row=9,
        me=world.nodes[1].me,
        signer=signer,
        deadline=8,
        nonce=2,
    )
    assert message["message"] == {
        "emc": emc,
        "epoch": 7,
        "terms": terms.hash(),
        "row": 9,
        "me": world.nodes[1].me,
        "signer": signer,
        "currency": terms.currency,
        "gate": {Gate.NONE: "none", Gate.BENCHMARK: "benchmark", Gate.TARGET: "target"}[gate],
        "ends": terms.ends_at,
        "backstop": terms.backstop,
        "nonce": 2,
        "deadline": 8,
    }
    assert in_python(message) == world.changes.amendment_digest(
        emc, 7, terms.head(), terms.packed_rows(), (9, world.nodes[1].me, signer, 2, 8)
    )


@pytest.mark.parametrize(
    ("metric", "word"), zip(assessed, ("users", "contracts", "satisfaction", "meals"), strict=True)
)
def test_a_node_reads_what_it_lets_be_final(world: World, metric: Metric, word: str) -> None:
    terms = live_terms(world, metric)
    signer = world.nodes[1].account
    measured = boa.env.timestamp - 5
    emc, new = in_force(world, terms)
    assess(world, emc, new, 700, 0, measured, b"\5" * 32)
    message = typed_data.assessment(
        world.domain("Goals"),
        emc=emc.address,
        epoch=EPOCH,
        metric=metric,
        value=700,
        measured=measured,
        evidence=b"\5" * 32,
        row=1,
        me=world.nodes[1].me,
        signer=signer,
        deadline=9,
    )
    digest = world.goals.digest(emc.address, metric, 0, (1, world.nodes[1].me, signer, 0, 9))
    assert in_python(message) == digest
    assert message["message"] == {
        "emc": emc.address,
        "epoch": EPOCH,
        "metric": word,
        "value": 700,
        "measured": measured,
        "evidence": b"\5" * 32,
        "row": 1,
        "me": world.nodes[1].me,
        "signer": signer,
        "nonce": 0,
        "deadline": 9,
    }
