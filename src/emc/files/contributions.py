"""A list of rows with what each contributes, from which shares are found."""

from pydantic import Field

from emc.core.limits import MAX_ROWS
from emc.core.units import PPM
from emc.files.canvas_types import Amount, Key, Percent
from emc.files.models import Part


class Contribution(Part):
    key: Key = Field(description="a short word, once per file: small letters, digits, hyphens")
    contribution: Amount | None = Field(
        default=None, description="what the row contributes, in a unit that all rows share"
    )
    lower: Percent = Field(default=0, description="least share, in percent")
    upper: Percent = Field(default=PPM, description="largest share, in percent")


class Contributions(Part):
    """What `emc allocate` takes beside a canvas."""

    rows: list[Contribution] = Field(
        min_length=1,
        max_length=MAX_ROWS,
        description="one entry for each row, with key, contribution, lower and upper",
    )
