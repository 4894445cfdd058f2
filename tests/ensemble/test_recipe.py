"""The recipe: as the arguments ask, and for every kind of table it builds a net."""

import itertools
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from numlp import TabularClassifier
from numlp.ensemble.recipe import (
    RECIPES,
    Recipe,
    as_settings,
    build_network,
    build_optimizer,
    recipe_for,
    recipe_of,
)
from numlp.nn import CategoryEmbedding, Dense, Dropout, PeriodicEmbedding, Scale
from numlp.table.table import Table

N = 60
COLUMNS: dict[str, list[Any]] = {
    "number": [i / 7 for i in range(N)],
    "holed": [None if i % 5 == 0 else i / 3 for i in range(N)],
    "flag": ["a", "b"] * (N // 2),
    "code": [f"w{i % 30}" for i in range(N)],
    "other code": [f"v{i % 29}" for i in range(N)],
}
TABLES = {
    "numbers": ["number", "holed"],
    "flags": ["flag"],
    "codes": ["code", "other code"],
    "numbers and codes": ["number", "code"],
    "all": list(COLUMNS),
    "nothing": [],
}


def table(name: str) -> Table:
    return Table.fit({c: COLUMNS[c] for c in TABLES[name]} or {"constant": [1] * N})


@pytest.mark.parametrize("quality", RECIPES)
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("members", [1, 2])
def test_every_table_has_a_net(quality: str, name: str, members: int) -> None:
    fitted = table(name)
    network = build_network(RECIPES[quality], fitted, 4, members)
    assert (network.n_in, network.n_out, network.k) == (fitted.width, 4, members)
    rng = np.random.default_rng(0)
    network.init(rng.spawn(members))
    X = fitted.transform({c: COLUMNS[c] for c in TABLES[name]} or {"constant": [1] * N})
    y = np.arange(N) % 4
    optimizer = build_optimizer(RECIPES[quality], network)
    before = network.theta.copy()
    assert np.isfinite(network.loss_and_grad(X, y))
    optimizer.lr = 0.01
    optimizer.step(network.theta, network.grad)
    assert np.isfinite(network.theta).all()
    assert (network.theta != before).any()


def test_numbers_are_embedded_and_codes_looked_up_where_they_are() -> None:
    def kinds(name: str) -> list[type]:
        return [type(layer) for layer in build_network(RECIPES["balanced"], table(name), 2).layers]

    assert PeriodicEmbedding in kinds("numbers")
    assert CategoryEmbedding not in kinds("numbers")
    assert PeriodicEmbedding not in kinds("flags")
    assert kinds("all").index(CategoryEmbedding) < kinds("all").index(PeriodicEmbedding)


def test_each_part_can_be_left_out() -> None:
    bare = replace(RECIPES["balanced"], periodic_outputs=0, scale_lr=0, dropout=0, hidden=())
    assert [type(layer) for layer in build_network(bare, table("numbers"), 2).layers] == [Dense]
    network = build_network(replace(bare, hidden=(3, 5)), table("all"), 2)
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    assert [layer.n_out for layer in dense] == [3, 5, 2]
    assert not any(isinstance(layer, Scale | Dropout) for layer in network.layers)


@pytest.mark.parametrize("quality", RECIPES)
def test_more_rows_mean_larger_batches_and_never_more_epochs(quality: str) -> None:
    sizes = (2, 1000, 1500, 4000, 16_000, 64_000, 10**6, 10**8)
    recipes = [recipe_for(quality, n) for n in sizes]
    for few, many in itertools.pairwise(recipes):
        assert many.batch_size >= few.batch_size
        assert many.epochs <= few.epochs
    assert all(recipe.epochs >= 1 and recipe.n_bagged >= 1 for recipe in recipes)
    assert recipes[2] == recipes[3] == RECIPES[quality]
    assert (recipes[1] == RECIPES[quality]) == (quality != "fast")


def test_few_rows_are_held_out_a_tenth_at_a_time() -> None:
    assert (recipe_for("balanced", 499).n_folds, recipe_for("balanced", 499).n_bagged) == (10, 10)
    assert recipe_for("balanced", 500) == RECIPES["balanced"]
    assert recipe_for("best", 499) == RECIPES["best"]
    assert recipe_for("fast", 499) == recipe_for("fast", 500)


@pytest.mark.parametrize("n_rows", [3, 499, 500, 1499])
def test_of_few_rows_fast_has_ten_small_nets_that_hold_out_half(n_rows: int) -> None:
    recipe = recipe_for("fast", n_rows)
    assert (recipe.n_members, recipe.hidden, recipe.epochs) == (10, (64, 64), 96)
    assert (recipe.n_bagged, recipe.n_folds, recipe.n_refit) == (5, 10, 0)
    assert recipe.judged_at == ()
    changed = {"hidden": (96, 96), "epochs": 80, "n_bagged": 1}
    assert replace(recipe, **changed) == RECIPES["fast"]


def test_of_more_rows_fast_has_two_larger_nets_that_hold_out_a_tenth() -> None:
    for recipe in (recipe_for("fast", 1500), recipe_for("fast", 4000)):
        assert (recipe.n_members, recipe.hidden, recipe.epochs) == (2, (96, 96), 80)
        assert (recipe.n_bagged, recipe.n_folds, recipe.n_refit) == (1, 10, 0)


@pytest.mark.parametrize("quality", RECIPES)
@pytest.mark.parametrize("n", [1, 2, 3, 8, 15])
def test_an_ensemble_has_as_many_nets_as_were_asked_for(quality: str, n: int) -> None:
    recipe = RECIPES[quality].with_members(n)
    assert (recipe.n_members, recipe.n_refit) == (n, 0)


def test_the_settings_are_json() -> None:
    for recipe in (*RECIPES.values(), Recipe(epoch_rows=10)):
        settings = as_settings(recipe)
        assert json.loads(json.dumps(settings))["hidden"] == list(recipe.hidden)
        assert json.loads(json.dumps(settings))["epoch_rows"] == recipe.epoch_rows


# Of arguments


DEFAULTS = TabularClassifier().get_params()
COUNTS = np.array([60, 40])


def found(counts: Any = COUNTS, **params: Any) -> Recipe:
    return recipe_of(DEFAULTS | {"quality": "fast"} | params, np.array(counts))


@pytest.mark.parametrize("quality", RECIPES)
def test_by_default_it_is_the_recipe_of_the_quality(quality: str) -> None:
    assert found(quality=quality) == recipe_for(quality, 100)


def test_widths_and_epochs_are_as_asked() -> None:
    recipe = found(hidden_layer_sizes=7, epochs=3)
    assert (recipe.hidden, recipe.epochs) == ((7,), 3)
    assert found([10**6, 10**6], epochs=3).epochs == 3  # and not cut as usual for many rows
    assert found(hidden_layer_sizes=[3, np.int64(4)]).hidden == (3, 4)


def shares(recipe: Recipe) -> tuple[int, int, int]:
    assert recipe.n_members == (recipe.n_bagged + recipe.n_refit) * len(recipe.frequency_bands)
    return recipe.n_folds, recipe.n_members - recipe.n_refit, recipe.n_refit


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"ensemble_size": 1, "quality": "balanced"}, (10, 1, 0)),  # of few rows
        ({"ensemble_size": 7, "quality": "balanced"}, (10, 7, 0)),
        ({"validation": 0.2}, (5, 1, 1)),
        ({"validation": 0.2, "ensemble_size": 1}, (5, 1, 0)),
        ({"validation": 0.2, "ensemble_size": 6}, (5, 1, 5)),
        ({"validation": 0.5}, (2, 1, 1)),
        ({"validation": 0.33}, (3, 1, 1)),
        ({"validation": 0.1, "quality": "balanced"}, (10, 1, 1)),
        ({"validation": 7, "ensemble_size": 14}, (7, 14, 0)),
        ({"validation": 7, "ensemble_size": 14, "quality": "balanced"}, (7, 14, 0)),
        ({"validation": 100, "ensemble_size": 3}, (100, 3, 0)),  # as many folds as rows
        ({"validation": 1000, "ensemble_size": 3}, (100, 3, 0)),
        ({"validation": 1e-320}, (100, 1, 1)),
    ],
)
def test_rows_are_held_out_as_asked(params: dict[str, Any], expected: tuple[int, int, int]) -> None:
    assert shares(found(**params)) == expected


@pytest.mark.parametrize(
    ("counts", "n_folds"), [([2, 1], 2), ([2, 0, 1], 2), ([2, 2], 4), ([1, 1, 3], 3), ([9, 1], 5)]
)
def test_there_are_no_more_folds_than_rows_to_deal(counts: list[int], n_folds: int) -> None:
    assert found(counts, quality="balanced", validation=5).n_folds == n_folds
