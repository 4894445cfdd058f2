"""The second step of a fit: the nets of a recipe learn from what was prepared."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.blas import on_one_blas_thread
from ..common.stage import at
from ..common.wording import count
from ..errors import DataError
from ..models.live import Watch
from ..models.model import Model
from ..storage.json_values import pairs_to_json
from ..version import __version__
from .budget import fit_to_time, words_in_time
from .ensemble import Ensemble, measure_speed
from .fingerprint import fingerprint
from .holding_out import HoldingOut
from .judged import JudgedEnsemble
from .preparation import Prepared
from .recipe import Recipe, as_settings, build_network, fitted_to_texts
from .run import Run
from .shares import share_rows
from .texts import n_models, seconds_of_model

# Arguments that the model does not depend on.
FREE = ("callbacks", "n_jobs", "verbose")


@dataclass(frozen=True)
class Learned:
    """An ensemble after its training.

    Attributes
    ----------
    ensemble : JudgedEnsemble
    run : Run
        How the training went.
    info : dict
        What a model file tells of the training, as far as it is known before any row is scored.
    """

    ensemble: JudgedEnsemble
    run: Run
    info: dict[str, Any]


@on_one_blas_thread  # whose number would show in the last digits
def learn(
    prepared: Prepared,
    settings: Mapping[str, Any],
    run: Run,
    *,
    estimator: str,
) -> Learned:
    """Find the recipe, fit it into the time there is, and train its nets, or resume their run.

    Parameters
    ----------
    prepared : Prepared
    settings : mapping of str to value
        All arguments of TabularClassifier, each of which has been checked.
    run : Run
        Made before the table was prepared, since its time began then.
    estimator : str
        What a model file names as the class that made it.

    Raises
    ------
    DataError
        No model file could hold the table, or a setting.
    CheckpointError
        The file of the run is of another run.
    DivergenceError
        The loss exploded before there was a snapshot; after that, ``run.fault`` is the error.
    """
    table, samples, n_classes = prepared.table, prepared.samples, len(prepared.classes)
    recipe = fitted_to_texts(prepared.recipe(settings), settings, table)
    holding = prepared.holding
    try:
        given = settings_to_json(settings) | dict(prepared.roles)
    except ValueError as error:
        raise DataError(f"no model file can hold the settings: {error}") from error
    network = build_network(recipe, table, n_classes)
    Model(
        table,
        network,
        prepared.classes,
        target=prepared.target,
        info=info_of(estimator, given, recipe, holding),
    ).check_savable()
    n_threads = threads(settings["n_jobs"])
    found = None
    if run.is_kept:
        data = fingerprint(table, samples, prepared.classes, holding, prepared.texts)
        found = run.find({"settings": given, "data": data}, recipe)
    if found is not None:
        recipe = found
    elif settings["time_limit"] is not None:
        at("measuring how long a step takes")
        left = run.seconds_left
        if prepared.texts:
            words_seconds = n_models(recipe) * seconds_of_model(prepared.texts, samples.y)
            recipe, left = words_in_time(recipe, left, len(samples), words_seconds)
        recipe = fit_to_time(
            recipe,
            left,
            len(samples) - len(samples) // recipe.n_folds if holding is None else len(samples),
            lambda recipe: measure_speed(recipe, table, n_classes, samples, n_threads, holding),
        )
    recipe = recipe if holding is None else holding.cut(recipe)
    at(f"starting {count(recipe.n_members, 'net')}")
    members = share_rows(samples, n_classes, recipe, np.random.default_rng(run.seed), holding)
    # Stretches and groups differ in size: all nets take as many steps as the largest part asks for.
    n_rows = None if holding is None else max(len(member.training) for member in members)
    if (log_odds := prepared.log_odds(recipe.word_share)) is not None:
        log_odds.learn([member.training for member in members])
    ensemble = Ensemble(recipe, table, n_classes, samples, members, n_threads, n_rows, log_odds)
    with Watch(settings["verbose"], run.history) as watch:
        run.train(ensemble, [*settings["callbacks"], watch])
    return Learned(ensemble, run, info_of(estimator, given, recipe, holding))


def info_of(
    estimator: str, settings: dict[str, Any], recipe: Recipe, holding: HoldingOut | None
) -> dict[str, Any]:
    """How the model came to be; no times, so that a fit that is repeated makes the same file."""
    return {
        "estimator": estimator,
        "settings": settings,
        "recipe": as_settings(recipe),
        "versions": {"numlp": __version__, "numpy": np.__version__},
        **({} if holding is None else {"held_out": holding.told()}),
    }


def settings_to_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that a model depends on, as files keep them.

    A Generator is left out, since a file cannot hold its state.
    """
    kept = {name: value for name, value in settings.items() if name not in FREE}
    if isinstance(kept["random_state"], np.random.Generator):
        kept["random_state"] = None
    return {name: pairs_to_json(name, value) for name, value in kept.items()}


def threads(n_jobs: int | None) -> int:
    """The number of threads that ``n_jobs`` asks for."""
    if n_jobs is not None and n_jobs != -1:
        return n_jobs
    # Not all cores of the machine: those that this process may use.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
