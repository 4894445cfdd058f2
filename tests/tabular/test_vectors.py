"""A column of vectors from the fit to the answer: whatever shows or keeps a model knows it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import numlp
from numlp import TabularClassifier
from numlp.check import check_table
from numlp.ensemble.recipe import RECIPES, build_network
from numlp.errors import CheckpointError
from numlp.explain import explain_row, permutation_importance
from numlp.nn import PeriodicEmbedding
from numlp.plots.grid import grid_over
from numlp.table.table import Table

N = 160
RNG = np.random.default_rng(0)
E = RNG.normal(size=(N, 6)).astype(np.float32)
CELLS: list[Any] = [None if i % 20 == 7 else v.tolist() for i, v in enumerate(E)]
SIZE, NOISE = RNG.normal(size=(2, N)).tolist()
Y = np.where(E[:, 0] - E[:, 3] > 0, "yes", "no")
TABLE = {"e": CELLS, "size": SIZE, "noise": NOISE}
OPTIONS: dict[str, Any] = {"epochs": 12, "ensemble_size": 2, "random_state": 0}


@pytest.fixture(scope="module")
def fitted() -> TabularClassifier:
    return TabularClassifier("fast", **OPTIONS).fit(TABLE, Y)


def test_vectors_are_learned_from(fitted: TabularClassifier) -> None:
    assert fitted.columns_[0] == {
        "name": "e",
        "kind": "vector",
        "features": 7,
        "why": "vectors of 6 numbers; 8 cells missing in all",
    }
    new = RNG.normal(size=(400, 6)).astype(np.float32)
    rows = {"e": new, "size": [0.0] * 400, "noise": [0.0] * 400}
    assert fitted.score(rows, np.where(new[:, 0] - new[:, 3] > 0, "yes", "no")) > 0.85


def test_the_numbers_of_vectors_are_not_embedded() -> None:
    table = Table.fit(TABLE)
    layers = build_network(RECIPES["fast"], table, 2).layers
    (embedding,) = [layer for layer in layers if isinstance(layer, PeriodicEmbedding)]
    assert (embedding.n_numbers, embedding.n_in) == (2, 9)
    alone = build_network(RECIPES["fast"], Table.fit({"e": CELLS}), 2).layers
    assert not any(isinstance(layer, PeriodicEmbedding) for layer in alone)


def test_a_file_and_every_library_give_the_same_answers(
    fitted: TabularClassifier, tmp_path: Path
) -> None:
    fitted.save(tmp_path / "m.numlp")
    model = numlp.load(tmp_path / "m.numlp")
    expected = fitted.predict_proba(TABLE)
    frame = pl.DataFrame(TABLE)
    rows = [dict(zip(TABLE, cells, strict=True)) for cells in zip(*TABLE.values(), strict=True)]
    for table in (frame, frame.to_arrow(), frame.to_pandas(), pd.DataFrame(TABLE), rows):
        np.testing.assert_array_equal(model.predict_proba(table), expected)


def test_a_column_of_vectors_is_explained_as_one(fitted: TabularClassifier) -> None:
    found = permutation_importance(fitted, TABLE, Y)
    assert found[0].name == "e"
    assert len(found) == 3
    given, missing = (
        explain_row(fitted, pl.DataFrame(TABLE)[i : i + 1], TABLE).contributions for i in (0, 7)
    )
    assert next(c.cell for c in given if c.name == "e") == pytest.approx(CELLS[0])
    assert next(c.cell for c in missing if c.name == "e") is None


def test_a_report_says_what_was_learned_from(fitted: TabularClassifier, tmp_path: Path) -> None:
    fitted.report(tmp_path / "r.html", TABLE, Y)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "vectors of 6 numbers; 8 cells missing in all" in page
    assert "e[0]" not in page


def test_onnx_takes_vectors_of_float32(fitted: TabularClassifier) -> None:
    pytest.importorskip("onnxruntime")
    from tests.export.runs import outputs

    holey = np.array([[np.nan] * 6 if v is None else v for v in CELLS], np.float32)
    holey[3, 2] = np.nan
    model = numlp.export.to_onnx(fitted)
    shapes = {
        put.name: [d.dim_param or d.dim_value for d in put.type.tensor_type.shape.dim]
        for put in model.graph.input
    }
    assert shapes == {"e": ["n", 6], "size": ["n", 1], "noise": ["n", 1]}
    found = outputs(model, {"e": holey, "size": np.c_[SIZE], "noise": np.c_[NOISE]})
    expected = fitted.predict_proba({**TABLE, "e": holey})
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)


def test_a_run_resumes_to_the_same_model_and_other_vectors_are_another_table(
    tmp_path: Path,
) -> None:
    options = OPTIONS | {"epochs": 6}
    TabularClassifier("fast", **options).fit(
        TABLE, Y, checkpoint=tmp_path / "c", checkpoint_every=0
    )
    again = TabularClassifier("fast", **options).fit(TABLE, Y, checkpoint=tmp_path / "c")
    whole = TabularClassifier("fast", **options).fit(TABLE, Y)
    np.testing.assert_array_equal(again.predict_proba(TABLE), whole.predict_proba(TABLE))
    other = [*CELLS]
    other[5] = [0.0] * 6
    with pytest.raises(CheckpointError, match="column 'e' has other cells"):
        TabularClassifier("fast", **options).fit(
            {**TABLE, "e": other}, Y, checkpoint=tmp_path / "c"
        )


# Looked at before anything is learned


def test_a_check_says_what_the_vectors_are() -> None:
    found = check_table({**TABLE, "y": Y}, target="y")
    assert found["verdict"] == "ready"
    column = found["columns"][0]
    assert column.pop("examples") == [
        "[" + ", ".join(f"{x:.6g}" for x in v[:3]) + ", ...]" for v in CELLS[:3]
    ]
    assert column == {
        "name": "e",
        "kind": "vector",
        "missing": 8 / N,
        "distinct": N - 8,
        "features": 7,
        "why": "vectors of 6 numbers; 8 cells missing in all",
    }


def test_a_vector_of_which_one_number_is_the_answer_is_a_leak() -> None:
    leaky = E.copy()
    leaky[:, 4] += 100 * (Y == "yes")
    (finding,) = check_table({"e": leaky, "y": Y}, target="y")["findings"]
    assert (finding["kind"], finding["columns"]) == ("leak", ["e"])
    holes = [None if y == "yes" else v for v, y in zip(E, Y, strict=True)]
    (finding, *_) = check_table({"e": holes, "size": SIZE, "y": Y}, target="y")["findings"]
    assert "whether a cell of column 'e' is missing" in finding["text"]


def test_equal_vectors_are_equal_rows() -> None:
    twice = {"e": np.concatenate([E, E]), "y": [*Y, *Y]}
    kinds = [f["kind"] for f in check_table(twice, target="y")["findings"]]
    assert kinds == ["duplicates"]


@pytest.mark.parametrize("kind", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_a_grid_over_two_numbers_keeps_a_vector(kind: Any, fitted: TabularClassifier) -> None:
    grid = grid_over(kind(TABLE), ["size", "noise"], n=3)
    assert fitted.predict_proba(grid.table).shape == (9, 2)
    with pytest.raises(ValueError, match=r"choose two columns of numbers .*: 'size', 'noise'"):
        grid_over(kind(TABLE), ["e", "size"])
