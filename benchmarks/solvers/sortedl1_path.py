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
        # By feature, then by output.
        return Path(np.array([coef[0] for coef in path.coefs]), np.asarray(path.intercepts[0], dtype=float))
