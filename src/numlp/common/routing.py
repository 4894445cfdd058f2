"""Metadata routing: which of scikit-learn's meta-estimators' extra arguments a method takes.

It is scikit-learn's protocol (its user guide, "Metadata Routing"): a meta-estimator asks
``get_metadata_routing`` what each method requests, and ``set_fit_request`` and its like change
that.  As there, a method takes what its signature names beside X and y.  scikit-learn's own class
keeps the answers; it is imported only when asked.
"""

import copy
import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any, ClassVar

UNCHANGED = "$UNCHANGED$"  # scikit-learn's word for an argument left alone
METHODS = ("fit", "partial_fit", "score")


class Requests(dict[str, dict[str, Any]]):
    """A mapping of method to argument to True, False, None or an alias."""

    def __sklearn_clone__(self) -> "Requests":
        return copy.deepcopy(self)


def arguments(cls: type, method: str) -> list[str]:
    """What may be requested for a method of the class; none for a method that it lacks."""
    if not hasattr(cls, method):
        return []
    parameters = inspect.signature(getattr(cls, method)).parameters
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [
        name
        for name, parameter in list(parameters.items())[1:]
        if name not in ("X", "y") and parameter.kind in named
    ]


class OwnedRequests:
    """The requests of an estimator, for scikit-learn to clone or to route by."""

    def __init__(self, owner: "Routed") -> None:
        self.owner = owner

    def __sklearn_clone__(self) -> Requests:
        return copy.deepcopy(self.owner.requests)

    def get_metadata_routing(self) -> Any:
        """The requests as a ``MetadataRequest`` of scikit-learn."""
        return Routed.get_metadata_routing(self.owner)


class RequestMethod:
    """The descriptor of ``set_fit_request`` or its like, with the arguments of ``fit``."""

    def __init__(self, method: str) -> None:
        self.method = method

    def __get__(self, estimator: Any, cls: type) -> Callable[..., Any]:
        method, takes = self.method, arguments(cls, self.method)
        if not takes:
            raise AttributeError(f"{cls.__name__} has no set_{method}_request")

        def set_request(self: Any, **asked: Any) -> Any:
            if unknown := sorted(asked.keys() - takes):
                raise TypeError(f"{method} takes no {unknown}: it takes {takes}")
            requests = copy.deepcopy(self.requests)
            changed = {name: value for name, value in asked.items() if value != UNCHANGED}
            requests.setdefault(method, {}).update(changed)
            self._metadata_request = requests
            return self

        names = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
        names += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=UNCHANGED)
            for name in takes
        ]
        set_request.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
        set_request.__name__ = f"set_{method}_request"
        set_request.__qualname__ = f"{cls.__qualname__}.{set_request.__name__}"
        set_request.__doc__ = (
            f"Say which arguments ``{method}`` is to be given: True, False, None or an alias.\n\n"
            "For scikit-learn's metadata routing; with None, the default, an argument that is "
            "given is an error."
        )
        return set_request if estimator is None else MethodType(set_request, estimator)


class Routed:
    """An estimator whose users may request arguments for ``fit``, ``partial_fit`` and ``score``.

    A ``Pipeline`` with ``transform_input=["X_val"]`` prepares rows to validate on as it does X.
    """

    _requests: Requests | None = None
    _requests_at_first: ClassVar[Requests] = Requests()

    set_fit_request = RequestMethod("fit")
    set_partial_fit_request = RequestMethod("partial_fit")
    set_score_request = RequestMethod("score")

    @property
    def requests(self) -> Requests:
        """What was requested so far, or is by default."""
        return self._requests_at_first if self._requests is None else self._requests

    @property
    def _metadata_request(self) -> "OwnedRequests":
        """The requests, under the name that scikit-learn's ``clone`` carries over.

        There are none until something is requested: a ``BaseEstimator`` that comes before this
        class takes what is here for its own, and asks the signatures where nothing is.
        """
        if self._requests is None:
            raise AttributeError("nothing was requested")
        return OwnedRequests(self)

    @_metadata_request.setter
    def _metadata_request(self, requests: Requests) -> None:
        self._requests = requests

    def get_metadata_routing(self) -> Any:
        """The arguments that were requested for each method, for scikit-learn's metadata routing.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRequest
            The requests of ``fit``, ``partial_fit`` and ``score``.
        """
        from sklearn.utils.metadata_routing import MetadataRequest

        request = MetadataRequest(owner=self)
        for method in METHODS:
            asked = self.requests.get(method, {})
            for param in arguments(type(self), method):
                getattr(request, method).add_request(param=param, alias=asked.get(param))
        return request
