"""Text that came from a file or a table, as it may be shown."""


def printable(text: str) -> str:
    r"""The text in one line, without the control characters that could steer a terminal.

    >>> printable("a\x1b[2Jb\nc")
    'a[2Jb c'
    """
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def shortened(text: str, most: int) -> str:
    """The text in one line as ``printable`` makes it, cut to so many characters.

    >>> shortened("an interesting name", 12)
    'an interest…'
    """
    text = printable(text)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
