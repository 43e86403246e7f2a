"""A command in a process of its own that dies at a transaction, as when a machine goes down.

The process is forked from the one that tests, so nothing has to be imported again.
"""

import contextlib
import importlib
import os
import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner

from tests.integration.commands import LOCAL, enter

# before it is sent, or once it is mined and nobody was told
When = Literal["before", "after"]


class Counter:
    """Sees every transaction that ape sends, and ends the process at one of them."""

    def __init__(self, at: int | None, when: When) -> None:
        self.at, self.when, self.sent = at, when, 0

    def patch(self) -> None:
        from ape.api.providers import ProviderAPI
        from ape_foundry.provider import FoundryProvider

        assert issubclass(FoundryProvider, ProviderAPI)
        send = FoundryProvider.send_transaction

        def counting(provider: Any, *args: Any, **kwargs: Any) -> Any:
            self.sent += 1
            if self.sent == self.at and self.when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            receipt = send(provider, *args, **kwargs)
            if self.sent == self.at:
                os.kill(os.getpid(), signal.SIGKILL)
            return receipt

        FoundryProvider.send_transaction = counting


def prepare(node: str, folder: Path, *words: str) -> None:
    """Import here, once, what a command imports in each of the processes."""
    child = os.fork()
    if child == 0:
        try:
            _inside(node, folder, words, Counter(None, "after"), folder / "said")
            (folder / "imported").write_text("\n".join(sys.modules))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (folder / "imported").read_text().splitlines():
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


def run(
    node: str, folder: Path, words: tuple[str, ...], at: int | None = None, when: When = "after"
) -> tuple[int | None, int, str]:
    """A command from start to end, or to where it is killed.

    Returns:
        Its exit code, none if it was killed; how many transactions it sent; what it said.
    """
    said = folder / f"said-{os.urandom(4).hex()}"
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = _inside(node, folder, words, Counter(at, when), said)
        except BaseException:
            said.write_text("0\n" + traceback.format_exc())
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return None, 0, ""
    sent, _, text = said.read_text().partition("\n")
    return os.WEXITSTATUS(status), int(sent), text


def _inside(node: str, folder: Path, words: tuple[str, ...], counter: Counter, said: Path) -> int:
    from emc.cli import emc

    enter(pytest.MonkeyPatch(), node, folder, folder)
    counter.patch()
    result = CliRunner(mix_stderr=False).invoke(emc, [*words, *LOCAL])
    text = result.stdout + result.stderr
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        text += "".join(traceback.format_exception(result.exception))
    said.write_text(f"{counter.sent}\n{text}")
    return result.exit_code


def whole(node: str, folder: Path, *words: str) -> int:
    """Run a command to its end.

    Returns:
        How many transactions it sent.
    """
    code, sent, text = run(node, folder, words)
    assert code == 0, text
    assert "Traceback" not in text
    return sent


def killed(node: str, folder: Path, words: tuple[str, ...], at: int, when: When) -> None:
    """Run a command that is killed at a transaction."""
    code, _, text = run(node, folder, words, at, when)
    assert code is None, f"it ended before transaction {at}: {text}"
