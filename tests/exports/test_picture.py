"""The flow of money in a report: every row is an end of its own, whatever it is called."""

from collections import Counter

from emc.audit.tell import picture
from emc.audit.tell.statements import Line
from emc.audit.tell.subjects import Subject
from emc.core.units import Currency

SUBJECT = Subject("0x1", "0x2", Currency("EUR", 2), "RECONCILED", "ACTIVE", 1, 1)
NAMES = {0: "Bakery", 1: "Bakery", 2: "Base", 3: "Sales"}


def line(row_id: int, base: int) -> Line:
    """A row that earned nothing but its part up to the benchmark."""
    names = ("leading", "upside", "running", "cost", "credit", "held", "refunded")
    earned = {"earned": base, "paid": base, "net": base}
    return Line("0x1", row_id, None, "0x3", True, base, **earned, **dict.fromkeys(names, 0))


def test_rows_of_one_name_and_rows_called_like_a_band_are_ends_of_their_own() -> None:
    lines = [line(0, 10_00), line(1, 20_00), line(2, 30_00), line(3, 40_00)]
    books = {"received": 100_00, "held": 0, "pending": 0, "dust": 0}
    came = {"sale": 100_00, "absorbed": 0}
    found = picture.flow(SUBJECT, lines, came, books, NAMES.__getitem__)
    ends = Counter((each["name"], each["kind"]) for each in found["nodes"])
    assert ends == {
        ("Sales", "source"): 1,
        ("Base", "base"): 1,
        ("Bakery", "row"): 2,
        ("Base", "row"): 1,
        ("Sales", "row"): 1,
    }
    paid = [each["value"] for each in found["links"] if each["target"] > 1]
    assert sorted(paid) == [10.0, 20.0, 30.0, 40.0]
    # money flows one way: nothing leads back to where it came from
    assert all(each["source"] < each["target"] for each in found["links"])
