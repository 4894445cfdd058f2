"""Whatever table, labels or file come in: a right answer, or an error that is meant for it.

``NUMLP_EXAMPLES=5000 pytest tests/test_hypothesis_input.py`` looks harder.
"""

import contextlib
import csv
import datetime as dt
import io
import math
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from numlp import CheckpointError, DataError, DivergenceError, ModelFileError, TabularClassifier
from numlp.cli.main import run

pytestmark = pytest.mark.timeout(0)  # the number of examples is the caller's

MEANT = (DataError, DivergenceError, ModelFileError, CheckpointError)
EXIT_CODES = {0, 2, 3, 5, 6}

fuzz = settings(
    max_examples=int(os.environ.get("NUMLP_EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# Cells

FLOATS = st.floats(width=64)
PLAIN = st.floats(-1e6, 1e6) | st.integers(-9, 9)
TEXT = st.text(max_size=6) | st.sampled_from(["1", "1,5", "12O", "?", "nan", "007", "2020-01-02"])
TIMES = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))
ODD = st.sampled_from([None, math.nan, math.inf, -math.inf, 2**70, True, b"x", 1j, (), [1], pd.NA])
CELLS: list[st.SearchStrategy[Any]] = [
    PLAIN,
    st.integers(0, 2),
    FLOATS,
    st.none() | PLAIN,
    st.integers(-(2**70), 2**70),
    st.booleans(),
    TEXT,
    st.none() | st.sampled_from(["a", "b", "b ", "c"]),
    TIMES,
    st.none() | TIMES,
    st.timedeltas(),
    st.one_of(PLAIN, TEXT, st.none()),
    st.one_of(PLAIN, TEXT, TIMES, ODD),
]
DTYPES = ["f2", "f4", "f8", "i1", "u8", "i8", "?", ">f8", "U3", "M8[s]", "M8[ns]", "m8[s]", "O"]
MARKS = ["", " ", "a", "A", "id", "x0", "\n", "\x1b[2J", "<script>", "=1", "\ud800", "a" * 300]
NAMES: st.SearchStrategy[Any] = st.one_of(
    st.text(max_size=4), st.sampled_from(MARKS), st.integers(0, 3), st.floats(), st.none()
)


@st.composite
def column(draw: st.DrawFn, n: int) -> Any:
    """Cells of one kind, few distinct ones more often than not, some as an array of a dtype."""
    odd = draw(st.integers(0, 3)) == 3
    cells = draw(st.sampled_from(CELLS[:10]) if not odd else st.sampled_from(CELLS))
    if draw(st.booleans()):
        few = draw(st.lists(cells, min_size=1, max_size=4))
        rows = draw(st.lists(st.integers(0, len(few) - 1), min_size=n, max_size=n))
        values = [few[i] for i in rows]
    else:
        values = draw(st.lists(cells, min_size=n, max_size=n))
    if odd and draw(st.booleans()):
        dtype = draw(st.sampled_from(DTYPES))
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.array(values, dtype=dtype)
    return values


@st.composite
def labels(draw: st.DrawFn, n: int) -> Any:
    """Mostly two or three classes of one type; now and then anything."""
    odd = draw(st.integers(0, 7)) == 7
    classes = draw(
        st.lists(st.one_of(TEXT, PLAIN, ODD, TIMES), min_size=1, max_size=4)
        if odd
        else st.sampled_from(
            [["no", "yes"], [0, 5], [-1, 1], [False, True], [1.0, 2.0], ["", "a", "ä"]]
        )
    )
    rows = draw(st.lists(st.integers(0, len(classes) - 1), min_size=n, max_size=n))
    y: Any = [classes[i] for i in rows]
    form = draw(st.sampled_from(["list", "array", "objects", "pandas"]))
    if odd and draw(st.booleans()):
        return y[:-1]
    with contextlib.suppress(Exception):
        if form == "array":
            return np.array(y)
        if form == "pandas":
            return pd.Series(y)
        if form == "objects":
            cells = np.empty(n, object)
            cells[:] = y
            return cells
    return y


@st.composite
def tables(draw: st.DrawFn) -> tuple[Any, Any, Any, Any]:
    """A table, its labels, its weights or None, and a table to predict."""
    n = draw(st.sampled_from([12, 30, 60, 12, 3, 2, 1, 0]))
    least = 0 if draw(st.integers(0, 9)) == 9 else 1
    unique = str if draw(st.integers(0, 3)) else None  # a name twice is a fault
    names = draw(st.lists(NAMES, min_size=least, max_size=4, unique_by=unique))
    columns = [draw(column(n)) for _ in names]
    form = draw(st.sampled_from(["dict", "pandas", "polars", "array"]))
    table = make(form, names, columns)
    weight = draw(
        st.none() | st.none() | st.lists(st.floats(-1, 1e300), min_size=n, max_size=n) | FLOATS
    )
    kind = draw(st.sampled_from(["same", "same", "shuffled", "other", "fewer"]))
    order = draw(st.permutations(range(len(names))))
    if kind == "same":
        later = table
    elif kind == "shuffled":
        later = make(form, [names[i] for i in order], [columns[i] for i in order])
    elif kind == "fewer":
        later = make(form, names[1:], columns[1:])
    else:
        m = draw(st.integers(0, 5))
        later = make(form, names, [draw(column(m)) for _ in names])
    return table, draw(labels(n)), weight, later


def make(form: str, names: list[Any], columns: list[Any]) -> Any:
    """A table in one of the forms that come in, or a dict where the form cannot hold these."""
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if form == "pandas":  # by position, so that a name may stand twice
            frame = pd.DataFrame({j: pd.Series(cells) for j, cells in enumerate(columns)})
            frame.columns = pd.Index(names, dtype=object)
            return frame
        if form == "polars":
            return pl.DataFrame({str(n): c for n, c in zip(names, columns, strict=True)})
        if form == "array":
            return np.array(columns).T
    return dict(zip(names, columns, strict=True))


def check(clf: TabularClassifier, table: Any, n_rows: int | None) -> None:
    P, predicted = clf.predict_proba(table), clf.predict(table)
    assert P.ndim == 2
    assert n_rows is None or len(P) == n_rows
    assert P.shape == (len(predicted), len(clf.classes_))
    assert np.isfinite(P).all()
    assert ((P >= 0) & (P <= 1)).all()
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-6)
    assert set(predicted.tolist()) <= set(clf.classes_.tolist())
    assert predicted.dtype == clf.classes_.dtype


