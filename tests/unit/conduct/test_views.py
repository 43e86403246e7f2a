"""What can be asked in this room, and what a wallet is asked to sign."""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_abi.abi import encode
from eth_account.messages import _hash_eip191_message
from eth_utils.crypto import keccak

from emc.core import typed_data
from emc.core.terms import Terms
from tests import authority
from tests.kit import FAR, World, skip

CLAUSE = "obligations: delivers by the tenth"


def digest_of(message: dict[str, Any]) -> bytes:
    """The digest by eth-account."""
    return bytes(_hash_eip191_message(typed_data.signable(message)))


def charged(world: World) -> tuple[VyperContract, Terms]:
    """An EMC in which the leader charged row 1."""
    terms = world.terms()
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1, clause=CLAUSE)
    return emc, terms


def test_an_expulsion_is_named_by_all_that_is_voted_on(world: World) -> None:
    emc, terms = charged(world)
    one, another = keccak(text=CLAUSE), keccak(text="another clause")
    authority.charge(world, emc, terms, 1, clause="another clause")
    beside = world.make(world.terms(nonce=1))
    conduct = world.conduct
    names = {
        conduct.expulsion_matter(emc.address, 1, one),
        conduct.expulsion_matter(emc.address, 1, another),
        conduct.expulsion_matter(emc.address, 2, one),
        conduct.expulsion_matter(beside.address, 1, one),
    }
    # who joins a charge votes on the same; raised anew it is another
    authority.charge(world, emc, terms, 1, accuser=2, clause=CLAUSE)
    names.add(conduct.expulsion_matter(emc.address, 1, one))
    assert len(names) == 4
    skip(1)
    for accuser in (0, 2):
        authority.drop(world, emc, terms, 1, accuser, CLAUSE)
    authority.charge(world, emc, terms, 1, clause=CLAUSE)
    names.add(conduct.expulsion_matter(emc.address, 1, one))
    assert len(names) == 5


def test_the_name_of_an_expulsion_is_the_hash_of_emc_row_clause_and_first_citation(
    world: World,
) -> None:
    emc, terms = charged(world)
    at, clause = boa.env.timestamp, keccak(text=CLAUSE)
    skip(1)
    authority.charge(world, emc, terms, 1, accuser=2, clause=CLAUSE)
    types = ["address", "uint256", "bytes32", "uint256"]
    name = world.conduct.expulsion_matter(emc.address, 1, clause)
    assert name == keccak(encode(types, [emc.address, 1, clause, at]))


def test_the_name_of_a_disbanding_is_the_hash_of_emc_and_epoch(world: World) -> None:
    name = world.conduct.disbanding_matter(world.buyer, 5)
    assert name == keccak(encode(["address", "uint256"], [world.buyer, 5]))


def test_a_disbanding_is_named_by_emc_and_epoch(world: World) -> None:
    emc, beside = world.make(), world.make(world.terms(nonce=1))
    names = {
        world.conduct.disbanding_matter(at, epoch)
        for at in (emc.address, beside.address)
        for epoch in (1, 2)
    }
    assert len(names) == 4


def test_there_is_no_charge_and_no_notice_at_first(world: World) -> None:
    emc = world.make()
    assert world.conduct.charge_of(emc.address, 1, keccak(text=CLAUSE)) == (0, 0)
    assert world.conduct.notice_of(emc.address, 1) == 0


def test_a_charge_is_shown_by_when_it_was_raised_and_who_stands_by_it(world: World) -> None:
    emc, _ = charged(world)
    charge = world.conduct.charge_of(emc.address, 1, keccak(text=CLAUSE))
    assert charge == (boa.env.timestamp, 0b1)


@pytest.mark.parametrize("room", ["conduct", "another chain"])
def test_the_digest_of_a_vote_is_that_of_another_library(world: World, room: str) -> None:
    emc, _ = charged(world)
    here = boa.env.evm.patch.chain_id
    try:
        if room == "another chain":
            boa.env.evm.patch.chain_id = here + 1
        message = typed_data.expulsion(
            world.domain("Conduct"),
            emc=emc.address,
            epoch=1,
            accused=1,
            charged=boa.env.timestamp,
            clause=CLAUSE,
            row=2,
            me=3,
            signer=world.stranger,
            nonce=4,
            deadline=5,
        )
        digest = world.conduct.expulsion_digest(
            emc.address, 1, keccak(text=CLAUSE), (2, 3, world.stranger, 4, 5)
        )
    finally:
        boa.env.evm.patch.chain_id = here
    assert digest == digest_of(message)


def test_the_digest_of_a_disbanding_is_that_of_another_library(world: World) -> None:
    terms = world.terms(currency=world.token().address)
    emc = world.make(terms)
    terms = authority.leave(world, emc, terms, 1)
    message = typed_data.disbanding(
        world.domain("Conduct"),
        emc=emc.address,
        epoch=2,
        terms=terms,
        row=2,
        me=3,
        signer=world.stranger,
        nonce=4,
        deadline=FAR,
    )
    digest = world.conduct.disbanding_digest(
        emc.address, terms.head(), (2, 3, world.stranger, 4, FAR)
    )
    assert digest == digest_of(message)


def test_its_domain_names_the_room(world: World) -> None:
    assert world.conduct.eip712Domain() == (
        b"\x0f",
        "EMC Conduct",
        "1",
        boa.env.evm.patch.chain_id,
        world.conduct.address,
        bytes(32),
        [],
    )
