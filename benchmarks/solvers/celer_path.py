"""celer."""

from __future__ import annotations

import numpy as np
from celer import LassoCV
from celer.homotopy import celer_path

from ._base import Path, Solver, chosen


class Adapter(Solver):
    package = "celer"
    cases = frozenset({("squared_error", "l1"), ("log_loss", "l1"), ("squared_error", "group")})
    intercept = False

    def why_not(self, problem):
        return None if problem.folds else super().why_not(problem)

    def solve(self, problem, prepared, tol):
        X, y, alphas = problem.X, problem.y, problem.alphas
        if problem.folds:
            model = LassoCV(alphas=alphas, cv=problem.splits(), tol=tol, max_iter=1000, n_jobs=self.threads).fit(X, y)
            return chosen(problem, model.alpha_, model.mse_path_.mean(axis=1), alphas, model.coef_, model.intercept_)
        options = {"tol": tol, "max_iter": 1000}
        if problem.loss == "log_loss":
            # Its data term is the sum over samples.
            coefs = celer_path(X, 2.0 * y - 1.0, "logreg", alphas=alphas * len(y), **options)[1]
        elif problem.penalty == "group":
            n_groups = X.shape[1] // problem.group_size
            options |= {"groups": problem.group_size, "weights": np.full(n_groups, np.sqrt(problem.group_size))}
            coefs = celer_path(X, y, "grouplasso", alphas=alphas, **options)[1]
        else:
            coefs = celer_path(X, y, "lasso", alphas=alphas, **options)[1]
        return Path(coefs, np.zeros(len(alphas)))
