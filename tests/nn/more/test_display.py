"""How a network is shown, and what lies where in the small picture of losses."""

import math
import re

import numpy as np
import pytest

from numlp.nn import Dense, Members, Network, ReLU, SoftmaxCrossEntropy, mlp
from numlp.nn.more.display import (
    BOTTOM,
    HEIGHT,
    HELD_OUT,
    LEFT,
    MAX_POINTS,
    RIGHT,
    TOP,
    TRAINING,
    WIDTH,
    losses_svg,
    nice_ticks,
)

from ...programs.markup import Page

# A network


class Hostile(ReLU):
    def __repr__(self) -> str:
        return "<script>alert(1)</script>&"


def test_the_table_in_html_says_what_the_printed_one_does() -> None:
    network = mlp([4, 10, 3], normalization="batch")
    page = Page(network._repr_html_())
    assert page.tags.count("tr") == 2 + len(network.layers) + 1  # head, input, layers, loss
    for line in str(network).splitlines():
        for words in line.split("  "):
            assert not words.strip("─ ") or words.strip() in page.texts, words


def test_members_are_counted() -> None:
    page = Page(Members([Dense(2, 3)], k=4)._repr_html_())
    assert {"(4, n, 2)", "(4, n, 3)", "36"} <= set(page.texts)
    assert "36 trained parameters of 4 members" in page.text


def test_a_layer_of_any_name_is_text() -> None:
    network = Network([Dense(2, 2), Hostile()], loss=SoftmaxCrossEntropy())
    assert "<script>alert(1)</script>&" in Page(network._repr_html_()).texts


def test_a_summary_names_every_layer_shape_and_count() -> None:
    network = mlp([4, 10, 3], activation="tanh", normalization="batch", dtype=np.float64)
    assert str(network).splitlines() == [
        "layer                                                 output shape  parameters",
        "──────────────────────────────────────────────────────────────────────────────",
        "input                                                 (n, 4)                 0",
        "Dense(n_in=4, n_out=10, initializer='glorot_normal')  (n, 10)               50",
        "BatchNorm(momentum=0.1, eps=1e-05)                    (n, 10)               40",
        "Tanh()                                                (n, 10)                0",
        "Dense(n_in=10, n_out=3, initializer='glorot_normal')  (n, 3)                33",
        "SoftmaxCrossEntropy(label_smoothing=0.0)",
        "──────────────────────────────────────────────────────────────────────────────",
        "103 trained parameters and 20 running statistics, 1.0 KiB of float64",
    ]


def test_a_summary_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    network = mlp([2000, 1000, 3])
    network.summary()
    printed = capsys.readouterr().out
    assert printed == f"{network}\n"
    assert "2,004,003 trained parameters, 7.6 MiB of float32" in printed


@pytest.mark.parametrize(
    ("n_in", "n_out", "size"), [(510, 513, "1024.0 KiB"), (511, 512, "1.0 MiB")]
)
def test_a_summary_counts_in_mebibytes_from_one_on(n_in: int, n_out: int, size: str) -> None:
    assert f" trained parameters, {size} of float32" in str(Network([Dense(n_in, n_out)]))


# The losses


CURVES = {"epoch": [1, 2, 3], "train_loss": [1.0, 0.5, 0.25], "validation_loss": [1, 0.75, 0.5]}


def lines(svg: str) -> list[list[tuple[float, float]]]:
    found = re.findall(r'points="([^"]*)"', svg)
    return [[tuple(map(float, p.split(","))) for p in points.split()] for points in found]  # type: ignore[misc]


def test_each_loss_is_a_line_over_the_width_with_equal_losses_at_equal_heights() -> None:
    training, held_out = lines(losses_svg(CURVES))
    middle = (LEFT + WIDTH - RIGHT) / 2
    assert [x for x, _ in training] == [x for x, _ in held_out] == [LEFT, middle, WIDTH - RIGHT]
    assert training[0][1] == held_out[0][1] == TOP  # the ticks go from 0.2 to 1
    assert training[1][1] == held_out[2][1]
    assert training[2][1] == pytest.approx(TOP + (HEIGHT - TOP - BOTTOM) * 0.75 / 0.8, abs=0.05)


