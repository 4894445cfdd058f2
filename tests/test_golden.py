"""A model file of every format that was released opens, and answers what it did then."""

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import numlp
from numlp import container

GOLDEN = Path(__file__).with_name("golden")
# By format; tests/golden/make.py says how one is added. None is ever changed or removed.
CHECKSUMS = {1: "f4975621105b95d45b66991dd6a5ea8624cefab9661143b12ec8b02599cc8fad"}


@pytest.mark.parametrize("version", CHECKSUMS)
def test_a_model_file_of_the_past_opens_and_answers_what_it_did(version: int) -> None:
    path = GOLDEN / f"penguins-format{version}.numlp"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == CHECKSUMS[version]
    with path.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = json.loads(path.with_suffix(".json").read_text())
    X = {name: [row[name] for row in rows] for name in rows[0]}
    model = numlp.load(path)
    assert model.target == "species"
    assert model.classes.tolist() == expected["classes"]
    assert model.predict(X).tolist() == expected["labels"]
    assert set(expected["labels"]) == set(expected["classes"])
    # Another BLAS adds up in another order; these are 1e-6 from what float64 gives.
    np.testing.assert_allclose(model.predict_proba(X), expected["probabilities"], rtol=1e-5)


def test_there_is_a_golden_file_of_each_format_and_of_no_other() -> None:
    assert list(CHECKSUMS) == list(range(1, container.VERSION + 1))
    files = {f"penguins-format{v}{s}" for v in CHECKSUMS for s in (".numlp", ".csv", ".json")}
    kept = {path.name for path in GOLDEN.iterdir() if path.is_file()}
    assert kept == files | {"make.py"}


@pytest.mark.parametrize("version", CHECKSUMS)
def test_a_golden_file_says_its_format(version: int) -> None:
    head = container.head(GOLDEN / f"penguins-format{version}.numlp")
    assert (head.kind, head.version) == ("model", version)
