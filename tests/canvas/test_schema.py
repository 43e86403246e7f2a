import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import emc.schemas
from emc import schemas
from emc.files import source
from tests.canvas.kit import BREAKFAST_BOX, SMALL, SMART_COOKING, tree, with_

PUBLISHED = Path(emc.schemas.__file__).parent / "canvas.schema.json"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def validator(schema: dict[str, Any]) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def plain(value: Any) -> Any:
    """Data as an editor reads it, where decimals are floats."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


def test_the_published_schema_is_that_of_the_model() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schemas.canvas(), (
        "run: emc canvas schema > src/emc/schemas/canvas.schema.json"
    )


@pytest.mark.parametrize("path", [SMART_COOKING, BREAKFAST_BOX], ids=lambda path: path.stem)
def test_an_editor_finds_no_fault_in_a_shipped_canvas(
    validator: Draft202012Validator, path: Path
) -> None:
    assert list(validator.iter_errors(plain(source.read(path).tree))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Picnic", "titel: Picnic"),
        ("kind: experience", "kind: shop"),
        ("decimals: 2", "decimals: two"),
        ("benchmark: 1000", "benchmark: lots"),
        ("running_cost: 20", "running_cost: 101"),
        ("share: 5\n", "share: {all: 5}\n"),
        ("share: 5\n", "share: {all: 5, lower: 5, upper: 5, base: 5}\n"),
        ("notice: 7d", "notice: 7"),
        ("quorum: 60", "quorum: 0"),
        ("end: 90d", "end: soon"),
        ("start: now", "start: 2027-01-01"),
        ("key: cook", "key: The Cook"),
        ("obligations: [bakes]", "obligations: []"),
    ],
)
def test_an_editor_marks_what_the_check_refuses(
    validator: Draft202012Validator, old: str, new: str
) -> None:
    assert list(validator.iter_errors(plain(tree(SMALL)))) == []
    assert list(validator.iter_errors(plain(tree(with_((old, new))))))


def test_every_field_is_described_and_defaults_are_as_people_write_them(
    schema: dict[str, Any],
) -> None:
    definitions = [schema, *schema["$defs"].values()]
    for definition in definitions:
        for name, field in definition.get("properties", {}).items():
            assert field.get("description"), name
    leaving = schema["$defs"]["Leaving"]["properties"]
    assert (leaving["notice"]["default"], leaving["expulsion"]["default"]) == ("30d", "75")


def test_every_default_of_the_schema_is_in_order_by_itself(
    schema: dict[str, Any],
) -> None:
    for definition in [schema, *schema["$defs"].values()]:
        for field in definition.get("properties", {}).values():
            if "default" in field:
                # the field's own schema, with the definitions it refers to
                alone = {**field, "$defs": schema["$defs"]}
                assert list(Draft202012Validator(alone).iter_errors(field["default"])) == []
