"""skglm, from the last strength's solution to the next."""

from __future__ import annotations

import numpy as np
from skglm import datafits, penalties, solvers
from skglm.utils.jit_compilation import compiled_clone

from ._base import Path, Solver

DATAFITS = {"log_loss": datafits.Logistic, "poisson": datafits.Poisson, "cox": datafits.Cox}


class Adapter(Solver):
    package = "skglm"
    cases = frozenset(
        {("squared_error", penalty) for penalty in ("l1", "elasticnet", "mcp", "group")}
        | {(loss, penalty) for loss in DATAFITS for penalty in ("l1", "elasticnet")}
    )
    offset = cross_validates = False

    def prepare(self, problem):
        return 2.0 * problem.y - 1.0 if problem.loss == "log_loss" else np.ascontiguousarray(problem.y)

    def solve(self, problem, prepared, tol):
        datafit, penalty, solver = self._parts(problem, tol)
        datafit, penalty = compiled_clone(datafit), compiled_clone(penalty)
        solver.fit_intercept = problem.intercept
        weights = np.zeros(problem.X.shape[1] + problem.intercept)
        fitted = np.zeros(problem.X.shape[0])
        coefs, intercepts = [], []
        for alpha in problem.alphas:
            penalty.alpha = alpha
            weights = solver.solve(problem.X, prepared, datafit, penalty, weights, fitted, run_checks=False)[0]
            fitted = problem.X @ weights[: problem.X.shape[1]] + (weights[-1] if problem.intercept else 0.0)
            coefs.append(weights[: problem.X.shape[1]].copy())
            intercepts.append(weights[-1] if problem.intercept else 0.0)
        return Path(np.transpose(coefs), np.array(intercepts))

    def _parts(self, problem, tol):
        alpha = float(problem.alphas[0])
        if problem.penalty == "group":
            starts = np.arange(0, problem.X.shape[1] + 1, problem.group_size, dtype=np.int32)
            groups = starts, np.arange(problem.X.shape[1], dtype=np.int32)
            weights = np.full(len(starts) - 1, np.sqrt(problem.group_size))
            penalty = penalties.WeightedGroupL2(alpha, weights, *groups)
            return datafits.QuadraticGroup(*groups), penalty, solvers.GroupBCD(tol=tol, max_iter=1000, max_epochs=10000)
        if problem.penalty == "mcp":
            penalty = penalties.MCPenalty(alpha, problem.gamma)
        elif problem.penalty == "elasticnet":
            penalty = penalties.L1_plus_L2(alpha, problem.l1_ratio)
        else:
            penalty = penalties.L1(alpha)
        if problem.loss == "squared_error":
            return datafits.Quadratic(), penalty, solvers.AndersonCD(tol=tol, max_iter=1000)
        return DATAFITS[problem.loss](), penalty, solvers.ProxNewton(tol=tol, max_iter=1000)
