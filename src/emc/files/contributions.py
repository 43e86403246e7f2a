"""A list of rows with what each contributes, from which shares are found."""

from pydantic import BaseModel, ConfigDict, Field

from emc.core.terms import MAX_ROWS
from emc.core.units import PPM
from emc.files.canvas_types import Amount, Key, Percent


class Listed(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Contribution(Listed):
    key: Key = Field(description="a short word, once per file: small letters, digits, hyphens")
    contribution: Amount | None = Field(
        default=None, description="what the row contributes, in a unit that all rows share"
    )
    lower: Percent = Field(default=0, description="least share, in percent")
    upper: Percent = Field(default=PPM, description="largest share, in percent")


class Contributions(Listed):
    """What `emc allocate` takes beside a canvas."""

    rows: list[Contribution] = Field(
        min_length=1,
        max_length=MAX_ROWS,
        description="one entry for each row, with key, contribution, lower and upper",
    )
