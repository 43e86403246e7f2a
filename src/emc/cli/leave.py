"""emc leave: a node gives notice, and goes when it is over."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.shared import decide, naming, output, talk
from emc.cli.shared.groups import Group
from emc.core.units import format_span

if TYPE_CHECKING:
    from emc.client.standing import Standing


@click.group(cls=Group)
def leave() -> None:
    """Leave an EMC with the notice of its terms; what was earned stays the node's.

    \b
    Leaving from start to end:
      emc leave notice 0x... --account courier
      emc leave status 0x...
      emc leave submit 0x... --row 2 --account anybody
    """


@leave.command()
@click.argument("target")
@decide.account_option
@decide.network_option
@click.option("--take-back", is_flag=True, help="Stay after all.")
@decide.yes_option
def notice(target: str, account: str, network: str, take_back: bool, yes: bool) -> None:
    """Say that your node will leave the EMC at TARGET.

    \b
    Example:
      emc leave notice my.agreement.json --account courier
    """
    from emc.chain.edge import send

    with decide.opened(network, target) as (chain, system):
        standing = decide.standing_of(system, target)
        signer = chain.account(account)
        row = standing.row_of(signer.address)
        terms = standing.terms
        base = (standing.emc, terms.head(), terms.packed_rows(), terms.place_of(row))
        if take_back:
            talk.confirm(f"Keep row {row} after all?", yes)
            send("taking back", system.conduct.take_back_notice, *base, sender=signer)
            talk.note("the notice is taken back")
            return
        show(standing, row, naming.names_of(standing, None, target))
        talk.confirm(f"Give notice for row {row}?", yes)
        send("giving notice", system.conduct.give_notice, *base, sender=signer)
        talk.note(f"notice is given; row {row} can go after {format_span(terms.leaving.notice)}")


def show(standing: "Standing", row: int, names: dict[int, str]) -> None:
    """What leaving means to a row."""
    terms, money, life = standing.terms, standing.currency, standing.life
    after = terms.without(row)
    held = life.forward.get(row, 0)
    if life.page is not None and not life.is_open:
        own = terms.rows[terms.place_of(row)]
        held += life.page.entitlement(own, life.shared, is_open=False).held
    talk.facts(
        f"Row {decide.called(names, row)} leaves {standing.emc}",
        {
            "shares fall to": f"row {decide.called(names, after.sink)}",
            "waits for you already": money.format(life.credits.get(row, 0)),
            "held for you": money.format(held)
            + ("" if life.is_open else ", paid when the gate opens"),
            "uncovered costs that lapse": money.format(standing.covers.get(row, 0)),
        },
    )


@leave.command()
@click.argument("target")
@click.option("--row", "leaver", required=True, help="Who leaves: number, key or name of its row.")
@decide.account_option
@decide.network_option
@decide.agreement_option
def submit(target: str, leaver: str, account: str, network: str, agreement: Path | None) -> None:
    """Let a node of the EMC at TARGET go whose notice is over; anybody may.

    \b
    Example:
      emc leave submit my.agreement.json --row 2 --account leader
    """
    from emc.chain.edge import send

    with decide.opened(network, target) as (chain, system):
        standing = decide.standing_of(system, target)
        row = naming.row_of(leaver, naming.paper_of(standing, agreement, target))
        standing.terms.place_of(row)
        send(
            f"letting row {row} go",
            system.conduct.leave,
            standing.emc,
            standing.terms.head(),
            standing.terms.packed_rows(),
            row,
            sender=chain.account(account),
        )
        talk.note(f"row {row} has left; epoch {standing.epoch + 1} begins")


@leave.command()
@click.argument("target")
@decide.network_option
@output.json_option
def status(target: str, network: str, as_json: bool) -> None:
    """Say who of the EMC at TARGET has given notice, and what waits for those who left.

    \b
    Example:
      emc leave status my.agreement.json
    """
    with decide.opened(network, target) as (_, system):
        standing = decide.standing_of(system, target)
        span = standing.terms.leaving.notice
        notices = []
        for row in standing.terms.nodes:
            given_at = int(system.conduct.notice_of(standing.emc, row.id))
            if given_at:
                notices.append((row.id, given_at + span))
        if as_json:
            output.print_json(
                {
                    "emc": standing.emc,
                    "notices": [{"row": row, "leaves_at": at} for row, at in notices],
                    "left": [
                        {"row": each.row, "me": str(each.me), "held": str(each.held)}
                        for each in standing.formers
                    ],
                }
            )
            return
        money, names = standing.currency, naming.names_of(standing, None, target)
        for row_id, at in notices:
            output.line(
                f"row {decide.called(names, row_id)} leaves {decide.left(at, standing.now)}"
            )
        for each in standing.formers:
            who = decide.called(names, each.row)
            output.line(f"row {who} has left; {money.format(each.held)} held for it")
        if not notices and not standing.formers:
            output.line("nobody has given notice, nobody who left waits for held money")
