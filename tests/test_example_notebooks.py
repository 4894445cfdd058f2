"""The example notebooks run from a clean kernel and show what their text says.

Each runs with one and with two threads of BLAS, and what it says in figures and in words has to
hold for both runs, and for the one that is kept.
"""

import re
import shutil
from collections.abc import Callable
from functools import cache
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
    figures_not_shown,
    number_after,
    numbers_after,
    outputs,
    pictures,
    pictures_without_words,
    printed,
    words_printed,
)

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = ["table_end_to_end", "from_scikit_learn", "rare_class_with_costs"]
# Cells whose words hang on a close thing, which a processor that rounds otherwise may turn.
CLOSE = ("sets", "why")
# Figures in prose that no cell has to show, by notebook and cell.
ALLOWED = {
    "table_end_to_end": {
        "plots-text": ["80 %"],  # says what a probability means, and of no run how it went
    },
}
PENGUINS = pd.read_csv(EXAMPLES / "penguins.csv")
HEAVY = pytest.mark.heavy
RUNS = {
    name: [pytest.param((name, threads), marks=HEAVY, id=f"{name}-{threads}") for threads in (1, 2)]
    for name in NAMES
}


class Run(NamedTuple):
    """A notebook as it is kept, after a run of it, and the folder where the run left its files."""

    stored: NotebookNode
    executed: NotebookNode
    folder: Path
    name: str

    @property
    def both(self) -> tuple[NotebookNode, NotebookNode]:
        return self.stored, self.executed


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Run]:
    """One run of each notebook with each number of threads, in whatever order the tests come."""

    @cache
    def run(name: str, threads: int) -> Run:
        path, folder = EXAMPLES / f"{name}.ipynb", tmp_path_factory.mktemp(name)
        shutil.copy(EXAMPLES / "penguins.csv", folder)
        executed = execute(path, folder, tmp_path_factory.mktemp("ipython"), blas_threads=threads)
        return Run(nbformat.read(path, as_version=4), executed, folder, name)

    return run


@pytest.fixture(params=[run for name in NAMES for run in RUNS[name]])
def run(request: pytest.FixtureRequest, run_of: Callable[[str, int], Run]) -> Run:
    name, threads = request.param
    if name == "from_scikit_learn":
        pytest.importorskip("sklearn")
    return run_of(name, threads)


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


def test_every_figure_in_the_text_is_shown_by_a_cell_of_its_section(run: Run) -> None:
    for notebook in run.both:
        assert figures_not_shown(notebook, ALLOWED.get(run.name, {})) == []


def test_every_picture_has_words_for_who_cannot_see_it(run: Run) -> None:
    for notebook in run.both:
        assert pictures_without_words(notebook) == []


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


