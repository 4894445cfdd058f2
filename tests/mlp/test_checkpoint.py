"""A run of MLPClassifier that is stopped and goes on ends as one that never was."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import CheckpointError, MLPClassifier
from numlp.storage import container

RNG = np.random.default_rng(0)
X = RNG.standard_normal((90, 4))
Y = np.array(["a", "b", "c"])[(X[:, 0] > 0) + (X[:, 1] * X[:, 2] > 0.3).astype(int)]
KEPT = ("loss_curve_", "n_iter_", "t_", "loss_", "best_loss_", "validation_scores_")
pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.ckpt"


def fit(path: Path | None, max_iter: int, *, X: Any = X, y: Any = Y, **changes: Any) -> Any:
    given = {k: changes.pop(k) for k in ("sample_weight", "X_val", "y_val") if k in changes}
    settings = {"hidden_layer_sizes": (6,), "random_state": 0, "batch_size": 20, **changes}
    clf = MLPClassifier(max_iter=max_iter, **settings)
    return clf.fit(X, y, checkpoint=path, checkpoint_every=0, **given)


def same(first: Any, second: Any) -> None:
    for a, b in zip(
        first.coefs_ + first.intercepts_, second.coefs_ + second.intercepts_, strict=True
    ):
        np.testing.assert_array_equal(a, b)
    for name in KEPT:
        assert getattr(first, name) == getattr(second, name), name


SETTINGS: list[dict[str, Any]] = [
    {},
    {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0.9},
    {"solver": "sgd", "momentum": 0.0, "shuffle": False},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1},
    {"early_stopping": True, "validation_fraction": 0.3},
    {"dropout": 0.2, "batch_norm": True},
    {"X_val": X[:30], "y_val": Y[:30]},
    {"sample_weight": np.arange(90.0), "class_weight": "balanced"},
    {"X": X.astype(np.float32), "warm_up": 3},
    {"y": (X[:, :2] > 0).astype(int)},
    {"y": Y == "a", "loss": "focal"},
]


@pytest.mark.parametrize("changes", SETTINGS)
def test_five_epochs_and_five_are_ten(changes: dict[str, Any], path: Path) -> None:
    assert fit(path, 5, **changes).n_iter_ == 5
    same(fit(path, 10, **changes), fit(None, 10, **changes))


@pytest.mark.filterwarnings("ignore:the net did not learn")  # a few epochs
@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_a_schedule_with_an_end_goes_on_to_the_same_end(schedule: str, path: Path) -> None:
    stop = {"callbacks": lambda epoch: epoch.number == 4}
    fit(path, 10, learning_rate=schedule, **stop)
    same(fit(path, 10, learning_rate=schedule), fit(None, 10, learning_rate=schedule))
    with pytest.raises(CheckpointError, match="max_iter was 10 and is 12"):
        fit(path, 12, learning_rate=schedule)


def test_sparse_rows_go_on(path: Path) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    rows = sparse.csr_array(np.where(X > 0.5, X, 0))
    fit(path, 5, X=rows)
    same(fit(path, 10, X=rows), fit(None, 10, X=rows))
    with pytest.raises(CheckpointError, match=r"column '\(sparse\)' has other cells"):
        fit(path, 10, X=rows * 2)


@pytest.mark.filterwarnings("ignore:the net did not learn")  # a tol to stop it soon
def test_a_run_that_had_ended_learns_nothing_more(path: Path) -> None:
    settings = {"tol": 1.0, "n_iter_no_change": 2}
    ended = fit(path, 50, **settings)
    assert ended.n_iter_ < 50
    same(fit(path, 50, **settings), ended)
    same(fit(path, ended.n_iter_, **settings), ended)


def test_without_a_seed_it_goes_on_with_the_numbers_it_had(path: Path) -> None:
    fit(path, 5, random_state=None)
    between = path.read_bytes()
    first = fit(path, 10, random_state=None)
    path.write_bytes(between)
    same(fit(path, 10, random_state=None), first)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"alpha": 0.1}, "alpha was 0.0001 and is 0.1"),
        ({"hidden_layer_sizes": (7,)}, r"hidden_layer_sizes was \[6\] and is \[7\]"),
        ({"X": X + np.eye(90, 4)}, "column '0' has other cells"),
        ({"X": X[:, :3]}, "column '3' is missing"),
        ({"y": Y[::-1]}, "the labels differ"),
        ({"X": X[:80], "y": Y[:80]}, "the table had 90 rows and has 80"),
        ({"sample_weight": np.arange(90.0)}, "the weights differ"),
        ({"X_val": X[:30], "y_val": Y[:30]}, "the validation rows differ"),
    ],
)
def test_other_rows_or_settings_are_named(changes: Any, message: str, path: Path) -> None:
    fit(path, 5)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=message):
        fit(path, 10, **changes)
    assert path.read_bytes() == before


def test_other_validation_rows_or_labels_are_not_gone_on_with(path: Path) -> None:
    fit(path, 5, X_val=X[:30], y_val=Y[:30])
    for rows, labels in ((X[1:31], Y[:30]), (X[:30], Y[60:])):
        with pytest.raises(CheckpointError, match="the validation rows differ"):
            fit(path, 10, X_val=rows, y_val=labels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"solver": "lbfgs"}, "not for 'lbfgs'"),
        ({"warm_start": True}, "choose one"),
        ({"random_state": np.random.RandomState(0)}, "needs a number or None"),
    ],
)
def test_a_run_that_no_file_can_hold_is_refused(changes: Any, message: str, path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        fit(path, 5, **changes)
    assert not path.exists()


def test_arrays_of_other_shapes_are_refused(path: Path) -> None:
    fit(path, 5, early_stopping=True, validation_fraction=0.3)
    document, arrays = container.read(path, kind="checkpoint")
    for name in arrays:
        for broken in ({name: arrays[name][:-1]}, {name: arrays[name].astype(bool)}):
            if all(np.array_equal(arrays[key], value) for key, value in broken.items()):
                continue
            container.write(path, {**arrays, **broken}, document, kind="checkpoint")
            with pytest.raises(CheckpointError, match="cannot be resumed"):
                fit(path, 10, early_stopping=True, validation_fraction=0.3)
