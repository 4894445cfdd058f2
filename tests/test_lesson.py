"""The lesson runs from a clean kernel, shows what its text says, and its exercises have answers."""

import copy
import re
import shutil
from math import log
from pathlib import Path
from types import ModuleType

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
    figures_not_shown,
    number_after,
    numbers_after,
    pictures,
    pictures_without_words,
    printed,
    words_printed,
)

LESSON = Path(__file__).parents[1] / "lessons" / "classification_from_scratch.ipynb"
TABLES = [Path(__file__).parents[1] / "examples" / name for name in ("penguins.csv", "cars.csv")]

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


# Figures of the prose that follow from what a reader knows there, by cell, as they stand there.
BY_ARITHMETIC = {
    "forward-words": {"2.718": np.e},
    "not-guessing": {"12": 3 * 4, "21": 3 * 4 + 4 + 4 + 1},
    "try-2": {"35": 5 * 7, "50": 5 * 7 + 7 + 7 + 1},
    "try-3": {"0.49": 0.7**2, "0.15": 0.8**2 - 0.7**2, "0.01": 0.1**2, "0.03": 0.2**2 - 0.1**2},
    "try-4": {"16": -log(np.finfo(float).eps, 10)},
    "check-read": {"21": 3 * 4 + 4 + 4 + 1},
    "try-6": {"2,000,000": 2 * 1e6},
    "ce-words": {"0.001": 0.001 * (1 - 0.001)},
    "try-10": {"4.6": -log(0.01), "0.98": 0.99**2, "9.2": -log(0.0001)},
    "try-11": {"3 %": 2 / 2**6, "6 %": 2 / 2**5},
    "softmax-words": {"7.39": np.exp(2), "2.72": np.exp(1), "12.1": np.exp(2) + np.exp(1) + 2},
    "try-12": {"70 %": 1210 / 1728},
}  # fmt: skip
# Figures that are made up for a question or an example, that another test holds, or no results.
MADE_UP = {
    "try-3": ["0.9", "8"],
    "try-4": ["0.2", "0.01", "0.00001"],
    "check-read": ["6.6"],  # how to read 6.6e-12
    "try-6": ["1,000,000", "0.2"],  # 0.2: the check of a right answer prints it
    "learned-words": ["2,900"],  # where the kink is, to the hundred
    "loss-picture": ["2,900"],
    "try-7": ["2,200"],
    "try-10": ["0.0001", "0.13"],  # 0.13: what the check says of the rate of 0.1
    "split-words": ["25"],
    "cure-read": ["1.5"],
    "cars-words": ["1988"],  # a year
    "try-12": ["92 %"],
    "ladder-words": ["100"],  # units of an MLPClassifier, if nothing else is asked for
}

