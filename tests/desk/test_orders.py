"""Orders, their references and their codes are the same at the desk as in the package."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from segno import encoder

from emc.core import orders
from emc.core.checkout import CheckoutOrder
from emc.errors import EMCError
from emc.files import order_request
from tests.desk.core import Core, Refused, running
from tests.spec.test_terms_hash import addresses, hashes

CHAIN = 31337


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """What the desk says."""
    with running(tmp_path_factory.mktemp("desk")) as found:
        yield found


@given(
    st.builds(
        CheckoutOrder,
        emc=addresses,
        buyer=addresses,
        reference=hashes,
        amount=st.integers(1, 2**95 - 1),
        customer=hashes,
        cashier=addresses,
        due_at=st.integers(0, 2**40 - 1),
    ),
    addresses,
)
def test_an_order_has_one_hash_in_a_file_and_in_a_link(
    core: Core, order: CheckoutOrder, checkout: str
) -> None:
    said = core(
        "order", chain_id=CHAIN, checkout=checkout, order=order_request.order_document(order)
    )
    digest = "0x" + order.hash(CHAIN, checkout).hex()
    assert said["hash"] == said["same"] == digest
    document = json.loads(said["file"])
    assert document["order"] == order_request.order_document(order)


def test_the_terminal_reads_what_the_desk_asks_for(core: Core, tmp_path: Path) -> None:
    emc, cashier = ("0x" + each * 40 for each in ("1", "2"))
    order = CheckoutOrder(emc, "0x" + "0" * 40, bytes(32), 2_450, bytes(32), cashier, 1_900_000_000)
    written = core(
        "order", chain_id=CHAIN, checkout=emc, order=order_request.order_document(order)
    )["file"]
    path = tmp_path / "order.json"
    path.write_text(written)
    assert order_request.read_request(path).order == order
    path.write_text(written.replace("2450", "2451"))
    with pytest.raises(EMCError, match=r"order\.amount"):
        order_request.read_request(path)


@pytest.mark.parametrize(
    "text",
    [
        "1001",
        "0",
        "007",
        "INV-2026-001",
        "INV-2026-0",
        "INV-7",
        "a" + "9" * 28,
        "a" + "9" * 29,
        "kein Tisch",
        "Tisch 12",
        "é1",
        "1.5",
        "1e5",
        "-3",
        "",
        " 12 ",
        "a\tb",
        "9" * 77,
    ],
)
def test_an_order_is_known_by_the_same_reference(core: Core, text: str) -> None:
    try:
        wanted = f"0x{orders.order_number(text):064x}"
    except EMCError:
        with pytest.raises(Refused):
            core("reference", text=text)
    else:
        assert core("reference", text=text) == wanted


@pytest.mark.parametrize("size", [1, 14, 60, 106, 150, 260, 450, 700, 1_100, 1_700, 2_331])
def test_a_code_is_drawn_as_another_encoder_draws_it(
    core: Core, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    # that one fills a whole byte also where none is open: any reader skips it
    monkeypatch.setattr(
        encoder, "write_padding_bits", lambda buff, _, length: buff.extend([0] * (-length % 8))
    )
    text = ("ethereum:0x5FbDB2315678afecb367f032d93F642f64180aa3@1/sale?" * 50)[:size]
    said = core("qr", text=text)
    drawn = segno.make(
        text.encode(), error="m", mode="byte", micro=False, boost_error=False, mask=said["mask"]
    )
    assert said["rows"] == ["".join(map(str, row)) for row in drawn.matrix]
