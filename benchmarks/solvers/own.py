"""This package."""

from __future__ import annotations

import numpy as np

import skregloss
from skregloss import PenalizedRegressorCV, penalties, regularization_path
from skregloss.losses import CoxPartialLikelihood, Softmax
from skregloss.path import fit_path
from skregloss.solvers import Problem

from ._base import Path, Solver, chosen

ROWS = ("squared_error", "log_loss", "poisson")


class Adapter(Solver):
    package = "skregloss"
    ladder = tuple(10.0**-k for k in range(2, 11))
    cases = frozenset(
        (loss, penalty) for loss in (*ROWS, "softmax", "cox", "quantile") for penalty in ("l1", "elasticnet", "mcp", "group")
    )

    def version(self):
        return skregloss.__version__

    def solve(self, problem, prepared, tol):
        penalty = {
            "l1": penalties.L1,
            "elasticnet": lambda: penalties.ElasticNet(problem.l1_ratio),
            "mcp": lambda: penalties.MCP(problem.gamma),
            "group": lambda: penalties.GroupL2(problem.group_size),
        }[problem.penalty]()
        if problem.folds:
            return self._cross_validate(problem, penalty, tol)
        options = {"alphas": problem.alphas, "tol": tol}
        if problem.loss in ("softmax", "cox"):
            path = fit_path(_coupled(problem, penalty), **options)
        else:
            options |= {"loss": problem.loss, "penalty": penalty, "offset": problem.offset}
            path = regularization_path(problem.X, problem.y, fit_intercept=problem.intercept, **options)
        return Path(path.coefs, path.intercepts)

    def _cross_validate(self, problem, penalty, tol):
        options = {"alphas": problem.alphas, "cv": problem.splits(), "tol": tol, "n_jobs": self.threads}
        model = PenalizedRegressorCV(problem.loss, penalty, scoring="neg_mean_squared_error", **options)
        model.fit(problem.X, problem.y)
        errors = -np.asarray(model.cv_results_["mean_test_score"])
        return chosen(problem, model.alpha_, errors, problem.alphas, model.coef_, model.intercept_)


def _coupled(problem, penalty):
    """A problem whose loss couples rows or classes."""
    X, y = problem.X, problem.y
    if problem.loss == "softmax":
        loss = Softmax(int(y.max()) + 1)
    else:
        loss = CoxPartialLikelihood("breslow")
        # (start, stop, event, stratum)
        y = np.column_stack([np.full(len(y), -np.inf), y, np.zeros(len(y))])
    return Problem(loss, penalty.bind(X.shape[1], None), X, y, fit_intercept=problem.intercept)
