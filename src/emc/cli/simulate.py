"""emc simulate: what a sale, a change or a value would pay, without sending anything."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli.shared import dates, goal_view, naming, options, output, sessions, talk
from emc.cli.shared.groups import Group
from emc.errors import EMCError

if TYPE_CHECKING:
    from emc.client.agreement import Agreement
    from emc.client.standing import Standing
    from emc.core.simulation import Outcome
    from emc.core.terms import Terms


@click.group(cls=Group)
def simulate() -> None:
    """Compute who would be paid what, to the unit; nothing is sent.

    \b
    Examples:
      emc simulate sale my.agreement.json --amount 1250.50
      emc simulate change autumn.json --sale 1000
      emc simulate value my.agreement.json --amount 21500
    """


sale_option = click.option(
    "--sale", "then", help="Also show what a sale of this amount would pay afterwards, and now."
)


@simulate.command()
@click.argument("target")
@click.option("--amount", required=True, help="The amount of the sale, such as 1250.50.")
@options.local_network
@options.agreement
@output.json_option
def sale(target: str, amount: str, network: str, agreement: Path | None, as_json: bool) -> None:
    """Compute what one sale through the EMC at TARGET would pay.

    \b
    Example:
      emc simulate sale my.agreement.json --amount 24.50
    """
    from emc.core import simulation

    with sessions.opened(network, target, agreement) as session:
        standing = session.standing(target)
        check_open(standing)
        units = standing.currency.parse(amount)
        found = simulation.sale(standing.life, units)
        names = naming.names_of(standing, agreement, target)
        _answer(standing, f"A sale of {standing.currency.format(units)}", found, names, as_json)


@simulate.command()
@click.argument("file", type=options.FILE)
@sale_option
@options.local_network
@options.agreement
@output.json_option
def change(
    file: Path, then: str | None, network: str, agreement: Path | None, as_json: bool
) -> None:
    """Compute what putting the proposal in FILE into force would pay at once, and what follows.

    \b
    Example:
      emc simulate change autumn.json --sale 1000
    """
    from emc.client.till import unbooked
    from emc.core import simulation
    from emc.core.terms import Metric
    from emc.files import proposal
    from emc.files.proposal import Assessment

    read = proposal.read(file)
    with sessions.opened(network, None, file, agreement) as session:
        decision = session.decision(read)
        now = decision.standing
        extra = unbooked(now)
        if isinstance(read.change, Assessment):
            metric = Metric.of(read.change.metric)
            found = simulation.value(now.life, metric, read.change.amount, extra)
        elif decision.after != now.terms:
            found = simulation.change(now.life, decision.after, extra)
        else:
            raise EMCError("ending the EMC pays no row", "see `emc disband show`")
        names = naming.names_of(now, agreement)
        _answer(now, f"The {read.kind.value} in {file}", found, names, as_json, then)


@simulate.command()
@click.argument("target")
@click.option(
    "--amount", required=True, type=click.IntRange(0), help="The value, in the measure's unit."
)
@options.measure
@sale_option
@options.local_network
@options.agreement
@output.json_option
def value(
    target: str,
    amount: int,
    measure: str | None,
    then: str | None,
    network: str,
    agreement: Path | None,
    as_json: bool,
) -> None:
    """Compute what a final value of the goal of the EMC at TARGET would pay at once.

    \b
    Example:
      emc simulate value my.agreement.json --amount 21500 --sale 1000
    """
    from emc.client.till import unbooked
    from emc.core import simulation

    with sessions.opened(network, target, agreement) as session:
        standing = session.standing(target)
        check_open(standing)
        metric = goal_view.metric_of(standing, measure, "simulate a sale")
        found = simulation.value(standing.life, metric, amount, unbooked(standing))
        title = f"A final value of {amount:,} {metric.name}"
        names = naming.names_of(standing, agreement, target)
        _answer(standing, title, found, names, as_json, then)


def check_open(standing: "Standing") -> None:
    """Refuse what the contract would refuse in any case."""
    refuse_closed(standing.agreement, standing.terms)


def refuse_closed(agreement: "Agreement", terms: "Terms") -> None:
    """Refuse sales into an EMC that has not started or is over, by its true reason."""
    emc, now = agreement.address, agreement.chain.now
    agreement.check_active()
    if now < terms.starts_at:
        starts = dates.moment(terms.starts_at)
        raise EMCError(f"{emc} has not started", f"it starts {starts}")
    if now >= terms.ends_at:
        over = dates.moment(terms.ends_at)
        raise EMCError(f"the end date of {emc} has passed: {over}", "`emc till end` ends it")


def _answer(
    standing: "Standing",
    title: str,
    found: "Outcome",
    names: dict[int, str],
    as_json: bool,
    then: str | None = None,
) -> None:
    from emc.core import simulation

    sales: tuple[Outcome, Outcome] | None = None
    if then is not None:
        units = standing.currency.parse(then)
        sales = simulation.sale(standing.life, units), simulation.sale(found.life, units)
    if as_json:
        output.print_json(machine(standing, found, sales))
        return
    show(standing, title, found, names)
    if sales is not None:
        before, after = ({part.row: part for part in each.parts} for each in sales)
        money = standing.currency
        columns = output.columns("row", ">paid now", ">paid after", ">held after")
        lines = []
        for row in sorted(before.keys() | after.keys()):
            old, new = before.get(row), after.get(row)
            held = new.held_after - new.held_before if new else 0
            cells = (old.amount if old else 0, new.amount if new else 0, held)
            lines.append(
                [naming.called(names, row), *(money.format(each, symbol=False) for each in cells)]
            )
        output.line()
        output.line(f"Of a sale of {money.format(units)}")
        output.table(columns, lines)


def show(standing: "Standing", title: str, found: "Outcome", names: dict[int, str]) -> None:
    """What would be paid, row by row."""
    money = standing.currency
    gate = "opens" if found.opens_gate else "stays as it is"
    talk.facts(
        f"{title} would pay",
        {
            "EMC": standing.emc,
            "paid or credited": money.format(found.paid),
            "gate": gate,
            "proceeds then": money.format(found.total),
            "held then": money.format(found.held),
            "not shared out then": money.format(found.pending),
        },
    )
    columns = output.columns("row", ">paid", ">held before", ">held after", "")
    lines = [
        [
            naming.called(names, part.row),
            *(
                money.format(each, symbol=False)
                for each in (part.amount, part.held_before, part.held_after)
            ),
            "as a credit" if part.is_credit and part.amount else "",
        ]
        for part in found.parts
    ]
    output.table(columns, lines)


def machine(
    standing: "Standing", found: "Outcome", sales: "tuple[Outcome, Outcome] | None" = None
) -> dict[str, Any]:
    """The same for a program, in base units."""

    def rows(outcome: "Outcome") -> list[dict[str, Any]]:
        amounts = ("amount", "held_before", "held_after")
        return [output.plain(part, *amounts) for part in outcome.parts]

    answer: dict[str, Any] = {
        "emc": standing.emc,
        "opens_gate": found.opens_gate,
        "total": str(found.total),
        "held": str(found.held),
        "pending": str(found.pending),
        "rows": rows(found),
    }
    if sales is not None:
        answer["sale"] = {"before": rows(sales[0]), "after": rows(sales[1])}
    return answer
