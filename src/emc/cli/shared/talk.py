"""What commands say while they work: notes, questions and progress, all on standard error."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.status import Status

from emc.chain import unlocking
from emc.cli.shared import output
from emc.core.text import counted, printable
from emc.errors import EMCError, StoppedError

# what moves on the screen
_moving: list[Progress | Status] = []


def note(text: str) -> None:
    """One line for the person at the keyboard."""
    click.echo(output.clean(text), err=True)


def facts(title: str, values: Mapping[str, str] | Sequence[tuple[str, str]]) -> None:
    """A heading and named values, on standard output.

    Args:
        values: Pairs where names are computed: two of them may read the same, such as two moments
            of one minute, and a mapping would drop one.
    """
    output.line(title, style="bold")
    pairs = list(values.items()) if isinstance(values, Mapping) else values
    output.pairs(pairs)


def confirm(question: str, yes: bool) -> None:
    """Ask once.

    Raises:
        EMCError: the answer is no, or there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise EMCError(
            "there is no terminal to confirm at", "add --yes if you have read the numbers"
        )
    with held():
        agreed = click.confirm(printable(question), err=True)
    if not agreed:
        raise EMCError("nothing was signed or sent")


def asked(question: str, param: click.Parameter, ctx: click.Context) -> str:
    """What an option needs and was not named: asked for, where somebody is there.

    Raises:
        click.MissingParameter: nobody is.
    """
    if not sys.stdin.isatty():
        raise click.MissingParameter(ctx=ctx, param=param)
    return str(click.prompt(question, err=True))


@contextmanager
def held() -> Iterator[None]:
    """Keep the screen still while somebody is asked, and standard output free of the question."""
    for each in _moving:
        each.stop()
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        for each in _moving:
            each.start()


def passphrase(question: str) -> str:
    """Ask for a passphrase, which does not show.

    Raises:
        EMCError: there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise EMCError(
            f"there is no terminal to ask at: {question}",
            "put it into the environment, as APE_ACCOUNTS_<alias>_PASSPHRASE",
        )
    with held():
        return str(click.prompt(printable(question), hide_input=True, err=True))


unlocking.keyboard.ask, unlocking.keyboard.hold = passphrase, held


@contextmanager
def _shown(moving: Progress | Status) -> Iterator[None]:
    _moving.append(moving)
    try:
        with moving:
            yield
    finally:
        _moving.remove(moving)


@contextmanager
def steps(title: str) -> Iterator[Callable[[str], None]]:
    """A line that tells the step under way; nothing but the title where it cannot be redrawn."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        note(f"{title} ...")
        yield lambda _: None
        return
    status = console.status(title)
    with _shown(status):
        yield lambda text: status.update(printable(f"{title}: {text}").replace("[", "\\["))


@contextmanager
def bar(title: str, total: int, *, counts: bool = True) -> Iterator[Callable[[int], None]]:
    """A progress bar; every tenth part as a line where it cannot be redrawn.

    Args:
        counts: Whether the total is a number that means something to people; else a percentage is
            told.
    """
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            before, done = done * 10 // total, done + count
            if done * 10 // total > before:
                far = f"{done} of {total}" if counts else f"{done * 100 // total}%"
                note(f"{title}: {far}")

        yield advance
        return
    far_column = MofNCompleteColumn() if counts else TaskProgressColumn()
    columns = (TextColumn(title), BarColumn(), far_column, TimeRemainingColumn())
    progress = Progress(*columns, console=console)
    with _shown(progress):
        task = progress.add_task(title, total=total)
        yield lambda count: progress.advance(task, count)


def reading() -> Callable[[int, int], None]:
    """Tells every tenth part of a long reading; what takes one request goes without."""
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        before, told = told, 0 if done == total else done * 10 // total
        if told > before:
            note(f"reading events: {done} of {total} blocks")

    return tell


# sends while the first goes on, and tells the second how many each transaction took
Send = Callable[[Callable[[], bool], Callable[[int], None]], None]


def sending(doing: str, done: str, count: int, send: Send) -> int:
    """Send orders with a progress bar; an interrupt lets the transaction under way finish.

    Args:
        doing, done: What happens to them.

    Returns:
        How many were sent: all.

    Raises:
        EMCError: a transaction failed; says after how many.
        StoppedError: it was interrupted.
    """
    sent = 0

    def told(some: int) -> None:
        nonlocal sent
        sent += some
        advance(some)

    with bar(doing, count) as advance, interruptible() as is_interrupted:
        try:
            send(lambda: not is_interrupted(), told)
        except EMCError as error:
            again = f"correct that and run the same command again: nothing is {done} twice"
            raise EMCError(
                f"after {sent:,} of {counted(count, 'order')}: {error}", error.hint or again
            ) from None
    if sent < count:
        raise StoppedError(
            f"stopped after {sent:,} of {counted(count, 'order')}",
            "run the same command again: it continues, and nothing is done twice",
        )
    return sent


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """While inside, an interrupt is noted instead of raised, so that nothing is left half sent."""
    noted = False

    def note_it(*_: object) -> None:
        nonlocal noted
        if not noted:
            note("stopping after the transaction under way")
        noted = True

    before = signal.signal(signal.SIGINT, note_it)
    try:
        yield lambda: noted
    finally:
        signal.signal(signal.SIGINT, before)
