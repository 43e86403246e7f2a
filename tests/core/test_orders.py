from decimal import Decimal
from pathlib import Path

import pytest
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from emc.core import orders
from emc.core.orders import Order
from emc.core.units import Currency
from emc.errors import EMCError
from emc.files import order_file

EUR = Currency("EUR", 2)
SALT = b"s" * 32


def read(folder: Path, text: str, rate: str = "1") -> tuple[list[Order], list[order_file.Skipped]]:
    path = folder / "orders.csv"
    path.write_text(text)
    return order_file.read(path, EUR, SALT, Decimal(rate))


def test_the_real_orders_are_read_whole() -> None:
    path = Path(__file__).parents[2] / "data" / "cdnow_orders.csv"
    found, skipped = order_file.read(path, Currency("USD", 2), SALT)
    assert len(found) == 6911
    assert [each.reason for each in skipped] == ["amount is zero"] * 8
    assert sum(order.amount for order in found) == 24_409_194
    assert len({order.customer for order in found}) == 2349


def test_orders_come_back_in_ascending_number_with_their_line(tmp_path: Path) -> None:
    found, skipped = read(tmp_path, "order,customer,amount\n9,ann,1.00\n2,bob,0.05\n")
    assert skipped == []
    assert [(order.line, order.number, order.amount) for order in found] == [(3, 2, 5), (2, 9, 100)]
    assert found[0].customer == keccak(SALT + b"bob")


def test_columns_are_found_by_name_and_others_ignored(tmp_path: Path) -> None:
    found, _ = read(tmp_path, "Amount, date ,Customer,ORDER\n3.10,1997-01-01,,4\n")
    assert found == [Order(2, 4, 310, bytes(32))]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,ann,0", "amount is zero"),
        ("1,ann,-2", "amount '-2' cannot be paid"),
        ("1,ann,x", "amount 'x' is not a number such as 24.50"),
        ("1,ann,1e3", "amount '1e3' is not a number such as 24.50"),
        ("1,ann,1_000", "amount '1_000' is not a number such as 24.50"),
        ("1,ann,nan", "amount 'nan' is not a number such as 24.50"),
        ("1,ann,1.005", "'1.005' is finer than EUR can be split"),
        ("1.5,ann,1", "order '1.5' is not a number"),
        ("-1,ann,1", "order '-1' is not a number"),
        (",ann,1", "order '' is not a number"),
        ("1,ann", "2 columns are too few"),
    ],
)
def test_a_line_that_cannot_be_sold_says_why(tmp_path: Path, line: str, reason: str) -> None:
    found, skipped = read(tmp_path, f"order,customer,amount\n{line}\n5,bob,1\n")
    assert [order.number for order in found] == [5]
    assert skipped == [order_file.Skipped(2, reason)]


def test_an_order_number_counts_once(tmp_path: Path) -> None:
    found, skipped = read(tmp_path, "order,customer,amount\n1,a,1\n1,b,2\n01,c,3\n")
    assert [order.amount for order in found] == [100]
    assert [each.line for each in skipped] == [3, 4]
    assert skipped[0].reason == "order 1 is on line 2 already"


@pytest.mark.parametrize("text", ["", "order,amount\n1,2\n", "\x00\x01", "a" * 20_000])
def test_a_file_that_is_no_order_book_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(EMCError):
        read(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EMCError, match=r"nowhere\.csv"):
        order_file.read(tmp_path / "nowhere.csv", EUR, SALT)


def test_another_currency_is_converted_and_rounded_half_to_even(tmp_path: Path) -> None:
    book = "order,customer,amount\n1,a,0.01\n2,a,0.03\n3,a,29.33\n"
    assert [order.amount for order in read(tmp_path, book, "0.5")[0]] == [2, 1466]
    assert read(tmp_path, book, "0.5")[1][0].reason == "amount 0.01 is less than one base unit"
    assert [order.amount for order in read(tmp_path, book, "50")[0]] == [50, 150, 146_650]


@given(
    numbers=st.sets(st.integers(0, 2000), max_size=300),
    size=st.integers(1, 128),
)
def test_batches_hold_every_order_once_and_fit_the_contract(numbers: set[int], size: int) -> None:
    book = [Order(0, number, number + 1, b"c" * 32) for number in sorted(numbers)]
    cut = list(orders.batches(book, size))
    assert [order for batch in cut for order in batch.orders] == book
    for batch in cut:
        places = batch.argument()
        assert 1 <= len(places) <= orders.MAX_BATCH
        assert len(batch.orders) <= size
        assert {batch.first + i for i, (amount, _) in enumerate(places) if amount} == {
            order.number for order in batch.orders
        }
        assert batch.amount == sum(amount for amount, _ in places)


def test_a_salt_is_made_once_kept_secret_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "customers.salt"
    assert order_file.read_salt(path) is None
    salt = order_file.fresh_salt()
    assert len(salt) == 32
    assert salt != order_file.fresh_salt()
    order_file.keep_salt(path, salt)
    assert path.stat().st_mode & 0o777 == 0o600
    assert order_file.read_salt(path) == salt
    path.write_text("not hex")
    with pytest.raises(EMCError, match="is not a salt"):
        order_file.read_salt(path)
