"""Keeping ape silent: a refusal is reported once, in our words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ape() -> Iterator[None]:
    """Without the call traces that ape prints of whatever a chain refuses, and without those in
    which it looks for what contracts print: of each transaction it asks for one, or on the embedded
    chain executes it again.
    """
    from ape.api import ReceiptAPI
    from ape.logging import logger
    from ape_ethereum.trace import Trace

    logger.set_level(logging.CRITICAL)
    shown, looked = Trace.show, ReceiptAPI.show_debug_logs

    def show(trace: Trace, *where: Any, **how: Any) -> None:
        # who asks for a trace says where to, ape by itself does not
        if where or how:
            shown(trace, *where, **how)

    Trace.show, ReceiptAPI.show_debug_logs = show, lambda _: None
    try:
        yield
    finally:
        Trace.show, ReceiptAPI.show_debug_logs = shown, looked
