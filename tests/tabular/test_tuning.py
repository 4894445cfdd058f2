"""The search for settings: what is tried, in which order, in what time, and what is concluded."""

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import CheckpointError, DataError, DivergenceError, Model, TabularClassifier
from numlp.data.columns import as_columns
from numlp.ensemble.conclusion import Conclusion
from numlp.ensemble.recipe import RECIPES, Recipe
from numlp.tabular import tuning
from numlp.tabular.settings import TUNABLE
from numlp.tabular.trials import Trial
from numlp.tabular.tuning import ETA, MIN_UNSEEN, RUNGS, Search, draw, told

from .clock import set_by_hand

RNG = np.random.default_rng(0)
N = 240
TABLE = {"size": RNG.normal(size=N), "hue": RNG.choice([*"rgb"], N).astype(object)}
LABELS = np.where(TABLE["size"] + (TABLE["hue"] == "r") + RNG.normal(size=N) / 2 > 0.4, "y", "n")
FAST = {"quality": "fast", "epochs": 9, "ensemble_size": 1}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return set_by_hand(monkeypatch)


def search(seconds: float = 100.0, **more: Any) -> Search:
    return Search(TABLE, LABELS, seconds=seconds, settings=FAST, **more)


def without_time(trials: list[Trial]) -> list[tuple[Any, ...]]:
    return [(t.number, t.rung, t.settings, t.epochs, t.log_loss, t.accuracy) for t in trials]


def test_the_best_third_goes_on_with_three_times_the_epochs(clock: list[float]) -> None:
    found = search(130)
    trials = list(found.run())
    assert trials == found.trials
    rungs = [[t for t in trials if t.rung == rung] for rung in range(1, RUNGS + 1)]
    assert [{t.epochs for t in rung} for rung in rungs] == [{1}, {3}, {9}]
    assert len(rungs[0]) > 9
    for rung, next_rung in itertools.pairwise(rungs):
        n = max(2, math.ceil(len(rung) / ETA))
        best = [t.number for t in sorted(rung, key=lambda t: t.rank) if t.number][: n - 1]
        assert {t.number for t in next_rung} == {0, *best}
    assert [t.number for t in rungs[2]][1] == 0  # the two that are compared come first
    assert clock[0] <= 130


@pytest.mark.heavy
@pytest.mark.parametrize("seconds", [1, 40, 60, 90, 200])
def test_the_time_is_kept_with_the_fit_at_the_end(seconds: float, clock: list[float]) -> None:
    found = search(seconds)
    trials = list(found.run())
    assert clock[0] == sum(t.epochs for t in trials)
    end = 9 / 0.8
    assert clock[0] + end <= max(seconds, 1 + end)
    if seconds <= 40:
        assert [t.number for t in trials] == [0]
        assert found.verdict is None
        assert found.settings == FAST
    else:
        assert found.verdict is not None


