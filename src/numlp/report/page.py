"""The page: what it says, put into its templates, and written to one file."""

import base64
import hashlib
import importlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.stage import at
from ..common.wording import shortened
from ..data.columns import as_columns
from ..data.labels import name_of
from ..errors import DataError
from ..explain import permutation_importance, words_by_class
from ..explain.since_training import since_training
from ..models import model_of, warn_of_cells
from ..models.fitted import held_out_told
from ..models.predictions import class_numbers
from ..storage.whole_file import atomic_write
from . import answers, inputs, origin

MOST_NAME = 100  # characters of one
MOST_WORDS = 8  # that speak for a class
TEMPLATES = Path(__file__).parent / "templates"


def write_report(
    model: Any,
    X: Any,
    y: Any,
    path: str | os.PathLike[str],
    *,
    files: Mapping[str, Path] | None = None,
    target: str = "",
    numbers: NDArray[np.intp] | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Write a page on how a model does on rows whose classes are known.

    It is one file of HTML without scripts, which asks for nothing from anywhere: safe to open, to
    send and to print.

    Parameters
    ----------
    model : fitted classifier of numlp, or its model
        The model that answers.
    X : table with the columns of the training table
        Give rows that were not learned from: training rows flatter.
    y : array of labels, of shape (n,)
        The class of each row.
    path : path
        The file to write, whole or not at all.
    files : mapping of str to path, optional
        The files that the page is about, by what each is; the page has their names and SHA-256.
    target : str, default ""
        Name of the column with the classes; by default the model's, or that of y.
    numbers : array of shape (n,), optional
        What each row is called; by default 1, 2, ....
    notes : sequence of str, default ()
        What is to be said of the table, beside what the model says of its cells.

    Raises
    ------
    DataError
        The table does not fit the model, a label is not one of its classes, or a row may have
        several labels.
    ImportError
        jinja2 is missing: ``pip install 'numlp[report]'``.
    OSError
        The file could not be written.

    Examples
    --------
    >>> import numlp, os, tempfile
    >>> size, species = [1.0, 1.2, 1.1, 3.1, 3.3, 2.9] * 20, [*["wren"] * 3, *["rook"] * 3] * 20
    >>> clf = numlp.TabularClassifier("fast", epochs=9, random_state=0).fit({"mm": size}, species)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_report(clf, {"mm": size}, species, os.path.join(folder, "page.html"))
    ...     os.listdir(folder)
    ['page.html']
    """
    page = to_html(model, X, y, files=files, target=target, numbers=numbers, notes=notes)
    atomic_write(path, page.encode("utf-8"))


def to_html(
    model: Any,
    X: Any,
    y: Any,
    *,
    files: Mapping[str, Path] | None = None,
    target: str = "",
    numbers: NDArray[np.intp] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The page that ``write_report`` writes, as text.

    Parameters
    ----------
    model : fitted classifier of numlp, or its model
        The model that answers.
    X : table with the columns of the training table
        Give rows that were not learned from: training rows flatter.
    y : array of labels, of shape (n,)
        The class of each row.
    files : mapping of str to path, optional
        The files that the page is about, by what each is; the page has their names and SHA-256.
    target : str, default ""
        Name of the column with the classes; by default the model's, or that of y.
    numbers : array of shape (n,), optional
        What each row is called; by default 1, 2, ....
    notes : sequence of str, default ()
        What is to be said of the table, beside what the model says of its cells.

    Returns
    -------
    str
        A document of HTML without scripts.

    Raises
    ------
    DataError
        The table does not fit the model, a label is not one of its classes, there is no row, or a
        row may have several labels.
    ImportError
        jinja2 is missing: ``pip install 'numlp[report]'``.

    Examples
    --------
    >>> import numlp
    >>> size, species = [1.0, 1.2, 1.1, 3.1, 3.3, 2.9] * 20, [*["wren"] * 3, *["rook"] * 3] * 20
    >>> clf = numlp.TabularClassifier("fast", epochs=9, random_state=0).fit({"mm": size}, species)
    >>> "<script" in to_html(clf, {"mm": size}, species)
    False
    """
    model = model_of(model)
    model.check_single_label("the report")
    _import_jinja2()  # before the work
    columns = as_columns(X, set(model.feature_names) if model.named else None)
    true = class_numbers(y, model.classes, model.ranges)
    check_same_length(columns.n_rows, len(true))
    if not len(true):
        raise DataError("there is no row to report on")
    of_cells: list[str] = []
    at("answering the rows")
    matrix = model.encode(columns, of_cells)
    given = answers.Answers(model, true, model.probabilities(matrix))
    warn_of_cells(of_cells)
    told = [*notes, *of_cells]
    since = since_training(model, given.scores, matrix, told)
    del matrix  # as large as the table
    found = permutation_importance(model, columns, y, notes=[]) if len(true) > 1 else []
    important = [column.name for column in found[: inputs.MOST_CELLS]]
    wrong = answers.surest_mistakes(given)
    cells = inputs.shown_cells(columns, model.feature_names, important, wrong, named=model.named)
    n_learned = len(model.matrix_columns())
    target = target or model.target or name_of(y)
    return _render(
        {
            "target": shortened(target, MOST_NAME),
            "table": shortened(files["table"].name, MOST_NAME)
            if files and "table" in files
            else "",
            "verdict": answers.verdict(given),
            "since": since,
            "held_out": held_out_told(model.info),
            "figures": answers.figures(given),
            "confusion": answers.confusion(given),
            "by_class": answers.by_class(given),
            "curves": answers.curves(given),
            "calibration": answers.calibration(given),
            "importances": inputs.importances(found, n_learned),
            "words": inputs.words(
                words_by_class(model, columns, max_words=MOST_WORDS), given.names, given.frequent
            ),
            "mistakes": answers.mistakes(
                given, cells, np.arange(1, len(true) + 1) if numbers is None else numbers
            ),
            "audit": inputs.audit(model.audit(), told),
            "training": origin.training(model),
            "architecture": origin.architecture(model),
            "origin": origin.reproduction(model, files or {}, target),
        }
    )


def _import_jinja2() -> Any:
    """Import jinja2, or say how to install it."""
    try:
        return importlib.import_module("jinja2")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"the report needs {error.name}: pip install 'numlp[report]'", name=error.name
        ) from error


def _render(content: Mapping[str, Any]) -> str:
    jinja2 = _import_jinja2()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,  # whatever is called, every name and cell stays text
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"percent": "{:.1%}".format, "whole": "{:,}".format}
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    # The page may use this one style, by its checksum, and nothing else at all.
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    page = environment.get_template("page.html")
    found: str = page.render(content, style=style, style_hash=digest)
    return found
