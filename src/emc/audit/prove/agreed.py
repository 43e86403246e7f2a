"""Whether everything that was decided was agreed to by those who had to agree.

Follows the table's events in the order of the chain; at each decision the signatures are taken from
the transaction and recovered again.
"""

from emc.audit.prove import decisions, records
from emc.audit.prove.court import Court
from emc.audit.prove.history import Happened


async def check(court: Court) -> None:
    """Go through everything that was decided."""
    history = court.history
    wanted = {each.tx for each in history.table if each.name in decisions.CHECKS}
    redirected = [
        each for each in history.own if isinstance(each, Happened) and each.name == "PayeeChanged"
    ]
    court.transactions = await court.node.transactions(wanted | {each.tx for each in redirected})
    for event in history.table:
        court.note(event)
        if event.name in decisions.CHECKS:
            await decisions.CHECKS[event.name](court, event)
        if event.name in ("Made", "Amended"):
            records.check_bar(court, event)
    decisions.check_redirections(court, redirected)
