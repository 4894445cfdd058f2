"""A fingerprint of a table, by which a resumed run notices that its data has changed."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.samples import Samples
from ..storage.checkpoint import digest
from ..table.table import Table
from .texts import TextColumn


def fingerprint(
    table: Table, samples: Samples, classes: NDArray[Any], texts: Sequence[TextColumn] = ()
) -> dict[str, Any]:
    """The number of rows, and digests of each column, of the labels and of the weights.

    Parameters
    ----------
    table : Table
    samples : Samples
        Their matrix was made by the table.
    classes : array of shape (n_classes,)
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
        columns[text.name] += digest(words, text.rows.data, text.rows.indices)
    return {
        "rows": len(samples),
        "columns": columns,
        "labels": digest(json.dumps(classes.tolist()), samples.y.astype(np.int64)),
        "weights": None if samples.weight is None else digest(samples.weight),
    }
