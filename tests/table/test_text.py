"""A column of text: what is read of it, what it becomes, and what a file may say of it."""

import copy
import json
from typing import Any

import numpy as np
import pytest

from numlp import DataError
from numlp.data.columns import as_columns
from numlp.table.reasons import LengthAlone, reasons_of
from numlp.table.table import Table
from numlp.table.text import MOST_LABELS, Text

LABELS = ["no", "yes"]
TEXTS = [
    f"this {thing} was {how}, {said}"
    for thing in ("place", "dish", "waiter", "menu")
    for how in ("good", "bad", "as ever")
    for said in ("we said", "they said", "he wrote at length about all of it")
]


def fit(texts: Any = None, labels: list[str] = LABELS, kind: str = "text") -> Table:
    return Table.fit({"t": TEXTS if texts is None else texts}, {"t": kind}, labels=labels)


def learned(labels: list[str] = LABELS) -> Table:
    """A table whose words have weights."""
    table = fit(labels=labels)
    reading = table.encoders[0].reading
    n = len(reading.labels)
    rng = np.random.default_rng(0)
    reading.weights = rng.normal(size=(reading.vocabulary.size + 1, n)).astype(np.float32)
    return table


# What is read


def test_words_of_two_classes_speak_for_the_second() -> None:
    table = fit()
    assert table.features == ["t length", "t words", "t says yes"]
    assert "51 words and 241 pieces of words are read" in str(table.encoders[0].why)


def test_words_of_more_classes_speak_for_each() -> None:
    assert fit(labels=["a", "b", "c"]).features[2:] == ["t says a", "t says b", "t says c"]


@pytest.mark.parametrize(
    ("labels", "because"),
    [
        ([], ""),
        (["one"], ""),
        ([f"{i}" for i in range(MOST_LABELS + 1)], "there are 101 classes, and 100 are allowed"),
    ],
    ids=["none", "one", "many"],
)
def test_without_classes_or_with_many_a_text_is_its_length(labels: list[str], because: str) -> None:
    table = fit(labels=labels)
    assert table.features == ["t length", "t words"]
    assert LengthAlone(because) in reasons_of(table.encoders[0].why)
    assert str(table.encoders[0].why).endswith(because or "its words are not read")


def test_without_a_frequent_word_a_text_is_its_length() -> None:
    texts = ["Ab", "cd", "efg hij", "!"]
    table = fit(texts)
    assert table.features == ["t length", "t words"]
    assert "no word is in 2 rows, no piece in 3" in str(table.encoders[0].why)


def test_a_text_of_one_length_that_is_not_read_says_why() -> None:
    labels = [f"{i}" for i in range(MOST_LABELS + 1)]
    data = as_columns({"t": ["one", "two", "six"] * 20})
    [encoder] = Table.fit(data, {"t": "text"}, labels=labels).encoders
    assert not encoder.width
    assert str(encoder.why).startswith("as asked; its length is one, its words are not read: there")
    assert LengthAlone("there are 101 classes, and 100 are allowed", differs=False) in reasons_of(
        encoder.why
    )


def test_a_text_may_be_asked_to_be_its_length() -> None:
    """Then it is what it was before words were read, to the bit."""
    asked, before = fit(kind="text:length"), fit(labels=[])
    assert asked.features == before.features
    assert asked.encoders[0].state() == before.encoders[0].state()
    assert np.array_equal(asked.transform({"t": TEXTS}), before.transform({"t": TEXTS}))
    assert asked.file_format == 1
    assert fit().file_format == 2


@pytest.mark.parametrize("table", [fit(), fit(kind="text:length"), fit(labels=[])])
def test_what_it_is_can_be_asked_for(table: Table) -> None:
    again = fit(kind=table.encoders[0].asked_as)
    assert again.features == table.features


@pytest.mark.parametrize("kind", ["text:words", "text:", "text:Length"])
def test_a_detail_that_is_none_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=r"'text:length' where its words are not to be read"):
        fit(kind=kind)


def test_a_text_is_read_by_value_as_words_are() -> None:
    table = learned()
    a, b = table.transform({"t": ["1.50", " 7"]}), table.transform({"t": [1.5, 7.0]})
    assert np.array_equal(a, b)


