"""The domain that binds signatures to this contract on this chain."""

import boa
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.kit import World


def domain_separator(chain: int, contract: str) -> bytes:
    """The separator of a domain, from the words of EIP-712."""
    kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    return keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [keccak(text=kind), keccak(b"EMC Consent"), keccak(b"1"), chain, contract],
        )
    )


def test_it_names_contract_chain_and_version(world: World) -> None:
    domain = world.consent.eip712Domain()
    assert domain == (
        b"\x0f",
        "EMC Consent",
        "1",
        boa.env.evm.patch.chain_id,
        world.consent.address,
        bytes(32),
        [],
    )


def test_digests_are_made_in_the_domain_it_names(world: World) -> None:
    terms = world.terms()
    arguments = (
        world.address_of(terms),
        terms.head(),
        terms.packed_rows(),
        0,
        world.stranger,
        0,
        1,
    )
    here = boa.env.evm.patch.chain_id
    digests = {}
    for chain in (here, here + 1):
        boa.env.evm.patch.chain_id = chain
        try:
            assert world.consent.eip712Domain()[3] == chain
            digests[chain] = world.consent.formation_digest(*arguments)
        finally:
            boa.env.evm.patch.chain_id = here
    row = terms.rows[0]
    struct = keccak(
        keccak(
            text="Agreement(string act,address emc,uint256 epoch,bytes32 terms,uint256 row,"
            "uint256 me,address signer,address payee,address currency,uint256 base,uint256 leading,"
            "uint256 upside,uint256 lower,uint256 upper,uint256 running,uint256 cost,string gate,"
            "uint256 ends,address backstop,uint256 nonce,uint256 deadline)"
        )
        + encode(
            ["bytes32", "address", "uint256", "bytes32", "uint256", "uint256"]
            + ["address"] * 3
            + ["uint256"] * 7
            + ["bytes32", "uint256", "address", "uint256", "uint256"],
            [
                keccak(b"formation"), arguments[0], 1, terms.hash(), row.id, row.party,
                world.stranger, row.payee, terms.currency, row.base, row.leading, row.upside,
                row.lower, row.upper, row.running, row.cost, keccak(b"none"), terms.ends_at,
                terms.backstop, 0, 1,
            ],
        )
    )  # fmt: skip
    for chain, digest in digests.items():
        separator = domain_separator(chain, str(world.consent.address))
        assert digest == keccak(b"\x19\x01" + separator + struct)
