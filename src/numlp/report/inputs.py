"""What the page says of the columns: what each was taken for, and how much it matters."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.wording import escaped, shortened
from ..data.columns import Columns
from ..explain import Importance, Word
from ..table.table import Audit
from ..table.words import shown

MOST_COLUMNS = 100  # in the audit
MOST_IMPORTANCES = 25
MOST_TEXTS, MOST_CLASSES = 5, 8  # of which words are shown
MOST_WORD = 30  # characters of a word
MOST_CELLS = 4  # of a row that was answered wrong
MOST_NAME, MOST_HEAD = 100, 40  # characters of a name, also over a column
MOST_TEXT = 300  # characters of a reason
BAR = 100  # width of the drawing of an importance

Content = dict[str, Any]


def audit(columns: Audit, notes: Sequence[str]) -> Content:
    """What each column was taken for, the ones set aside last, and notes on these rows."""
    rows = [
        {
            "name": shortened(column["name"], MOST_NAME),
            "kind": column["kind"],
            "features": column["features"],
            "why": shortened(column["why"], MOST_TEXT),
        }
        for column in sorted(columns, key=lambda column: not column["features"])
    ]
    return {
        "rows": rows[:MOST_COLUMNS],
        "left_out": max(len(rows) - MOST_COLUMNS, 0),
        "n_columns": len(rows),
        "n_aside": sum(not row["features"] for row in rows),
        "notes": [shortened(note, MOST_TEXT) for note in notes[:MOST_COLUMNS]],
        "notes_left_out": max(len(notes) - MOST_COLUMNS, 0),
    }


def importances(found: Sequence[Importance], n_learned: int) -> Content:
    """A bar for each of the most important columns, with its interval."""
    best = found[:MOST_IMPORTANCES]
    most = max([c.high for c in best if math.isfinite(c.high)] + [1e-9])
    least = min([c.low for c in best if math.isfinite(c.low)] + [0.0])

    def place(value: float) -> float:
        return round(BAR * (value - least) / (most - least), 2)

    rows = [
        {
            "name": shortened(c.name, MOST_NAME),
            "mean": f"{c.mean:z.4f}",
            "low": f"{c.low:z.4f}",
            "high": f"{c.high:z.4f}",
            "accuracy": f"{100 * c.accuracy:z.1f}",
            "bar": (min(place(0), place(c.mean)), abs(place(c.mean) - place(0))),
            "whisker": (place(c.low), place(c.high)),
            "zero": place(0),
            "sure": c.low > 0,
        }
        for c in best
    ]
    return {
        "rows": rows,
        "left_out": len(found) - len(best),
        "screened": len(found) if len(found) < n_learned else None,
        "n_learned": n_learned,
        "n_rows": found[0].n_rows if found else 0,
        "n_repeats": len(found[0].values) if found else 0,
    }


def words(
    found: Mapping[str, Mapping[Any, Sequence[Word]]], names: Sequence[str], order: Sequence[int]
) -> Content:
    """The words that speak most for each class, a table of bars for each, by column of text.

    Parameters
    ----------
    found : mapping
        As ``explain.words_by_class`` gives it.
    names : sequence of str
        The classes as the page shows them.
    order : sequence of int
        The classes to show, by number, those that come first where they are many.
    """
    texts = []
    for name, of_classes in list(found.items())[:MOST_TEXTS]:
        by_class = [*of_classes.values()]
        shown = [(names[k], by_class[k]) for k in order[:MOST_CLASSES] if by_class[k]]
        most = max([w.log_odds for _, own in shown for w in own], default=1.0)
        classes = [{"name": label, "rows": [_word(w, most) for w in own]} for label, own in shown]
        texts.append({"name": shortened(name, MOST_NAME), "classes": classes})
    return {
        "texts": texts,
        "left_out": max(len(found) - MOST_TEXTS, 0),
        "classes_left_out": max(len(order) - MOST_CLASSES, 0),
    }


def _word(word: Word, most: float) -> Content:
    return {
        "word": escaped(word.word, MOST_WORD),
        "log_odds": f"{word.log_odds:+z.2f}",
        "rows": word.n_rows,
        "bar": round(BAR * word.log_odds / most, 2),
    }


def shown_cells(
    columns: Columns,
    names: Sequence[str],
    chosen: Sequence[str],
    rows: NDArray[np.intp],
    *,
    named: bool,
) -> list[tuple[str, dict[int, str]]]:
    """The cells of the chosen columns in some rows as they are shown: name, and cell by row.

    ``names`` are those of the training table.  The columns go by position where it was not
    ``named``, or where they are those of an array.
    """
    place = {name: name for name in columns.names}
    if not (named and columns.named):
        place = dict(zip(names, columns.names, strict=True))
    found = []
    for name in chosen:
        cells = columns[place[name]]  # once: of a large file each is fetched when it is asked for
        found.append((shortened(name, MOST_HEAD), {int(i): shown(cells[i]) for i in rows}))
    return found
