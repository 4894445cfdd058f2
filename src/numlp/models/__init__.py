"""What a fit leaves behind: it predicts, lives in a file, and shows itself."""

from .cells import warn_of_cells
from .fitted_model import FittedModel, model_of
from .mlp_model import MLPModel
from .model import Model
from .opening import open_model

__all__ = ["FittedModel", "MLPModel", "Model", "model_of", "open_model", "warn_of_cells"]
