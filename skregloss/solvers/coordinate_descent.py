"""Coordinate descent on a penalised quadratic: the engine for every penalty, on the Gram matrix or on the residual.

minimise over b:   (b - b0)'G(b - b0)/2 - q'(b - b0) + sum_j P_j(b_j);      b_j <- prox_{P_j / G_jj}(b_j + q_j / G_jj)
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .penalty_terms import bounded_prox

# A column whose curvature is this far below its length lies in the span of the unpenalised ones: rounding, not signal.
DEPENDENT_CURVATURE = 1e-14


@kernel(reorder=True)
def gram_epochs(penalty, gram, q, b, strengths, low, high, epochs, tolerance):
    """Cycle over the coordinates; return the last epoch's largest gradient change and whether it left all signs alone."""
    size = b.shape[0]
    change, stable = 0.0, True
    for _ in range(epochs):
        change, stable = 0.0, True
        for j in range(size):
            curvature = gram[j, j]
            if curvature <= 0.0 or low[j] == high[j]:
                continue
            old = b[j]
            new = bounded_prox(penalty, old + q[j] / curvature, 1.0 / curvature, strengths[j], low[j], high[j])
            if new != old:
                b[j] = new
                move = new - old
                row = gram[j]
                for k in range(size):
                    q[k] -= move * row[k]
                change = max(change, abs(move) * curvature)
                if np.sign(old) != np.sign(new):
                    stable = False
        if change <= tolerance:
            break
    return change, stable


@kernel(reorder=True)
def residual_epochs(
    penalty, design, columns, weights, residual, cross, solved, free, diagonal, b, strengths, low, high, epochs, tolerance
):
    """The same on residual_i = -gradient_i - weights_i (X d)_i, which costs O(column) per coordinate and no Gram matrix.

    The unpenalised block Z is eliminated exactly: free = Z' residual, cross = Z'WX, solved = (Z'WZ)^+ cross.
    """
    change, stable = 0.0, True
    for _ in range(epochs):
        change, stable = 0.0, True
        for t in range(columns.shape[0]):
            curvature = diagonal[t]
            if curvature <= 0.0 or low[t] == high[t]:
                continue
            q = design.dot(columns[t], residual)
            for k in range(free.shape[0]):
                q -= solved[k, t] * free[k]
            old = b[t]
            new = bounded_prox(penalty, old + q / curvature, 1.0 / curvature, strengths[t], low[t], high[t])
            if new != old:
                b[t] = new
                move = new - old
                design.add_scaled(columns[t], -move, weights, residual)
                for k in range(free.shape[0]):
                    free[k] -= move * cross[k, t]
                change = max(change, abs(move) * curvature)
                if np.sign(old) != np.sign(new):
                    stable = False
        if change <= tolerance:
            break
    return change, stable


@kernel
def slopes(penalty, b, strengths):
    """P'(b_j) and P''(b_j), with zeros where b_j = 0"""
    derivative, curvature = np.zeros(b.shape[0]), np.zeros(b.shape[0])
    for j in range(b.shape[0]):
        if b[j] != 0.0 and strengths[j] > 0.0:
            derivative[j] = penalty.derivative(b[j], strengths[j])
            curvature[j] = penalty.curvature(b[j], strengths[j])
    return derivative, curvature
