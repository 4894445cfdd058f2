"""Metadata routing: which of scikit-learn's meta-estimators' extra arguments a method takes.

It is scikit-learn's protocol (its user guide, "Metadata Routing"): a meta-estimator asks
``get_metadata_routing`` what each method requests, and ``set_fit_request`` and its like change
that.  scikit-learn's own class keeps the answers; it is imported only when asked.
"""

import copy
from typing import Any, Self

UNCHANGED = "$UNCHANGED$"  # scikit-learn's word for an argument left alone


TAKES = {
    "fit": ["sample_weight", "X_val", "y_val"],
    "partial_fit": ["classes", "sample_weight"],
    "score": ["sample_weight"],
}


class Requests(dict[str, dict[str, Any]]):
    """A mapping of method to argument to True, False, None or an alias."""

    def __sklearn_clone__(self) -> "Requests":
        return copy.deepcopy(self)


class Routed:
    """An estimator whose users may request arguments for ``fit``, ``partial_fit`` and ``score``."""

    _requests: Requests | None = None

    def set_fit_request(
        self, *, sample_weight: Any = UNCHANGED, X_val: Any = UNCHANGED, y_val: Any = UNCHANGED
    ) -> Self:
        """Say whether ``fit`` is to be given ``sample_weight``: True, False, None or an alias.

        ``X_val`` and ``y_val``, rows to validate on, are requested the same way; a ``Pipeline``
        with ``transform_input=["X_val"]`` prepares them as it does X.
        """
        return self._request("fit", sample_weight=sample_weight, X_val=X_val, y_val=y_val)

    def set_partial_fit_request(
        self, *, classes: Any = UNCHANGED, sample_weight: Any = UNCHANGED
    ) -> Self:
        """Say whether ``partial_fit`` is to be given ``classes`` and ``sample_weight``."""
        return self._request("partial_fit", classes=classes, sample_weight=sample_weight)

    def set_score_request(self, *, sample_weight: Any = UNCHANGED) -> Self:
        """Say whether ``score`` is to be given ``sample_weight``."""
        return self._request("score", sample_weight=sample_weight)

    def _request(self, method: str, **asked: Any) -> Self:
        requests = copy.deepcopy(self._metadata_request)
        requests[method] |= {k: v for k, v in asked.items() if v != UNCHANGED}
        self._requests = requests
        return self

    @property
    def _metadata_request(self) -> Requests:
        """The requests, under the name that scikit-learn's ``clone`` carries over."""
        return self._requests or Requests({method: {} for method in TAKES})

    @_metadata_request.setter
    def _metadata_request(self, requests: Requests) -> None:
        self._requests = requests

    def get_metadata_routing(self) -> Any:
        """The requests as a ``MetadataRequest`` of scikit-learn."""
        from sklearn.utils.metadata_routing import MetadataRequest

        request = MetadataRequest(owner=self)
        for method, params in TAKES.items():
            for param in params:
                alias = self._metadata_request[method].get(param)
                getattr(request, method).add_request(param=param, alias=alias)
        return request
