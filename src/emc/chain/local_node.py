"""The local chain's node as ape reaches it.

Imports ape: only what has a connection imports it.
"""

from functools import cached_property
from typing import Any

from ape_foundry import FoundryProvider


class LocalNode(FoundryProvider):  # type: ignore[misc]  # ape is not seen by the type checker
    """A node that is there already: ape would start one that ends with the command, and whatever
    was deployed on it is lost.

    Its settings are made once: ape makes them for each look, a quarter of the time that connecting
    takes.
    """

    @cached_property
    def settings(self) -> Any:
        return super().settings.model_copy(update={"manage_process": False})
