"""Notebooks in tests: run from a clean kernel, and what they show.

``python -m tests.programs.notebooks examples/*.ipynb`` runs notebooks anew and stores what they
show, without the times that ``jupyter execute`` leaves in them.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from matplotlib import font_manager
from nbclient import NotebookClient
from nbformat import NotebookNode

NUMBER = r"[-+]?(?:\d[\d,]*)?\.?\d+(?:e[-+]?\d+)?"
MACHINE_PATH = r"/(?:home|root|tmp|Users|work)/|\b[A-Z]:\\"


def execute(path: Path, folder: Path, settings: Path) -> NotebookNode:
    """The notebook after a run from a clean kernel in a folder, with IPython's settings from one.

    A failing cell does not end the run: the tests say what went wrong.
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
