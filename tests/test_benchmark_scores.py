"""The figures of the benchmarks of accuracy, each against a naive computation."""

import json

import numpy as np
import pytest

pd = pytest.importorskip("pandas")

from benchmarks.accuracy_parts import cells, comparison, preparation, scores, tables  # noqa: E402
from benchmarks.accuracy_parts.methods import Method  # noqa: E402


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(name="P")
def probabilities(rng):
    """Of three classes on 200 rows, each row there twice, so that there are ties."""
    return np.repeat(rng.dirichlet([1, 1, 1], size=100), 2, axis=0)


@pytest.fixture
def codes(rng):
    return rng.integers(3, size=200)


def test_a_class_unseen_in_training_gets_the_floor_and_rows_still_sum_to_one():
    full = scores.align_classes(np.array([[0.75, 0.25], [0.0, 1.0]]), np.array([2, 0]), 4)
    np.testing.assert_allclose(full.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(full[0], [0.25, 1e-7, 0.75, 1e-7], rtol=1e-6)
    assert full[1, 2] == 0  # a class it did see keeps its own probability


def test_error_counts_rows_whose_most_probable_class_is_wrong(P, codes):
    wrong = [max(range(3), key=lambda k: p[k]) != code for p, code in zip(P, codes, strict=True)]
    assert scores.error_rate(P, codes) == sum(wrong) / 200


def test_log_loss_clips_and_renormalises():
    P = np.array([[1.0, 0.0], [0.3, 0.7]])
    expected = (-np.log(1e-7 / (1 + 1e-7)) - np.log(0.7)) / 2
    assert scores.log_loss(P, np.array([1, 1])) == pytest.approx(expected, rel=1e-12)


def test_scores_agree_with_scikit_learn(P, codes):
    metrics = pytest.importorskip("sklearn.metrics")
    found = scores.score(P, codes)
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(codes, P, multi_class="ovr"))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(codes, P), rel=1e-6)


def test_shifted_geometric_mean_is_its_formula():
    errors = np.array([0.0, 0.05, 0.3])
    expected = (0.01 * 0.06 * 0.31) ** (1 / 3) - 0.01
    assert comparison.shifted_geometric_mean(errors) == pytest.approx(expected, rel=1e-12)
    assert comparison.shifted_geometric_mean(np.full(4, 0.2)) == pytest.approx(0.2, rel=1e-12)


def test_equal_errors_share_the_mean_of_their_ranks():
    errors = np.array([[0.1, 0.2], [0.1, 0.1], [0.3, 0.3]])
    np.testing.assert_array_equal(comparison.mean_ranks(errors), [1.75, 1.25, 3.0])


def test_the_bootstrap_is_paired_and_its_interval_holds_the_ratio(rng):
    b = [rng.uniform(0.05, 0.4, size=n) for n in (3, 3, 2, 3, 1, 3)]
    constant = [0.9 * splits for splits in b]
    low, high = comparison.bootstrap_interval(constant, b, comparison.mean_ratio)
    assert low == pytest.approx(0.9, rel=1e-9)  # unpaired draws would spread
    assert high == pytest.approx(0.9, rel=1e-9)
    noisy = [splits * rng.uniform(0.7, 1.1, size=len(splits)) for splits in b]
    low, high = comparison.bootstrap_interval(noisy, b, comparison.sgm_ratio)
    means = [np.array([splits.mean() for splits in side]) for side in (noisy, b)]
    assert low < comparison.sgm_ratio(*means) < high
    assert high - low < 0.3


def test_a_draw_of_a_table_with_fewer_splits_is_still_a_mean():
    ones = [np.ones(n) for n in (3, 1, 2)]
    interval = comparison.bootstrap_interval(ones, ones, lambda a, _: a.mean(axis=-1))
    assert interval == (1, 1)


def test_the_bootstrap_of_one_table_is_that_of_its_splits():
    a, b = np.array([0.1, 0.4]), np.array([0.2, 0.2])
    low, high = comparison.bootstrap_interval([a], [b], comparison.mean_ratio)
    assert (low, high) == (pytest.approx(0.5), pytest.approx(2.0))  # both splits the same one


