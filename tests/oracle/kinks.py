"""Losses of straight pieces: their fits as linear programs, which HiGHS solves."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from . import penalties

# The loss of each row is the largest of the lines a eta + b: pairs (a, b) by row.
PIECES = {
    "absolute_error": lambda y: [(1, -y), (-1, y)],
    "quantile": lambda y, quantile, crossing=None: [(-quantile, quantile * y), (1 - quantile, -(1 - quantile) * y)],
    "epsilon_insensitive": lambda y, epsilon: [(1, -y - epsilon), (-1, y - epsilon), (0, 0)],
    "hinge": lambda y: [(-y, 1), (0, 0)],
}


def has_kinks(loss):
    return loss in PIECES


def lines(rows):
    """Slopes and heights at eta = 0 of the pieces, an array (pieces, rows) each."""
    pieces = PIECES[rows.loss](rows.y, **rows.params)
    return tuple(
        np.array([np.broadcast_to(item, rows.y.shape) for item in column], float) for column in zip(*pieces, strict=True)
    )


def slope_sides(rows, eta, distance):
    """The least and the greatest slope within a distance of eta."""
    slopes, heights = lines(rows)
    sides = []
    for at in (eta - distance, eta + distance):
        sides.append(np.take_along_axis(slopes, np.argmax(slopes * at + heights, axis=0)[None], axis=0)[0])
    return sides


def minimize(problem, columns, base, low, high, strengths):
    """Minimise mean_loss(base + Z c) + sum strengths |c| within bounds, Z having the intercepts of the problem; c and Z c."""
    Z = problem.columns(columns)
    n, p, first = len(base), len(columns), problem.ones.shape[1]
    slopes, heights = lines(problem.rows)
    # Unknowns: the positive and the negative part of c, and the height of each row.
    upper = np.concatenate([np.full(first, np.inf), np.maximum(high, 0)])
    lower = np.concatenate([np.full(first, np.inf), np.maximum(-low, 0)])
    least = np.concatenate([np.zeros(first), np.maximum(low, 0)]), np.concatenate([np.zeros(first), np.maximum(-high, 0)])
    box = np.vstack(
        [np.column_stack([least[0], upper]), np.column_stack([least[1], lower]), np.tile([-np.inf, np.inf], (n, 1))]
    )
    blocks = [np.hstack([a[:, None] * Z, -a[:, None] * Z, -np.eye(n)]) for a in slopes]
    right = [-(a * base + b) for a, b in zip(slopes, heights, strict=True)]
    prices = np.concatenate([np.zeros(first), strengths])
    cost = np.concatenate([prices, prices, problem.weights])
    found = linprog(cost, sparse.csc_array(np.vstack(blocks)), np.concatenate(right), bounds=box, method="highs")
    c = found.x[: first + p] - found.x[first + p : 2 * (first + p)]
    return c, Z @ c


def null_eta(problem):
    """eta of the fit over intercept and unpenalised columns only."""
    base = problem.offset + problem.X @ problem.start()
    free = problem.free
    return base + minimize(problem, free, base, problem.low[free], problem.high[free], np.zeros(len(free)))[1]


def fit(problem):
    """Coefficients and intercept of the optimum, for an L1 penalty."""
    c, d = penalties.l1_l2_strengths(problem.penalty)
    assert d == 0
    every = np.arange(problem.X.shape[1])
    found, _ = minimize(problem, every, problem.offset, problem.low, problem.high, c * problem.strengths)
    first = int(problem.fit_intercept)
    return found[first:], found[0] if first else 0.0


def steepness(problem, eta):
    """The root mean square of the steeper of each row's slopes beside eta."""
    low, high = slope_sides(problem.rows, eta, 1e-9 * (1 + np.abs(eta)))
    return np.sqrt(problem.weights @ np.maximum(abs(low), abs(high)) ** 2)
