"""The errors that bad input and faults raise.

With ``numlp.nn.DivergenceError``, of training that explodes, nothing else is meant to escape.
"""


class DataError(ValueError):
    """The data cannot be learned from or predicted: the message names the place and a remedy."""


class ModelFileError(ValueError):
    """A model file is damaged, is not one, or is from a newer version."""


class CheckpointError(ValueError):
    """A checkpoint cannot be resumed with this data or these settings."""