def test_slow_trials_end_the_search_in_time(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = tuning.learn

    def slower(prepared: Any, settings: Any, run: Any, estimator: str) -> Any:
        clock[0] += 3 * float(settings["epochs"]) * bool(settings["recipe"])
        return learn(prepared, settings, run, estimator=estimator)

    monkeypatch.setattr(tuning, "learn", slower)
    found = search(130)
    list(found.run())
    assert clock[0] + 9 / 0.8 <= 130 + 3  # of a trial whose time was not known


def test_trials_are_ranked_on_rows_that_they_hold_out_of_four_fifths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[np.ndarray[Any, Any]] = []
    asked: list[np.ndarray[Any, Any]] = []
    learned: list[int] = []
    fitted: list[Conclusion] = []
    prepare, conclude, proba = tuning.prepare, tuning.conclude, Model.predict_proba

    def spy_prepare(X: Any, y: Any, settings: Any, **more: Any) -> Any:
        seen.append(X["size"].copy())
        return prepare(X, y, settings, **more)

    def spy_conclude(prepared: Any, ensemble: Any) -> Any:
        learned.append(len(prepared.samples))
        fitted.append(conclude(prepared, ensemble))
        return fitted[-1]

    def spy_proba(model: Model, X: Any, notes: Any) -> Any:
        asked.append(X["size"].copy())
        return proba(model, X, notes)

    monkeypatch.setattr(tuning, "prepare", spy_prepare)
    monkeypatch.setattr(tuning, "conclude", spy_conclude)
    monkeypatch.setattr(Model, "predict_proba", spy_proba)
    found = search(60)
    trials = list(found.run())
    assert len(seen) == 1  # all trials learn from the same matrix
    assert len(seen[0]) == N - N // 5
    assert set(learned) == {len(seen[0])}
    assert asked
    for sizes in asked:
        assert not set(sizes) & set(seen[0])
        assert set(sizes) | set(seen[0]) == set(TABLE["size"])
    for trial, concluded in zip(trials, fitted, strict=True):
        assert trial.log_loss == concluded.estimate.log_loss
        recipe = concluded.model.info["recipe"]
        assert all(recipe[name] == v for name, v in trial.settings.get("recipe", {}).items())


def test_the_verdict_is_a_paired_comparison_on_the_rows_unseen() -> None:
    found = search(1000)
    better = {"recipe": {"dropout": 0.3}}
    found.trials = [
        Trial(k, RUNGS, settings, 9, loss, 0.9, 1.0, 0.1)
        for k, settings, loss in ((0, {}, 0.3), (1, better, 0.2))
    ]
    usual, best = RNG.random(48), RNG.random(48)
    right = np.ones(48)
    found._answers = {0: np.stack([usual, right]), 1: np.stack([best, right])}
    verdict = found.verdict
    assert verdict is not None
    gains = usual - best
    half = 1.959964 * gains.std(ddof=1) / math.sqrt(48)
    assert (verdict.gain, verdict.low) == pytest.approx((gains.mean(), gains.mean() - half))
    assert not verdict.is_better
    assert found.settings == FAST
    found._answers[1] = np.stack([usual - 0.1 + RNG.random(48) / 100, right])
    assert found.verdict is not None
    assert found.verdict.is_better
    assert found.settings == {**FAST, **better}
    TabularClassifier(**found.settings).fit(TABLE, LABELS)


@pytest.mark.heavy
def test_a_search_that_was_killed_goes_on_to_the_same_trials(
    tmp_path: Path, clock: list[float]
) -> None:
    whole = list(search(90).run())
    path = tmp_path / "state"
    for stop in (1, 3, len(whole) - 1):
        for trial in (stopped := search(90, state=path)).run():
            if len(stopped.trials) == stop:
                assert trial is stopped.trials[-1]
                break
    before = clock[0]
    found = search(90, state=path)
    assert without_time(list(found.run())) == without_time(whole)
    assert clock[0] == before + whole[-1].epochs  # the others are not tried again
    assert without_time(found.trials) == without_time(whole)
    assert found.verdict is not None
    assert found.seconds_spent == sum(t.epochs for t in whole)


def test_a_state_of_another_table_or_other_settings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    next(iter(search(5, state=path).run()))
    with pytest.raises(CheckpointError, match="column 'size' has other cells"):
        Search({**TABLE, "size": TABLE["size"] + 1}, LABELS, seconds=5, settings=FAST, state=path)
    with pytest.raises(CheckpointError, match="fit was"):
        Search(TABLE, LABELS, seconds=5, settings={**FAST, "epochs": 8}, state=path)
    with pytest.raises(CheckpointError, match="seed was 0 and is 1"):
        search(5, state=path, seed=1)
    search(50, state=path)  # more time is allowed


def test_settings_that_diverge_are_ranked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    learn = tuning.learn

    def diverge(prepared: Any, settings: Any, run: Any, estimator: str) -> Any:
        if settings["recipe"]:
            raise DivergenceError("the loss became nan", 1, 1, 0.1, 0.5)
        return learn(prepared, settings, run, estimator=estimator)

    monkeypatch.setattr(tuning, "learn", diverge)
    found = search(60)
    trials = list(found.run())
    lost = [trial for trial in trials if trial.log_loss is None]
    assert lost
    assert all("recipe" in trial.settings for trial in lost)
    assert max(trials, key=lambda trial: trial.rank) in lost


def test_a_trial_is_what_a_fit_with_its_settings_is() -> None:
    longer = FAST | {"epochs": 27}  # of 9 the first trials have one, which teaches nothing
    found, again = (Search(TABLE, LABELS, seconds=300, settings=longer) for _ in range(2))
    first, _, trial = itertools.islice(found.run(), 3)
    assert next(again.run()).log_loss == first.log_loss
    own: dict[str, Any] = {**longer, **trial.settings, "epochs": trial.epochs, "random_state": 0}
    clf = TabularClassifier(**own).fit(found._seen, found._labels)
    assert (trial.log_loss, trial.accuracy) == (clf.score_.log_loss, clf.score_.accuracy)


def test_trials_that_diverge_after_snapshots_are_ranked_last_too() -> None:
    found = search(1000)
    fit = found._arguments({"epochs": 60, "recipe": {"learning_rate": 1.0, "dropout": 0.0}})
    prepared = found._prepare(fit)
    huge = {**fit, "recipe": {"learning_rate": 1e9}}  # more than may be asked for
    assert found._fit(prepared, huge) is None


def test_the_table_is_kept_as_it_was_and_the_matrix_is_let_go() -> None:
    table = as_columns(TABLE)
    found = Search(table, LABELS, seconds=60, settings=FAST)
    assert len(list(found.run())) > 1
    assert found._prepared is None
    assert table.names == list(TABLE)
    assert found._seen.names == list(TABLE)


def test_settings_that_cannot_be_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="epochs=0, but it has to be"):
        Search(TABLE, LABELS, seconds=5, settings={"epochs": 0})


