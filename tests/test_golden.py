"""Files of the past open and answer what they did then, or are refused by name."""

import csv
import hashlib
import io
import json
import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp import CheckpointError
from numlp.models.opening import facts_of_file
from numlp.storage import container

from .golden import make

GOLDEN = Path(__file__).with_name("golden")
# tests/golden/make.py says how one is added.  None is ever changed or removed.
CHECKSUMS = {
    "penguins-format1.numlp": "f4975621105b95d45b66991dd6a5ea8624cefab9661143b12ec8b02599cc8fad",
    "visits-format1.numlp": "bab3b5f6285b4116ce85ed3339cdc63c2e4baf920474773b6b11abf19d097617",
    "orders-format2.numlp": "5b6987349eeee2cf39fac1fd16e9e01cc798977fd8f25385d9739644104ec7b7",
    "reviews-format2.numlp": "14cce4e0e34bfa87f13d80b9655c780018009c36143fa588bbe48c2707817546",
    "invoices-format2.numlp": "44cc1ee5d40b5a67be5e1a0c65a9b800f9edc21b5fb77610a3392dcd2e1b95c8",
    "letters-format2.numlp": "cbeb05d6af05fcacd6e80f19b08c8856bfab4f7ebf2e4792de79d06f688c9159",
    "net-two-format1.numlp": "30dba2234bf9cd35d53c1adebc8bbec62688cb2bfc1e68e1acce0aa3c05e66e8",
    "net-many-format1.numlp": "6d0375b5587b2c8eb7e63d75a263a319d6f4da0d60ad280749e09119e07d0400",
    "net-several-format1.numlp": "001de8d08d543d924bda6b20c4276d0a9c120de9c117ccd0c50fb31d9e49be82",
    "tabular-0.1.0.ckpt": "3f56d7493810361b0482288dbcefffbfba00941a4eedd792a04c7173ab4a2298",
    "net-0.1.0.ckpt": "335471a4f29506adb3c3648201b0c5ae8c22ec64bc01a65256f8d38f49e20371",
    "tabular-0.2.0.dev0.ckpt": "8a3bfb39cbe93486e74761b6cf98d136d52edaa0b1e1ea4308adbfb4c68b572b",
    "net-0.2.0.dev0.ckpt": "9aed56e62357ac032230cd8647bb0fab14c6f1d57ad518c8433a3176bc0770f5",
    "tabular-0.2.0.dev1.ckpt": "c5a84267ae32ee839259ab9e5c9198895b9cc49294123e8875e8d292b617c10a",
    "net-0.2.0.dev1.ckpt": "f9427b76558eba51da10814842842e962177ce9f91a0c594217dc7851795684d",
    "tabular-0.2.0.ckpt": "ad229ee55a3eb57b0752f3500017a1cc9b6e282e7b66a6a24b61688ccb939b51",
    "net-0.2.0.ckpt": "8dfb52fecb9aa05373217d308cd8f8e4ff8ea39262911680ceea582555fa8ce0",
    "tabular-0.1.0.pickle": "26e81c25f9f872bd6d87fb8dcdebce3e15bdd715fb49bd6d61eca1394f20c5a7",
    "net-0.1.0.pickle": "5ec70d9e081e456de23f544a86c958476ed8e98d1bfecb79181cc956cf09cd8f",
    "tabular-0.2.0.pickle": "547923c796072c800f835fdc668d2d21bc4218f5c1321fa5fbec77514feffc91",
    "net-0.2.0.pickle": "0f948d35b2d362e2de7c676185a9056b808fa6ff01f3c8495e3d75a3c10352ac",
}
TABLES = [
    name
    for name in CHECKSUMS
    if re.match("(penguins|visits|orders|reviews|invoices|letters)-", name)
]
NETS = [name for name in CHECKSUMS if re.match("net-.*numlp", name)]
CHECKPOINTS = [name for name in CHECKSUMS if name.endswith(".ckpt")]
PICKLES = [name for name in CHECKSUMS if name.endswith(".pickle")]
VERSION = numlp.__version__
OWN = f"-{VERSION}.ckpt"


def answers(name: str) -> dict[str, Any]:
    path = GOLDEN / name
    path = path.with_suffix(".ckpt.json" if path.suffix == ".ckpt" else ".json")
    return dict(json.loads(path.read_text()))


@pytest.mark.parametrize("name", CHECKSUMS)
def test_a_golden_file_is_what_it_was(name: str) -> None:
    assert hashlib.sha256((GOLDEN / name).read_bytes()).hexdigest() == CHECKSUMS[name]


def test_every_golden_file_is_listed() -> None:
    kept = {
        path.name for path in GOLDEN.iterdir() if path.suffix not in (".json", ".csv", ".py", "")
    }
    assert kept == set(CHECKSUMS)


@pytest.mark.filterwarnings("ignore:some cells are unlike those of training")
@pytest.mark.parametrize("name", TABLES)
def test_a_model_of_a_table_answers_what_it_did(name: str) -> None:
    with (GOLDEN / name).with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = answers(name)
    X = {column: [row[column] for row in rows] for column in rows[0]}
    model: Any = numlp.load(GOLDEN / name)
    assert model.target == ("species" if name.startswith("penguins") else "outcome")
    assert model.classes.tolist() == expected["classes"]
    assert model.predict(X).tolist() == expected["labels"]
    assert set(expected["labels"]) == set(expected["classes"])
    # Another BLAS adds up in another order; these are 1e-6 from what float64 gives.
    np.testing.assert_allclose(model.predict_proba(X), expected["probabilities"], rtol=1e-5)
    if "sets" in expected:
        assert model.predict_set(X, 0.8).tolist() == expected["sets"]


