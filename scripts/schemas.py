"""Make src/emc/schemas/*.schema.json from the models of the files that people write.

python scripts/schemas.py          write them
python scripts/schemas.py --check  exit 1 if one is not what would be written
"""

import json
import sys
from enum import Enum
from pathlib import Path
from typing import Any

from generated import keep
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from emc.core.terms import Metric, Terms
from emc.files.calls import Bid, Call
from emc.files.canvas import Canvas
from emc.files.compile import Parties
from emc.files.contributions import Contributions
from emc.files.rating_file import Ratings

FOLDER = Path(__file__).parent.parent / "src" / "emc" / "schemas"
# what a schema is called, and what describes the file
MODELS: dict[str, tuple[type[Any], str]] = {
    "canvas": (Canvas, "an EMC as people write it down"),
    "parties": (Parties, "who the keys of a canvas are on one chain"),
    "contributions": (Contributions, "rows with contributions and bounds, for emc allocate"),
    "call": (Call, "what a leader looks for"),
    "bid": (Bid, "how a micro-enterprise would fill a place"),
    "ratings": (Ratings, "what a node says of the others"),
    "terms": (Terms, "terms as emc amend draft writes them: ppm, base units, seconds"),
}


def made(name: str) -> str:
    """The JSON Schema of a file, from its model.

    Args:
        name: One of ``MODELS``.
    """
    kind, meaning = MODELS[name]
    if issubclass(kind, BaseModel):
        made = kind.model_json_schema(schema_generator=_Generator)
    else:
        made = TypeAdapter(kind).json_schema(schema_generator=_Whole)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:emc-agreements:{name}:1",
        "$comment": "SPDX-License-Identifier: MIT",
        "title": meaning,
        **{key: value for key, value in made.items() if key != "title"},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """Defaults as people write them, and no titles made of field names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def default_schema(self, schema: Any) -> Any:
        made = super().default_schema(schema)
        write = schema["schema"].get("serialization", {}).get("function")
        if write and "default" in made:
            made["default"] = write(schema["default"])
        return made


class _Whole(_Generator):
    """Of terms: every field is there, enumerations are words, hashes are hex."""

    def default_schema(self, schema: Any) -> Any:
        return self.generate_inner(schema["schema"])

    def dataclass_schema(self, schema: Any) -> Any:
        made = super().dataclass_schema(schema)
        made.pop("title", None)
        made.pop("description", None)
        return {**made, "additionalProperties": False, "required": list(made["properties"])}

    def enum_schema(self, schema: Any) -> Any:
        names: list[Enum] = schema["members"]
        return {"enum": [each.name.lower() for each in names]}

    def bytes_schema(self, schema: Any) -> Any:  # noqa: ARG002
        return {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}

    def int_schema(self, schema: Any) -> Any:
        return {**super().int_schema(schema), "minimum": 0}

    def is_instance_schema(self, schema: Any) -> Any:
        assert schema["cls"] is Metric
        return {"type": "string", "description": "the word of what is counted, or its hash"}


def main() -> int:
    files = {FOLDER / f"{name}.schema.json": made(name) for name in MODELS}
    return keep(files, "python scripts/schemas.py")


if __name__ == "__main__":
    sys.exit(main())
