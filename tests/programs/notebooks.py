"""Notebooks in tests: run from a clean kernel, and what they show.

``python -m tests.programs.notebooks examples/*.ipynb`` runs notebooks anew and stores what they
show, without the times that ``jupyter execute`` leaves in them.
"""

import ast
import html
import re
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from matplotlib import font_manager
from nbclient import NotebookClient
from nbformat import NotebookNode

NUMBER = r"[-+]?(?:\d[\d,]*)?\.?\d+(?:e[-+]?\d+)?"
# A number, in digits: 20,000 or 0.30 or .3 or -0.16 or 97 %, but no part of a word (float64).
FIGURE = re.compile(
    r"(?<![\w.])([-−]?)((?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d+))?(?<=\d)(?:e[-+]?\d+)?)"
    r"(\s?(?:%|per ?cent\b))?"
)
# What of a markdown cell is no prose, or is a number that says nothing of a run.
NOT_PROSE = re.compile(
    r"^```.*?^```|`[^`\n]*`"  # code
    r"|\$\$.*?\$\$|\$[^$\n]*\$"  # formulas
    r"|\]\([^)]*\)|https?://\S+|</?[a-z][^>]*>"  # where links lead; tags
    r"|(?<=#\s)(?:\d+\.)+\d*(?=\s)|^[>\s]*\d+[.)](?=\s)"  # the numbers of headings and lists
    r"|\b(?:[Ss]ection|[Ee]xercise|[Cc]hapter)s?\s\d+(?:(?:,| and| or| to)\s\d+)*"
    r"|\b(?:19|20)\d\d[a-z]?(?=[;)])",  # the year of a citation: (Glorot & Bengio, 2010)
    re.DOTALL | re.MULTILINE,
)
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
MACHINE_PATH = r"/(?:home|root|tmp|Users|work)/|\b[A-Z]:\\"


def execute(
    path: Path, folder: Path, settings: Path, blas_threads: int | None = None
) -> NotebookNode:
    """The notebook after a run from a clean kernel in a folder, with IPython's settings from one.

    A failing cell does not end the run: the tests say what went wrong. The number of BLAS threads
    decides in which order sums are added up, and so how they are rounded: None leaves it to NumPy.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=None,
        startup_timeout=600,
        kernel_name="python3",
        allow_errors=True,
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    font_manager.findfont("DejaVu Sans")  # builds matplotlib's font cache, which tells stderr so
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)  # the kernel's own backend stores the pictures
        patch.setenv("IPYTHONDIR", str(settings))  # nobody's settings
        if blas_threads is not None:
            for variable in THREADS:
                patch.setenv(variable, str(blas_threads))
        client.execute()
    return notebook


def outputs(notebook: NotebookNode) -> Iterator[tuple[str, NotebookNode]]:
    """Every output with the id of its cell."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield cell.id, output


def printed(notebook: NotebookNode, cell_id: str | None = None) -> str:
    """What one cell printed, or all of them."""
    return "".join(
        output.text
        for where, output in outputs(notebook)
        if output.output_type == "stream" and cell_id in (None, where)
    )


def words_printed(notebook: NotebookNode, cell_id: str | None = None) -> list[str]:
    """The same without the numbers, which other processors round differently."""
    return re.sub(NUMBER, " ", printed(notebook, cell_id)).split()


def pictures(notebook: NotebookNode) -> list[str]:
    """The cells that show a picture."""
    return [where for where, output in outputs(notebook) if "image/png" in output.get("data", {})]


class Figure(NamedTuple):
    """A number as it stands in a text, its value (97 for 97 %), and the digits behind its point."""

    text: str
    value: float
    decimals: int = 0
    percent: bool = False

    def is_shown_by(self, shown: "Figure") -> bool:
        """Whether the other number, rounded like this one, is the same; 0.912 is 91.2 %."""
        scale = (100 if self.percent else 1) / (100 if shown.percent else 1)
        return abs(shown.value * scale - self.value) <= 0.5 * 10.0**-self.decimals + 1e-9


def figures(text: str) -> list[Figure]:
    """Every number in a text."""
    return [
        Figure(
            match[0],
            float(("-" if match[1] else "") + match[2].replace(",", "")),
            len(match[3] or ""),
            bool(match[4]),
        )
        for match in FIGURE.finditer(text)
    ]


