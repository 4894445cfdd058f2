"""The run as Python: a program that prints the losses of the page."""

import inspect
from collections.abc import Sequence
from typing import Any

from ..common.wording import shortened
from ..nn import Constant, Network, Optimizer, Schedule
from ..nn.described import Described
from .nets import L1Network, dense_layers
from .planes import Plane, split
from .settings import Settings

MOST_NUMBERS = 5000  # of a table that stands in the program


def program(
    settings: Settings,
    plane: Plane,
    network: Network,
    optimizer: Optimizer,
    schedule: Schedule,
    epochs: int,
    by_hand: Sequence[str],
) -> str:
    """Python text that makes the data, builds the net, trains it, and prints its losses.

    ``by_hand`` names steps that are not in it.
    """
    data_names, data_lines = _data(settings, plane)
    _, held_out = split(plane.y, settings)
    constant = isinstance(schedule, Constant)
    described: list[Described] = [*network.layers, network.loss, optimizer]
    names = {type(each).__name__ for each in described} | {"train"}
    if not constant:
        names.add(type(schedule).__name__)
    lines = ['"""The run of the playground, in plain Python."""', ""]
    lines += ["from itertools import islice", "", "import numpy as np", ""]
    if settings.held_out:
        lines.append("from numlp.data.splits import stratified_split")
    if isinstance(network, L1Network):
        kind, penalties = "L1Network", [f"    l1={network.l1!r},"]
        lines.append(_import("numlp.nn", names))
        lines.append(_import("numlp.play.nets", {"L1Network"}))
    else:
        kind, penalties = "Network", []
        lines.append(_import("numlp.nn", names | {"Network"}))
    if data_names:
        lines.append(_import("numlp.play.toys", data_names))
    lines += ["", *data_lines]
    lines += _split_and_scale(settings)
    lines += ["", f"network = {kind}(", "    ["]
    lines += [f"        {call(layer)}," for layer in network.layers]
    penalties += [f"    l2={network.l2!r},"] if network.l2 else []
    lines += ["    ],", f"    loss={call(network.loss)},", *penalties]
    lines += ["    dtype=np.float64,", ")", f"rng = np.random.default_rng({settings.seed})"]
    lines += ["network.init(rng)", *_start(settings, network)]
    lines += ["", f"optimizer = {call(optimizer, lr=settings.rate, groups=None)}", "run = train("]
    lines += ["    network, optimizer, X[rows], y[rows],"]
    planned = "" if constant else f", schedule={schedule!r}"
    lines += [f"    batch_size={settings.batch}, rng=rng{planned},", ")", f"epochs = {epochs}"]
    lines += [f"# Not in it: {what}, which the page has made." for what in by_hand]
    lines += ["for _ in islice(run, epochs):", "    pass", ""]
    lines += ['print(f"train loss {network.evaluate(X[rows], y[rows]):.6f}")']
    if len(held_out):  # a small share of few rows may be none
        lines += ['print(f"test loss {network.evaluate(X[held_out], y[held_out]):.6f}")']
    return "\n".join(lines) + "\n"


def _import(module: str, names: set[str]) -> str:
    return f"from {module} import {', '.join(sorted(names))}"


def _data(settings: Settings, plane: Plane) -> tuple[set[str], list[str]]:
    """Names to import for the data, and lines that make X and y."""
    if settings.data == "table":
        return set(), _table(plane)
    if settings.data == "eight":
        names = {"make_eight"} | ({"lesson_start"} if settings.initializer == "lesson" else set())
        return names, ["X, y = make_eight()"]
    names, lines = {"inputs_of"}, []
    if settings.data == "points":
        points = [tuple(point) for point in plane.points.tolist()]
        lines = [f"points = np.array({points!r})", f"y = np.array({plane.y.tolist()!r})"]
    else:
        names.add("make_toy")
        more = f", n_classes={settings.classes}" if settings.data in ("blobs", "spiral") else ""
        more += f", curve={settings.curve!r}" if settings.data == "curve" else ""
        lines = [
            f"points, y = make_toy({settings.data!r}, n={settings.n}, noise={settings.noise!r}, "
            f"seed={settings.seed}{more})"
        ]
        if settings.stretch != 1:
            lines.append(f"points[:, 0] *= {settings.stretch!r}")
    return names, [*lines, f"X = inputs_of(points, {list(settings.features)!r})"]


def _table(plane: Plane) -> list[str]:
    """Lines that make X and y of a table: its numbers, where they are few enough to stand here."""
    n, n_in = plane.X.shape
    if n * n_in > MOST_NUMBERS:
        return [
            f"# The table has {n:,} rows of {n_in} numbers, too many to stand here: save its X and",
            "# y, as numlp encodes them, in these files.",
            'X, y = np.load("X.npy"), np.load("y.npy")',
        ]
    rows = [f"        {row!r}," for row in plane.X.tolist()]
    told = ", ".join(map(repr, plane.inputs))
    return [
        f"# Columns of X, as numlp encodes the table: {shortened(told, 200)}",
        "X = np.array(",
        "    [",
        *rows,
        "    ]",
        ")",
        f"y = np.array({plane.y.tolist()!r})",
    ]


def _split_and_scale(settings: Settings) -> list[str]:
    if settings.held_out:
        lines = [
            f"rows, held_out = stratified_split(y, {settings.held_out!r}, "
            f"np.random.default_rng({settings.seed}))"
        ]
    else:
        lines = ["rows = np.arange(len(y))"]
    if settings.scaled:
        lines += [
            "spread = X[rows].std(axis=0)",
            "spread[spread == 0] = 1",
            "X = (X - X[rows].mean(axis=0)) / spread",
        ]
    return lines


def _start(settings: Settings, network: Network) -> list[str]:
    """Lines that put other weights in the place of those that were drawn."""
    if settings.initializer == "zeros":
        places = [i for i, layer in enumerate(network.layers) if layer in dense_layers(network)]
        return [f"for i in {places}:", "    network.layers[i].W.fill(0.0)"]
    if settings.initializer != "lesson":
        return []
    return ["network.layers[0].W[:], network.layers[-1].W[:] = lesson_start()"]


def call(described: Described, **changed: Any) -> str:
    """The call that makes an object, without arguments that have their default.

    >>> from ..nn import SGD, Dense
    >>> call(Dense(2, 4)), call(SGD(0.5, momentum=0.9), lr=0.3)
    ('Dense(2, 4)', 'SGD(0.3, momentum=0.9)')
    """
    values = {**described.settings, **changed}
    parameters = inspect.signature(type(described)).parameters
    written = []
    for number, (name, parameter) in enumerate(parameters.items()):
        # What comes first is said even if it is the default: sizes, a rate.
        if parameter.default is parameter.empty or (number == 0 and name in ("lr", "rate")):
            written.append(repr(values[name]))
        elif values[name] != parameter.default:
            written.append(f"{name}={values[name]!r}")
    return f"{type(described).__name__}({', '.join(written)})"
