"""emc audit nested: money between EMCs, followed to each row."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.audit import shared
from emc.cli.shared import output, talk

if TYPE_CHECKING:
    from emc.audit.tell.nested import Flow
    from emc.core.units import Currency


@click.command()
@shared.agreements_option
@shared.store_option
@output.json_option
def command(agreements: tuple[Path, ...], path: Path, as_json: bool) -> None:
    """Show what rows were paid at other EMCs of a checked store, and what each row there earned.

    This follows the money to the people of an ME, if its row is paid at an EMC of theirs. Both
    EMCs must be in the store: `emc audit run --all`.

    \b
    Example:
      emc audit nested
      emc audit nested --agreement cooking.agreement.json --agreement oven-team.agreement.json
    """
    from emc.audit.read import store
    from emc.audit.tell import nested, subjects

    with store.open_store(path) as db:
        found = nested.flows(db)
        money = subjects.currencies(db)
        names = shared.names_of(db, agreements)
    if as_json:
        output.print_json([_data(each) for each in found])
        return
    if not found:
        talk.note("no EMC of this store is paid by another")
        return
    show(found, money, names)


def show(found: "list[Flow]", money: "Mapping[str, Currency]", names: shared.Names) -> None:
    """Each flow, and below it who got what."""

    def called(emc: str, row: int) -> str:
        return f"{names.titles.get(emc, emc)}, {names.rows.get((emc, row), f'row {row}')}"

    for each in found:
        of = money[each.emc]
        title = names.titles.get(each.into, each.into)
        facts = [("paid there", of.format(each.amount)), ("booked there", of.format(each.booked))]
        for member in each.members:
            name = names.rows.get((each.into, member.row_id), f"row {member.row_id}")
            facts.append((name, of.format(member.earned)))
        facts.append(("verdicts", ", ".join(each.verdicts)))
        talk.facts(f"{called(each.emc, each.row_id)} is paid at {title}", facts)


def _data(each: "Flow") -> dict[str, object]:
    return {
        "emc": each.emc,
        "row": each.row_id,
        "me": each.me,
        "into": each.into,
        "amount": str(each.amount),
        "booked": str(each.booked),
        "rows": [
            {"row": member.row_id, "me": member.me, "earned": str(member.earned)}
            for member in each.members
        ],
        "verdicts": list(each.verdicts),
    }
