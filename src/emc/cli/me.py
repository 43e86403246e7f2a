"""emc me: an account becomes a micro-enterprise, and a micro-enterprise changes its account."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.shared import options, output, senders, sessions, talk
from emc.cli.shared.groups import Group
from emc.cli.shared.senders import Sender
from emc.core.addresses import address
from emc.core.micro_enterprise import CATEGORIES, KINDS
from emc.files import digests

if TYPE_CHECKING:
    from emc.client.system import System

MAX_PROFILE = 1_000_000

profile_option = click.option(
    "--profile",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The public profile as a file; its hash goes on chain.",
)
uri_option = click.option("--uri", default="", help="Where the profile can be read.")
category_option = click.option(
    "--category",
    type=click.Choice(CATEGORIES),
    default="none",
    show_default=True,
    help="The development stage of the unit.",
)


@click.group(cls=Group)
def me() -> None:
    """Register a micro-enterprise (ME), show it, change its profile, or move it to another account.

    \b
    Example:
      emc me register --kind node --account baker
      emc me show 1
      emc me show baker
    """


@me.command()
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    required=True,
    help="user: serves end users; node: serves other MEs; ssp: shared service platform; "
    "external: outside partner.",
)
@category_option
@profile_option
@uri_option
@senders.plain
@output.json_option
def register(
    kind: str, category: str, profile: Path | None, uri: str, by: Sender, as_json: bool
) -> None:
    """Register the account as a new ME. An account that is already an ME keeps its id.

    On a local chain, missing contracts of the system are deployed first.

    \b
    Example:
      emc me register --kind node --account baker
      emc me register --kind external --profile me.md --account partner
    """
    from emc.client import registry
    from emc.client.session import connect

    options.check_uri(uri)
    digest = digests.digest(profile, MAX_PROFILE)
    with connect(by.network) as session:
        signer = session.account(by.account)
        if session.chain.is_local:
            session.deploy_system(signer, lambda name: talk.note(f"deployed {name}"))
        known = registry.find(session.system, signer.address)
        if known:
            talk.note(f"{signer.address} is ME {known} already")
        else:
            known = registry.register(session.system, signer, kind, category, uri, digest)
        _tell(session.system, known, as_json)


@me.command()
@click.argument("which")
@options.local_network
@output.json_option
def show(which: str, network: str, as_json: bool) -> None:
    """Show an ME by its id, its account's address, or its account in ape.

    \b
    Example:
      emc me show 1
      emc me show baker
      emc me show 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
    """
    from emc.client import registry

    with sessions.opened(network) as session:
        if which.isascii() and which.isdigit() and len(which) < 20:
            known = int(which)
        else:
            known = registry.own(session.system, session.address(which))
        _tell(session.system, known, as_json)


@me.command()
@category_option
@profile_option
@uri_option
@senders.plain
def profile(category: str, profile: Path | None, uri: str, by: Sender) -> None:
    """Replace the ME's category and profile. Its kind stays.

    \b
    Example:
      emc me profile --category incubating --profile me.md --uri https://example.org/me.md \\
        --account baker
    """
    from emc.client import registry

    options.check_uri(uri)
    digest = digests.digest(profile, MAX_PROFILE)
    with by.session() as (session, signer):
        known = registry.own(session.system, signer.address)
        registry.change_profile(session.system, signer, category, uri, digest)
        _tell(session.system, known, False)


@me.command()
@click.argument("to")
@senders.asked
def offer(to: str, by: Sender) -> None:
    """Offer the ME to another account, the first of two steps; `none` withdraws the offer.

    Rows, votes and reputation stay with the id. Signatures of the old account that have not been
    counted become invalid.

    \b
    Example:
      emc me offer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account baker
    """
    from emc.client import registry

    new = None if to == "none" else address(to, hint="; or say none")
    with by.session() as (session, signer):
        known = registry.own(session.system, signer.address)
        if new:
            by.confirm(f"Let {new} take over ME {known} with everything it is owed and rated?")
        registry.offer(session.system, signer, new)
        if new:
            talk.note(f"offered; {new} takes over with `emc me accept {known}`")
        else:
            talk.note(f"the offer of ME {known} is withdrawn")


@me.command()
@click.argument("me_id", metavar="ME", type=options.ME)
@senders.plain
def accept(me_id: int, by: Sender) -> None:
    """Accept an ME that was offered to the account, the second of two steps.

    \b
    Example:
      emc me accept 1 --account new-baker
    """
    from emc.client import registry

    with by.session() as (session, signer):
        registry.accept(session.system, signer, me_id)
        _tell(session.system, me_id, False)


def _tell(system: "System", me: int, as_json: bool) -> None:
    from emc.client import registry

    facts = asdict(registry.describe(system, me))
    if as_json:
        output.print_json(facts)
        return
    values = {name.replace("_", " "): str(value or "none") for name, value in facts.items()}
    talk.facts(f"ME {values.pop('me')}", values)
