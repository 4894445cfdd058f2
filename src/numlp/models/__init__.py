"""What a fit leaves behind: it predicts, lives in a file, and shows itself."""

from .fitted_model import FittedModel, model_of, warn_of_cells
from .mlp_model import MLPModel
from .model import Model
from .opening import open_model

__all__ = ["FittedModel", "MLPModel", "Model", "model_of", "open_model", "warn_of_cells"]
