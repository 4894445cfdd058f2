"""The errors that bad input and faults raise.

Beside these only ``numlp.nn.DivergenceError``, of training that explodes, is meant to escape.
"""


class DataError(ValueError):
    """The data cannot be learned from or predicted: the message names the place and a remedy."""


class ModelFileError(ValueError):
    """A file is damaged, is not a model or a checkpoint, or is from a newer version."""


class CheckpointError(ValueError):
    """A checkpoint cannot be resumed with this data or these settings."""


class ClusterError(RuntimeError):
    """A cluster has no workers, has lost its scheduler, or a task failed there for good."""
