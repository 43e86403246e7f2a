"""emc sign: a node reads its own numbers and signs them."""

from datetime import UTC, datetime
from pathlib import Path

import click

from emc import bundle as files
from emc.bundle import Bundle
from emc.cli import options, output, talk
from emc.errors import EMCError
from emc.terms import Row
from emc.units import format_part, parse_span
from emc.waterfall import entitlement, page


@click.command()
@click.argument("agreement", type=click.Path(path_type=Path))
@click.option(
    "--account", required=True, help="The node's account in ape: key file, hardware, or TEST::n."
)
@options.network("local")
@click.option(
    "--valid", default="90d", show_default=True, help="How long the signature may be relayed."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write here instead of into AGREEMENT."
)
@click.option(
    "--on-chain",
    is_flag=True,
    help="Approve by a transaction of the account instead (contract wallets).",
)
@click.option("--decline", is_flag=True, help="Refuse these terms for ever, by a transaction.")
@click.option(
    "--revoke", is_flag=True, help="Void the account's signatures for this EMC, by a transaction."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(
    agreement: Path,
    account: str,
    network: str,
    valid: str,
    out: Path | None,
    on_chain: bool,
    decline: bool,
    revoke: bool,
    yes: bool,
) -> None:
    """Sign the terms in AGREEMENT as the node whose account you hold.

    Everything shown and signed is computed anew from the canvas and the parties in the file;
    nothing is signed
    that the file merely claims. The signature is added to the file, which can be mailed on.

    \b
    Examples:
      emc sign breakfast-box.agreement.json --account baker
      emc sign breakfast-box.agreement.json --account my-safe --on-chain
    """
    from emc.chain import connect, send
    from emc.system import System

    if decline + revoke + on_chain > 1:
        raise EMCError("--decline, --revoke and --on-chain exclude each other", "choose one")
    bundle = files.read(agreement)
    with connect(network) as chain:
        system = System.load(chain)
        signer = chain.account(account)
        system.check(bundle)
        row = system.row_of(bundle, signer.address)
        show(bundle, row)
        terms = bundle.terms
        if revoke:
            talk.confirm("Void your signatures for this EMC?", yes)
            send("revoking", system.consent.revoke, bundle.emc, sender=signer)
            talk.note("revoked; sign again to agree after all")
        elif decline:
            talk.confirm("Refuse these terms for ever?", yes)
            send(
                "declining",
                system.consent.decline,
                bundle.creator,
                terms.head(),
                terms.table(),
                row.id,
                sender=signer,
            )
            talk.note("declined; this EMC can never become active")
        elif on_chain:
            talk.confirm("Agree to these terms by a transaction?", yes)
            send(
                "approving",
                system.consent.sign,
                bundle.creator,
                terms.head(),
                terms.table(),
                [(row.id, 0, b"")],
                sender=signer,
            )
            talk.note(f"approved; the EMC is {system.stage(bundle)}")
        else:
            talk.confirm("Sign these terms?", yes)
            signature = system.sign(bundle, signer, chain.now + parse_span(valid))
            # somebody else may have signed the same file meanwhile
            bundle = files.read(agreement).signed(signature)
            files.write(out or agreement, bundle)
            talk.note(
                f"signed in {out or agreement}; "
                f"missing: {len(bundle.missing)} of {len(terms.nodes)} nodes"
            )


def show(bundle: Bundle, row: Row) -> None:
    """A node's own numbers, and what they mean at some proceeds."""
    terms, money, goal = bundle.terms, bundle.currency, bundle.terms.goal
    label = bundle.labels[row.id]
    counted = bundle.canvas.leading_goal.counted_in(money)
    moment = datetime.fromtimestamp(terms.ends_at, UTC)
    talk.facts(
        f"{bundle.canvas.title}: {label.name}, {label.role}",
        {
            "EMC": bundle.emc,
            "terms hash": "0x" + terms.hash().hex(),
            "your ME": str(row.party),
            "your payee": row.payee,
            "share below the benchmark": format_part(row.base),
            "share up to the target": format_part(row.leading),
            "share beyond it": format_part(row.upside),
            "never outside": f"{format_part(row.lower)} to {format_part(row.upper)}",
            "running cost": f"{format_part(row.running)} of every sale",
            "cost cover": money.format(row.cost),
            "income starts at": f"{counted.format(terms.gate_at)} (gate: {goal.gate.name.lower()})",
            "benchmark, target": f"{counted.format(goal.benchmark)}, {counted.format(goal.target)}",
            "ends": f"{moment:%Y-%m-%d %H:%M} UTC",
            "if it fails, held money goes to": terms.backstop,
        },
    )
    if goal.metric.is_assessed:
        _show_values(bundle, row)
        return
    levels = sorted({goal.benchmark // 2, goal.benchmark, goal.target, goal.target * 3 // 2})
    output.table(
        [
            output.Column("proceeds", "right"),
            output.Column("you are paid", "right"),
            output.Column("held for you", "right"),
        ],
        [
            [
                money.format(level),
                money.format(entitlement(terms, row, level).flows),
                money.format(entitlement(terms, row, level).held),
            ]
            for level in levels
        ],
    )


def _show_values(bundle: Bundle, row: Row) -> None:
    """What a node earns of the next sales while some value is the last that nodes assessed."""
    terms, money, goal = bundle.terms, bundle.currency, bundle.terms.goal
    sample = money.parse("100000")
    lines = []
    for value in (0, goal.benchmark, goal.target):
        ahead = page(terms, covers={}, value=value).entitlement(row, sample)
        lines.append(
            [
                f"{value:,} {goal.metric.name.lower()}",
                money.format(ahead.flows),
                money.format(ahead.held),
            ]
        )
    output.line(f"Of {money.format(sample)} of proceeds, once costs are covered")
    columns = [
        output.Column("last value", "right"),
        output.Column("you are paid", "right"),
        output.Column("held for you", "right"),
    ]
    output.table(columns, lines)
