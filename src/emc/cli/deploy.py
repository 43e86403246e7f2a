"""emc deploy: from a canvas, or from an agreement file with signatures, to an EMC on chain."""

from collections.abc import Mapping
from pathlib import Path

import click

from emc.cli.shared import options, output, sessions, talk
from emc.errors import EMCError
from emc.files import bundle as files
from emc.files.bundle import Bundle

MOST_NAMES = 8


@click.command()
@click.argument("source", type=options.FILE)
@options.network_of_target
@click.option(
    "--account",
    default="TEST::0",
    show_default=True,
    help="The account in ape that sends and pays the gas.",
)
@click.option(
    "--parties",
    type=options.FILE,
    help="The parties file; without it, test accounts of a local chain play the nodes.",
)
@click.option(
    "--out",
    type=options.FILE,
    help="Where the agreement file goes. [default: NAME.agreement.json]",
)
@click.option(
    "--nonce",
    type=click.IntRange(0),
    default=0,
    help="A number to make a second EMC from the same terms.",
)
@click.option(
    "--hold",
    is_flag=True,
    help="Only write the agreement file, for all nodes to sign first. Without --parties, test "
    "accounts of a local chain are registered for it.",
)
@output.json_option
def command(
    source: Path,
    network: str | None,
    account: str,
    parties: Path | None,
    out: Path | None,
    nonce: int,
    hold: bool,
    as_json: bool,
) -> None:
    """Deploy an EMC from SOURCE: a canvas, or an agreement file that nodes have signed.

    From a canvas it draws up the agreement file; on a local chain, test accounts play the nodes
    and sign. From an agreement file it makes the EMC, which is then active, once every node has
    signed or approved. While some are missing, it names them and ends with exit code 1, unless
    --hold is given.

    It can be stopped at any point and run again to continue. A canvas makes one EMC; --nonce makes
    another on purpose.

    \b
    Examples:
      emc deploy canvases/breakfast-box.yaml
      emc deploy canvases/breakfast-box.yaml --network local
      emc deploy my.yaml --parties my-parties.yaml --network sepolia --account leader --hold
      emc deploy my.agreement.json --network sepolia --account leader
    """
    from emc.client import deploying, drawing_up
    from emc.client.agreement import NOT_MADE
    from emc.client.session import connect
    from emc.files import canvas as canvases
    from emc.files.canvas_advice import NO_ASSESSOR
    from emc.files.compile import load_parties
    from emc.files.targets import Target

    # a canvas is read again, beside the time of the chain
    options.check_readable(source, parties)
    if source.suffix == ".json":
        files.read(source)
    with connect(network or options.usual_network(str(source))) as session:
        sessions.check_chain(session, source)
        chain, sender = session.chain, session.account(account)
        file: Path | None
        if source.suffix == ".json":
            agreement, file = files.read(source), source
            session.check(Target(agreement.emc, agreement))
            system = session.deploy_system(sender)
        else:
            wanted = drawing_up.Wanted(
                source,
                canvases.load(source, now=chain.now),
                out,
                load_parties(parties) if parties else None,
                nonce,
            )
            with talk.steps("forming the EMC") as step:
                system, agreement, file = drawing_up.form(chain, sender, wanted, step, not hold)
            if file is not None:
                talk.note(f"agreement file: {file}")
                if parties is None and drawing_up.is_played(agreement):
                    talk.note("test accounts play its nodes; name real ones with --parties")
        if doubt := drawing_up.doubts(chain, agreement, sender.address):
            talk.note(f"warning: {doubt}")
        if agreement.terms.goal.assessed and not agreement.terms.assessment.has_assessor:
            talk.note(f"warning: {NO_ASSESSOR}")
        gas = 0
        asked = session.formation(agreement)
        missing = asked.missing() if system.stage(agreement) == NOT_MADE else {}
        if not hold and not missing:
            receipt = asked.submit(sender)
            gas = receipt.gas_used if receipt is not None else 0
            if file is not None:
                deploying.record(chain, agreement, file)
        stage = system.stage(agreement)
        if as_json:
            output.print_json({**summary(agreement, missing), "stage": stage, "gas": gas})
        else:
            show(agreement, missing, stage, gas)
            if missing and hold:
                talk.note(f"still to sign: {still_to_sign(agreement, missing)}")
        if chain.is_embedded:
            talk.note("the embedded chain is gone now; choose a lasting one with --network")
    if missing and not hold:
        raise EMCError(
            f"the EMC is not made: still to sign: {still_to_sign(agreement, missing)}",
            f"each signs with `emc sign {file or 'FILE'} --account ...`, and `emc collect` merges "
            "signatures from several files; then run `emc deploy` again",
        )


def summary(agreement: Bundle, missing: Mapping[int, str]) -> dict[str, object]:
    """What a program wants to know of an agreement, and of the rows that have not agreed."""
    return {
        "emc": agreement.emc,
        "chain_id": agreement.chain_id,
        "terms_hash": "0x" + agreement.terms.hash().hex(),
        "canvas_hash": "0x" + agreement.canvas.hash().hex(),
        "currency": agreement.terms.currency,
        "missing": {
            label.key: missing[label.row] for label in agreement.labels if label.row in missing
        },
    }


def show(agreement: Bundle, missing: Mapping[int, str], stage: str, gas: int) -> None:
    """The same for people."""
    nodes = len(agreement.terms.nodes)
    talk.facts(
        agreement.canvas.title,
        {
            "EMC": agreement.emc,
            "stage": stage,
            "chain": str(agreement.chain_id),
            "terms hash": "0x" + agreement.terms.hash().hex(),
            "agreed": f"{nodes - len(missing)} of {nodes} nodes",
            **({"gas": f"{gas:,}"} if gas else {}),
        },
    )


def still_to_sign(agreement: Bundle, missing: Mapping[int, str]) -> str:
    """Who is missing, by name; of many the first."""
    called = agreement.called(missing)
    more = len(called) - MOST_NAMES
    return ", ".join(called[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