def test_the_last_losses_are_told_in_words_and_in_the_colours_of_the_lines() -> None:
    svg = losses_svg(CURVES)
    page = Page(svg)
    assert {"training 0.25", "held out 0.5", "epoch 1", "3", "0.2", "1"} <= set(page.texts)
    label = "loss after each epoch; last: training 0.25, held out 0.5"
    assert ("aria-label", label) in page.attributes
    assert re.fullmatch("#[0-9A-F]{6} #[0-9A-F]{6}", f"{TRAINING} {HELD_OUT}")
    heights = [float(y or "x") for name, y in page.attributes if name == "y"]
    assert all(0 < y < HEIGHT for y in heights)
    assert svg.count(f'stroke="{TRAINING}"') == svg.count(f'stroke="{HELD_OUT}"') == 2


def test_what_is_not_finite_is_left_out() -> None:
    nan, inf = math.nan, math.inf
    (line,) = lines(losses_svg({"train_loss": [nan, 2.0, inf, 1.0], "validation_loss": [nan] * 4}))
    assert [x for x, _ in line] == [
        round(LEFT + (WIDTH - LEFT - RIGHT) / 3, 1),
        WIDTH - RIGHT,
    ]


@pytest.mark.parametrize(
    "curves", [{}, {"accuracy": [1.0]}, {"train_loss": []}, {"train_loss": [math.nan]}]
)
def test_without_a_loss_there_is_no_picture(curves: dict[str, list[float]]) -> None:
    assert losses_svg(curves) == ""


def test_any_number_in_a_file_can_be_drawn() -> None:
    for losses in ([0.0, 5e-324], [1.7e308, 1.0], [-1e299, 1e299], [0.0, 0.0]):
        Page(losses_svg({"train_loss": losses}))
    assert losses_svg({"train_loss": [1.7e308, -math.inf]}) == ""


def test_one_epoch_is_a_dot() -> None:
    svg = losses_svg({"train_loss": [0.7]})
    assert ("cx", f"{LEFT:.1f}") in Page(svg).attributes
    assert (lines(svg), Page(svg).tags.count("circle")) == ([], 1)


def test_there_is_room_for_the_epochs_that_are_planned() -> None:
    (line,) = lines(losses_svg({"train_loss": [1.0, 0.5]}, planned=101))
    assert [x for x, _ in line] == [LEFT, round(LEFT + (WIDTH - LEFT - RIGHT) / 100, 1)]
    assert "101" in Page(losses_svg({"train_loss": [1.0, 0.5]}, planned=101)).texts


@pytest.mark.parametrize("n", [MAX_POINTS, MAX_POINTS + 1, 12_345])
def test_a_long_run_has_no_more_points_than_can_be_seen_and_ends_with_its_last(n: int) -> None:
    svg = losses_svg({"train_loss": (1 / np.arange(1, n + 1)).tolist()})
    (line,) = lines(svg)
    assert f"{n:,}" in Page(svg).texts
    assert MAX_POINTS / 2 <= len(line) <= MAX_POINTS
    assert line[-1][0] == WIDTH - RIGHT


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0.13, 0.68),
        (0, 0),
        (2, 2),
        (-3, 8e5),
        (1e-300, 2e-300),
        (0.3, 0.3000001),
        (0, 1e308),
        (5e-324,) * 2,
        (0, 5e-324),
        (-1e300, 1e300),
    ],
)
def test_ticks_are_few_and_enclose_what_there_is(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    assert 2 <= len(ticks) <= 7
    assert sorted(set(ticks)) == ticks
    assert ticks[0] <= low
    assert ticks[-1] >= high
