from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emc.core.units import Currency, after, format_part, format_span, parse_part, parse_span
from emc.errors import EMCError

CNY = Currency("CNY", 2)


@given(units=st.integers(0, 2**128), decimals=st.integers(0, 36))
def test_an_amount_survives_printing_and_parsing(units: int, decimals: int) -> None:
    currency = Currency("X", decimals)
    assert currency.parse(currency.format(units, symbol=False)) == units


def test_an_amount_is_printed_with_thousands_decimals_and_symbol() -> None:
    assert CNY.format(123_456_789) == "1,234,567.89 CNY"
    assert CNY.format(-5) == "-0.05 CNY"
    assert Currency("JPY", 0).format(1500) == "1,500 JPY"


@pytest.mark.parametrize(
    ("text", "units"),
    [("24.5", 2450), ("1,250.50", 125_050), ("10,000,000", 10**9), ("1_000", 100_000), (7, 700)],
)
def test_an_amount_is_read_as_people_write_it(text: str | int, units: int) -> None:
    assert CNY.parse(text) == units


@pytest.mark.parametrize(
    "text",
    [
        "24,50",
        "24,5",
        "1,2,3",
        "1,2345",
        "12,34,567",
        "1.250,50",
        "1 250",
        "1_00",
        ",500",
        "1,000,",
    ],
)
def test_an_amount_in_another_form_is_refused_and_the_form_said(text: str) -> None:
    with pytest.raises(EMCError, match="is not an amount") as refusal:
        CNY.parse(text)
    assert "write a number such as 1250.50 or 1,250.50" in refusal.value.hint


def test_three_decimals_are_not_taken_for_thousands() -> None:
    with pytest.raises(EMCError, match=r"'24\.500' has more decimals than CNY"):
        CNY.parse("24.500")
    assert Currency("ETH", 18).parse("24.500") == 24_500_000_000_000_000_000


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "NaN", "inf", "1e99", "1e1", "+1", ".5", "5.", "1.001", "\u0663"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(EMCError):
        CNY.parse(text)


def test_a_too_fine_amount_says_how_fine_it_may_be() -> None:
    with pytest.raises(EMCError, match="more decimals than CNY") as refusal:
        CNY.parse("0.005")
    assert refusal.value.hint == "use at most 2 decimals"


def test_long_amounts_are_not_rounded_on_the_way() -> None:
    wei = Currency("ETH", 18)
    assert (
        wei.parse("12345678901234567890.123456789012345678")
        == 12345678901234567890123456789012345678
    )


@given(st.integers(0, 1_000_000))
def test_a_part_survives_printing_and_parsing(ppm: int) -> None:
    assert parse_part(format_part(ppm)) == ppm


@pytest.mark.parametrize(
    "text", ["101", "-1", "1e1", "12,5", "+5", "0.00001", "1_2", "x", "12." + "5" + "0" * 40 + "1"]
)
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(EMCError):
        parse_part(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("14d", 1_209_600),
        ("36h", 129_600),
        ("90 min", 5400),
        ("90min", 5400),
        ("0", 0),
        ("7s", 7),
        ("2w", 1_209_600),
        ("14 days", 1_209_600),
        ("2 weeks", 1_209_600),
        ("1 week", 604_800),
        ("1day", 86_400),
        ("36 hours", 129_600),
        ("90 minutes", 5400),
        ("7 seconds", 7),
    ],
)
def test_spans_are_read(text: str, seconds: int) -> None:
    assert parse_span(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "d", "90m", "90 m", "2 months", "1 year", "1.5h", "-1d", "14 dayss", "1 wk", "\u0663d"],
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(EMCError):
        parse_span(text)


def test_a_number_without_its_unit_is_no_span() -> None:
    """Fourteen days are meant, not fourteen seconds."""
    with pytest.raises(EMCError, match="'14' is not a span of time") as refusal:
        parse_span("14")
    assert refusal.value.hint == "write its unit, for example 14d"


def test_m_alone_is_neither_minutes_nor_months() -> None:
    with pytest.raises(EMCError, match="'18m' can be minutes or months") as refusal:
        parse_span("18m")
    assert refusal.value.hint == "write 18min, or 18 months"


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2027-01-31T08:00:00", "1 month", "2027-02-28T08:00:00"),
        ("2028-01-31T08:00:00", "1month", "2028-02-29T08:00:00"),
        ("2027-03-15T23:59:59", "18 months", "2028-09-15T23:59:59"),
        ("2028-02-29T00:00:00", "1 year", "2029-02-28T00:00:00"),
        ("2027-12-01T00:00:00", "2 years", "2029-12-01T00:00:00"),
        ("2027-12-01T00:00:00", "36h", "2027-12-02T12:00:00"),
    ],
)
def test_months_and_years_are_those_of_the_calendar(start: str, span: str, end: str) -> None:
    at, to = (int(datetime.fromisoformat(f"{each}+00:00").timestamp()) for each in (start, end))
    assert after(at, span) == to


def test_a_span_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(EMCError, match="too long"):
        after(0, "9999 years")


@given(st.integers(0, 2**32))
def test_a_span_survives_printing_and_parsing(seconds: int) -> None:
    assert parse_span(format_span(seconds)) == seconds


def test_decimals_are_taken_as_they_are() -> None:
    assert CNY.parse(Decimal("12.50")) == 1250
