"""The classifiers that are compared, by name.

A builder takes settings and a seed and returns an object with ``fit``, ``predict_proba`` and
``classes_`` that takes the raw table.  Everything runs on one thread.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .preparation import CategoryFrame, OneHot, TextFrame
from .text import OnPart, TermRegression, change_reading

Settings = dict[str, Any]


class Peer:
    """A classifier behind its preparation; labels are codes from 0, as XGBoost demands."""

    def __init__(self, frame: CategoryFrame, model: Any, name_text: str | None = None) -> None:
        self.frame = frame
        self.model = model
        self.name_text = name_text  # the argument of fit that names the text columns

    def fit(self, X: pd.DataFrame, y: pd.Series) -> "Peer":
        codes, self.classes_ = pd.factorize(y, sort=True)
        self.frame.fit(X)
        named = {self.name_text: self.frame.text} if self.name_text else {}
        self._fit_model(self.frame.transform(X), codes, **named)
        return self

    def _fit_model(self, X: Any, codes: Any, **named: list[str]) -> None:
        self.model.fit(X, codes, **named)

    def predict_proba(self, X: pd.DataFrame) -> Any:
        return self.model.predict_proba(self.frame.transform(X))


class StoppedEarly(Peer):
    """LightGBM or XGBoost with as many trees as help a fifth of the training rows held out.

    ``fit_arguments`` are what its ``fit`` takes beside the rows.
    """

    def __init__(
        self, frame: CategoryFrame, model: Any, seed: int, fit_arguments: Settings
    ) -> None:
        super().__init__(frame, model)
        self.seed = seed
        self.fit_arguments = fit_arguments

    def _fit_model(self, X: Any, codes: Any, **named: list[str]) -> None:
        from sklearn.model_selection import train_test_split

        # A class of one row cannot be cut in two: it is kept to train on.
        alone = np.bincount(codes)[codes] < 2
        rows = np.flatnonzero(~alone)
        train, held_out = train_test_split(
            rows, test_size=0.2, stratify=codes[rows], random_state=self.seed
        )
        train = np.concatenate([train, np.flatnonzero(alone)])
        validation = [(X.iloc[held_out], codes[held_out])]
        self.model.fit(
            X.iloc[train], codes[train], eval_set=validation, **self.fit_arguments, **named
        )


def build_numlp(settings: Settings, seed: int) -> Any:
    """Build our classifier; ``{"recipe": {"dropout": 0.0}}`` changes the recipe of its quality.

    The change is of this process: a cell has one of its own.  ``{"part": "text"}`` gives it the
    column of text alone, ``{"part": "others"}`` all columns but that one; ``reading`` changes how
    texts are read.
    """
    from dataclasses import replace

    import numlp
    from numlp.ensemble.recipe import RECIPES
    from numlp.storage.stored_names import from_stored

    arguments = dict(settings)
    change = arguments.pop("recipe", {})
    part = arguments.pop("part", None)
    change_reading(**arguments.pop("reading", {}))
    quality = arguments.get("quality", "balanced")
    # JSON has lists where the recipe has tuples.
    change = {name: _as_tuple(value) for name, value in from_stored(change).items()}
    RECIPES[quality] = replace(RECIPES[quality], **change)
    model = numlp.TabularClassifier(random_state=seed, **arguments)
    return model if part is None else OnPart(model, part)


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def build_majority(settings: Settings, seed: int) -> Any:
    """Build what knows only how frequent each class is."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="prior", random_state=seed, **settings)


def build_terms(settings: Settings, seed: int) -> TermRegression:  # noqa: ARG001 - no chance in it
    """Build logistic regression on the words of a text, or on pieces of them."""
    return TermRegression(**settings)


def build_logistic(settings: Settings, seed: int) -> Peer:
    """Build logistic regression."""
    from sklearn.linear_model import LogisticRegression

    return Peer(OneHot(scale=True), LogisticRegression(random_state=seed, **settings))


def build_mlp(settings: Settings, seed: int) -> Peer:
    """Build scikit-learn's multilayer perceptron."""
    from sklearn.neural_network import MLPClassifier

    return Peer(OneHot(scale=True), MLPClassifier(random_state=seed, **settings))


def build_forest(settings: Settings, seed: int) -> Peer:
    """Build a random forest."""
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(random_state=seed, n_jobs=1, **settings)
    return Peer(OneHot(scale=False), model)


