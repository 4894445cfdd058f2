"""A fingerprint of a table, by which a resumed run notices that its data has changed."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.samples import Samples
from ..storage.checkpoint import digest
from ..table.table import Table
from .holding_out import HoldingOut
from .texts import TextColumn

HELD_OUT = "rows to hold out"  # as a message names them


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
    return {
        "rows": len(samples),
        "columns": columns,
        "labels": digest(json.dumps(classes.tolist()), samples.y.astype(np.int64)),
        "weights": None if samples.weight is None else digest(samples.weight),
        HELD_OUT: None if holding is None else holding.digest(),
    }
