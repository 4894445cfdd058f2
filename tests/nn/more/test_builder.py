"""``mlp``: which layers it makes, and what it refuses."""

from collections.abc import Callable

import pytest

from numlp.nn import (
    ACTIVATIONS,
    Dense,
    Dropout,
    LayerNorm,
    Members,
    Network,
    ReLU,
    SquaredError,
    Tanh,
    mlp,
)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_mlp_starts_each_activation_with_the_initializer_made_for_it(activation: str) -> None:
    rule = {"tanh": "glorot", "sigmoid": "glorot", "identity": "glorot", "selu": "lecun"}
    network = mlp([4, 5, 6, 3], activation=activation)
    expected = rule.get(activation, "he") + "_normal"
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    assert [layer.initializer for layer in dense] == [expected, expected, "glorot_normal"]
    assert sum(type(layer) is ACTIVATIONS[activation] for layer in network.layers) == 2


def test_mlp_puts_normalization_before_and_dropout_after_the_activation() -> None:
    network = mlp(
        [4, 5, 6, 3], dropout=0.2, normalization="layer", initializer="he_uniform", l2=0.1
    )
    kinds = [Dense, LayerNorm, ReLU, Dropout]
    assert [type(layer) for layer in network.layers] == [*kinds, *kinds, Dense]
    assert {layer.initializer for layer in network.layers if isinstance(layer, Dense)} == {
        "he_uniform"
    }
    assert (network.n_in, network.n_out, network.l2) == (4, 3, 0.1)


def test_mlp_may_have_another_activation_in_each_hidden_layer() -> None:
    network = mlp([4, 5, 6, 3], activation=["tanh", "relu"])
    assert [type(layer) for layer in network.layers] == [Dense, Tanh, Dense, ReLU, Dense]
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    expected = ["glorot_normal", "he_normal", "glorot_normal"]
    assert [layer.initializer for layer in dense] == expected


def test_mlp_without_hidden_layers_is_one_dense() -> None:
    assert [type(layer) for layer in mlp([4, 3], loss=SquaredError()).layers] == [Dense]


def test_mlp_makes_one_net_or_as_many_members_as_it_is_asked_for() -> None:
    assert type(mlp([4, 5, 3])) is Network
    members = mlp([4, 5, 3], members=1)
    assert isinstance(members, Members)
    assert members.k == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mlp([4]), r"sizes=\[4\]: .*inputs and outputs"),
        (lambda: mlp([4, 2, 3], activation="rleu"), "'rleu': choose one of identity, relu, leaky"),
        (lambda: mlp([4, 2, 3], normalization="bach"), "'bach': choose 'batch', 'layer' or None"),
        (lambda: mlp([4, 0, 3]), "n_out=0"),
        (
            lambda: mlp([4, 2, 3], activation=["relu", "tanh"]),
            "for 1 hidden layers: give one for each",
        ),
    ],
)
def test_what_mlp_cannot_build_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
