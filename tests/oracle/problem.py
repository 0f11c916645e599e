"""One problem: data, loss, penalty and everything that goes with them, in the form the other modules compute with."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from . import penalties
from .losses import Rows


class Problem:
    """Rows without weight are left out; an infinite factor becomes the bounds [0, 0]."""

    def __init__(
        self,
        loss,
        params,
        penalty,
        X,
        y,
        *,
        alpha,
        sample_weight=None,
        offset=None,
        factors=None,
        bounds=None,
        fit_intercept=True,
    ):
        n, p = X.shape
        weights = np.ones(n) if sample_weight is None else np.asarray(sample_weight, float)
        self.kept = kept = np.flatnonzero(weights)
        self.X = (sparse.csr_array(X) if sparse.issparse(X) else np.asarray(X))[kept].astype(float)
        self.rows = Rows(loss, params, np.asarray(y, float)[kept])
        self.loss, self.penalty, self.fit_intercept = loss, penalty, fit_intercept
        self.weights = weights[kept] / weights.sum()
        self.offset = np.zeros(len(kept)) if offset is None else np.asarray(offset, float)[kept]
        factors = np.ones(p) if factors is None else np.asarray(factors, float)
        low, high = (-np.inf, np.inf) if bounds is None else np.asarray(bounds, float).T
        excluded = np.isinf(factors)
        self.low = np.where(excluded, 0.0, low)
        self.high = np.where(excluded, 0.0, high)
        self.strengths = alpha * np.where(excluded, 0.0, factors)
        unpenalized = (self.strengths == 0) | all(name == "none" for _, name, _ in penalties.terms(penalty))
        self.free = np.flatnonzero(unpenalized & np.isinf(self.low) & np.isinf(self.high))
        self.bound = np.setdiff1d(np.arange(p), self.free)

    def eta(self, coef, intercept):
        return self.offset + intercept + self.X @ coef

    def columns(self, which, intercept=None):
        """The columns `which` as a dense array, with one of ones in front where there is an intercept."""
        chosen = self.X[:, which]
        chosen = chosen.toarray() if sparse.issparse(chosen) else chosen
        ones = np.ones((len(self.weights), int(self.fit_intercept if intercept is None else intercept)))
        return np.hstack([ones, chosen])

    def mean_loss(self, eta):
        return self.weights @ self.rows.value(eta)

    def gradient(self, eta):
        """The derivative of the mean loss by every coefficient."""
        return self.X.T @ (self.weights * self.rows.slope(eta))

    def start(self):
        """The coefficients of the null model before its free ones are fitted: zero, or the bound nearest to it."""
        return np.clip(np.zeros(len(self.strengths)), self.low, self.high)

    def penalty_value(self, coef):
        return np.sum(penalties.value(self.penalty, coef, self.strengths))


def objective(problem, coef, intercept):
    """The mean loss plus the penalty; infinite beyond the bounds."""
    coef = np.asarray(coef, float)
    if np.any(coef < problem.low) or np.any(coef > problem.high):
        return np.inf
    return problem.mean_loss(problem.eta(coef, intercept)) + problem.penalty_value(coef)