# What it becomes


def test_log_odds_are_the_sum_of_what_the_words_say() -> None:
    table = learned()
    reading = table.encoders[0].reading
    W = reading.weights[:, 0]
    S = reading.vocabulary.rows(TEXTS)
    for i, z in enumerate(table.transform({"t": TEXTS})[:, 2]):
        own = slice(S.indptr[i], S.indptr[i + 1])
        x = (S.data[own] @ W[S.indices[own]] + W[-1]) / 4
        assert z == pytest.approx(x / np.sqrt(1 + (x / 3) ** 2), rel=1e-5)


def test_log_odds_of_several_classes_have_a_mean_of_zero() -> None:
    reading = learned(["a", "b", "c"]).encoders[0].reading
    Z, _ = reading.log_odds([*TEXTS, ""])
    np.testing.assert_allclose(Z.sum(axis=1), 0, atol=1e-5)


def test_missing_and_empty_cells_and_those_without_a_word_say_what_the_bias_says() -> None:
    table = learned()
    cells = np.array([None, "", "  ", "!", "NA", "zzz qqq"], object)
    said = table.transform({"t": cells})[:, 2]
    x = table.encoders[0].reading.weights[-1, 0] / 4
    np.testing.assert_allclose(said, x / np.sqrt(1 + (x / 3) ** 2), rtol=1e-5)


def test_a_text_has_one_answer_whatever_stands_around_it() -> None:
    table = learned()
    together = table.transform({"t": TEXTS})
    alone = [table.transform({"t": [text]})[0] for text in TEXTS]
    assert np.array_equal(together, alone)


def test_a_cell_of_a_megabyte_is_read_at_its_start() -> None:
    table = learned()
    start = "good place " * 1000
    long, longer = table.transform({"t": [start, start + "bad dish " * 100_000]})
    assert long[2] == longer[2]


def test_texts_without_a_known_word_are_told_where_they_are_many() -> None:
    table = learned()
    table.encoders[0].reading.strange = 0.05
    french = ["nous avons aimé", "rien de bon", "très cher"] * 10

    def told(texts: list[str]) -> list[tuple[str, bool]]:
        notes: list[Any] = []
        table.transform({"t": texts}, notes)
        return [(str(note), note.usual) for note in notes]

    message = "without any word that was frequent in training: another language?"
    assert told(TEXTS) == []
    assert told(TEXTS * 3 + french[:3]) == [(f"t: 3 cells {message}", True)]
    assert told(french) == [(f"t: 30 cells {message}", False)]
    assert told(["", "NA"] * 20) == [("t: 40 cells missing, where none was in training", False)]


# What a file says


@pytest.mark.parametrize("labels", [LABELS, ["a", "b", "c"]], ids=["two", "three"])
def test_a_table_from_a_file_answers_as_before(labels: list[str]) -> None:
    table = learned(labels)
    again = Table.from_state(json.loads(json.dumps(table.state())), table.arrays())
    assert np.array_equal(again.transform({"t": TEXTS}), table.transform({"t": TEXTS}))
    assert again.state() == table.state()
    assert {name: a.tobytes() for name, a in again.arrays().items()} == {
        name: a.tobytes() for name, a in table.arrays().items()
    }
    assert again.features == table.features


def test_a_vocabulary_without_words_or_without_pieces_is_kept() -> None:
    for texts in (["我喜欢", "我喜欢的", "很喜欢"], ["ab xyz", "ab uvw"]):
        table = fit(texts)
        reading = table.encoders[0].reading
        assert not reading.vocabulary.words or not reading.vocabulary.pieces
        reading.weights = np.ones((reading.vocabulary.size + 1, 1), np.float32)
        again = Table.from_state(table.state(), table.arrays())
        assert np.array_equal(again.transform({"t": texts}), table.transform({"t": texts}))


def lines(*terms: str) -> np.ndarray[Any, Any]:
    return np.frombuffer("\n".join(terms).encode(), np.uint8)


