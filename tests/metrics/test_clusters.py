"""Rows in clusters tell less than as many single rows: intervals hold for new clusters."""

from dataclasses import replace

import numpy as np
import pytest

from numlp.metrics import Scores, evaluate, wilson_interval
from numlp.metrics.bootstrap import intervals
from numlp.metrics.clusters import effective_rows, standard_error


def drawn(rng: np.random.Generator, n_clusters: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are right, 80 % in the mean, by clusters that are unlike each other."""
    p = rng.beta(1.6, 0.4, n_clusters)
    clusters = np.repeat(np.arange(n_clusters), size)
    return rng.random(len(clusters)) < p[clusters], clusters


def test_intervals_hold_the_accuracy_of_new_clusters_and_those_of_single_rows_do_not() -> None:
    rng, held, held_singly, n = np.random.default_rng(0), 0, 0, 300
    for _ in range(n):
        right, clusters = drawn(rng, 30, 10)
        share = float(right.mean())
        low, high = wilson_interval(share, effective_rows(right, clusters))
        held += low <= 0.8 <= high
        low, high = wilson_interval(share, len(right))
        held_singly += low <= 0.8 <= high
    assert 0.92 <= held / n <= 0.99
    assert held_singly / n < 0.8


def test_rows_that_are_alike_in_nothing_are_worth_nearly_all_of_them() -> None:
    rng = np.random.default_rng(0)
    right, clusters = rng.random(3000) < 0.8, np.repeat(np.arange(300), 10)
    assert 2400 < effective_rows(right, clusters) <= 3000


@pytest.mark.parametrize("value", [True, False])
def test_where_all_rows_are_right_or_wrong_a_cluster_is_one_row(value: bool) -> None:
    assert effective_rows(np.full(40, value), np.repeat(np.arange(8), 5)) == 8


def test_numbers_of_clusters_that_are_left_out_do_not_count() -> None:
    right, clusters = drawn(np.random.default_rng(0), 10, 5)
    assert effective_rows(right, clusters * 3) == effective_rows(right, clusters)


def scored(*, in_clusters: bool) -> Scores:
    rng = np.random.default_rng(0)
    right, own = drawn(rng, 20, 10)
    y = rng.integers(0, 2, len(right))
    p = np.where(right, 0.8, 0.3)
    P = np.where(np.arange(2) == y[:, None], p[:, None], 1 - p[:, None])
    scores = evaluate(y, P)
    return replace(scores, clusters=own if in_clusters else None)


def test_every_figure_has_a_wider_interval_where_clusters_are_drawn() -> None:
    single, clustered = (intervals(scored(in_clusters=c), 200) for c in (False, True))
    for name in ("accuracy", "log_loss", "brier_score"):
        widths = [found[name][1] - found[name][0] for found in (single, clustered)]
        assert widths[1] > 1.5 * widths[0], name


def test_single_rows_have_the_interval_of_wilson() -> None:
    scores = scored(in_clusters=False)
    assert scores.accuracy_interval == wilson_interval(scores.accuracy, scores.n_rows)
    assert scores.effective_rows == scores.n_rows


def test_one_cluster_alone_says_nothing_of_others() -> None:
    assert standard_error(np.array([1.0, 2.0]), np.zeros(2, int)) == np.inf
