"""The terms of every epoch, rebuilt from what the table logged."""

from collections.abc import Mapping
from typing import NamedTuple

from emc.audit.prove import signed
from emc.audit.prove.faults import Faults
from emc.audit.prove.history import Happened, History
from emc.audit.prove.signed import Terms

CAUSES = {
    "Made": "made",
    "Renegotiated": "renegotiated",
    "Amended": "amended",
    "Exited": "left",
    "Expelled": "expelled",
}


class Epoch(NamedTuple):
    """Terms, and the event that told of them."""

    number: int
    terms: Terms
    event: Happened

    @property
    def cause(self) -> str:
        return CAUSES[self.event.name]


def rebuild(history: History) -> tuple[dict[int, Epoch], Faults]:
    """The epochs by number, and what in their events does not fit."""
    epochs: dict[int, Epoch] = {}
    faults = Faults()
    replaced: list[Happened] = []

    for event in history.table:
        if event.name == "Replaced":
            replaced.append(event)
        if event.name not in CAUSES:
            continue
        number = 1 if event.name == "Made" else event.number("epoch")
        if number != len(epochs) + 1:
            faults.add(event, "epoch", number, len(epochs) + 1)
            continue
        before = epochs[number - 1].terms if epochs else None
        terms = _next(event, before)
        if terms is None:
            faults.add(event, "change", dict(event.args), "one of the terms before")
            continue
        if "0x" + terms.hash.hex() != event.args["terms_hash"]:
            faults.add(event, "terms hash", event.args["terms_hash"], "0x" + terms.hash.hex())
        if breach := terms.breach(before):
            faults.add(event, "shares", breach, "inside every bound and one million together")
        if before is not None and terms["currency"] != before["currency"]:
            faults.add(event, "currency", terms.at("currency"), before.at("currency"))
        epochs[number] = Epoch(number, terms, event)
    later = [epochs[number] for number in sorted(epochs) if number > 1]
    for event, epoch in zip(replaced, later, strict=False):
        if event.args["terms_hash"] != "0x" + epoch.terms.hash.hex() or event.tx != epoch.event.tx:
            faults.add(event, "terms hash", event.args["terms_hash"], "0x" + epoch.terms.hash.hex())
    if len(replaced) != len(later) and not faults:
        event = (replaced or [epochs[max(epochs)].event])[-1]
        faults.add(event, "changes of terms that Consent knows", len(replaced), len(later))
    return epochs, faults


def _next(event: Happened, before: Terms | None) -> Terms | None:
    args: Mapping[str, object] = event.args
    if event.name in ("Made", "Amended"):
        return signed.from_event(event.args["terms"], event.args["rows"])
    assert before is not None, args
    if event.name == "Renegotiated":
        return before.reshared([int(each) for each in event.args["shares"]])
    return before.without(event.number("row"))
