"""``numlp completion``: what a shell needs to complete the command line."""

import sys

import click
from click.shell_completion import get_completion_class

from .. import say

VARIABLE = "_NUMLP_COMPLETE"  # by which the script asks the program
WHERE = {
    "bash": "echo 'eval \"$(numlp completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(numlp completion zsh)\"' >> ~/.zshrc",
    "fish": "numlp completion fish > ~/.config/fish/completions/numlp.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(WHERE)))
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete commands, options, files and column names.

    \b
    eval "$(numlp completion bash)"              in this shell; in ~/.bashrc, in all
    eval "$(numlp completion zsh)"               likewise, in ~/.zshrc
    numlp completion fish > ~/.config/fish/completions/numlp.fish

    Then `numlp train animals.csv --target` and the tab key list the columns of animals.csv.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    from ..main import cli

    found = get_completion_class(shell)
    if found is None:  # click has all three
        raise click.UsageError(f"click knows no completion for {shell}")
    click.echo(found(cli, {}, "numlp", VARIABLE).source())
    if sys.stdout.isatty():
        say.next_command(WHERE[shell])
