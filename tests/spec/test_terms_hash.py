"""Python and the contracts say the same of any table: hash, packing, digest and address."""

from typing import Any

import boa
import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emc.core import typed_data
from emc.core.limits import MAX_MEASURES
from emc.core.terms import (
    Assessment,
    Bar,
    Gate,
    Goal,
    Kind,
    Leaving,
    Measure,
    Metric,
    Renegotiation,
    Review,
    Row,
    Terms,
    emc_address,
)
from emc.core.units import PPM
from emc.errors import EMCError
from tests.kit import World, replace

ANY = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
FEW = settings(ANY, max_examples=10)

words = st.integers(0, 2**256 - 1)
low20 = st.integers(0, 2**20 - 1)
addresses = st.binary(min_size=20, max_size=20).map(to_checksum_address)
hashes = st.binary(min_size=32, max_size=32)
rows = st.builds(
    Row,
    id=st.integers(0, 255),
    party=st.integers(0, 2**160 - 1) | addresses,
    payee=addresses,
    base=low20,
    leading=low20,
    upside=low20,
    lower=low20,
    upper=low20,
    running=low20,
    cost=st.integers(0, 2**128 - 1),
)
tables = st.builds(
    Terms,
    canvas=hashes,
    backstop=addresses,
    starts_at=words,
    ends_at=words,
    goal=st.builds(
        Goal,
        st.lists(
            st.builds(Measure, hashes.filter(any).map(Metric.read), words, words),
            min_size=1,
            max_size=MAX_MEASURES,
            unique_by=lambda measure: measure.metric,
        ).map(tuple),
        words,
        st.sampled_from(Gate),
        st.booleans(),
    ),
    rows=st.lists(rows, min_size=1, max_size=64).map(tuple),
    currency=addresses,
    kind=st.sampled_from(Kind),
    sink=words,
    disburse_at=words,
    nonce=words,
    version=words,
    renegotiation=st.builds(Renegotiation, words, words, words, words),
    leaving=st.builds(Leaving, words, words, words, words),
    assessment=st.builds(Assessment, addresses, words, words, words),
    review=st.builds(Review, words, words),
    bar=st.builds(Bar, addresses, words, words, words, addresses, st.booleans()),
)


@ANY
@given(tables)
def test_the_terms_hash_is_the_contracts(world: World, terms: Terms) -> None:
    assert terms.hash() == world.consent.terms_hash(terms.head(), terms.packed_rows())


@ANY
@given(tables)
def test_terms_come_back_from_their_table(terms: Terms) -> None:
    assert Terms.from_packed(terms.head(), terms.packed_rows()) == terms


@ANY
@given(rows)
def test_a_row_comes_back_from_its_words(row: Row) -> None:
    packed = row.pack()
    assert all(0 <= word < 2**256 for word in packed)
    assert Row.unpack(packed) == row


@ANY
@given(rows, st.integers(0, 2), st.integers(0, 255))
def test_no_bit_of_a_row_is_lost(row: Row, word: int, bit: int) -> None:
    """Another bit is another row, or refused."""
    changed = list(row.pack())
    changed[word] ^= 1 << bit
    try:
        other = Row.unpack(changed)
    except EMCError:
        return
    assert other != row
    assert list(other.pack()) == changed


@ANY
@given(
    terms=tables,
    place=st.integers(0, 63),
    emc=addresses,
    signer=addresses,
    nonce=words,
    deadline=words,
)
def test_what_a_wallet_signs_is_the_contracts_digest(
    world: World, terms: Terms, place: int, emc: str, signer: str, nonce: int, deadline: int
) -> None:
    place %= len(terms.rows)
    row = replace(terms.rows[place], party=place + 1)
    terms = terms.with_row(place, party=place + 1)
    message = typed_data.agreement(
        world.domain("Consent"),
        emc=emc,
        terms=terms,
        row=row,
        signer=signer,
        nonce=nonce,
        deadline=deadline,
    )
    signable = typed_data.signable(message)
    digest = keccak(b"\x19\x01" + signable.header + signable.body)
    assert digest == world.consent.formation_digest(
        emc, terms.head(), terms.packed_rows(), place, signer, nonce, deadline
    )


