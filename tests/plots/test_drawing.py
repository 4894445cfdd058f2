"""The parts that the pictures are made of."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from numlp.nn import Dense, Network, PeriodicEmbedding, ReLU
from numlp.plots.drawing import (
    COLORS,
    HELD_OUT,
    INK,
    ON_DARK,
    ON_PALE,
    PALE,
    PALE_WRONG,
    TRAINING,
    axis,
    draw_cells,
    draw_network,
    short,
    style,
    thinned,
)


def fresh() -> Any:
    return axis(Figure().subplots())


def luminance(color: str) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(a: str, b: str) -> float:
    """By the rules of the W3C: from 1 to 21."""
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


def test_letters_are_read_on_white_and_on_black_and_lines_are_seen() -> None:
    assert contrast(INK, "white") == pytest.approx(4.4, abs=0.05)
    assert contrast(INK, "black") == pytest.approx(4.8, abs=0.05)
    for color in COLORS:
        assert contrast(color, "white") > 2
        assert contrast(color, "#111111") > 3


def test_letters_on_cells_are_read() -> None:
    assert contrast(ON_DARK, TRAINING) > 5
    for cell in (PALE, PALE_WRONG, HELD_OUT):
        assert contrast(ON_PALE, cell) > 4


def test_no_two_of_the_lines_that_are_drawn_look_alike() -> None:
    assert len({tuple(style(i).values()) for i in range(8)}) == 8


def test_the_frame_is_two_thin_lines() -> None:
    seen = {side: spine for side, spine in fresh().spines.items() if spine.get_visible()}
    assert set(seen) == {"left", "bottom"}
    assert all(spine.get_linewidth() < 1 for spine in seen.values())


@pytest.mark.parametrize("n", [1, 999, 1000, 1001, 5000])
def test_a_line_is_thinned_to_a_thousand_points_with_its_ends(n: int) -> None:
    x, y = thinned(np.arange(n), -np.arange(n))
    assert len(x) == min(n, 1000)
    assert (x[0], x[-1]) == (0, n - 1)
    np.testing.assert_array_equal(x, -y)


def test_a_name_is_never_empty() -> None:
    assert (short(""), short("\x1b"), short(7), short(None)) == ("(blank)", "(blank)", "7", "None")


def test_right_cells_are_blue_wrong_ones_orange_and_empty_ones_not_drawn() -> None:
    ax = fresh()
    draw_cells(ax, np.array([[9, 1], [0, 5]]), np.array([[0.9, 0.1], [0, 1.0]]), percent=False)
    right, wrong = ax.collections
    assert np.ma.getmaskarray(right.get_array()).tolist() == [[False, True], [True, False]]
    assert np.ma.getmaskarray(wrong.get_array()).tolist() == [[True, False], [True, True]]
    assert to_hex(right.get_cmap()(1.0)).upper() == TRAINING
    assert to_hex(wrong.get_cmap()(1.0)).upper() == HELD_OUT
    assert right.get_clim() == wrong.get_clim() == (0, 1)
    letters = [text.get_color() for text in ax.texts]
    assert letters == [ON_DARK, ON_PALE, INK, ON_DARK]


@pytest.mark.parametrize("n", [12, 13])
def test_there_are_numbers_as_long_as_there_is_room(n: int) -> None:
    ax = fresh()
    draw_cells(ax, np.eye(n, dtype=np.intp), np.eye(n), percent=True)
    assert len(ax.texts) == (n * n if n == 12 else 0)


def test_what_is_no_dense_layer_is_a_band_and_the_units_left_out_are_dots() -> None:
    network = Network([PeriodicEmbedding(2), Dense(8, 12), ReLU()], n_in=2)
    ax = fresh()
    draw_network(ax, network, ["a", "b"], [str(k) for k in range(12)])
    assert len(ax.patches) == 1
    (gap,) = [text for text in ax.texts if text.get_text() == "⋮" and text.get_position()[0] == 2]
    assert gap.get_position()[1] == 0
    names = [text.get_text() for text in ax.texts]
    assert names[-10:] == ["a", "b", "0", "1", "2", "3", "8", "9", "10", "11"]
    assert any(text.startswith("12 units\nDense\nReLU") for text in names)
    assert any("Periodic\nEmbedding" in text for text in names)
