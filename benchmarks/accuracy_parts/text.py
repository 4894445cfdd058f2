"""What is learned from a table with a column of text: the text alone, or the table without it.

The column of text is the one that is called ``text`` or ``review``.
"""

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
    """A classifier of tables that gets the column of text alone, or all columns but that one."""

    def __init__(self, model: Any, part: str) -> None:
        if part not in ("text", "others"):
            raise ValueError(f"part must be text or others, got {part!r}")
        self.model = model
        self.part = part

    def fit(self, X: pd.DataFrame, y: pd.Series) -> "OnPart":
        self.model.fit(self._part_of(X), y)
        self.classes_ = self.model.classes_
        return self

    def predict_proba(self, X: pd.DataFrame) -> Any:
        return self.model.predict_proba(self._part_of(X))

    def _part_of(self, X: pd.DataFrame) -> pd.DataFrame:
        text = text_column(X)
        return X[[text]] if self.part == "text" else X.drop(columns=text)


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
