"""What the builders of messages declare, and the type checker knows, is what their types have."""

from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import pytest

from emc.core import typed_data
from emc.core.terms import Metric
from emc.core.typed_data import KINDS, Domain
from tests.signing import kit

TERMS = kit.agreement().terms
DOMAIN = Domain(1, "Changes", "0x" + "11" * 20)
# each builder, and what it is given beside the names of fields
BUILDERS: dict[str, tuple[Callable[..., dict[str, Any]], dict[str, Any]]] = {
    "Agreement": (typed_data.agreement, {"terms": TERMS, "row": TERMS.rows[0]}),
    "Departure": (typed_data.departure, {"terms": TERMS}),
    "Expulsion": (typed_data.expulsion, {}),
    "Disbanding": (typed_data.disbanding, {"terms": TERMS}),
    "Assessment": (typed_data.assessment, {"metric": Metric.USERS}),
}


def said_by(kind: str) -> dict[str, Any]:
    """A value of its own for each name that a builder declares."""
    (declared,) = get_args(get_type_hints(BUILDERS[kind][0])["said"])
    return {name: f"the {name}" for name in get_type_hints(declared)}


def test_every_message_has_a_builder() -> None:
    assert BUILDERS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_builder_declares_are_fields_of_its_type_and_all_that_it_lacks(kind: str) -> None:
    build, given = BUILDERS[kind]
    said = said_by(kind)
    message = build(DOMAIN, **given, **said)["message"]
    assert list(message) == [pair.split()[1] for pair in KINDS[kind].fields.split(",")]
    assert {name: message[name] for name in said} == said
    for name in said.keys() - {"nonce"}:
        with pytest.raises(KeyError, match=name):
            build(DOMAIN, **given, **{key: said[key] for key in said if key != name})
