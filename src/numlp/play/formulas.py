"""How the lesson writes what a layer, a loss and an optimizer compute, in one line each."""

from dataclasses import dataclass

from ..nn import (
    SGD,
    Adam,
    AdamW,
    Layer,
    Loss,
    Optimizer,
    RMSprop,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
    SoftmaxSquaredError,
)


@dataclass(frozen=True)
class Activation:
    """Formulas of an activation A of Z: its value, one number of it, and its slope.

    In ``value`` and ``slope`` Z and A stand for the matrices, in ``one`` Z for a number.
    """

    value: str
    one: str
    slope: str


ACTIVATIONS: dict[str, Activation] = {
    "Identity": Activation("{Z}", "{Z}", "1"),
    "ReLU": Activation("max(0, {Z})", "max(0, {Z})", "[{Z} > 0]"),
    "LeakyReLU": Activation(
        "max({Z}, 0.01 {Z})", "max({Z}, 0.01 · {Z})", "(1 where {Z} > 0, else 0.01)"
    ),
    "Tanh": Activation("tanh({Z})", "tanh({Z})", "(1 − {A}²)"),
    "Sigmoid": Activation("σ({Z})", "σ({Z})", "{A} ∘ (1 − {A})"),
    "ELU": Activation(
        "{Z} where {Z} > 0, else exp({Z}) − 1", "elu({Z})", "(1 where {Z} > 0, else exp({Z}))"
    ),
    "GELU": Activation("{Z} ∘ Φ({Z})", "{Z} · Φ({Z})", "(Φ({Z}) + {Z} ∘ φ({Z}))"),
    "SiLU": Activation("{Z} ∘ σ({Z})", "{Z} · σ({Z})", "(σ({Z}) + {Z} ∘ σ({Z}) ∘ (1 − σ({Z})))"),
}


def activation_of(layer: Layer) -> Activation:
    """The formulas of an activation."""
    return ACTIVATIONS[type(layer).__name__]


def answers_of(loss: Loss, Z: str) -> str:
    """How logits become probabilities."""
    return f"P = softmax({Z})" if loss.of_classes else f"y_pred = σ({Z})"


def mean_loss(loss: Loss) -> str:
    """What the loss is the mean of."""
    if isinstance(loss, SoftmaxCrossEntropy):
        return "loss = mean of −log(P of the true class)"
    if isinstance(loss, SoftmaxSquaredError):
        return "loss = mean over the rows of the sum of (P − Y)²"
    if isinstance(loss, SigmoidSquaredError):
        return "loss = mean of (y_pred − y)²"
    return "loss = mean of −[y log(y_pred) + (1 − y) log(1 − y_pred)]"


def slope_of(loss: Loss, dZ: str) -> str:
    """The slope of the loss for the logits."""
    if isinstance(loss, SoftmaxCrossEntropy):
        return f"{dZ} = (P − Y) / n"
    if isinstance(loss, SoftmaxSquaredError):
        return f"{dZ} = 2/n P ∘ (D − row sums of D ∘ P), with D = P − Y"
    if isinstance(loss, SigmoidSquaredError):
        return f"{dZ} = 2/n (y_pred − y) ∘ y_pred ∘ (1 − y_pred)"
    return f"{dZ} = (y_pred − y) / n"


def update_of(optimizer: Optimizer, W: str, decayed: bool) -> str:
    """What a step makes of a parameter."""
    lr, g = f"{optimizer.lr:.4g}", f"d{W}"
    if isinstance(optimizer, RMSprop):
        rest = 1 - optimizer.rho
        return (
            f"v ← {optimizer.rho:g} v + {rest:.4g} {g}², {W} ← {W} − {lr} {g} / "
            f"(√v + {optimizer.eps:g})"
        )
    if isinstance(optimizer, Adam):
        shrinks = f"{W} ← (1 − {lr} · {optimizer.weight_decay:g}) {W}, then "
        return (
            f"{shrinks if isinstance(optimizer, AdamW) and decayed else ''}"
            f"m ← {optimizer.beta1:g} m + {1 - optimizer.beta1:.4g} {g}, "
            f"v ← {optimizer.beta2:g} v + {1 - optimizer.beta2:.4g} {g}², "
            f"{W} ← {W} − {lr} m̂ / (√v̂ + {optimizer.eps:g})"
        )
    if isinstance(optimizer, SGD) and optimizer.momentum:
        return f"v ← {optimizer.momentum:g} v − {lr} {g}, {W} ← {W} + v"
    return f"{W} ← {W} − {lr} {g}"
