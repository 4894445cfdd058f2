"""The words that are named are those that the log-odds of a text are made of."""

from typing import Any

import numpy as np
import pytest

import numlp
from numlp import TabularClassifier
from numlp.explain import Word, explain_row, permutation_importance, words_by_class
from numlp.explain import words as module
from numlp.table.text import Text
from numlp.table.vocabulary import LONGEST_WORD

LINK = "https://example.org/a/long/way/to/nothing"
OF_CLASS = {
    "bad": ["evil soup :(", f"not GOOD, not good at all {LINK}"],
    "fair": ["这个菜很好吃", "don't know"],
    "good": ["good, \x1b[2Jgood food", "lovely <b>soup</b>"],
}
Case = tuple[TabularClassifier, dict[str, Any], list[str]]


def learned(labels: list[str]) -> Case:
    rng = np.random.default_rng(0)
    y = [labels[i % len(labels)] for i in range(180)]
    notes = [f"{OF_CLASS[label][rng.integers(2)]} no {i % 40}" for i, label in enumerate(y)]
    table = {"note": notes, "x": rng.normal(size=180)}
    clf = TabularClassifier("fast", epochs=12, ensemble_size=2, random_state=0)
    return clf.fit(table, y, columns={"note": "text"}), table, y


@pytest.fixture(scope="module")
def two() -> Case:
    return learned(["bad", "good"])


@pytest.fixture(scope="module")
def three() -> Case:
    return learned([*OF_CLASS])


def text_of(clf: TabularClassifier) -> Text:
    (text,) = (e for e in clf.model_.table.encoders if isinstance(e, Text))
    return text


TEXTS = ["", " ", "evil food, evil soup", LINK, "这个菜很好吃", "never seen", "good " * 5000, "?!"]


@pytest.mark.parametrize("case", ["two", "three"])
def test_the_words_of_a_text_add_up_to_its_log_odds(
    case: str, request: pytest.FixtureRequest
) -> None:
    clf, table, _ = request.getfixturevalue(case)
    reading = text_of(clf).reading
    assert reading is not None
    assert reading.weights is not None
    bias = reading.weights[-1] - (reading.weights[-1].mean() if case == "three" else 0)
    for text in [*table["note"][:12], *TEXTS]:
        (Z,), _ = reading.log_odds([text])
        total = sum(reading.by_word(text).values(), start=np.zeros_like(Z))
        np.testing.assert_allclose(total + bias, Z, atol=2e-5)


def test_the_pieces_of_a_word_are_credited_to_it_and_a_long_one_is_named_by_its_pieces(
    two: Case,
) -> None:
    reading = text_of(two[0]).reading
    assert reading is not None
    found = reading.by_word(f"Not GOOD, (good)! {LINK}")
    assert {"not", "good", "not good"} < found.keys()
    assert "(good)!" not in found
    assert "good good" not in found  # not in the vocabulary: no two rows have it
    assert LINK not in found
    rest = found.keys() - {"not", "good", "not good"}
    assert {"examp", "nothing"} < rest
    assert max(map(len, rest)) <= LONGEST_WORD


def test_a_row_names_the_words_for_the_class_that_is_answered(two: Case) -> None:
    clf, table, y = two
    text = text_of(clf)
    for k in (0, 1):
        row = {name: cells[k : k + 1] for name, cells in table.items()}
        found = explain_row(clf, row, table)
        assert found.label == y[k]
        words = {c.name: c.words for c in found.contributions}
        assert words["x"] == []
        assert text.reading is not None
        said = text.reading.by_word(row["note"][0])
        sign = 1 if found.label == "good" else -1
        assert {w.word: w.log_odds for w in words["note"]} == pytest.approx(
            {word: sign * float(z[0]) for word, z in said.items()}
        )
        sizes = [abs(word.log_odds) for word in words["note"]]
        assert sizes == sorted(sizes, reverse=True)
        assert words["note"][0].log_odds > 0


