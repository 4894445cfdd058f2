"""A fingerprint of a table, by which a resumed run notices that its data has changed."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.samples import Samples
from ..storage.checkpoint import digest
from ..table.table import Table
from .holding_out import HoldingOut

HELD_OUT = "rows to hold out"  # as a message names them


def fingerprint(
    table: Table, samples: Samples, classes: NDArray[Any], holding: HoldingOut | None = None
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
    """
    columns = {
        encoder.name: digest(json.dumps(encoder.state()), *slots)
        for encoder, slots in table.slots(samples.X)
    }
    return {
        "rows": len(samples),
        "columns": columns,
        "labels": digest(json.dumps(classes.tolist()), samples.y.astype(np.int64)),
        "weights": None if samples.weight is None else digest(samples.weight),
        HELD_OUT: None if holding is None else holding.digest(),
    }
