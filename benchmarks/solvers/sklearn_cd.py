"""scikit-learn's coordinate descent (saga, liblinear and HiGHS for the losses it does not serve)."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LassoCV, LogisticRegression, QuantileRegressor, lasso_path

from ._base import Path, Solver, centred, chosen

UNLIMITED = 10**7


class Adapter(Solver):
    package = "scikit-learn"
    cases = frozenset({("squared_error", "l1"), ("log_loss", "l1"), ("softmax", "l1"), ("quantile", "l1")})

    def solve(self, problem, prepared, tol):
        if problem.folds:
            model = LassoCV(alphas=problem.alphas, cv=problem.splits(), tol=tol, max_iter=UNLIMITED, n_jobs=self.threads)
            model.fit(problem.X, problem.y)
            return chosen(problem, model.alpha_, model.mse_path_.mean(axis=1), problem.alphas, model.coef_, model.intercept_)
        if problem.loss == "squared_error":
            return centred(problem, lasso_path(problem.X, problem.y, alphas=problem.alphas, tol=tol, max_iter=UNLIMITED)[1])
        if problem.loss == "quantile":
            # An exact method: without a tolerance.
            fits = [QuantileRegressor(alpha=alpha, solver="highs").fit(problem.X, problem.y) for alpha in problem.alphas]
            return Path(np.transpose([fit.coef_ for fit in fits]), np.array([fit.intercept_ for fit in fits]))
        return _classification(problem, tol)


def _classification(problem, tol):
    """saga from the last strength's solution; liblinear penalises the intercept, so it serves problems without one."""
    solver = "saga" if problem.intercept or problem.loss == "softmax" else "liblinear"
    model = LogisticRegression(
        l1_ratio=1.0,
        solver=solver,
        tol=tol,
        max_iter=UNLIMITED,
        fit_intercept=problem.intercept,
        warm_start=True,
        penalty="l1",
    )
    coefs, intercepts = [], []
    for alpha in problem.alphas:
        model.set_params(C=1.0 / (alpha * len(problem.y))).fit(problem.X, problem.y)
        coefs.append(model.coef_.copy())
        intercepts.append(np.broadcast_to(model.intercept_, len(model.coef_)).copy())
    coefs, intercepts = np.stack(coefs, axis=-1), np.stack(intercepts, axis=-1)
    return Path(coefs, intercepts) if problem.loss == "softmax" else Path(coefs[0], intercepts[0])
