"""The command line. A command is imported when it is used, so that `emc --help` answers at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import IO, Any

import click

from emc.cli.shared.groups import Group
from emc.errors import EMCError, MissingExtraError, StoppedError

# what `emc --help` says of each command
COMMANDS = {
    "canvas": "Write, check, show and draw a canvas, the file in which people describe an EMC.",
    "parties": "Write the file that says who the keys of a canvas are on a chain.",
    "schema": "Print the JSON Schema of a file that people write.",
    "allocate": "Find shares from contributions, inside bounds.",
    "me": "Register a micro-enterprise, and move it to another account.",
    "call": "Call for bids, read them, and award places.",
    "bid": "Bid for a place in an EMC, open or sealed.",
    "deploy": "Make an EMC from a canvas, or relay the signatures of an agreement file.",
    "inspect": "Explain in plain words what a file would mean for whom.",
    "sign": "Read your own numbers in an agreement and sign them.",
    "collect": "Merge the signatures of many files into one.",
    "desk": "Read, sign, pay and rate in the browser, with your own wallet.",
    "terms": "Show in words the terms in force of an EMC, from its address.",
    "status": "Show the state of an EMC, and who has to do what.",
    "list": "List the EMCs of a network.",
    "agenda": "Show all future dates of an ME, also as a calendar with alarms.",
    "statement": "Show what an ME earned by date, over all its EMCs, and from which rows.",
    "sell": "Pay the orders of a CSV file through an EMC.",
    "pay": "Pay one order, by permit if the token supports it.",
    "request": "Request a payment: a URI and a QR code.",
    "checkout": "Take orders that can be returned until they are due; give back, book, refund.",
    "simulate": "Compute who would be paid what, sending nothing.",
    "till": "Disburse, absorb, end, withdraw, redirect, rescue.",
    "renegotiate": "Change shares inside the bounds that everyone signed.",
    "amend": "Change any other terms; every node must sign.",
    "assess": "Assess the goal, report, and see plan against actual.",
    "leave": "Leave an EMC with notice.",
    "expel": "Expel a node on a charge, by the quorum of the others.",
    "disband": "End an EMC before its date.",
    "rate": "Rate the other nodes of an EMC that has ended, blind.",
    "reputation": "Show the record of a micro-enterprise and the EMCs behind it.",
    "trust": "Compute how far trust reaches, and expose rings of praise.",
    "scorecard": "Place an EMC on the two axes of RenDanHeYi.",
    "verify": "Prove that the code at an address is ours, and its terms those of a canvas.",
    "system": "Deploy, show and prove the contracts that all EMCs share.",
    "chain": "Run a local chain that keeps its state, and advance its clock.",
    "audit": "Prove every payout from public data.",
    "completion": "Print a shell completion script.",
}
# modules that are not called after their command
_MODULES = {"request": "pay", "list": "listing", "audit": "audit.group"}

# what may be run again after an interrupt; the other commands do not promise it
RESUMED = {"deploy", "sell", "system", "checkout"}
AGAIN = "run the same command again: it continues, and nothing is done twice"
INTERRUPTED = 130
# nothing was done or read: the code of click for a wrong option, and of the audit for what it
# could not check
UNABLE = 2


class Refusal(click.ClickException):
    """What an EMCError looks like on a terminal: what is wrong, and what to do."""

    def __init__(self, error: EMCError) -> None:
        from emc.cli.shared.output import clean

        super().__init__(clean(str(error)))
        self.hint = clean(error.hint)
        if isinstance(error, StoppedError):
            self.exit_code = INTERRUPTED
        if isinstance(error, MissingExtraError):
            self.exit_code = UNABLE

    def show(self, file: IO[Any] | None = None) -> None:
        super().show(file)
        if self.hint:
            click.echo(f"Hint: {self.hint}", file=file, err=True)


class Stopped(click.ClickException):
    """What an interrupt looks like on a terminal."""

    exit_code = INTERRUPTED

    def __init__(self, command: str | None) -> None:
        super().__init__(f"stopped; {AGAIN}" if command in RESUMED else "stopped")

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, file=file, err=True)


class LazyGroup(Group):
    """Commands by name, imported when used; every refusal in words."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"emc.cli.{_MODULES.get(cmd_name, cmd_name)}")
        own = getattr(module, cmd_name, None)
        command: click.Command = own if isinstance(own, click.Command) else module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with stoppable():
            return super().make_context(*args, **extra)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # known before it is imported, which takes long enough to be interrupted
        ctx.invoked_subcommand = args[0]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with stoppable(), words():
                return super().invoke(ctx)
        except Stopped:
            raise Stopped(ctx.invoked_subcommand) from None


@contextmanager
def words() -> Iterator[None]:
    """Turn what can go wrong into what a person reads."""
    try:
        yield
    except EMCError as error:
        raise Refusal(error) from error
    except ModuleNotFoundError as error:
        from emc.cli.shared import extras

        if (lacking := extras.missing(error)) is None:
            raise
        raise Refusal(lacking) from error
    except OSError as error:
        if error.filename is None:
            raise
        # a file that can neither be read nor written; a pipe that was closed has no name
        what = EMCError(f"{error.filename}: {error.strerror}", "name another file or folder")
        raise Refusal(what) from error


@contextmanager
def stoppable(command: str | None = None) -> Iterator[None]:
    """Turn an interrupt into what a person reads."""
    try:
        yield
    except (KeyboardInterrupt, click.Abort):
        raise Stopped(command) from None
    except SystemExit as left:
        # once ape is imported, it ends the process itself
        if left.code != INTERRUPTED:
            raise
        raise Stopped(command) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="emc-agreements")
def emc() -> None:
    """EMC agreements: micro-enterprises sign one agreement, and every sale pays them at once."""


def main() -> None:
    """The command `emc`."""
    try:
        emc()
    finally:
        # all is said; an interrupt can only spoil the exit code
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def script(name: str) -> click.Command:
    """A command as `ape run` takes it: alone, and every refusal in words."""
    command = emc.get_command(click.Context(emc), name)
    assert command is not None, name
    if isinstance(command, click.Group):
        commands = {each: in_words(inner) for each, inner in command.commands.items()}
        return click.Group(name, commands=commands, help=command.help)
    return in_words(command)


def in_words(command: click.Command) -> click.Command:
    """The same command, its refusals in words."""
    assert command.callback is not None, command.name
    inner = command.callback

    def speaking(**values: Any) -> Any:
        with stoppable(command.name), words():
            return inner(**values)

    return click.Command(
        command.name,
        params=command.params,
        callback=speaking,
        help=command.help,
        epilog=command.epilog,
    )
