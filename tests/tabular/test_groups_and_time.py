"""fit(groups=), fit(time=), fit(X_val=, y_val=): what is held out, and what is told of it."""

import io
import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import numlp
from numlp import CheckpointError, DataError, TabularClassifier
from numlp.data.columns import as_columns
from numlp.models.fitted import held_out_of, held_out_told
from numlp.tabular import cross_validate
from numlp.tabular.tuning import Search

RNG = np.random.default_rng(0)
N = 120
WHO = np.repeat(np.arange(24), 5)
X = {
    "size": RNG.normal(size=N),
    "customer": [f"c{k}" for k in WHO],
    "day": np.datetime64("2024-01-01") + np.arange(N),
    "weight": 1.0 + WHO % 3,
}
Y = np.where(X["size"] + RNG.normal(0, 0.3, N) > 0, "yes", "no")
ROWS = np.arange(N)


def small(quality: str = "balanced", **more: Any) -> TabularClassifier:
    settings: dict[str, Any] = {"epochs": 2, "hidden_layer_sizes": 4, "random_state": 0}
    return TabularClassifier(quality, **settings | more)


def fitted(clf: TabularClassifier | None = None, **more: Any) -> TabularClassifier:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the net did not learn")
        return (clf or small()).fit(X, Y, **more)


def test_a_named_column_is_no_feature_unless_its_kind_is_asked_for() -> None:
    clf = fitted(groups="customer", sample_weight="weight")
    told = {column["name"]: (column["kind"], column["why"]) for column in clf.columns_}
    assert told["customer"] == ("set aside", "says which rows belong together")
    assert told["weight"] == ("set aside", "says how much each row weighs")
    assert told["day"][0] == "date"
    without = {name: cells for name, cells in X.items() if name in ("size", "day")}
    assert clf.predict_proba(without).tobytes() == clf.predict_proba(X).tobytes()
    clf = fitted(time="day", columns={"day": "date"})
    assert {column["name"]: column["kind"] for column in clf.columns_}["day"] == "date"


def test_a_name_and_the_values_of_its_column_give_the_same_model() -> None:
    named = fitted(groups="customer", columns={"customer": "ignore"})
    given = fitted(groups=X["customer"], columns={"customer": "ignore"})
    assert named.predict_proba(X).tobytes() == given.predict_proba(X).tobytes()
    assert held_out_of(named.model_.info) == {"by": "group", "column": "customer", "n": 24}
    assert held_out_of(given.model_.info) == {"by": "group", "column": None, "n": 24}


def test_groups_are_clusters_of_the_score_and_the_file_tells_how_rows_were_held_out() -> None:
    clf = fitted(groups="customer")
    scores, file = clf.validation_scores_, io.BytesIO()
    assert scores.n_rows == N
    assert scores.clusters is not None
    assert 24 / 2 < scores.effective_rows <= N
    assert clf.score_[1:3] == scores.accuracy_interval
    clf.model_.save(file)
    model = numlp.load(file.getvalue())
    assert repr(model).endswith("on 120 rows held out by customer>")
    facts = model.facts()
    assert facts["held_out_by"] == {"by": "group", "column": "customer", "n": 24}
    assert facts["validation"]["low"] == clf.score_.low
    assert facts["settings"]["groups"] == "customer"


