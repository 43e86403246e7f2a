"""The commands that every kind of change has: show, sign, submit and status."""

from pathlib import Path
from typing import Any

import click

from emc.cli.shared import (
    amended,
    options,
    output,
    proposal_view,
    proposals,
    senders,
    sessions,
    signing,
    talk,
)
from emc.cli.shared.proposal_view import Reader
from emc.cli.shared.proposals import COMMANDS, Asked
from emc.cli.shared.senders import Sender
from emc.files.proposal import Change


def add_show(group: click.Group, kind: Change) -> None:
    """Add `show`."""

    @group.command(
        "show",
        help=helped(
            "Show what a change does, before and after: in FILE, or open at an EMC.",
            f"emc {COMMANDS[kind]} show {kind.value}.json",
            f"emc {COMMANDS[kind]} show 0x...",
        ),
    )
    @proposals.change_options(kind)
    @proposals.canvas_option
    @options.local_network
    @options.agreement
    @output.json_option
    def show_command(what: Asked, canvas: Path | None, network: str, as_json: bool) -> None:
        new = proposals.canvas_of(canvas)
        with sessions.opened(network, what.emc, *what.files) as session:
            if kind is Change.AMENDMENT and what.emc is not None:
                amended.show(session, what.emc, what.agreement, new, as_json)
                return
            decision, paper = proposals.load(session, what)
            proposal_view.tell(decision, Reader(paper, new), as_json)


def add_sign(group: click.Group, kind: Change) -> None:
    """Add `sign`."""

    @group.command(
        "sign",
        help=helped(
            "Read your own numbers in FILE, or in a change open at an EMC, and sign; everything is "
            "rebuilt from the chain first.",
            f"emc {COMMANDS[kind]} sign {kind.value}.json --account baker",
            f"emc {COMMANDS[kind]} sign 0x... --on-chain --account baker",
        ),
    )
    @proposals.change_options(kind)
    @options.account
    @options.local_network
    @options.agreement
    @signing.signing_options
    def sign_command(what: Asked, account: str, network: str, **wanted: Any) -> None:
        signing.sign_change(what, account, network, signing.SigningOptions(**wanted))


def add_submit(group: click.Group, kind: Change) -> None:
    """Add `submit`."""

    @group.command(
        "submit",
        help=helped(
            "Put into force the change in FILE, or open at an EMC, with the signatures and "
            "approvals given so far; says who is missing if they are too few.",
            f"emc {COMMANDS[kind]} submit {kind.value}.json --account leader",
            f"emc {COMMANDS[kind]} submit 0x... --account leader",
        ),
    )
    @proposals.change_options(kind)
    @senders.plain
    @output.json_option
    def submit_command(what: Asked, by: Sender, as_json: bool) -> None:
        from emc.client.submission import submit

        with by.session(what.emc, *what.files) as (session, sender):
            decision, _ = proposals.load(session, what)
            receipt = submit(decision, sender)
            epoch = decision.standing.agreement.epoch
            if as_json:
                output.print_json(
                    {
                        "emc": decision.standing.emc,
                        "kind": kind.value,
                        "epoch": epoch,
                        "transaction": receipt.txn_hash,
                        "gas": receipt.gas_used,
                    }
                )
            else:
                talk.facts(
                    f"{kind.value.capitalize()} of {decision.standing.emc}",
                    {
                        "epoch": str(epoch),
                        "transaction": receipt.txn_hash,
                        "gas": f"{receipt.gas_used:,}",
                    },
                )


def add_status(group: click.Group, kind: Change) -> None:
    """Add `status`."""

    @group.command(
        "status",
        help=helped(
            "Show who has agreed to the change in FILE, or open at an EMC, and who is missing.",
            f"emc {COMMANDS[kind]} status {kind.value}.json",
        ),
    )
    @proposals.change_options(kind)
    @options.local_network
    @options.agreement
    @output.json_option
    def status_command(what: Asked, network: str, as_json: bool) -> None:
        with sessions.opened(network, what.emc, *what.files) as session:
            decision, paper = proposals.load(session, what)
            if as_json:
                output.print_json(proposal_view.machine(decision, Reader(paper)))
            else:
                proposal_view.show_answers(decision, Reader(paper))


def add_all(group: click.Group, kind: Change) -> None:
    """Add `show`, `sign`, `submit` and `status`."""
    for add in (add_show, add_sign, add_submit, add_status):
        add(group, kind)


def helped(text: str, *examples: str) -> str:
    """The help of a command."""
    lines = "\n".join(f"  {each}" for each in examples)
    what = "Example" if len(examples) == 1 else "Examples"
    return f"{text}\n\n\b\n{what}:\n{lines}"
