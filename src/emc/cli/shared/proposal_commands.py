"""The commands that every kind of change has: show, sign, submit and status."""

from pathlib import Path
from typing import Any

import click

from emc.cli.shared import decide, output, proposal_view, signing, talk
from emc.cli.shared.decide import COMMANDS
from emc.files import proposal as files
from emc.files.proposal import Change


def add_show(group: click.Group, kind: Change) -> None:
    """Add `show`."""

    @group.command(
        "show",
        help=helped(
            "Show what the proposal in FILE changes, before and after.",
            f"emc {COMMANDS[kind]} show {kind.value}.json",
        ),
    )
    @click.argument("file", type=click.Path(path_type=Path))
    @decide.network_option
    @decide.agreement_option
    @output.json_option
    def show_command(file: Path, network: str, agreement: Path | None, as_json: bool) -> None:
        decide.check_kind(file, files.read(file), kind)
        with decide.opened(network, None, file, agreement) as (_, system):
            decision = decide.load(system, file, kind)
            if as_json:
                output.print_json(proposal_view.machine(decision))
                return
            names = decide.names_of(decision.standing, agreement)
            proposal_view.show(decision, names)
            output.line()
            proposal_view.show_words(decision, names)


def add_sign(group: click.Group, kind: Change) -> None:
    """Add `sign`."""

    @group.command(
        "sign",
        help=helped(
            "Read your own numbers in FILE and sign; everything is rebuilt from the chain first.",
            f"emc {COMMANDS[kind]} sign {kind.value}.json --account baker",
        ),
    )
    @click.argument("file", type=click.Path(path_type=Path))
    @decide.account_option
    @decide.network_option
    @decide.agreement_option
    @signing.options
    def sign_command(
        file: Path, account: str, network: str, agreement: Path | None, **wish: Any
    ) -> None:
        decide.check_kind(file, files.read(file), kind)
        signing.sign(file, account, network, agreement, signing.Wish(**wish))


def add_submit(group: click.Group, kind: Change) -> None:
    """Add `submit`."""

    @group.command(
        "submit",
        help=helped(
            "Relay the signatures in FILE; says who is missing if they are too few.",
            f"emc {COMMANDS[kind]} submit {kind.value}.json --account leader",
        ),
    )
    @click.argument("file", type=click.Path(path_type=Path))
    @decide.account_option
    @decide.network_option
    @output.json_option
    def submit_command(file: Path, account: str, network: str, as_json: bool) -> None:
        from emc.client.submission import submit

        decide.check_kind(file, files.read(file), kind)
        with decide.opened(network, None, file) as (chain, system):
            decision = decide.load(system, file, kind)
            receipt = submit(decision, chain.account(account))
            epoch = int(decision.standing.agreement.contract.epoch())
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
            "Say who has agreed to the proposal in FILE, and who is missing.",
            f"emc {COMMANDS[kind]} status {kind.value}.json",
        ),
    )
    @click.argument("file", type=click.Path(path_type=Path))
    @decide.network_option
    @decide.agreement_option
    @output.json_option
    def status_command(file: Path, network: str, agreement: Path | None, as_json: bool) -> None:
        decide.check_kind(file, files.read(file), kind)
        with decide.opened(network, None, file, agreement) as (_, system):
            decision = decide.load(system, file, kind)
            if as_json:
                output.print_json(proposal_view.machine(decision))
            else:
                proposal_view.show_words(decision, decide.names_of(decision.standing, agreement))


def add_all(group: click.Group, kind: Change) -> None:
    """Add `show`, `sign`, `submit` and `status`."""
    for add in (add_show, add_sign, add_submit, add_status):
        add(group, kind)


def helped(text: str, *examples: str) -> str:
    """The help of a command."""
    lines = "\n".join(f"  {each}" for each in examples)
    return f"{text}\n\n\b\nExample:\n{lines}"
