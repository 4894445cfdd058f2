"""Aim: what the answers of a classifier are to be good at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """A metric, or the costs of mistakes; and which of two classes is the positive one.

    Attributes
    ----------
    metric : str, default "accuracy"
        A key of ``numlp.decisions.thresholds.METRICS``.
    costs : tuple of two floats, optional
        For two classes, the cost of answering the positive one wrongly (a false positive) and of
        missing it (a false negative).  Where they are given, the mean cost takes the place of the
        metric.
    positive : int, default 1
        Index of the positive class.
    """

    metric: str = "accuracy"
    costs: tuple[float, float] | None = None
    positive: int = 1

    @property
    def figure(self) -> str:
        """The name of the figure of ``Scores`` that answers are to be good at."""
        return self.metric if self.costs is None else "mean_cost"
