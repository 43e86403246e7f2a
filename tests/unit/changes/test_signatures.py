"""A node's word on new terms: replayed, forged or bent, it does not count."""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_account import Account
from eth_keys.constants import SECPK1_N
from eth_utils.crypto import keccak

from emc.core import typed_data
from emc.core.terms import Gate, Terms
from emc.core.typed_data import Domain
from tests import authority
from tests.authority import Given
from tests.kit import FAR, Node, World, address, replace
from tests.unit.changes.kit import TURNED, reserve, three


def refused(
    world: World,
    emc: VyperContract,
    terms: Terms,
    new: Terms,
    given: Given,
    reason: str = "signatures: not the signer",
) -> None:
    """The word of row 2 is refused among good ones; a good one in its place counts."""
    others = authority.agreements(world, emc, new, [0, 1])
    with boa.reverts(reason):
        authority.renegotiate(world, emc, terms, new, [*others, given])
    others = authority.amendments(world, emc, new, [0, 1])
    with boa.reverts(reason):
        authority.amend(world, emc, terms, new, [*others, given])
    assert world.consent.terms_of(emc.address) == terms.hash()
    with boa.env.anchor():
        authority.renegotiate(world, emc, terms, new)
        assert world.consent.terms_of(emc.address) == new.hash()


def scene(world: World) -> tuple[VyperContract, Terms, Terms]:
    """An EMC, its terms, and other shares that three nodes must sign."""
    terms = three(world)
    return world.make(terms), terms, authority.reshare(terms, TURNED)


def word(
    world: World, emc: VyperContract, new: Terms, domain: Domain, by: Node | None = None
) -> Given:
    """What row 2 signs in some domain."""
    node = by or world.nodes[2]
    message = typed_data.agreement(
        domain,
        emc=emc.address,
        epoch=emc.epoch() + 1,
        terms=new,
        row=new.rows[2],
        signer=node.account,
        deadline=FAR,
    )
    return 2, FAR, authority.sign(node, message)


def test_for_another_chain(world: World) -> None:
    emc, terms, new = scene(world)
    chain = boa.env.evm.patch.chain_id + 1
    refused(
        world,
        emc,
        terms,
        new,
        word(world, emc, new, Domain(chain, "Changes", world.changes.address)),
    )


@pytest.mark.parametrize("room", ["Consent", "Conduct", "Goals"])
def test_for_another_room(world: World, room: str) -> None:
    emc, terms, new = scene(world)
    refused(world, emc, terms, new, word(world, emc, new, world.domain(room)))
    here = boa.env.evm.patch.chain_id
    at = getattr(world, room.lower()).address
    refused(world, emc, terms, new, word(world, emc, new, Domain(here, "Changes", at)))
    refused(
        world, emc, terms, new, word(world, emc, new, Domain(here, room, world.changes.address))
    )


BENT: dict[str, Any] = {
    "emc": address("another EMC"),
    "signer": address("another signer"),
    "nonce": 1,
    "deadline": FAR - 1,
}


@pytest.mark.parametrize("name", list(BENT))
def test_that_says_something_else(world: World, name: str) -> None:
    emc, terms, new = scene(world)
    node = world.nodes[2]
    values: dict[str, Any] = {
        "emc": emc.address,
        "epoch": 2,
        "terms": new,
        "row": new.rows[2],
        "signer": node.account,
        "deadline": FAR,
        name: BENT[name],
    }
    data = authority.sign(node, typed_data.agreement(world.domain("Changes"), **values))
    refused(world, emc, terms, new, (2, FAR, data))


@pytest.mark.parametrize("epoch", [1, 3, 2**255])
def test_for_another_epoch(world: World, epoch: int) -> None:
    emc, terms, new = scene(world)
    refused(world, emc, terms, new, authority.agreement(world, emc, new, new.rows[2], epoch=epoch))


def test_for_the_terms_in_force(world: World) -> None:
    emc, terms, new = scene(world)
    refused(world, emc, terms, new, authority.agreement(world, emc, terms, new.rows[2]))


@pytest.mark.parametrize(
    "name",
    ["payee", "base", "leading", "upside", "lower", "upper", "running", "cost", "id", "party"],
)
def test_that_shows_another_number_of_the_row(world: World, name: str) -> None:
    emc, terms, new = scene(world)
    value: Any = address("another payee") if name == "payee" else 7
    row = replace(new.rows[2], **{name: value})
    _, _, data = authority.agreement(world, emc, new, row, by=world.nodes[2])
    refused(world, emc, terms, new, (2, FAR, data))


