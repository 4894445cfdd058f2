"""What is prepared is a matrix, and a weight and a class for each row that counts."""

from typing import Any

import numpy as np
import pytest

from numlp import DataError, TabularClassifier
from numlp.data.columns import Columns, LazyColumns
from numlp.ensemble.conclusion import conclude
from numlp.ensemble.learning import learn, settings_to_json, threads
from numlp.ensemble.preparation import Prepared, prepare, row_weights
from numlp.ensemble.run import Run
from numlp.metrics.scores import prior_entropy

N = 90
RNG = np.random.default_rng(0)
TABLE = {"size": RNG.normal(size=N), "hue": RNG.choice([*"rgb"], N).astype(object)}
LABELS = np.where(TABLE["size"] + RNG.normal(size=N) / 2 > 0, "yes", "no")
SETTINGS = TabularClassifier("fast", epochs=3, random_state=0, n_jobs=1).get_params()


def prepared(**changes: Any) -> Prepared:
    given = {name: changes.pop(name) for name in ("sample_weight", "columns") if name in changes}
    return prepare(TABLE, LABELS, {**SETTINGS, **changes}, **given)


def test_without_weights_all_rows_are_learned_from() -> None:
    found = prepared()
    assert found.samples.X.shape == (N, found.table.width)
    assert found.samples.weight is None
    assert found.kept_rows is None
    assert found.n_given == N
    assert found.classes[found.samples.y].tolist() == LABELS.tolist()
    assert found.counts.tolist() == [(LABELS == "no").sum(), (LABELS == "yes").sum()]
    assert found.prior_loss == prior_entropy(found.samples.y, 2)


def test_rows_of_weight_0_are_left_out_and_the_others_known_by_number() -> None:
    weight = np.arange(N) % 3.0
    found = prepared(sample_weight=weight)
    assert found.kept_rows is not None
    assert found.kept_rows.tolist() == np.flatnonzero(weight).tolist()
    assert found.n_given == N
    assert found.samples.weight is not None
    assert found.samples.weight.mean() == pytest.approx(1)
    np.testing.assert_allclose(found.samples.weight[1] / found.samples.weight[0], 2)
    assert found.classes[found.samples.y].tolist() == LABELS[found.kept_rows].tolist()


@pytest.mark.parametrize(("role", "one"), [("groups", "group"), ("time", "time")])
def test_rows_of_weight_above_0_need_two_groups_or_times(role: str, one: str) -> None:
    numbers = np.arange(N) // 10
    given = {role: numbers, "sample_weight": (numbers == 1).astype(float)}
    with pytest.raises(DataError, match=f"with a weight above zero are all of one {one}: rows"):
        prepare(TABLE, LABELS, SETTINGS, **given)


def test_rows_of_ones_own_to_choose_by_have_to_be_there() -> None:
    none = {name: cells[:0] for name, cells in TABLE.items()}
    with pytest.raises(DataError, match="X_val has no row: give rows to choose by"):
        prepare(TABLE, LABELS, SETTINGS, X_val=none, y_val=LABELS[:0])


def test_the_aim_is_checked_before_the_table_is_looked_at() -> None:
    with pytest.raises(DataError, match="pos_label='maybe' is not a class of the target"):
        prepared(pos_label="maybe", columns={"no such column": "number"})


def test_a_lazy_table_is_let_go_of_where_it_was_given_away() -> None:
    kept = Columns(LazyColumns(TABLE), N, named=True)
    prepare(kept, LABELS, SETTINGS)
    assert kept.names == list(TABLE)
    for weight in (None, np.arange(N) % 3.0):
        given = Columns(LazyColumns(TABLE), N, named=True)
        prepare(given.give_away(), LABELS, SETTINGS, sample_weight=weight)
        assert given.names == []


def test_a_weight_for_a_class_is_multiplied_with_that_of_the_row() -> None:
    y, classes = np.array([0, 0, 1]), np.array(["a", "b"])
    assert row_weights(None, None, classes, y) is None
    weight = row_weights({"b": 4.0}, [1.0, 2.0, 1.0], classes, y)
    assert weight is not None
    np.testing.assert_allclose(weight, np.array([1, 2, 4]) * 3 / 7, rtol=1e-6)


def test_the_three_steps_make_what_fit_makes() -> None:
    for weight in (None, np.arange(N) % 3.0):
        found = prepared(sample_weight=weight)
        learned = learn(found, SETTINGS, Run(0, None, None), estimator="TabularClassifier")
        concluded = conclude(found, learned)
        clf = TabularClassifier(**SETTINGS).fit(TABLE, LABELS, weight)
        assert concluded.estimate == clf.score_
        assert concluded.model.info == clf.model_.info
        assert concluded.model.network.theta.tobytes() == clf.model_.network.theta.tobytes()


def test_one_table_that_was_prepared_serves_several_fits() -> None:
    found = prepared()
    before = found.samples.X.tobytes(), found.samples.y.tobytes()
    for dropout in (0.0, 0.3):
        changed = {**SETTINGS, "recipe": {"dropout": dropout}}
        concluded = conclude(found, learn(found, changed, Run(0, None, None), estimator="Trial"))
        clf = TabularClassifier(**changed).fit(TABLE, LABELS)
        assert concluded.estimate == clf.score_
    assert (found.samples.X.tobytes(), found.samples.y.tobytes()) == before


def test_settings_of_a_file_are_those_that_the_model_depends_on() -> None:
    rng = np.random.default_rng(0)
    settings = {**SETTINGS, "class_weight": {"no": np.float32(2)}, "random_state": rng}
    kept = settings_to_json(settings)
    assert kept["class_weight"] == [["no", 2.0]]
    assert kept["random_state"] is None
    assert kept.keys() == SETTINGS.keys() - {"callbacks", "n_jobs", "verbose"}
    assert settings["random_state"] is rng


def test_there_is_a_thread_for_each_core_unless_a_number_is_given() -> None:
    assert threads(3) == 3
    assert threads(None) == threads(-1) >= 1
