"""JSON Schemas of the files people write, as `scripts/schemas.py` makes them of the models."""

from importlib import resources

# what a schema is called
FILES = ("canvas", "parties", "contributions", "call", "bid", "ratings", "terms")


def text(name: str) -> str:
    """The JSON Schema of a file.

    Args:
        name: One of ``FILES``.
    """
    return (resources.files(__name__) / f"{name}.schema.json").read_text("utf-8")
