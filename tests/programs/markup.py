"""HTML as a browser would read it, for the tests of what makes some."""

import re
from html.parser import HTMLParser

VOID = {"br", "hr", "img", "input", "meta", "link", "wbr"}
SELF_CLOSING = {"path", "circle", "polyline", "rect", "line"}  # written <path .../>


class Page(HTMLParser):
    """The elements and the text of a piece of HTML, which has to be whole, and to ask for nothing.

    Attributes
    ----------
    tags : list of str
        Names of the elements, in order.
    attributes : list of (str, str)
        Of all elements.
    texts : list of str
        What is to be read, piece by piece.
    """

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == [], f"never closed: {self._open}"
        assert not {"script", "style", "link", "img", "iframe", "object"} & set(self.tags)
        for name, value in self.attributes:
            assert not name.startswith("on"), name
            assert name not in ("src", "href", "xlink:href", "srcset", "action"), name
            assert not re.search(r"//|url\(", value or ""), value

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SELF_CLOSING, tag
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1] == tag, f"</{tag}> closes <{self._open[-1]}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data)
