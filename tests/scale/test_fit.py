"""A fit on a cluster: a classifier like any other, about as good, and with the same promises."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import numlp
from numlp import CheckpointError, TabularClassifier, explain
from numlp.models.fitted import held_out_of
from numlp.nn import Epoch
from numlp.report import write_report
from numlp.report.origin import reproduction
from numlp.scale import ensemble as scale_ensemble
from numlp.scale import fit as scale_fit
from numlp.scale.dealing import Dealing

from .tables import bytes_of, dealt, in_partitions, plain, small, table

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("client")]
FRAME = plain(1200)
X, Y = FRAME.drop(columns="target"), FRAME["target"]


@pytest.fixture(scope="module")
def fitted(shared_client: Any) -> Any:
    with shared_client.as_current():
        return small(epochs=6).fit(dealt(FRAME), "target")


def test_the_table_is_fitted_as_in_memory() -> None:
    frame = table(2000)
    clf = small(epochs=1).fit(dealt(frame, 7), "target")
    in_memory = small(epochs=1).fit(frame.drop(columns="target"), frame["target"])
    assert clf.model_.table.state() == in_memory.model_.table.state()


@pytest.mark.filterwarnings("ignore:the net did not learn anything")  # in one epoch
@pytest.mark.parametrize(
    "way",
    [
        {"class_weight": "balanced"},
        {"class_weight": {"yes": 3.0, "no": 1.0}},
        {"class_weight": "balanced", "sample_weight": "weight"},
        {"sample_weight": "weight"},
    ],
    ids=lambda way: ", ".join(way),
)
def test_weights_are_those_of_a_fit_in_memory(way: dict[str, Any], monkeypatch: Any) -> None:
    frame = table(600)
    given = []
    usual = scale_fit._encoded

    def noted(client: Any, *rest: Any) -> Any:
        encoded = usual(client, *rest)
        shards = client.gather(encoded.shards)
        given.append(np.concatenate([shard.weight for shard in shards]))
        return encoded

    monkeypatch.setattr(scale_fit, "_encoded", noted)
    settings = {name: value for name, value in way.items() if name == "class_weight"}
    weight = way.get("sample_weight")
    small(epochs=1, **settings).fit(dealt(frame), "target", weight)
    (found,) = given
    prepared = numlp.ensemble.preparation.prepare(
        frame.drop(columns="target"), frame["target"], settings_of(small(**settings)),
        sample_weight=weight, columns=None, decimal=None, groups=None, time=None,
    )  # fmt: skip
    expected = prepared.samples.weight
    np.testing.assert_allclose(found / found.mean(), expected / expected.mean(), rtol=1e-5)
    assert found.mean() == pytest.approx(1, rel=1e-5)


def settings_of(clf: Any) -> dict[str, Any]:
    from numlp.tabular import settings

    return settings.of(clf)


def test_it_is_about_as_good_as_in_memory(fitted: Any) -> None:
    new = plain(3000, 77)
    in_memory = small(epochs=6).fit(X, Y)
    scores = [clf.score(new.drop(columns="target"), new["target"]) for clf in (fitted, in_memory)]
    assert min(scores) > 0.8
    assert abs(scores[0] - scores[1]) < 0.06


@pytest.mark.parametrize("way", [{"groups": "who"}, {"time": "day"}], ids=["groups", "time"])
def test_partitions_of_one_group_or_time_each_are_learned_from(way: dict[str, str]) -> None:
    frame = table(2000).assign(who=[f"g{k // 400}" for k in range(2000)])
    clf = small("balanced", epochs=8).fit(dealt(frame, 5), "target", **way)
    assert clf.score_.accuracy > 0.75


def test_all_attributes_of_a_classifier_are_there(fitted: Any) -> None:
    assert fitted.classes_.tolist() == ["no", "yes"]
    assert fitted.n_features_in_ == 3
    assert fitted.feature_names_in_.tolist() == ["x", "z", "hue"]
    assert fitted.n_samples_fit_ == 1200
    assert fitted.n_iter_ == len(fitted.history_) == fitted.recipe_.epochs
    assert fitted.stop_reason_ == f"its {fitted.n_iter_} rounds were over"
    assert 0 < fitted.score_.low < fitted.score_.accuracy < fitted.score_.high < 1
    assert fitted.validation_scores_.P.shape == (fitted.score_.n_rows, 2)
    assert 0 < fitted.threshold_ < 1
    assert sum(fitted.mixture_.values()) == pytest.approx(1)
    assert fitted.model_.info["partitions"] == 4
    assert fitted.model_.target == "target"
    json.dumps(fitted.model_.facts())
    assert str(fitted)
    assert "1,200" in fitted._repr_html_()


def test_the_model_does_all_that_a_model_does(fitted: Any, tmp_path: Path) -> None:
    fitted.save(tmp_path / "a.numlp")
    model = numlp.load(tmp_path / "a.numlp")
    np.testing.assert_array_equal(model.predict(X), fitted.predict(X))
    sets = fitted.predict_set(X, 0.9)
    assert np.mean(sets[np.arange(1200), (Y == "yes").to_numpy().astype(int)]) > 0.85
    write_report(fitted, X, Y, tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size > 10_000
    names = [found.name for found in explain.permutation_importance(fitted, X, Y)]
    assert set(names) == {"x", "z", "hue"}
    assert len(explain.explain_row(fitted, X.iloc[:1], X.iloc[1:100]).contributions) == 3
    told = explain.compare_with_training(fitted, X, Y)
    assert told.verdict
    # Cells missing, words never seen: as a model from memory takes them.
    odd = pd.DataFrame({"x": [np.nan], "z": [None], "hue": ["mauve"]})
    with pytest.warns(UserWarning, match="some cells are unlike those of training"):
        assert np.isfinite(fitted.predict_proba(odd)).all()


@pytest.mark.parametrize(
    "settings",
    [{"metric": "f1"}, {"metric": "balanced_accuracy"}, {"cost_fp": 3}, {"pos_label": "no"}],
)
def test_decisions_are_made_for_what_is_asked(settings: dict[str, Any]) -> None:
    clf = small(**settings).fit(dealt(FRAME), "target")
    P = clf.predict_proba(X)
    positive = 0 if "pos_label" in settings else 1
    is_positive = clf.predict(X) == clf.classes_[positive]
    np.testing.assert_array_equal(is_positive, P[:, positive] > clf.threshold_)


def test_scores_by_groups_count_groups() -> None:
    clf = small("balanced").fit(dealt(table()), "target", groups="who")
    assert held_out_of(clf.model_.info) == {"by": "group", "column": "who", "n": 60}
    assert clf.validation_scores_.clusters is not None


@pytest.mark.filterwarnings("ignore:the net did not learn anything")  # in one epoch
def test_all_times_are_counted_not_those_of_a_sample() -> None:
    clf = small(epochs=1).fit(dealt(table(3000)), "target", time="day")
    assert held_out_of(clf.model_.info) == {"by": "time", "column": "day", "n": 3000}


def test_callbacks_time_limits_and_generators_are_heeded() -> None:
    clf = small(callbacks=[lambda epoch: epoch.number == 4]).fit(dealt(FRAME), "target")
    assert (clf.n_iter_, clf.stop_reason_) == (4, "a callback asked for it")
    clf = small(epochs=5000, time_limit=1.0).fit(dealt(FRAME), "target")
    assert clf.n_iter_ < clf.n_samples_fit_ * 5
    assert "time" in clf.stop_reason_ or clf.recipe_.epochs < 5000
    seeds = [np.random.default_rng(3) for _ in range(2)]
    first, second = (small(random_state=rng).fit(dealt(FRAME), "target") for rng in seeds)
    assert bytes_of(first) == bytes_of(second)


def test_another_seed_gives_another_model() -> None:
    first, second = (small(random_state=k).fit(dealt(FRAME), "target") for k in (0, 1))
    assert bytes_of(first) != bytes_of(second)


CHANGED = {
    "other cells": (lambda ddf: ddf.assign(z=ddf["z"] + 1), "column 'z' has other cells"),
    "other labels": (
        lambda ddf: ddf.assign(target=ddf["target"].replace({"yes": "YES"})),
        "the labels differ",
    ),
    "other partitions": (lambda _: dealt(FRAME, 3), "the partitions differ"),
    "partitions in another order": (
        lambda _: in_partitions([FRAME[300:600], FRAME[:300], FRAME[600:900], FRAME[900:]]),
        "the partitions differ",
    ),
    "fewer rows": (lambda _: dealt(FRAME[:900]), "the table had 1200 rows and has 900"),
}


@pytest.fixture(scope="module")
def checkpoint(shared_client: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "run.ckpt"

    def stop(epoch: Epoch) -> bool:
        return epoch.number == 2

    with shared_client.as_current():
        small(callbacks=[stop]).fit(dealt(FRAME), "target", checkpoint=path)
    return path


@pytest.mark.parametrize(("change", "told"), CHANGED.values(), ids=CHANGED)
def test_a_checkpoint_of_another_table_is_refused(change: Any, told: str, checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match=told):
        small().fit(change(dealt(FRAME)), "target", checkpoint=checkpoint)


def test_a_checkpoint_of_a_fit_in_memory_is_refused(tmp_path: Path, checkpoint: Path) -> None:
    path = tmp_path / "run.ckpt"
    small(callbacks=[lambda epoch: epoch.number == 1]).fit(X, Y, checkpoint=path)
    with pytest.raises(CheckpointError, match="is of another run"):
        small().fit(dealt(FRAME), "target", checkpoint=path)
    with pytest.raises(CheckpointError, match="is of another run"):
        small().fit(X, Y, checkpoint=checkpoint)


def test_times_are_cut_into_stretches_of_later_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Dealing] = []
    usual = scale_fit.decide

    def noted(*arguments: Any, **others: Any) -> Any:
        decided = usual(*arguments, **others)
        found.append(decided.encoding.dealing)
        return decided

    monkeypatch.setattr(scale_fit, "decide", noted)
    frame = table(1000).sample(frac=1, random_state=0)
    small("balanced").fit(dealt(frame), "target", time="day")
    cuts = found[0].cuts.astype("datetime64[ms]")
    days = np.sort(frame["day"].to_numpy())
    np.testing.assert_array_equal(cuts, days[[600, 800]])


def test_many_replicas_are_averaged_by_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"epochs": 1, "validation": 3}
    usual = small(**settings).fit(dealt(FRAME, 6), "target")
    monkeypatch.setattr(scale_ensemble, "FAN_IN", 2)
    monkeypatch.setattr(scale_ensemble, "USUAL_IN_BATCH", 8)  # so that there are many
    many = small(**settings).fit(dealt(FRAME, 6), "target")
    monkeypatch.setattr(scale_ensemble, "FAN_IN", 16)
    flat = small(**settings).fit(dealt(FRAME, 6), "target")
    P, Q, R = (clf.predict_proba(X) for clf in (many, flat, usual))
    np.testing.assert_allclose(P, Q, atol=1e-3)
    assert abs(P - R).max() > 1e-3


def test_the_report_of_a_model_tells_of_rounds_and_of_the_cluster(
    fitted: Any, tmp_path: Path
) -> None:
    write_report(fitted, X, Y, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    n = fitted.n_iter_
    assert f"{n} rounds on stretches of the partitions, averaged" in page
    assert "Losses by round" in page
    assert f"Loss after each of {n} rounds" in page
    assert "passes over the rows" not in page
    in_memory = small(epochs=2).fit(X, Y)
    write_report(in_memory, X, Y, tmp_path / "other.html")
    other = (tmp_path / "other.html").read_text()
    assert "2 passes over the rows" in other
    assert "round" not in other[other.index(">Training</h2>") : other.index("Losses by epoch")]


def test_a_notebook_tells_of_rounds(fitted: Any) -> None:
    for page in (fitted._repr_html_(), fitted.model_._repr_html_()):
        assert f"{fitted.n_iter_} rounds; its {fitted.n_iter_} rounds were over" in page


def test_the_command_that_makes_the_model_again_is_one_on_a_cluster() -> None:
    clf = TabularClassifier("fast", epochs=1, random_state=0)
    shown = [
        reproduction(clf.fit(*to_fit).model_, {}, "target")["train"]
        for to_fit in ((dealt(FRAME), "target"), (X, Y))
    ]
    assert shown == [
        "numlp train 'PART-*.parquet' --target target --quality fast --epochs 1 --seed 0 "
        "--cluster local",
        "numlp train TABLE.csv --target target --quality fast --epochs 1 --seed 0",
    ]
