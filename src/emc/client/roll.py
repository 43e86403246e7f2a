"""Every EMC that a system made: read from the events of the table, each proven by its hash.

Sends nothing.
"""

from collections import defaultdict
from dataclasses import dataclass

from emc.chain.edge import Logged
from emc.client.agreement import Agreement
from emc.client.standing import epochs_of
from emc.client.system import System
from emc.core.terms import Terms
from emc.core.units import Currency
from emc.errors import EMCError


@dataclass(frozen=True)
class Entry:
    """One EMC.

    Args:
        terms: In force.
        total: Cumulative proceeds, base units.
        fault: Why nothing more can be said; empty if all ties.
    """

    emc: str
    stage: str
    terms: Terms | None
    currency: Currency | None
    total: int
    fault: str = ""


def read(system: System, me: int | None = None) -> list[Entry]:
    """The EMCs in the order in which they were made.

    Args:
        me: Only those in whose terms this ME is or was.
    """
    rooms = {
        str(room.address): name
        for name, room in (
            ("Consent", system.consent),
            ("Changes", system.changes),
            ("Conduct", system.conduct),
        )
    }
    told: dict[str, list[Logged]] = defaultdict(list)
    made: list[str] = []
    for event in system.chain.events(rooms):
        emc = str(event.args.get("emc", ""))
        told[emc].append(event)
        if event.name == "Made":
            made.append(emc)
    found = []
    for emc in made:
        entry = _entry(system, emc, told[emc], me)
        if entry is not None:
            found.append(entry)
    return found


def _entry(system: System, emc: str, logged: list[Logged], me: int | None) -> Entry | None:
    """An EMC; none if the ME never was a node of it. Only for those that count is the chain
    asked.
    """
    try:
        epochs = epochs_of(emc, logged)
        if me is not None and all(
            row.party != me for each in epochs.values() for row in each.nodes
        ):
            return None
        terms = epochs[max(epochs)]
        if terms.hash() != bytes(system.consent.terms_of(emc)):
            raise EMCError("its terms are not those that Consent keeps")
        agreement = Agreement(system.chain, emc)
        stage = agreement.stage
        total = int(agreement.contract.total())
        currency = system.chain.currency_at(terms.currency)
    except EMCError as error:
        return Entry(emc, "?", None, None, 0, str(error))
    return Entry(emc, stage, terms, currency, total)
