"""The order of the categories in a column whose type has one, whichever library it is from."""

from collections.abc import Iterable
from typing import Any

from .objects import as_alone


def levels_of(name: str, cells: Any) -> tuple[str, ...]:
    """All categories of an ordered type, the lowest first, as they are spelled among words.

    A pandas Categorical is ordered where it says so, and so is a dictionary of pyarrow; an Enum of
    polars always is, as polars sorts and compares by its order.

    >>> import pandas as pd
    >>> levels_of("size", pd.Categorical(["S", "L"], ["S", "M", "L"], ordered=True))
    ('S', 'M', 'L')
    >>> levels_of("size", pd.Categorical(["S", "L"]))
    ()
    """
    native = cells.to_native() if hasattr(cells, "to_native") else cells
    dtype: Any = getattr(native, "dtype", None)
    if getattr(dtype, "ordered", False) is True and hasattr(dtype, "categories"):
        return _spelled(name, dtype.categories.tolist())
    if type(dtype).__name__ == "Enum" and hasattr(dtype, "categories"):
        return _spelled(name, list(dtype.categories))
    arrow = getattr(native, "type", None)
    if getattr(arrow, "ordered", False) is True:
        chunks = native.chunks if hasattr(native, "chunks") else [native]
        each = [tuple(_spelled(name, chunk.dictionary.to_pylist())) for chunk in chunks]
        # Chunks may have dictionaries of their own; the longest is the whole where all begin alike.
        longest = max(each, key=len, default=())
        return longest if all(own == longest[: len(own)] for own in each) else ()
    return ()


def _spelled(name: str, categories: Iterable[Any]) -> tuple[str, ...]:
    return tuple(as_alone(name, category) for category in categories)
