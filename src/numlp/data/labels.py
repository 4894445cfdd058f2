"""Class labels of any type -> class numbers 0, 1, ..., and the classes to turn them back."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length, sklearn_class
from ..common.masks import is_masked_array, with_mask
from ..common.missing import is_missing
from ..common.warning import warn
from ..common.wording import name_list
from ..errors import DataError
from .columns import as_array, is_dask
from .frames import open_frame, way_out
from .objects import spell
from .quantity import IN_PYTHON, quantity_told


class EncodedLabels(NamedTuple):
    """Labels as class numbers.

    Attributes
    ----------
    classes : array of shape (n_classes,)
        The labels, each once, sorted.
    y : array of shape (n,)
        The class number of each row: the index of its label in ``classes``.
    name : str
        What the labels are called; empty where they have no name.
    """

    classes: NDArray[Any]
    y: NDArray[np.signedinteger[Any]]
    name: str = ""


def encode_labels(y: Any) -> EncodedLabels:
    """The sorted classes of y, the class number of each row, and the name of y.

    Parameters
    ----------
    y : sequence, array or Series of shape (n,)
        Text, whole numbers or booleans; predictions have the same type.

    Raises
    ------
    DataError
        y is None, not one column, has a missing label (a text of blanks is one), mixes text and
        numbers, or holds numbers with a fractional part, as a regression's target does.

    Examples
    --------
    >>> encode_labels(["no", "yes", "no"])
    EncodedLabels(classes=array(['no', 'yes'], dtype='<U3'), y=array([0, 1, 0]), name='')
    """
    if isinstance(y, EncodedLabels):
        return y
    y = gathered(y)
    labels, name = typed_labels(y), name_of(y)
    if labels.dtype.kind == "O":
        classes, numbers = _sorted_words(labels)
        _refuse_blank(classes, numbers)
        # A list has no type to give back; NumPy's own text prints plainly, but it drops NUL
        # characters at the end of a label.
        if isinstance(y, list | tuple) and not any(w.endswith("\0") for w in classes):
            classes = classes.astype(str)
        return EncodedLabels(classes, numbers, name)
    if labels.dtype.kind == "f":
        _check_whole(labels)
    elif labels.dtype.kind not in "biuOU":
        raise DataError(f"Unknown label type: y has {labels.dtype}; give text or whole numbers")
    classes, numbers = np.unique(labels, return_inverse=True)
    if labels.dtype.kind == "U":
        _refuse_blank(classes, numbers)
    return EncodedLabels(classes, numbers.astype(np.intp), name)


def name_of(y: Any) -> str:
    """The name of a Series, or of the one column of a frame; empty where there is none.

    As in scikit-learn a name is text: the numbers by which pandas counts columns are not names.

    >>> name_of([1, 2])
    ''
    """
    name = getattr(y, "name", None)
    if isinstance(name, str):
        return str(name)
    # PyArrow's columns are arrays; a column of a pandas frame may be called "name" itself.
    names = getattr(y, "column_names", None)
    if names is None:
        names = getattr(y, "columns", None)
    names = [] if names is None else list(names)
    return str(names[0]) if len(names) == 1 and isinstance(names[0], str) else ""


def _sorted_words(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The words sorted, each once, and where each label is; ``np.unique`` would sort all labels."""
    index: dict[str, int] = {}
    found = np.fromiter((index.setdefault(w, len(index)) for w in labels), np.intp, len(labels))
    words = sorted(index)
    place = np.empty(len(words), np.intp)
    place[[index[word] for word in words]] = np.arange(len(words))
    return np.array(words, dtype=object), place[found]


def _refuse_blank(classes: NDArray[Any], y: NDArray[np.signedinteger[Any]]) -> None:
    blank = np.isin(y, [k for k, word in enumerate(classes.tolist()) if not word.strip()])
    if blank.any():
        raise DataError(
            f"Input y contains NaN: {blank.sum():,} of {len(y):,} labels are blank, the first in "
            f"row {int(blank.argmax()) + 1}, and a blank label is a missing one. Drop these rows, "
            "or give the class a name"
        )


def spelled(labels: EncodedLabels) -> EncodedLabels:
    """The labels as text, as a file has them: a whole number without a point.

    >>> spelled(encode_labels([1.0, 2.0, 1.0])).classes
    array(['1', '2'], dtype='<U1')
    """
    words = [spell(c) if isinstance(c, float) else str(c) for c in labels.classes.tolist()]
    return labels._replace(classes=np.array(words))


# Labels that are compared with those of training


