"""What an ensemble comes to: mixed, calibrated and scored on the rows that its nets held out."""

import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..decisions.mixing import best_temperature, greedy_mixture, mix, temper
from ..decisions.prediction_sets import Conformal
from ..decisions.thresholds import best_factors
from ..metrics import scores as metrics
from ..metrics.aim import Aim
from ..metrics.scores import Estimate, Scores
from ..models.model import Model
from ..table.table import Table
from .ensemble import Ensemble
from .run import Run


class Conclusion(NamedTuple):
    """A model, and how good it is.

    Attributes
    ----------
    model : Model
    scores : Scores
        Of the rows held out.
    estimate : Estimate
    mixture : dict of int to float
        The epochs whose weights are mixed, and their shares.
    loss : float
        Log-loss of the rows held out, by weight.
    """

    model: Model
    scores: Scores
    estimate: Estimate
    mixture: dict[int, float]
    loss: float


def conclude(
    ensemble: Ensemble,
    table: Table,
    classes: NDArray[Any],
    aim: Aim,
    run: Run,
    settings: dict[str, Any],
) -> Conclusion:
    """Mix, calibrate, decide and score.

    Parameters
    ----------
    ensemble : Ensemble
        After its training.
    table : Table
    classes : array of shape (n_classes,)
    aim : Aim
        What the answers are to be good at.
    run : Run
        How the training went.
    settings : dict
        What the model is to tell of how it came to be.
    """
    samples, held_out = ensemble.samples, ensemble.held_out
    y = samples.y[held_out].astype(np.intp)
    weight = None if samples.weight is None else samples.weight[held_out]
    shares = _shares(ensemble, y, weight)
    P = mix(ensemble.candidates, shares)
    temperature = best_temperature(P, y, weight) if ensemble.recipe.temperature else 1.0
    P = temper(P, temperature)
    factors = best_factors(P, y, aim, weight)
    scores = metrics.evaluate(y, P, factors, aim)
    low, high = metrics.wilson_interval(scores.accuracy, scores.n_rows)
    estimate = Estimate(scores.accuracy, low, high, scores.log_loss, scores.n_rows)
    mixture = _by_epoch(ensemble, shares)
    network, member_shares = ensemble.mixed(table, shares)
    model = Model(
        table,
        network,
        classes,
        shares=member_shares,
        temperature=temperature,
        factors=factors.tolist(),
        conformal=Conformal.fit(P, y),
        info=settings | _results(run, scores, estimate, mixture),
    )
    loss = metrics.log_loss(y, P, weight)
    # All that is asked later does with half the memory.
    return Conclusion(model, replace(scores, P=P.astype(np.float32)), estimate, mixture, loss)


def _shares(
    ensemble: Ensemble, y: metrics.Codes, weight: metrics.Weights | None
) -> NDArray[np.float64]:
    """Of each candidate in the mixture; without one the last of each family."""
    if ensemble.recipe.mixture:
        return greedy_mixture(ensemble.candidates, y, weight)
    shares = np.zeros(len(ensemble.candidates))
    shares[-ensemble.n_families :] = 1 / ensemble.n_families
    return shares


def _by_epoch(ensemble: Ensemble, shares: NDArray[np.float64]) -> dict[int, float]:
    by_epoch = shares.reshape(-1, ensemble.n_families).sum(axis=1).tolist()
    return {c.epoch: s for c, s in zip(ensemble.checkpoints, by_epoch, strict=True) if s}


def _results(
    run: Run, scores: Scores, estimate: Estimate, mixture: dict[int, float]
) -> dict[str, Any]:
    history = {
        name: [None if math.isnan(value) else value for value in values]
        for name, values in run.history.to_dict().items()
        if name != "seconds"
    }
    return {
        "epochs": len(run.history),
        "mixture": [[epoch, share] for epoch, share in mixture.items()],
        "stop_reason": run.stop_reason,
        "validation": {**estimate._asdict(), "majority": scores.majority},
        "history": history,
    }
