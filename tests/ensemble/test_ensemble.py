"""An ensemble: who learns from which rows, and what is kept of the run."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import threadpoolctl

from numlp.data.samples import Samples
from numlp.ensemble import ensemble as module
from numlp.ensemble import group as group_module
from numlp.ensemble import judged, shares
from numlp.ensemble.bands import mixture_loss
from numlp.ensemble.ensemble import Ensemble, Snapshot, measure_speed, share_rows
from numlp.ensemble.recipe import Recipe, build_network
from numlp.metrics.scores import losses
from numlp.nn import DivergenceError, Epoch, train
from numlp.table.table import Table

SMALL = Recipe(hidden=(6,), epochs=6, batch_size=16, n_folds=3, n_bagged=3, n_snapshots=3,
               frequency_bands=((0.1, 0.1),))  # fmt: skip
TWO_KINDS = replace(SMALL, frequency_bands=((0.1, 0.1), (1.0, 1.0)))
N = 50
RNG = np.random.default_rng(0)
X = RNG.normal(0, 1, (N, 2))
Y = (X[:, 0] + RNG.normal(0, 0.3, N) > 0).astype(np.intp)
TABLE = Table.fit(X)
SAMPLES = Samples(TABLE.transform(X), Y, None)


def build(recipe: Recipe = SMALL, n_threads: int = 1, **changes: Any) -> Ensemble:
    samples = replace(SAMPLES, **changes)
    members = share_rows(samples, 2, recipe, np.random.default_rng(0))
    return Ensemble(recipe, TABLE, 2, samples, members, n_threads)


# Shares


@pytest.mark.parametrize("recipe", [SMALL, TWO_KINDS], ids=["one kind", "two kinds"])
def test_each_row_is_held_out_by_one_net_of_each_band(recipe: Recipe) -> None:
    members = share_rows(SAMPLES, 2, recipe, np.random.default_rng(0))
    assert len(members) == recipe.n_members
    for band in range(len(recipe.frequency_bands)):
        own = [member for member in members if member.band == band]
        assert sorted(np.concatenate([m.held_out for m in own])) == list(range(N))
    for member in members:
        assert sorted([*member.training, *member.held_out]) == list(range(N))


def test_more_nets_than_folds_part_the_rows_anew() -> None:
    members = share_rows(SAMPLES, 2, replace(SMALL, n_bagged=6), np.random.default_rng(0))
    for round_ in (members[:3], members[3:]):
        assert sorted(np.concatenate([m.held_out for m in round_])) == list(range(N))
    assert members[0].held_out.tolist() != members[3].held_out.tolist()


def test_refitted_nets_learn_from_all_rows() -> None:
    members = share_rows(
        SAMPLES, 2, replace(SMALL, n_bagged=1, n_refit=2), np.random.default_rng(0)
    )
    assert [len(m.held_out) > 0 for m in members] == [True, False, False]
    assert all(m.training.tolist() == list(range(N)) for m in members[1:])


def test_with_very_many_classes_nets_are_asked_for_a_part_of_the_rows_they_hold_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = share_rows(SAMPLES, 2, TWO_KINDS, np.random.default_rng(0))
    monkeypatch.setattr(shares, "SNAPSHOT_BYTES", 4 * 2 * 2 * 20)  # of 20 rows
    members = share_rows(SAMPLES, 2, TWO_KINDS, np.random.default_rng(0))
    for first in (0, 3):  # of each band
        asked = np.concatenate([m.held_out for m in members[first : first + 3]])
        # The matrix's own size may be more.
        assert len(set(asked)) == len(asked) == max(20, SAMPLES.X.nbytes // 16) < N
    for member, usual in zip(members, whole, strict=True):
        assert len(member.training) + 2 >= len(usual.training)  # no row is lost for learning
        assert not set(member.training) & set(member.held_out)
    ensemble = Ensemble(TWO_KINDS, TABLE, 2, SAMPLES, members, 2)
    *_, last = ensemble.epochs()
    assert last.validation_loss is not None
    assert [P.shape for P in ensemble.predictions] == [(len(asked), 2)] * 2


def test_a_class_of_one_row_is_learned_from_by_all() -> None:
    samples = Samples(TABLE.transform(np.vstack([X, X[:1]])), np.append(Y, 2), None)
    for member in share_rows(samples, 3, SMALL, np.random.default_rng(0)):
        assert N in member.training


def test_each_net_has_random_numbers_of_its_own() -> None:
    members = share_rows(SAMPLES, 2, SMALL, np.random.default_rng(0))
    assert len({float(m.rng.random()) for m in members}) == 3


# Training


def answers(ensemble: Ensemble, snapshot: Snapshot) -> Any:
    """What each member that trained said of all rows, (n_members, n, 2)."""
    network = build_network(ensemble.recipe, TABLE, 2, len(snapshot.theta), trains=True)
    for m, theta in enumerate(snapshot.theta):
        network.set_member(m, theta)
    return network.predict(ensemble.samples.X)


def test_a_net_never_trains_on_the_rows_it_holds_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    orders = group_module.MemberGroup._orders

    def spied(group: Any) -> Iterator[Any]:
        for order in orders(group):
            seen.append((group.members, order.copy()))  # its memory is used again
            yield order

    monkeypatch.setattr(group_module.MemberGroup, "_orders", spied)
    list(build(replace(SMALL, n_refit=2, epochs=30), n_threads=2).epochs())
    visited: dict[int, set[int]] = {}
    for members, order in seen:
        for member, rows in zip(members, order, strict=True):
            assert not set(rows) & set(member.held_out)
            assert len(set(rows)) == len(rows)
            visited.setdefault(id(member), set()).update(rows.tolist())
    whole = sorted(len(rows) for rows in visited.values())
    assert whole == [33, 33, 34, 50, 50]  # all they have, though no epoch has more than 33 rows


def test_held_out_probabilities_are_of_the_nets_that_held_out() -> None:
    for recipe in (SMALL, TWO_KINDS, replace(SMALL, n_bagged=5, n_refit=1)):
        ensemble = build(recipe, n_threads=2)
        list(ensemble.epochs())
        snapshot = ensemble.snapshots[-1]
        for band, P in snapshot.P.items():
            expected = np.zeros((N, 2))
            times = np.zeros((N, 1))
            for member, own in zip(ensemble.members, answers(ensemble, snapshot), strict=True):
                if member.band == band:
                    expected[member.held_out] += own[member.held_out]
                    times[member.held_out] += 1
            np.testing.assert_allclose(P, (expected / np.maximum(times, 1))[ensemble.held_out],
                                       rtol=1e-5)  # fmt: skip


def test_rows_no_net_holds_out_are_not_among_those_held_out() -> None:
    ensemble = build(replace(SMALL, n_bagged=2))
    list(ensemble.epochs())
    assert len(ensemble.held_out) == len(ensemble.snapshots[0].P[0]) < N
    held = np.concatenate([member.held_out for member in ensemble.members])
    assert ensemble.held_out.tolist() == sorted(held)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_blas_has_one_thread_while_nets_train_and_as_many_as_before_afterwards(
    n_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def threads_of_blas() -> set[int]:
        pools = threadpoolctl.threadpool_info()
        return {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"}

    seen = []

    def spied(*args: Any, **kwargs: Any) -> Iterator[Epoch]:
        for epoch in train(*args, **kwargs):
            seen.append(threads_of_blas())
            yield epoch

    monkeypatch.setattr(group_module, "train", spied)
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        assert threads_of_blas() == {2}  # so threadpoolctl knows the BLAS of this NumPy
        list(build(n_threads=n_threads).epochs())
        assert threads_of_blas() == {2}
    assert seen
    assert all(found == {1} for found in seen)


@pytest.mark.parametrize("n_threads", [2, 3, 8])
def test_threads_change_no_bit(n_threads: int) -> None:
    recipe = replace(TWO_KINDS, n_bagged=4, n_refit=1)
    one, many = build(recipe), build(recipe, n_threads)
    for ensemble in (one, many):
        list(ensemble.epochs())
    for a, b in zip(one.snapshots, many.snapshots, strict=True):
        assert a.P.keys() == b.P.keys()
        assert np.array([*a.P.values()]).tobytes() == np.array([*b.P.values()]).tobytes()
    shares = np.full(len(one.predictions), 1 / len(one.predictions))
    networks = [ensemble.mixed(shares)[0] for ensemble in (one, many)]
    assert networks[0].theta.tobytes() == networks[1].theta.tobytes()


def test_what_one_net_learns_does_not_depend_on_the_others() -> None:
    recipe = replace(SMALL, epoch_rows=32)
    whole = build(recipe)
    list(whole.epochs())
    members = share_rows(SAMPLES, 2, recipe, np.random.default_rng(0))
    alone = Ensemble(recipe, TABLE, 2, whole.samples, members[1:2], 1)
    list(alone.epochs())
    theta = whole.snapshots[-1].theta[1]
    assert alone.snapshots[-1].theta[0].tobytes() == theta.tobytes()


def test_the_nets_of_each_band_start_with_frequencies_of_their_own() -> None:
    ensemble = build(replace(TWO_KINDS, frequency_bands=((0.1, 0.1), (3.0, 3.0)), adapt=False))
    network = ensemble._groups[0].network
    spread = [float(layer.w[m].std()) for layer in network.layers[:1] for m in range(6)]
    assert min(spread[3:]) > 5 * max(spread[:3])


# Snapshots


@pytest.mark.parametrize(
    ("epochs", "n", "expected"),
    [(6, 3, [2, 4, 6]), (6, 6, [1, 2, 3, 4, 5, 6]), (5, 2, [3, 5]), (4, 9, [1, 2, 3, 4]),
     (7, 1, [7])],
)  # fmt: skip
def test_snapshots_are_spread_over_the_run(epochs: int, n: int, expected: list[int]) -> None:
    ensemble = build(replace(SMALL, epochs=epochs, n_snapshots=n))
    run = list(ensemble.epochs())
    assert [s.epoch for s in ensemble.snapshots] == expected
    assert [epoch.number for epoch in run] == list(range(1, epochs + 1))
    assert run[-1].validation_loss is not None
    assert [e.validation_loss is None for e in run] == [e.number < expected[0] for e in run]


def test_a_run_that_is_left_keeps_what_there_is() -> None:
    ensemble = build(replace(SMALL, n_snapshots=1))
    with contextlib.closing(ensemble.epochs()) as epochs:
        next(epochs)
        next(epochs)
    assert [s.epoch for s in ensemble.snapshots] == [2]
    ensemble = build()
    with contextlib.closing(ensemble.epochs()) as epochs:
        for epoch in epochs:
            if epoch.number == 4:
                break
    assert [s.epoch for s in ensemble.snapshots] == [2, 4]  # the last not twice


def test_snapshots_are_copies() -> None:
    ensemble = build()
    list(ensemble.epochs())
    first, last = ensemble.snapshots[0], ensemble.snapshots[-1]
    assert first.theta[0].tobytes() != last.theta[0].tobytes()
    assert last.theta[0].tobytes() == ensemble._groups[0].network.member(0).tobytes()


def test_many_snapshots_of_many_rows_and_classes_do_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = replace(SMALL, n_snapshots=6)
    each = 4 * N * 2
    monkeypatch.setattr(shares, "SNAPSHOT_BYTES", 3 * each)
    assert build(recipe).samples.X.nbytes <= 3 * each
    assert build(recipe).n_snapshots == 3
    assert build(replace(recipe, frequency_bands=TWO_KINDS.frequency_bands)).n_snapshots == 1
    list((ensemble := build(recipe)).epochs())
    assert [s.epoch for s in ensemble.snapshots] == [2, 4, 6]
    monkeypatch.setattr(shares, "SNAPSHOT_BYTES", 0)  # then as large as the matrix
    wide = np.zeros((N, 8), np.float32)
    assert build(replace(recipe, adapt=False), X=wide).n_snapshots == wide.nbytes // each == 4


# Mixing


def test_a_mixture_is_made_of_the_members_of_the_snapshots_that_have_a_share() -> None:
    ensemble = build(TWO_KINDS, n_threads=2)
    list(ensemble.epochs())
    shares = np.array([0.0, 0.5, 0.0, 0.0, 0.2, 0.3])  # of 3 snapshots and 2 bands
    network, weights = ensemble.mixed(shares)
    assert network.k == len(weights) == 9
    assert sum(weights) == pytest.approx(1)
    P = np.tensordot(weights, network.predict(ensemble.samples.X), axes=1)
    expected = np.zeros((N, 2))
    for snapshot, by_band in zip(ensemble.snapshots, shares.reshape(3, 2), strict=True):
        for member, own in zip(ensemble.members, answers(ensemble, snapshot), strict=True):
            expected += by_band[member.band] / 3 * own
    np.testing.assert_allclose(P, expected, rtol=1e-5)


# The best band alone


DROPPING = replace(
    TWO_KINDS,
    epochs=10,
    n_snapshots=5,
    judged_at=(0.2, 0.4),
    drop_gains=(10.0,),
    end_gain=-9.0,
    batch_size=8,
)


@pytest.fixture
def judging_by_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged, "FEWEST_STEPS", 1)
    monkeypatch.setattr(judged, "FEWEST_JUDGING", N)


@pytest.mark.usefixtures("judging_by_few")
def test_where_the_others_are_hardly_needed_the_best_band_goes_on_alone() -> None:
    ensemble = build(DROPPING)
    run = list(ensemble.epochs())
    (best,) = ensemble.bands
    assert [[*s.P] for s in ensemble.snapshots] == [[0, 1]] * 2 + [[best]] * 3
    assert [len(s.theta) for s in ensemble.snapshots] == [6, 6, 3, 3, 3]
    assert len(run) == 10
    loss = [losses(Y, s.P[best]).mean() for s in ensemble.snapshots]
    assert run[-1].validation_loss == pytest.approx(loss[-1])
    assert len(ensemble.predictions) == 7
    shares = np.array([0, 0, 0.25, 0, 0.25, 0, 0.5])
    network, weights = ensemble.mixed(shares)
    assert weights == [share / 3 for share in (0.25, 0.25, 0.5) for _ in range(3)]
    P = np.tensordot(weights, network.predict(ensemble.samples.X), axes=1)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.usefixtures("judging_by_few")
@pytest.mark.parametrize("gain", [-1.0, 10.0], ids=["needed", "not needed"])
def test_those_that_go_on_learn_as_if_they_had_been_alone(gain: float) -> None:
    ensemble = build(replace(DROPPING, drop_gains=(gain,)))
    list(ensemble.epochs())
    both = build(replace(DROPPING, judged_at=()))
    list(both.epochs())
    assert len(ensemble.bands) == (1 if gain > 0 else 2)
    trained = [member.band in ensemble.bands for member in both.members]
    expected = both.snapshots[-1].theta[trained]
    assert ensemble.snapshots[-1].theta.tobytes() == expected.tobytes()


@pytest.mark.usefixtures("judging_by_few")
@pytest.mark.parametrize(("n_threads", "others"), [(1, 2), (2, 1), (2, 5)])
@pytest.mark.parametrize("stop", [3, 4, 7])
def test_a_run_that_is_resumed_before_or_after_is_the_same(
    stop: int, n_threads: int, others: int
) -> None:
    whole, first = build(DROPPING), build(DROPPING, n_threads)
    list(whole.epochs())
    with contextlib.closing(first.epochs()) as epochs:
        for epoch in epochs:
            if epoch.number == stop:
                state = first.state()
                break
    resumed = build(DROPPING, others)
    resumed.restore(json.loads(json.dumps(state[0])), state[1])
    assert resumed.bands == ([0, 1] if stop < 4 else whole.bands)
    list(resumed.epochs())
    assert resumed.bands == whole.bands
    a, b = (ensemble.snapshots[-1] for ensemble in (whole, resumed))
    assert a.theta.tobytes() == b.theta.tobytes()
    assert [[*s.P] for s in resumed.snapshots] == [[*s.P] for s in whole.snapshots]


@pytest.mark.parametrize("bands", [[], [2], [1, 0], "01", None])
def test_a_state_of_bands_that_there_are_not_is_refused(bands: Any) -> None:
    ensemble = build(TWO_KINDS)
    list(ensemble.epochs())
    document, arrays = ensemble.state()
    with pytest.raises(ValueError, match="bands"):
        build(TWO_KINDS).restore(document | {"bands": bands}, arrays)


@pytest.mark.usefixtures("judging_by_few")
@pytest.mark.parametrize(
    ("name", "fewest", "bands"),
    [
        ("FEWEST_STEPS", 16, 1), ("FEWEST_STEPS", 17, 2),  # 4 steps in each of 4 epochs
        ("FEWEST_JUDGING", N + 1, 2),
    ],
)  # fmt: skip
def test_bands_are_not_chosen_among_too_early_or_by_too_few_rows(
    name: str, fewest: int, bands: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judged, name, fewest)
    ensemble = build(DROPPING)
    list(ensemble.epochs())
    assert len(ensemble.bands) == bands


# The end before the end


ENDING = replace(DROPPING, judged_at=(0.2, 0.4, 0.6), drop_gains=(-1.0, -1.0), end_gain=1.0)


@pytest.mark.usefixtures("judging_by_few")
def test_a_run_ends_where_it_gains_nothing_more() -> None:
    ensemble = build(ENDING, n_threads=2)
    assert [epoch.number for epoch in ensemble.epochs()] == [1, 2, 3, 4]
    assert (ensemble.is_over, ensemble.bands) == (True, [0, 1])
    assert [s.epoch for s in ensemble.snapshots] == [2, 4]
    state = ensemble.state()
    resumed = build(ENDING)
    resumed.restore(json.loads(json.dumps(state[0])), state[1])
    assert list(resumed.epochs()) == []


@pytest.mark.usefixtures("judging_by_few")
def test_a_run_goes_on_as_long_as_it_gains() -> None:
    ensemble = build(replace(ENDING, end_gain=-9.0))
    assert len(list(ensemble.epochs())) == 10
    assert not ensemble.is_over
    # What is gained is counted since the share of the run before.
    y, by_epoch = Y, {s.epoch: [*s.P.values()] for s in ensemble.snapshots}
    first, second, third = (
        mixture_loss([P for n, own in by_epoch.items() if n <= last for P in own], y, None)
        for last in (2, 4, 6)
    )
    gains = 1 - second / first, 1 - third / second
    for wanted, n in ((gains[0] + 1e-6, 4), (min(gains) - 1e-6, 10)):
        ensemble = build(replace(ENDING, end_gain=wanted))
        assert len(list(ensemble.epochs())) == n


@pytest.mark.usefixtures("judging_by_few")
@pytest.mark.parametrize("n_snapshots", [1, 2, 3])
def test_with_few_snapshots_nothing_is_judged(n_snapshots: int) -> None:
    ensemble = build(replace(ENDING, n_snapshots=n_snapshots))
    assert len(list(ensemble.epochs())) == 10


# What goes wrong


def test_no_threads_are_left_behind() -> None:
    before = set(threading.enumerate())
    for stop in (None, KeyboardInterrupt, ValueError):
        run = contextlib.closing(build(n_threads=3).epochs())
        with contextlib.suppress(KeyboardInterrupt, ValueError), run as epochs:
            for epoch in epochs:
                assert isinstance(epoch, Epoch)
                if stop is not None:
                    raise stop
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interruption_inside_an_epoch_ends_all_threads(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(threading.enumerate())
    ensemble = build(n_threads=3)
    monkeypatch.setattr(ensemble, "_take_snapshot", lambda *_: (_ for _ in ()).throw(error))
    with pytest.raises(error):
        list(ensemble.epochs())
    assert set(threading.enumerate()) == before


def test_divergence_is_told_and_the_snapshots_stay() -> None:
    ensemble = build(replace(SMALL, epochs=300, n_snapshots=300, learning_rate=1e9, adapt=False))
    with pytest.raises(DivergenceError):
        list(ensemble.epochs())
    assert all(np.isfinite(s.theta[0]).all() for s in ensemble.snapshots)


# Speed


def test_a_trial_takes_a_few_steps_and_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    state = str(rng.bit_generator.state)
    speed = measure_speed(TWO_KINDS, TABLE, 2, Samples(TABLE.transform(X), Y, None), 1)
    assert speed.step > 0
    assert speed.snapshot >= 0
    assert str(rng.bit_generator.state) == state


def test_a_trial_is_counted_by_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Recipe] = []

    class Timed(Ensemble):
        def epochs(self) -> Iterator[Epoch]:
            made.append(self.recipe)
            steps = self.n_rows // self.recipe.batch_size
            for number, seconds in ((1, 9.0), (2, 0.5 * steps), (3, 0.5 * steps + 0.25)):
                yield Epoch(number, 0.0, 0.0, seconds, None)

    monkeypatch.setattr(module, "Ensemble", Timed)
    for batch in (4, 10, 16):
        recipe = replace(SMALL, batch_size=batch, epochs=100)
        speed = measure_speed(recipe, TABLE, 2, Samples(TABLE.transform(X), Y, None), 1)
        assert (speed.step, speed.snapshot) == pytest.approx((1.5, 0.75))  # one net of three
    assert [recipe.epochs for recipe in made] == [3, 3, 3]
