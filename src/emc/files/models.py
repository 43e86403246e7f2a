"""What the models of files have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# in files that only programs write
Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]


class Part(BaseModel):
    """Named fields: all of their exact types, no others, and they cannot be changed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
