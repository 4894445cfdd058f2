"""The errors that bad input and faults raise; nothing else is meant to escape from them."""

from .nn.training import DivergenceError

__all__ = ["CheckpointError", "DataError", "DivergenceError", "ModelFileError"]


class DataError(ValueError):
    """The data cannot be learned from or predicted: the message names the place and a remedy."""


class ModelFileError(ValueError):
    """A model file is damaged, is not one, or is from a newer version."""


class CheckpointError(ValueError):
    """A checkpoint cannot be resumed with this data or these settings."""
