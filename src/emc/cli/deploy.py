"""emc deploy: from a canvas, or from an agreement file with signatures, to an EMC on chain."""

from pathlib import Path

import click

from emc import bundle as files
from emc.bundle import Bundle
from emc.cli import options, output, talk
from emc.errors import EMCError


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@options.network("embedded")
@click.option(
    "--account",
    default="TEST::0",
    show_default=True,
    help="The creator's account in ape; pays the gas.",
)
@click.option(
    "--parties",
    type=click.Path(path_type=Path),
    help="Who the nodes are; none: test accounts of a local chain.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where the agreement file goes. [default: NAME.agreement.json]",
)
@click.option(
    "--nonce", type=click.IntRange(0), default=0, help="To make a second EMC from equal terms."
)
@click.option(
    "--hold", is_flag=True, help="Write the agreement file and send nothing: all sign first."
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
def command(
    source: Path,
    network: str,
    account: str,
    parties: Path | None,
    out: Path | None,
    nonce: int,
    hold: bool,
    as_json: bool,
) -> None:
    """Deploy an EMC from SOURCE: a canvas, or an agreement file that nodes have signed.

    From a canvas it draws up the agreement file; on a local chain, test accounts play the nodes
    and sign.
    From an agreement file it relays the signatures that are there. The last signature activates
    the EMC.

    \b
    Examples:
      emc deploy canvases/breakfast-box.yaml
      emc deploy canvases/breakfast-box.yaml --network ethereum:local:foundry
      emc deploy my.yaml --parties my-parties.yaml --network ethereum:sepolia --account leader
      --hold
      emc deploy my.agreement.json --network ethereum:sepolia --account leader
    """
    from emc.chain import connect
    from emc.system import System

    with connect(network) as chain:
        sender = chain.account(account)
        if source.suffix == ".json":
            agreement = files.read(source)
            system = System.load(chain) if not chain.is_embedded else System.deploy(chain, sender)
        else:
            from emc import canvas as canvases
            from emc import formation
            from emc.compile import load_parties

            canvas = canvases.load(source, now=chain.now)
            bound = load_parties(parties) if parties else None
            target = out or Path(f"{source.stem}.agreement.json")
            if target.exists():
                raise EMCError(
                    f"{target} is there already",
                    f"deploy that file: `emc deploy {target}`; or name another with --out",
                )
            system = System.deploy(chain, sender)
            with talk.steps("forming the EMC") as step:
                bound = bound or formation.local_cast(chain, system, canvas, step)
                agreement = formation.draw_up(chain, system, canvas, bound, sender.address, nonce)
                if chain.is_local and not hold:
                    agreement = formation.sign_by_test_accounts(chain, system, agreement, step)
            if out or not chain.is_embedded:
                files.write(target, agreement)
                talk.note(f"agreement file: {target}")
        gas = 0
        if not hold:
            receipt = system.relay(agreement, sender)
            gas = receipt.gas_used if receipt is not None else 0
        stage = system.stage(agreement)
        if as_json:
            output.print_json({**summary(agreement), "stage": stage, "gas": gas})
        else:
            show(agreement, stage, gas)
        if chain.is_embedded:
            talk.note("the embedded chain is gone now; choose a lasting one with --network")


def summary(agreement: Bundle) -> dict[str, object]:
    """What a program wants to know of an agreement."""
    return {
        "emc": agreement.emc,
        "chain_id": agreement.chain_id,
        "creator": agreement.creator,
        "terms_hash": "0x" + agreement.terms.hash().hex(),
        "canvas_hash": "0x" + agreement.canvas.hash().hex(),
        "currency": agreement.terms.currency,
        "missing": [label.key for label in agreement.missing],
    }


def show(agreement: Bundle, stage: str, gas: int) -> None:
    """The same for people."""
    talk.facts(
        agreement.canvas.title,
        {
            "EMC": agreement.emc,
            "stage": stage,
            "chain": str(agreement.chain_id),
            "terms hash": "0x" + agreement.terms.hash().hex(),
            "signed": f"{len(agreement.signatures)} of {len(agreement.terms.nodes)} nodes",
            **({"gas": f"{gas:,}"} if gas else {}),
        },
    )
    if stage in ("NONE", "SIGNING") and agreement.missing:
        names = ", ".join(label.name for label in agreement.missing[:8])
        more = len(agreement.missing) - 8
        talk.note(f"still to sign: {names}" + (f" and {more} more" if more > 0 else ""))