def broken(name: str, change: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    table = learned()
    state, arrays = copy.deepcopy(table.state()), dict(table.arrays())
    if name in state["columns"][0]["reading"]:
        state["columns"][0]["reading"][name] = change
    elif name == "reading":
        state["columns"][0]["reading"] = change
    elif change is None:
        del arrays[f"table.0.{name}"]
    else:
        key = name if "." in name else f"table.0.{name}"
        arrays[key] = change(arrays.get(key))
    return state, arrays


def with_last(value: float) -> Any:
    def change(array: Any) -> Any:
        array = array.copy()
        array.reshape(-1)[-1] = value
        return array

    return change


HOSTILE: dict[str, tuple[str, Any]] = {
    "weights missing": ("weights", None),
    "words missing": ("words", None),
    "weights of another shape": ("weights", lambda a: a[1:]),
    "weights of more classes": ("weights", lambda a: np.repeat(a, 2, axis=1)),
    "weights in one row": ("weights", lambda a: a[:, 0]),
    "weights of float64": ("weights", lambda a: a.astype(float)),
    "a weight that is NaN": ("weights", with_last(np.nan)),
    "a weight that is infinite": ("weights", with_last(np.inf)),
    "idf of another shape": ("idf", lambda a: a[:-1]),
    "idf of whole numbers": ("idf", lambda a: a.astype(np.int32)),
    "idf that is NaN": ("idf", with_last(np.nan)),
    "idf below 1": ("idf", with_last(0.5)),
    "idf below 0": ("idf", with_last(-2)),
    "idf beyond all rows": ("idf", with_last(1e30)),
    "a weight of which a sum is infinite": ("weights", with_last(3e38)),
    "words twice": ("words", lambda a: np.concatenate([a, lines("", "was")])),
    "one word less": ("words", lambda a: a[: -1 - a.tobytes()[::-1].index(b"\n")]),
    "words that are no UTF-8": ("words", lambda a: np.where(a == a.max(), 255, a).astype("u1")),
    "words as numbers": ("words", lambda a: a.astype(np.float32)),
    "words in two dimensions": ("words", lambda a: a[:, None]),
    "ends of lines alone": ("words", lambda _: np.full(1 << 16, 10, np.uint8)),
    "a word of 20 MB": ("pieces", lambda _: np.full(20 << 20, 97, np.uint8)),
    "an array more": ("more", lambda _: np.zeros(1)),
    "an array of no column": ("table.7.words", lambda _: np.zeros(1)),
    "an array of a column named otherwise": ("table.00.words", lambda _: np.zeros(1)),
    "no reading, but arrays": ("reading", None),
    "a reading that is a list": ("reading", []),
    "labels that are a text": ("labels", "y"),
    "labels that are numbers": ("labels", [1]),
    "labels that are lists": ("labels", [["a"]]),
    "no label": ("labels", []),
    "more labels than weights": ("labels", ["a", "b"]),
    "too many labels": ("labels", [f"{i}" for i in range(101)]),
    "strange beyond 1": ("strange", 1.5),
    "strange that is text": ("strange", "0.1"),
    "strange that is None": ("strange", None),
}


@pytest.mark.parametrize(("name", "change"), HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_no_fit_wrote_is_refused(name: str, change: Any) -> None:
    state, arrays = broken(name, change)
    with pytest.raises((KeyError, TypeError, ValueError)):
        Table.from_state(state, arrays)


def test_arrays_of_a_column_that_has_none_are_refused() -> None:
    table = Table.fit({"x": [1.0, 2.5, 4.0]})
    with pytest.raises(ValueError, match=r"arrays \['words'\] of a column that has none"):
        Table.from_state(table.state(), {"table.0.words": lines("a")})


def test_a_column_of_numbers_is_no_text() -> None:
    with pytest.raises(DataError, match="was asked to be 'text:length', but it holds numbers"):
        Table.fit({"t": [1.0, 2.0]}, {"t": "text:length"})


def test_its_kind_is_text() -> None:
    assert isinstance(fit().encoders[0], Text)
    assert [row["kind"] for row in fit(kind="text:length").audit()] == ["text"]
