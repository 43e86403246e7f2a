"""What nodes sign is never made of a word that is misspelled or contradicts the terms."""

from typing import Any

import pytest

from emc.core import typed_data
from emc.core.typed_data import Domain
from tests import tables
from tests.tables import address

ROW = tables.row(0, 400_000)
TERMS = tables.terms((ROW, tables.row(1, 600_000)))
SAID: dict[str, Any] = {"emc": address("emc"), "signer": address("signer"), "deadline": 9}
DOMAIN = Domain(31_337, "Changes", address("changes"))


def test_a_message_is_of_the_row_and_by_default_of_no_revocation() -> None:
    made = typed_data.agreement(DOMAIN, terms=TERMS, row=ROW, **SAID)["message"]
    assert (made["base"], made["nonce"], made["deadline"]) == (400_000, 0, 9)
    later = typed_data.agreement(DOMAIN, terms=TERMS, row=ROW, nonce=3, **SAID)["message"]
    assert later == {**made, "nonce": 3}


@pytest.mark.parametrize("odd", [{"nonces": 3}, {"base": 1}, {"terms_hash": b""}])
def test_a_word_that_is_none_or_follows_from_the_terms_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"Agreement does not take {next(iter(odd))}"):
        typed_data.agreement(DOMAIN, terms=TERMS, row=ROW, **SAID, **odd)
    with pytest.raises(TypeError, match=f"Departure does not take {next(iter(odd))}"):
        typed_data.departure(DOMAIN, terms=TERMS, row=7, me=1, epoch=2, **SAID, **odd)


@pytest.mark.parametrize("name", SAID)
def test_nothing_is_signed_of_which_a_part_is_missing(name: str) -> None:
    said = {each: value for each, value in SAID.items() if each != name}
    with pytest.raises(KeyError, match=name):
        typed_data.agreement(DOMAIN, terms=TERMS, row=ROW, **said)
