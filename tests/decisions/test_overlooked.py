"""A rare class that accuracy hides: told where another metric would find more of it, else not."""

from typing import Any

import numpy as np
import pytest

from numlp.decisions.overlooked import overlooked_classes, rarer_than_positive
from numlp.metrics import Aim, evaluate, intervals

RNG = np.random.default_rng(0)
COSTS = Aim(costs=(1.0, 5.0))


def overlooked(y: Any, P: Any, aim: Aim | None = None) -> list[int]:
    scores = evaluate(y, P, aim=aim)
    return overlooked_classes(scores, intervals(scores))


def two(n_rare: int, p_rare: float, p_others: float = 0.1) -> tuple[Any, Any]:
    """1,000 rows, of which so many are rare; the mean probability of being rare, of both."""
    y = np.array([1] * n_rare + [0] * (1000 - n_rare))
    p = np.clip(np.where(y == 1, p_rare, p_others) + RNG.normal(0, 0.02, 1000), 0, 1)
    return y, np.column_stack([1 - p, p])


def test_a_rare_class_that_is_never_answered_is_told_if_it_can_be_told_apart() -> None:
    assert overlooked(*two(50, 0.4)) == [1]
    assert overlooked(*two(50, 0.1)) == []  # the probabilities do not tell it either
    assert overlooked(*two(50, 0.9)) == []  # found


@pytest.mark.parametrize("aim", [Aim("f1"), Aim("balanced_accuracy"), COSTS], ids=str)
def test_a_model_with_another_aim_is_told_nothing(aim: Aim) -> None:
    assert overlooked(*two(50, 0.4), aim) == []


def test_a_fifth_of_the_class_found_is_little_and_fewer_than_three_rows_say_nothing() -> None:
    for n_found, told in ((10, [1]), (11, [])):
        y, P = two(50, 0.4)
        P[:n_found] = [0.1, 0.9]
        assert overlooked(y, P) == told
    for n_rare, told in ((2, []), (3, [1])):
        assert overlooked(*two(n_rare, 0.4)) == told


def test_of_few_rows_the_auc_itself_says_whether_it_is_worth_a_try() -> None:
    y = np.array([1] * 4 + [0] * 96)
    for ranks, told in (([80, 70, 60, 45], [1]), ([60, 50, 60, 45], [])):  # AUC 0.64 and 0.54
        p = np.concatenate([np.array(ranks) + 0.5, np.arange(96)]) / 250
        scores = evaluate(y, np.column_stack([1 - p, p]))
        found = intervals(scores)
        assert found["roc_auc"][0] <= 0.5
        assert overlooked_classes(scores, found) == told


def test_of_several_classes_the_rarest_comes_first_and_only_where_a_guess_is_as_good() -> None:
    y = np.array([0] * 940 + [1] * 40 + [2] * 20)
    P = np.tile([0.8, 0.1, 0.1], (1000, 1))
    P[y == 1], P[y == 2] = [0.6, 0.3, 0.1], [0.6, 0.1, 0.3]
    assert overlooked(y, P) == [2, 1]
    P[y == 1] = [0.1, 0.8, 0.1]  # now the model is better than a guess
    assert overlooked(y, P) == []


def test_the_rare_class_is_named_where_the_positive_one_is_frequent_and_counts() -> None:
    y, P = two(300, 0.4)
    for aim, told in (
        (Aim("f1", positive=0), 1),
        (Aim(costs=(1.0, 2.0), positive=0), 1),
        (Aim("f1", positive=1), None),
        (Aim("accuracy", positive=0), None),
    ):
        assert rarer_than_positive(evaluate(y, P, aim=aim)) == told, aim
    near = two(340, 0.4)  # nearly as frequent
    assert rarer_than_positive(evaluate(*near, aim=Aim("f1", positive=0))) is None
