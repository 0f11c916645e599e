"""The certificate of non-convex problems: how far each coefficient is from the global minimum of its own model."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from . import kinks, penalties
from .gap import null_deviance, null_model
from .problem import Problem

GRID = np.concatenate([[0.0], np.geomspace(1e-9, 1e-2, 60), np.linspace(0.011, 1.0, 400)])
TIE = 1e-11


def fixed_point_residual(loss, params, penalty, X, y, coef, intercept, slopes=None, **settings):
    """max_j h_j |b_j - argmin_j|, relative to the largest entry of the null model's gradient.

    argmin_j minimises g_j (x - b_j) + h_j (x - b_j)^2 / 2 + P(x) within the bounds, h_j being the curvature of the mean
    loss along coefficient j with intercept and unpenalised columns eliminated. Of several minima the nearest counts.

    A loss with kinks has the gradient of the given slopes, which must be slopes at eta, and the curvature of the parabola
    that is as high above its minimum as the null model, and as steep there.
    """
    problem = Problem(loss, params, penalty, X, y, **settings)
    coef = np.ravel(np.asarray(coef, float))
    null_eta = null_model(problem)
    null_size = np.abs(problem.gradient(null_eta)[problem.bound]).max(initial=0.0) or 1.0
    eta = problem.eta(coef, intercept)
    theta = problem.rows.slope(eta) if slopes is None else slopes[problem.kept]
    bend, worst = problem.rows.curvature(eta), 0.0
    if slopes is not None:
        deviance = null_deviance(problem, null_eta)
        bend = np.full(len(eta), kinks.steepness(problem, null_eta) ** 2 / (2 * deviance))
        excess = problem.rows.value(eta) + problem.rows.conjugate(theta) - theta * eta
        worst = null_size * (problem.weights @ excess) / deviance
    free_gradient = problem.columns(problem.free).T @ (problem.weights * theta)
    worst = max(worst, np.abs(free_gradient).max(initial=0.0))
    residuals = _residuals if problem.group is None else _group_residuals
    return max(worst, residuals(problem, coef, problem.X.T @ (problem.weights * theta), bend)) / null_size


def _residuals(problem, coef, gradient, bend):
    """The largest h_j |b_j - argmin_j|"""
    curvature, worst = _curvatures(problem, bend), 0.0
    for j in problem.bound:
        low, high = problem.low[j], problem.high[j]
        minima = _best_minima(problem.penalty, problem.strengths[j], coef[j], gradient[j], curvature[j], low, high)
        worst = max(worst, curvature[j] * np.min(abs(coef[j] - minima)))
    return worst


def _group_residuals(problem, coef, gradient, bend):
    """The same for groups, h_g being the largest eigenvalue of the group's curvature.

    The minimum of |b - z|^2 h / 2 + rho(|b|) lies along z; L1 is taken off z before.
    """
    weights, group = problem.weights * bend, problem.group
    X, Z = problem.columns(np.arange(problem.X.shape[1]), intercept=False), problem.columns(problem.free)
    explained = (weights[:, None] * Z) @ np.linalg.pinv((Z.T * weights) @ Z)
    curvatures = []
    for places in group.places:
        own = X[:, places]
        gram = (own.T * weights) @ own - own.T @ explained @ ((Z.T * weights) @ own)
        curvatures.append(np.linalg.eigvalsh((gram + gram.T) / 2)[-1])
    largest, worst = max(curvatures), 0.0
    c, d = problem.l1_l2_strengths()
    name, params = group.radial
    for places, h, strength, weight in zip(group.places, curvatures, group.strengths, group.weights, strict=True):
        if strength == 0.0:
            continue
        h = max(h, 1e-12 * largest or 1.0)
        pull = h * coef[places] - gradient[places]
        pull = np.sign(pull) * np.maximum(abs(pull) - c[places], 0.0)
        length = np.linalg.norm(pull)
        radial = [(group.multiple, name, params)]
        radii = _best_minima(radial, strength * weight, 0.0, -length, h + d[places[0]], 0.0, np.inf)
        minima = [radius * pull / length if length else 0.0 * pull for radius in radii]
        worst = max(worst, h * min(np.linalg.norm(coef[places] - there) for there in minima))
    return worst


def _curvatures(problem, bend):
    """Second moments of the columns under the curvature of the loss, what the free columns explain taken out."""
    weights = problem.weights * bend
    X = problem.columns(np.arange(problem.X.shape[1]), intercept=False)
    Z = problem.columns(problem.free)
    inverse = np.linalg.pinv((Z.T * weights) @ Z)
    moments = weights @ X**2 - np.einsum("jk,kl,jl->j", (X.T * weights) @ Z, inverse, (X.T * weights) @ Z)
    smallest = 1e-12 * moments.max()
    return np.maximum(moments, smallest or 1.0)


def _best_minima(penalty, strength, b, g, h, low, high):
    """All global minimisers of a coefficient's model, found on a grid and refined where the derivative changes sign."""

    def model(x):
        return g * (x - b) + h * (x - b) ** 2 / 2 + penalties.value(penalty, x, strength)

    def derivative(x):
        return g + h * (x - b) + penalties.derivative(penalty, x, strength)

    farthest = b - g / h  # the minimiser without penalty: no minimiser lies beyond it
    grid = np.unique(np.clip(farthest * GRID, low, high))
    slopes = np.array([derivative(x) if x else np.nan for x in grid])
    falls_then_rises = np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] > 0))
    inner = [brentq(derivative, grid[k], grid[k + 1], xtol=1e-300, rtol=1e-15) for k in falls_then_rises]
    candidates = np.array([*inner, *grid])
    values = model(candidates)
    size = abs(g * farthest) + h * farthest**2 + penalties.value(penalty, farthest, strength)
    local = np.array([*([True] * len(inner)), *_local_minima(model(grid))])
    return candidates[local & (values <= values.min() + TIE * size)]


def _local_minima(values):
    """Which points of a grid are no worse than their neighbours."""
    padded = np.concatenate([[np.inf], values, [np.inf]])
    return (values <= padded[:-2]) & (values <= padded[2:])
