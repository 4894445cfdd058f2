"""What a model's answers rest on, told by the columns of the table as it is.

``permutation_importance`` is about a model: how much worse it is without what a column says.
``explain_row`` is about one decision: how much each cell of a row moved its probability.
``words_by_class`` is about a text that is read: which of its words speak for which class.
``compare_with_training`` is about new rows: whether the model does much worse on them than training
promised, and likely why.

A column of the table fills several columns of the matrix that a net takes (numbers, flags, codes).
All that one column fills is moved together, so the words of a table are read only once.
"""

from .importance import Importance, permutation_importance
from .row import Contribution, Explanation, explain_row
from .since_training import SinceTraining, compare_with_training
from .words import Word, words_by_class

__all__ = [
    "Contribution",
    "Explanation",
    "Importance",
    "SinceTraining",
    "Word",
    "compare_with_training",
    "explain_row",
    "permutation_importance",
    "words_by_class",
]
