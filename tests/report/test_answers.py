"""What is said of answers that are made up, so that it is known what has to be said."""

from typing import Any

import numpy as np
import pytest

from numlp import Model
from numlp.nn import Dense, Network, SoftmaxCrossEntropy
from numlp.report.answers import Answers, by_class, calibration, confusion, curves, verdict
from numlp.table.table import Table


def answers(y: list[int], predicted: list[int], *, n_classes: int = 2, **settings: Any) -> Answers:
    """Rows of these classes, answered so with a probability of 90 %."""
    table = Table.fit({"x": [1.0, 2.0, 3.0]})
    net = Network([Dense(table.width, n_classes)], n_in=table.width, loss=SoftmaxCrossEntropy(),
                  max_batch=1)  # fmt: skip
    classes = np.array([f"c{k:02}" for k in range(n_classes)])
    model = Model(table, net, classes, info={"settings": settings})
    P = np.full((len(y), n_classes), 0.1 / (n_classes - 1))
    P[np.arange(len(y)), predicted] = 0.9
    return Answers(model, np.array(y, np.intp), P)


@pytest.mark.parametrize(
    ("n_right", "judgement"),
    [(95, "better"), (62, "perhaps"), (60, "no better"), (20, "no better")],
)
def test_a_model_is_better_than_one_answer_where_its_interval_lies_above(
    n_right: int, judgement: str
) -> None:
    y = [0] * 60 + [1] * 40
    predicted = [k if i < n_right else 1 - k for i, k in enumerate(y)]
    found = verdict(answers(y, predicted))
    assert (found["baseline"], found["always"]) == (0.6, "'c00'")
    assert found["accuracy"] == n_right / 100
    assert found["judgement"] == judgement


def test_the_bars_are_of_the_figure_that_was_asked_for() -> None:
    y = [0] * 90 + [1] * 10
    costs = verdict(answers(y, [0] * 80 + [1] * 20, cost_fp=1, cost_fn=20))["bars"]
    # The model costs 10 rows of 1; always 1, the cheaper guess, costs 90 rows of 1: 0.9 each.
    assert (costs["name"], costs["is_cost"]) == ("mean cost of a row", True)
    assert (costs["score"], costs["guess"]) == pytest.approx((0.1 / 0.9, 1))
    assert costs["ticks"][-1] == (1, "0.9")
    shares = verdict(answers(y, [0] * 80 + [1] * 20))["bars"]
    assert (shares["name"], shares["is_cost"]) == ("accuracy", False)
    assert (shares["score"], shares["guess"]) == pytest.approx((0.9, 0.9))
    assert shares["ticks"][-1] == (1, "100%")


def test_costs_are_compared_with_the_cheaper_single_answer() -> None:
    y = [0] * 90 + [1] * 10
    found = verdict(answers(y, y, cost_fp=1, cost_fn=20))["asked"]
    # Always 1 costs 90 rows of 1, always 0 costs 10 rows of 20.
    assert (found["always"], found["guess"], found["score"]) == ("'c01'", "0.9", "0")
    assert found["judgement"] == "better"
    worse = verdict(answers(y, [1 - k for k in y], cost_fp=1, cost_fn=20))["asked"]
    assert worse["judgement"] == "no better"


def test_balanced_accuracy_is_compared_with_one_answer() -> None:
    y = [0] * 80 + [1] * 20
    found = verdict(answers(y, [0] * 80 + [1] * 10 + [0] * 10, metric="balanced_accuracy"))["asked"]
    assert (found["name"], found["score"], found["guess"]) == (
        "balanced accuracy",
        "75.0%",
        "50.0%",
    )


def test_the_classes_taken_for_each_other_come_with_the_most_frequent_first() -> None:
    y = [0] * 10 + [1] * 10 + [2] * 10
    predicted = [0] * 7 + [1] * 3 + [1] * 10 + [0] * 5 + [2] * 5
    found = confusion(answers(y, predicted, n_classes=3))
    assert [(p["true"], p["predicted"], p["times"], p["of"]) for p in found["pairs"]] == [
        ("c02", "c00", 5, 10), ("c00", "c01", 3, 10),
    ]  # fmt: skip
    assert [[c["heat"] for c in row["cells"]] for row in found["matrix"]] == [
        [7, 3, 0], [0, 10, 0], [5, 0, 5],
    ]  # fmt: skip
    assert [row["f1"] for row in by_class(answers(y, predicted, n_classes=3))["rows"]] == [
        "63.6%", "87.0%", "66.7%",
    ]  # fmt: skip


def test_of_many_classes_the_six_most_frequent_have_curves() -> None:
    y = [k for k in range(14) for _ in range(20 - k)]
    found = curves(answers(y, y, n_classes=14))
    assert found is not None
    assert list(found["roc"].lines) == [f"c{k:02}" for k in range(6)]
    assert found["left_out"] == 8
    assert confusion(answers(y, y, n_classes=14))["matrix"] is None


def test_the_positive_class_is_the_one_whose_curve_and_calibration_are_shown() -> None:
    y = [0] * 30 + [1] * 10
    given = answers(y, y, pos_label="c00")
    found = curves(given)
    assert found is not None
    assert found["of"] == "'c00'"
    assert found["areas"][0]["share"] == "75.0%"
    assert calibration(given)["of"] == "'c00'"
    assert [(row["said"], row["true"], row["rows"]) for row in calibration(given)["rows"]] == [
        ("10.0%", "0.0%", 10), ("90.0%", "100.0%", 30),
    ]  # fmt: skip


def test_classes_whose_long_names_begin_alike_are_told_apart() -> None:
    given = answers([0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2], n_classes=3)
    long = "a very long name " * 10
    given.model.classes = np.array([long + "x", long + "y", "short"])
    assert given.names[0].endswith("… (1)")
    assert given.names[1].endswith("… (2)")
    assert given.names[2] == "short"
    found = curves(given)
    assert found is not None
    assert len(found["roc"].lines) == 3


def test_a_class_that_all_rows_or_one_row_have_gets_no_curve() -> None:
    assert curves(answers([0] * 9 + [1], [0] * 10)) is None
    assert curves(answers([0] * 10, [0] * 10)) is None
