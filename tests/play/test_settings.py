"""What may be set: bounds, one-sentence errors, and values from a browser that means harm."""

import json
import math
import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numlp.nn import ACTIVATIONS as ENGINE_ACTIVATIONS
from numlp.nn import INITIALIZERS
from numlp.play.settings import ACTIVATIONS, RULES, STARTS, Settings, limits, settings_from


def test_nothing_gives_the_defaults() -> None:
    assert settings_from({}) == Settings()


def test_json_and_back() -> None:
    given_settings = {"layers": [3, 2, 1], "features": ["siny", "x"], "columns": ["a", "b"]}
    settings = settings_from({**given_settings, "held_out": 0})
    assert settings.activations == ("relu",) * 3
    assert settings.features == ("x", "siny")
    again = json.loads(json.dumps(settings.to_json()))
    assert settings_from(again) == settings
    assert again.keys() == {field.name for field in fields(Settings)} == RULES.keys()


def test_words_are_those_of_the_engine() -> None:
    assert set(ACTIVATIONS) <= set(ENGINE_ACTIVATIONS)
    assert set(STARTS) == {*INITIALIZERS, "zeros", "lesson"}


ENDS = [(name, ends) for name, ends in limits().items() if name in RULES and name != "layers"]
RANGES = [(name, ends) for name, ends in ENDS if isinstance(ends[0], int | float)]


@pytest.mark.parametrize(("name", "ends"), RANGES)
def test_both_ends_of_a_range_are_allowed_and_nothing_beyond(name: str, ends: list[float]) -> None:
    for value in ends:
        assert getattr(settings_from({name: value}), name) == value
    step = 1 if isinstance(ends[0], int) and isinstance(ends[1], int) else 1e-6
    for value in (ends[0] - step, ends[1] + step):
        with pytest.raises(ValueError, match=f"^{name} is "):
            settings_from({name: value})


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"rate": math.nan}, "rate is nan, but it has to be a number from 0.00001 to 30."),
        ({"rate": json.loads("1e999")}, "rate is inf, but"),
        ({"rate": 10**400}, "rate is a very large number, but"),
        ({"rate": "0.1"}, "rate is '0.1', but"),
        ({"rate": True}, "rate is true, but"),
        ({"rate": None}, "rate is null, but"),
        ({"n": 200.0}, "n is 200.0, but it has to be a whole number from 20 to 1000."),
        ({"n": [1] * 10**5}, "n is a list of 100000, but"),
        ({"seed": -1}, "seed is -1, but it has to be a whole number from 0 to 4294967295."),
        ({"seed": 2**32}, "seed is 4294967296, but"),
        ({"batch_norm": 1}, "batch_norm is 1, but it has to be True or False."),
        ({"scaled": "yes"}, "scaled is 'yes', but"),
        ({"data": "a" * 10**5}, f"data is '{'a' * 39}…', but it has to be one of 'circles', "),
        ({"data": "\x1b[2J"}, "data is '[2J', but"),
        ({"data": ["circles"]}, "data is a list of 1, but"),
        ({"layers": [4] * 7}, "layers is a list of 7, but it has to be a list of 0 to 6 values, "),
        ({"layers": [17]}, "each a whole number from 1 to 16."),
        ({"layers": [0]}, "layers is a list of 1, but"),
        ({"layers": [[4]]}, "layers is a list of 1, but"),
        ({"layers": [True]}, "layers is a list of 1, but"),
        ({"layers": "44"}, "layers is '44', but"),
        ({"layers": {"0": 4}}, "layers is an object, but"),
        (
            {"activations": ["relu"]},
            "activations has 1 name, but there has to be one for each of 2 hidden layers.",
        ),
        ({"layers": [], "activations": ["relu"]}, "each of 0 hidden layers."),
        ({"activations": ["relu", "selu"]}, "activations is a list of 2, but"),
        ({"features": []}, "features is a list of 0, but it has to be a list of 1 to 7 values, "),
        ({"features": ["z"]}, "features is a list of 1, but"),
        (
            {"columns": ["a"]},
            "columns is a list of 1, but it has to be null, or a list of two columns, ",
        ),
        ({"columns": ["a", 1]}, "columns is a list of 2, but"),
        ({"columns": ["a", "b" * 201]}, "columns is a list of 2, but"),
        ({"initializer": "lesson"}, "initializer is 'lesson', but these weights fit the data "),
        ({"rates": 1}, "There is no setting 'rates': did you mean 'rate'?"),
        ({"zzz": 1}, "There is no setting 'zzz': there are n, noise, "),
        ([], "settings is a list of 0, but it has to be an object with keys."),
        (None, "settings is null, but it has to be an object with keys."),
    ],
)
def test_what_is_refused_is_named_in_one_sentence(values: Any, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)) as error:
        settings_from(values)
    message = str(error.value)
    assert message.endswith((".", "?"))
    assert len(message) < 400
    assert message.isprintable()


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["x", "relu", "adam", "points", "zeros", "lesson", "blobs"]),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(RULES)) | st.text(), ANYTHING) | ANYTHING)
def test_anything_is_read_or_refused_in_one_sentence(values: Any) -> None:
    refused = None
    try:
        settings = settings_from(values)
    except ValueError as error:
        refused = str(error)
    if refused is None:
        assert settings_from(settings.to_json()) == settings
        json.dumps(settings.to_json(), allow_nan=False)
    else:
        assert len(refused) < 600
        assert refused.isprintable()
