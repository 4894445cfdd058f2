"""Text that came from elsewhere, as it may be shown: on one line, and short."""


def printable(text: str) -> str:
    r"""The text in one line, without the control characters that could steer a terminal.

    >>> printable("a\x1b[2Jb\nc")
    'a[2Jb c'
    """
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def shortened(value: object, most: int = 100) -> str:
    """Any value as text in one line, of so many characters at most.

    >>> shortened("one two three", 8)
    'one two…'
    """
    text = printable(str(value))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