NET = "dict(W1=np.ones((2, 2)), b1=np.zeros((1, 2)), W2=np.ones((2, 1)), b2=np.zeros((1, 1)))"
BROKEN = "def broken_backward(features_matrix, dZ2, parameters, Z1, A1):\n    "
# Answers that are wrong, by the number of the exercise, and what the check has to say of each.
WRONG = {
    1: [
        ("second_feature = features_matrix[:, 1]", "the shape of second_feature is"),
        ("second_feature = features_matrix[labels[:, 0] == 0, 1]", "the samples of label 0"),
        ("second_feature = features_matrix[labels[:, 0] == 1, 2]", "the second feature is in"),
        ("second_feature = 'the second'", "should be made of numbers"),
        ("second_feature = [[1], [2, 3]]", "different lengths"),
    ],
    2: [
        ("swapped = start", "change places"),
        ("swapped = {**start, 'W1': start['W1'][:, [3, 1, 2, 0]]}", "y_pred is another one"),
        ("swapped = {'W1': start['W1'][:, [3, 1, 2, 0]]}", "swapped lacks"),
        ("swapped = start['W1']", "should be a dictionary"),
        ("swapped = {**start, 'W2': start['W2'].T}", "the shape of swapped['W2'] is"),
    ],
    3: [
        ("fooled = np.full((8, 1), 0.5)", "4 answers are right"),
        ("fooled = labels", "8 answers are right"),
        ("fooled = 1 - labels[:, 0]", "the shape of fooled is"),
        ("fooled = 3 - 5 * labels", "a probability is never below 0"),
        ("fooled = np.zeros((8, 1))", "the mean of the differences is not 0"),
    ],
    4: [
        ("too_small = 1e-10", "nudge by still less"),
        ("too_small = -1e-17", "has to be positive"),
        ("too_small = 0.39999999999999997", "not a tiny nudge"),
        ("too_small = '1e-17'", "should be made of numbers"),
    ],
    5: [
        ("p = y_pred[1, 0]\nslope_by_hand = -2 * (p - 1) * p * (1 - p) * W2[0, 0]"
         " * features_matrix[1, 0]", "a sign is wrong"),
        ("p = y_pred[1, 0]\nslope_by_hand = 2 * (p - 1) * p * (1 - p) * W2[0, 0]",
         "the last factor is the feature"),
        ("slope_by_hand = dW1[0, 0]", "a real nudge gives"),
        ("slope_by_hand = dW1", "should be one number"),
    ],
    6: [
        ("broken_backward = backward", "break it"),
        ("def broken_backward(*given):\n    return {n: -v for n, v in backward(*given).items()}",
         "dW2 does not depend on dA1"),
        (BROKEN + "backward(features_matrix, dZ2, parameters, Z1, A1)", "end with return"),
        (BROKEN + "return dA1_of_nobody", "NameError"),
        ("broken_backward = 3", "should be a function"),
    ],
    7: [
        ("dead_after = 1", "are still alive"),
        ("dead_after = 100", "all were dead already"),
        ("dead_after = -1", "a whole number"),
    ],
    8: [
        ("xor_net = " + NET, "of 4 are right"),
        ("xor_net = {**" + NET + ", 'b1': np.zeros(2)}", "the shape of xor_net['b1'] is"),
    ],
    9: [
        ("lost_sample = np.zeros((1, 3))", "not all of them 0"),
        ("lost_sample = np.array([[0.0, 1.0, 0.0]])", "for unit 4"),
        ("lost_sample = np.array([1.0, 1.0, 1.0])", "the shape of lost_sample is"),
    ],
    10: [
        ("good_rate = 0.1", "it ends at 0.128"),
        ("good_rate = 10", "it ends at"),
        ("good_rate = -1", "above 0"),
    ],
    11: [
        ("enough = 5", "5 to 0 happens in 6.2%"),
        ("enough = 7", "fewer are enough"),
        ("enough = 0.03", "a whole number"),
    ],
    12: [
        ("species_net = kept[chosen]", "four rows of W1"),
        ("species_net = random_start(4, 8, np.random.default_rng(0), n_outputs=3)",
         "of the test part are right"),
        ("species_net = runs[chosen]", "train returns several things"),
    ],
    13: [
        ("float32_difference = largest", "is too little"),
        ("float32_difference = 0.5", "is much"),
    ],
    14: [
        ("accuracy_of_nothing = 0.93", "on labels that mean nothing"),
        ("accuracy_of_nothing = 57.7", "not a percentage"),
    ],
}  # fmt: skip
# Answers that are right in another form than the solution, by the number of the exercise.
RIGHT_TOO = {
    1: ["second_feature = [features_matrix[i, 1] for i in (1, 3, 5, 7)]"],
    3: ["fooled = [[1 - label] for label in labels[:, 0]]"],
    5: ["slope_by_hand = MSE_dZ2(y_pred[1:2], labels[1:2]) * W2[0] * features_matrix[1:2, :1]"],
    7: ["dead_after = 45.0"],
    8: ["xor_net = {'W1': np.array([[1, -1], [-1, 1]]), 'b1': np.zeros((1, 2)),"
        " 'W2': np.ones((2, 1)), 'b2': np.full((1, 1), -0.5)}"],
    9: ["lost_sample = np.ones((1, 3))"],
    10: ["good_rate = np.array([1.0])"],
    11: ["enough = 6.0"],
}  # fmt: skip


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """The notebook after a run from a clean kernel, with one thread of BLAS, beside its tables."""
    return run_alone(tmp_path_factory.mktemp("alone"), blas_threads=1)


