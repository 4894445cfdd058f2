"""Cells that could not be read as in training: one warning of all of them."""

from collections.abc import Sequence

from ..common.warning import warn
from ..common.wording import CellNote

MOST_NOTES = 50  # in one warning
MOST_WITH_WORDS = 5  # of these with the words in their cells


def warn_of_cells(notes: Sequence[str]) -> None:
    """Warn once of all cells that could not be read as in training, but for those to be expected.

    Parameters
    ----------
    notes : sequence of str
        What ``FittedModel.encode`` tells.
    """
    told = [
        note for note in CellNote.added(notes) if not (isinstance(note, CellNote) and note.usual)
    ]
    if told:
        if len(told) > MOST_WITH_WORDS:  # a file written otherwise: the columns say enough
            told = [each.brief if isinstance(each, CellNote) else each for each in told]
        more = f"; and {len(told) - MOST_NOTES:,} more" if len(told) > MOST_NOTES else ""
        warn(f"some cells are unlike those of training: {'; '.join(told[:MOST_NOTES])}{more}")
