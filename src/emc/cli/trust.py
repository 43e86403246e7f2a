"""emc trust: EigenTrust over all ratings, from MEs that you trust beforehand."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from emc.cli.shared import extras, options, output, sessions
from emc.core.text import counted
from emc.core.trust import DAMPING, FORMULAE, Ring, Trust, eigentrust
from emc.errors import EMCError


@click.command()
@click.option(
    "--seed",
    "seeds",
    type=options.ME,
    multiple=True,
    required=True,
    help="An ME that you already trust; repeatable.",
)
@click.option(
    "--damping",
    default=str(DAMPING),
    show_default=True,
    help="The part of trust that is passed on.",
)
@options.local_network
@output.json_option
def trust(seeds: Sequence[int], damping: str, network: str, as_json: bool) -> None:
    """Compute how far trust in the seeds reaches, by all revealed ratings.

    Rings that only praise each other get no trust and are listed. Two people who name the same
    seeds and read the same ratings get the same result; the hash of all inputs shows whether they
    did.

    \b
    Example:
      emc trust --seed 1 --seed 2
    """
    from emc.client import registry, reviews

    try:
        part = Decimal(damping)
    except InvalidOperation:
        raise EMCError(f"--damping {damping!r} is not a number", "write for example 0.85") from None
    extras.need("igraph")
    with sessions.opened(network) as session:
        registry.check(session.system, *seeds)
        found = eigentrust(
            reviews.revealed(session.system),
            seeds,
            damping=part,
            source={
                "chain": str(session.chain.id),
                "registry": session.system.address_of("Reputation").lower(),
            },
        )
    if as_json:
        output.print_json(machine(found))
    else:
        show(found)


def show(found: Trust) -> None:
    """Trust for people."""
    for line in FORMULAE:
        output.line(line)
    output.line(
        f"here         d = {found.damping}, seeds ME {', '.join(map(str, found.seeds))}, "
        f"{found.ratings} ratings"
    )
    output.line(f"inputs       0x{found.inputs.hex()}")
    output.line()
    inside = {me for ring in found.rings for me in ring.members}
    output.table(
        output.columns(">ME", ">trust", ">praised by", ">blamed by", ""),
        [
            [
                str(each.me),
                f"{each.trust:.6f}",
                str(each.praised_by),
                str(each.blamed_by),
                "seed" if each.is_seed else "ring" if each.me in inside else "",
            ]
            for each in found.scores
        ],
    )
    output.line()
    for ring in found.rings:
        output.line(ring_text(ring), "bold red")
    if not found.rings:
        output.line("no rings: every circle of praise is reached from the seeds")


def ring_text(ring: Ring) -> str:
    """A ring in words."""
    members = ", ".join(map(str, ring.members))
    rest = "praise only each other" if ring.is_closed else "praise each other, and others too"
    return (
        f"ring: ME {members} {rest} in {counted(len(ring.emcs), 'EMC')}, and no trust reaches them"
    )


def machine(found: Trust) -> dict[str, Any]:
    """Trust for a program; rounded so that every machine says the same."""
    return {
        "seeds": [str(me) for me in found.seeds],
        "damping": str(found.damping),
        "ratings": found.ratings,
        "inputs": "0x" + found.inputs.hex(),
        "formulae": list(FORMULAE),
        "trust": [
            {**output.plain(each, "me"), "trust": f"{each.trust:.9f}"} for each in found.scores
        ],
        "rings": [
            {
                "members": [str(me) for me in ring.members],
                "emcs": list(ring.emcs),
                "praises_only_itself": ring.is_closed,
            }
            for ring in found.rings
        ],
    }
