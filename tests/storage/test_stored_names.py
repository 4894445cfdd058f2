"""Files keep the names that they always had, whatever the code calls a thing."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import TabularClassifier, load
from numlp.ensemble.recipe import RECIPES, Recipe, as_settings
from numlp.storage import container
from numlp.storage.stored_names import RECIPE, from_stored, to_stored

X = np.random.default_rng(0).normal(size=(80, 2))
Y = np.where(X[:, 0] > 0, "yes", "no")
NAMES = [
    "hidden", "activation", "epochs", "batch_size", "epoch_rows", "n_folds", "n_bagged", "n_refit",
    "n_checkpoints", "learning_rate", "weight_decay", "dropout", "label_smoothing", "n_waves",
    "few_as_flags", "one_hot_max", "periodic_outputs", "frequencies", "waves", "judged_at",
    "drop_gains", "end_gain", "scale_lr", "embedding_width", "adapt", "mixture", "temperature",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stored")
    clf = TabularClassifier("fast", epochs=4, random_state=0, callbacks=[stop])
    clf.fit(X, Y, checkpoint=folder / "run.ckpt").save(folder / "model.numlp")
    return folder


def stop(epoch: Any) -> bool:
    return bool(epoch.number == 3)


def test_the_recipe_of_a_model_file_has_its_names_in_their_order(folder: Path) -> None:
    model: Any = load(folder / "model.numlp")
    assert list(model.info["recipe"]) == NAMES
    assert model.info["recipe"]["waves"] == [[0.1, 0.1], [1.0, 1.0]]


def test_the_state_of_a_run_has_its_names(folder: Path) -> None:
    document, arrays = container.read(folder / "run.ckpt", kind="checkpoint")
    names = ["epochs", "epoch_rows", "n_checkpoints", "n_members", "word_share"]
    assert list(document["state"]["cut"]) == names
    taken = document["state"]["ensemble"]["checkpoints"]
    assert taken == [1, 2, 3]
    own = {f"checkpoint.{i}.{what}" for i in range(len(taken)) for what in ("theta", "P")}
    assert own <= arrays.keys()
    assert {name for name in arrays if name.startswith("checkpoint.")} == own


@pytest.mark.parametrize("quality", RECIPES)
def test_what_was_stored_is_read_back(quality: str) -> None:
    recipe = RECIPES[quality]
    assert list(as_settings(recipe)) == NAMES
    assert from_stored(to_stored(vars(recipe))) == vars(recipe)
    assert Recipe(**from_stored(to_stored(vars(recipe)))) == recipe


def test_every_name_of_the_code_is_one_of_the_recipe_and_no_stored_name_is() -> None:
    names = {field.name for field in fields(Recipe)}
    assert RECIPE.keys() <= names
    assert not set(RECIPE.values()) & names