def build_hgb(settings: Settings, seed: int) -> Peer:
    """Build scikit-learn's boosted trees, which take at most 255 levels of a category."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        categorical_features="from_dtype", random_state=seed, **settings
    )
    return Peer(CategoryFrame(max_levels=255), model)


def build_lightgbm(settings: Settings, seed: int) -> Peer:
    """Build LightGBM; ``early_stopping_rounds`` among the settings makes it stop early."""
    import lightgbm

    settings = dict(settings)
    rounds = settings.pop("early_stopping_rounds", None)
    model = lightgbm.LGBMClassifier(random_state=seed, n_jobs=1, verbosity=-1, **settings)
    if rounds is None:
        return Peer(CategoryFrame(), model)
    stop = lightgbm.early_stopping(rounds, verbose=False)
    return StoppedEarly(CategoryFrame(), model, seed, {"callbacks": [stop]})


def build_xgboost(settings: Settings, seed: int) -> Peer:
    """Build XGBoost; ``early_stopping_rounds`` among the settings makes it stop early."""
    import xgboost

    model = xgboost.XGBClassifier(
        enable_categorical=True, random_state=seed, n_jobs=1, verbosity=0, **settings
    )
    if "early_stopping_rounds" in settings:
        return StoppedEarly(CategoryFrame(), model, seed, {"verbose": False})
    return Peer(CategoryFrame(), model)


def build_catboost(settings: Settings, seed: int) -> Peer:
    """Build CatBoost."""
    import catboost

    model = catboost.CatBoostClassifier(
        random_seed=seed, thread_count=1, verbose=False, allow_writing_files=False, **settings
    )
    return Peer(TextFrame(), model, name_text="cat_features")


def build_realmlp(settings: Settings, seed: int) -> Peer:
    """Build RealMLP-TD as its authors give it (Holzmüller, Grinsztajn, Steinwart 2024)."""
    from pytabkit import RealMLP_TD_Classifier

    return _pytabkit(RealMLP_TD_Classifier, settings, seed)


def build_tabm(settings: Settings, seed: int) -> Peer:
    """Build TabM (Gorishniy, Kotelnikov, Babenko 2025) with pytabkit's defaults."""
    from pytabkit import TabM_D_Classifier

    return _pytabkit(TabM_D_Classifier, settings, seed)


def _pytabkit(kind: Any, settings: Settings, seed: int) -> Peer:
    model = kind(device="cpu", n_cv=1, n_threads=1, random_state=seed, **settings)
    return Peer(CategoryFrame(impute=True), model, name_text="cat_col_names")


BUILDERS: dict[str, Callable[[Settings, int], Any]] = {
    "numlp": build_numlp,
    "majority": build_majority,
    "terms": build_terms,
    "logistic": build_logistic,
    "mlp": build_mlp,
    "forest": build_forest,
    "hgb": build_hgb,
    "lightgbm": build_lightgbm,
    "xgboost": build_xgboost,
    "catboost": build_catboost,
    "realmlp": build_realmlp,
    "tabm": build_tabm,
}
# The distributions whose versions are recorded beside those of numlp, NumPy and pandas.
DISTRIBUTIONS = {
    "numlp": (),
    "lightgbm": ("lightgbm",),
    "xgboost": ("xgboost",),
    "catboost": ("catboost",),
    "realmlp": ("pytabkit", "torch"),
    "tabm": ("pytabkit", "torch"),
}


@dataclass(frozen=True)
class Method:
    """A builder and what it is given; ``by_default`` is False for what must be asked for."""

    builder: str
    settings: Settings = field(default_factory=dict)
    by_default: bool = True


_STOP_EARLY = {"n_estimators": 1000, "early_stopping_rounds": 50}

# In the order in which they run: the cheap ones first.
METHODS: dict[str, Method] = {
    "logistic": Method("logistic", {"max_iter": 1000}),
    "forest": Method("forest"),
    "hgb": Method("hgb"),
    "lightgbm": Method("lightgbm"),
    "lightgbm-early": Method("lightgbm", _STOP_EARLY),
    "xgboost": Method("xgboost"),
    "xgboost-early": Method("xgboost", _STOP_EARLY),
    "mlp": Method("mlp"),
    "numlp-fast": Method("numlp", {"quality": "fast", "n_jobs": 1}),
    "numlp-one-net": Method("numlp", {"quality": "best", "ensemble_size": 1, "n_jobs": 1}),
    "numlp-balanced": Method("numlp", {"quality": "balanced", "n_jobs": 1}),
    "numlp-best": Method("numlp", {"quality": "best", "n_jobs": 1}),
    "catboost": Method("catboost"),
    "realmlp": Method("realmlp"),
    "tabm": Method("tabm", by_default=False),
}
