"""One seed makes one file, to the byte, with any number of threads of any kind."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from numlp import TabularClassifier

pytestmark = pytest.mark.filterwarnings("ignore:the net did not learn")

RNG = np.random.default_rng(0)
N = 600  # each of 6 nets holds out 300: more rows than are predicted at a time
X = RNG.standard_normal((N, 12)).round(3)  # wide enough for the last bits of products to differ
Y = np.digitize(X[:, 0] + RNG.normal(0, 0.3, N), [-0.5, 0.5])
WEIGHT = RNG.uniform(0.2, 3.0, N)

# Threads of ours, and of BLAS as the caller set them: an environment, a joblib worker, a context.
THREADS = [(1, 2), (2, 1), (3, 2), (5, 1)]


def classifier(**changes: Any) -> TabularClassifier:
    settings: dict[str, Any] = {
        "quality": "balanced", "epochs": 2, "ensemble_size": 6, "validation": 2, "random_state": 0,
    }  # fmt: skip
    return TabularClassifier(**(settings | changes))


def file_of(clf: TabularClassifier, blas: int, folder: Path, **given: Any) -> bytes:
    with threadpool_limits(blas, user_api="blas"):
        clf.fit(X, Y, **given).save(folder / "model.numlp")
    return (folder / "model.numlp").read_bytes()


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("settings", "given"),
    [
        ({}, {}),
        ({"metric": "balanced_accuracy", "class_weight": "balanced"}, {"sample_weight": WEIGHT}),
        ({"quality": "best", "epochs": 1, "hidden_layer_sizes": 16}, {}),
        ({"validation": 0.5}, {}),
    ],
    ids=["balanced", "weights", "best", "a share held out"],
)
def test_one_seed_makes_one_file_with_any_number_of_threads(
    settings: dict[str, Any], given: dict[str, Any], tmp_path: Path
) -> None:
    alone = file_of(classifier(n_jobs=1, **settings), 1, tmp_path, **given)
    for n_jobs, blas in THREADS:
        clf = classifier(n_jobs=n_jobs, **settings)
        assert file_of(clf, blas, tmp_path, **given) == alone, (n_jobs, blas)


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (2, 5)])
def test_a_run_that_is_resumed_with_other_threads_makes_the_same_file(
    before: int, after: int, tmp_path: Path
) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    given = {"checkpoint": tmp_path / "run.ckpt"}
    with pytest.raises(KeyboardInterrupt):
        file_of(classifier(n_jobs=before, callbacks=[stop]), 2, tmp_path, **given)
    resumed = file_of(classifier(n_jobs=after), 1, tmp_path, **given)
    assert resumed == file_of(classifier(n_jobs=1), 2, tmp_path)