@pytest.mark.parametrize("run", RUNS["table_end_to_end"], indirect=True)
class TestTableEndToEnd:
    def test_the_losses_are_drawn_live_and_the_classifier_shows_itself(self, run: Run) -> None:
        for notebook in run.both:
            assert shown(notebook, "fit").count("<polyline") == 2
            facts = shown(notebook, "shown")
            assert "always answering &#x27;Adelie&#x27;" in facts
            assert facts.count("<details>") == 3
            label = "last: training"
            training = number_after(shown(notebook, "fit"), label)
            held_out = number_after(shown(notebook, "fit"), rf"{label} [^,]*, held out")
            mixture = number_after(facts, r"log-loss</span></td><td[^>]*>")
            assert training > held_out > mixture
        assert shown(run.stored, "columns") == shown(run.executed, "columns")

    def test_it_is_far_better_than_always_answering_one_species(self, run: Run) -> None:
        for notebook in run.both:
            assert number_after(printed(notebook, "score"), "frequent species: accuracy") == 44.2
            found = number_after(printed(notebook, "score"), "^accuracy")
            without_holes = number_after(printed(notebook, "again"), "^accuracy")
            assert 97 < found < without_holes
            assert "10 nets, each without 10% of the rows" in printed(notebook, "score")

    def test_the_table_is_what_the_text_says_of_it(self, run: Run) -> None:
        missing = PENGUINS[PENGUINS["bill_length_mm"].isna()]
        assert list(missing["species"]) == ["Adelie", "Gentoo"]
        assert missing.loc[3, "species"] == "Adelie"
        assert PENGUINS["species"].nunique() == 3
        islands = {of: set(rows["island"]) for of, rows in PENGUINS.groupby("species")}
        assert islands["Adelie"] & islands["Chinstrap"] == islands["Chinstrap"] == {"Dream"}

    def test_the_losses_are_flat_and_nearly_all_are_sure_and_right(self, run: Run) -> None:
        for notebook in run.both:
            text = printed(notebook, "plots")
            half_way, end = number_after(text, "held out:"), number_after(text, "half way,")
            assert abs(end - half_way) < 0.15 * half_way
            assert number_after(text, "more than 90 %:") > 95
            assert number_after(text, "of these right:") > 98

    def test_a_penguin_without_measurements_is_the_surest_mistake(self, run: Run) -> None:
        for notebook in run.both:
            mistakes = rows_shown(notebook, "mistakes")
            first = next(iter(mistakes))
            species, _, length, depth, _, answer, probability = mistakes[first]
            assert (first, species, answer) == ("3", "Adelie", "Gentoo")
            assert (length, depth) == ("NaN", "NaN")
            assert float(probability) > 0.8

    def test_the_other_mistakes_look_like_the_other_species_of_their_island(self, run: Run) -> None:
        dream = PENGUINS[PENGUINS["island"] == "Dream"].groupby("species")["bill_length_mm"]
        for notebook in run.both:
            measured = [row for row in rows_shown(notebook, "mistakes").values() if row[2] != "NaN"]
            assert number_after(printed(notebook, "boundary"), "measured:") == len(measured)
            for species, island, length, _, _, answer, _ in measured:
                assert (island, {species, answer}) == ("Dream", {"Adelie", "Chinstrap"})
                if species == "Adelie":
                    assert float(length) > dream.quantile(0.75)["Adelie"]
                else:
                    assert float(length) < dream.quantile(0.25)["Chinstrap"]

    def test_it_goes_by_the_bill_and_the_island_and_not_by_the_flipper(self, run: Run) -> None:
        gentoos = PENGUINS["species"] == "Gentoo"
        flippers = PENGUINS["flipper_length_mm"]
        assert flippers[gentoos].quantile(0.1) > flippers[~gentoos].quantile(0.9)
        for notebook in run.both:
            text = printed(notebook, "importance")
            grows = {name: number_after(text, name) for name in PENGUINS.columns[1:]}
            first, *next_two = sorted(grows, key=lambda name: -grows[name])[:3]
            assert (first, set(next_two)) == ("bill_length_mm", {"bill_depth_mm", "island"})
            assert grows[first] > 3 * max(grows[name] for name in next_two)  # "by far"
            assert grows["flipper_length_mm"] < 0.1 * min(grows[name] for name in next_two)

    def test_new_penguins_are_answered_with_a_word_for_what_is_unknown(self, run: Run) -> None:
        for notebook in run.both:
            assert printed(notebook, "new").startswith("note: island: 1 cell with a word that")
            answers = [row[-2:] for row in rows_shown(notebook, "new").values()]
            assert [name for name, _ in answers[:3]] == ["Chinstrap", "Gentoo", "Adelie"]
            assert min(float(p) for _, p in answers[:3]) > 0.9
            assert float(answers[3][1]) < 0.65
            lines = printed(notebook, "sets").splitlines()
            assert lines[:3] == ["0 may be: Chinstrap", "1 may be: Gentoo", "2 may be: Adelie"]
            assert lines[3] == "3 may be: Adelie, Chinstrap"

    def test_island_and_mass_speak_for_a_chinstrap_and_the_bill_for_an_adelie(
        self, run: Run
    ) -> None:
        for notebook in run.both:
            text = printed(notebook, "why")
            answer = text.partition(":")[0]
            assert answer in ("Adelie", "Chinstrap")
            for_chinstrap = 1 if answer == "Chinstrap" else -1
            assert for_chinstrap * number_after(text, "island = Dream") > 0
            assert for_chinstrap * number_after(text, r"body_mass_g = \S+") > 0
            assert for_chinstrap * number_after(text, r"bill_length_mm = \S+") < 0

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


