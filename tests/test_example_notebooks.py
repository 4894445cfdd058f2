"""The example notebooks run from a clean kernel and show what their text says."""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat import NotebookNode

import numlp

from .programs.notebooks import (
    MACHINE_PATH,
    execute,
    execution_counts,
    faults,
    number_after,
    numbers_after,
    outputs,
    pictures,
    printed,
    words_printed,
)

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = ["table_end_to_end", "from_scikit_learn", "rare_class_with_costs"]
# Cells whose words hang on a close thing, which a processor that rounds otherwise may turn.
CLOSE = ("sets", "why")
HEAVY = pytest.mark.heavy


class Run(NamedTuple):
    """A notebook as it is kept, after a run of it, and the folder where the run left its files."""

    stored: NotebookNode
    executed: NotebookNode
    folder: Path

    @property
    def both(self) -> tuple[NotebookNode, NotebookNode]:
        return self.stored, self.executed


@pytest.fixture(scope="module", params=[pytest.param(name, marks=HEAVY) for name in NAMES])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    name = request.param
    if name == "from_scikit_learn":
        pytest.importorskip("sklearn")
    path, folder = EXAMPLES / f"{name}.ipynb", tmp_path_factory.mktemp(name)
    shutil.copy(EXAMPLES / "penguins.csv", folder)
    executed = execute(path, folder, tmp_path_factory.mktemp("ipython"))
    return Run(nbformat.read(path, as_version=4), executed, folder)


def shown(notebook: NotebookNode, cell_id: str) -> str:
    """The HTML that a cell shows."""
    (markup,) = (
        output.data["text/html"]
        for where, output in outputs(notebook)
        if where == cell_id and "text/html" in output.get("data", {})
    )
    return str(markup)


def rows_shown(notebook: NotebookNode, cell_id: str) -> dict[str, list[str]]:
    """The rows of a DataFrame that a cell shows, by what stands at their left."""
    body = shown(notebook, cell_id).partition("<tbody>")[2]
    rows = [re.findall(r"<t[hd]>(.*?)</t[hd]>", row) for row in body.split("</tr>")]
    return {name: values for name, *values in filter(None, rows)}


def test_no_cell_fails_or_warns(run: Run) -> None:
    for notebook in run.both:
        assert faults(notebook) == []
        assert "Warning" not in printed(notebook)


def test_what_is_stored_is_what_these_cells_show(run: Run) -> None:
    again = "python -m tests.programs.notebooks examples/*.ipynb"
    for cell in run.stored.cells:
        if cell.id not in CLOSE:
            assert words_printed(run.stored, cell.id) == words_printed(run.executed, cell.id), again
    assert pictures(run.stored) == pictures(run.executed), again
    counts = execution_counts(run.stored)
    assert counts == list(range(1, len(counts) + 1)), again


@pytest.mark.parametrize("name", NAMES)
def test_it_is_fit_to_be_read_on_the_web(name: str) -> None:
    path = EXAMPLES / f"{name}.ipynb"
    stored = nbformat.read(path, as_version=4)
    nbformat.validate(stored)
    assert stored.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert path.stat().st_size < 400_000
    assert len(pictures(stored)) >= 2
    written = "\n".join(cell.source for cell in stored.cells) + printed(stored)
    written += "".join(
        str(value)
        for _, output in outputs(stored)
        for kind, value in output.get("data", {}).items()
        if kind.startswith("text/")
    )
    assert not re.search(MACHINE_PATH, written)
    assert " at 0x" not in written
    links = re.findall(r"\]\(([^)]+)\)", "\n".join(c.source for c in stored.cells))
    assert links
    for link in links:
        assert (EXAMPLES / link).exists(), link


@HEAVY
@pytest.mark.parametrize("run", ["table_end_to_end"], indirect=True)
class TestTableEndToEnd:
    def test_the_losses_are_drawn_live_and_the_classifier_shows_itself(self, run: Run) -> None:
        for notebook in run.both:
            assert shown(notebook, "fit").count("<polyline") == 2
            facts = shown(notebook, "shown")
            assert "always answering &#x27;Adelie&#x27;" in facts
            assert facts.count("<details>") == 3
        assert shown(run.stored, "columns") == shown(run.executed, "columns")

    def test_it_is_far_better_than_always_answering_one_species(self, run: Run) -> None:
        for notebook in run.both:
            assert number_after(printed(notebook, "score"), "frequent species: accuracy") == 44.2
            found = number_after(printed(notebook, "score"), "^accuracy")
            without_holes = number_after(printed(notebook, "again"), "^accuracy")
            assert 97 < found < without_holes

    def test_a_penguin_without_measurements_is_the_surest_mistake(self, run: Run) -> None:
        for notebook in run.both:
            mistakes = rows_shown(notebook, "mistakes")
            first = next(iter(mistakes))
            species, _, length, depth, _, answer, probability = mistakes[first]
            assert (first, species, answer) == ("3", "Adelie", "Gentoo")
            assert (length, depth) == ("NaN", "NaN")
            assert float(probability) > 0.8
            assert "Dream" in {island for _, island, *_ in mistakes.values()}

    def test_new_penguins_are_answered_with_a_word_for_what_is_unknown(self, run: Run) -> None:
        for notebook in run.both:
            assert printed(notebook, "new").startswith("note: island: 1 cell with a word that")
            answers = [row[-2:] for row in rows_shown(notebook, "new").values()]
            assert [name for name, _ in answers[:3]] == ["Chinstrap", "Gentoo", "Adelie"]
            assert min(float(p) for _, p in answers[:3]) > 0.9
            assert float(answers[3][1]) < 0.8
            lines = printed(notebook, "sets").splitlines()
            assert lines[:3] == ["0 may be: Chinstrap", "1 may be: Gentoo", "2 may be: Adelie"]
            assert lines[3] == "3 may be: Adelie, Chinstrap"
            assert "island = Dream" in printed(notebook, "why")

    def test_the_model_and_its_export_give_the_same_answers(self, run: Run) -> None:
        onnxruntime = pytest.importorskip("onnxruntime")
        model = numlp.load(run.folder / "penguins.numlp")
        penguins = pd.read_csv(EXAMPLES / "penguins.csv").dropna()
        session = onnxruntime.InferenceSession(run.folder / "penguins.onnx")
        given = {
            put.name: penguins[put.name]
            .to_numpy(object if put.type == "tensor(string)" else np.float64)
            .reshape(-1, 1)
            for put in session.get_inputs()
        }
        label, P = session.run(["label", "probabilities"], given)
        assert (label == penguins["species"]).mean() > 0.98
        np.testing.assert_allclose(P, model.predict_proba(penguins), atol=1e-6)