def test_a_missing_cell_has_no_word_and_an_array_has_the_same_words(two: Case) -> None:
    clf, table, y = two
    with pytest.warns(UserWarning, match="missing, where none was in training"):
        found = explain_row(clf, {"note": [None], "x": [0.0]}, table)
    assert all(c.words == [] for c in found.contributions)
    array = np.array([table["note"], table["x"]], dtype=object).T
    same = TabularClassifier("fast", epochs=12, ensemble_size=2, random_state=0)
    same.fit(array, y, columns={0: "text"})
    assert words_by_class(same, array)["x0"] == words_by_class(clf, table)["note"]
    of_array = explain_row(same, array[:1], array)
    assert next(c.words for c in of_array.contributions if c.name == "x0")


@pytest.mark.heavy
@pytest.mark.parametrize("case", ["two", "three"])
def test_the_words_of_a_class_are_those_that_say_most_in_the_rows(
    case: str, request: pytest.FixtureRequest
) -> None:
    clf, table, _ = request.getfixturevalue(case)
    found = words_by_class(clf, table, max_words=6)["note"]
    assert [*found] == clf.classes_.tolist()
    reading = text_of(clf).reading
    assert reading is not None
    for k, (label, words) in enumerate(found.items()):
        assert 0 < len(words) <= 6
        assert all(word.log_odds > 0 and word.n_rows >= 3 for word in words)
        said = [reading.by_word(note).get(words[0].word) for note in table["note"]]
        has = [z for z in said if z is not None]
        of_class = [z[k] if len(z) > 1 else z[0] * (1 if k else -1) for z in has]
        assert words[0].n_rows == len(has)
        assert words[0].log_odds == pytest.approx(np.mean(of_class), rel=1e-4)
        own = " ".join(OF_CLASS[label]).lower()
        assert words[0].word in own


def test_long_texts_are_looked_at_in_fewer_rows(two: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    clf, table, _ = two
    every = {w.word: w for words in words_by_class(clf, table)["note"].values() for w in words}
    monkeypatch.setattr(module, "MOST_CHARACTERS", sum(map(len, table["note"])) // 2 + 1)
    fewer = [w for words in words_by_class(clf, table)["note"].values() for w in words]
    assert 0 < max(w.n_rows for w in fewer) < max(w.n_rows for w in every.values())


@pytest.mark.filterwarnings("ignore")
def test_nothing_is_said_of_a_table_without_a_text_that_is_read() -> None:
    notes = {"note": [f"some words, and more of them: {i}" for i in range(40)]}
    clf = TabularClassifier("fast", epochs=1, ensemble_size=1, random_state=0)
    clf.fit(notes, ["a", "b"] * 20, columns={"note": "text:length"})
    assert words_by_class(clf, notes) == {}
    net = numlp.MLPClassifier([2], max_iter=1).fit(np.eye(4), ["a", "b"] * 2)
    assert words_by_class(net, np.eye(4)) == {}


@pytest.mark.parametrize("most", [0, 1.5, True])
def test_how_many_words_are_wanted_is_a_whole_number(two: Case, most: Any) -> None:
    with pytest.raises(ValueError, match=r"max_words=.*, but it has to be a whole number"):
        words_by_class(two[0], two[1], max_words=most)


def test_a_column_of_text_is_shuffled_as_one(three: Case) -> None:
    clf, table, y = three
    assert {c.name for c in permutation_importance(clf, table, y, n_repeats=1)} == {"note", "x"}
    columns = clf.model_.matrix_columns()
    says = [n for n in clf.model_.matrix_names if n.startswith("note says ")]
    assert len(says) == 3
    assert len(columns["note"]) == len([n for n in clf.model_.matrix_names if "note" in n])


def test_a_word_has_a_number_of_rows() -> None:
    assert Word("a", 0.5) == Word("a", 0.5, n_rows=1)
