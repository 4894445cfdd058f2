"""Dropout: its rate, its masks, its bits."""

from typing import Any

import numpy as np
import pytest

from numlp.nn import Dense, Dropout
from numlp.nn.arrays import DType
from numlp.nn.more.dropout import POOLED, draw_kept

from ..cases import backward, bound, forward, network_of


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_drops_at_its_rate_and_scales_the_rest_up(rate: float, dtype: DType) -> None:
    X = np.ones((1000, 100), dtype)
    Y = forward(bound(Dropout(rate), 100, 1000, dtype), X)
    values = np.unique(Y)
    np.testing.assert_allclose(values, [0, 1 / (1 - rate)] if rate else [1], rtol=1e-6)
    sd = np.sqrt(rate * (1 - rate) / X.size)
    assert (Y == 0).mean() == pytest.approx(rate, abs=5 * sd)


def test_dropout_lets_the_gradient_through_where_it_let_the_value() -> None:
    rng = np.random.default_rng(0)
    X, dY = rng.standard_normal((5, 4)), rng.standard_normal((5, 4))
    layer = bound(Dropout(0.5), 4, 5)
    Y = forward(layer, X)
    np.testing.assert_allclose(backward(layer, X, Y, dY), dY * (Y / X), rtol=1e-14)


def test_dropout_draws_a_new_mask_for_every_batch() -> None:
    X = np.ones((20, 20))
    layer = bound(Dropout(0.5), 20, 20)
    assert (forward(layer, X) != forward(layer, X)).any()


def test_batches_share_a_pool_and_none_has_the_mask_of_another() -> None:
    layer = bound(Dropout(0.5), 16, 20)
    rng = np.random.default_rng(5)
    layer.init(rng)
    masks, draws = [], []
    for _ in range(2 * POOLED):
        state = str(rng.bit_generator.state)
        masks.append(forward(layer, np.ones((20, 16))))
        draws.append(str(rng.bit_generator.state) != state)
    assert draws == [i % POOLED < 2 for i in range(2 * POOLED)]
    for i, mask in enumerate(masks):
        for other in masks[:i]:
            same = mask == other  # half of them by chance
            assert abs(same.mean() - 0.5) < 0.2
            assert not same.all(axis=0).any()
            assert not same.all(axis=1).any()
    assert np.mean(masks) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("n", "width"), [(1, 1), (1, 2), (2, 1), (3, 3), (1, 7), (128, 96)])
def test_windows_lie_within_the_pool_whatever_its_size(n: int, width: int) -> None:
    layer = bound(Dropout(0.5), width, n)
    seen = {forward(layer, np.ones((n, width))).tobytes() for _ in range(40 * POOLED)}
    assert len(seen) > 1


def test_dropout_replays_its_masks_when_the_generator_is_set_back() -> None:
    X = np.ones((20, 20))
    layer = bound(Dropout(0.5), 20, 20)
    rng = np.random.default_rng(5)
    layer.init(rng)
    state = rng.bit_generator.state
    masks = [forward(layer, X) for _ in range(3)]
    rng.bit_generator.state = state
    layer.fill_scratch()
    np.testing.assert_array_equal([forward(layer, X) for _ in range(3)], masks)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8191, 8192, 8193, 20_001])
def test_dropout_draws_for_every_element(size: int) -> None:
    """Also where the elements are no multiple of what is drawn at once."""
    keep = np.zeros(size, bool)
    draw_kept(keep, 0.0, np.random.default_rng(0))
    assert keep.all()
    draw_kept(keep, 1 - 1e-9, np.random.default_rng(0))
    assert keep.mean() < 0.01
    draw_kept(keep, 0.3, np.random.default_rng(0))
    assert abs(keep.mean() - 0.7) <= 5 * np.sqrt(0.21 / size)


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937, np.random.Philox])
def test_dropout_drops_in_every_column_alike_whatever_the_generator(bits: Any) -> None:
    """Four elements share a draw: a fault in the bits would show in every fourth column."""
    layer = bound(Dropout(0.3), 8, 4000)
    layer.init(np.random.Generator(bits(0)))
    dropped = (forward(layer, np.ones((4000, 8))) == 0).mean(axis=0)
    np.testing.assert_allclose(dropped, 0.3, atol=5 * np.sqrt(0.21 / 4000))


def test_dropout_is_exact_to_a_65536th() -> None:
    """An element is dropped where its 16 bits are below the rate, rounded to 16 bits."""
    rate = 0.123
    keep = np.zeros(4096, bool)
    draw_kept(keep, rate, np.random.default_rng(5))
    U = np.random.default_rng(5).bit_generator.random_raw(1024).view(np.uint16)
    np.testing.assert_array_equal(keep, round(rate * 65536) <= U)


def test_the_rate_of_dropout_may_change_between_steps() -> None:
    rng = np.random.default_rng(0)
    X, dY = np.ones((1000, 100)), rng.standard_normal((1000, 100))
    layer = bound(Dropout(0.5), 100, 1000)
    for rate in (0.5, 0.2, 0.0, 0.9):
        layer.rate = rate
        state = layer.rngs[0].bit_generator.state
        Y = forward(layer, X)
        assert (Y == 0).mean() == pytest.approx(rate, abs=0.01)
        assert Y.mean() == pytest.approx(1, abs=0.05)
        np.testing.assert_array_equal(backward(layer, X, Y, dY), dY * Y)
        drawn = layer.rngs[0].bit_generator.state != state
        assert drawn == (rate > 0)


def test_dropout_is_the_identity_at_inference() -> None:
    X = np.random.default_rng(0).standard_normal((6, 4))
    plain, dropped = network_of([Dense(4, 3)]), network_of([Dropout(0.7), Dense(4, 3)])
    np.testing.assert_array_equal(dropped.predict(X), plain.predict(X))
