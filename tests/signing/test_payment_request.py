"""Requests to pay as URIs: what is written is what is read, and nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emc.core.limits import MAX_AMOUNT
from emc.errors import EMCError
from emc.files import payment_request
from emc.files.payment_request import PaymentRequest
from tests.kit import address
from tests.profiles import effort

EMC = address("the EMC")
REQUEST = PaymentRequest(EMC, 11155111, 1001, 2450, b"\7" * 32)


@settings(max_examples=effort(4))
@given(
    chain=st.integers(1, 2**62),
    order=st.integers(0, 2**256 - 1),
    amount=st.integers(1, MAX_AMOUNT),
    customer=st.binary(min_size=32, max_size=32),
    is_native=st.booleans(),
)
def test_a_request_is_read_as_it_was_written(
    chain: int, order: int, amount: int, customer: bytes, is_native: bool
) -> None:
    asked = PaymentRequest(EMC, chain, order, amount, customer, is_native)
    assert payment_request.parse(asked.uri) == asked


def test_the_spellings_of_the_standard_are_read() -> None:
    uri = REQUEST.uri
    assert payment_request.parse(uri.replace("ethereum:", "ethereum:pay-")) == REQUEST
    assert payment_request.parse(uri.replace("uint256=2450", "uint256=2.45e3")) == REQUEST
    assert payment_request.parse(uri.replace(EMC, EMC.lower())) == REQUEST


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("ethereum:", "bitcoin:", "is not a request"),
        ("/sale", "/transfer", "is not a request"),
        ("@11155111", "", "names no chain"),
        ("@11155111", "@x", "is not a request"),
        (EMC, EMC[:-1], "is not a request"),
        (EMC, EMC.swapcase().replace("0X", "0x"), "is not a checksummed address"),
        # longer than any, else the same
        ("uint256=2450", "uint256=" + "0" * 400 + "2450", "is not a request"),
        ("uint256=1001&", "", "does not name order, amount and customer"),
        ("uint256=1001", "uint256=-1", "is not a whole number"),
        ("uint256=1001", "uint256=1e999", "is not a whole number"),
        ("uint256=1001", "uint256=" + "9" * 78, "is too large"),
        ("uint256=2450", "uint256=2.4501e3", "is not a whole number"),
        ("uint256=2450", "uint256=0", "the amount is zero"),
        ("uint256=2450", f"uint256={MAX_AMOUNT + 1}", "more than an EMC accepts"),
        ("07" * 32, "07" * 31, "is not 32 bytes"),
        ("bytes32", "value=1&bytes32", "does not name"),
    ],
)
def test_what_is_no_request_is_refused(old: str, new: str, says: str) -> None:
    assert old in REQUEST.uri
    with pytest.raises(EMCError, match=says):
        payment_request.parse(REQUEST.uri.replace(old, new, 1))


def test_another_value_than_the_amount_is_refused() -> None:
    with pytest.raises(EMCError, match="another amount"):
        payment_request.parse(f"{REQUEST.uri}&value=2451")


@settings(max_examples=effort(6))
@given(text=st.text(max_size=500))
def test_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(EMCError):
        payment_request.parse(f"ethereum:{text}")


def test_the_scheme_may_be_in_capitals() -> None:
    asked = PaymentRequest(emc="0x" + "11" * 20, chain_id=31337, order=1, amount=5)
    assert payment_request.parse(asked.uri.replace("ethereum:", "ETHEREUM:")) == asked
