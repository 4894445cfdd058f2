"""The scikit-learn protocol, without scikit-learn: parameters, tags, and what it expects to find.

scikit-learn looks at how an object behaves, not at its ancestors.  Where it asks for an object of
its own (tags, its NotFittedError), that is imported inside the method: it is loaded by then.
"""

import inspect
import sys
from collections.abc import Callable
from types import MethodType
from typing import Any, Self

from ..errors import DataError


class NotFittedError(ValueError, AttributeError):
    """A method was called that needs a fitted estimator, before ``fit``."""


def not_fitted(estimator: object) -> Exception:
    """The error to raise before ``fit``; scikit-learn's own where that is loaded."""
    message = (
        f"This {type(estimator).__name__} instance is not fitted yet. Call 'fit' with appropriate "
        "arguments before using this estimator."
    )
    error: Exception = sklearn_class("sklearn.exceptions", "NotFittedError", NotFittedError)(
        message
    )
    return error


class Estimator:
    """What every estimator has: named parameters that ``__init__`` stores as they are."""

    # How scikit-learn before 1.6 tells a classifier, which it stratifies folds for; since then it
    # asks for the tags.
    _estimator_type = "classifier"

    @classmethod
    def _parameter_names(cls) -> list[str]:
        rest = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        parameters = inspect.signature(cls).parameters.values()
        return [parameter.name for parameter in parameters if parameter.kind not in rest]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters and their values.

        Parameters
        ----------
        deep : bool, default True
            For scikit-learn; no value is an estimator to look into.

        Returns
        -------
        dict
            Names to values.
        """
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Parameters
        ----------
        **params : object
            The new values, by the names of the parameters.

        Returns
        -------
        Estimator
            The classifier itself.

        Raises
        ------
        ValueError
            There is no parameter of that name.
        """
        names = self._parameter_names()
        for name, value in params.items():
            if name not in names:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self!r}. Valid parameters are: "
                    f"{names!r}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        changed = [f"{name}={value!r}" for name, value in changed_params(self).items()]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_")


class AvailableIf:
    """The descriptor of a method that an object has if ``check`` raises no AttributeError for it.

    The class has the method in any case, with its signature and its docstring.
    """

    def __init__(self, method: Callable[..., Any], check: Callable[[Any], None]) -> None:
        self.method, self.check = method, check
        self.__doc__ = method.__doc__

    def __get__(self, owner: Any, cls: type) -> Callable[..., Any]:
        if owner is None:
            return self.method
        self.check(owner)
        return MethodType(self.method, owner)


def available_if(
    check: Callable[[Any], None],
) -> Callable[[Callable[..., Any]], AvailableIf]:
    """Decorate a method that an object has if ``check`` raises no AttributeError for it."""
    return lambda method: AvailableIf(method, check)


def changed_params(estimator: Estimator) -> dict[str, Any]:
    """The parameters that differ from their defaults, and their values."""
    defaults = inspect.signature(type(estimator)).parameters
    return {
        name: value
        for name, value in estimator.get_params().items()
        if not _same(value, defaults[name].default)
    }


def check_fitted(estimator: Estimator) -> None:
    """Raise scikit-learn's NotFittedError, or ours, before ``fit``."""
    if not estimator.__sklearn_is_fitted__():
        raise not_fitted(estimator)


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and isinstance(a, int | float | str | tuple) and a == b)


def check_same_length(n_rows: int, n_labels: int) -> None:
    """Raise a DataError unless there is one label for each row."""
    if n_rows != n_labels:
        raise DataError(
            f"Found input variables with inconsistent numbers of samples: X has {n_rows:,} rows, "
            f"but y has {n_labels:,}"
        )


def sklearn_class(module: str, name: str, default: type) -> Any:
    """A class of scikit-learn where that is loaded, for its users to catch; else ``default``."""
    return getattr(sys.modules.get(module), name, default)
