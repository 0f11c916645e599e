"""The relative duality gap of any point of a convex problem, from a dual point that is feasible by construction."""

from __future__ import annotations

import numpy as np

from . import kinks, newton, penalties
from .problem import Problem

SCALINGS = (1.0, 0.9999, 0.99, 0.9, 0.75, 0.5, 0.25, 0.1, 0.0)


def null_model(problem):
    """eta of the fit over intercept and unpenalised columns only; None if it has no finite optimum."""
    if kinks.has_kinks(problem.loss):
        return kinks.null_eta(problem)
    base = problem.offset + problem.X @ problem.start()
    Z = problem.free_columns(problem.free)
    fitted = newton.minimize(problem, Z, base)
    return None if fitted is None else base + Z @ fitted


def null_deviance(problem, eta):
    """What the null model leaves to be explained, kept from being 0 by the rounding of the loss."""
    floor = np.finfo(float).eps * (problem.weights @ abs(problem.rows.value(np.zeros_like(eta))))
    return max(problem.mean_loss(eta) - problem.weights @ problem.rows.minimum(), floor) or 1.0


def relative_gap(loss, params, penalty, X, y, coef, intercept, slopes=None, **settings):
    """(primal - best dual value found) / null deviance; NaN where there is no certificate by duality.

    `slopes` are the dual point to begin with, for losses with kinks, at which the slope at eta is not one number.
    """
    problem = Problem(loss, params, penalty, X, y, **settings)
    coef = np.ravel(np.asarray(coef, float))
    null_eta = null_model(problem)
    if null_eta is None or (len(problem.bound) == 0 and slopes is None):
        return np.nan
    null_theta = problem.rows.slope(null_eta)
    gaps = [
        _best_scaled_gap(problem, coef, intercept, _feasible(problem, projected, null_theta))
        for projected in _dual_candidates(problem, coef, intercept, slopes)
    ]
    return min(gaps, default=np.inf) / null_deviance(problem, null_eta)


def _dual_candidates(problem, coef, intercept, slopes):
    """Slopes at the point, and at the point with its free block solved exactly, made orthogonal to the free directions.

    Each once by moving rows in proportion to their curvature, which is small where little room is left in the domain of
    the conjugate, and once by the least change in the weighted sense.
    """
    directions = problem.free_columns(_free_directions(problem, coef))
    if slopes is not None:
        low, high = problem.rows.slope_range()
        room = np.maximum(np.minimum(slopes[problem.kept] - low, high - slopes[problem.kept]), 0.0)
        theta = _project(problem, slopes[problem.kept], directions, room)
        yield from [theta] if _is_orthogonal(problem, theta, directions) else []
        return
    eta = problem.eta(coef, intercept)
    Z = problem.free_columns(problem.free)
    solved = newton.minimize(problem, Z, eta, start=np.zeros(Z.shape[1]))
    for at in [eta] if solved is None else [eta, eta + Z @ solved]:
        for mobility in (problem.rows.curvature(at), np.ones_like(at)):
            theta = _project(problem, problem.rows.slope(at), directions, mobility)
            if _is_orthogonal(problem, theta, directions):
                yield theta


def _is_orthogonal(problem, theta, directions):
    products = problem.weights * theta
    return np.all(abs(directions.T @ products) <= 1e-12 * (abs(directions).T @ abs(products)) + 1e-300)


def _free_directions(problem, coef):
    """Columns along which the objective is only the loss: a dual point must be orthogonal to them."""
    half_free = np.isinf(problem.low) | np.isinf(problem.high)
    inside = (coef > problem.low) & (coef < problem.high)
    return np.flatnonzero(problem.unpenalized & half_free & inside)


def _project(problem, theta, Z, mobility):
    """theta + mobility Z c with Z' (w theta) = 0; twice, for the rounding of the first."""
    root = np.sqrt(mobility)
    weighted = problem.weights[:, None] * Z
    for _ in range(2):
        moves = np.linalg.pinv((root[:, None] * Z).T @ (root[:, None] * weighted), hermitian=True)
        theta = theta - mobility * (Z @ (moves @ (weighted.T @ theta)))
    return theta


def _feasible(problem, theta, null_theta):
    """theta blended towards the null model's dual point, then scaled, until both conjugates are finite."""
    low, high = problem.rows.slope_range()
    rounding = 1e-15 * np.max(abs(theta), initial=0.0)
    null_theta = np.clip(null_theta, low, high)
    beyond = np.maximum(low - theta, theta - high)
    outside = beyond > rounding
    share = np.max(beyond[outside] / abs(theta - null_theta)[outside], initial=0.0)
    theta = np.clip(theta + min(share, 1.0) * (null_theta - theta), low, high)
    return _penalty_scale(problem, theta) * theta


def _unlimited(problem, v):
    """Whether only the L1 part keeps coefficient j from running away in the direction of v_j."""
    d = problem.l1_l2_strengths()[1]
    return np.where(v > 0, np.isinf(problem.high), np.isinf(problem.low)) & (d == 0)


def _penalty_scale(problem, theta):
    """The largest scale <= 1 at which the conjugate of penalty and bounds is finite."""
    c, d = problem.l1_l2_strengths()
    v = -problem.X.T @ (problem.weights * theta)
    if problem.group is not None:
        return 1.0 if d.any() else problem.group.scale(v, c)
    limited = _unlimited(problem, v) & (c > 0) & (abs(v) > c)
    return np.min(c[limited] / abs(v[limited]), initial=1.0)


def _penalty_slopes(problem, theta, coef):
    """-X' (w theta), with what is there by rounding alone taken off: on free directions, and just above a limit."""
    products = problem.weights * theta
    v = -problem.X.T @ products
    rounding = 1e-14 * (abs(problem.X).T @ abs(products))
    c = problem.l1_l2_strengths()[0]
    at_limit = problem.group is None and _unlimited(problem, v) & (abs(v) > c) & (abs(v) <= c + rounding)
    v = np.where(at_limit, np.sign(v) * c, v)
    v[_free_directions(problem, coef)] = 0.0
    return v


def _best_scaled_gap(problem, coef, intercept, theta):
    """The least gap over multiples of theta, in which it is convex: once it rises, it goes on rising."""
    best = np.inf
    for scaling in SCALINGS:
        gap = _gap(problem, coef, intercept, scaling * theta)
        if gap > best:
            break
        best = gap
    return best


def _gap(problem, coef, intercept, theta):
    """Primal minus dual value as a sum of Fenchel-Young terms, each >= 0, which the difference is too rounded for.

    Terms of intercept and free directions are left out: theta is orthogonal to them.
    """
    if np.any(coef < problem.low) or np.any(coef > problem.high):
        return np.inf
    eta = problem.eta(coef, intercept)
    loss_terms = problem.rows.value(eta) + problem.rows.conjugate(theta) - theta * eta
    v = _penalty_slopes(problem, theta, coef)
    if problem.group is not None:
        dual_penalty = problem.group.conjugate(v, *problem.l1_l2_strengths())
        return problem.weights @ loss_terms + problem.penalty_value(coef) + dual_penalty - v @ coef
    dual_penalty = penalties.conjugate(problem.penalty, v, problem.strengths, problem.low, problem.high)
    penalty_terms = penalties.value(problem.penalty, coef, problem.strengths) + dual_penalty - v * coef
    return problem.weights @ loss_terms + penalty_terms.sum()
