"""The words and pieces of texts: which there are, and what each text has of them."""

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest

from numlp.table import vocabulary as module
from numlp.table.vocabulary import MOST_READ, Vocabulary

TEXTS = [
    "Not bad, not BAD at all!", "bad", "The food was GREAT - and the staff as well.", "",
    "food_42 costs 12.50 in 2024", "a b c", "Great food, great staff", "naïve café, Ünïcode",
    "  blanks\tand\nlines ", "great", "İstanbul ΣΑΣ Straße", "!!! ... ???", "don't isn't won't",
    "The staff wasn't great, not at all",
]  # fmt: skip


def fit(texts: Sequence[str]) -> Vocabulary:
    return Vocabulary.fit(texts, np.ones(len(texts), np.intp))


def dense(vocabulary: Vocabulary, texts: Sequence[str]) -> np.ndarray:
    S = vocabulary.rows(texts)
    X = np.zeros(S.shape, np.float32)
    X[np.repeat(np.arange(len(S)), np.diff(S.indptr)), S.indices] = S.data
    return X


def test_rows_are_those_of_scikit_learn() -> None:
    text = pytest.importorskip("sklearn.feature_extraction.text")
    shared = {"sublinear_tf": True, "dtype": np.float64}
    words = text.TfidfVectorizer(ngram_range=(1, 2), min_df=2, **shared)
    pieces = text.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, **shared)
    expected = np.hstack([v.fit_transform(TEXTS).toarray() for v in (words, pieces)]) / 2**0.5
    vocabulary = fit(TEXTS)
    assert vocabulary.words == words.get_feature_names_out().tolist()
    assert vocabulary.pieces == pieces.get_feature_names_out().tolist()
    np.testing.assert_allclose(dense(vocabulary, TEXTS), expected, atol=1e-7)
    fresh = ["great bad food", "nothing like it, zzz", "NOT   at all"]
    expected = np.hstack([v.transform(fresh).toarray() for v in (words, pieces)]) / 2**0.5
    np.testing.assert_allclose(dense(vocabulary, fresh), expected, atol=1e-7)


def test_the_order_of_the_texts_decides_nothing() -> None:
    one, other = fit(TEXTS), fit(TEXTS[::-1])
    assert (one.words, one.pieces) == (other.words, other.pieces)
    assert np.array_equal(one.idf, other.idf)
    assert np.array_equal(dense(one, TEXTS), dense(other, TEXTS))


def test_blocks_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit(TEXTS)
    X = dense(whole, TEXTS)
    for n in (1, 20, 50):
        monkeypatch.setattr(module, "BLOCK", n)
        parts = fit(TEXTS)
        assert (parts.words, parts.pieces) == (whole.words, whole.pieces)
        assert np.array_equal(parts.idf, whole.idf)
        assert len([*parts.blocks(TEXTS)]) > 1
        assert np.array_equal(dense(parts, TEXTS), X)


def test_a_text_counts_once_for_each_cell_that_holds_it() -> None:
    counted = Vocabulary.fit(["good food", "bad"], np.array([3, 1]))
    written_out = fit(["good food"] * 3 + ["bad"])
    assert counted.words == written_out.words == ["food", "good", "good food"]
    assert counted.pieces == written_out.pieces
    np.testing.assert_allclose(counted.idf, written_out.idf)


def test_a_word_needs_two_cells_and_a_piece_three() -> None:
    vocabulary = fit(["alpha xq", "alpha xq", "beta zk zk zk", "alpha"])
    assert vocabulary.words == ["alpha", "alpha xq", "xq"]
    assert " xq " not in vocabulary.pieces
    assert "alpha" in vocabulary.pieces
    assert not any("z" in piece for piece in vocabulary.pieces)


def test_of_too_many_terms_those_of_most_cells_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TERMS", 3)
    texts = ["dd", "dd", "cc", "cc", "bb", "bb", "aa", "aa", "zz", "zz", "zz"]
    vocabulary = Vocabulary.fit([*dict.fromkeys(texts)], np.array([2, 2, 2, 2, 3]))
    assert vocabulary.words == ["aa", "bb", "zz"]  # of equally frequent ones the first
    assert len(vocabulary.pieces) == 3


def test_of_too_many_characters_every_kth_text_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"text {i:03} is common" for i in range(400)]
    monkeypatch.setattr(module, "MOST_CHARACTERS", 2000)
    sampled, other = fit(texts), fit(texts[::-1])
    assert sampled.words == ["common", "is", "is common", "text"]
    assert sampled.words == other.words
    assert sampled.idf[0] == 1  # every text that was read has it


