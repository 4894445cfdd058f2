"""Tasks of a round: pure, and their mean is weighted by rows."""

from dataclasses import replace

import numpy as np
import pytest

from numlp import ClusterError
from numlp.ensemble.recipe import RECIPES
from numlp.scale import rounds
from numlp.scale.ensemble import Plan
from numlp.scale.rounds import Parameters, Stretch, Task
from numlp.scale.shards import Shard, held_out_of, joined_held_out

from .test_shards import encoding_of, shards_of

ENCODING = encoding_of()
SHARDS = shards_of(ENCODING)
RECIPE = replace(
    RECIPES["balanced"], hidden=(8,), epochs=4, batch_size=32, n_bagged=5, n_refit=0, dropout=0.1
)
TASK = Task(RECIPE, ENCODING.table, 2, ENCODING.dealing, ENCODING.nets, 11)
FOLDS = np.concatenate([shard.folds for shard in SHARDS], axis=1)
START = rounds.start(TASK, np.concatenate([shard.X for shard in SHARDS]), FOLDS)
WHOLE = Stretch(2, 0, 0, 1)


def learned(parameters: Parameters = START, number: int = 1, part: Stretch = WHOLE) -> Parameters:
    return rounds.learn_stretch(TASK, number, parameters, part, SHARDS[part.shard])


def same(a: Parameters, b: Parameters) -> bool:
    return a.n_rows.tolist() == b.n_rows.tolist() and all(
        a.arrays[name].tobytes() == b.arrays[name].tobytes() for name in a.arrays
    )


def test_a_task_gives_the_same_bits_again_and_leaves_its_arguments_as_they_are() -> None:
    before = {name: array.copy() for name, array in START.arrays.items()}
    first = learned()
    assert same(first, learned())
    for name, array in before.items():
        np.testing.assert_array_equal(START.arrays[name], array)
    assert not np.array_equal(first.arrays["theta"], START.arrays["theta"])


def test_a_task_takes_arrays_that_may_not_be_written() -> None:
    # As Dask gives those that come from another worker.
    frozen = {name: array.copy() for name, array in START.arrays.items()}
    for array in frozen.values():
        array.flags.writeable = False
    assert same(learned(START._replace(arrays=frozen)), learned())


def test_another_round_or_part_learns_something_else() -> None:
    parts = [learned(), learned(number=2), learned(part=Stretch(2, 0, 0, 2)),
             learned(part=Stretch(2, 0, 1, 2)), learned(part=Stretch(0, 0, 0, 1))]  # fmt: skip
    thetas = {part.arrays["theta"].tobytes() for part in parts}
    assert len(thetas) == len(parts)


def test_a_net_learns_nothing_of_the_rows_that_it_holds_out() -> None:
    net = ENCODING.nets[0]
    shard = SHARDS[2]
    own = ENCODING.dealing.holds_out(net, shard.folds)
    assert own.any()
    X, y = shard.X.copy(), shard.y.copy()
    X[own], y[own] = 99.0, 1 - y[own]
    other = rounds.learn_stretch(TASK, 1, START, WHOLE, replace(shard, X=X, y=y))
    changed = np.any(other.arrays["theta"] != learned().arrays["theta"], axis=1)
    is_own = [net.fold == ENCODING.nets[0].fold for net in ENCODING.nets]
    assert changed.tolist() == [not own for own in is_own]


def test_a_stretch_without_rows_teaches_nothing() -> None:
    found = learned(part=Stretch(1, 0, 0, 1))
    assert not found.n_rows.any()
    assert found.arrays["theta"].tobytes() == START.arrays["theta"].tobytes()


def held_out_by(fold: int, n: int) -> Shard:
    """A shard of which net number ``fold`` holds out the first n rows, and another the others."""
    shard = SHARDS[2]
    folds = np.full_like(shard.folds, (fold + 1) % 5)
    folds[:, :n] = fold
    return replace(shard, folds=folds)


@pytest.mark.parametrize("n", [590, 585, 300])
def test_a_shard_that_a_net_holds_out_teaches_the_others_all_the_same(n: int) -> None:
    # As where each partition is of one group, or of one time.
    # In the second round: in the first the rate of learning starts from zero.
    shard = held_out_by(2, n)
    found = rounds.learn_stretch(TASK, 2, START, WHOLE, shard)
    by_fold = {2: 590 - n, 3: n}
    assert found.n_rows.tolist() == [by_fold.get(net.fold, 590) for net in TASK.nets]
    moved = np.abs(found.arrays["theta"] - START.arrays["theta"]).max(axis=1)
    assert ((moved > 0) == (found.n_rows > 0)).all()
    # What the others learn does not depend on how little is left for that net.
    usual = rounds.learn_stretch(TASK, 2, START, WHOLE, held_out_by(2, 590))
    others = [m for m, net in enumerate(TASK.nets) if net.fold not in (2, 3)]
    if n > 300:
        assert np.abs(found.arrays["theta"] - usual.arrays["theta"])[others].max() < 1e-6


