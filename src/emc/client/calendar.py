"""Dates as an RFC 5545 calendar, each with alarms."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from eth_utils.crypto import keccak

from emc.client.mine import Date
from emc.core.text import printable

# how long before a date its alarms ring
ALARMS = (timedelta(days=1), timedelta(hours=1))
# the last second that calendars know, in the year 9999
LAST = 253_402_300_799


def written(
    dates: Iterable[Date], chain_id: int, now: int, title: Callable[[str], str], name: str
) -> bytes:
    """The text of the calendar file; dates that calendars cannot hold are left out.

    Args:
        now: Unix time at which it is written.
        title: What to call an EMC or a call.
        name: Of the calendar.
    """
    # a tenth of a second that only this command pays
    from icalendar import Alarm, Calendar, Event

    whole = Calendar()
    whole.add("prodid", "-//EMC agreements//emc agenda//EN")
    whole.add("version", "2.0")
    whole.add("x-wr-calname", name)
    for each in dates:
        if each.at > LAST:
            continue
        event = Event()
        # the same whenever it is written again, so that a calendar replaces it
        said = f"{chain_id} {each.where} {each.what} {each.is_last}"
        event.add("uid", f"{keccak(text=said).hex()[:40]}@emc-agreements")
        event.add("dtstamp", _time(now))
        event.add("dtstart", _time(each.at))
        until = "last moment: " if each.is_last else ""
        # a role is a stranger's: the library leaves a lone carriage return as it is
        what = printable(f"{title(each.where)}: {until}{each.what}")
        event.add("summary", what)
        where = each.where if each.where != title(each.where) else ""
        lines = [each.command, where, f"chain {chain_id}"]
        event.add("description", "\n".join(map(printable, filter(None, lines))))
        for before in ALARMS:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", what)
            alarm.add("trigger", -before)
            event.add_component(alarm)
        whole.add_component(event)
    return bytes(whole.to_ical())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
