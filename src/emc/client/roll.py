"""Every EMC that a system made: read from the events of the table, each proven by its hash.

Sends nothing.
"""

from collections import defaultdict
from dataclasses import dataclass

from eth_utils.conversions import to_bytes

from emc.chain import views
from emc.chain.edge import Logged
from emc.chain.tokens import currencies_at
from emc.chain.views import View
from emc.client.agreement import stage_of
from emc.client.standing import epochs_of
from emc.client.system import TABLE, System
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
    told: dict[str, list[Logged]] = defaultdict(list)
    made: list[str] = []
    for event in system.events(*TABLE):
        emc = str(event.args.get("emc", ""))
        told[emc].append(event)
        if event.name == "Made":
            made.append(emc)
    proposed = {emc: _told(emc, told[emc], me) for emc in made}
    counting = {emc: each for emc, each in proposed.items() if isinstance(each, Terms)}
    states = _states(system, list(counting))
    currencies = currencies_at(system.chain, (each.currency for each in counting.values()))
    return [
        _entry(emc, each, states[emc], currencies[each.currency])
        if isinstance(each, Terms)
        else Entry(emc, "?", None, None, 0, each)
        for emc, each in proposed.items()
        if each is not None
    ]


def _told(emc: str, logged: list[Logged], me: int | None) -> Terms | str | None:
    """The terms in force as events tell them, or why they do not; none if the ME never was a
    node of it. Only for those that count is the chain asked.
    """
    try:
        epochs = epochs_of(emc, logged)
    except EMCError as error:
        return str(error)
    if me is not None and all(row.party != me for each in epochs.values() for row in each.nodes):
        return None
    return epochs[max(epochs)]


def _states(system: System, emcs: list[str]) -> dict[str, list[bytes]]:
    """Of each EMC the hash of its terms, its stage and its proceeds, a word each.

    Raises:
        EMCError: the node does not say; it is its fault, since nobody can change these contracts.
    """
    consent = str(system.consent.address)
    asked = []
    for emc in emcs:
        asked.append(View(consent, "terms_of(address)", bytes(12) + to_bytes(hexstr=emc)))
        asked += [View(emc, "stage()"), View(emc, "total()")]
    words = iter(views.words(system.chain, asked))
    return {emc: [next(words), next(words), next(words)] for emc in emcs}


def _entry(emc: str, terms: Terms, state: list[bytes], currency: Currency | EMCError) -> Entry:
    in_force, stage, total = state
    try:
        if terms.hash() != in_force:
            raise EMCError("its terms are not those that Consent keeps")
        if isinstance(currency, EMCError):
            raise currency
        word = stage_of(int.from_bytes(stage, "big"))
    except EMCError as error:
        return Entry(emc, "?", None, None, 0, str(error))
    return Entry(emc, word, terms, currency, int.from_bytes(total, "big"))
