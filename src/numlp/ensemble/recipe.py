"""The recipe: which nets are trained, and how, where the user does not say otherwise.

It follows RealMLP (Holzmüller, Grinsztajn & Steinwart 2024).  What each part gains is measured by
``benchmarks/ablation.py``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import hidden_sizes
from ..nn import (
    ACTIVATIONS,
    Adam,
    CategoryEmbedding,
    Dense,
    Dropout,
    FixedWaves,
    Group,
    Layer,
    Members,
    Network,
    PeriodicEmbedding,
    ScaledDense,
    SoftmaxCrossEntropy,
    find_first_read,
)
from ..storage.stored_names import to_stored
from ..table.table import Table
from ..table.text import Text

SMALL_ROWS = 1_500  # below, "fast" can afford five times as many nets, of fewer units each
FEW_ROWS = 500  # below, nets are cheap and rows are dear: ten folds leave more to learn from
USUAL_ROWS = 4_000  # up to here the recipe holds as it is; from here batches grow, epochs shrink
MANY_ROWS = 100_000  # from here a tenth of the rows is plenty to choose by, and nets are dear
# Trained waves of more numbers take up to a third of a step.  On four tables of 30 to 60 numbers
# fixed ones were as good, on one of 17 they were not.
MANY_NUMBERS = 24
TEXT_EPOCHS = 32  # of nets that learn from the log-odds of texts alone
ALL_FREQUENCIES = (0.05, 1.0)  # the band of an ensemble that has only one


@dataclass(frozen=True)
class Recipe:
    """Everything that is chosen before training.

    Attributes
    ----------
    hidden, activation
        Units of each hidden layer; a key of ``ACTIVATIONS``.
    epochs, batch_size : int
        The rows that remain after the last whole batch of an epoch are left out of that epoch.
    epoch_rows : int or None
        Number of rows that an epoch visits; None is all.
    n_folds : int
        Number of stratified parts in which the rows are held out.
    n_bagged, n_refit : int
        Nets of each band that hold one part out (where they are more than ``n_folds``, the rows are
        dealt into parts again), and nets of each band that learn from all rows beside them.
    n_snapshots : int
        Number of epochs after which the weights of all nets are kept for the mixture.
    learning_rate, lr_cycles
        Adam's learning rate at the top of each cycle of ``CosLog``, and the number of cycles.
    weight_decay, dropout
        Both constant for half of the run, then falling to 0 (``FlatCosine``).
    label_smoothing : float
    few_as_flags, one_hot_max
        As in ``Table.fit``.
    periodic_outputs, frequencies : int
        Arguments of ``PeriodicEmbedding``, which 0 outputs leave out.  For a table of more than 24
        numbers it has half of the frequencies, and they stay as drawn (``FixedWaves``).
    frequency_bands : tuple of (float, float)
        The slowest and the fastest frequency from which embedded numbers start, in periods for a
        unit (half of the rows lie within one); each band has as many nets.  Slow frequencies suit
        smooth boundaries, fast ones crooked boundaries; the mixture says which nets are used.
    scale_lr : float
        Factor on the learning rate of the factors of ``ScaledDense``, the first layer; 0 makes it a
        ``Dense``.
    embedding_width : int
        Outputs of ``CategoryEmbedding`` for each column.
    judged_at : tuple of float
        Shares of the run, such as the ends of cycles of the learning rate. At all but the first it
        is judged by the rows held out what is worth going on with; none is judged at ().
    drop_gains : tuple of float
        For each of these but the first: the best band goes on alone, unless a mixture of all has a
        log-loss that is lower by more than this share.
    end_gain : float
        The run ends, unless it has made the log-loss lower by more than this share since the share
        of the run before.
    adapt : bool
        Whether the starting weights are fitted to the data (``nn.adapt``).
    mixture, temperature : bool
        Whether snapshots are mixed, and probabilities calibrated, on the rows held out.
    word_share : float
        Of the rows, the share that the words of texts are learned from: 1, unless a time limit
        leaves no time for all.
    """

    hidden: tuple[int, ...] = (128, 128)
    activation: str = "relu"
    epochs: int = 128
    batch_size: int = 128
    epoch_rows: int | None = None
    n_folds: int = 5
    n_bagged: int = 5
    n_refit: int = 0
    n_snapshots: int = 32
    learning_rate: float = 0.04
    weight_decay: float = 0.02
    dropout: float = 0.15
    label_smoothing: float = 0.1
    lr_cycles: int = 4
    few_as_flags: bool = True
    one_hot_max: int = 24
    periodic_outputs: int = 3
    frequencies: int = 16
    frequency_bands: tuple[tuple[float, float], ...] = ((0.1, 0.1), (1.0, 1.0))
    judged_at: tuple[float, ...] = (1 / 15, 3 / 15, 7 / 15)
    drop_gains: tuple[float, ...] = (0.01, 0.04)
    end_gain: float = 0.02
    scale_lr: float = 6.0
    embedding_width: int = 8
    adapt: bool = True
    mixture: bool = True
    temperature: bool = True
    word_share: float = 1.0

    @property
    def n_members(self) -> int:
        """Number of nets in the ensemble."""
        return (self.n_bagged + self.n_refit) * len(self.frequency_bands)

    def with_members(self, n: int) -> "Recipe":
        """The recipe of an ensemble of n nets, all of which hold rows out.

        Where n is too small for the nets of each band to hold out every fold, all nets start with
        one band that spans all frequencies, unless there is just one net for each band.
        """
        each, rest = divmod(n, len(self.frequency_bands))
        if not rest and (each == 1 or each >= self.n_folds):
            return replace(self, n_bagged=each, n_refit=0)
        return replace(self, n_bagged=n, n_refit=0, frequency_bands=(ALL_FREQUENCIES,))


RECIPES = {
    # A tenth of the rows is too little to judge by.  Of few rows recipe_for has ten smaller nets.
    "fast": Recipe(hidden=(96, 96), epochs=80, n_folds=10, n_bagged=1, judged_at=()),
    "balanced": Recipe(),
    "best": Recipe(hidden=(256, 256), n_folds=10, n_bagged=10, judged_at=()),
}


def recipe_for(quality: str, n_rows: int) -> Recipe:
    """The recipe of a quality, fitted to the number of rows.

    Below 1,500 rows "fast" has ten small nets in place of two, by which log-loss was 24 % lower on
    eight tables of 112 to 1,347 rows; five of its ten folds are held out.  Below 500 rows there are
    ten folds where all of them are held out.  From 4,000 rows on, batches grow and epochs shrink
    with the root of the number of rows, so that the number of steps stays the same.  From 100,000
    rows on there are half as many nets, and each holds out a tenth.
    """
    recipe = RECIPES[quality]
    if quality == "fast" and n_rows < SMALL_ROWS:
        recipe = replace(recipe, hidden=(64, 64), epochs=96, n_bagged=5)
    growth = math.sqrt(max(1.0, n_rows / USUAL_ROWS))
    recipe = replace(
        recipe,
        epochs=max(8, round(recipe.epochs / growth)),
        batch_size=recipe.batch_size * 2 ** round(math.log2(growth)),
    )
    if n_rows < FEW_ROWS and recipe.n_bagged == recipe.n_folds:
        recipe = replace(recipe, n_folds=10, n_bagged=10)
    if n_rows >= MANY_ROWS:
        recipe = replace(recipe, n_folds=10, n_bagged=max(1, recipe.n_bagged // 2))
    return recipe


def recipe_of(settings: Mapping[str, Any], counts: NDArray[np.intp]) -> Recipe:
    """The recipe that arguments of TabularClassifier ask for.

    Parameters
    ----------
    settings : mapping of str to value
        All arguments, each of which has been checked.
    counts : array of shape (n_classes,)
        Number of rows of each class.
    """
    recipe = recipe_for(settings["quality"], int(counts.sum()))
    changes: dict[str, Any] = {}
    if not isinstance(settings["hidden_layer_sizes"], str):
        changes["hidden"] = tuple(hidden_sizes(settings["hidden_layer_sizes"]))
    if settings["epochs"] != "auto":  # then it is the number that was asked for
        changes |= {"epochs": int(settings["epochs"]), "judged_at": ()}
    changes |= {name: float(value) for name, value in (settings["recipe"] or {}).items()}
    recipe = replace(recipe, **changes)
    validation, size = settings["validation"], settings["ensemble_size"]
    if isinstance(validation, Integral):  # folds: every net holds one of them out
        n = recipe.n_members if size == "auto" else int(size)
        recipe = replace(recipe, n_folds=int(validation)).with_members(n)
    elif validation != "auto":  # a share: one net chooses, the others learn from all rows
        n = 2 if size == "auto" else int(size)
        n_folds = round(min(1 / validation, 1e9))
        recipe = replace(recipe.with_members(1), n_folds=n_folds, n_refit=n - 1)
    elif size != "auto":
        recipe = recipe.with_members(int(size))
    n_dealt = int(counts[counts > 1].sum())  # more folds than rows would be empty
    return replace(recipe, n_folds=max(2, min(recipe.n_folds, n_dealt)))


def fitted_to_texts(recipe: Recipe, settings: Mapping[str, Any], table: Table) -> Recipe:
    """The recipe; where texts are all that is learned from, that of nets without hidden layers.

    The linear model that reads the words has done the work by then, and the nets weigh what it says
    against the lengths of the texts.
    """
    learned = [encoder for encoder in table.encoders if encoder.width]
    if not learned or not all(isinstance(e, Text) and e.reading for e in learned):
        return recipe
    changes: dict[str, Any] = {"periodic_outputs": 0, "judged_at": ()}
    if "label_smoothing" not in (settings["recipe"] or {}):
        changes["label_smoothing"] = 0.0  # it would move the frontier towards rare classes
    if isinstance(settings["hidden_layer_sizes"], str):
        changes["hidden"] = ()
    if settings["epochs"] == "auto":
        changes["epochs"] = min(recipe.epochs, TEXT_EPOCHS)
    if settings["ensemble_size"] == settings["validation"] == "auto":
        changes["frequency_bands"] = (ALL_FREQUENCIES,)
    return replace(recipe, **changes)


def build_network(
    recipe: Recipe, table: Table, n_classes: int, members: int = 1, *, trains: bool = False
) -> Members:
    """The nets for a table: its columns embedded, scaled, then hidden layers, then the classes.

    Nets in training scale their inputs by factors, which are part of the weights once they are
    trained (``as_trained``).  Of more than 24 numbers the nets have half as many waves, which are
    not trained; in the model they are a ``PeriodicEmbedding`` like any other.

    The numbers of vectors are not embedded: on embeddings of 100 to 384 numbers periodic waves of
    each made no fewer errors, at five times the cost.
    """
    layers: list[Layer] = []
    width = table.width
    if table.n_numbers and recipe.periodic_outputs:
        embedding, n_frequencies = PeriodicEmbedding, recipe.frequencies
        if table.n_numbers > MANY_NUMBERS:
            embedding = FixedWaves if trains else PeriodicEmbedding
            n_frequencies = (n_frequencies + 1) // 2  # at least one
        layers.append(embedding(table.n_numbers, recipe.periodic_outputs, n_frequencies))
        width += table.n_numbers * recipe.periodic_outputs
    if table.cardinalities:
        # The codes have to come last, so the embedded numbers go in front of them.
        layers.insert(0, CategoryEmbedding(table.cardinalities, recipe.embedding_width))
        width += len(table.cardinalities) * (recipe.embedding_width - 1)
    first = ScaledDense if trains and recipe.scale_lr else Dense
    for n_units in recipe.hidden:
        layers += [first(width, n_units, "lecun_normal"), ACTIVATIONS[recipe.activation]()]
        if recipe.dropout:
            layers.append(Dropout(recipe.dropout))
        width, first = n_units, Dense
    layers.append(first(width, n_classes, "lecun_normal"))
    network = Members(
        layers,
        members,
        n_in=table.width,
        loss=SoftmaxCrossEntropy(label_smoothing=recipe.label_smoothing),
        max_batch=recipe.batch_size,
    )
    find_first_read(network)
    return network


def as_trained(
    recipe: Recipe, table: Table, n_classes: int, thetas: Sequence[NDArray[np.float32]]
) -> Members:
    """Nets that have the parameters of nets in training, with the factors within the weights."""
    one = build_network(recipe, table, n_classes, trains=True)
    nets = build_network(recipe, table, n_classes, members=len(thetas))
    for m, theta in enumerate(thetas):
        one.set_member(0, theta)
        for trained, layer in zip(one.layers, nets.layers, strict=True):
            for name in layer.shapes:
                values = getattr(trained, name)
                if isinstance(trained, ScaledDense) and name == "W":
                    values = trained.scaled_weights
                getattr(layer, name)[m] = values[0]
    return nets


def build_optimizer(recipe: Recipe, network: Network) -> Adam:
    """Adam, with a learning rate and a weight decay of its own for every kind of parameter.

    The factor ``1/√n_in`` of a weight matrix is the neural-tangent parametrisation: a W of
    deviation 1 in ``Y = X W / √n_in`` would learn in the same way.
    """

    def factors(layer: Layer, name: str) -> tuple[float, float]:
        """Factors on the learning rate and on the weight decay of a parameter."""
        if name in layer.statistics:
            return 0.0, 0.0
        if isinstance(layer, ScaledDense) and name == "s":
            return recipe.scale_lr, recipe.scale_lr
        if isinstance(layer, Dense):
            return (1 / math.sqrt(layer.n_in), 1.0) if name == "W" else (0.1, 0.0)
        if isinstance(layer, PeriodicEmbedding) and name == "w":
            return 0.1 * 2 * math.pi, 0.1  # w is 2π times a frequency
        return 0.1, 0.1

    groups: Sequence[Group] = network.groups(factors)
    return Adam(recipe.learning_rate, beta2=0.95, weight_decay=recipe.weight_decay, groups=groups)


def as_settings(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON takes it, under the names that files keep."""
    settings = {
        **vars(recipe),
        "hidden": list(recipe.hidden),
        "frequency_bands": [list(band) for band in recipe.frequency_bands],
        "judged_at": list(recipe.judged_at),
        "drop_gains": list(recipe.drop_gains),
    }
    if recipe.word_share == 1:  # as in files of before
        del settings["word_share"]
    return to_stored(settings)