@pytest.mark.parametrize("text", ["", " ", "\n\t", "!", "a"])
def test_a_text_without_a_term_is_a_row_without_elements(text: str) -> None:
    vocabulary = fit(["some words", "some words", "some words"])
    S = vocabulary.rows([text, "some"])
    assert S.indptr[1] == 0 < S.indptr[2]
    assert vocabulary.knows(S).tolist() == [False, True]


def test_a_piece_alone_makes_no_text_known() -> None:
    vocabulary = fit(["some words"] * 3)
    S = vocabulary.rows(["sombre"])
    assert S.indptr[1] > 0
    assert not vocabulary.knows(S)[0]


def test_its_own_texts_are_known_by_what_the_others_have() -> None:
    texts = ["here and there", "here", "and", "here and"]
    vocabulary = fit([*texts, "rare twice", "rare"])
    S = vocabulary.rows([*texts, "rare twice", "rare"])
    assert vocabulary.knows(S).all()
    assert vocabulary.knows(S, own=True).tolist() == [True] * 4 + [False] * 2


def test_no_term_has_the_end_of_a_line_in_it() -> None:
    """A model file keeps a term a line."""
    ends = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
    texts = [f"one{end}two {end} th{end}ree" for end in [*ends, "\0"]]
    vocabulary = fit(texts * 3)
    terms = [*vocabulary.words, *vocabulary.pieces]
    assert "one two" in terms
    assert all(len(term.splitlines()) == 1 for term in terms)
    assert any("\0" in term for term in terms)  # no end of a line, and kept


def test_half_of_a_surrogate_pair_is_a_question_mark() -> None:
    texts = ["bad \ud800 char", "bad \udfff char", "bad ? char"]
    vocabulary = fit(texts)
    assert " ?" in vocabulary.pieces
    "".join(vocabulary.words + vocabulary.pieces).encode()
    X = dense(vocabulary, texts)
    assert np.array_equal(X[0], X[1])
    assert np.array_equal(X[0], X[2])


@pytest.mark.parametrize(
    ("texts", "piece"),
    [
        (["我喜欢这家餐厅", "我不喜欢这里", "她很喜欢它"], "喜欢"),
        (["ฉันชอบร้านอาหารนี้", "ฉันไม่ชอบอาหาร", "เขาชอบมาก"], "ชอบ"),
        (["このレストランが好きです", "あの店は好きではない", "とても好き"], "好き"),
    ],
    ids=["Chinese", "Thai", "Japanese"],
)
def test_languages_without_blanks_have_pieces(texts: list[str], piece: str) -> None:
    vocabulary = fit(texts)
    assert piece in vocabulary.pieces
    column = len(vocabulary.words) + vocabulary.pieces.index(piece)
    assert dense(vocabulary, [f"xx{piece}yy"])[0, column] > 0


def test_capitals_count_as_small_letters_and_digits_as_letters() -> None:
    vocabulary = fit(["Error 404: Page", "ERROR 404 page", "error 404, PAGE"])
    assert vocabulary.words == ["404", "404 page", "error", "error 404", "page"]
    X = dense(vocabulary, ["error 404 page", "ERROR 404 PAGE"])
    assert np.array_equal(X[0], X[1])


def test_a_long_run_of_letters_is_no_word_and_its_pieces_are_read() -> None:
    long = "ab" * 26
    vocabulary = fit([f"{long} cd", f"{long} cd", f"{long[:50]} cd", f"{long[:50]}"])
    assert vocabulary.words == [long[:50], "cd"]
    assert "ab" in vocabulary.pieces


def test_what_follows_the_first_characters_of_a_text_is_not_read() -> None:
    start = "word " * (MOST_READ // 5)
    texts = [start + "late"] * 3
    vocabulary = fit(texts)
    assert vocabulary.words == ["word", "word word"]
    assert np.array_equal(*dense(vocabulary, [start, start + " other words"]))


@pytest.mark.heavy
def test_memory_does_not_grow_with_the_number_of_long_texts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BLOCK", 1 << 13)
    vocabulary = Vocabulary(["xy"], ["xy"], np.ones(2, np.float32))
    rng = np.random.default_rng(0)
    texts = ["".join(map(chr, rng.integers(97, 123, size=3000))) for _ in range(40)]
    peaks = []
    for n in (4, 40):
        tracemalloc.start()
        try:
            for _ in vocabulary.blocks(texts[:n]):
                pass
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