@pytest.mark.parametrize("name", ["currency", "gate", "ends_at", "backstop"])
def test_that_shows_another_field_of_the_terms(world: World, name: str) -> None:
    emc, terms, new = scene(world)
    shown: dict[str, Any] = {
        "currency": {"currency": address("another currency")},
        "gate": {"goal": replace(terms.goal, gate=Gate.BENCHMARK)},
        "ends_at": {"ends_at": terms.ends_at + 1},
        "backstop": {"backstop": address("another backstop")},
    }[name]

    class Shown(Terms):
        """Terms that show one field and hash to others."""

        def hash(self) -> bytes:
            return new.hash()

    values = {**{f: getattr(new, f) for f in new.__dataclass_fields__}, **shown}
    refused(world, emc, terms, new, authority.agreement(world, emc, Shown(**values), new.rows[2]))


def test_by_another_key(world: World) -> None:
    emc, terms, new = scene(world)
    stranger = Node(world.nodes[2].me, Account.from_key(keccak(b"stranger")))
    for node in (stranger, world.nodes[0]):
        refused(world, emc, terms, new, authority.agreement(world, emc, new, new.rows[2], by=node))
        in_its_name = authority.agreement(
            world, emc, new, new.rows[2], by=node, signer=world.nodes[2].account
        )
        refused(world, emc, terms, new, in_its_name)


def test_a_departure_by_a_node_that_stays(world: World) -> None:
    emc, terms, new = scene(world)
    refused(world, emc, terms, new, authority.departure(world, emc, new, 2, world.nodes[2].me))


def test_bent_bytes(world: World) -> None:
    emc, terms, new = scene(world)
    _, _, data = authority.agreement(world, emc, new, new.rows[2])
    r, s, v = data[:32], int.from_bytes(data[32:64], "big"), data[64]
    mirrored = r + (SECPK1_N - s).to_bytes(32, "big") + bytes([55 - v])
    digest = world.changes.renegotiation_digest(
        *(emc.address, 2, new.head(), new.packed_rows(), 2, world.nodes[2].account, 0, FAR)
    )
    assert Account._recover_hash(digest, signature=mirrored) == world.nodes[2].account
    bent = [mirrored, bytes(65), data[:64], data + b"\0", data[:64] + bytes([55 - v])]
    bent += [data[:64] + bytes([other]) for other in (0, 1, 26, 29, 255)]
    for each in bent:
        with boa.reverts("signatures: not the signer"):
            authority.renegotiate(world, emc, terms, new, [(2, FAR, each)])
    refused(world, emc, terms, new, (2, FAR, mirrored))


def test_one_signature_counts_once(world: World) -> None:
    emc, terms, new = scene(world)
    given = authority.agreement(world, emc, new, new.rows[2])
    for bundle in ([given, given], [given] * 3, [given, (2, 0, b"")]):
        with boa.reverts("changes: not asked"):
            authority.renegotiate(world, emc, terms, new, bundle)
    # nor in the place of another
    with boa.reverts("signatures: not the signer"):
        authority.renegotiate(world, emc, terms, new, [(1, FAR, given[2]), given])


def test_given_in_another_order_than_that_of_the_rows(world: World) -> None:
    emc, terms, new = scene(world)
    given = authority.agreements(world, emc, new)
    for bundle in ([given[1], given[0], given[2]], given[::-1]):
        with boa.reverts("changes: not asked"):
            authority.renegotiate(world, emc, terms, new, bundle)
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 2


def test_of_a_row_that_is_not_asked(world: World) -> None:
    terms = replace(three(world), rows=(*three(world).rows, reserve(3)))
    emc = world.make(terms)
    new = authority.reshare(terms, [*TURNED, 0])
    given = authority.agreements(world, emc, new)
    for row in (3, 4, 127, 128, 2**256 - 1):
        with boa.reverts("changes: not asked"):
            authority.renegotiate(world, emc, terms, new, [*given, (row, FAR, given[0][2])])
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 2


def test_of_a_node_that_has_left(world: World) -> None:
    emc, terms, _ = scene(world)
    terms = authority.leave(world, emc, terms, 2)
    new = authority.reshare(terms, [600_000, 400_000])
    given = authority.agreements(world, emc, new)
    with boa.reverts("changes: not asked"):
        left = authority.departure(world, emc, new, 2, world.nodes[2].me)
        authority.renegotiate(world, emc, terms, new, [*given, left])
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 3