def run_alone(folder: Path, blas_threads: int) -> NotebookNode:
    """The lesson after a run in a folder that holds nothing but it and its tables."""
    for path in (LESSON, *TABLES):
        shutil.copy(path, folder)
    return execute(folder / LESSON.name, folder, folder / "ipython", blas_threads)


def told_without_ground(notebook: NotebookNode) -> list[tuple[str, str]]:
    """The figures in prose that neither a cell shows nor one of the tables above explains."""
    cells = {*BY_ARITHMETIC, *MADE_UP}
    allowed = {cell: [*BY_ARITHMETIC.get(cell, ()), *MADE_UP.get(cell, ())] for cell in cells}
    return figures_not_shown(notebook, allowed)


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
    again = f"python -m tests.programs.notebooks lessons/{LESSON.name}"
    for cell in stored.cells:
        if cell.id != "command":  # which says what it chose on the rows held out
            assert words_printed(stored, cell.id) == words_printed(executed, cell.id), again
    assert pictures(stored) == pictures(executed), again
    counts = execution_counts(stored)
    assert counts == list(range(1, len(counts) + 1))


def test_five_functions_take_their_arguments(stored: NotebookNode) -> None:
    source = "\n".join(cell.source for cell in stored.cells if cell.cell_type == "code")
    assert re.findall(r"^def (hidden_\w+|output_\w+|MSE_loss)\((.*)\):$", source, re.MULTILINE) == [
        ("hidden_layer_output_transformation", "features_matrix, weights_matrix, bias"),
        ("hidden_ReLU_activation", "Z1"),
        ("output_layer_transformation", "A1, W2, b2"),
        ("output_sigmoid_activation", "Z2"),
        ("MSE_loss", "y_pred, y"),
    ]


@pytest.mark.heavy
def test_figures_in_the_prose_are_those_of_a_run(
    stored: NotebookNode, executed: NotebookNode
) -> None:
    assert told_without_ground(stored) == []
    assert told_without_ground(executed) == []


def test_figures_by_arithmetic_are_right() -> None:
    for cell, known in BY_ARITHMETIC.items():
        for text, value in known.items():
            digits = text.rstrip(" %").replace(",", "")
            decimals = len(digits.partition(".")[2])
            value *= 100 if "%" in text else 1
            assert round(float(value), decimals) == float(digits), (cell, text)


@pytest.mark.heavy
def test_the_prose_holds_for_two_threads_of_blas(tmp_path: Path) -> None:
    notebook = run_alone(tmp_path, blas_threads=2)
    assert faults(notebook) == []
    assert told_without_ground(notebook) == []
    say_what_the_text_says(notebook)


@pytest.mark.heavy
def test_the_outputs_say_what_the_text_says(stored: NotebookNode, executed: NotebookNode) -> None:
    say_what_the_text_says(stored)
    say_what_the_text_says(executed)


def say_what_the_text_says(notebook: NotebookNode) -> None:
    """Hold each statement of the prose against what the cells printed, section by section."""
    for statement in (
        the_forward_pass, the_backward_pass, gradient_descent, the_decision, the_biases,
        cross_entropy, overfitting, the_test_part, twelve_splits, cars, numlp_is_the_same_net,
        the_ladder, the_command,
    ):  # fmt: skip
        statement(notebook)


def the_forward_pass(notebook: NotebookNode) -> None:
    rows = [line.split() for line in printed(notebook, "answers").splitlines()[1:9]]
    assert [answer for _, answer, _ in rows] == ["0"] * 8  # it answers 0 to all eight
    assert "right: 4 of 8" in printed(notebook, "answers")


