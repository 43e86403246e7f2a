"""What the package does not bring unless it is asked for: its extras, by the modules they add."""

from importlib import import_module

from emc.errors import MissingExtraError

# module: the extra of pyproject.toml that installs it
EXTRAS = {
    "aiohttp": "audit",
    "apprise": "alarms",
    "duckdb": "audit",
    "msgspec": "audit",
    "numpy": "audit",
    "jinja2": "report",
    "plotly": "report",
    "drawsvg": "trust",
    "igraph": "trust",
    "silverback": "silverback",
}


def need(module: str) -> None:
    """Look for a module before a chain is asked anything.

    Raises:
        MissingExtraError: its extra is not installed.
    """
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        raise missing(error) or error from None


def missing(error: ModuleNotFoundError) -> MissingExtraError | None:
    """What to say of a module that is not installed; nothing if no extra would bring it."""
    module = (error.name or "").partition(".")[0]
    if module not in EXTRAS:
        return None
    return MissingExtraError(
        f"this needs {module}, which is not installed",
        f"pip install 'emc-agreements[{EXTRAS[module]}]'",
    )
