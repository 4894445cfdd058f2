"""The model does not depend on how many workers there are, nor on which of them is done first."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import TabularClassifier
from numlp.ensemble.judged import JudgedEnsemble
from numlp.nn import Epoch
from numlp.storage import container
from numlp.storage.stored_names import snapshot_array

from .clusters import cluster, linger
from .tables import bytes_of, dealt, plain, small, table

pytestmark = pytest.mark.timeout(200)


@pytest.fixture
def fit() -> Callable[..., TabularClassifier]:
    def fit(quality: str = "fast", more: dict[str, Any] | None = None, **to_fit: Any) -> Any:
        return small(quality, **more or {}).fit(dealt(table(), 5), "target", **to_fit)

    return fit


WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "weights": {"sample_weight": "weight"},
    "class weights": {"more": {"class_weight": "balanced"}},
    "both": {"sample_weight": "weight", "more": {"class_weight": {"yes": 3, "no": 1}}},
    "groups": {"groups": "who"},
    "time": {"time": "day"},
    "balanced": {"quality": "balanced"},
    "balanced, groups": {"quality": "balanced", "groups": "who", "sample_weight": "weight"},
    "balanced, time": {"quality": "balanced", "time": "day"},
    "one net for all": {"more": {"validation": 0.25}},
}


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("n_workers", "threads"), [(1, 1), (4, 1), (2, 2)], ids=["one", "four", "threads"]
)
def test_every_way_to_fit_gives_the_same_bits(
    shared_client: Any, fit: Callable[..., TabularClassifier], n_workers: int, threads: int
) -> None:
    with shared_client.as_current():
        usual = {name: bytes_of(fit(**way)) for name, way in WAYS.items()}
    assert len(set(usual.values())) == len(WAYS)
    with cluster(n_workers, threads_per_worker=threads):
        assert {name: bytes_of(fit(**way)) for name, way in WAYS.items()} == usual


def test_workers_that_are_done_in_another_order_change_nothing(
    shared_client: Any, fit: Callable[..., TabularClassifier]
) -> None:
    with shared_client.as_current():
        usual = bytes_of(fit(**WAYS["balanced"]))
    with cluster(3) as client:
        for seed, where in enumerate(client.run(int)):
            client.run(linger, seed, workers=[where])
        assert bytes_of(fit(**WAYS["balanced"])) == usual


@pytest.mark.usefixtures("client")
def test_a_run_that_goes_on_with_one_band_gives_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # That one band is better shows after more steps than a test can take.
    monkeypatch.setattr(JudgedEnsemble, "judge", lambda own: 1 if own.epoch < 10 else None)
    path = tmp_path / "run.ckpt"

    def fit(*callbacks: Any, **more: Any) -> bytes:
        clf = small("balanced", callbacks=callbacks)
        return bytes_of(clf.fit(dealt(plain(), 5), "target", **more))

    def stop(epoch: Epoch) -> None:
        if epoch.number == 6:
            raise KeyboardInterrupt

    usual = fit()
    with cluster(1):
        assert fit() == usual
    with pytest.raises(KeyboardInterrupt):
        fit(stop, checkpoint=path)
    document, arrays = container.read(os.fspath(path), kind="checkpoint")
    assert document["state"]["ensemble"]["bands"] == [1]
    # After a round each is still nearest to what it was itself, among the ten nets of before.
    apart = np.abs(arrays["theta"][:, None] - arrays[snapshot_array(0, "theta")]).mean(axis=2)
    assert apart.argmin(axis=1).tolist() == [5, 6, 7, 8, 9]
    assert fit(checkpoint=path) == usual
