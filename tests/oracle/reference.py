"""Reference optima of small convex problems: a quasi-Newton method finds the support, Newton's method the digits."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from . import newton, penalties
from .problem import Problem


def reference_fit(loss, params, penalty, X, y, **settings):
    """Coefficients and intercept of the optimum, to about twelve digits."""
    problem = Problem(loss, params, penalty, X, y, **settings)
    coef, intercept = _rough_fit(problem)
    for _ in range(20):
        polished, intercept, changed = _polish(problem, coef, intercept)
        coef = polished
        if not changed:
            break
    return coef, intercept


def _strengths(problem):
    return (problem.strengths * part for part in penalties.l1_l2_strengths(problem.penalty))


def _rough_fit(problem):
    """L-BFGS-B over the positive and negative parts of the coefficients, in units of the columns' sizes."""
    c, d = _strengths(problem)
    p = len(c)
    sizes = np.sqrt(problem.weights @ problem.columns(np.arange(p), intercept=False) ** 2)
    sizes = np.append(np.tile(np.where(sizes > 0, sizes, 1.0), 2), 1.0)

    def value_and_gradient(scaled):
        z = scaled / sizes
        coef = z[:p] - z[p : 2 * p]
        eta = problem.eta(coef, z[-1])
        slope = problem.gradient(eta) + d * coef
        value = problem.mean_loss(eta) + c @ (z[:p] + z[p : 2 * p]) + d @ coef**2 / 2
        intercept_slope = problem.fit_intercept * (problem.weights @ problem.rows.slope(eta))
        return value, np.concatenate([slope + c, c - slope, [intercept_slope]]) / sizes

    positive = np.stack([np.maximum(problem.low, 0), np.maximum(problem.high, 0)], axis=1)
    negative = np.stack([np.maximum(-problem.high, 0), np.maximum(-problem.low, 0)], axis=1)
    box = np.vstack([positive, negative, [[-np.inf, np.inf]]]) * sizes[:, None]
    options = {"maxiter": 100000, "maxfun": 1000000, "ftol": 1e-15, "gtol": 1e-9}
    start = np.clip(0.0, *box.T)
    z = minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", bounds=box, options=options).x / sizes
    return z[:p] - z[p : 2 * p], z[-1]


def _polish(problem, coef, intercept):
    """Newton's method on the coefficients that a proximal step leaves off zero and off their bounds, signs fixed."""
    c, d = _strengths(problem)
    eta = problem.eta(coef, intercept)
    curvature = problem.weights @ (problem.columns(np.arange(len(c)), intercept=False) ** 2)
    step = 1.0 / np.maximum(curvature + d, 1e-300)
    moved = coef - step * (problem.gradient(eta) + d * coef)
    moved = np.clip(np.sign(moved) * np.maximum(abs(moved) - step * c, 0), problem.low, problem.high)
    active = (moved != problem.low) & (moved != problem.high) & ((moved != 0) | (c == 0))
    fixed = np.where(active, 0.0, moved)
    Z = problem.columns(active)
    begin = np.concatenate([[intercept] * problem.fit_intercept, coef[active]])
    ridge = np.concatenate([[0.0] * problem.fit_intercept, d[active]])
    linear = np.concatenate([[0.0] * problem.fit_intercept, (c * np.sign(moved))[active]])
    found = newton.minimize(problem, Z, problem.offset + problem.X @ fixed, ridge, linear, begin)
    polished = fixed.copy()
    polished[active] = found[int(problem.fit_intercept) :]
    flipped = active & (c > 0) & (np.sign(polished) != np.sign(moved))
    polished = np.clip(np.where(flipped, 0.0, polished), problem.low, problem.high)
    changed = np.any((polished == 0) != (coef == 0)) or np.abs(polished - coef).max() > 1e-11 * np.abs(polished).max()
    return polished, found[0] if problem.fit_intercept else 0.0, changed
