"""sortedl1: SLOPE, which with equal weights is the lasso."""

from __future__ import annotations

import numpy as np
from sortedl1 import Slope

from ._base import Path, Solver

LOSSES = {"squared_error": "quadratic", "log_loss": "logistic", "poisson": "poisson"}


class Adapter(Solver):
    package = "sortedl1"
    cases = frozenset((loss, "l1") for loss in LOSSES)
    offset = cross_validates = False

    def solve(self, problem, prepared, tol):
        model = Slope(
            lambda_type="lasso",
            loss=LOSSES[problem.loss],
            centering="none",
            scaling="none",
            fit_intercept=problem.intercept,
            tol=tol,
            max_iter=10**7,
        )
        path = model.path(problem.X, problem.y, alphas=problem.alphas, tol_dev_change=0.0, tol_dev_ratio=1.0)
        coefs = [np.ravel(coef.toarray() if hasattr(coef, "toarray") else coef) for coef in path.coefs]
        return Path(np.transpose(coefs), np.array([float(np.ravel(b)[0]) for b in path.intercepts]))