def shown_by(cell: NotebookNode) -> list[Figure]:
    """The numbers that a code cell shows, and those that its code is written with."""
    texts = []
    for output in cell.outputs:
        data = output.get("data", {})
        texts += [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
    text = re.sub(r"<style.*?</style>|</?[A-Za-z][^>]*>", " ", "\n".join(texts), flags=re.DOTALL)
    written = [
        Figure(str(node.value), sign * node.value)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
        for sign in (1, -1)
    ]
    return figures(html.unescape(text)) + written


def figures_not_shown(
    notebook: NotebookNode, allowed: Mapping[str, Collection[str]]
) -> list[tuple[str, str]]:
    """The figures in prose that no code cell of their section shows, each after its cell's id.

    A section goes from one ``## `` heading to the next. The alternative texts of pictures are prose
    too. Those ``allowed``, by the id of their cell, are left out; but what is allowed and stands
    nowhere in that cell is told as well, so that no reason outlives what it was given for.
    """
    section = 0
    told: list[tuple[int, str, Figure]] = []
    shown: dict[int, list[Figure]] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown.setdefault(section, []).extend(shown_by(cell))
            texts = [" ".join(alternative_texts(cell))]
        else:
            texts = re.split(r"(?m)^(?=## )", NOT_PROSE.sub(" ", html.unescape(cell.source)))
        for i, text in enumerate(texts):
            section += i > 0
            told += [(section, cell.id, figure) for figure in figures(text)]
    there = [(where, figure.text) for _, where, figure in told]
    needless = {(where, text) for where, some in allowed.items() for text in some} - {*there}
    missing = [
        (where, figure.text)
        for section, where, figure in told
        if not any(figure.is_shown_by(number) for number in shown.get(section, []))
        and figure.text not in allowed.get(where, ())
    ]
    return [*dict.fromkeys(missing), *sorted(needless)]


def alternative_texts(cell: NotebookNode) -> list[str]:
    """What stands for each picture of a cell where it cannot be seen; "" where nothing does."""
    return [
        output.metadata.get("image/png", {}).get("alt", "")
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]


def pictures_without_words(notebook: NotebookNode) -> list[str]:
    """The cells with a picture that has no alternative text, or no sentence of prose beside it.

    A cell gives its picture the text as it shows it, by
    ``display(figure, metadata={"image/png": {"alt": "..."}})``, and the file keeps it with the
    output. Of nbconvert's pages those made with the templates classic and basic have it as
    ``alt="..."``; those made with the template lab, and JupyterLab itself, leave it out. So a
    neighbouring cell has to say in a sentence what is to be seen. A drawing in HTML has a label.
    """
    found = []
    for i, cell in enumerate(notebook.cells):
        markup = "".join(o.get("data", {}).get("text/html", "") for o in cell.get("outputs", []))
        texts = alternative_texts(cell)
        for tag in re.findall(r"<(?:svg|img)\b[^>]*>", markup):
            texts += re.findall(r'\b(?:alt|aria-label)="([^"]*)"', tag) or [""]
        beside = " ".join(
            NOT_PROSE.sub(" ", neighbour.source)
            for neighbour in notebook.cells[max(i - 1, 0) : i + 2]
            if neighbour.cell_type == "markdown"
        )
        sentence = re.search(r"\w[^.\n]* [^.\n]*\w[.:?!]", beside)
        if texts and not (sentence and all(len(text.split()) >= 5 for text in texts)):
            found.append(cell.id)
    return found


def faults(notebook: NotebookNode) -> list[tuple[str, ...]]:
    """What failed, and what was told on stderr, by cell."""
    errors = [
        (where, output.ename, output.evalue)
        for where, output in outputs(notebook)
        if output.output_type == "error"
    ]
    told = [
        (where, output.text)
        for where, output in outputs(notebook)
        if output.output_type == "stream" and output.name != "stdout"
    ]
    return [*errors, *told]


def execution_counts(notebook: NotebookNode) -> list[int | None]:
    """In the order of the cells: 1, 2, 3, ... after one run from a clean kernel."""
    return [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]


def numbers_after(text: str, pattern: str) -> list[float]:
    """The number that follows each match of the pattern; there must be one at least."""
    found = re.findall(f"{pattern}\\s*({NUMBER})", text)
    assert found, f"nothing printed like {pattern!r}"
    return [float(number.replace(",", "")) for number in found]


def number_after(text: str, pattern: str) -> float:
    """The number that follows the one match."""
    (number,) = numbers_after(text, pattern)
    return number


def main() -> None:
    """Run each notebook named on the command line, and store it if nothing failed."""
    for path in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as settings:
            notebook = execute(path, path.parent, Path(settings))
        if found := faults(notebook):
            raise SystemExit(f"{path}: {found}")
        notebook.metadata.language_info = {"name": "python"}
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
