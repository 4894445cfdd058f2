"""Aim: what the answers of a classifier are to be good at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """A metric, or the costs of mistakes; and which of two classes is the positive one.

    Parameters
    ----------
    metric : str, default "accuracy"
        "accuracy", "balanced_accuracy" or "f1".
    costs : tuple of two floats, optional
        For two classes, the cost of answering the positive one wrongly (a false positive) and of
        missing it (a false negative), in any unit.  Where they are given, the mean cost takes the
        place of the metric.
    positive : int, default 1
        Index of the positive class.

    Examples
    --------
    >>> Aim("f1").figure, Aim(costs=(1.0, 5.0)).figure
    ('f1', 'mean_cost')
    """

    metric: str = "accuracy"
    costs: tuple[float, float] | None = None
    positive: int = 1

    @property
    def figure(self) -> str:
        """The name of the figure of ``Scores`` that answers are to be good at."""
        return self.metric if self.costs is None else "mean_cost"
