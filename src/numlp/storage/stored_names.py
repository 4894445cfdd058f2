"""The names that files keep for what the code calls otherwise: the one place that knows both.

Model files and checkpoints of every version hold the stored names, so these never change.

========================  =========================  =========================================
in code                   in a file                  where
========================  =========================  =========================================
``frequency_bands``       ``waves``                  the recipe of a model
``lr_cycles``             ``n_waves``                the recipe of a model
``n_snapshots``           ``n_checkpoints``          the recipe of a model; a run's, when cut
``snapshots``             ``checkpoints``            the state of an ensemble
``no_improvement_count``  ``_no_improvement_count``  the state of an MLPClassifier's run
========================  =========================  =========================================
"""

from collections.abc import Mapping
from typing import Any

RECIPE = {"frequency_bands": "waves", "lr_cycles": "n_waves", "n_snapshots": "n_checkpoints"}
SNAPSHOTS = "checkpoints"
NO_IMPROVEMENT = "_no_improvement_count"


def to_stored(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a ``Recipe`` under the names that files keep, in the same order.

    >>> to_stored({"epochs": 8, "n_snapshots": 4})
    {'epochs': 8, 'n_checkpoints': 4}
    """
    return {RECIPE.get(name, name): value for name, value in settings.items()}


def from_stored(document: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a ``Recipe`` from the names that files keep: the inverse of ``to_stored``.

    >>> from_stored({"epochs": 8, "n_checkpoints": 4})
    {'epochs': 8, 'n_snapshots': 4}
    """
    names = {stored: name for name, stored in RECIPE.items()}
    return {names.get(name, name): value for name, value in document.items()}


def snapshot_array(number: int, what: str) -> str:
    """The name that an array of a snapshot, numbered from 0, has in a checkpoint.

    >>> snapshot_array(2, "theta")
    'checkpoint.2.theta'
    """
    return f"checkpoint.{number}.{what}"
