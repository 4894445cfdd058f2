"""The page as a reader finds it: its tables, texts and styles."""

import re
from html.parser import HTMLParser

from tests.programs.markup import SELF_CLOSING

FORBIDDEN = {"script", "link", "img", "iframe", "object", "embed", "base", "form"}

Table = list[list[str]]
Colour = tuple[float, float, float]


class Reader(HTMLParser):
    """The tables of a page by their id, and the text of whatever else has one.

    The page has to be whole, with nothing in it that runs or asks for anything.
    """

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tables: dict[str, Table] = {}
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []
        self._table: Table = []
        self.feed(markup)
        self.close()
        assert self._open == [], f"never closed: {self._open}"
        self.texts = {name: " ".join(text.split()) for name, text in self.texts.items()}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._check(tag, attrs)
        name = dict(attrs).get("id") or ""
        if tag == "table":
            self._table = self.tables[name] = []
        elif tag == "tr":
            self._table.append([])
        elif tag in ("td", "th"):
            self._table[-1].append("")
        if tag != "meta":
            self._open.append((tag, name))
        if name:
            self.texts[name] = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SELF_CLOSING, tag
        self._check(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        for _, name in self._open:
            if name:
                self.texts[name] += data
        if any(tag in ("td", "th") for tag, _ in self._open):
            self._table[-1][-1] += data

    def _check(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in FORBIDDEN, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name not in ("src", "srcset", "style", "action", "xlink:href"), name
            assert name != "href" or (value or "").startswith("#"), value


def palette(style: str) -> tuple[dict[str, Colour], dict[str, Colour]]:
    """The colours of the style by name, on a light and on a dark ground."""
    light, _, rest = style.partition("@media screen")
    found = []
    for block in (light, rest.partition("\n}\n")[0]):
        named = re.findall(r"--([\w-]+): #([0-9a-f]{6});", block)
        found.append({name: _colour(value) for name, value in named})
    return found[0], found[1]


def _colour(value: str) -> Colour:
    red, green, blue = (int(value[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""

    def luminance(colour: Colour) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """As ``color-mix(in srgb, one share, other)``."""
    return tuple(share * a + (1 - share) * b for a, b in zip(one, other, strict=True))  # type: ignore[return-value]