def test_the_mean_is_weighted_by_the_rows_of_each_net() -> None:
    rng = np.random.default_rng(0)
    rows = np.array([[3000, 3, 700], [0, 12, 700], [0, 0, 0]])
    parts = [
        Parameters({"theta": rng.normal(size=(3, 5)).astype(np.float32)}, rng.random(3), n)
        for n in rows.T
    ]
    before = Parameters({"theta": np.ones((3, 5), np.float32)}, np.full(3, 0.5), rows[:, 0])
    found = rounds.average(before, *parts)
    for m in range(2):
        naive = np.average(
            [p.arrays["theta"][m].astype(float) for p in parts], axis=0, weights=rows[m]
        )
        np.testing.assert_allclose(found.arrays["theta"][m], naive, rtol=1e-6)
        loss = np.average([part.losses[m] for part in parts], weights=rows[m])
        assert found.losses[m] == pytest.approx(loss)
    # A net that had no row stays as it was.
    np.testing.assert_array_equal(found.arrays["theta"][2], 1)
    assert found.losses[2] == 0.5
    assert found.n_rows.tolist() == [3703, 712, 0]


def test_parts_without_rows_do_not_count_in_the_mean() -> None:
    nothing = learned(part=Stretch(1, 0, 0, 1))
    assert same(rounds.average(START, learned(), nothing), learned())
    for none in (rounds.average(START, nothing, nothing), rounds.average(START)):
        assert not none.n_rows.any()
        assert none.arrays["theta"].tobytes() == START.arrays["theta"].tobytes()


def test_nets_start_also_where_the_sample_has_rows_of_one_fold_alone() -> None:
    shard = held_out_by(2, 590)
    found = rounds.start(TASK, shard.X, shard.folds)
    assert np.isfinite(found.arrays["theta"]).all()


def test_the_stretches_of_a_pass_are_all_rows_once() -> None:
    plan = Plan(n_passes=2, n_replicas=3, stretch_rows=100, parts=[3, 0, 6, 1])
    for n_pass in range(2):
        numbers = range(n_pass * plan.rounds_a_pass + 1, (n_pass + 1) * plan.rounds_a_pass + 1)
        stretches = [s for number in numbers for s in plan.stretches(number, 5)]
        for shard in (0, 2, 3):
            rows = [s.rows(len(SHARDS[shard]), 5) for s in stretches if s.shard == shard]
            assert sorted(np.concatenate(rows)) == list(range(len(SHARDS[shard])))
        assert all(s.shard != 1 for s in stretches)
        assert all(len(plan.stretches(number, 5)) <= 4 for number in numbers)
    assert plan.stretches(1, 5) != plan.stretches(1 + plan.rounds_a_pass, 5)


def test_answers_are_the_mean_of_the_nets_that_hold_a_row_out() -> None:
    held = joined_held_out(*(held_out_of(shard, ENCODING) for shard in SHARDS))
    P = rounds.answer(TASK, START, held)
    assert P.shape == (2, 900, 2)
    np.testing.assert_allclose(P.sum(axis=2), 1, rtol=1e-5)
    # In parts of any size they are the same but for the last digits.
    parts = [rounds.answer(TASK, START, held_out_of(shard, ENCODING)) for shard in SHARDS]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), P, rtol=1e-4)
    # A row that no net of a band holds out has zeros.
    few = replace(TASK, nets=[net for net in TASK.nets if net.fold])
    own = [m for m, net in enumerate(TASK.nets) if net.fold]
    some = START._replace(arrays={name: rows[own] for name, rows in START.arrays.items()})
    answered = rounds.answer(few, some, held).sum(axis=2) > 0
    np.testing.assert_array_equal(answered[0], held.folds[0] != 0)


def test_each_task_looks_at_the_version() -> None:
    other = replace(TASK, version="0.0.1")
    held = held_out_of(SHARDS[0], ENCODING)
    for act in (
        lambda: rounds.start(other, SHARDS[0].X, SHARDS[0].folds),
        lambda: rounds.learn_stretch(other, 1, START, WHOLE, SHARDS[2]),
        lambda: rounds.answer(other, START, held),
    ):
        with pytest.raises(ClusterError, match=r"and this is numlp 0\.0\.1: install one version"):
            act()


def test_a_mean_of_means_is_the_mean_of_all() -> None:
    rng = np.random.default_rng(1)
    parts = [
        Parameters(
            {"theta": rng.normal(size=(2, 5)).astype(np.float32)},
            rng.random(2),
            rng.integers(0, 9, 2),
        )
        for _ in range(7)
    ]
    before = Parameters({"theta": np.zeros((2, 5), np.float32)}, np.zeros(2), np.zeros(2, np.int64))
    some = [rounds.average(before, *parts[a : a + 3]) for a in (0, 3, 6)]
    found, whole = rounds.average(before, *some), rounds.average(before, *parts)
    np.testing.assert_allclose(found.arrays["theta"], whole.arrays["theta"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.losses, whole.losses)
    assert found.n_rows.tolist() == whole.n_rows.tolist()
