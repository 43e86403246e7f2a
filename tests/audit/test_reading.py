"""Events, terms and typed data are read as the contracts write them."""

from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from emc import artifacts
from emc.audit.prove import eip712, signed
from emc.audit.read import abi, columns, store
from emc.errors import EMCError
from tests import till
from tests.kit import FAR, World, address

WORDS = st.integers(0, 2**256 - 1)
AMOUNTS = st.one_of(st.integers(0, 2**64), WORDS)
ADDRESSES = st.integers(0, 2**160 - 1).map(abi.address)
RUN = ["uint256", "uint256", "bytes32", *["uint256"] * 5, "(address,uint256)[]"]
RUNS = st.tuples(
    WORDS,
    WORDS,
    st.binary(min_size=32, max_size=32),
    *[AMOUNTS] * 5,
    st.lists(st.tuples(ADDRESSES, AMOUNTS), max_size=5),
)


@given(st.lists(RUNS, max_size=4))
def test_columns_of_payment_runs_are_what_was_encoded(runs: list[tuple[Any, ...]]) -> None:
    found = columns.runs([encode(RUN, run) for run in runs])
    heads = zip(*found[:8], strict=True)
    assert list(heads) == [run[:8] for run in runs]
    assert found.counts == [len(run[8]) for run in runs]
    payments = list(zip(found.payees, found.amounts, strict=True))
    assert payments == [payment for run in runs for payment in run[8]]


@given(WORDS, st.lists(st.tuples(AMOUNTS, st.binary(min_size=32, max_size=32)), max_size=4))
def test_batches_are_what_was_encoded(first: int, orders: list[tuple[int, bytes]]) -> None:
    data = encode(["uint256", "(uint256,bytes32)[]"], [first, orders])
    assert columns.batches([data]) == [(first, orders)]


@given(RUNS, st.text(max_size=40), st.booleans())
def test_any_value_is_read_as_it_was_encoded(run: tuple[Any, ...], text: str, flag: bool) -> None:
    kinds = [{"type": kind} for kind in ("string", "bool", *RUN[:8])]
    payment = [{"name": "payee", "type": "address"}, {"name": "amount", "type": "uint256"}]
    kinds.append({"type": "tuple[]", "components": payment})  # type: ignore[dict-item]
    found = abi.decode(kinds, encode(["string", "bool", *RUN], [text, flag, *run]))
    assert found[:10] == [text, flag, *run[:8]]
    assert [tuple(each.values()) for each in found[10]] == run[8]


@pytest.mark.parametrize("cut", [1, 32, 64, 300])
def test_what_was_cut_off_is_no_payment_run(cut: int) -> None:
    data = encode(RUN, [1, 2, bytes(32), 3, 4, 5, 6, 0, [(address("payee"), 7)]])
    with pytest.raises(abi.UnreadableError):
        columns.runs([data[:-cut]])
    with pytest.raises(abi.UnreadableError):
        abi.decode([{"type": "bytes"}], data[: 32 - min(cut, 32)])


def test_terms_and_what_is_signed_have_the_contracts_hashes(world: World) -> None:
    terms = till.waterfall_terms(world)
    head, table = terms.head(), terms.packed_rows()
    inputs = abi.function("Consent", "terms_hash")[1]
    data = bytes(world.consent.terms_hash.prepare_calldata(head, table))[4:]
    values = abi.decode(inputs, data)
    found = signed.from_event(values[0], values[1])
    assert found.hash == terms.hash() == world.consent.terms_hash(head, table)
    assert found.breach() == ""
    emc, signer = address("emc"), address("signer")
    row = found.rows[1]
    mine = eip712.agreement("formation", 1, found, row)
    mine |= {"emc": emc, "row": row.id, "me": row.party}
    mine |= {"signer": signer, "nonce": 3, "deadline": FAR}
    digest = eip712.digest("Consent", 1, world.consent.address, "Agreement", mine)
    assert digest == world.consent.formation_digest(emc, head, table, 1, signer, 3, FAR)


def test_every_event_of_the_contracts_is_known() -> None:
    for name in artifacts.NAMES:
        kinds = [item for item in artifacts.load(name)["abi"] if item["type"] == "event"]
        assert len(abi.events(name)) == len(kinds)


def test_a_transfer_to_more_than_an_address_is_unreadable() -> None:
    topic = "0x" + (2**160).to_bytes(32, "big").hex()
    with pytest.raises(abi.UnreadableError, match="more than 20 bytes"):
        columns.transfers([topic], [topic], ["0x" + "00" * 32])


def test_a_new_store_stays_only_if_something_was_read(tmp_path: Path) -> None:
    path = tmp_path / "audit.duckdb"

    def stop(*statements: str) -> None:
        with store.open_store(path, writes=True) as db:
            for statement in statements:
                db.execute(statement)
            raise EMCError("cut short")

    with pytest.raises(EMCError, match="cut short"):
        stop()
    assert not path.exists()
    with pytest.raises(EMCError, match="cut short"):
        stop("INSERT INTO emcs (emc) VALUES ('0x1')")
    with store.open_store(path) as db:
        assert db.execute("SELECT emc FROM emcs").fetchall() == [("0x1",)]
    with pytest.raises(EMCError, match="cut short"):
        stop("DELETE FROM emcs")
    assert path.exists()
