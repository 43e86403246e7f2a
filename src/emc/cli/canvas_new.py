"""`emc canvas new`: a canvas to begin with."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from emc.cli.shared import options, output, talk
from emc.core.units import Currency
from emc.errors import EMCError
from emc.files import canvas, canvas_template
from emc.files.canvas_template import Outline
from emc.files.whole import check_free, replace_file

BENCHMARK, TARGET = "10,000", "15,000"


@click.command()
@click.option("--title", help="The name of the EMC.")
@click.option(
    "--node", "names", multiple=True, metavar="NAME", help="A node, the leader first; repeatable."
)
@click.option("--currency", "symbol", help="The currency's symbol, such as USD.  [default: EUR]")
@click.option(
    "--decimals",
    type=click.IntRange(0, 36),
    help="How many decimals the token has, 18 for native coin.  [default: 2]",
)
@click.option("--benchmark", help=f"The industry average of proceeds.  [default: {BENCHMARK}]")
@click.option("--target", help=f"The target of proceeds, above the benchmark.  [default: {TARGET}]")
@click.option("--scenario", help="The customer's situation that the EMC serves.")
@click.option("--proposition", help="What the EMC offers in that situation.")
@click.option(
    "--deadline",
    default="12 months",
    show_default=True,
    help="When the goal is due: a span after the start, or a time.",
)
@click.option("--end", default="18 months", show_default=True, help="When sales end.")
@click.option(
    "--deciding",
    default="consent",
    show_default=True,
    help="How shares are renegotiated: consent, majority, two thirds, unanimity, or percent.",
)
@click.option(
    "--margin",
    default="25",
    show_default=True,
    metavar="PERCENT",
    help="Percent by which the goal must be missed before fewer than all nodes may disband.",
)
@click.option(
    "--team",
    is_flag=True,
    help="A canvas for the people of one ME, paid by its row in another EMC.",
)
@click.option("--out", type=options.FILE, help="The file.  [default: by the title]")
@output.json_option
def new(out: Path | None, as_json: bool, team: bool, **told: Any) -> None:
    """Write a canvas to start from: complete enough to pass the check, with every line explained.

    At a terminal it asks for what is not given: title, nodes, currency and goal. What only the
    parties can decide is marked "To be written", and `emc canvas check` lists these places until
    they are filled in.

    \b
    Examples:
      emc canvas new
      emc canvas new --title "Lunch box" --node "Corner bakery" --node Couriers --currency USD \\
        --decimals 6 --out lunch.yaml
      emc canvas new --team --title "Oven team" --node Ana --node Bo --node Chi
    """
    if out is not None:
        check_free(out)
    outline = _outline(told, team)
    out = out or Path(f"{canvas_template.keys_of([outline.title])[0]}.yaml")
    check_free(out)
    text = canvas_template.written(outline, str(out))
    # what was asked for breaks no rule
    made = canvas.parsed(text, str(out), now=int(time.time()))
    replace_file(out, text)
    if as_json:
        output.print_json({"file": str(out), "nodes": [node.key for node in made.nodes]})
        return
    output.line(str(out))
    talk.note(f'fill in what is marked "To be written", then: emc canvas check {out}')
    talk.note(f"name its nodes on a chain: emc parties new {out}")


def _outline(told: dict[str, Any], team: bool) -> Outline:
    """What was given, and what is asked for at a terminal."""
    given = {name: value for name, value in told.items() if value not in (None, ())}
    for name, flag in (("title", "--title"), ("names", "--node")):
        if name not in given:
            if not sys.stdin.isatty():
                raise EMCError(f"{flag} is missing, and there is no terminal to ask at", "give it")
            with talk.held():
                _ask_for(given, team)
    money = Currency(given.pop("symbol", "EUR"), given.pop("decimals", 2))
    usual = {"benchmark": BENCHMARK, "target": TARGET}
    return Outline(currency=money, is_team=team, **usual | given)


def _ask_for(given: dict[str, Any], team: bool) -> None:
    """Ask for what is not given."""
    if "title" not in given:
        given["title"] = _ask("Title")
    if "names" not in given:
        answer = _ask(f"{'People' if team else 'Nodes'}, the leader first, with commas between")
        given["names"] = [name.strip() for name in answer.split(",") if name.strip()]
        canvas_template.check_count(given["names"])
    questions: tuple[tuple[str, str, Any], ...] = (
        ("symbol", "Currency", "EUR"),
        ("decimals", "Decimals of its token", 2),
        ("benchmark", "Benchmark of proceeds, the industry average", BENCHMARK),
        ("target", "Target, the leading goal above it", TARGET),
    )
    for name, question, usual in questions:
        if name not in given:
            given[name] = _ask(question, usual)


def _ask(question: str, usual: Any = None) -> Any:
    answer = click.prompt(question, usual, err=True)
    return answer.strip() if isinstance(answer, str) else answer
