from decimal import Decimal
from pathlib import Path

import pytest
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from emc.core import orders
from emc.core.limits import MAX_ORDERS
from emc.core.orders import Order
from emc.core.units import Currency
from emc.errors import EMCError
from emc.files import order_file, order_form

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
        ("1,ann,1.005", "'1.005' has more decimals than EUR"),
        ("1,ann,24.50 EUR", "amount '24.50 EUR' is not a number such as 24.50"),
        ("1.5,ann,1", "order '1.5' is not a number"),
        ("1E+05,ann,1", "order '1E+05' is not a number"),
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


@pytest.mark.parametrize(
    ("book", "amounts"),
    [
        # semicolons and decimal commas, as shops in Germany, France and Switzerland export them
        (
            "order;customer;amount\n1;ann;24,50\n2;bob;1.234,50\n3;cy;1.234\n",
            [2450, 123_450, 123_400],
        ),
        ('order,customer,amount\n1,ann,"24,50"\n2,bob,"1.234,50"\n', [2450, 123_450]),
        ("order;customer;amount\n1;ann;24,50\n2;bob;1\u202f234,50\n", [2450, 123_450]),
        ("order;customer;amount\n1;ann;24.50\n2;bob;1\u2019234.50\n", [2450, 123_450]),
        ("order\tcustomer\tamount\n1\tann\t24.50\n2\tbob\t1,234\n", [2450, 123_400]),
        ('\ufefforder,customer,amount\n1,ann,"1,234.50"\n2,bob,"1,234"\n', [123_450, 123_400]),
        ('"order";"customer";"amount"\n"1";"a;b";"24,5"\n', [2450]),
        ("order;customer;amount\n1;ann;24\n2;bob;100\n", [2400, 10_000]),
    ],
)
def test_the_forms_that_shops_export_are_read(
    tmp_path: Path, book: str, amounts: list[int]
) -> None:
    found, skipped = read(tmp_path, book)
    assert skipped == []
    assert [order.amount for order in found] == amounts


@pytest.mark.parametrize(
    ("book", "says"),
    [
        ("order;customer;amount\n1;ann;1,234\n", r"line 2: amount '1,234' can be 1,234.0 or 1.234"),
        ("order;customer;amount\n1;ann;7\n2;ann;1.234\n", "line 3: amount '1.234' can be 1.234 or"),
        ('order,customer,amount\n1,ann,"1,234"\n', "line 2: amount '1,234' can be"),
        (
            "order;customer;amount\n1;ann;24,50\n2;bob;24.50\n",
            "decimals stand after a point and after a comma: '24,50' in line 2, '24.50' in line 3",
        ),
    ],
)
def test_a_file_that_does_not_say_what_its_amounts_are_is_refused_until_told(
    tmp_path: Path, book: str, says: str
) -> None:
    with pytest.raises(EMCError, match=says) as refusal:
        read(tmp_path, book)
    assert refusal.value.hint == "say which it is: --decimal comma or --decimal point"
    path = tmp_path / "orders.csv"
    for mark in order_form.MARKS:
        assert order_file.read(path, Currency("X", 3), SALT, mark=mark)[0]


def test_what_a_comma_means_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order;customer;amount\n1;ann;1,234\n2;bob;24.50\n")
    precise = Currency("X", 3)
    found, skipped = order_file.read(path, precise, SALT, mark="comma")
    assert [order.amount for order in found] == [1234]
    assert skipped == [order_file.Skipped(3, "amount '24.50' is not a number such as 24,50")]
    found, skipped = order_file.read(path, precise, SALT, mark="point")
    assert [order.amount for order in found] == [1_234_000, 24_500]


def test_orders_that_are_text_have_a_number_that_follows_from_it(tmp_path: Path) -> None:
    book = "order,customer,amount\nINV-2026-002,a,1\nINV-2026-001,b,2\n7,c,3\nspring fair,d,4\n"
    found, skipped = read(tmp_path, book)
    assert skipped == []
    by_text = {order.name: order for order in found}
    series = (int.from_bytes(keccak(text="INV-2026-00"), "big") >> 96) << 96
    assert by_text["INV-2026-001"].number == series + 1
    assert by_text["INV-2026-002"].number == series + 2
    assert by_text["spring fair"].number == int.from_bytes(keccak(text="spring fair"), "big")
    assert (by_text["7"].number, by_text["7"].text) == (7, "")
    # a series goes into one batch
    assert [len(batch.orders) for batch in orders.batches(found)] == [1, 2, 1] or [
        len(batch.orders) for batch in orders.batches(found)
    ] == [1, 1, 2]
    assert order_file.references(tmp_path / "orders.csv") == {
        order.number: order.name for order in found
    }


@given(
    texts=st.lists(
        st.from_regex(r"[A-Za-z0-9/_.\- ]{0,6}[A-Z][A-Za-z0-9/\-]{0,12}", fullmatch=True).map(
            str.strip
        ),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_two_texts_never_have_one_number(texts: list[str]) -> None:
    first, second = (orders.order_number(text) for text in texts)
    assert first != second
    assert max(first, second) < 2**256


@pytest.mark.parametrize("text", ["", " ", "x" * 201, "a\x1bb", "1.5", "-1", "1e5", "9" * 78])
def test_an_order_that_cannot_be_told_apart_is_refused(text: str) -> None:
    with pytest.raises(EMCError):
        orders.order_number(text)


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
        assert 1 <= len(places) <= MAX_ORDERS
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