def the_backward_pass(notebook: NotebookNode) -> None:
    text = printed(notebook, "follow")
    product = float(re.findall(NUMBER, text.splitlines()[-2])[-1])
    assert product == pytest.approx(number_after(text, r"W1\[2, 3\] gives"), abs=2e-4)
    for cell_id in ("check", "ce"):  # squared error, cross-entropy
        differences = numbers_after(
            printed(notebook, cell_id), "Largest difference from the finite differences:"
        )
        assert len(differences) == 2  # at the start, and with no unit dead
        assert max(differences) < 1e-10  # "ten decimal places and more"
    assert "all awake: 4 of 4 units alive" in printed(notebook, "check")


def gradient_descent(notebook: NotebookNode) -> None:
    text = printed(notebook, "one-step")
    gain, predicted = number_after(text, "gain:"), number_after(text, "predicted:")
    assert 0.97 * predicted < gain < predicted  # "a little less than predicted"
    text = printed(notebook, "learned")
    assert "right after training: 8 of 8" in text
    assert number_after(text, "loss after training:") < 0.005
    table = [line.split() for line in text.splitlines()[1:9]]
    assert [answer for _, answer, _ in table] == ["0", "1"] * 4
    assert [label for _, _, label in table] == ["0", "1"] * 4
    assert all((float(y_pred) > 0.5) == (label == "1") for y_pred, _, label in table)
    first = number_after(printed(notebook, "descend"), "all eight right from epoch")
    assert 2100 < first < 2250  # "about epoch 2,200"
    text = printed(notebook, "kink")
    assert 2900 < number_after(text, "epoch") < 2950
    assert "unit 4 begins to hear sample 5" in text
    assert re.findall(r"sample (\d) crossed the corner of unit (\d)", text)[0] == ("2", "4")


def the_decision(notebook: NotebookNode) -> None:
    text = printed(notebook, "still-dead")
    assert number_after(text, "weights of units 2 and 3 changed by") == 0
    assert number_after(text, "their largest Z1 over the eight samples:") < 0


def the_biases(notebook: NotebookNode) -> None:
    text = printed(notebook, "no-bias")
    assert number_after(text, "right without biases:") == 6
    assert number_after(text, "right with biases   :") == 8
    assert number_after(text, "exactly 0.5:") == 3
    text = printed(notebook, "stretch")
    assert number_after(text, "without biases:") == 8
    assert number_after(text, "with biases:") < 8
    text = printed(notebook, "ring")
    assert number_after(text, "with biases:") == 60
    assert number_after(text, "without biases:") < 50


def cross_entropy(notebook: NotebookNode) -> None:
    rows = {
        line[:28].strip(): [float(cell.replace("-", "inf")) for cell in line[28:].split()]
        for line in printed(notebook, "ce-race").splitlines()[2:]
    }
    ours, ours_ce, wrong, wrong_ce = (
        dict(zip((0.1, 0.3, 1, 3, 10, 30), rows[" ".join(name)], strict=True))
        for name in (
            ("our start   ", "squared error"), ("our start   ", "cross-entropy"),
            ("wrong start ", "squared error"), ("wrong start ", "cross-entropy"),
        )
    )  # fmt: skip
    for best_at_1 in (ours, ours_ce, wrong_ce):
        assert min(best_at_1, key=best_at_1.__getitem__) == 1
    assert min(wrong, key=wrong.__getitem__) == 10
    assert ours[10] == np.inf  # "with a rate of 10 it never learns from our start"
    assert 0.4 < ours_ce[1] / ours[1] < 0.6  # "about half of the epochs"
    for nothing_works in (ours, ours_ce, wrong, wrong_ce):
        assert nothing_works[30] == np.inf


def overfitting(notebook: NotebookNode) -> None:
    text = printed(notebook, "penguins-overfit")
    smallest = number_after(text, "smallest validation loss:")
    at_the_end = number_after(text, "at the end:")
    assert number_after(text, "after the last epoch, train: loss") < 0.5 * smallest
    assert number_after(text, "after the last epoch, validation: loss") == at_the_end
    validation = {
        line[:27].strip(): float(re.findall(NUMBER, line[27:])[2])
        for line in printed(notebook, "penguins-cure").splitlines()[2:]
    }
    nothing_done = validation.pop("64 units, nothing done")
    assert len(validation) == 5
    assert nothing_done > max(validation.values())  # "every cure brings it down"
    assert 1.3 < nothing_done / min(validation.values()) < 1.7  # "half as large again"
    assert validation["64 units, weight decay"] < validation["4 units"]


