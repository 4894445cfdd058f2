"""Make docs/reference/cli.md of what ``--help`` says of every command.

``python -m tests.programs.cli_page`` writes it; tests/test_reference.py tells when it is old.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from numlp.cli.main import all_commands, cli

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
INTRO = """\
# Commands and their options

Made from `numlp COMMAND --help` by `python -m tests.programs.cli_page`. What the commands are
for, with examples of what they print, is in [the command line](../commands.md).
"""


def page() -> str:
    """The whole page."""
    top = click.Context(cli, info_name="numlp", **cli.context_settings)
    parts = [INTRO, "## numlp\n", *_command(cli, top)]
    for name, command in all_commands().items():
        parts += [f"## numlp {name}\n", *_command(command, click.Context(command, top, name))]
    return "\n".join(parts)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"```text\n{' '.join(context.command_path.split())} {_pieces(command, context)}\n```\n"
    yield from _prose(command.help or "")
    if isinstance(command, click.Group):
        for name, sub in all_commands().items():
            yield f"- [`{name}`](#numlp-{name}): {_text(sub.get_short_help_str(200))}"
        yield ""
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and not isinstance(parameter, click.Argument):
            yield f"- `{record[0]}`: {_text(record[1])}"
    yield ""


def _pieces(command: click.Command, context: click.Context) -> str:
    return " ".join(command.collect_usage_pieces(context))


def _prose(text: str) -> Iterator[str]:
    """Each paragraph; one that click must not wrap stays as it is."""
    for paragraph in re.split(r"\n\s*\n", text):
        if paragraph.lstrip(" ").startswith("\b"):
            lines = paragraph.partition("\b\n")[2].splitlines()
            yield "```text\n" + "\n".join(line.strip() for line in lines) + "\n```\n"
        else:
            yield _text(paragraph) + "\n"


def _text(text: str) -> str:
    """One line of Markdown that shows a text as it is, with `code` and options as code."""
    pieces = re.split(r"(`[^`]+`|(?<![\w-])--?[a-z][a-z-]*)", " ".join(text.split()))
    for i in range(0, len(pieces), 2):
        pieces[i] = re.sub(r"([\\*_\[\]<>|#`])", r"\\\1", pieces[i])
    for i in range(1, len(pieces), 2):
        pieces[i] = f"`{pieces[i].strip('`')}`"
    return "".join(pieces)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
