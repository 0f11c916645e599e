"""One problem: data, loss, penalty and everything that goes with them, in the form the other modules compute with."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from . import groups, penalties
from .losses import Rows


class Problem:
    """Rows without weight are left out; an infinite factor becomes the bounds [0, 0].

    Several outputs are stated as one: the rows of output after output, and X a block for each. `copies` is their number; each
    has an intercept, and their mean losses add up.
    """

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
        copies=1,
    ):
        n, p = X.shape
        weights = np.ones(n) if sample_weight is None else np.asarray(sample_weight, float)
        self.kept = kept = np.flatnonzero(weights)
        self.X = (sparse.csr_array(X) if sparse.issparse(X) else np.asarray(X))[kept].astype(float)
        self.rows = Rows(loss, params, np.asarray(y, float)[kept])
        self.loss, self.fit_intercept = loss, fit_intercept
        self.penalty, group = groups.split(penalty)
        self.ones = np.kron(np.eye(copies), np.ones((n // copies, 1)))[kept, : copies * fit_intercept]
        self.weights = weights[kept] / weights.sum() * copies
        self.offset = np.zeros(len(kept)) if offset is None else np.asarray(offset, float)[kept]
        factors = np.ones(p) if factors is None else np.asarray(factors, float)
        low, high = (-np.inf, np.inf) if bounds is None else np.asarray(bounds, float).T
        excluded = np.isinf(factors)
        self.low = np.where(excluded, 0.0, low)
        self.high = np.where(excluded, 0.0, high)
        self.strengths = alpha * np.where(excluded, 0.0, factors)
        self.group = groups.group_term(group, self.strengths, copies)
        plain = group is None and all(name == "none" for _, name, _ in penalties.terms(penalty))
        self.unpenalized = (self.strengths == 0) | plain
        self.free = np.flatnonzero(self.unpenalized & np.isinf(self.low) & np.isinf(self.high))
        self.bound = np.setdiff1d(np.arange(p), self.free)

    def eta(self, coef, intercept):
        linear = self.offset + self.X @ np.ravel(coef)
        return linear + self.ones @ np.broadcast_to(intercept, self.ones.shape[1]) if self.fit_intercept else linear

    def columns(self, which, intercept=None):
        """The columns `which` as a dense array, with one of ones in front where there is an intercept."""
        chosen = self.X[:, which]
        chosen = chosen.toarray() if sparse.issparse(chosen) else chosen
        return np.hstack([self.ones if intercept is None else self.ones[:, :0], chosen])

    def free_columns(self, which):
        """`columns(which)`, and what X makes of directions along which the penalty of groups is zero."""
        if self.group is None or np.any(self.l1_l2_strengths()):
            return self.columns(which)
        return np.hstack([self.columns(which), self.X @ self.group.flat(self.X.shape[1])])

    def mean_loss(self, eta):
        return self.weights @ self.rows.value(eta)

    def gradient(self, eta):
        """The derivative of the mean loss by every coefficient."""
        return self.X.T @ (self.weights * self.rows.slope(eta))

    def l1_l2_strengths(self):
        """c and d of the terms c |b| + d b^2 / 2 of a convex penalty, for each coefficient."""
        return [self.strengths * part for part in penalties.l1_l2_strengths(self.penalty)]

    def start(self):
        """The coefficients of the null model before its free ones are fitted: zero, or the bound nearest to it."""
        return np.clip(np.zeros(len(self.strengths)), self.low, self.high)

    def penalty_value(self, coef):
        single = np.sum(penalties.value(self.penalty, coef, self.strengths))
        return single if self.group is None else single + self.group.value(coef)


def objective(problem, coef, intercept):
    """The mean loss plus the penalty; infinite beyond the bounds."""
    coef = np.ravel(np.asarray(coef, float))
    if np.any(coef < problem.low) or np.any(coef > problem.high):
        return np.inf
    return problem.mean_loss(problem.eta(coef, intercept)) + problem.penalty_value(coef)