@pytest.mark.parametrize("run", RUNS["from_scikit_learn"], indirect=True)
class TestFromScikitLearn:
    def test_both_classes_give_the_same_numbers(self, run: Run) -> None:
        for notebook in run.both:
            rows = rows_shown(notebook, "same")
            assert len(rows) == 4
            for epochs, accuracies, *equal in rows.values():
                assert equal == ["True", "True", "True"]
                for pair in (epochs, accuracies):
                    assert len(set(pair.split(" and "))) == 1

    def test_class_weight_finds_more_of_the_rare_class(self, run: Run) -> None:
        for notebook in run.both:
            text = printed(notebook, "class-weight")
            assert number_after(text, "malignant:") < 20
            without, balanced = numbers_after(text, "found")
            assert balanced > without

    def test_from_the_dot_on_the_net_learns_by_heart(self, run: Run) -> None:
        for notebook in run.both:
            text = printed(notebook, "validation")
            training = numbers_after(text, "training")
            validation = numbers_after(text, "validation")
            assert training[1] < 0.5 * training[0]
            assert validation[1] > 1.2 * validation[0]
            assert validation[2] == validation[0]  # the weights are those of the dot
            epochs = number_after(text, r"in epoch \d+ of")
            assert number_after(text, "dot is epoch") < epochs / 2
            assert 1 < number_after(text, "in epoch") < epochs  # the rate rises and falls

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
            assert number_after(printed(notebook, "score"), "^accuracy") > 90
        given = PENGUINS.drop(columns="species")
        assert given.select_dtypes(exclude="number").shape[1] == 2
        assert given.isna().any().sum() > given.shape[1] / 2


@pytest.mark.parametrize("run", RUNS["rare_class_with_costs"], indirect=True)
class TestRareClassWithCosts:
    def test_the_best_accuracy_is_that_of_answers_that_find_nothing(self, run: Run) -> None:
        for notebook in run.both:
            assert number_after(printed(notebook, "world"), "machines,") < 5
            never, always, half, by_costs = rows = list(rows_shown(notebook, "accuracy").values())
            assert min(rows, key=lambda row: float(row[-1])) == by_costs
            assert never[1] == always[1] == "50.0%"
            alarms = [int(row[3].replace(",", "")) for row in rows]
            assert alarms[3] > 2 * int(by_costs[2].split(" of ")[0])  # most alarms are false
            assert alarms[3] < 0.1 * 6_000  # and nearly all probabilities are small
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
            low, high = (
                number_after(printed(notebook, "intervals"), rf"mean_cost.*{before}")
                for before in (r"\(", " to")
            )
            assert high - low > 0.2 * (low + high) / 2  # "not little"

    def test_eight_percent_needs_no_search_and_class_weight_one(self, run: Run) -> None:
        for notebook in run.both:
            ratio = number_after(printed(notebook, "weighted"), "each one that breaks:")
            assert number_after(printed(notebook, "weighted"), "as much as") < ratio
            assert round(100 / (1 + ratio)) == 3  # what 50 % stand for where classes weigh the same
            text = printed(notebook, "cost-plot")
            curves = ["model", "class_weight", "probabilities"]
            dots = [number_after(text, f"{curve}:") for curve in curves]
            least = [number_after(text, f"{curve}: .*least:") for curve in curves]
            thresholds = [number_after(text, f"{curve}: .*yes from") for curve in curves]
            never = number_after(printed(notebook, "weighted"), "always no +")
            assert dots[0] - least[0] < 0.15 * (never - least[2])  # of all that can be saved
            assert dots[1] - least[1] > 2 * (dots[0] - least[0])
            assert abs(least[1] - least[0]) < 3  # "as good a place"
            assert thresholds[0] < 8
            assert thresholds[1] > 55
            said, breaks_down = (
                number_after(printed(notebook, "curves"), before)
                for before in ("highest tenth:", "mean, and")
            )
            assert said < breaks_down < 2 * said  # the dot at the top right

    def test_probabilities_are_true_with_costs_and_not_with_class_weight(self, run: Run) -> None:
        for notebook in run.both:
            true, with_costs, weighted = (
                number_after(printed(notebook, "weighted-calibration"), before)
                for before in ("break down:", "with costs:", "with class_weight:")
            )
            assert abs(with_costs - true) < 0.2 * true
            assert weighted > 5 * true

    def test_the_sets_cover_what_was_asked_and_the_breakdowns_less(self, run: Run) -> None:
        for notebook in run.both:
            text = printed(notebook, "reject")
            assert number_after(text, "true answer is in the set:") == pytest.approx(99, abs=0.6)
            assert 50 < number_after(text, "of all machines\n") < 90
            rows = rows_shown(notebook, "reject")
            assert list(rows) == ["no", "yes or no"]
            assert int(rows["no"][0]) > 2 * int(rows["yes or no"][0])
            assert float(rows["no"][1].rstrip("%")) < 1.6  # "hardly more than one in a hundred"
            assert number_after(text, "of those that break down\n") > 99.5  # of those that hold