def test_the_files_of_format_2_have_all_that_is_new_in_it() -> None:
    names = ("orders", "invoices", "letters")
    models: list[Any] = [numlp.load(GOLDEN / f"{name}-format2.numlp") for name in names]
    orders, invoices, letters = models
    told = [entry.asked_as for entry in orders.table.encoders]
    size = 'ordered:S,M,L,"XL, wide"'
    assert told == ["date:%d.%m.%Y", "date:excel", "date:%Y%m%d", size]
    written = [getattr(encoder, "written", None) for encoder in invoices.table.encoders]
    assert written == [{"decimal": ",", "unit": unit} for unit in ("EUR", "%", "", "%")] + [None]
    tags = [encoder.tag for encoder in invoices.table.encoders]
    assert tags == ["number", "number", "number", "pair", "vector"]
    assert letters.table.encoders[0].reading is not None
    assert letters.info["held_out"]["by"] == "group"


@pytest.mark.parametrize("name", NETS)
def test_a_net_answers_what_it_did(name: str) -> None:
    expected = answers(name)
    clf: Any = numlp.load(GOLDEN / name)
    assert type(clf) is numlp.MLPClassifier
    assert clf.classes_.tolist() == expected["classes"]
    assert clf.predict(expected["X"]).tolist() == expected["labels"]
    np.testing.assert_allclose(
        clf.predict_proba(expected["X"]), expected["probabilities"], rtol=1e-9
    )
    assert clf.loss_curve_ == expected["loss_curve"]


@pytest.mark.parametrize("name", [*TABLES, *NETS])
def test_there_are_golden_files_of_each_format_and_of_no_other(name: str) -> None:
    assert container.VERSION == 2, "add a set of files of the new format"
    head = container.head(GOLDEN / name)
    version = int(name.removesuffix(".numlp")[-1])
    assert (head.kind, head.version) == ("model" if name in TABLES else "mlp", version)


def run(name: str, path: Path) -> Any:
    """Go on from a checkpoint to the end of its run."""
    kept = path / name
    kept.write_bytes((GOLDEN / name).read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name.startswith("tabular"):
            columns, labels, asked = make.penguin_rows()
            clf = make.tabular_run().fit(columns, labels, checkpoint=kept)
            return clf.predict_proba(asked)
        _, y, arguments = make.net_cases()[1]
        X = make.net_rows()
        net = make.net(**{**arguments, "max_iter": make.EPOCHS}).fit(X, y, checkpoint=kept)
        return net.predict_proba(X[::9])


@pytest.mark.parametrize("name", [name for name in CHECKPOINTS if name.endswith(OWN)])
def test_a_checkpoint_of_this_version_is_resumed_to_the_same_end(name: str, tmp_path: Path) -> None:
    np.testing.assert_allclose(run(name, tmp_path), answers(name)["probabilities"], rtol=1e-3)


@pytest.mark.parametrize("name", [name for name in CHECKPOINTS if not name.endswith(OWN)])
def test_a_checkpoint_of_another_version_is_refused_by_name(name: str, tmp_path: Path) -> None:
    version = name.partition("-")[2].removesuffix(".ckpt")
    told = f"made by numlp {version}, and this is numlp {VERSION}"
    with pytest.raises(CheckpointError, match=re.escape(told)):
        run(name, tmp_path)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_what_a_checkpoint_holds_is_told_whatever_its_version(name: str) -> None:
    told = facts_of_file(GOLDEN / name)
    assert told["kind"] == "checkpoint"
    assert told["epoch"] == make.STOPPED + name.startswith("tabular")
    assert told["rows"] == (344 if name.startswith("tabular") else 90)


@pytest.mark.parametrize("name", [name for name in PICKLES if "-0.1." in name])
def test_a_pickle_from_before_the_modules_moved_says_what_to_do(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"A pickle of numlp 0\.1 opens with numlp 0\.1"):
        pickle.loads((GOLDEN / name).read_bytes())  # noqa: S301 - our own


@pytest.mark.filterwarnings("ignore:some cells are unlike those of training")
@pytest.mark.parametrize("name", [name for name in PICKLES if "-0.1." not in name])
def test_a_pickle_that_opens_answers_as_the_file_that_it_saves(name: str) -> None:
    clf = pickle.loads((GOLDEN / name).read_bytes())  # noqa: S301 - our own
    X = make.penguin_rows()[2] if name.startswith("tabular") else make.net_rows()[::9]
    file = io.BytesIO()
    clf.save(file)
    opened: Any = numlp.load(file.getvalue())
    np.testing.assert_array_equal(opened.predict_proba(X), clf.predict_proba(X))
    assert len(set(clf.predict(X).tolist())) > 1


def test_both_classifiers_have_a_checkpoint_of_this_version() -> None:
    own = [name for name in CHECKPOINTS if name.endswith(OWN)]
    assert len(own) == 2, "run tests/golden/make.py"