def the_test_part(notebook: NotebookNode) -> None:
    text = printed(notebook, "penguins-test")
    chosen = re.findall("chosen by validation loss: (.*)", text)[0]
    cured, overfitted, no_hidden_layer = numbers_after(text, "test, .*: loss")
    assert re.findall("test, (.*): loss", text)[0] == chosen
    assert max(cured, no_hidden_layer) < 0.7 * overfitted
    text = printed(notebook, "pairs")
    only_cured, only_overfitted = number_after(text, "net is right:"), number_after(text, "one:")
    assert abs(only_cured - only_overfitted) <= 2  # "the count says nothing here"
    assert number_after(text, "looks clear[?] In") == 12.5


def twelve_splits(notebook: NotebookNode) -> None:
    text = printed(notebook, "splits")
    rows = {
        line[:24].strip(): [float(number) for number in re.findall(NUMBER, line[24:])]
        for line in text.splitlines()[2:8]
    }
    _, nothing_loss, nothing_right, nothing_chosen = rows.pop("64 units, nothing done")
    assert nothing_chosen == 0
    for name, (validation, loss, lower, _, right, *_) in rows.items():
        if "stopping" in name:
            assert loss > 1.2 * validation  # "much higher than its validation losses"
        assert loss < nothing_loss
        assert abs(right - nothing_right) <= 1  # "the same to within one penguin"
        if "stopping" in name or "decay" in name:
            assert lower >= 10  # "in nearly every split"
    stopped, decayed = rows["64 units, early stopping"], rows["64 units, weight decay"]
    assert stopped[1] == pytest.approx(decayed[1], rel=0.1)  # "about equally good"
    chosen = {name: row[-1] for name, row in rows.items() if name != "no hidden layer"}
    assert sum(chosen[name] for name in chosen if "stopping" in name) == 12
    best = min(row[1] for row in rows.values())
    assert rows["no hidden layer"][1] < 1.1 * best  # "about as good as the best net"
    low, high = map(float, re.findall(r"test losses from (\S+) to (\S+)", text)[0])
    assert high > 2 * low


def cars(notebook: NotebookNode) -> None:
    rows = printed(notebook, "cars-splits").splitlines()[3:]
    assert len(rows) == 5
    for row in rows:
        _, without_loss, without_right, n, with_loss, with_right, _ = map(
            float, re.findall(NUMBER, row)
        )
        assert with_loss < 0.5 * without_loss
        assert n - with_right < 0.5 * (n - without_right)  # "the larger part is gone"
    spoilt, saved = printed(notebook, "cars-why").splitlines()
    assert spoilt.endswith("with 4 seats acc, with more unacc")
    assert saved.endswith("with 4 seats unacc, with more acc")


def numlp_is_the_same_net(notebook: NotebookNode) -> None:
    text = printed(notebook, "numlp-compare")
    assert number_after(text, "steps:") >= 1000
    assert number_after(text, "Largest difference between numlp and this notebook:") < 2e-15
    code = printed(notebook, "numlp-code")
    assert "np.matmul(X.mT, dY, out=self.dW)" in code  # which the first answer quotes


def the_ladder(notebook: NotebookNode) -> None:
    sex, cars = printed(notebook, "ladder").split("the rating of cars")
    losses, right = zip(
        *(map(float, line[34:].split()) for line in sex.splitlines()[1:]), strict=True
    )
    assert max(losses) < 1.3 * min(losses)  # "about the same loss"
    assert max(right) - min(right) <= 4  # "a few penguins of 67"
    straight, by_hand, more_rows, nn, mlp, tabular = (
        float(line[34:].split()[0]) for line in cars.splitlines()[1:]
    )
    assert max(by_hand, nn, mlp) < 0.4 * straight
    assert more_rows < by_hand
    assert 0.3 < tabular / min(by_hand, more_rows, nn, mlp) < 0.7  # "about half the loss"