def truths_as_words(labels: EncodedLabels, classes: NDArray[Any]) -> EncodedLabels:
    """The labels, booleans as the classes "True" and "False" where these two words are the classes.

    The words may have letters of any case: an older numlp took the booleans of a file for text.

    >>> truths_as_words(encode_labels([True, False, True]), np.array(["no", "yes"])).classes
    array([False,  True])
    >>> truths_as_words(encode_labels([True, True]), np.array(["false", "true"])).classes
    array(['true'], dtype=object)
    """
    if labels.classes.dtype.kind != "b" or not _is_text(classes):
        return labels
    words = {str(word).lower(): word for word in classes.tolist()}
    if len(classes) != 2 or words.keys() != {"true", "false"}:
        return labels
    own = [words[str(truth).lower()] for truth in labels.classes.tolist()]
    return labels._replace(classes=np.array(own, object))


def check_type(labels: EncodedLabels, classes: NDArray[Any], where: str) -> None:
    """Raise a DataError where labels are text and the classes numbers, or the other way round.

    Booleans are numbers here, as NumPy compares them: True is 1.
    """
    if not len(labels.y) or _is_text(labels.classes) == _is_text(classes):
        return
    first = labels.classes[labels.y[:1]].tolist()[0]
    own, known = (_type_told(array) for array in (labels.classes, classes))
    raise DataError(
        f"{where} has {own}, such as {first!r} in row 1, but the classes that were trained on are "
        f"{known}: {name_list(classes.tolist())}. Give the labels as {known}"
    )


def _is_text(labels: NDArray[Any]) -> bool:
    return labels.dtype.kind in "OUT"


def _type_told(labels: NDArray[Any]) -> str:
    if _is_text(labels):
        return "text"
    return "booleans" if labels.dtype.kind == "b" else "whole numbers"


def labels_right(predicted: NDArray[Any], y: Any, classes: NDArray[Any]) -> NDArray[np.bool_]:
    """Which predicted labels are those of y, (n,); one that was not trained on is never.

    Parameters
    ----------
    predicted : array of shape (n,)
    y : labels of shape (n,)
    classes : array of shape (n_classes,)
        The labels that were trained on.

    Raises
    ------
    DataError
        y has another length, no label, a missing one, or one of another type than the classes.
        Booleans and the numbers 0 and 1 compare as NumPy compares them: True is 1.  Booleans
        compare with the words "True" and "False" as with booleans.
    """
    labels = truths_as_words(encode_labels(y), classes)
    check_same_length(len(predicted), len(labels.y))
    if not len(predicted):
        raise DataError("there is no row to score")
    check_type(labels, classes, "y")
    return np.asarray(predicted == labels.classes[labels.y])


def check_quantity(classes: NDArray[Any], n_rows: int) -> None:
    """Raise a DataError where the classes are so many numbers that they are plainly a quantity."""
    if classes.dtype.kind in "iuf" and (told := quantity_told(classes.astype(float), n_rows)):
        raise DataError(f"Unknown label type: continuous. y has {told}. {IN_PYTHON}")


def check_classes(classes: NDArray[Any], n_rows: int) -> None:
    """Raise a DataError where all labels are one class, each is a class of its own, or a quantity.

    Numbers of so many kinds that they are plainly a quantity are refused; text is not looked into.
    """
    if not n_rows:
        raise DataError("0 sample(s) while a minimum of 1 is required: y has no label")
    check_quantity(classes, n_rows)
    if len(classes) < 2:
        raise DataError(
            f"the target has one class only, {classes.tolist()[0]!r}, in all {n_rows:,} rows: a "
            "classifier needs rows of at least two classes"
        )
    if len(classes) == n_rows:
        raise DataError(
            f"the target has as many classes as rows, {n_rows:,}: each label stands once, so there "
            "is nothing to learn from. Is it an identifier, or a number to be predicted?"
        )


def missing_labels(y: Any) -> NDArray[np.bool_]:
    """Which labels are missing: None, NaN, NaT, masked, or a text of blanks."""
    labels = as_labels(y)
    if labels.dtype.kind == "f":
        return np.array(np.isnan(labels))
    if labels.dtype.kind in "mM":
        return np.array(np.isnat(labels))
    if labels.dtype.kind in "OU":
        return np.array([is_missing(label) or not str(label).strip() for label in labels], bool)
    return np.zeros(len(labels), bool)


