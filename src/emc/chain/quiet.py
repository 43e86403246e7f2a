"""Keeping ape silent: a refusal is reported once, in our words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ape() -> Iterator[None]:
    """Without the call traces that ape prints of whatever a chain refuses."""
    from ape.logging import logger
    from ape_ethereum.trace import Trace

    logger.set_level(logging.CRITICAL)
    shown = Trace.show

    def show(trace: Trace, *where: Any, **how: Any) -> None:
        # who asks for a trace says where to, ape by itself does not
        if where or how:
            shown(trace, *where, **how)

    Trace.show = show
    try:
        yield
    finally:
        Trace.show = shown
