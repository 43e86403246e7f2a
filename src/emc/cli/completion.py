"""emc completion: what a shell has to know to complete commands and options."""

import click
from click.shell_completion import get_completion_class

from emc.cli import emc


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that makes SHELL complete commands, options and files.

    \b
    Examples:
      eval "$(emc completion bash)"        in ~/.bashrc
      eval "$(emc completion zsh)"         in ~/.zshrc
      emc completion fish > ~/.config/fish/completions/emc.fish
    """
    made = get_completion_class(shell)
    assert made is not None, shell
    click.echo(made(emc, {}, "emc", "_EMC_COMPLETE").source())