def as_labels(y: Any) -> NDArray[Any]:
    """The labels as an array of shape (n,), of any type; a masked label is None.

    Raises
    ------
    DataError
        y is None, or not one column.
    """
    labels = label_array(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        warn(
            f"A column-vector y was passed when a 1d array was expected: y of shape {labels.shape} "
            "is taken as y.ravel()",
            sklearn_class("sklearn.exceptions", "DataConversionWarning", UserWarning),
        )
        labels = labels.ravel()
    if labels.ndim != 1:
        raise DataError(
            f"y should be a 1d array, got an array of shape {labels.shape} instead.{_advice(y)}"
        )
    if labels.dtype.kind == "c":
        raise DataError("Complex data not supported: y has complex numbers")
    return labels


def gathered(y: Any) -> Any:
    """A lazy frame, or a query of a database, as a frame in memory; any other labels as they are.

    >>> gathered([1, 2])
    [1, 2]
    """
    if y is None or isinstance(y, Sequence | Mapping) or hasattr(y, "__array__") or is_dask(y):
        return y
    try:
        return open_frame(y).to_native()
    except TypeError:
        return y


def _advice(y: Any) -> str:
    """What to give in place of a name, or of a table by name."""
    if isinstance(y, str):
        return f" y is a text: give the labels, X[{y!r}], and X without that column"
    if isinstance(y, Mapping) and y:
        return f" y is a {type(y).__name__}: give the labels, such as y[{next(iter(y))!r}]"
    if way := way_out(y):
        return f" y is a {type(y).__name__}: its {way}() may give the labels in memory"
    return ""


def typed_labels(y: Any) -> NDArray[Any]:
    """The labels as an array of shape (n,) of numbers or booleans, or of objects that are text.

    Raises
    ------
    DataError
        y is None or not one column, or a label held as an object is missing or of another type
        than the others.
    """
    labels = as_labels(y)
    return _of_one_type(labels) if labels.dtype.kind == "O" else labels


def label_array(y: Any) -> NDArray[Any]:
    """The labels as an array of any shape and type; a masked label is None.

    Raises
    ------
    DataError
        y is None or of Dask, or its rows differ in length.
    """
    y = gathered(y)
    if y is None:
        raise DataError("This classifier requires y to be passed, but the target y is None.")
    if is_dask(y):
        raise DataError(
            "y is a collection of Dask, whose rows are not gathered in silence: y.compute() gives "
            "labels in memory"
        )
    if hasattr(y, "toarray"):
        y = y.toarray()
    # Each label of a list keeps its own type: NumPy alone would make text of ["a", 1, NaN].
    masked = with_mask(y)
    if isinstance(masked, list | tuple):
        masked = np.array(masked, dtype=object)
    labels = as_array(masked, "y")
    if is_masked_array(labels):
        mask, labels = np.ma.getmaskarray(labels), np.ma.getdata(labels)
        if labels.dtype.names is None and mask.any():
            labels = labels.astype(object)
            labels[mask] = None
    return labels.astype(object) if labels.dtype.kind == "T" else labels


def _of_one_type(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels held as Python objects: text stays so, numbers and booleans get their own type."""
    missing = np.flatnonzero([is_missing(label) for label in labels])
    if missing.size:
        raise DataError(
            f"Input y contains NaN: {missing.size:,} of {len(labels):,} labels are missing, the "
            f"first in row {missing[0] + 1}. Drop these rows"
        )
    types = {type(label) for label in labels.tolist()}

    def all_are(*wanted: type) -> bool:
        return all(issubclass(t, wanted) for t in types)

    if all_are(str):
        return labels
    if all_are(bool, np.bool_):
        return labels.astype(bool)
    if bool not in types and all_are(int, float, np.integer, np.floating):
        try:
            return labels.astype(np.int64 if all_are(int, np.integer) else np.float64)
        except OverflowError as error:
            raise DataError(
                "y has a whole number beyond 64 bits: turn the labels into text"
            ) from error
    names = ", ".join(sorted(t.__name__ for t in types))
    first = type(labels[0])
    other = next((i for i, label in enumerate(labels) if type(label) is not first), None)
    where = "" if other is None else f"; the first of another type than row 1 is in row {other + 1}"
    raise DataError(
        f"Unknown label type: y has labels of type {names}{where}. Turn all labels into text, or "
        "all into whole numbers"
    )


def _check_whole(labels: NDArray[Any]) -> None:
    finite = np.isfinite(labels)
    if not finite.all():
        row = int(np.argmin(finite))
        raise DataError(
            f"Input y contains NaN or infinity: {(~finite).sum():,} of {len(labels):,} labels, the "
            f"first in row {row + 1}. Drop these rows"
        )
    broken = labels != np.rint(labels)
    if broken.any():
        raise DataError(
            f"Unknown label type: continuous. y has {labels[broken][0]:g} in row "
            f"{int(broken.argmax()) + 1}, which looks like regression; a classifier takes classes: "
            f"text, or whole numbers. {IN_PYTHON}"
        )
