"""What commands about one EMC share: their options, how it stands, and proposals beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from eth_utils.address import is_address
from eth_utils.crypto import keccak

from emc.cli.shared import options, talk
from emc.core.terms import Metric
from emc.core.units import format_moment, format_span
from emc.errors import EMCError
from emc.files import proposal as files
from emc.files.proposal import Change, Proposal

if TYPE_CHECKING:
    from emc.chain.edge import Chain
    from emc.client.decisions import Decision
    from emc.client.standing import Standing
    from emc.client.system import System


MAX_EVIDENCE = 2**26
moment = format_moment

network_option = options.network("local")


def _account(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The account that was named, or is asked for where somebody is at the keyboard."""
    if value is not None or ctx.resilient_parsing:
        return value
    return talk.asked("Account, by its alias in ape", param, ctx)


account_option = click.option(
    "--account",
    envvar="EMC_ACCOUNT",
    show_envvar=True,
    callback=_account,
    help="The account in ape: key file, hardware, or TEST::n; asked for if it is not named.",
)
agreement_option = click.option(
    "--agreement",
    type=click.Path(path_type=Path),
    help="The agreement file, to call rows by their names.",
)
measure_option = click.option(
    "--measure", help="Word of the measure, such as users, where the goal has several."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
out_option = options.out("autumn.json", "Where the proposal file goes")


@contextmanager
def opened(
    network: str, target: str | None = None, *reads: Path | None, out: Path | None = None
) -> "Iterator[tuple[Chain, System]]":
    """A chain with its system; first what costs no time is looked at.

    Args:
        target: An EMC's address or agreement file.
        reads: Files that will be read.
        out: What will be written, and may not be there.
    """
    if target is not None:
        address_of(target)
    options.check_readable(*reads)
    papers = [path for path in (Path(target) if target else None, *reads) if path is not None]
    if out is not None:
        check_free(out)
    from emc.chain.edge import connect
    from emc.client.system import System

    with connect(network) as chain:
        chain.told = talk.reading()
        check_chain(chain, *papers)
        if target is not None:
            check_ours(chain, target)
        yield chain, System.load(chain)


def check_chain(chain: "Chain", *papers: Path) -> None:
    """Refuse files that are about another chain, before anything else of this one is asked.

    Raises:
        EMCError: names the file and both chains.
    """
    from emc.files import json_file

    for paper in papers:
        if paper.suffix != ".json" or not paper.is_file():
            continue
        found = json_file.load(paper, "an agreement or a proposal")
        is_ours = isinstance(found, dict) and str(found.get("format", "")).startswith("emc-")
        wanted = found.get("chain_id") if is_ours else None
        if isinstance(wanted, int) and wanted != chain.id:
            raise EMCError(
                f"{paper} is for chain {wanted}, the network is {chain.id}",
                "choose its network with --network, or set EMC_NETWORK",
            )


def check_ours(chain: "Chain", target: str) -> None:
    """See that an EMC, by its address or its agreement file, is one of this version.

    Raises:
        EMCError: it is of another one, or of another chain.
    """
    from emc.client import system
    from emc.files import bundle

    if target.startswith("0x"):
        system.check_version(chain, target)
    else:
        system.check_ours(chain, bundle.read(Path(target)))


def address_of(target: str) -> str:
    """An EMC's address, from itself or an agreement file.

    Raises:
        EMCError: it is neither.
    """
    from emc.files import bundle

    if not target.startswith("0x"):
        return bundle.read(Path(target)).emc
    if not is_address(target):
        raise EMCError(f"{target} is not an address", "an address has 40 hex digits")
    return target


def check_free(out: Path) -> None:
    """Refuse to write over a file."""
    if out.exists():
        raise EMCError(f"{out} is there already", "name another with --out")


def standing_of(system: "System", target: str, agreement: Path | None = None) -> "Standing":
    """How an EMC stands, by its address or its agreement file.

    Args:
        agreement: A file that has the words of its measures, where an address is given; else one
            that was read here before.

    Raises:
        EMCError: it is not made yet, or is of another version.
    """
    from emc.client import standing
    from emc.files import agreements, bundle

    check_ours(system.chain, target)
    if target.startswith("0x"):
        known = agreements.known(system.chain.id, target)
        paper = bundle.read(agreement) if agreement else known
        return standing.read(system, address_of(target), paper.words if paper else ())
    file = bundle.read(Path(target))
    system.made_from(file)
    return standing.read(system, file.emc, file.words)


def metric_of(standing: "Standing", measure: str | None, instead: str = "") -> Metric:
    """The assessed measure that is meant: the one named, else the only one.

    Args:
        instead: What to do where the goal is proceeds alone.

    Raises:
        EMCError: there is none of that name, none at all, or several and none is named.
    """
    assessed = standing.terms.goal.assessed
    if not assessed:
        raise EMCError("this EMC's goal is proceeds, which count themselves", instead)
    if measure is None:
        if len(assessed) > 1:
            names = " or ".join(each.metric.name for each in assessed)
            raise EMCError("this EMC's goal has several measures", f"say --measure {names}")
        return assessed[0].metric
    metric = Metric.of(measure)
    if not metric.is_assessed:
        raise EMCError("proceeds count themselves", instead)
    standing.terms.goal.measure(metric)
    return metric


def called(names: dict[int, str], row: int) -> str:
    """What to call a row."""
    return f"{row} {names[row]}" if row in names else str(row)


def draw_up(standing: "Standing", change: files.Body, out: Path) -> "Decision":
    """Write the proposal of a change that fits the terms in force.

    Raises:
        EMCError: the file is there already, or the change does not fit; nothing is written.
    """
    from emc.client.decisions import Decision

    check_free(out)
    after = files.applied(change, standing.terms)
    proposal = Proposal(
        chain_id=standing.system.chain.id,
        emc=standing.emc,
        epoch=standing.epoch,
        terms_hash=after.hash(),
        change=change,
    )
    decision = Decision(standing, proposal)
    files.write(out, proposal)
    talk.note(f"proposal file: {out}")
    return decision


def check_kind(path: Path, proposal: Proposal, kind: Change) -> None:
    """Refuse a proposal of another kind."""
    if proposal.kind is not kind:
        raise EMCError(
            f"{path} is about {proposal.kind.value}, not {kind.value}",
            f"use `emc {COMMANDS[proposal.kind]}`",
        )


COMMANDS = {
    Change.RENEGOTIATION: "renegotiate",
    Change.AMENDMENT: "amend",
    Change.EXPULSION: "expel",
    Change.DISBANDING: "disband",
    Change.ASSESSMENT: "assess",
}


# what each stage means, where it is shown
STAGES = {
    "ACTIVE": "ACTIVE: sales are shared out",
    "ENDED": "ENDED: no more sales; something is still owed to somebody",
    "CLOSED": "CLOSED: over, and nothing is owed to anybody",
}


def digest_of(evidence: Path | None) -> bytes:
    """The hash of a file that proves something; zeros without one.

    Raises:
        EMCError: it cannot be read.
    """
    if evidence is None:
        return bytes(32)
    try:
        with evidence.open("rb") as file:
            raw = file.read(MAX_EVIDENCE + 1)
    except OSError as error:
        raise EMCError(f"{evidence}: {error.strerror}") from None
    if len(raw) > MAX_EVIDENCE:
        raise EMCError(f"{evidence} is larger than 64 MiB", "name a file that lists the others")
    return bytes(keccak(raw))


def left(until: int, now: int) -> str:
    """How long it is until then."""
    if until <= now:
        return "now"
    span = until - now
    # as coarse as a person would say it
    for unit in (86_400, 3_600, 60):
        if span >= 2 * unit:
            span -= span % unit
            break
    return f"in {format_span(span)} ({moment(until)})"
