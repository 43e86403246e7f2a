"""JSON Schemas of the files people write, for editors and other tools."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from emc.files.canvas import Canvas


def canvas() -> str:
    """The JSON Schema of a canvas, as published beside this file."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:emc-agreements:canvas:1",
        "$comment": "SPDX-License-Identifier: MIT",
        **Canvas.model_json_schema(schema_generator=_Generator),
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
