"""What the answers of a classifier are to be good at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """A metric, or what each kind of mistake costs; and which of two classes is the positive one.

    Attributes
    ----------
    metric : str, default "accuracy"
        A key of ``decision.METRICS``.
    costs : tuple of two floats, optional
        Of two classes, of answering the positive one wrongly (false positive) and of missing it
        (false negative); with them the metric is their mean.
    positive : int, default 1
        Index of the positive class.
    """

    metric: str = "accuracy"
    costs: tuple[float, float] | None = None
    positive: int = 1
