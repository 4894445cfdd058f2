"""Valid model files that declare more than they hold, opened and asked with little memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from numlp import Model, nn
from numlp.errors import DataError
from numlp.models.classes import MAX_WIDTH, classes_from_state
from numlp.table.table import Table

PROGRAM = Path(__file__).parents[1] / "programs" / "model_bombs.py"
REFUSED = {
    "words of 6": "a text has 32,769 words, and 32,768 are allowed",
    "words of 500": "the words of a text take 16,416,767 bytes",
    "a name of 1 MB": "the names of the features have 20,000,000,000 characters",
    "wide layers without weights": "the layers take ",
    "4001 layers": "4,001 layers, and 4,000 are allowed",
    "a net of too many layers": "16,001 layers, and 4,000 are allowed",
}


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on memory")
@pytest.mark.heavy
def test_opening_takes_the_file_its_net_and_50_mb_and_asking_a_block_more() -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # each thread takes memory of its own
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert len(report) > 20
    for name, said in report.items():
        assert said.startswith(REFUSED.get(name, "opened")), (name, said)


def test_labels_declared_too_wide_are_objects_and_others_stay_as_they_were() -> None:
    narrow = classes_from_state({"dtype": f"<U{MAX_WIDTH}", "values": ["a", "b"]})
    assert narrow.dtype == np.dtype(f"<U{MAX_WIDTH}")
    wide = classes_from_state({"dtype": f"<U{MAX_WIDTH + 1}", "values": ["a", "b"]})
    assert wide.dtype == object
    assert wide.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="does not fit"):
        classes_from_state({"dtype": "<U1", "values": ["a", "bb"]})


def test_a_wide_table_is_answered_in_blocks_as_in_one_piece(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    X = {"w": [f"v{i % 40}" for i in range(200)], "x": rng.normal(size=200)}
    table = Table.fit(X, {"w": "category"}, one_hot_max=50)
    net = nn.mlp([table.width, 4, 3], activation="relu")
    net.init(rng)
    model = Model(table, net, np.array(["a", "b", "c"]))
    asked = {"w": [*X["w"], "new", None], "x": [*X["x"], 0.5, 1.0]}
    whole, notes = model.predict_proba(asked, told := []), told
    answers = model.predict(asked, []).tolist()
    monkeypatch.setattr("numlp.models.fitted_model.BLOCK_BYTES", 64 * table.width * 8)
    assert model.block_rows == 64
    np.testing.assert_allclose(model.predict_proba(asked, later := []), whole, rtol=1e-5)
    assert later == notes
    assert model.predict(asked, []).tolist() == answers


def test_a_table_whose_features_have_too_long_names_is_refused_before_training() -> None:
    words = [f"v{i % 20}" for i in range(60)]
    table = Table.fit({"N" * 2_000_000: words}, one_hot_max=30)
    model = Model(table, nn.mlp([table.width, 2]), np.array(["a", "b"]))
    with pytest.raises(DataError, match="the names of the features have 40,000,000 characters"):
        model.check_savable()
