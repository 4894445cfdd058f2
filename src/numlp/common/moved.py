"""Modules of numlp 0.1 that are not where they were: whoever asks for one is told what to do."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# What is public of numlp 0.1, and where its names are now; the others were of no use outside.
MOVED = {
    "bootstrap": "numlp.metrics",
    "crossval": "numlp.tabular",
    "curves": "numlp.metrics",
    "model": "numlp.Model",
    "opening": "numlp.load",
    "recipe": "numlp.ensemble.recipe",
    "tuning": "numlp.tabular",
    **dict.fromkeys(
        [
            "nn.brier", "nn.builder", "nn.curve", "nn.embeddings", "nn.focal", "nn.history",
            "nn.lbfgs", "nn.members", "nn.mixed", "nn.normalization", "nn.penalty", "nn.room",
            "nn.scale", "nn.schedules", "nn.stopping", "nn.summary",
        ],
        "numlp.nn",
    ),
}  # fmt: skip
GONE = {
    "aim", "atomic", "budget", "cells", "checkpoint", "columns", "conclusion", "conformal",
    "container", "dates", "decision", "estimator", "files", "fitted", "guess", "labels", "live",
    "matrix", "mixture", "mlp_checkpoint", "mlp_file", "mlp_parts", "mlp_settings",
    "mlp_training", "notebook", "parts", "plain", "predictions", "printing", "relation",
    "routing", "rules", "split", "tabular_settings", "tabular_training", "targets", "textfile",
    "weights", "words",
}  # fmt: skip


class MovedModules:
    """A finder and loader, asked by ``import`` last: it raises one line that says what to do.

    Who asks only where a module would come from (``importlib.util.find_spec``) gets a spec: the
    error is raised where the module is imported.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The spec of a module of numlp 0.1, which cannot be imported; None for any other.

        >>> import numlp.curves
        Traceback (most recent call last):
        ModuleNotFoundError: numlp.curves moved in numlp 0.2: use numlp.metrics. A pickle \
of numlp 0.1 opens with numlp 0.1 alone: save the classifier there with its method save, and open \
that file here with numlp.load
        """
        package, _, module = name.partition(".")
        loader: Any = MovedModules
        known = package == "numlp" and (module in MOVED or module in GONE)
        return ModuleSpec(name, loader, origin="numlp 0.1") if known else None

    @staticmethod
    def create_module(_: ModuleSpec) -> None:
        """Leave it to ``import`` to make a module, which lives until the error below."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Raise a ModuleNotFoundError that says where the names of the module are now."""
        place = module.__name__.partition(".")[2]
        told = (
            f"moved in numlp 0.2: use {MOVED[place]}"
            if place in MOVED
            else "is gone in numlp 0.2: it was not public"
        )
        raise ModuleNotFoundError(
            f"{module.__name__} {told}. A pickle of numlp 0.1 opens with numlp 0.1 alone: "
            "save the classifier there with its method save, and open that file here with "
            "numlp.load"
        )  # without its name, or ``from numlp import curves`` would not show the message


def tell_of_moved_modules() -> None:
    """Have ``import`` ask ``MovedModules`` after all other finders; once in a process is enough."""
    if MovedModules not in sys.meta_path:
        sys.meta_path.append(MovedModules)
