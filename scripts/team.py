"""What the demo shows of an ME that pays its own people: an EMC of persons is the payee of its row.

For the demonstration and its test.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from emc.chain.edge import send
from emc.cli.shared import talk
from emc.client import drawing_up, registry, standing, till
from emc.client.consenting import Formation
from emc.client.income import Book
from emc.client.system import SIGNATURE_SPAN, System
from emc.files import canvas as canvases
from emc.files.bundle import Bundle
from emc.files.compile import Parties

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ape.api import AccountAPI

CANVAS = Path(__file__).parent.parent / "canvases" / "oven-team.yaml"


def form(system: System, outer: Bundle, people: "Sequence[AccountAPI]") -> Bundle:
    """The people of an ME sign an EMC of their own, in the currency of the one that pays it."""
    whole = canvases.load(CANVAS)
    parties = Parties.model_validate(
        {
            "chain_id": outer.chain_id,
            "currency": outer.parties.currency,
            "backstop": outer.parties.backstop,
            "nodes": {
                node.key: {
                    "me": registry.found_or_registered(system, account, "node"),
                    "payee": account.address,
                }
                for node, account in zip(whole.nodes, people, strict=True)
            },
        }
    )
    bundle = drawing_up.draw_up(system.chain, system, whole, parties)
    for account in people:
        bundle = bundle.signed(
            Formation(system, bundle).sign(account, system.chain.now + SIGNATURE_SPAN)
        )
    Formation(system, bundle).submit(people[0])
    return bundle


def redirect(
    system: System, outer: Bundle, row: int, team: Bundle, maker: "AccountAPI", name: str
) -> None:
    """One transaction of the row's controller makes the team the payee."""
    now = standing.read(system, outer.emc)
    till.nested(now, team.emc)
    base = (now.emc, now.terms.head(), now.terms.packed_rows(), now.terms.place_of(row))
    receipt = send("changing the payee", system.conduct.change_payee, *base, team.emc, sender=maker)
    talk.facts(
        f"{name} pays its own people",
        {
            "their EMC": f"{team.canvas.title}, {team.emc}",
            "signed by": ", ".join(label.name for label in team.labels),
            f"row {row} is paid there": f"from now on, {receipt.gas_used:,} gas",
        },
    )


def share_out(
    system: System, outer: Bundle, row: int, team: Bundle, names: Mapping[int, str]
) -> None:
    """Book what came to the team, and follow it to each person."""
    agreement = system.agreement(team.emc)
    send("booking", agreement.contract.absorb, sender=system.chain.account("TEST::0"))
    (passed,) = Book(system).passed(standing.read(system, outer.emc), [row])
    money = team.currency
    people = {label.row: label.name for label in team.labels}
    talk.facts(
        f"What {names[row]} passed on",
        [
            (f"from {outer.canvas.title}", money.format(passed.amount)),
            *((people[each.row], money.format(each.earned)) for each in passed.inside),
            ("left unbooked", money.format(passed.unbooked)),
        ],
    )