def the_command(notebook: NotebookNode) -> None:
    text = printed(notebook, "command")
    assert "333 rows" in text
    assert re.search(r"^female .*\nmale ", text, re.MULTILINE)
    assert not re.search("^NA ", text, re.MULTILINE)
    assert number_after(text, "^(?:.*\n)*accuracy") > 85


@pytest.mark.heavy
def test_solutions_are_right_and_wrong_answers_are_told(
    stored: NotebookNode, homework: ModuleType, tmp_path: Path
) -> None:
    solutions = homework.solutions(stored)
    sections = [cell for cell in stored.cells if re.match(r"## \d+\.", cell.source)]
    assert [*solutions] == [*WRONG] == [*range(1, len(sections))]  # all but the last have one
    answers, checks = (homework.cells_of(stored, part) for part in ("your answer", "check"))
    lesson, tries = copy.deepcopy(stored), []
    lesson.cells = []
    for cell in stored.cells:
        number = next((n for n, answer in answers.items() if answer is cell), None)
        if number is None:
            lesson.cells += [] if cell in checks.values() else [copy.deepcopy(cell)]
            continue
        right = [solutions[number], *RIGHT_TOO.get(number, [])]
        for source, result in (
            (cell.source, "not answered"),
            *((source, f"wrong: .*{re.escape(hint)}") for source, hint in WRONG[number]),
            *((source, "right") for source in right),
        ):
            pair = copy.deepcopy([cell, checks[number]])
            pair[0].source = f"# exercise {number}: your answer\n{source}"
            tries.append((number, source, result, len(lesson.cells)))
            lesson.cells += pair
    for path in TABLES:
        shutil.copy(path, tmp_path)
    ran = homework.run(lesson, tmp_path)
    untrue = []
    for number, source, expected, place in tries:
        alone = nbformat.v4.new_notebook(cells=ran.cells[place : place + 2])
        result = homework.results(alone)[number]
        if not re.match(expected, result):
            untrue.append((number, source, result))
    assert untrue == []


def test_the_homework_holds_no_answer(stored: NotebookNode, homework: ModuleType) -> None:
    text = "\n".join(cell.source for cell in homework.stripped(stored).cells)
    assert "<details>" not in text
    assert len(re.findall(r"^\*\*Exercise \d+\.\*\*", text, re.MULTILINE)) == len(WRONG)
    page = homework.answers_page(stored)
    for solution in homework.solutions(stored).values():
        assert solution in page


def test_notebook_is_fit_to_be_read_on_the_web(stored: NotebookNode) -> None:
    nbformat.validate(stored)
    assert stored.metadata.kernelspec.name == "python3"
    assert LESSON.stat().st_size < 800_000
    written = "\n".join(cell.source for cell in stored.cells) + printed(stored)
    assert not re.search(MACHINE_PATH, written)


def test_each_picture_has_words(stored: NotebookNode) -> None:
    assert len(pictures(stored)) >= 10
    assert pictures_without_words(stored) == []


def test_links_work_wherever_the_notebook_is_opened(stored: NotebookNode) -> None:
    text = "\n".join(cell.source for cell in stored.cells if cell.cell_type == "markdown")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) == 15
    for link in links:
        assert link.startswith("#"), link
        assert link[1:] in [heading.replace(" ", "-") for heading in headings]


def test_what_only_draws_stands_in_one_marked_cell(stored: NotebookNode) -> None:
    drawing = [cell for cell in stored.cells if "drawing" in cell.metadata.get("tags", [])]
    assert len(drawing) == 1
    assert drawing[0].metadata.jupyter.source_hidden
    others = "\n".join(c.source for c in stored.cells if c.cell_type == "code" and c not in drawing)
    assert "plt." not in others
