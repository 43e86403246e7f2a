"""Moments and spans as people read them."""

from emc.core.units import format_moment as moment
from emc.core.units import format_span

__all__ = ["left", "moment"]


def left(until: int, now: int) -> str:
    """How long it is until then."""
    if until <= now:
        return "now"
    span = until - now
    # as coarse as a person would say it
    for unit in (86_400, 3_600, 60):
        if span >= 2 * unit:
            span -= span % unit
            break
    return f"in {format_span(span)} ({moment(until)})"
