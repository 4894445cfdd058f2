"""Tables of many numbers: their nets have half of the waves, which are not trained."""

import contextlib
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from numlp.data.samples import Samples
from numlp.ensemble.ensemble import Ensemble, share_rows
from numlp.ensemble.recipe import MANY_NUMBERS, RECIPES, Recipe, build_network, build_optimizer
from numlp.nn import FixedWaves, PeriodicEmbedding
from numlp.table.table import Table

N = 50
SMALL = Recipe(hidden=(6,), epochs=6, batch_size=16, n_folds=3, n_bagged=3, n_snapshots=3)
RNG = np.random.default_rng(0)
X = RNG.normal(0, 1, (N, MANY_NUMBERS + 1))
CODES = [f"w{i % 30}" for i in range(N)]
Y = (X[:, 0] + RNG.normal(0, 0.3, N) > 0).astype(np.intp)


def columns(n_numbers: int, codes: bool = False) -> dict[str, Any]:
    numbers = {f"x{j}": X[:, j].tolist() for j in range(n_numbers)}
    return numbers | ({"code": CODES} if codes else {})


def build(
    n_numbers: int, recipe: Recipe = SMALL, n_threads: int = 1, codes: bool = False
) -> Ensemble:
    table = Table.fit(columns(n_numbers, codes))
    samples = Samples(table.transform(columns(n_numbers, codes)), Y, None)
    members = share_rows(samples, 2, recipe, np.random.default_rng(0))
    return Ensemble(recipe, table, 2, samples, members, n_threads)


def embedding(network: Any) -> PeriodicEmbedding:
    (found,) = (layer for layer in network.layers if isinstance(layer, PeriodicEmbedding))
    return found


@pytest.mark.parametrize("quality", RECIPES)
@pytest.mark.parametrize(
    ("n_numbers", "trained", "n_frequencies"), [(24, PeriodicEmbedding, 16), (25, FixedWaves, 8)]
)
def test_of_more_than_24_numbers_half_of_the_waves_are_drawn_and_stay(
    quality: str, n_numbers: int, trained: type, n_frequencies: int
) -> None:
    table = Table.fit(columns(n_numbers))
    for trains, cls in ((True, trained), (False, PeriodicEmbedding)):
        found = embedding(build_network(RECIPES[quality], table, 2, trains=trains))
        assert type(found) is cls
        assert (found.n_numbers, found.n_frequencies) == (n_numbers, n_frequencies)


@pytest.mark.parametrize(("frequencies", "expected"), [(1, 1), (2, 1), (7, 4)])
def test_at_least_one_wave_is_left(frequencies: int, expected: int) -> None:
    recipe = replace(SMALL, frequencies=frequencies)
    network = build_network(recipe, Table.fit(columns(25)), 2)
    assert embedding(network).n_frequencies == expected


def test_waves_that_stay_are_neither_moved_nor_decayed() -> None:
    network = build_network(SMALL, Table.fit(columns(25)), 2, members=2, trains=True)
    groups = build_optimizer(SMALL, network).groups
    for layer, name, part in network.parameters:
        group = next(group for group in groups if part.start < group.stop)
        assert (group.lr == group.weight_decay == 0) == (name in layer.statistics), name


@pytest.mark.parametrize("codes", [False, True], ids=["numbers", "numbers and codes"])
@pytest.mark.parametrize(
    ("n_numbers", "trained", "n_frequencies"), [(24, PeriodicEmbedding, 16), (25, FixedWaves, 8)]
)
def test_the_model_says_what_the_nets_in_training_said(
    n_numbers: int, trained: type, n_frequencies: int, codes: bool
) -> None:
    ensemble = build(n_numbers, codes=codes)
    waves = [embedding(group.network) for group in ensemble._groups]
    assert {type(layer) for layer in waves} == {trained}
    before = [(layer.w.copy(), layer.b.copy()) for layer in waves]
    list(ensemble.epochs())
    stayed = [
        (layer.w == w).all() and (layer.b == b).all()
        for layer, (w, b) in zip(waves, before, strict=True)
    ]
    assert stayed == [trained is FixedWaves] * len(waves)
    last = ensemble.snapshots[-1]
    for band, P in last.P.items():
        shares = np.zeros(len(ensemble.predictions))
        shares[2 * len(ensemble.snapshots) - 2 + band] = 1
        network, _ = ensemble.mixed(shares)
        assert type(embedding(network)) is PeriodicEmbedding
        assert embedding(network).n_frequencies == n_frequencies
        own = network.predict(ensemble.samples.X)  # of the band's members, in their order
        members = [member for member in ensemble.members if member.band == band]
        expected = np.zeros((N, 2))
        for member, said in zip(members, own, strict=True):
            expected[member.held_out] = said[member.held_out]
        np.testing.assert_allclose(P, expected[ensemble.held_out], rtol=1e-5)


def test_waves_that_stay_have_the_frequencies_of_their_band() -> None:
    recipe = replace(SMALL, frequency_bands=((0.1, 0.1), (3.0, 3.0)), adapt=False)
    layer = embedding(build(25, recipe)._groups[0].network)
    spread = [float(w.std()) for w in layer.w]
    assert min(spread[3:]) > 5 * max(spread[:3])


@pytest.mark.parametrize("others", [1, 2])
def test_a_run_that_is_resumed_is_the_same(others: int) -> None:
    whole, first = build(25), build(25)
    list(whole.epochs())
    with contextlib.closing(first.epochs()) as epochs:
        for epoch in epochs:
            if epoch.number == 3:
                document, arrays = first.state()
                break
    resumed = build(25, n_threads=others)
    resumed.restore(json.loads(json.dumps(document)), arrays)
    list(resumed.epochs())
    expected = whole.snapshots[-1].theta
    assert resumed.snapshots[-1].theta.tobytes() == expected.tobytes()
