"""What the models of files have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# in files that only programs write
Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]


class Part(BaseModel):
    """A set of fields that holds nothing else, each of its own kind."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