@FEW
@given(seed=hashes, nonce=words)
def test_a_signed_message_recovers_its_signer_on_and_off_chain(
    world: World, seed: bytes, nonce: int
) -> None:
    key = Account.from_key(keccak(seed))
    terms = world.terms()
    message = typed_data.agreement(
        world.domain("Consent"),
        emc=world.address_of(terms),
        terms=terms,
        row=terms.rows[0],
        signer=key.address,
        nonce=nonce,
        deadline=7,
    )
    signed = key.sign_message(typed_data.signable(message))
    digest = world.consent.formation_digest(
        world.address_of(terms), terms.head(), terms.packed_rows(), 0, key.address, nonce, 7
    )
    assert signed.message_hash == digest


@ANY
@given(accounts=st.lists(addresses, max_size=64), terms_hash=hashes)
def test_the_address_is_the_contracts(world: World, accounts: list[str], terms_hash: bytes) -> None:
    assert emc_address(
        str(world.consent.address), str(world.implementation.address), accounts, terms_hash
    ) == world.consent.address_of(accounts, terms_hash)


@st.composite
def good_shares(draw: st.DrawFn, count: int) -> list[int]:
    """Shares of so many rows that sum to one."""
    cuts = sorted(draw(st.lists(st.integers(0, PPM), min_size=count - 1, max_size=count - 1)))
    return [b - a for a, b in zip([0, *cuts], [*cuts, PPM], strict=True)]


@FEW
@given(data=st.data(), count=st.integers(2, 12), nonce=words)
def test_good_terms_are_made_where_python_says(
    world: World, data: st.DataObject, count: int, nonce: int
) -> None:
    with boa.env.anchor():
        nodes = list(world.nodes)
        try:
            values: dict[str, Any] = {"shares": data.draw(good_shares(count))}
            terms = world.terms(world.rows(**values), nonce=nonce)
            expected = emc_address(
                str(world.consent.address),
                str(world.implementation.address),
                [node.account for node in world.nodes[:count]],
                terms.hash(),
            )
            assert world.make(terms).address == expected
            (made,) = [e for e in world.consent.get_logs() if type(e).__name__ == "Made"]
            assert (
                Terms.from_packed(made.terms, made.rows).hash() == terms.hash() == made.terms_hash
            )
        finally:
            world.nodes = nodes


@pytest.mark.parametrize("bit", [*range(1, 96)])
def test_spare_bits_of_a_party_are_refused(world: World, bit: int) -> None:
    party, pay, limits = world.rows()[0].pack()
    with pytest.raises(EMCError, match="spare bits"):
        Row.unpack((party | 1 << bit, pay, limits))


def test_values_that_terms_cannot_have_are_refused(world: World) -> None:
    terms = world.terms()
    head = terms.head()
    for broken in (head[:-1], (*head[:2], 3, *head[3:]), (*head[:4], "nobody", *head[5:])):
        with pytest.raises(EMCError, match="not terms of an EMC"):
            Terms.from_packed(broken, terms.packed_rows())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nonce", 2**256),
        ("nonce", -1),
        ("nonce", 1.5),
        ("nonce", None),
        ("canvas", bytes(31)),
        ("canvas", bytearray(32)),
        ("backstop", "0x" + 19 * "ab"),
        ("backstop", "zz" + 20 * "ab"),
        ("backstop", "0x" + 10 * "ab" + " " + 10 * "ab"),
    ],
)
def test_what_is_no_word_of_the_abi_is_not_encoded(world: World, field: str, value: object) -> None:
    with pytest.raises((ValueError, OverflowError), match=r"bytes instead of|256 bits|is no "):
        replace(world.terms(), **{field: value}).encode()
