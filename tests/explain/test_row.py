"""What is said of one decision is what the definition says, by brute force."""

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

import numlp
from numlp import MLPClassifier, TabularClassifier
from numlp.explain import explain_row

from .conftest import N, make_table, rows_of


def shapley(clf: Any, row: Any, background: Any, names: list[str], label: int) -> dict[str, float]:
    """By the definition: over all orders of the columns, and all background rows."""
    n = len(background[names[0]])
    phi = dict.fromkeys(names, 0.0)
    orders = list(itertools.permutations(names))

    def value(inside: set[str]) -> float:
        mixed = {
            name: np.repeat(row[name], n) if name in inside else cells
            for name, cells in background.items()
        }
        return float(clf.predict_proba(mixed)[:, label].mean())

    for order in orders:
        inside: set[str] = set()
        for name in order:
            before = value(inside)
            inside.add(name)
            phi[name] += (value(inside) - before) / len(orders)
    return phi


def test_contributions_are_the_shapley_values_of_the_definition(fitted: TabularClassifier) -> None:
    table, _ = make_table()
    row, background = rows_of(table, slice(3, 4)), rows_of(table, slice(10, 22))
    found = explain_row(fitted, row, background)
    label = fitted.classes_.tolist().index(found.label)
    expected = shapley(fitted, row, background, ["size", "hue", "noise", "day"], label)
    assert {c.name for c in found.contributions} == expected.keys()
    for c in found.contributions:
        assert c.mean == pytest.approx(expected[c.name], abs=1e-6)
        assert c.low == c.mean == c.high
    assert found.label == fitted.predict(row)[0]
    assert found.n_background == 12


def test_contributions_add_up_to_what_sets_the_row_apart(fitted: TabularClassifier) -> None:
    table, _ = make_table()
    row = rows_of(table, slice(3, 4))
    found = explain_row(fitted, row, table)
    assert found.probability == pytest.approx(fitted.predict_proba(row).max(), abs=1e-6)
    total = sum(c.mean for c in found.contributions)
    assert total == pytest.approx(found.probability - found.base, abs=1e-6)
    sizes = [abs(c.mean) for c in found.contributions]
    assert sizes == sorted(sizes, reverse=True)


@pytest.fixture(scope="module")
def wide() -> tuple[TabularClassifier, dict[str, Any]]:
    """More columns than all sets can be looked at of."""
    rng = np.random.default_rng(0)
    table: dict[str, Any] = {f"c{j}": rng.normal(size=N) for j in range(9)}
    y = (table["c0"] + table["c1"] * table["c2"] > 0).tolist()
    clf = TabularClassifier("fast", epochs=20, ensemble_size=2, random_state=0).fit(table, y)
    return clf, table


def test_contributions_from_drawn_orders_are_near_the_exact_ones_and_add_up(
    wide: tuple[TabularClassifier, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clf, table = wide
    row, background = rows_of(table, slice(3, 4)), rows_of(table, slice(10, 30))
    drawn = explain_row(clf, row, background, n_repeats=20)
    monkeypatch.setattr("numlp.explain.row.MOST_EXACT", 9)
    exact = {c.name: c.mean for c in explain_row(clf, row, background).contributions}
    total = sum(c.mean for c in drawn.contributions)
    assert total == pytest.approx(drawn.probability - drawn.base, abs=1e-6)
    for c in drawn.contributions:
        assert c.low < c.high
        assert abs(c.mean - exact[c.name]) < 2 * (c.high - c.low)
    assert sum(c.low <= exact[c.name] <= c.high for c in drawn.contributions) >= 7


def test_the_background_rows_looked_at_are_as_many_as_asked_for(
    wide: tuple[TabularClassifier, dict[str, Any]],
) -> None:
    clf, table = wide
    row = rows_of(table, slice(1))
    assert explain_row(clf, row, table, n_repeats=1).n_background == 100
    assert explain_row(clf, row, table, max_samples=7, n_repeats=1).n_background == 7
    a, b, c = (explain_row(clf, row, table, n_repeats=1, random_state=s) for s in (1, 1, 2))
    assert a == b
    assert a != c


@pytest.mark.filterwarnings("ignore:some cells are unlike those of training")
def test_a_missing_cell_is_none_and_a_loaded_model_says_the_same(
    fitted: TabularClassifier, tmp_path: Any
) -> None:
    table, _ = make_table()
    row = {"size": [None], "hue": ["red"], "noise": [0.5], "day": table["day"][:1], "same": ["x"]}
    found = explain_row(fitted, row, table)
    cells = {c.name: c.cell for c in found.contributions}
    assert cells["size"] is None
    assert (cells["hue"], cells["noise"]) == ("red", 0.5)
    fitted.save(tmp_path / "m.numlp")
    assert explain_row(numlp.load(tmp_path / "m.numlp"), row, table) == found


def test_a_model_of_an_array_explains_a_frame_by_position() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = X[:, 0] > 0
    frame = {"a": X[:, 0].tolist(), "b": X[:, 1].tolist()}
    one = {"a": [2.0], "b": [0.5]}
    tabular = TabularClassifier("fast", epochs=3, hidden_layer_sizes=4, random_state=0).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = MLPClassifier((4,), max_iter=5, random_state=0).fit(X, y)
    for fitted in (tabular, net):
        found = explain_row(fitted, one, frame)
        assert {c.name: c.cell for c in found.contributions} == {"x0": 2.0, "x1": 0.5}