def test_too_few_rows_are_refused() -> None:
    n = 5 * MIN_UNSEEN - 5
    with pytest.raises(DataError, match="too few to tune on"):
        Search({"x": np.arange(float(n))}, ["a", "b"] * (n // 2) + ["a"] * (n % 2), seconds=1)


def test_the_usual_settings_come_first_and_no_two_are_alike() -> None:
    found = draw(RECIPES["best"], 60, np.random.default_rng(0))
    assert found[0] == {}
    assert all(a != b for i, a in enumerate(found) for b in found[:i])
    again = draw(RECIPES["best"], 60, np.random.default_rng(0))
    assert found == again
    for settings in found:
        TabularClassifier(**settings).set_params(epochs=1)
        assert settings.get("recipe", {}).keys() <= TUNABLE.keys()
        for name, value in settings.get("recipe", {}).items():
            assert TUNABLE[name][0](value)
            assert value != getattr(RECIPES["best"], name)
    widths = {tuple(s["hidden_layer_sizes"]) for s in found if "hidden_layer_sizes" in s}
    assert widths == {(128, 128), (512, 512)}


def test_settings_are_told_in_words() -> None:
    assert told({"hidden_layer_sizes": [8], "recipe": {"weight_decay": 0.0}}) == [
        "hidden layers 8", "weight decay 0",
    ]  # fmt: skip
    assert told(draw(Recipe(), 1, RNG)[0]) == ["the usual settings"]


def test_a_recipe_reaches_the_nets_and_the_model() -> None:
    changed = {"dropout": 0.0, "learning_rate": 0.01}
    clf = TabularClassifier("fast", epochs=9, random_state=0, recipe=changed).fit(TABLE, LABELS)
    usual = TabularClassifier("fast", epochs=9, random_state=0).fit(TABLE, LABELS)
    assert clf.model_.info["recipe"] == usual.model_.info["recipe"] | changed
    assert clf.history_["lr"].max() < usual.history_["lr"].max()
    kinds = [type(layer).__name__ for layer in clf.model_.network.layers]
    assert "Dropout" not in kinds


def test_a_trial_knows_what_it_would_take_with_other_epochs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()  # no clock that is set by hand
    trial = Trial(0, 1, {}, 10, 0.3, 0.9, 5.0, 0.2)  # 3 s once, 0.2 s an epoch
    assert trial.seconds_with(10) == pytest.approx(5)
    assert trial.seconds_with(100) == pytest.approx(23)
    looks = itertools.count()  # a clock that goes on by a second whenever it is looked at
    monkeypatch.setattr("numlp.tabular.tuning.time.perf_counter", lambda: float(next(looks)))
    first = next(search(20).run())
    assert 0 < first.epoch_seconds * first.epochs < first.seconds


def test_what_would_be_enough_time_is(clock: list[float]) -> None:
    short = search(15)
    list(short.run())
    assert short.verdict is None
    clock[0] = 0
    enough = search(short.seconds_needed)
    list(enough.run())
    assert enough.verdict is not None
