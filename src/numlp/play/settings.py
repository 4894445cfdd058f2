"""What may be set on the page, and in which bounds: what comes from a browser is not trusted."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..common.arguments import ArgumentRule, flag, number_in, one_of
from ..common.wording import count, nearest, shortened
from ..nn import INITIALIZERS

DATA = ("circles", "xor", "moons", "blobs", "spiral", "curve", "eight", "points", "table")
CURVES = ("line", "parabola", "sine", "cubic")
FEATURES = ("x", "y", "x2", "y2", "xy", "sinx", "siny")
ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid", "identity", "elu", "gelu", "silu")
STARTS = (*INITIALIZERS, "zeros", "lesson")
LOSSES = ("cross_entropy", "squared_error")
OPTIMIZERS = ("sgd", "momentum", "rmsprop", "adam", "adamw")
SCHEDULES = ("constant", "cosine", "onecycle")
MOST_LAYERS, MOST_UNITS = 6, 16
LESSON_LAYERS = (4,)  # hidden layers of the lesson's own net
LONGEST_NAME = 200  # characters of a column's name


@dataclass(frozen=True)
class Settings:
    """The settings of one run; the same settings make the same run."""

    data: str = "circles"
    n: int = 200
    noise: float = 0.1
    held_out: float = 0.3
    classes: int = 2
    curve: str = "sine"
    seed: int = 0
    columns: tuple[str, str] | None = None
    features: tuple[str, ...] = ("x", "y")
    layers: tuple[int, ...] = (4, 4)
    activations: tuple[str, ...] = ("relu", "relu")
    initializer: str = "he_normal"
    loss: str = "cross_entropy"
    optimizer: str = "sgd"
    rate: float = 0.1
    schedule: str = "constant"
    batch: int = 16
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    batch_norm: bool = False
    scaled: bool = True
    stretch: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON has them: lists in place of tuples."""
        values = asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def _whole_in(low: int, high: int) -> ArgumentRule:
    return ArgumentRule(
        lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high,
        f"a whole number from {low} to {high}",
    )


def _number_in(low: float, high: float) -> ArgumentRule:
    low_told, high_told = (f"{end:.5f}".rstrip("0").rstrip(".") for end in (low, high))
    rule = number_in(low, high, ends="[]")
    return ArgumentRule(rule.allows, f"a number from {low_told} to {high_told}")


def _list_of(rule: ArgumentRule, low: int, high: int) -> ArgumentRule:
    return ArgumentRule(
        lambda v: isinstance(v, list) and low <= len(v) <= high and all(map(rule.allows, v)),
        f"a list of {low} to {high} values, each {rule.says}",
    )


_COLUMNS = ArgumentRule(
    lambda v: (
        v is None
        or (
            isinstance(v, list)
            and len(v) == 2
            and all(isinstance(name, str) and len(name) <= LONGEST_NAME for name in v)
        )
    ),
    f"null, or a list of two columns, whose names have at most {LONGEST_NAME} characters",
)
_RANGES: dict[str, tuple[float, float]] = {
    "n": (20, 1000),
    "noise": (0, 1),
    "held_out": (0, 0.8),
    "classes": (2, 5),
    "seed": (0, 2**32 - 1),
    "rate": (1e-5, 30),
    "batch": (1, 1000),
    "l1": (0, 1),
    "l2": (0, 1),
    "dropout": (0, 0.9),
    "stretch": (1, 1000),
}
_WORDS = {
    "data": DATA,
    "curve": CURVES,
    "initializer": STARTS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}
_WHOLE = ("n", "classes", "seed", "batch")
RULES: dict[str, ArgumentRule] = {
    **{
        name: _whole_in(int(low), int(high)) if name in _WHOLE else _number_in(low, high)
        for name, (low, high) in _RANGES.items()
    },
    **{name: one_of(*words) for name, words in _WORDS.items()},
    "columns": _COLUMNS,
    "features": _list_of(one_of(*FEATURES), 1, len(FEATURES)),
    "layers": _list_of(_whole_in(1, MOST_UNITS), 0, MOST_LAYERS),
    "activations": _list_of(one_of(*ACTIVATIONS), 0, MOST_LAYERS),
    "batch_norm": flag(),
    "scaled": flag(),
}


def settings_from(values: object) -> Settings:
    """Read settings from parsed JSON; a key that is missing has its default.

    Where ``activations`` is missing, every hidden layer has ReLU.

    Raises
    ------
    ValueError
        In one sentence: which setting, what was found, and what is allowed.

    Examples
    --------
    >>> settings_from({"layers": [3], "rate": 1}).activations
    ('relu',)
    >>> settings_from({"rate": -1})
    Traceback (most recent call last):
    ...
    ValueError: rate is -1, but it has to be a number from 0.00001 to 30.
    """
    if not isinstance(values, dict):
        raise ValueError(f"settings is {found(values)}, but it has to be an object with keys.")
    for name in values:
        if name not in RULES:
            known = nearest(shortened(str(name), 40), list(RULES), f"there are {', '.join(RULES)}.")
            raise ValueError(f"There is no setting {found(name)}: {known}")
    for name, value in values.items():
        if not RULES[name].allows(value):
            raise ValueError(f"{name} is {found(value)}, but it has to be {RULES[name].says}.")
    read = {name: _READERS.get(name, _same)(value) for name, value in values.items()}
    layers = read.get("layers", Settings.layers)
    read.setdefault("activations", ("relu",) * len(layers))
    settings = Settings(**read)
    _check_together(settings)
    return settings


def _same(value: Any) -> Any:
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    **{name: float for name in _RANGES if name not in _WHOLE},
    "columns": lambda names: None if names is None else tuple(names),
    "features": lambda names: tuple(name for name in FEATURES if name in names),
    "layers": tuple,
    "activations": tuple,
}


def _check_together(settings: Settings) -> None:
    """Raise a ValueError where settings that are each allowed do not fit one another."""
    n_layers, n_given = len(settings.layers), len(settings.activations)
    if n_given != n_layers:
        names, layers = count(n_given, "name"), count(n_layers, "hidden layer")
        raise ValueError(f"activations has {names}, but there has to be one for each of {layers}.")
    if settings.initializer == "lesson" and (
        settings.data != "eight" or settings.layers != LESSON_LAYERS
    ):
        raise ValueError(
            "initializer is 'lesson', but these weights fit the data 'eight' and one hidden "
            "layer of 4 units alone."
        )


def found(value: object) -> str:
    """Say in a few words what a value of JSON is.

    >>> found(10**400), found([1, 2]), found({"a": 1}), found("a" * 99)[:9]
    ('a very large number', 'a list of 2', 'an object', "'aaaaaaaa")
    """
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**18:
        return "a very large number"
    if isinstance(value, str):
        return f"'{shortened(value, 40)}'"
    words: dict[object, str] = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    return shortened(repr(value), 40)


def limits() -> dict[str, Any]:
    """What may be set, as JSON: [lowest, highest] of each number, the words of each choice."""
    return {
        **{name: list(ends) for name, ends in _RANGES.items()},
        **{name: list(words) for name, words in _WORDS.items()},
        "features": list(FEATURES),
        "activations": list(ACTIVATIONS),
        "layers": [0, MOST_LAYERS],
        "units": [1, MOST_UNITS],
    }


assert set(RULES) == {field.name for field in fields(Settings)}  # noqa: S101 - none is forgotten
