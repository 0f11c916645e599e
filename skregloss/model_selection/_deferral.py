"""Pipelines that end in one of our estimators, fitted up to that end."""

from __future__ import annotations

import copy
import functools
from typing import Any

from sklearn.base import clone
from sklearn.pipeline import Pipeline


class Deferred:
    """Mixin that makes an estimator's `fit` keep the checked data instead of solving: what comes is a path."""

    def _problems_of(self, data):
        self._data = data
        return []

    def _solve(self, problems):
        return self

    def problems_under(self, parameters) -> list:
        """The problems of the data under other parameters."""
        model: Any = self
        model.set_params(**parameters)
        model._check_options()
        # The estimator that this is mixed into has it; mypy sees only the mixin.
        return super()._problems_of(self._data)  # type: ignore[misc]


@functools.cache
def _deferred_class(cls):
    return type(cls.__name__, (Deferred, cls), {})


def way_to_final(estimator) -> list[tuple[str, bool]]:
    """The parameters that lead to the final estimator, each with whether it is a step of a pipeline."""
    if hasattr(estimator, "_problems_of") and hasattr(estimator, "alpha"):
        return []
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        return [(name, True), *way_to_final(last)]
    if hasattr(estimator, "regressor"):
        return [("regressor", False), *way_to_final(estimator.regressor)]
    raise TypeError(
        f"The estimator ends in {estimator!r}, whose path cannot be followed; valid are PenalizedRegressor, "
        "PenalizedClassifier, and a Pipeline or TransformedTargetRegressor, also nested, that ends in one of them."
    )


def final_of(estimator):
    """The final estimator of a fitted pipeline."""
    if isinstance(estimator, Pipeline):
        return final_of(estimator.steps[-1][1])
    return final_of(estimator.regressor_) if hasattr(estimator, "regressor_") else estimator


def fit_front(estimator, parameters, X, y, metadata):
    """The estimator with `parameters`, fitted up to its end, which is deferred."""
    whole = clone(estimator).set_params(**{name: clone(value, safe=False) for name, value in parameters.items()})
    way = "__".join(name for name, _ in way_to_final(whole))
    final = clone(whole.get_params()[way]) if way else whole
    final.__class__ = _deferred_class(type(final))
    if way:
        whole.set_params(**{way: final})
    return whole.fit(X, y, **metadata)


def with_offset(estimator, offset):
    """A shallow copy of a fitted estimator whose final estimator has the offset bound."""
    bound = copy.copy(estimator)
    if isinstance(bound, Pipeline):
        name, last = bound.steps[-1]
        bound.steps = [*bound.steps[:-1], (name, with_offset(last, offset))]
    elif hasattr(bound, "regressor_"):
        bound.regressor_ = with_offset(bound.regressor_, offset)
    else:
        bound._bound_offset = offset
    return bound


def last_of(estimator):
    """The last step of a pipeline, also of one within another."""
    return last_of(estimator.steps[-1][1]) if isinstance(estimator, Pipeline) else estimator


def transformed(estimator, X):
    """What the steps before the last one of a fitted pipeline make of X."""
    while isinstance(estimator, Pipeline):
        if len(estimator.steps) > 1:
            X = estimator[:-1].transform(X)
        estimator = estimator.steps[-1][1]
    return X
