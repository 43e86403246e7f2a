"""`emc parties`: who the keys of a canvas are on a chain."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.shared import options, output, talk
from emc.cli.shared.groups import Group
from emc.core.addresses import address
from emc.errors import EMCError
from emc.files import canvas as canvases
from emc.files import parties_template
from emc.files.canvas import Canvas
from emc.files.parties_template import Given
from emc.files.whole import check_free, replace_file

if TYPE_CHECKING:
    from emc.client.session import Session


@click.group(cls=Group)
def parties() -> None:
    """Write the file that says who the keys of a canvas are on a chain.

    \b
    Example:
      emc parties new lunch.yaml
      emc deploy lunch.yaml --parties lunch.parties.yaml --hold
    """


@parties.command()
@click.argument("canvas", type=options.FILE)
@click.option(
    "--node",
    "told",
    multiple=True,
    metavar="KEY=WHO",
    help="Who a node is: its ME id, its account's address, or an account in ape; repeatable.",
)
@click.option("--currency", default="", help="native, or the token's address.")
@click.option(
    "--backstop", default="", help="The address that gets what the gate holds if the EMC fails."
)
@click.option("--out", type=options.FILE, help="The file.  [default: by the canvas]")
@options.network(None, "The chain, used to look up its id, MEs and accounts.")
@output.json_option
def new(
    canvas: Path,
    told: tuple[str, ...],
    currency: str,
    backstop: str,
    out: Path | None,
    network: str | None,
    as_json: bool,
) -> None:
    """Write a parties file for CANVAS: every row by name, with marks for what you must fill in.

    Nothing is sent. A node given with --node is looked up on the chain, and paid at its own account
    unless you write another payee.

    \b
    Examples:
      emc parties new lunch.yaml
      emc parties new lunch.yaml --network local --node bakery=1 --node couriers=2 \\
        --currency 0x5FbD...0aa3 --backstop 0x7099...79C8
    """
    made = canvases.load(canvas)
    out = out or canvas.with_name(f"{canvas.stem}.parties.yaml")
    check_free(out)
    wanted = _wanted(made, told)
    currency = currency if currency in ("", "native") else address(currency, "--currency")
    backstop = address(backstop, "--backstop") if backstop else ""
    chain_id, nodes = None, {}
    if network is not None:
        from emc.client.drawing_up import check_currency
        from emc.client.session import connect

        with connect(network) as session:
            if currency:
                check_currency(session.chain, made, currency)
            chain_id, nodes = session.chain.id, _found(session, wanted) if wanted else {}
            _check_backstop(backstop, nodes)
    elif wanted:
        raise EMCError("--node needs a chain that knows MEs", "name it with --network")
    given = Given(chain_id, currency, backstop, nodes)
    replace_file(out, parties_template.written(made, given, canvas, out))
    if as_json:
        left = [node.key for node in made.nodes if node.key not in nodes]
        output.print_json({"file": str(out), "chain_id": chain_id, "left": left})
        return
    output.line(str(out))
    first = "look it over" if given.is_whole(made) else "fill in what is empty"
    talk.note(f"{first}, then: emc deploy {canvas} --parties {out} --hold")


def _wanted(canvas: Canvas, told: tuple[str, ...]) -> dict[str, str]:
    """Who each named node is said to be, by key."""
    keys = [node.key for node in canvas.nodes]
    wanted: dict[str, str] = {}
    for each in told:
        key, equals, who = each.partition("=")
        if not (equals and who):
            raise EMCError(f"--node {each!r} is not KEY=WHO", f"such as {keys[0]}=1")
        if key not in keys:
            raise EMCError(f"--node {key!r} is no node of the canvas", f"known: {', '.join(keys)}")
        if key in wanted:
            raise EMCError(f"--node {key} is named twice", "keep one of them")
        wanted[key] = who
    return wanted


def _check_backstop(backstop: str, nodes: dict[str, tuple[int, str]]) -> None:
    """See that the backstop is no node.

    Raises:
        EMCError: it is the account of one, which would gain if the EMC fails.
    """
    for key, (me, account) in nodes.items():
        if account == backstop:
            raise EMCError(
                f"--backstop {backstop} is the account of {key}, ME {me}",
                "name an address that belongs to no node: a node may not gain when the EMC fails",
            )


def _found(session: "Session", wanted: dict[str, str]) -> dict[str, tuple[int, str]]:
    """ME id and account of each, as the registry has them.

    Raises:
        EMCError: somebody is not registered there.
    """
    from emc.client import registry

    system = session.load()
    found: dict[str, tuple[int, str]] = {}
    for key, who in wanted.items():
        try:
            is_id = who.isascii() and who.isdigit() and len(who) < 20
            me = int(who) if is_id else registry.own(system, session.address(who))
            found[key] = me, registry.account_of(system, me)
        except EMCError as error:
            raise EMCError(f"--node {key}={who}: {error}", error.hint) from None
    return found
