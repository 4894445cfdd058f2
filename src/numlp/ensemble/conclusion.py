"""The last step of a fit: the nets are mixed, calibrated and scored on the rows they held out."""

import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.blas import on_one_blas_thread
from ..common.stage import at
from ..decisions.mixing import best_temperature, greedy_mixture, mix, temper
from ..decisions.prediction_sets import Conformal
from ..decisions.thresholds import best_factors, few_rows
from ..metrics import scores as metrics
from ..metrics.evaluation import evaluate
from ..metrics.scores import Estimate, Scores
from ..models.model import Model
from .judged import JudgedEnsemble
from .learning import Learned
from .preparation import Prepared
from .run import Run


class Conclusion(NamedTuple):
    """A model, and how good it is on rows that its nets held out.

    Attributes
    ----------
    model : Model
    scores : Scores
    estimate : Estimate
    mixture : dict of int to float
        The epochs whose weights are mixed, and their shares.
    loss : float
        Log-loss, by weight.
    few : array of class numbers
        The classes with a neutral factor, as too few of their rows were held out to choose one by.
    """

    model: Model
    scores: Scores
    estimate: Estimate
    mixture: dict[int, float]
    loss: float
    few: metrics.ClassNumbers


@on_one_blas_thread  # whose number would show in the last digits
def conclude(prepared: Prepared, learned: Learned) -> Conclusion:
    """Mix the snapshots, calibrate and score the mixture, and find the best decisions."""
    at("mixing the nets")
    ensemble, aim = learned.ensemble, prepared.aim
    y, weight = ensemble.answers_held_out
    shares = _shares(ensemble, y, weight)
    P = mix(ensemble.predictions, shares)
    temperature = best_temperature(P, y, weight) if ensemble.recipe.temperature else 1.0
    P = temper(P, temperature)
    at("scoring the rows held out")
    factors = best_factors(P, y, aim, weight)
    scores = evaluate(y, P, factors, aim)
    if prepared.holding is not None:
        scores = replace(scores, clusters=prepared.holding.clusters(ensemble.held_out))
    low, high = scores.accuracy_interval
    estimate = Estimate(scores.accuracy, low, high, scores.log_loss, scores.n_rows)
    mixture = _by_epoch(ensemble, shares)
    network, member_shares = ensemble.mixed(shares)
    model = Model(
        prepared.table,
        network,
        prepared.classes,
        shares=member_shares,
        temperature=temperature,
        factors=factors.tolist(),
        conformal=Conformal.fit(P, y),
        target=prepared.target,
        info=learned.info | _results(learned.run, scores, estimate, mixture),
    )
    loss = float(np.average(metrics.losses(y, P), weights=weight))
    # Half the memory is enough for all that is asked of the probabilities later.
    scores = replace(scores, P=P.astype(np.float32))
    few = few_rows(y, P.shape[1], aim, weight)
    return Conclusion(model, scores, estimate, mixture, loss, few)


def _shares(
    ensemble: JudgedEnsemble, y: metrics.ClassNumbers, weight: metrics.Weights | None
) -> NDArray[np.float64]:
    """Shares of the predictions in the mixture; without a mixture the last snapshot has all."""
    if ensemble.recipe.mixture:
        return greedy_mixture(ensemble.predictions, y, weight)
    shares = np.zeros(len(ensemble.predictions))
    shares[-len(ensemble.bands) :] = 1 / len(ensemble.bands)
    return shares


def _by_epoch(ensemble: JudgedEnsemble, shares: NDArray[np.float64]) -> dict[int, float]:
    """The epochs that have a share in the mixture, and their shares."""
    by_epoch = {snapshot.epoch: sum(of.values()) for snapshot, of in ensemble.by_snapshot(shares)}
    return {epoch: share for epoch, share in by_epoch.items() if share}


def _results(
    run: Run, scores: Scores, estimate: Estimate, mixture: dict[int, float]
) -> dict[str, Any]:
    """What a model file tells of how the training went and what came of it."""
    history = {
        name: [None if math.isnan(value) else value for value in values]
        for name, values in run.history.to_dict().items()
        if name != "seconds"
    }
    return {
        "epochs": len(run.history),
        "mixture": [[epoch, share] for epoch, share in mixture.items()],
        "stop_reason": run.stop_reason,
        "validation": {
            **estimate._asdict(),
            "majority": scores.majority,
            "class_rows": scores.counts.true.tolist(),
            **({} if scores.clusters is None else {"effective_rows": scores.effective_rows}),
        },
        "history": history,
    }
