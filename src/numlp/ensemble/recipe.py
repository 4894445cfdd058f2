"""The recipe: which net, and how it is trained, when nobody says.

After RealMLP (Holzmüller, Grinsztajn & Steinwart 2024).  What each part gains is measured by
``benchmarks/ablation.py``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..nn import (
    ACTIVATIONS,
    Adam,
    CategoryEmbedding,
    Dense,
    Dropout,
    Group,
    Layer,
    Members,
    Network,
    PeriodicEmbedding,
    Scale,
    SoftmaxCrossEntropy,
)
from ..table.table import Table

FEW_ROWS = 500  # below, nets are cheap and rows are dear: ten folds leave more to learn from
USUAL_ROWS = 4_000  # up to here the recipe holds as it is; from here batches grow, epochs shrink
ALL_WAVES = (0.05, 1.0)  # of a family that is to be at home everywhere
MANY_ROWS = 100_000  # from here a tenth of the rows is plenty to choose by, and nets are dear


@dataclass(frozen=True)
class Recipe:
    """Everything that is chosen before training.

    Attributes
    ----------
    hidden, activation
        Units of each hidden layer; a key of ``ACTIVATIONS``.
    epochs, batch_size : int
        The remainder of the rows after the last whole batch of an epoch is left out.
    epoch_rows : int or None
        Rows of an epoch, where it does not visit all.
    n_folds : int
        The rows are held out in so many stratified parts.
    n_bagged, n_refit : int
        Nets of each family that hold one part out (with more than ``n_folds`` the rows are parted
        anew), and nets that learn from all rows at the side of those that choose.
    waves : tuple of (float, float)
        Families of nets: for each the slowest and the fastest frequency of its embedded numbers at
        the start, in periods for a unit (half of the rows lie within one).  Slow waves suit smooth
        boundaries, fast ones crooked ones; which family is used is for the mixture to say.
    n_checkpoints : int
        Moments of the run that may go into the mixture.
    learning_rate, n_waves
        Of Adam, at the top of each of the waves of ``CosLog``.
    weight_decay, dropout
        Both constant for half of the run, then down to 0 (``FlatCosine``).
    label_smoothing : float
    few_as_flags, one_hot_max
        As in ``Table.fit``.
    periodic_outputs, frequencies : int
        Of ``PeriodicEmbedding``; 0 outputs leave it out.
    scale_lr : float
        Factor on the learning rate of ``Scale``; 0 leaves it out.
    embedding_width : int
        Of ``CategoryEmbedding``.
    adapt : bool
        Whether the start is fitted to the data (``nn.adapt``).
    mixture, temperature : bool
        Whether checkpoints are mixed, and probabilities calibrated, on the rows held out.
    """

    hidden: tuple[int, ...] = (128, 128)
    activation: str = "relu"
    epochs: int = 128
    batch_size: int = 128
    epoch_rows: int | None = None
    n_folds: int = 5
    n_bagged: int = 5
    n_refit: int = 0
    n_checkpoints: int = 32
    learning_rate: float = 0.04
    weight_decay: float = 0.02
    dropout: float = 0.15
    label_smoothing: float = 0.1
    n_waves: int = 4
    few_as_flags: bool = True
    one_hot_max: int = 24
    periodic_outputs: int = 3
    frequencies: int = 16
    waves: tuple[tuple[float, float], ...] = ((0.1, 0.1), (1.0, 1.0))
    scale_lr: float = 6.0
    embedding_width: int = 8
    adapt: bool = True
    mixture: bool = True
    temperature: bool = True

    @property
    def n_members(self) -> int:
        """Nets in the ensemble."""
        return (self.n_bagged + self.n_refit) * len(self.waves)

    def with_members(self, n: int) -> "Recipe":
        """The recipe of an ensemble of n nets, all of which hold rows out.

        Where there are too few for each family to hold out every fold, they are of one family,
        whose waves are of all kinds, unless there is just one of each.
        """
        each, rest = divmod(n, len(self.waves))
        if not rest and (each == 1 or each >= self.n_folds):
            return replace(self, n_bagged=each, n_refit=0)
        return replace(self, n_bagged=n, n_refit=0, waves=(ALL_WAVES,))


RECIPES = {
    "fast": Recipe(hidden=(96, 96), epochs=80, n_folds=10, n_bagged=1),
    "balanced": Recipe(),
    "best": Recipe(hidden=(256, 256), n_folds=10, n_bagged=10),
}


def recipe_for(quality: str, n_rows: int) -> Recipe:
    """The recipe of a quality, fitted to the number of rows.

    Below 500 rows a bag has ten folds.  From 4,000 rows on batches grow and epochs shrink with the
    root of the rows, so that the number of steps stays the same.  From 100,000 rows on there are
    half as many nets, and each holds out a tenth.
    """
    recipe = RECIPES[quality]
    growth = math.sqrt(max(1.0, n_rows / USUAL_ROWS))
    recipe = replace(
        recipe,
        epochs=max(8, round(recipe.epochs / growth)),
        batch_size=recipe.batch_size * 2 ** round(math.log2(growth)),
    )
    if n_rows < FEW_ROWS and recipe.n_bagged > 1:
        recipe = replace(recipe, n_folds=10, n_bagged=10)
    if n_rows >= MANY_ROWS:
        recipe = replace(recipe, n_folds=10, n_bagged=max(1, recipe.n_bagged // 2))
    return recipe


def build_network(recipe: Recipe, table: Table, n_classes: int, members: int = 1) -> Members:
    """The nets for a table: its columns embedded, scaled, then hidden layers, then the classes."""
    layers: list[Layer] = []
    width = table.width
    if table.n_numbers and recipe.periodic_outputs:
        layers.append(
            PeriodicEmbedding(table.n_numbers, recipe.periodic_outputs, recipe.frequencies)
        )
        width += table.n_numbers * recipe.periodic_outputs
    if table.cardinalities:
        # The codes are to come last, so the embedded numbers go in front of them.
        layers.insert(0, CategoryEmbedding(table.cardinalities, recipe.embedding_width))
        width += len(table.cardinalities) * (recipe.embedding_width - 1)
    if recipe.scale_lr:
        layers.append(Scale())
    for n_units in recipe.hidden:
        layers += [Dense(width, n_units, "lecun_normal"), ACTIVATIONS[recipe.activation]()]
        if recipe.dropout:
            layers.append(Dropout(recipe.dropout))
        width = n_units
    layers.append(Dense(width, n_classes, "lecun_normal"))
    return Members(
        layers,
        members,
        n_in=table.width,
        loss=SoftmaxCrossEntropy(label_smoothing=recipe.label_smoothing),
        max_batch=recipe.batch_size,
    )


def build_optimizer(recipe: Recipe, network: Network) -> Adam:
    """Adam, every kind of parameter learning at its own pace.

    The factor ``1/√n_in`` of a weight matrix is the neural-tangent parametrisation: W of deviation
    1 and ``Y = X W / √n_in`` would learn just so.
    """

    def factors(layer: Layer, name: str) -> tuple[float, float]:
        """Of the learning rate, and of the weight decay."""
        if isinstance(layer, Dense):
            return (1 / math.sqrt(layer.n_in), 1.0) if name == "W" else (0.1, 0.0)
        if isinstance(layer, Scale):
            return recipe.scale_lr, recipe.scale_lr
        if isinstance(layer, PeriodicEmbedding) and name == "w":
            return 0.1 * 2 * math.pi, 0.1  # w is 2π times a frequency
        return 0.1, 0.1

    groups: Sequence[Group] = network.groups(factors)
    return Adam(recipe.learning_rate, beta2=0.95, weight_decay=recipe.weight_decay, groups=groups)


def as_settings(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON takes it."""
    return {
        **vars(recipe),
        "hidden": list(recipe.hidden),
        "waves": [list(family) for family in recipe.waves],
    }
