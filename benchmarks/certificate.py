"""The harness's own certificate of a path, the same for every solver.

Convex: the duality gap relative to the null deviance, worst over the strengths. The dual point is the residual at the
coefficients with the best intercept, shrunk into the conjugate's domain. For the quantile the dual value is the optimum of
the dual linear program. MCP: the violation of the optimality conditions, relative to the largest entry of the null gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog


@dataclass(frozen=True)
class Certificate:
    """The worst violation over the path (infinite if strengths are missing), and the objective at each strength."""

    worst: float
    objectives: np.ndarray
    n_nonzero: int


def certify(problem, coefs, intercepts, alphas=None) -> Certificate:
    """The certificate of coefficients (..., n_features, n_alphas) and their intercepts (..., n_alphas)."""
    alphas = problem.alphas if alphas is None else alphas
    coefs = np.asarray(coefs, dtype=np.float64)
    if coefs.shape[-1] != len(alphas) or not np.isfinite(coefs).all():
        return Certificate(np.inf, np.full(len(alphas), np.inf), 0)
    one = _violation if problem.penalty == "mcp" else _quantile_gap if problem.loss == "quantile" else _gap
    results = [one(problem, alpha, coefs[..., k], intercepts[..., k]) for k, alpha in enumerate(alphas)]
    violations, objectives = np.array(results).T
    return Certificate(float(violations.max()), objectives, int(np.count_nonzero(coefs[..., -1])))


def null_deviance(problem) -> float:
    """The loss of the best intercept, above the least any linear predictor can have."""
    return problem.terms.value(problem.terms.refitted(problem.terms.zero(), problem.intercept)) - problem.terms.floor


def penalty_value(problem, coef, alpha) -> float:
    """alpha P(b)"""
    if problem.penalty == "group":
        return alpha * np.sqrt(problem.group_size) * np.linalg.norm(coef.reshape(-1, problem.group_size), axis=1).sum()
    size = np.abs(coef)
    if problem.penalty == "mcp":
        flat = problem.gamma * alpha
        return np.sum(np.where(size <= flat, alpha * size - coef**2 / (2 * problem.gamma), flat * alpha / 2))
    return alpha * (problem.l1_ratio * size.sum() + (1 - problem.l1_ratio) / 2 * np.sum(coef**2))


def _gap(problem, alpha, coef, intercept):
    terms = problem.terms
    eta = terms.predictors(problem.X, coef, intercept)
    objective = terms.value(eta) + penalty_value(problem, coef, alpha)
    best = terms.refitted(eta, problem.intercept)
    slopes = np.asarray(problem.X.T @ terms.residual(best))
    dual = max(
        terms.bound(best, share) - _conjugate(problem, share * slopes, alpha) for share in _shares(problem, slopes, alpha)
    )
    return (objective - dual) / null_deviance(problem), objective


def _shares(problem, slopes, alpha):
    """How much of the residual to try as a dual point."""
    if problem.penalty == "group":
        norms = np.linalg.norm(slopes.reshape(-1, problem.group_size), axis=1) / np.sqrt(problem.group_size)
    else:
        norms = np.abs(slopes)
    feasible = min(1.0, problem.l1_ratio * alpha / max(norms.max(), 1e-300))
    return (feasible, 1.0) if problem.l1_ratio < 1.0 else (feasible,)


def _conjugate(problem, slopes, alpha):
    """The penalty's conjugate at a point of its domain."""
    if problem.l1_ratio == 1.0:
        return 0.0
    excess = np.maximum(np.abs(slopes) - alpha * problem.l1_ratio, 0.0)
    return np.sum(excess**2) / (2 * alpha * (1 - problem.l1_ratio))


def _violation(problem, alpha, coef, intercept):
    """|gradient + P'(b)| off zero and max(|gradient| - alpha, 0) at zero, with the intercept as it is."""
    terms = problem.terms
    eta = terms.predictors(problem.X, coef, intercept)
    gradient = -problem.X.T @ terms.residual(eta)
    slope = np.sign(coef) * np.maximum(alpha - np.abs(coef) / problem.gamma, 0.0)
    distance = np.where(coef != 0.0, np.abs(gradient + slope), np.maximum(np.abs(gradient) - alpha, 0.0))
    worst = max(distance.max(), problem.intercept * abs(terms.residual(eta).sum()))
    return worst / np.abs(problem.null_gradient).max(), terms.value(eta) + penalty_value(problem, coef, alpha)


def _quantile_gap(problem, alpha, coef, intercept):
    """max <v, y> over |v| <= 1 / 2n, |X' v| <= alpha and sum v = 0 is the optimum."""
    terms, (n_samples, n_features) = problem.terms, problem.X.shape
    objective = terms.value(terms.predictors(problem.X, coef, intercept)) + penalty_value(problem, coef, alpha)
    box = (-0.5 / n_samples, 0.5 / n_samples)
    sides = np.vstack([problem.X.T, -problem.X.T])
    sums = (np.ones((1, n_samples)), [0.0]) if problem.intercept else (None, None)
    best = linprog(-problem.y, sides, np.full(2 * n_features, alpha), *sums, bounds=box, method="highs")
    return (objective + best.fun) / null_deviance(problem), objective
