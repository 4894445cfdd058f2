"""What is learned from a table with a column of text: the text, its length, or what is beside it.

The column of text is the one that is called ``text`` or ``review``.
"""

import sys
from collections.abc import Sequence
from typing import Any

import pandas as pd

TEXT_COLUMNS = ("text", "review")


def text_column(X: pd.DataFrame) -> str:
    """The name of the column of text."""
    found = [name for name in TEXT_COLUMNS if name in X]
    if len(found) != 1:
        raise ValueError(f"one column must be called {' or '.join(TEXT_COLUMNS)}, not {len(found)}")
    return found[0]


class OnPart:
    """A classifier of tables that gets the text alone, its length, or all columns but that one."""

    def __init__(self, model: Any, part: str) -> None:
        if part not in ("text", "length", "others"):
            raise ValueError(f"part must be text, length or others, got {part!r}")
        self.model = model
        self.part = part

    def fit(self, X: pd.DataFrame, y: pd.Series) -> "OnPart":
        asked = {"columns": {text_column(X): "text:length"}} if self.part == "length" else {}
        self.model.fit(self._part_of(X), y, **asked)
        self.classes_ = self.model.classes_
        return self

    def predict_proba(self, X: pd.DataFrame) -> Any:
        return self.model.predict_proba(self._part_of(X))

    def _part_of(self, X: pd.DataFrame) -> pd.DataFrame:
        text = text_column(X)
        return X.drop(columns=text) if self.part == "others" else X[[text]]


def change_reading(
    *,
    words: bool = True,
    pieces: bool = True,
    strengths: Sequence[float] = (),
    together: bool = False,
) -> None:
    """Change how numlp reads texts in this process: leave a part out, or make one model of two.

    ``strengths`` are ``numlp.ensemble.texts.STRENGTHS``; with ``together`` one model has both the
    words and the pieces.
    """
    from numlp.ensemble import texts
    from numlp.table import vocabulary

    if not words:
        vocabulary.MIN_ROWS_OF_WORD = sys.maxsize
    if not pieces:
        vocabulary.MIN_ROWS_OF_PIECE = sys.maxsize
    if strengths:
        texts.STRENGTHS = tuple(strengths)
    if together:
        vocabulary.Vocabulary.halves = lambda _, S: [S]


class TermRegression:
    """Logistic regression on the weighted counts of the words, or pieces of words, of the text.

    ``terms`` are arguments of scikit-learn's TfidfVectorizer; a missing cell is an empty text.
    """

    def __init__(self, C: float, terms: dict[str, Any]) -> None:
        self.C = C
        self.terms = terms | {"ngram_range": tuple(terms["ngram_range"])}  # JSON has lists

    def fit(self, X: pd.DataFrame, y: pd.Series) -> "TermRegression":
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        self.vectorizer = TfidfVectorizer(**self.terms)
        self.model = LogisticRegression(C=self.C, max_iter=1000)
        self.model.fit(self.vectorizer.fit_transform(_texts(X)), y)
        self.classes_ = self.model.classes_
        return self

    def predict_proba(self, X: pd.DataFrame) -> Any:
        return self.model.predict_proba(self.vectorizer.transform(_texts(X)))


def _texts(X: pd.DataFrame) -> pd.Series:
    return X[text_column(X)].fillna("").astype(str)