@fuzz
@given(case=tables())
def test_whatever_the_table_there_is_an_answer_or_an_error_meant_for_it(
    case: tuple[Any, Any, Any, Any],
) -> None:
    table, y, weight, later = case
    clf = TabularClassifier("fast", epochs=1, ensemble_size=1, n_jobs=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)  # what is told of the table and the labels
        try:
            clf.fit(table, y, weight)
        except MEANT:
            event("refused")
            return
        event("learned")
        assert set(clf.classes_.tolist()) <= set(np.asarray(y, dtype=object).tolist())
        check(clf, table, len(y))
        with contextlib.suppress(DataError):
            check(clf, later, None)


# Files

CELL = st.text("ab1-.,;\"\n\r\t #'=\\é\x00\x1b", max_size=5) | st.sampled_from(
    ["1", "2.5", "-3", "a", "b", "", "NA", "1e400", "inf", "007", "1,5", "2020-01-02", "=1+1"]
)
CLEAN_CELL = st.one_of(
    st.integers(0, 9).map(str),
    st.sampled_from(["a", "b", "ä", "", "nan", "1.5", "-2e3", "NA", "007", "x y", "2020-01-02"]),
)
ENCODINGS = ["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"]


@st.composite
def csv_bytes(draw: st.DrawFn) -> bytes:
    """Mostly nearly a table: some rows ragged, some quotes open, some bytes of no text."""
    if draw(st.integers(0, 19)) == 19:
        return draw(st.binary(max_size=200))
    delimiter, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    clean = draw(st.integers(0, 2)) > 0
    width = draw(st.integers(2 if clean else 1, 4))
    names = ["b", "c", "d"][: width - 1]
    if not clean and draw(st.booleans()):
        names = draw(st.lists(CELL, min_size=width - 1, max_size=width - 1))
    names.append("kind")
    kind = st.sampled_from(["x", "y"]) if clean else st.sampled_from(["x", "y", "Y", "", "=z"])
    cell = draw(st.sampled_from([CELL, st.integers(0, 9).map(str), st.sampled_from("abc")]))
    rows = draw(st.lists(st.tuples(*[cell] * (width - 1), kind).map(list), min_size=0, max_size=40))
    if not clean and rows and draw(st.booleans()):
        draw(st.sampled_from(rows)).append("more")
    quote = draw(st.sampled_from(["always", "needed", "never"]))

    def spell(cell: str) -> str:
        needs = any(c in cell for c in '"\r\n' + delimiter)
        if quote == "always" or (quote == "needed" and needs):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    text = end.join(delimiter.join(map(spell, row)) for row in [names, *rows])
    text += end * draw(st.integers(0, 2))
    content = text.encode(draw(st.sampled_from(ENCODINGS)), "replace")
    if not clean and draw(st.booleans()) and content:
        place = draw(st.integers(0, len(content) - 1))
        content = content[:place] + draw(st.binary(max_size=2)) + content[place + 1 :]
    return content


def call(arguments: list[str]) -> tuple[int, str]:
    """Exit code and stdout; what is on stderr has to be lines of our own."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(arguments)
    told = err.getvalue()
    assert code in EXIT_CODES, told
    assert "Traceback" not in told
    assert all(line.startswith("numlp: ") for line in told.splitlines())
    assert all(line.isprintable() for line in told.splitlines())
    assert code == 0 or told
    return code, out.getvalue()


def check_answers(out: str) -> None:
    """Each row has one of the classes, and probabilities that add up to one."""
    head, *rows = csv.reader(io.StringIO(out))
    assert head[0] == "kind"
    classes = [name.removeprefix("proba_") for name in head[1:]]
    for label, *probabilities in rows:
        assert label in classes or label.removeprefix("'") in classes
        P = [float(p) for p in probabilities]
        assert len(P) == len(classes) >= 2
        assert all(0 <= p <= 1 for p in P)
        assert sum(P) == pytest.approx(1, abs=1e-5)
    assert rows


@pytest.mark.heavy
@fuzz
@given(content=csv_bytes(), later=csv_bytes())
def test_whatever_the_bytes_of_a_file_the_command_answers_or_says_why_not(
    content: bytes, later: bytes
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "t.csv").write_bytes(content)
        (folder / "later.csv").write_bytes(later)
        model = folder / "m.numlp"
        code, _ = call(
            [
                "train", str(folder / "t.csv"), "--target", "kind", "-o", str(model),
                "--quality", "fast", "--epochs", "1", "--jobs", "1", "--quiet",
            ]
        )  # fmt: skip
        assert model.exists() == (code == 0)
        event(f"exit {code}")
        if code:
            return
        for path in (folder / "t.csv", folder / "later.csv"):
            code, out = call(["predict", str(model), str(path), "--proba"])
            assert code == 0 or path.name == "later.csv"
            if not code:
                check_answers(out)
        code, _ = call(["evaluate", str(model), str(folder / "t.csv")])
        assert code == 0
