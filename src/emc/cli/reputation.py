"""emc reputation: the record of a micro-enterprise, and how it came about."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from emc.cli.shared import dates, options, output, sessions, talk
from emc.cli.shared.postings import stars_text
from emc.core.ratings import CRITERIA, MEANING
from emc.core.terms import NATIVE
from emc.core.text import printable

if TYPE_CHECKING:
    from emc.client.reputation import Record
    from emc.client.system import System
    from emc.core.record import Line, Reviewed


@click.command()
@click.argument("me", type=options.ME)
@options.local_network
@output.json_option
def reputation(me: int, network: str, as_json: bool) -> None:
    """Show the record of ME: its stars, its facts, and every EMC from which they follow.

    Stars are recomputed from events and compared with what the registry says.

    \b
    Example:
      emc reputation 7
    """
    from emc.client import reputation

    with sessions.opened(network) as session:
        found = reputation.read(session.system, me)
        if as_json:
            output.print_json(machine(found))
        else:
            show(session.system, found)


def machine(whole: "Record") -> dict[str, Any]:
    """A record for a program."""
    from emc.core import record

    return {
        "me": str(whole.me),
        "stars": stars_text(whole.summary.mean),
        "criteria": {
            name: stars_text(each) for name, each in zip(CRITERIA, whole.summary.stars, strict=True)
        },
        "facts": whole.summary.facts,
        "proceeds": {currency: str(amount) for currency, amount in whole.proceeds.items()},
        "emcs": [_emc_data(place, each, whole.lines) for place, each in enumerate(whole.emcs)],
        "replies": [
            {
                "emc": args["emc"],
                "document": "0x" + bytes(args["document"]).hex(),
                "uri": args["uri"],
            }
            for args in whole.replies
        ],
        "formula": record.FORMULA,
    }


def show(system: "System", whole: "Record") -> None:
    """A record for people."""
    from emc.core import record

    talk.facts(
        f"Reputation of ME {whole.me}",
        [
            ("stars", stars_text(whole.summary.mean)),
            *(
                (MEANING[name], stars_text(each))
                for name, each in zip(CRITERIA, whole.summary.stars, strict=True)
            ),
            *((name.replace("_", " "), str(count)) for name, count in whole.summary.facts.items()),
            *(
                (
                    f"proceeds in {'coin' if currency == NATIVE else currency}",
                    _money(system, currency, amount),
                )
                for currency, amount in whole.proceeds.items()
            ),
        ],
    )
    output.line()
    if not whole.emcs:
        output.line("no EMC is counted yet: unrated")
        return
    _show_emcs(system, whole.emcs, whole.lines)
    output.line(record.FORMULA)
    output.line("recomputed from events: the registry says the same")
    for args in whole.replies:
        output.line(
            f"reply about {args['emc']}: 0x{bytes(args['document']).hex()} "
            f"{printable(args['uri'])}".rstrip()
        )


def _show_emcs(system: "System", emcs: "Sequence[Reviewed]", lines: "Sequence[Line]") -> None:
    stars = [f">{name}" for name in CRITERIA]
    first = ("EMC", "ended", "was there", "goal", ">proceeds")
    columns = output.columns(*first, *stars, ">raters", ">weight", "own ratings")
    rows = []
    for place, each in enumerate(emcs):
        weights = {line.weights[place] for line in lines} - {None}
        rows.append(
            [
                each.emc,
                dates.moment(each.ended_at),
                each.had,
                "met" if each.is_goal_met else "missed",
                _money(system, each.currency, each.credited),
                *(stars_text(median) if median else "insufficient" for median in each.medians),
                "/".join(map(str, each.raters))
                if len(set(each.raters)) > 1
                else str(each.raters[0]),
                " / ".join(f"{part:.4f}" for part in sorted(filter(None, weights))) or "0",
                "withheld" if each.is_withheld else "revealed",
            ]
        )
    output.table(columns, rows)
    output.line()


def _emc_data(place: int, each: "Reviewed", lines: "Sequence[Line]") -> dict[str, Any]:
    parts = [line.weights[place] for line in lines]
    return {
        **asdict(each),
        "total": str(each.total),
        "credited": str(each.credited),
        "weights": [None if part is None else f"{part:.18f}" for part in parts],
    }


def _money(system: "System", currency: str, amount: int) -> str:
    """Proceeds as their token prints them."""
    return system.chain.currency_at(currency).format(amount)
