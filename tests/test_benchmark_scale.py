"""The benchmark of growth: the table it invents, its arithmetic, and when a goal is met."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas")

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

with pytest.MonkeyPatch.context() as patch:
    patch.setattr(os, "environ", dict(os.environ))  # it sets the threads of its own process
    import scale
from accuracy_parts import invented, scale_report  # noqa: E402
from accuracy_parts.cells import Cell  # noqa: E402
from accuracy_parts.command import Outcome  # noqa: E402
from accuracy_parts.methods import Method  # noqa: E402


@pytest.fixture(scope="module")
def rows():
    return invented.draw(20_000, 0, invented.FIT)


def test_a_smaller_table_is_the_beginning_of_a_larger_one(rows):
    for n_rows in (700, invented.BLOCK, 7000):
        small = invented.draw(n_rows, 0, invented.FIT)
        pd.testing.assert_frame_equal(small.X, rows.X[:n_rows])
        pd.testing.assert_series_equal(small.y, rows.y[:n_rows])
        np.testing.assert_array_equal(small.clean, rows.clean[:n_rows])


def test_anybody_gets_the_same_rows(rows):
    # Counts of the rows that reports are of; they may change with NAME alone.
    assert invented.NAME == "invented-1"
    assert rows.y.value_counts().to_dict() == {"blue": 6366, "green": 6634, "red": 7000}
    cities = rows.X["city"].value_counts()
    assert cities.head(3).to_dict() == {
        "city 0": 2238,
        "city 1": 1747,
        "city 2": 1370,
    }
    assert rows.X["income"].sum() == pytest.approx(30893001.66, rel=1e-9)


@pytest.mark.parametrize(("seed", "role"), [(0, invented.TEST), (1, invented.FIT)])
def test_rows_of_another_seed_or_to_test_on_are_others(rows, seed, role):
    others = invented.draw(5000, seed, role)
    assert not set(rows.X["b"]) & set(others.X["b"])
    assert np.unique(rows.X["b"][:10_000]).size == 10_000  # and so are those of two blocks


def test_a_tenth_of_the_labels_is_wrong_in_every_class_and_each_class_is_frequent(rows):
    for code in range(3):
        of_class = rows.clean == code
        assert 0.25 < of_class.mean() < 0.45
        assert np.mean(rows.codes[of_class] != code) == pytest.approx(0.1, abs=0.015)
    assert [invented.CLASSES[code] for code in rows.codes] == rows.y.tolist()


def test_curves_products_and_steps_weigh_the_same():
    # As much for nets as for trees: each is of the deviation that PARTS says, over each class.
    cells = invented.full_cells(np.random.default_rng(5), 40_000)
    mean, scale_of = invented._moments()
    deviations = ((invented.parts(cells) - mean) * scale_of).std(axis=1)
    wanted = np.array([1, 1, 1, 0.7])[:, None] * np.ones(3)
    np.testing.assert_allclose(deviations, wanted, rtol=0.03)
    np.testing.assert_allclose(invented.scores(cells).mean(axis=0), 0, atol=0.05)


def test_columns_that_are_irrelevant_do_not_change_the_scores():
    cells = invented.full_cells(np.random.default_rng(6), 1000)
    expected = invented.scores(cells)
    for name in cells:
        changed = invented.scores(cells | {name: np.roll(cells[name], 1)})
        assert np.array_equal(changed, expected) == (name in invented.IRRELEVANT), name


def test_the_table_has_numbers_categories_and_empty_cells(rows):
    numbers = [name for name in rows.X if pd.api.types.is_numeric_dtype(rows.X[name])]
    assert len(numbers) == 12
    assert {n: rows.X[n].nunique() for n in rows.X if n not in numbers} == invented.LEVELS
    empty = rows.X.isna().mean()
    assert set(empty[empty > 0].index) == {"a", "income", "d", "city"}
    assert set(rows.X["region"][rows.X["d"].isna()]) == {"region 2"}


def test_the_slope_of_a_power_of_the_rows_is_its_exponent():
    sizes = [500, 2000, 50_000]
    assert scale_report.slope(sizes, [3 * n**0.4 for n in sizes]) == pytest.approx(0.4)
    costs = [1.0, 2.0, 30.0]
    expected = np.polyfit(np.log(sizes), np.log(costs), 1)[0]
    assert scale_report.slope(sizes, costs) == pytest.approx(expected)
    assert np.isnan(scale_report.slope([500], [1.0]))


def test_which_rows_were_wrong_survives_the_file():
    wrong = np.random.default_rng(0).random(1003) < 0.3
    text = json.loads(json.dumps(scale_report.pack(wrong)))
    np.testing.assert_array_equal(scale_report.unpack(text, 1003), wrong)


def test_the_interval_of_a_difference_is_that_of_its_rows():
    rng = np.random.default_rng(1)
    a, b = rng.random(400) < 0.3, rng.random(400) < 0.25
    mean, half = scale_report.paired_difference([(a, b)])
    d = [int(x) - int(y) for x, y in zip(a, b, strict=True)]
    assert mean == pytest.approx(sum(d) / 400)
    variance = sum((x - mean) ** 2 for x in d) / 400
    assert half == pytest.approx(1.96 * (variance / 400) ** 0.5)
    assert scale_report.paired_difference([(a, a)]) == (0, 0)
    # Four draws alike: half the width.
    assert scale_report.paired_difference([(a, b)] * 4) == pytest.approx((mean, half / 2))


def _summary(figures, methods=("lightgbm", "numlp-fast"), sizes=(1000, 4000)):
    """Of CPU seconds and numbers of wrong rows of 100, by method and size."""
    records = [
        {
            "table": "t", "split": 0, "method": method, "max_train_rows": n, "fit_cpu": cpu,
            "fit_wall": cpu, "error": wrong / 100, "log_loss": 0.5, "predict_cpu": 0.1,
            "fit_peak_mib": 100, "train_rows": n, "test_rows": 100, "date": "2026-01-01",
            "versions": {}, "wrong": scale_report.pack(np.arange(100) < wrong),
        }
        for (method, n), (cpu, wrong) in figures.items()
    ]  # fmt: skip
    cells = [Cell("t", 0, method, Method("numlp"), n) for n in sizes for method in methods]
    return scale_report.ScaleSummary(Outcome(cells, records, "lightgbm"))


@pytest.mark.parametrize(
    ("ours", "of_slope", "of_error"),
    [
        ({1000: (1.0, 20), 4000: (2.0, 10)}, "0.50, **met**", "size: **met**"),
        (
            {1000: (1.0, 21), 4000: (2.1, 9)},
            "0.54, **missed**",
            "size: **missed at 1,000 rows**",
        ),
        (
            {1000: (1.0, 20)},
            "-, **open, 4,000 rows not finished**",
            "size: **open, 4,000 rows not finished**",
        ),
    ],
)
def test_a_goal_is_met_missed_or_open(ours, of_slope, of_error):
    theirs = {("lightgbm", 1000): (0.1, 20), ("lightgbm", 4000): (0.4, 10)}
    summary = _summary(theirs | {("numlp-fast", n): of for n, of in ours.items()})
    lines = scale_report.scale(summary).splitlines()
    assert [line.endswith(of_slope) for line in lines if "slope 0.5 or less" in line] == [True]
    assert [line.endswith(of_error) for line in lines if "error at or below" in line] == [True]


def test_the_report_has_a_line_for_each_size_and_method_and_the_figures_are_strict_json():
    summary = _summary({("lightgbm", 1000): (0.5, 20), ("numlp-fast", 1000): (2.0, 25)})
    line = "| 1,000 | `numlp-fast` | 2.00 | 4.00 | 2.00 | 25.00 | +5.00 ± 4.27 | 0.5000 | 100 |"
    assert line in scale_report.scale(summary).splitlines()
    rows = json.loads(json.dumps(summary.rows(), allow_nan=False))
    assert [row["method"] for row in rows] == ["lightgbm", "numlp-fast"]
    assert rows[1]["slope"] is None
    assert rows[1]["sizes"][0]["difference"] == pytest.approx(0.05)
    assert "difference" not in rows[0]["sizes"][0]


def test_a_cell_is_fitted_on_the_first_rows_and_scored_on_those_apart(monkeypatch):
    seen = {}

    def fit_and_score(cell, parts):
        seen.update(cell=cell, parts=parts)
        return {"error": 0.5}, np.eye(3)[np.zeros(200, dtype=int)]

    monkeypatch.setattr(scale, "TEST_ROWS", 200)
    monkeypatch.setattr(scale, "fit_and_score", fit_and_score)
    record = scale.run_cell(Cell(invented.NAME, 3, "numlp-fast", Method("numlp"), 50))
    parts, test = seen["parts"], invented.draw(200, 3, invented.TEST)
    pd.testing.assert_frame_equal(parts.X_train, invented.draw(50, 3, invented.FIT).X)
    pd.testing.assert_frame_equal(parts.X_test, test.X)
    np.testing.assert_array_equal(scale_report.unpack(record["wrong"], 200), test.codes != 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--methods", "oracle"], "no method 'oracle'; there are "),
        (["--reference", "oracle"], "no method 'oracle'; there are "),
        (["--only-report"], "no finished cell"),
        (["--rows", "5000,many"], "2"),
        (["--rows", "0"], "2"),
    ],
)
def test_what_cannot_be_run_or_reported_is_said(tmp_path, monkeypatch, options, message):
    command = ["scale.py", "--results", str(tmp_path / "cells.jsonl"), *options]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit, match=message):
        scale.main()
