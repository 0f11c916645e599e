"""glum."""

from __future__ import annotations

import numpy as np
from glum import GeneralizedLinearRegressor

from ._base import Path, Solver

FAMILIES = {"squared_error": "normal", "log_loss": "binomial", "poisson": "poisson"}


class Adapter(Solver):
    package = "glum"
    ladder = tuple(10.0**-k for k in range(3, 13))
    cases = frozenset((loss, penalty) for loss in FAMILIES for penalty in ("l1", "elasticnet"))
    cross_validates = False

    def solve(self, problem, prepared, tol):
        model = GeneralizedLinearRegressor(
            family=FAMILIES[problem.loss],
            alpha=problem.alphas,
            alpha_search=True,
            l1_ratio=problem.l1_ratio,
            fit_intercept=problem.intercept,
            solver="irls-cd",
            gradient_tol=tol,
            max_iter=1000,
        )
        model.fit(problem.X, problem.y, offset=problem.offset)
        return Path(np.transpose(model.coef_path_), np.asarray(model.intercept_path_))
