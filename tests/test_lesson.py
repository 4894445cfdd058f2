"""The lesson runs from a clean kernel and shows what its text says."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode

from .programs.notebooks import (
    MACHINE_PATH,
    NUMBER,
    execute,
    execution_counts,
    faults,
    number_after,
    numbers_after,
    pictures,
    printed,
    words_printed,
)

LESSON = Path(__file__).parents[1] / "lessons" / "classification_from_scratch.ipynb"

# The hidden layer's output that the lesson began with, as it was printed there.
FIRST_MATRIX = np.array(
    [
        [-0.40827206, -0.19262465, -1.50941963, 1.17941254],
        [0.69879287, -0.16335953, -0.23301305, -0.50537645],
        [-0.74745409, -0.09237689, -1.35473578, 1.35609836],
        [0.44401448, -0.44049936, -0.55947892, 0.79545129],
        [0.99526368, -0.21742982, -0.29759288, -0.76945534],
        [-0.21200664, -0.16072923, -0.65354531, 0.82499286],
        [0.10703705, -0.24369272, -0.67419033, 0.6273231],
        [-0.17464059, -0.10595443, -0.54727919, 0.58961859],
    ]
)


def matrix(text: str) -> np.ndarray:
    return np.array([re.findall(NUMBER, row) for row in text.splitlines()], dtype=float)


@pytest.fixture(scope="module")
def stored() -> NotebookNode:
    """The notebook as it is kept, with the outputs that readers see."""
    return nbformat.read(LESSON, as_version=4)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """The notebook after a run from a clean kernel."""
    return execute(LESSON, LESSON.parent, tmp_path_factory.mktemp("ipython"))


@pytest.mark.heavy
def test_no_cell_fails_or_warns(executed: NotebookNode) -> None:
    assert faults(executed) == []
    assert "Warning" not in printed(executed)


@pytest.mark.heavy
def test_first_matrix_is_the_one_the_lesson_began_with(executed: NotebookNode) -> None:
    np.testing.assert_array_equal(matrix(printed(executed, "five-functions")), FIRST_MATRIX)


@pytest.mark.heavy
def test_first_matrix_as_stored_is_the_executed_one(
    stored: NotebookNode, executed: NotebookNode
) -> None:
    assert printed(stored, "five-functions") == printed(executed, "five-functions")


@pytest.mark.heavy
def test_stored_outputs_are_those_of_these_cells(
    stored: NotebookNode, executed: NotebookNode
) -> None:
    again = f"jupyter execute --inplace lessons/{LESSON.name}"
    assert words_printed(stored) == words_printed(executed), again
    assert pictures(stored) == pictures(executed), again
    counts = execution_counts(stored)
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.heavy
def test_five_functions_take_their_arguments(executed: NotebookNode) -> None:
    source = "\n".join(cell.source for cell in executed.cells if cell.cell_type == "code")
    assert re.findall(r"^def (hidden_\w+|output_\w+|MSE_loss)\((.*)\):$", source, re.MULTILINE) == [
        ("hidden_layer_output_transformation", "features_matrix, weights_matrix, bias"),
        ("hidden_ReLU_activation", "Z1"),
        ("output_layer_transformation", "A1, W2, b2"),
        ("output_sigmoid_activation", "Z2"),
        ("MSE_loss", "y_pred, y"),
    ]


@pytest.mark.heavy
def test_backward_pass_agrees_with_finite_differences(executed: NotebookNode) -> None:
    for cell_id in ("check", "ce"):  # squared error, cross-entropy
        differences = numbers_after(
            printed(executed, cell_id), "Largest difference from the finite differences:"
        )
        assert len(differences) == 2  # at the start, and with no unit dead
        assert max(differences) < 1e-9
    assert "all awake: 4 of 4 units alive" in printed(executed, "check")


@pytest.mark.heavy
def test_one_step_lowers_the_loss(executed: NotebookNode) -> None:
    text = printed(executed, "one-step")
    assert number_after(text, "loss after :") < number_after(text, "loss before:")


@pytest.mark.heavy
def test_eight_samples_are_learned(executed: NotebookNode) -> None:
    text = printed(executed, "learned")
    assert "right after training: 8 of 8" in text
    assert number_after(text, "loss after training:") < 0.005
    table = [line.split() for line in text.splitlines()[1:9]]
    assert [answer for _, answer, _ in table] == ["0", "1"] * 4
    assert [label for _, _, label in table] == ["0", "1"] * 4
    assert all((float(y_pred) > 0.5) == (label == "1") for y_pred, _, label in table)


@pytest.mark.heavy
def test_two_units_stay_dead(executed: NotebookNode) -> None:
    text = printed(executed, "still-dead")
    assert number_after(text, "weights of units 2 and 3 changed by") == 0
    assert number_after(text, "their largest Z1 over the eight samples:") < 0


@pytest.mark.heavy
def test_biases_are_needed(executed: NotebookNode) -> None:
    text = printed(executed, "no-bias")
    assert number_after(text, "right without biases:") == 6
    assert number_after(text, "right with biases   :") == 8
    assert number_after(text, "exactly 0.5:") == 3
    text = printed(executed, "stretch")
    assert number_after(text, "without biases:") == 8
    assert number_after(text, "with biases:") < 8
    text = printed(executed, "ring")
    assert number_after(text, "with biases:") == 60
    assert number_after(text, "without biases:") < 50


@pytest.mark.heavy
def test_cross_entropy_learns_faster(executed: NotebookNode) -> None:
    text = printed(executed, "ce-race")
    below = "\\d of 8 right, below 0.01 after"
    cross_entropy = number_after(text, f"our start, cross-entropy: {below}")
    doubled = number_after(text, f"our start, squared error, twice the rate: {below}")
    squared_error = number_after(text, f"our start, squared error: {below}")
    assert cross_entropy < doubled < squared_error
    assert 2.5 < squared_error / cross_entropy < 3.5  # "about a third"
    assert number_after(text, f"wrong start, cross-entropy: {below}") < 2000
    for name in ("squared error", "squared error, twice the rate"):
        assert f"a confidently wrong start, {name}: 4 of 8 right, below 0.01 not in 6,000" in text


@pytest.mark.heavy
def test_overfitting_is_seen(executed: NotebookNode) -> None:
    text = printed(executed, "penguins-overfit")
    smallest = number_after(text, "smallest validation loss:")
    at_the_end = number_after(text, "at the end:")
    assert at_the_end > 1.5 * smallest
    assert number_after(text, "after the last epoch, train: loss") < 0.5 * smallest
    assert number_after(text, "after the last epoch, validation: loss") == at_the_end


@pytest.mark.heavy
def test_overfitting_is_cured(executed: NotebookNode) -> None:
    text = printed(executed, "penguins-cure")
    nothing_done, stopped, decayed, small, both = (
        number_after(text, f"\\n *{name} +{NUMBER}")  # the column behind the training loss
        for name in (
            "64 units, nothing done",
            "64 units, early stopping",
            "64 units, weight decay",
            "4 units",
            "4 units, early stopping",
        )
    )
    assert nothing_done > 2 * max(stopped, decayed)
    assert both < stopped < small < nothing_done
    text = printed(executed, "penguins-test")
    assert "chosen by validation loss: 4 units, early stopping" in text
    cured, overfit = numbers_after(text, "test, .*: loss")
    assert cured < 0.7 * overfit


@pytest.mark.heavy
def test_numlp_is_the_same_net(executed: NotebookNode) -> None:
    text = printed(executed, "numlp-compare")
    assert number_after(text, "steps:") >= 1000
    assert number_after(text, "Largest difference between numlp and this notebook:") < 1e-12


def test_notebook_is_fit_to_be_read_on_the_web(stored: NotebookNode) -> None:
    nbformat.validate(stored)
    assert stored.metadata.kernelspec.name == "python3"
    assert LESSON.stat().st_size < 600_000
    written = "\n".join(cell.source for cell in stored.cells) + printed(stored)
    assert not re.search(MACHINE_PATH, written)
