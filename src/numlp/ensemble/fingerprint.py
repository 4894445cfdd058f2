"""A fingerprint of a table, by which a resumed run notices that its data has changed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.samples import Samples
from ..data.splits import ClassNumbers
from ..storage.checkpoint import digest
from ..table.table import Table
from .holding_out import HoldingOut
from .texts import TextColumn


def fingerprint(
    table: Table,
    samples: Samples,
    classes: NDArray[Any],
    holding: HoldingOut | None = None,
    texts: Sequence[TextColumn] = (),
) -> dict[str, Any]:
    """The number of rows, and digests of each column, the labels, the weights, groups and times.

    Parameters
    ----------
    table : Table
    samples : Samples
        Their matrix was made by the table.
    classes : array of shape (n_classes,)
    holding : HoldingOut, optional
        How rows are held out, where they are not dealt one by one.
    texts : sequence of TextColumn, default ()
    """
    columns = {
        encoder.name: digest(
            json.dumps(encoder.state()),
            slots.numbers,
            slots.flags,
            slots.codes,
            *([slots.plain] if slots.plain.size else []),  # where there is none, as it was before
        )
        for encoder, slots in table.slots(samples.X)
    }
    for text in texts:
        words = "\n".join([*text.reading.vocabulary.words, *text.reading.vocabulary.pieces])
        columns[text.name] += digest(
            words, *(part for rows in text.rows for part in (rows.data, rows.indices))
        )
    return of_columns(columns, classes, samples.y, samples.weight, holding)


def of_columns(
    columns: Mapping[str, str],
    classes: NDArray[Any],
    y: ClassNumbers,
    weight: NDArray[Any] | None,
    holding: HoldingOut | None,
) -> dict[str, Any]:
    """The same of columns whose digests are known, and of the class and weight of each row."""
    return {
        "rows": len(y),
        "columns": columns,
        "labels": digest(json.dumps(classes.tolist()), y.astype(np.int64)),
        "weights": None if weight is None else digest(weight),
        "rows to hold out": None if holding is None else holding.digest(),
    }
