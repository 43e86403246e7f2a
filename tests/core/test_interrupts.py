"""Ctrl-C ends every command with one sentence and the exit code that shells expect."""

import click
import pytest
from click.testing import CliRunner

from emc.cli import COMMANDS, RESUMED, emc, script

AGAIN = "stopped; run the same command again: it continues, and nothing is done twice\n"


def ended(monkeypatch: pytest.MonkeyPatch, name: str, how: BaseException) -> tuple[int, str]:
    """Exit code and standard error of a command that is interrupted as soon as it begins."""

    def interrupted(*_: object) -> click.Command:
        raise how

    monkeypatch.setattr("emc.cli.import_module", interrupted)
    result = CliRunner(mix_stderr=False).invoke(emc, [name])
    assert result.stdout == ""
    return result.exit_code, result.stderr


@pytest.mark.parametrize(
    "how", [KeyboardInterrupt(), click.Abort(), SystemExit(130)], ids=lambda how: repr(how)
)
@pytest.mark.parametrize("name", COMMANDS)
def test_an_interrupt_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, how: BaseException
) -> None:
    said = AGAIN if name in RESUMED else "stopped\n"
    assert ended(monkeypatch, name, how) == (130, said)


def test_what_may_be_run_again_is_said_of_what_makes_many_transactions() -> None:
    assert set(RESUMED) == {"checkout", "deploy", "sell", "system"}


def test_ending_with_another_exit_code_is_no_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ended(monkeypatch, "sell", SystemExit(3)) == (3, "")


def test_what_ape_runs_is_interrupted_in_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("emc.cli.listing.command.callback", interrupted)
    result = CliRunner(mix_stderr=False).invoke(script("list"))
    assert (result.exit_code, result.stderr) == (130, "stopped\n")
