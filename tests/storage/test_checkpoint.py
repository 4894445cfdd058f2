"""A run that is stopped and goes on ends as one that never was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import CheckpointError, ModelFileError, TabularClassifier
from numlp.ensemble import learning
from numlp.ensemble.budget import Speed
from numlp.nn import Epoch
from numlp.storage import container
from numlp.storage.checkpoint import CheckpointFile
from numlp.storage.whole_file import machine

RNG = np.random.default_rng(0)
HUES = np.array(["red", "green", "blue"], dtype=object)
TABLE = {
    "size": RNG.standard_normal(150),
    "weight": np.where(RNG.random(150) < 0.1, np.nan, RNG.standard_normal(150)),
    "hue": HUES[RNG.integers(3, size=150)],
}
LABELS = np.where(TABLE["size"] + (TABLE["hue"] == "red") > 0.3, "yes", "no")
N_EPOCHS = 10
pytestmark = pytest.mark.filterwarnings("ignore:the net did not learn")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.ckpt"


def small(**changes: Any) -> TabularClassifier:
    settings = {"quality": "balanced", "hidden_layer_sizes": 8, "epochs": N_EPOCHS}
    return TabularClassifier(**{**settings, "random_state": 0, "n_jobs": 2, **changes})


def fit(path: Path | None, *, table: Any = TABLE, y: Any = LABELS, **changes: Any) -> Any:
    given = {key: changes.pop(key) for key in ("sample_weight", "columns") if key in changes}
    clf = small(**changes)
    return clf.fit(table, y, checkpoint=path, checkpoint_every=0, **given)


def stop_at(number: int) -> Callable[..., bool]:
    return lambda epoch: bool(epoch.number == number)


def saved(clf: TabularClassifier, folder: Path) -> bytes:
    clf.save(folder / "model.numlp")
    return (folder / "model.numlp").read_bytes()


@pytest.mark.parametrize("first", [1, 5, 9, 10])
def test_two_runs_make_the_file_that_one_makes(first: int, path: Path, tmp_path: Path) -> None:
    begun = fit(path, callbacks=[stop_at(first)])
    assert begun.n_iter_ == first
    numbers: list[int] = []
    finished = fit(path, callbacks=[lambda epoch: numbers.append(epoch.number)])
    assert numbers == list(range(first + 1, N_EPOCHS + 1))
    whole = fit(None)
    assert saved(finished, tmp_path) == saved(whole, tmp_path)
    assert finished.history_["train_loss"].tolist() == whole.history_["train_loss"].tolist()
    np.testing.assert_array_equal(finished.oof_proba_, whole.oof_proba_)
    assert finished.stop_reason_ == "its 10 epochs were over"


def test_a_checkpoint_after_every_epoch_changes_nothing(path: Path, tmp_path: Path) -> None:
    assert saved(fit(path), tmp_path) == saved(fit(None), tmp_path)


def test_a_run_goes_on_with_another_number_of_threads(path: Path) -> None:
    fit(path, callbacks=[stop_at(4)], n_jobs=3)
    np.testing.assert_array_equal(
        fit(path, n_jobs=1).predict_proba(TABLE), fit(None).predict_proba(TABLE)
    )


@pytest.mark.heavy
@pytest.mark.parametrize(
    "changes",
    [
        {"quality": "fast"},
        {"validation": 0.2, "ensemble_size": 2},
        {"sample_weight": np.arange(150.0)},
        {"class_weight": "balanced", "metric": "f1"},
        {"columns": {"size": "category"}},
    ],
)
def test_whatever_the_settings_a_run_goes_on(changes: Any, path: Path, tmp_path: Path) -> None:
    fit(path, callbacks=[stop_at(4)], **changes)
    assert saved(fit(path, **changes), tmp_path) == saved(fit(None, **changes), tmp_path)


def test_without_a_seed_the_file_keeps_the_one_drawn(path: Path) -> None:
    seed = {"random_state": None}
    fit(path, callbacks=[stop_at(4)], **seed)
    between = path.read_bytes()
    first = fit(path, **seed).predict_proba(TABLE)
    path.write_bytes(between)
    np.testing.assert_array_equal(fit(path, **seed).predict_proba(TABLE), first)
    path.unlink()
    assert (fit(path, **seed).predict_proba(TABLE) != first).any()


def test_a_run_cut_to_a_time_limit_goes_on_with_its_own_epochs(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("numlp.ensemble.run.time.perf_counter", lambda: 0.0)  # it stands still
    planned: list[int | None] = []

    def note(epoch: Epoch) -> bool:
        planned.append(epoch.planned)
        return len(planned) == 2

    limit = {"time_limit": 30.0}
    monkeypatch.setattr(learning, "measure_speed", lambda *_: Speed(step=4.0, snapshot=0.0))
    fit(path, callbacks=[note], **limit)
    assert planned == [6, 6]
    monkeypatch.setattr(learning, "measure_speed", lambda *_: Speed(step=0.0, snapshot=0.0))
    assert fit(path, callbacks=[note], **limit).n_iter_ == 6


def test_a_resumed_run_learns_words_from_as_many_rows_as_the_first_had_time_for(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = np.array([f"{word} here" for word in HUES], dtype=object)
    table = TABLE | {"note": words[RNG.integers(3, size=150)]}
    limit = {"time_limit": 1000.0, "table": table, "columns": {"note": "text"}}
    monkeypatch.setattr("numlp.ensemble.run.time.perf_counter", lambda: 0.0)
    monkeypatch.setattr(learning, "measure_speed", lambda *_: Speed(step=0.0, snapshot=0.0))
    monkeypatch.setattr("numlp.ensemble.budget.LEAST_LEARNED", 50)
    assert fit(None, **limit).recipe_.word_share == 1
    monkeypatch.setattr(learning, "seconds_of_model", lambda *_: 1e9)
    whole = fit(None, **limit)
    fit(path, callbacks=[stop_at(4)], **limit)
    monkeypatch.setattr(learning, "seconds_of_model", lambda *_: 0.0)
    finished = fit(path, **limit)
    assert finished.recipe_.word_share == whole.recipe_.word_share == 50 / 150
    assert saved(finished, tmp_path) == saved(whole, tmp_path)


def test_seconds_of_the_run_before_count_for_the_time_limit(path: Path) -> None:
    limit = {"time_limit": 1000.0}
    fit(path, callbacks=[stop_at(4)], **limit)
    rewrite(path, lambda state: state.update(seconds=999.0))
    clf = fit(path, **limit)
    assert (clf.n_iter_, clf.stop_reason_) == (5, "its time, 1000 s, was over")


def test_an_interrupt_by_a_callback_keeps_the_epoch(path: Path, tmp_path: Path) -> None:
    def interrupt(epoch: Any) -> None:
        if epoch.number == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small(callbacks=[interrupt]).fit(TABLE, LABELS, checkpoint=path, checkpoint_every=1e9)
    assert container.read(path, kind="checkpoint")[0]["state"]["ensemble"]["epoch"] == 6
    assert saved(fit(path), tmp_path) == saved(fit(None), tmp_path)


def test_between_two_writes_lie_so_many_seconds(path: Path) -> None:
    file = CheckpointFile(path, every=1000.0)
    file.open({"settings": {}, "data": {"rows": 1, "columns": {}, "labels": "", "weights": None}})
    assert file.due
    file.save(({}, {}))
    assert not file.due


def test_a_generator_cannot_go_on(path: Path) -> None:
    with pytest.raises(ValueError, match="a run with a checkpoint needs a number or None"):
        fit(path, random_state=np.random.default_rng(0))


# Refusals


def refused(path: Path, message: str, **changes: Any) -> None:
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=message):
        fit(path, **changes)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 20}, "is of another run: epochs was 10 and is 20. Give the table"),
        ({"random_state": 1}, "random_state was 0 and is 1"),
        ({"quality": "best"}, "quality was 'balanced' and is 'best'"),
        ({"class_weight": {"no": 2, "yes": 1}}, "class_weight was None and is .*; the weights"),
        ({"table": {**TABLE, "size": TABLE["size"] + 0.5}}, "column 'size' has other cells"),
        ({"table": {**TABLE, "new": TABLE["size"] ** 3}}, "column 'new' is new"),
        ({"table": {"size": TABLE["size"]}}, "column 'weight' is missing; column 'hue' is missing"),
        ({"table": dict(reversed(TABLE.items()))}, "the columns stand in another order"),
        ({"y": np.roll(LABELS, 1)}, "the labels differ"),
        ({"y": np.where(LABELS == "no", "nein", LABELS)}, "the labels differ"),
        ({"sample_weight": np.arange(1.0, 151.0)}, "the weights differ"),
        ({"columns": {"size": "category"}}, "column 'size' has other cells"),
    ],
)
def test_another_table_or_other_settings_are_named(changes: Any, message: str, path: Path) -> None:
    fit(path, callbacks=[stop_at(2)])
    refused(path, message, **changes)


def test_another_number_of_rows_is_named(path: Path) -> None:
    fit(path, callbacks=[stop_at(2)])
    fewer = {name: cells[:140] for name, cells in TABLE.items()}
    refused(path, "the table had 150 rows and has 140", table=fewer, y=LABELS[:140])


def test_of_many_differences_the_first_are_named(path: Path) -> None:
    fit(path, callbacks=[stop_at(2)])
    other = {f"c{i}": np.roll(TABLE["size"], i) for i in range(9)}
    refused(path, "column 'c4' is new; and 7 more differences", table=other)


def rewrite(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    document, arrays = container.read(path, kind="checkpoint")
    change(document["state"])
    container.write(path, arrays, document, kind="checkpoint")


def test_another_version_is_named(path: Path) -> None:
    fit(path, callbacks=[stop_at(2)])
    document, arrays = container.read(path, kind="checkpoint")
    container.write(path, arrays, {**document, "numlp": "0.0.1"}, kind="checkpoint")
    refused(path, "it was made by numlp 0.0.1, and this is numlp ")


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.clear(),
        lambda state: state.update(seed="0"),
        lambda state: state.update(seconds=[]),
        lambda state: state["cut"].update(epochs=10**9),
        lambda state: state["cut"].update(n_members=0),
        lambda state: state["cut"].update(epoch_rows=-1),
        lambda state: state["ensemble"].update(epoch=3),
        lambda state: state["ensemble"].update(epoch="2"),
        lambda state: state["ensemble"].update(generators=[]),
        lambda state: state["ensemble"]["generators"][0].update(state=None),
        lambda state: state["ensemble"].update(checkpoints=[1] * 99),
        lambda state: state["ensemble"].update(steps=None),
    ],
)
def test_a_state_that_no_run_has_is_refused(change: Any, path: Path) -> None:
    fit(path, callbacks=[stop_at(2)])
    rewrite(path, change)
    refused(path, "cannot be resumed: ")


def test_arrays_of_other_shapes_are_refused(path: Path) -> None:
    fit(path, callbacks=[stop_at(2)])
    document, arrays = container.read(path, kind="checkpoint")
    for name in arrays:
        cut = arrays[name][..., :-1] if name == "losses" else arrays[name][:-1]
        smaller = {**arrays, name: cut}
        container.write(path, smaller, document, kind="checkpoint")
        refused(path, "cannot be resumed: ")
        container.write(
            path, {k: v for k, v in arrays.items() if k != name}, document, kind="checkpoint"
        )
        refused(path, "cannot be resumed: ")


def test_a_file_that_is_no_checkpoint_is_refused(path: Path) -> None:
    fit(None).save(path)
    with pytest.raises(ModelFileError, match="is a numlp model, not a numlp checkpoint"):
        fit(path)
    path.write_text(json.dumps({"epoch": 3}))
    with pytest.raises(ModelFileError, match="looks like text"):
        fit(path)


def test_what_a_killed_writer_left_is_removed(path: Path) -> None:
    leftover = path.with_name(f".run.ckpt.{machine()}.0123456789abcdef.tmp")
    leftover.write_bytes(b"half")
    fit(path)
    assert [file.name for file in path.parent.iterdir()] == ["run.ckpt"]