@pytest.mark.parametrize("max_train_rows", [3000, 100])
def test_a_split_is_disjoint_stratified_and_capped(rng, max_train_rows):
    codes = rng.choice(4, size=1001, p=[0.6, 0.3, 0.08, 0.02])
    train, test = tables.stratified_split(codes, 7, max_train_rows)
    assert len(train) == min(750, max_train_rows)
    assert len(test) == 1001 - len(train)
    assert sorted([*train, *test]) == list(range(1001))
    shares = np.bincount(codes[train], minlength=4) / len(train)
    assert np.abs(shares - np.bincount(codes) / 1001).max() < 1 / len(train)
    again, _ = tables.stratified_split(codes, 7, max_train_rows)
    other, _ = tables.stratified_split(codes, 8, max_train_rows)
    np.testing.assert_array_equal(train, again)
    assert set(train) != set(other)


@pytest.mark.parametrize("max_train_rows", [3000, 50])
def test_a_class_of_two_rows_has_one_in_each_part(max_train_rows):
    codes = np.array([0] * 2 + [1] * 498)  # its share is 1.5 rows, or 0.2
    train, test = tables.stratified_split(codes, 0, max_train_rows)
    assert np.bincount(codes[train])[0] == 1
    assert np.bincount(codes[test])[0] == 1


def test_the_test_part_is_cut_at_its_limit():
    _, test = tables.stratified_split(np.arange(20_000) % 2, 0, 3000)
    assert len(test) == tables.MAX_TEST_ROWS


def test_a_table_loses_rows_without_label_and_classes_of_one_row(tmp_path):
    (tmp_path / "small.csv").write_text("a,word,label\n1,x,u\n2,,u\n3,y,\n4,z,once\n5,x,v\n6,y,v\n")
    path = tables.find_tables(tmp_path)["small"]
    table = tables.load_table("small", path)
    assert table.classes == ["u", "v"]
    assert table.codes.tolist() == [0, 0, 1, 1]
    assert table.X["word"].tolist()[0] == "x"
    assert list(table.X.columns) == ["a", "word"]


def test_levels_and_medians_are_those_of_the_training_part():
    train = pd.DataFrame(
        {
            "n": [1.0, None, 5.0, 3.0],
            "w": ["a", "b", None, "a"],
            "id": list("pqrs"),
            "t": [True] * 4,
        }
    )
    test = pd.DataFrame({"n": [None, 9.0], "w": ["new", "b"], "id": ["p", "x"], "t": [False, True]})
    frame = preparation.CategoryFrame(impute=True).fit(train).transform(test)
    assert list(frame) == ["c0", "c1", "c3"]  # the column of names is gone
    assert frame["c0"].tolist() == [3.0, 9.0]
    assert frame["c1"].cat.categories.tolist() == ["a", "b"]
    assert frame["c1"].isna().tolist() == [True, False]
    coded = preparation.CategoryFrame(max_levels=1).fit(train).transform(test)
    np.testing.assert_array_equal(coded["c1"], [np.nan, 1.0])
    text = preparation.TextFrame().fit(train).transform(test)
    assert text["c1"].tolist() == ["missing", "b"]


def test_results_survive_a_line_cut_short_and_the_last_record_of_a_cell_counts(tmp_path):
    path = tmp_path / "results" / "cells.jsonl"
    cell = cells.Cell("iris", 0, "hgb", Method("hgb", {"a": 1}), 3000)
    cells.append_result(path, cell.fields() | {"error": 0.5})
    with path.open("a") as file:
        file.write(json.dumps(cell.fields())[:30])
    cells.append_result(path, cell.fields() | {"error": 0.25})
    assert cells.read_results(path) == {cell.key: cell.fields() | {"error": 0.25}}
    changed = cells.Cell("iris", 0, "hgb", Method("hgb", {"a": 2}), 3000)
    assert changed.key not in cells.read_results(path)


def test_messages_lose_the_directories_of_this_machine():
    message = "FileNotFoundError: no /home/someone/data/iris.csv, see https://example.org/a/b"
    expected = "FileNotFoundError: no iris.csv, see https://example.org/a/b"
    assert cells.without_directories(message) == expected
