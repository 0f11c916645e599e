"""Curves of event times that a Cox model predicts: cumulative hazards and probabilities of survival."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from .._event_times import stratum_codes
from ._baseline_hazard import BaselineHazard
from ._step_function import StepFunction


class SurvivalCurves:
    """Mixin for a model with a baseline hazard and linear predictors."""

    strata_: np.ndarray | None
    _baseline: BaselineHazard
    # The strata of the samples to predict, for callers that cannot pass them.
    _bound_strata: Any = None

    @property
    def baseline_cumulative_hazard_(self) -> StepFunction | dict[Any, StepFunction]:
        """The cumulative hazard of a sample whose linear predictor is zero; with strata, one by label."""
        check_is_fitted(self, "coef_")
        codes = np.arange(len(self._baseline.curves))
        functions = self._baseline.functions(np.zeros(len(codes)), codes, _unchanged, 0.0)
        return functions[0] if self.strata_ is None else dict(zip(self.strata_.tolist(), functions, strict=True))

    def predict_cumulative_hazard_function(
        self, X: Any, return_array: bool = False, *, offset: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> np.ndarray:
        """The cumulative hazard of each sample: that of the baseline times exp(eta).

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        return_array : bool, default=False
            Whether to return the values at `event_times_` in place of functions.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor; needed if the model was fitted with one.
        strata : array-like of shape (n_samples,), default=None
            The stratum of each sample; needed if the model was fitted with strata.

        Returns
        -------
        hazard : ndarray of StepFunction of shape (n_samples,), or ndarray of shape (n_samples, n_times)
            Functions are known until the last time observed in the stratum; values after it are NaN.
        """
        return self._curves(X, return_array, offset, strata, _unchanged, 0.0)

    def predict_survival_function(
        self, X: Any, return_array: bool = False, *, offset: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> np.ndarray:
        """The probability that each sample has no event until t: exp(-cumulative hazard).

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        return_array : bool, default=False
            Whether to return the values at `event_times_` in place of functions.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor; needed if the model was fitted with one.
        strata : array-like of shape (n_samples,), default=None
            The stratum of each sample; needed if the model was fitted with strata.

        Returns
        -------
        survival : ndarray of StepFunction of shape (n_samples,), or ndarray of shape (n_samples, n_times)
            Functions are known until the last time observed in the stratum; values after it are NaN.
        """
        return self._curves(X, return_array, offset, strata, _survival, 1.0)

    def _curves(self, X, return_array, offset, strata, transform, initial):
        eta = self._predictor(X, offset)
        strata = self._strata_of(strata, "predict curves")
        codes = stratum_codes(None if self.strata_ is None else strata, len(eta), self.strata_)[0].astype(np.intp)
        return (self._baseline.table if return_array else self._baseline.functions)(eta, codes, transform, initial)

    def _strata_of(self, strata, purpose):
        """Those given, or bound."""
        strata = self._bound_strata if strata is None else strata
        if strata is None and self.strata_ is not None:
            raise ValueError(f"This {type(self).__name__} was fitted with strata and needs them to {purpose}: pass strata=...")
        return strata


def _unchanged(hazard):
    return hazard


def _survival(hazard):
    return np.exp(-hazard)
