"""Commands as they are typed: those that a report names as the next one."""

import shlex
from collections.abc import Sequence

OF_THE_RUN = ("--checkpoint", "--resume")  # options with a file that another run cannot go on with


def typed(*words: object) -> str:
    """A command of numlp, quoted for a shell.

    >>> typed("predict", "my pets.numlp", "NEW_ROWS.csv")
    "numlp predict 'my pets.numlp' NEW_ROWS.csv"
    """
    return shlex.join(["numlp", *map(str, words)])


def again(arguments: Sequence[str], options: Sequence[str]) -> str:
    """The command that was typed, with other options too; its run is another one.

    >>> again(["train", "my pets.csv", "-t", "kind", "--resume", "run"], ["--metric", "f1"])
    "numlp train 'my pets.csv' -t kind --metric f1"
    """
    kept: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if word in OF_THE_RUN:
            next(rest, None)
        elif not word.startswith(tuple(f"{option}=" for option in OF_THE_RUN)):
            kept.append(word)
    return typed(*kept, *options)
