"""The file in which a node writes its stars."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from emc.core.problems import FileErrors, Path_
from emc.core.ratings import (
    CRITERIA,
    MAX_MEMBERS,
    MAX_STARS,
    Member,
    Vector,
    pack,
    rateable,
    why_not,
)
from emc.files import source
from emc.files.models import Part
from emc.files.source import Source

_Rating = Annotated[int, Field(ge=0, le=MAX_STARS)]


class RatingErrors(FileErrors):
    """Everything that is wrong with a file of ratings."""


class Stars(Part):
    """What a node says of another."""

    delivery: _Rating = Field(default=0, description="delivery against promise, 0 to 5")
    quality: _Rating = Field(default=0, description="quality, 0 to 5")
    collaboration: _Rating = Field(default=0, description="collaboration, 0 to 5")
    user_value: _Rating = Field(default=0, description="user value, 0 to 5")

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, value: Any) -> Any:
        """One number stands for all four."""
        return dict.fromkeys(CRITERIA, value) if type(value) is int else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler.resolve_ref_schema(handler(schema))
        fields = {key: whole[key] for key in ("type", "additionalProperties", "properties")}
        number = {"type": "integer", "minimum": 0, "maximum": MAX_STARS}
        return {"description": "one number for all four, or each", "anyOf": [number, fields]}

    @property
    def vector(self) -> Vector:
        return self.delivery, self.quality, self.collaboration, self.user_value


class Ratings(Part):
    """Stars by whom they are for."""

    ratings: dict[str, Stars] = Field(
        min_length=1,
        max_length=MAX_MEMBERS,
        description="by ME id, or key of the canvas: stars from 1 to 5 for delivery, quality, "
        "collaboration and user_value, 0 for no opinion",
    )


def load(path: Path, rater: int, members: Sequence[Member], keys: Mapping[str, int]) -> bytes:
    """Ratings from a YAML file, as they are committed to.

    Args:
        rater: The ME that rates.
        keys: ME ids by the keys that the canvas gives them.

    Raises:
        RatingErrors: everything that is wrong, with lines.
        EMCError: the file cannot be opened.
    """
    file = source.read(path)
    given = source.validate(Ratings, file)
    found: dict[int, Vector] = {}
    for name, stars in (given.ratings if given else {}).items():
        if (me := _me_of(file, name, rater, members, keys)) is None:
            continue
        if me in found:
            file.report(("ratings", name), f"ME {me} is rated twice", "keep one of them")
        found[me] = stars.vector
    if given is None or file.problems:
        raise RatingErrors(file.name, file.problems, "ratings")
    return pack(members, found)


def _me_of(
    file: Source, name: str, rater: int, members: Sequence[Member], keys: Mapping[str, int]
) -> int | None:
    """Whom a line rates; none, and a problem, if it cannot be."""
    path: Path_ = ("ratings", name)
    me = keys.get(name)
    if me is None and name.isascii() and name.isdigit():
        me = int(name[:60])
    if me is None:
        known = ", ".join(keys) if keys else "an ME id; keys need --agreement"
        file.report(path, "is neither an ME id nor a key of the canvas", f"known: {known}"[:240])
        return None
    if problem := why_not(rater, me, members):
        others = [each.me for each in rateable(rater, members)]
        file.report(path, problem, f"you can rate ME {', '.join(map(str, others))}"[:240])
        return None
    return me
