"""What each rival gets in place of the raw table.

All that is learned here (levels, medians, which columns are dropped) is learned from the training
part.  Columns are renamed c0, c1, ... because LightGBM and XGBoost refuse some names.
"""

from typing import Any, Self

import numpy as np
import pandas as pd
from pandas.api import types

DISTINCT = 0.95  # a text column with a larger share of distinct values is a name: dropped
MAX_ONE_HOT = 100  # levels of one column; the rarest share one


class CategoryFrame:
    """Numbers as float64, text as pandas categories whose levels are those of the training part.

    Parameters
    ----------
    impute : fill holes of number columns with their median
    max_levels : a text column with more levels becomes a number column of their codes
    """

    def __init__(self, *, impute: bool = False, max_levels: int | None = None) -> None:
        self.impute = impute
        self.max_levels = max_levels

    def fit(self, X: pd.DataFrame) -> Self:
        self.levels: dict[Any, pd.Index] = {}
        self.medians: dict[Any, float] = {}
        for name in X.columns:
            column = X[name].dropna()
            if column.empty:
                continue
            if types.is_bool_dtype(column) or types.is_numeric_dtype(column):
                self.medians[name] = float(column.astype(float).median())
            elif column.nunique() <= DISTINCT * len(column):
                self.levels[name] = pd.Index(sorted(column.astype(str).unique()))
        self.names = {
            name: f"c{i}"
            for i, name in enumerate(X.columns)
            if name in self.levels or name in self.medians
        }
        self.text = [self.names[n] for n in self.levels if not self._too_many(n)]
        self.numbers = [c for c in self.names.values() if c not in self.text]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({new: self._column(name, X[name]) for name, new in self.names.items()})

    def _too_many(self, name: Any) -> bool:
        return self.max_levels is not None and len(self.levels[name]) > self.max_levels

    def _column(self, name: Any, column: pd.Series) -> Any:
        if name in self.levels:
            text = column.astype(str).where(column.notna(), None)
            known = text.where(text.isin(self.levels[name]), None).astype(object)
            coded = pd.Categorical(known, categories=self.levels[name])
            if not self._too_many(name):
                return coded
            return np.where(coded.codes < 0, np.nan, coded.codes.astype(float))
        numbers = column.astype(float).to_numpy()
        return np.where(np.isnan(numbers), self.medians[name], numbers) if self.impute else numbers


class TextFrame(CategoryFrame):
    """As CatBoost likes it: categories as strings, a hole in them as the string 'missing'."""

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        frame = super().transform(X)
        for name in self.text:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "missing")
        return frame


class OneHot(CategoryFrame):
    """A dense matrix: medians and indicators for numbers, one-hot for text, by scikit-learn."""

    def __init__(self, *, scale: bool) -> None:
        super().__init__()
        self.scale = scale

    def fit(self, X: pd.DataFrame) -> Self:
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        super().fit(X)
        numbers = [SimpleImputer(strategy="median", add_indicator=True)]
        one_hot = OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MAX_ONE_HOT, sparse_output=False
        )
        self.transformer = ColumnTransformer(
            [
                (
                    "numbers",
                    make_pipeline(*numbers, *[StandardScaler()] * self.scale),
                    self.numbers,
                ),
                ("text", one_hot, self.text),
            ]
        ).fit(self._holes_as_nan(X))
        return self

    def transform(self, X: pd.DataFrame) -> Any:
        return self.transformer.transform(self._holes_as_nan(X))

    def _holes_as_nan(self, X: pd.DataFrame) -> pd.DataFrame:
        frame = super().transform(X)
        for name in self.text:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), np.nan)
        return frame