@HEAVY
@pytest.mark.parametrize("run", ["from_scikit_learn"], indirect=True)
class TestFromScikitLearn:
    def test_both_classes_give_the_same_numbers(self, run: Run) -> None:
        for notebook in run.both:
            rows = rows_shown(notebook, "same")
            assert len(rows) == 4
            for epochs, accuracies, *equal in rows.values():
                assert equal == ["True", "True"]
                for pair in (epochs, accuracies):
                    assert len(set(pair.split(" and "))) == 1

    def test_class_weight_finds_more_of_the_rare_class(self, run: Run) -> None:
        for notebook in run.both:
            text = printed(notebook, "class-weight")
            assert number_after(text, "malignant:") < 20
            without, balanced = numbers_after(text, "found")
            assert balanced > without

    def test_a_run_goes_on_to_the_bit_and_a_file_predicts_the_same(self, run: Run) -> None:
        for notebook in run.both:
            text = printed(notebook, "resume")
            assert number_after(text, "epochs:") == 12
            assert number_after(text, "then on to") == number_after(text, "in one go")
            assert "weights equal to the last bit: True" in text
            assert printed(notebook, "save") == "MLPClassifier with the same predictions: True\n"

    def test_both_ways_know_the_penguins(self, run: Run) -> None:
        for notebook in run.both:
            rows = rows_shown(notebook, "table")
            assert len(rows) == 2
            assert all(float(accuracy) > 0.97 for accuracy, _ in rows.values())
            assert next(iter(rows_shown(notebook, "inspect"))) == "bill_length_mm"


@HEAVY
@pytest.mark.parametrize("run", ["rare_class_with_costs"], indirect=True)
class TestRareClassWithCosts:
    def test_the_best_accuracy_is_that_of_answers_that_find_nothing(self, run: Run) -> None:
        for notebook in run.both:
            never, _, half, by_costs = rows_shown(notebook, "accuracy").values()
            accuracies = [float(row[0].rstrip("%")) for row in (never, half, by_costs)]
            assert accuracies[2] < accuracies[0] - 1
            assert abs(accuracies[1] - accuracies[0]) < 0.5
            counts = [row[2].split(" of ") for row in (never, half, by_costs)]
            found = [int(yes) / int(all_of_them) for yes, all_of_them in counts]
            assert found[0] == 0
            assert found[1] < 0.1  # 6 of 190 on one processor, 9 on another
            assert found[2] > 0.3
            assert "&#x27;yes&#x27; from a probability of 8.0% on" in shown(notebook, "fit")

    def test_the_costs_given_save_most_of_what_can_be_saved(self, run: Run) -> None:
        for notebook in run.both:
            text = printed(notebook, "weighted")
            best, by_costs, weighted, half, never, always = (
                number_after(text, f"{way} +")
                for way in ("possible", "costs, yes from 8 %", "class_weight, yes from 50 %",
                            "\nyes from 50 %", "always no", "always yes")
            )  # fmt: skip
            assert best < by_costs < weighted < half < never < always
            assert by_costs - best < 0.4 * (never - best)
            assert never - half < 0.2 * (never - best)
            assert number_after(printed(notebook, "intervals"), "mean_cost") < never

    def test_the_sets_cover_what_was_asked_and_the_breakdowns_less(self, run: Run) -> None:
        for notebook in run.both:
            text = printed(notebook, "reject")
            assert number_after(text, "true answer is in the set:") == pytest.approx(99, abs=0.6)
            assert 50 < number_after(text, "of all machines\n") < 90
            rows = rows_shown(notebook, "reject")
            assert list(rows) == ["no", "yes or no"]
            assert int(rows["no"][0]) > 2 * int(rows["yes or no"][0])
