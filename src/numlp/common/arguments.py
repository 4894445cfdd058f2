"""What an argument may be: each rule is a test of the value, and what is allowed in words."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, NamedTuple


class ArgumentRule(NamedTuple):
    """A test of an argument's value, and what it allows in words."""

    allows: Callable[[Any], bool]
    says: str


def whole(low: int) -> ArgumentRule:
    """Allow a whole number, ``low`` or more, that is not a bool."""
    return ArgumentRule(
        lambda v: isinstance(v, Integral) and not isinstance(v, bool) and int(v) >= low,
        f"a whole number, {low} or more",
    )


def number_in(low: float, high: float, *, ends: str) -> ArgumentRule:
    """Allow a number in an interval, whose ends are included or not as in "[)"."""

    def inside(value: Any) -> bool:
        if not isinstance(value, Real) or isinstance(value, bool):
            return False
        try:
            value = float(value)
        except OverflowError:  # a whole number beyond all floats
            return False
        above = value >= low if ends[0] == "[" else value > low
        below = value <= high if ends[1] == "]" else value < high
        return bool(above and below)

    return ArgumentRule(inside, f"a number in {ends[0]}{low:g}, {high:g}{ends[1]}")


def one_of(*allowed: Any) -> ArgumentRule:
    """Allow these words, and these very objects."""
    return ArgumentRule(
        lambda v: any(v is a or (isinstance(v, str) and v == a) for a in allowed),
        f"one of {', '.join(map(repr, allowed))}",
    )


def either(*rules: ArgumentRule) -> ArgumentRule:
    """Allow what any of the rules allows."""
    return ArgumentRule(
        lambda v: any(rule.allows(v) for rule in rules), " or ".join(rule.says for rule in rules)
    )


def flag() -> ArgumentRule:
    """Allow a bool of Python or NumPy."""
    return ArgumentRule(
        lambda v: isinstance(v, bool) or type(v).__name__ == "bool", "True or False"
    )


def sizes(value: Any) -> bool:
    """Whether the value is the width of a layer, or the widths of several."""
    widths = list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    return all(whole(1).allows(n) for n in widths)


def hidden_sizes(value: Any) -> list[int]:
    """The widths of the hidden layers as a list: a number alone is one layer."""
    return [int(n) for n in (value if hasattr(value, "__iter__") else [value])]
