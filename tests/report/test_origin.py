"""What the page says of where a model comes from can be done again."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import MLPClassifier, TabularClassifier, load
from numlp.cli.main import all_commands
from numlp.models.mlp_network import DEFAULTS
from numlp.report.origin import OF_FIT, OF_THE_FILE, OPTIONS, architecture, reproduction, training


def fit(columns: dict[str, str] | None = None, **settings: Any) -> TabularClassifier:
    rng = np.random.default_rng(0)
    table = {"size": rng.normal(size=60), "zip": rng.integers(0, 30, 60), "note": ["x"] * 60}
    y = np.where(table["size"] > 0, "yes", "no").tolist()
    settings = {"epochs": 3, "ensemble_size": "auto", "random_state": 7, **settings}
    clf = TabularClassifier("fast", **settings).fit(table, y, columns=columns)
    clf.model_.target = "it is"
    return clf


def trained_by(clf: TabularClassifier) -> Any:
    return reproduction(clf.model_, {}, clf.model_.target)["train"]


def test_every_option_that_a_command_may_show_is_one_of_train() -> None:
    there = {option for p in all_commands()["train"].params for option in p.opts}
    assert set(OPTIONS.values()) | {"--target", "--column"} <= there
    assert OPTIONS.keys() - {*OF_THE_FILE, *OF_FIT} <= set(TabularClassifier().get_params())
    assert set(OF_FIT) <= set(inspect.signature(TabularClassifier.fit).parameters)


@pytest.mark.parametrize(
    ("settings", "columns", "shown"),
    [
        ({}, None, "--quality fast --epochs 3 --seed 7"),
        ({"metric": "f1"}, None, "--quality fast --epochs 3 --metric f1 --seed 7"),
        ({"cost_fn": 2.5, "pos_label": "no"}, None, "--cost-fn 2.5 --positive no"),
        ({"time_limit": 1234567.5}, None, "--time-limit 1234567.5"),
        ({"class_weight": "balanced"}, None, "--class-weight balanced"),
        ({}, {"zip": "category", "note": "ignore"}, "--column zip=category --column note=ignore"),
    ],
)
def test_the_command_has_what_was_asked(
    settings: dict[str, Any], columns: dict[str, str] | None, shown: str
) -> None:
    command = trained_by(fit(columns, **settings))
    assert command.startswith("numlp train TABLE.csv --target 'it is' --quality fast ")
    assert shown in command


def test_where_the_command_has_no_option_the_call_in_python_is_shown() -> None:
    call = trained_by(fit({"zip": "category"}, hidden_layer_sizes=[8], class_weight={"no": 2}))
    assert call == (
        "TabularClassifier(quality='fast', hidden_layer_sizes=[8], epochs=3, "
        "class_weight={'no': 2}, random_state=7).fit(X, y, columns={'zip': 'category'})"
    )
    assert trained_by(fit(random_state=None)).startswith("TabularClassifier(quality='fast'")


def test_the_architecture_is_that_of_the_network() -> None:
    clf = fit()
    network = clf.model_.network
    content = architecture(clf.model_)
    assert content["n_nets"] == network.k
    assert sum(layer["n_params"] for layer in content["layers"]) == network.n_params
    assert [layer["name"] for layer in content["layers"]] == [
        type(layer).__name__ for layer in network.layers
    ]


def test_the_losses_are_those_of_the_history() -> None:
    clf = fit()
    content = training(clf.model_)
    assert content is not None
    assert content["n_epochs"] == 3
    assert [row[1] for row in content["rows"]] == [f"{x:.4f}" for x in clf.history_["train_loss"]]
    clf.model_.info.pop("history")
    assert training(clf.model_) is None


def test_what_is_usual_of_an_mlp_is_what_its_classifier_has_for_defaults() -> None:
    parameters = inspect.signature(MLPClassifier).parameters.values()
    assert {parameter.name: parameter.default for parameter in parameters} == DEFAULTS


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "MLPClassifier().fit(X, y)"),
        ({"random_state": 0, "max_iter": 3}, "MLPClassifier(max_iter=3, random_state=0).fit(X, y)"),
        ({"hidden_layer_sizes": [100], "tol": 0.0}, "MLPClassifier(tol=0.0).fit(X, y)"),
        ({"hidden_layer_sizes": (4, 2)}, "MLPClassifier(hidden_layer_sizes=[4, 2]).fit(X, y)"),
    ],
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_of_an_mlp_the_arguments_are_told_that_differ_from_the_defaults(
    asked: dict[str, Any], told: str, tmp_path: Path
) -> None:
    X, y = np.arange(20.0)[:, None] / 10, np.arange(20) % 2
    clf = MLPClassifier(**({"max_iter": 200, "solver": "adam"} | asked))
    clf.set_params(callbacks=[lambda epoch: epoch.number == 2]).fit(X, y)
    assert reproduction(clf.model_, {}, "")["train"] == told
    clf.save(tmp_path / "net")
    assert reproduction(load(tmp_path / "net").model_, {}, "")["train"] == told
