"""Whether everything that was decided was agreed to by those who had to agree.

Follows the table's events in the order of the chain; at each decision the signatures are taken from
the transaction and recovered again.
"""

from collections.abc import Mapping

from emc.audit.prove import decisions, records
from emc.audit.prove.court import Court
from emc.audit.prove.epochs import Epoch
from emc.audit.prove.history import Happened, History
from emc.audit.prove.life import Life
from emc.audit.read.known import Known
from emc.rpc.node import Node, Pinned

DECISIONS = (
    "Made",
    "Renegotiated",
    "Amended",
    "Exited",
    "Expelled",
    "Disbanded",
    "Finalised",
)


async def check(
    history: History,
    epochs: Mapping[int, Epoch],
    life: Life,
    node: Node,
    known: Known,
    chain_id: int,
    pinned: Pinned,
) -> Court:
    """Go through everything that was decided."""
    court = Court(history, epochs, life, node, known, chain_id, pinned)
    wanted = {each.tx for each in history.table if each.name in DECISIONS}
    redirected = [
        each for each in history.own if isinstance(each, Happened) and each.name == "PayeeChanged"
    ]
    court.transactions = await node.transactions(wanted | {each.tx for each in redirected})
    for event in history.table:
        court.note(event)
        if event.name in decisions.CHECKS:
            await decisions.CHECKS[event.name](court, event)
        if event.name in ("Made", "Amended"):
            records.check_bar(court, event)
    decisions.check_redirections(court, redirected)
    return court
