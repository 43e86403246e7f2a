"""Keeping ape silent: a refusal is reported once, in our words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ape() -> Iterator[None]:
    """Without the call traces that ape prints of whatever a chain refuses, and without those in
    which it looks for what contracts print: of each transaction it asks for one, or on the embedded
    chain executes it again. For these it also notes a contract at each connection, and imports for
    that what takes a third of a second.
    """
    from ape.api import ReceiptAPI
    from ape.logging import logger
    from ape_ethereum.provider import Web3Provider
    from ape_ethereum.trace import Trace

    shown, level = Trace.show, logger.level

    def show(trace: Trace, *where: Any, **how: Any) -> None:
        # who asks for a trace says where to, ape by itself does not
        if where or how:
            shown(trace, *where, **how)

    with (
        replaced(Trace, "show", show),
        replaced(ReceiptAPI, "show_debug_logs", lambda _: None),
        replaced(Web3Provider, "_post_connect", lambda _: None),
    ):
        logger.set_level(logging.CRITICAL)
        try:
            yield
        finally:
            logger.set_level(level)


@contextmanager
def replaced(owner: type, name: str, by: Any) -> Iterator[None]:
    """With another method of a class."""
    before = getattr(owner, name)
    setattr(owner, name, by)
    try:
        yield
    finally:
        setattr(owner, name, before)