def test_by_time_the_latest_rows_are_scored_and_the_model_has_learned_from_them() -> None:
    clf = fitted(time="day")
    assert np.flatnonzero(~np.isnan(clf.oof_proba_[:, 0])).tolist() == list(range(72, N))
    assert len(clf.model_.shares) % (clf.recipe_.n_refit or 1) == 0
    assert "held out, later by day than those learned from" in str(clf)
    # The order of the rows in the table says nothing.
    turned = {name: np.asarray(cells)[::-1] for name, cells in X.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = small().fit(turned, Y[::-1], time="day")
    assert np.flatnonzero(~np.isnan(other.oof_proba_[:, 0])).tolist() == list(range(48))


def test_the_model_of_a_fit_by_time_depends_on_the_class_of_the_latest_rows() -> None:
    """The nets that hold them out have not learned from them; the model has."""
    kept = fitted(small(validation=0.2, ensemble_size=2), time="day")
    assert (kept.recipe_.n_bagged, kept.recipe_.n_refit) == (1, 1)
    assert len(kept.model_.shares) == len(kept.mixture_)


@pytest.mark.parametrize("quality", ["fast", "balanced"])
def test_coverage_over_time_is_not_promised(quality: str) -> None:
    clf = fitted(small(quality, epochs=20), time="day")
    with pytest.warns(UserWarning, match=r"coverage=0.8 is of the later rows held out"):
        clf.predict_set(X, 0.8)
    by_group = fitted(small(quality, epochs=20), groups="customer")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        by_group.predict_set(X, 0.8)


def test_rows_of_ones_own_are_what_is_scored() -> None:
    own = {name: np.asarray(cells)[:30] for name, cells in X.items()}
    clf = fitted(X_val=own, y_val=Y[:30])
    assert clf.score_.n_rows == 30
    assert clf.oof_proba_.shape == (30, 2)
    assert not np.isnan(clf.oof_proba_).any()
    assert held_out_told(clf.model_.info) == "held out, which were given to choose by"
    # All nets hold them out and the model is of all nets: its answers are those scored.
    assert clf.predict_proba(own) == pytest.approx(clf.oof_proba_, abs=1e-5)
    weighted = fitted(sample_weight="weight", X_val=own, y_val=Y[:30])
    assert weighted.score_.n_rows == 30


@pytest.mark.parametrize(
    ("more", "error", "told"),
    [
        ({"X_val": X}, ValueError, "X_val and y_val belong together"),
        ({"X_val": X, "y_val": Y, "time": "day"}, ValueError, "X_val and time are both given"),
        ({"groups": WHO, "time": "day"}, ValueError, "groups and time are both given"),
        ({"X_val": {"size": [1.0]}, "y_val": ["no"]}, DataError, "are missing; the table has"),
        ({"X_val": X, "y_val": Y[:3]}, DataError, "X_val has 120 rows, and y_val 3 labels"),
        ({"X_val": X, "y_val": ["?"] * N}, DataError, "y_val has '?' in row 1, a class that y has"),
        ({"X_val": X, "y_val": [1] * N}, DataError, "y_val"),
        ({"sample_weight": -np.ones(N)}, DataError, "Negative values in sample_weight"),
        ({"sample_weight": np.zeros(N)}, DataError, "every sample weight is zero"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_one_line(
    more: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error) as caught:
        fitted(**more)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_fewer_groups_than_folds_are_said_and_rest_on_fewer_folds() -> None:
    with pytest.warns(UserWarning, match="3 groups are fewer than the 5 folds"):
        clf = fitted(small(validation=5), groups=WHO % 3)
    assert clf.recipe_.n_folds == 3


def test_a_class_of_one_group_is_said_not_to_be_scored() -> None:
    y = Y.astype("<U6")
    y[WHO == 2] = "seldom"
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        clf = small().fit(X, y, groups=WHO)
    (told,) = [str(w.message) for w in said if "did not learn" not in str(w.message)]
    assert "is of class 'seldom', so the scores say nothing of such rows" in told
    assert told.endswith("give rows of them in several groups")
    assert clf.validation_scores_.absent.tolist() == [1]


def test_rows_of_weight_0_are_left_out_with_their_groups() -> None:
    clf = fitted(groups=WHO, sample_weight=np.where(WHO < 20, 1.0, 0.0))
    assert held_out_of(clf.model_.info) == {"by": "group", "column": None, "n": 20}
    assert np.isnan(clf.oof_proba_[100:]).all()
    assert not np.isnan(clf.oof_proba_[:100]).any()


def test_a_run_by_time_is_resumed_to_the_bit_and_one_of_other_groups_is_refused(
    tmp_path: Path,
) -> None:
    whole = fitted(small(epochs=4), time="day")

    def stopped(path: Path, **more: Any) -> None:
        clf = small(epochs=4, callbacks=[lambda epoch: epoch.number == 2])
        fitted(clf, checkpoint=path, checkpoint_every=0, **more)

    path = tmp_path / "run.ckpt"
    stopped(path, time="day")
    resumed = fitted(small(epochs=4), time="day", checkpoint=path)
    assert resumed.predict_proba(X).tobytes() == whole.predict_proba(X).tobytes()

    path = tmp_path / "groups.ckpt"
    stopped(path, groups=WHO)
    with pytest.raises(CheckpointError, match="the rows to hold out differ"):
        fitted(small(epochs=4), groups=WHO // 2, checkpoint=path)
    with pytest.raises(CheckpointError, match="groups was None and is 'customer'"):
        fitted(small(epochs=4), groups="customer", checkpoint=path)


@pytest.mark.parametrize("role", ["groups", "time"])
def test_the_model_does_not_depend_on_the_number_of_threads(role: str) -> None:
    column = {"groups": "customer", "time": "day"}[role]
    one, two = (fitted(small(n_jobs=n), **{role: column}) for n in (1, 2))
    assert one.predict_proba(X).tobytes() == two.predict_proba(X).tobytes()


def test_a_time_limit_keeps_nets_that_learn_from_all_rows() -> None:
    clf = fitted(small(time_limit=1e-3, epochs=3), time="day")
    assert clf.recipe_.n_refit >= 1


# Cross-validation and tuning


class Noted(TabularClassifier):
    """It notes what it is fitted with."""

    given: ClassVar[list[tuple[Any, dict[str, Any]]]] = []

    def fit(self, X: Any, y: Any, *more: Any, **named: Any) -> Any:
        Noted.given.append((as_columns(X)["customer"].tolist(), named))
        return super().fit(X, y, *more, **named)


def noted(*_: int) -> TabularClassifier:
    return Noted("fast", epochs=1, hidden_layer_sizes=4, random_state=0)


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_no_group_is_in_two_folds_and_fits_get_the_groups_of_their_rows() -> None:
    Noted.given = []
    folds = list(cross_validate(noted, X, Y, folds=3, groups=WHO, sample_weight="weight"))
    assert sum(fold.n_tested for fold in folds) == N
    for customers, named in Noted.given:
        assert [f"c{k}" for k in named["groups"].astype(int)] == customers
        assert named["sample_weight"] == "weight"
        assert len(set(customers)) == 16


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_by_time_each_fold_is_learned_from_all_rows_before_it() -> None:
    folds = list(cross_validate(noted, X, Y, folds=3, time="day"))
    assert [(fold.n_trained, fold.n_tested) for fold in folds] == [(60, 20), (80, 20), (100, 20)]
    with pytest.raises(ValueError, match="rounds=2, but by time the folds are the same"):
        next(cross_validate(noted, X, Y, folds=3, rounds=2, time="day"))
    with pytest.raises(DataError, match="24 groups are fewer than the 30 folds: give fewer folds"):
        list(cross_validate(noted, X, Y, folds=30, groups=WHO))


@pytest.mark.parametrize(("role", "do"), [("groups", "more folds"), ("time", "fewer folds")])
def test_what_learns_from_rows_of_one_group_or_time_is_named_and_not_the_column(
    role: str, do: str
) -> None:
    one = role.removesuffix("s")
    halves = {role: ROWS // (N // 2)}
    told = f"learns from are all of one {one}, and another is needed to hold out: give "
    with pytest.raises(DataError, match=f"the rows that fold 1 of 2 {told}{do}, or rows of more"):
        list(cross_validate(noted, X, Y, folds=2, **halves))
    with pytest.raises(DataError, match=f"the rows that the search {told}rows of more {one}s"):
        Search(X, Y, seconds=9.0, **halves)
    with pytest.raises(DataError, match="2 groups are fewer than the 5 folds: give rows of more"):
        list(cross_validate(noted, X, Y, folds=5, groups=ROWS // 60))


@pytest.mark.filterwarnings("ignore:the net did not learn", "ignore:none of the")
def test_a_class_that_only_the_tested_group_has_counts_as_wrong() -> None:
    y = Y.astype("<U6")
    y[WHO == 2] = "seldom"
    folds = list(cross_validate(noted, X, y, folds=3, groups=WHO))
    assert min(fold.accuracy for fold in folds) < 1
    assert all(np.isfinite(fold.log_loss) for fold in folds)


@pytest.mark.filterwarnings("ignore:the net did not learn")
@pytest.mark.parametrize(
    ("settings", "constant"),
    [
        ({"metric": "balanced_accuracy"}, 0.5),
        ({"metric": "f1"}, None),
        ({"cost_fn": 3.0}, None),
        ({}, None),
    ],
    ids=str,
)
def test_folds_are_scored_by_what_is_asked_for(
    settings: dict[str, Any], constant: float | None
) -> None:
    def make(*_: int) -> TabularClassifier:
        return small("fast", epochs=40, **settings)

    for fold in cross_validate(make, X, Y, folds=2):
        if constant is not None:
            assert fold.constant == constant
        if not settings:
            assert (fold.score, fold.constant) == (fold.accuracy, fold.majority)
        elif constant is None:
            assert (fold.score, fold.constant) != (fold.accuracy, fold.majority)


@pytest.mark.filterwarnings("ignore:the net did not learn")
@pytest.mark.parametrize("role", [{"groups": "customer"}, {"time": "day"}], ids=str)
def test_a_search_keeps_whole_groups_or_the_latest_rows_for_its_verdict(
    role: dict[str, str], tmp_path: Path
) -> None:
    def search(**more: Any) -> Search:
        state, settings = tmp_path / "state", {"quality": "fast", "epochs": 1}
        return Search(X, Y, seconds=60, settings=settings, state=state, **more)

    first = search(**role)
    seen, unseen = (set(np.asarray(part["customer"])) for part in (first._seen, first._unseen))
    if "groups" in role:
        assert not seen & unseen
    else:
        assert first._seen["day"].max() < first._unseen["day"].min()
    next(first.run())
    assert len(search(**role).trials) == 1
    with pytest.raises(CheckpointError, match=r"hold out differ|was .* and is None"):
        search()
    with pytest.raises(CheckpointError, match="the weights differ"):
        search(sample_weight=np.arange(1, N + 1), **role)


# scikit-learn


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_groups_are_routed_by_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn")
    selection = pytest.importorskip("sklearn.model_selection")
    table = np.column_stack([X["size"], RNG.normal(size=N)])
    seen = []

    class Asked(TabularClassifier):
        def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None) -> Any:
            seen.append(len(set(groups)))
            return super().fit(X, y, sample_weight, groups=groups)

    with sklearn.config_context(enable_metadata_routing=True):
        for kind in (Asked, TabularClassifier):
            clf = kind("fast", epochs=1, hidden_layer_sizes=4, random_state=0)
            clf.set_fit_request(groups=True)
            found = selection.cross_validate(
                clf, table, Y, cv=selection.GroupKFold(3), params={"groups": WHO}
            )
            assert len(found["test_score"]) == 3
    assert seen == [16, 16, 16]
