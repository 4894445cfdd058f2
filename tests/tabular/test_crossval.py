"""Cross-validation: which rows are asked for, what is scored, and how wide the interval is."""

import math
import warnings
from typing import Any

import numpy as np
import pytest

from numlp import TabularClassifier
from numlp.errors import DataError
from numlp.tabular.crossval import cross_validate, mean_of, t_quantile

RNG = np.random.default_rng(0)
N = 120
TABLE = {"size": RNG.normal(size=N), "hue": RNG.choice(["r", "g", "b"], N).astype(object)}
LABELS = np.where(TABLE["size"] + (TABLE["hue"] == "r") > 0.4, "yes", "no")


def make(number: int, fold: int) -> TabularClassifier:
    return TabularClassifier("fast", epochs=5, random_state=10 * number + fold)


def test_the_scores_of_a_fold_are_those_of_a_model_fitted_on_the_others() -> None:
    asked: list[tuple[int, int]] = []
    fitted: list[TabularClassifier] = []
    rows: list[Any] = []

    class Spy(TabularClassifier):
        def fit(self, X: Any, y: Any, *rest: Any, **more: Any) -> Any:
            rows.append((X["size"].copy(), y.copy()))
            fitted.append(self)
            return super().fit(X, y, *rest, **more)

    def spy(number: int, fold: int) -> TabularClassifier:
        asked.append((number, fold))
        return Spy("fast", epochs=5, random_state=fold)

    found = list(cross_validate(spy, TABLE, LABELS, folds=4, rounds=2))
    assert (
        asked == [(f.round, f.fold) for f in found] == [(r, k) for r in (1, 2) for k in range(1, 5)]
    )
    for round_ in (1, 2):
        tested = []
        for fold, clf, (size, y) in zip(found, fitted, rows, strict=True):
            if fold.round != round_:
                continue
            held_out = ~np.isin(TABLE["size"], size)
            assert (held_out.sum(), len(size)) == (fold.n_tested, fold.n_trained)
            X = {name: cells[held_out] for name, cells in TABLE.items()}
            right = clf.predict(X) == LABELS[held_out]
            assert fold.accuracy == right.mean()
            P = clf.predict_proba(X)[np.arange(held_out.sum()), (LABELS[held_out] == "yes") * 1]
            assert fold.log_loss == pytest.approx(-np.log(P).mean())
            names, counts = np.unique(y, return_counts=True)
            assert fold.majority == (LABELS[held_out] == names[counts.argmax()]).mean()
            tested += np.flatnonzero(held_out).tolist()
        assert sorted(tested) == list(range(N))  # every row once a round


def test_rounds_deal_the_rows_anew_and_a_seed_the_same_way() -> None:
    def losses(seed: int) -> list[float]:
        found = cross_validate(make, TABLE, LABELS, folds=2, rounds=2, seed=seed)
        return [fold.log_loss for fold in found]

    first = losses(0)
    assert losses(0) == first
    assert losses(1) != first
    assert len(set(first)) == 4


def test_every_class_is_spread_over_the_folds() -> None:
    labels = np.array(["a"] * 90 + ["b"] * 30)
    table = TABLE | {"size": np.sort(TABLE["size"])}  # which tells the labels apart
    majorities = [f.majority for f in cross_validate(make, table, labels, folds=3)]
    assert majorities == [0.75] * 3


def test_a_class_of_a_single_row_is_never_asked_for() -> None:
    labels = LABELS.astype("<U5")
    labels[7] = "once"
    with pytest.warns(UserWarning, match="single row"):
        found = list(cross_validate(make, TABLE, labels, folds=3))
    assert sum(fold.n_tested for fold in found) == N - 1


@pytest.mark.parametrize("folds", [2, 3, 7])
def test_every_fit_knows_every_class(folds: int) -> None:
    labels = np.array(["a"] * 58 + ["b"] * 60 + ["c"] * 2)
    known = []

    class Spy(TabularClassifier):
        def fit(self, *args: Any, **kwargs: Any) -> Any:
            super().fit(*args, **kwargs)
            known.append(self.classes_.tolist())
            return self

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # c has a single row where its other one is held out
        list(cross_validate(lambda *_: Spy("fast", epochs=1), TABLE, labels, folds=folds))
    assert known == [["a", "b", "c"]] * folds


def test_columns_asked_for_reach_every_fit() -> None:
    with pytest.warns(UserWarning, match="no column can teach"):
        found = list(
            cross_validate(
                make, TABLE, LABELS, folds=2, columns={"size": "ignore", "hue": "ignore"}
            )
        )
    assert [fold.accuracy for fold in found] == [fold.majority for fold in found]


@pytest.mark.parametrize(("folds", "rounds"), [(1, 1), (0, 1), (2, 0)])
def test_too_few_folds_or_rounds_are_refused(folds: int, rounds: int) -> None:
    with pytest.raises(ValueError, match="there have to be 2 folds or more, and 1 round or more"):
        next(cross_validate(make, TABLE, LABELS, folds=folds, rounds=rounds))


def test_too_few_rows_are_refused() -> None:
    table = {"x": [1.0, 2.0, 3.0, 4.0]}
    with pytest.raises(DataError, match="too few for 3 folds"):
        next(cross_validate(make, table, ["a", "b", "a", "b"], folds=3))
    with pytest.raises(DataError, match="too few"):
        next(cross_validate(make, table, list("abcd"), folds=2))


def test_the_interval_is_that_of_nadeau_and_bengio() -> None:
    stats = pytest.importorskip("scipy.stats")
    scores = RNG.random(15)
    found = mean_of(scores.tolist(), 90, 10)
    variance = (1 / 15 + 1 / 9) * scores.var(ddof=1)
    half = stats.t.ppf(0.975, 14) * math.sqrt(variance)
    assert found == pytest.approx((scores.mean(), scores.mean() - half, scores.mean() + half))


def test_quantiles_of_students_distribution() -> None:
    stats = pytest.importorskip("scipy.stats")
    for df in (1, 2, 3, 9, 29, 500):
        for level in (0.5, 0.95, 0.99):
            assert t_quantile(df, level) == pytest.approx(
                stats.t.ppf(0.5 + level / 2, df), rel=1e-6
            )


@pytest.mark.heavy
def test_the_interval_holds_where_the_naive_one_is_too_narrow() -> None:
    rng = np.random.default_rng(1)
    covered = naive = 0
    for _ in range(300):
        # Scores of 10 folds share a part, as those of overlapping training parts do.
        scores = 0.8 + rng.normal(0, 0.02) + rng.normal(0, 0.05, 10)
        mean, low, high = mean_of(scores.tolist(), 90, 10)
        covered += low <= 0.8 <= high
        half = t_quantile(9) * scores.std(ddof=1) / math.sqrt(10)
        naive += abs(mean - 0.8) <= half
    assert covered > 0.93 * 300 > naive
