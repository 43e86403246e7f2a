"""emc me: an account becomes a micro-enterprise, and a micro-enterprise changes its account."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from eth_utils.address import is_address
from eth_utils.crypto import keccak

from emc.cli.shared import decide, options, output, talk
from emc.cli.shared.groups import Group
from emc.core.terms import MAX_URI, NATIVE
from emc.errors import EMCError

if TYPE_CHECKING:
    from emc.client.system import System

KINDS = ("user", "node", "ssp", "external")
CATEGORIES = ("none", "transforming", "incubating")
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
    help="How far the unit is.",
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
@decide.account_option
@decide.network_option
@output.json_option
def register(
    kind: str,
    category: str,
    profile: Path | None,
    uri: str,
    account: str,
    network: str,
    as_json: bool,
) -> None:
    """Register the account as a new ME. An account that is one already keeps its id.

    On a local chain, what is missing of the contracts that all its EMCs share is deployed first.

    \b
    Example:
      emc me register --kind node --account baker
      emc me register --kind external --profile me.md --account partner
    """
    from emc.chain.edge import connect
    from emc.client.system import System

    digest, uri = _digest(profile), _uri(uri)
    with connect(network) as chain:
        signer = chain.account(account)
        if chain.is_local:
            system = System.deploy(chain, signer, lambda name: talk.note(f"deployed {name}"))
        else:
            system = System.load(chain)
        known = int(system.registry.me_of(signer.address))
        if known:
            talk.note(f"{signer.address} is ME {known} already")
        else:
            _send(
                system,
                "registering",
                "register",
                KINDS.index(kind) + 1,
                CATEGORIES.index(category),
                uri,
                digest,
                sender=signer,
            )
            known = int(system.registry.me_of(signer.address))
        _tell(system, known, as_json)


@me.command()
@click.argument("which")
@decide.network_option
@output.json_option
def show(which: str, network: str, as_json: bool) -> None:
    """Show an ME by its id, its account's address, or its account in ape.

    \b
    Example:
      emc me show 1
      emc me show baker
      emc me show 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
    """
    with decide.opened(network) as (chain, system):
        if which.isascii() and which.isdigit() and len(which) < 20:
            known = int(which)
        elif which.startswith("0x"):
            known = _own(system, options.address(which))
        else:
            known = _own(system, chain.account(which).address)
        _tell(system, known, as_json)


@me.command()
@category_option
@profile_option
@uri_option
@decide.account_option
@decide.network_option
def profile(category: str, profile: Path | None, uri: str, account: str, network: str) -> None:
    """Replace the ME's category and profile. Its kind stays.

    \b
    Example:
      emc me profile --category incubating --profile me.md --uri https://example.org/me.md \\
        --account baker
    """
    digest, uri = _digest(profile), _uri(uri)
    with decide.opened(network) as (chain, system):
        signer = chain.account(account)
        known = _own(system, signer.address)
        _send(
            system,
            "changing the profile",
            "change_profile",
            CATEGORIES.index(category),
            uri,
            digest,
            sender=signer,
        )
        _tell(system, known, False)


@me.command()
@click.argument("to")
@decide.account_option
@decide.network_option
@decide.yes_option
def offer(to: str, account: str, network: str, yes: bool) -> None:
    """Offer the ME to another account, as the first of two steps; `none` takes the offer back.

    Rows, votes and reputation go with the id. Signatures that the old account gave and that are
    not counted yet die.

    \b
    Example:
      emc me offer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account baker
    """
    if to != "none" and not is_address(to):
        raise EMCError(f"{to} is not an address", "an address has 40 hex digits, or say none")
    target = NATIVE if to == "none" else to
    with decide.opened(network) as (chain, system):
        signer = chain.account(account)
        known = _own(system, signer.address)
        if target != NATIVE:
            talk.confirm(
                f"Let {to} take over ME {known} with everything it is owed and rated?", yes
            )
        _send(system, "offering", "offer_account", target, sender=signer)
        if target == NATIVE:
            talk.note(f"the offer of ME {known} is taken back")
        else:
            talk.note(f"offered; {to} takes over with `emc me accept {known}`")


@me.command()
@click.argument("me_id", metavar="ME", type=options.ME)
@decide.account_option
@decide.network_option
def accept(me_id: int, account: str, network: str) -> None:
    """Take over an ME that was offered to the account: the second step.

    \b
    Example:
      emc me accept 1 --account new-baker
    """
    with decide.opened(network) as (chain, system):
        signer = chain.account(account)
        _send(system, "taking over", "accept_account", me_id, sender=signer)
        _tell(system, me_id, False)


def _own(system: "System", account: str) -> int:
    """The id of the ME that uses an account."""
    known = int(system.registry.me_of(account))
    if not known:
        raise EMCError(f"{account} is the account of no ME", "register it: `emc me register`")
    return known


def _digest(profile: Path | None) -> bytes:
    """keccak-256 of the profile document; zero without one."""
    if profile is None:
        return b"\0" * 32
    try:
        with profile.open("rb") as file:
            text = file.read(MAX_PROFILE + 1)
    except OSError as error:
        raise EMCError(f"{profile} cannot be read: {error.strerror}", "check --profile") from None
    if len(text) > MAX_PROFILE:
        raise EMCError(f"{profile} is above {MAX_PROFILE:,} bytes", "shorten the profile")
    return keccak(text)


def _uri(uri: str) -> str:
    if len(uri.encode()) > MAX_URI or not uri.isascii():
        raise EMCError(f"--uri is not ASCII of at most {MAX_URI} bytes", "shorten the address")
    return uri


def _send(system: "System", what: str, function: str, *args: Any, sender: Any) -> None:
    from emc.chain.edge import send

    send(what, getattr(system.registry, function), *args, sender=sender)


def _tell(system: "System", known: int, as_json: bool) -> None:
    registry = system.registry
    account = str(registry.account_of(known))
    if account == NATIVE:
        raise EMCError(f"there is no ME {known}", f"ids run from 1 to {int(registry.count())}")
    offered = str(registry.offered(known))
    facts = {
        "me": known,
        "account": account,
        "kind": KINDS[int(registry.kind_of(known)) - 1],
        "category": CATEGORIES[int(registry.category_of(known))],
        "profile_hash": "0x" + bytes(registry.profile_hash_of(known)).hex(),
        "offered_to": None if offered == NATIVE else offered,
    }
    if as_json:
        output.print_json(facts)
        return
    values = {name.replace("_", " "): str(value) for name, value in facts.items() if value}
    talk.facts(f"ME {values.pop('me')}", values)
