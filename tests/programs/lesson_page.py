"""The lesson as a page to read: ``python -m tests.programs.lesson_page`` writes it.

It shows the stored notebook, with what its cells showed. Formulas become MathML and code gets its
colours here, so that the page needs no script, nothing from elsewhere, and one style sheet,
``lesson.css`` beside it.
"""

import base64
import re
import struct
from collections.abc import Iterator
from html import escape
from importlib.metadata import version
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token
from math_core import LatexToMathML
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "lessons" / "classification_from_scratch.ipynb"
PAGE = ROOT / "src" / "numlp" / "play" / "page" / "lesson.html"
# Each token of code has the class of the first kind that it belongs to; the others have none.
COLOURS = {
    Comment: "comment", Keyword: "keyword", Operator.Word: "keyword", String: "string",
    Number: "number", Name.Function: "name", Name.Class: "name", Name.Decorator: "name",
}  # fmt: skip
# What may put the same words into other tags when it is another version.
LIBRARIES = ("markdown-it-py", "mdit-py-plugins", "math-core", "Pygments")
INLINE = re.compile(r"\(?<math>.*?</math>[.,:;?!)]*")  # with what no line may part from it
ANCHOR = re.compile(r"#(\d+)\.-.*")  # where a link of the notebook leads: #7.-Gradient-descent

PRIME = r'<mrow>\1<mo lspace="0" rspace="0">′</mo></mrow>'
UP = '<p class="up"><a href="#top">Back to the top</a></p>\n'
WHOLE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{versions}">
<title>numlp: a neural net from scratch</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="lesson.css">
</head>
<body>
<a class="skip" href="#lesson">Skip to the lesson</a>
<header id="top">
<p>This is the lesson to read, with what its cells show. To run it and to solve its exercises, open
the notebook <code>lessons/classification_from_scratch.ipynb</code> in numlp's source.</p>
</header>
<nav aria-label="Sections">
<ol>
{links}
</ol>
</nav>
<main id="lesson">
{cells}
</main>
</body>
</html>
"""


def mathml(latex: str, display: bool = False) -> str:
    """A formula, with primes that stand as high as fonts draw them, and not smaller and higher."""
    markup = LatexToMathML().convert_with_local_state(latex.strip(), displaystyle=display)
    return re.sub(r"<msup>(<mi>\w</mi>)<mo>′</mo></msup>", PRIME, markup)


def in_pieces(latex: str) -> str:
    """A formula on lines of its own, which may be broken: at a gap rather than before =.

    Each piece is a formula of its own, since browsers do not break one.
    """
    parts = [re.split(r"\s(?== )", part.strip()) for part in latex.split(r"\qquad")]
    lines = [" ".join(mathml(piece, display=True) for piece in part) for part in parts]
    return "\u2003 ".join(f"<span>{line}</span>" for line in lines)


def coloured(code: str) -> str:
    """Python with a class for each token that has a colour."""
    named = (
        (next((name for parent, name in COLOURS.items() if kind in parent), None), text)
        for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(code)
    )
    pieces = []
    for name, tokens in groupby(named, key=itemgetter(0)):
        text = escape("".join(text for _, text in tokens), quote=False)
        pieces.append(f'<span class="{name}">{text}</span>' if name else text)
    return "".join(pieces)


def code_block(code: str) -> str:
    return f'<pre class="code"><code>{coloured(code.strip())}</code></pre>\n'


def folded(summary: str, markup: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>\n{markup}</details>\n"


class Prose:
    """Markdown to HTML, cell by cell, with the sections that have come so far."""

    def __init__(self) -> None:
        self.sections: dict[int, str] = {}  # their titles, by their numbers
        self._headings: list[str] = []  # those that the next stands under: "h1", "h2", "h4"
        self._markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
        self._markdown.use(dollarmath_plugin, allow_labels=False)
        for name in ("math_inline", "math_block", "fence"):
            self._markdown.add_render_rule(name, getattr(self, f"_{name}"))

    def render(self, source: str) -> str:
        # A formula between two lines of $$ is found only where it does not go on a paragraph.
        apart = re.sub(r"^\$\$\n.*?^\$\$$", r"\n\g<0>\n", source, flags=re.DOTALL | re.MULTILINE)
        tokens = self._markdown.parse(apart)
        for i, token in enumerate(tokens):
            if token.type == "heading_open":
                self._place(token, tokens[i + 1].content)
            elif token.type == "heading_close":
                token.tag = f"h{len(self._headings)}"
            for child in token.children or ():
                if found := ANCHOR.fullmatch(str(child.attrGet("href") or "")):
                    child.attrSet("href", f"#section-{found[1]}")
        markup = str(self._markdown.renderer.render(tokens, self._markdown.options, {}))
        return INLINE.sub(r'<span class="whole">\g<0></span>', markup).replace("<h2 ", UP + "<h2 ")

    def _place(self, heading: Token, title: str) -> None:
        """Give a heading the level below the one it stands under, and a section its id."""
        while self._headings and self._headings[-1] >= heading.tag:
            self._headings.pop()
        self._headings.append(heading.tag)
        heading.tag = f"h{len(self._headings)}"
        if heading.tag == "h2":
            number, title = title.split(". ", maxsplit=1)
            self.sections[int(number)] = title
            heading.attrSet("id", f"section-{number}")

    def _math_inline(self, tokens: list[Token], i: int, *_: object) -> str:
        return mathml(tokens[i].content)

    def _math_block(self, tokens: list[Token], i: int, *_: object) -> str:
        return f'<div class="formula">{in_pieces(tokens[i].content)}</div>\n'

    def _fence(self, tokens: list[Token], i: int, *_: object) -> str:
        if tokens[i].info == "python":
            return code_block(tokens[i].content)
        return f"<pre><code>{escape(tokens[i].content.strip(), quote=False)}</code></pre>\n"


def shown(cell: NotebookNode) -> Iterator[str]:
    """What a cell printed, and its pictures."""
    if text := "".join(output.get("text", "") for output in cell.outputs).rstrip():
        yield f'<pre class="output"><samp>{escape(text, quote=False)}</samp></pre>\n'
    for output in cell.outputs:
        if png := output.get("data", {}).get("image/png", "").replace("\n", ""):
            width, height = struct.unpack(">II", base64.b64decode(png)[16:24])
            alt = escape(output.metadata["image/png"]["alt"])
            size = f'width="{width}" height="{height}"'
            yield f'<img alt="{alt}" {size} src="data:image/png;base64,{png}">\n'


def code_cell(cell: NotebookNode) -> str:
    """A cell's code with what it showed; folded, if it is hidden in the notebook, or a check."""
    code, output = code_block(cell.source), "".join(shown(cell))
    if "check" in cell.metadata.get("tags", ()):
        return folded(f"The check of exercise {cell.id.removeprefix('check-')}", code + output)
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        return folded(f"Code for {cell.id.replace('-', ' ')}", code) + output
    return code + output


def page(notebook: NotebookNode) -> str:
    """The whole page."""
    prose = Prose()
    cells = [
        prose.render(cell.source) if cell.cell_type == "markdown" else code_cell(cell)
        for cell in notebook.cells
    ]
    links = [
        f'<li value="{number}"><a href="#section-{number}">{escape(title)}</a></li>'
        for number, title in prose.sections.items()
    ]
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return WHOLE.format(versions=versions, links="\n".join(links), cells="".join(cells).strip())


def main() -> None:
    PAGE.write_text(page(nbformat.read(LESSON, as_version=4)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
