"""What a step with a matrix that is about right does, on columns taken out of a sparse design: what `matrix_path` compiles.

    minimise over b, c:   sum_i w_i l(y_i, eta_i) + strength sum_j (l1_j |b_j| + l2_j b_j^2 / 2),     eta = c z + X b + const

In the arguments, `entries` are where each column of X starts, the rows and values of its entries, and z; `along` is X'Hz / z'Hz
and `modelled` the curvature H of the matrix, of which a share holds; `state` is b, the slopes of the
loss along X, eta, the gradient of the loss by eta, its curvature, and room for a vector of this length.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from ..design.csc_products import product
from .newton_path import MOST_HALVINGS, penalty_after
from .prox_newton import OBJECTIVE_ROUNDING, SUFFICIENT
from .sample_terms import loss_derivatives
from .trend import MOST_CHANGE

# Matrices are not rescaled by larger factors.
MOST_RESCALING = 2.0


@kernel
def gap_within(b, slopes, l1, l2, strength):
    """The penalty's part of the duality gap on these columns, and by how much the dual point's scale is below 1"""
    scale, gap = 1.0, 0.0
    for j in range(b.shape[0]):
        if l2[j] == 0.0 and scale * abs(slopes[j]) > strength * l1[j]:
            scale = strength * l1[j] / abs(slopes[j])
    for j in range(b.shape[0]):
        if l2[j] > 0.0:
            excess = max(scale * abs(slopes[j]) - strength * l1[j], 0.0)
            gap += 0.5 * excess * excess / (strength * l2[j])
        if b[j] != 0.0:
            gap += strength * (l1[j] * abs(b[j]) + 0.5 * l2[j] * b[j] * b[j]) + scale * slopes[j] * b[j]
    return gap, 1.0 - scale


@kernel
def foreseen(entries, modelled, state, share, last, times, ahead):
    """Fill in the slopes with what the model will have missed at the next strength, and return the step of c for them

    Eta is expected to move by d, some times its last move, and its gradient by H_half d, H_half being the curvature half way
    there: what the model adds to the gradient along the way, H d, is short of that by (H_half - H) d.
    """
    starts, rows, values, direction = entries
    _, _, eta, gradient, curvature, dual = state
    eta_before, curvature_before = last
    for i in range(eta.shape[0]):
        half = curvature[i] + 0.5 * times * (curvature[i] - curvature_before[i])
        half = min(max(half, curvature[i] / MOST_CHANGE), curvature[i] * MOST_CHANGE)
        dual[i] = gradient[i] + (half - share * modelled[i]) * times * (eta[i] - eta_before[i])
    step = balance(dual, curvature, direction)
    products(starts, rows, values, dual, ahead)
    return step


@kernel
def balance(dual, curvature, direction):
    """Bring a gradient to where c has taken a Newton step, and return the step"""
    slope, bent = along_both(dual, curvature, direction)
    step = -slope / bent if bent > 0.0 else 0.0
    for i in range(dual.shape[0]):
        dual[i] += step * curvature[i] * direction[i]
    return step


@kernel(reorder=True)
def along_both(gradient, curvature, move):
    """g'd and d'Hd"""
    slope, bent = 0.0, 0.0
    for i in range(move.shape[0]):
        slope += gradient[i] * move[i]
        bent += curvature[i] * move[i] * move[i]
    return slope, bent


@kernel(reorder=True)
def change_along(before, after, move):
    """c'd, c the change of a gradient"""
    total = 0.0
    for i in range(move.shape[0]):
        total += (after[i] - before[i]) * move[i]
    return total


@kernel
def products(starts, rows, values, vector, result):
    """Fill in x_j'vector for each of the columns"""
    for j in range(result.shape[0]):
        result[j] = product(rows, values, starts[j], starts[j + 1], vector)


@kernel
def advance(loss, entries, l1, l2, strength, along, modelled, there, state, numbers):
    """Move towards the minimum of a model as far as that lowers the objective; whether it does"""
    kernel_loss, y, weights, lipschitz = loss
    starts, rows, values, direction = entries
    b, slopes, eta, gradient, curvature, dual = state
    size, n_samples, value, step = b.shape[0], y.shape[0], numbers[0], numbers[2]
    move, moved, last = np.empty(size), np.empty(n_samples), gradient.copy()
    for j in range(size):
        move[j] = there[j] - b[j]
        step -= along[j] * move[j]
    for i in range(n_samples):
        moved[i] = step * direction[i]
    for j in range(size):
        factor = move[j]
        if factor != 0.0:
            for k in range(starts[j], starts[j + 1]):
                moved[rows[k]] += factor * values[k]
    before = penalty_after(l1, l2, strength, b, move, 0.0)
    promise = penalty_after(l1, l2, strength, b, move, 1.0) - before
    slope, expected = along_both(gradient, modelled, moved)
    promise += slope
    for i in range(n_samples):
        eta[i] += moved[i]
    slack = OBJECTIVE_ROUNDING * np.sqrt(n_samples) * (abs(value) + before)
    fraction, lower = 1.0, False
    for _ in range(MOST_HALVINGS):
        numbers[0], numbers[1] = loss_derivatives(kernel_loss, y, eta, weights, lipschitz, gradient, curvature)
        gain = value + before - numbers[0] - penalty_after(l1, l2, strength, b, move, fraction)
        lower = gain >= -SUFFICIENT * fraction * min(promise, 0.0) - slack
        if lower:
            break
        fraction *= 0.5
        for i in range(n_samples):
            eta[i] -= fraction * moved[i]
    if not lower:
        return False
    for j in range(size):
        b[j] = there[j] if fraction == 1.0 else b[j] + fraction * move[j]
    dual[:] = gradient
    numbers[2] = balance(dual, curvature, direction)
    numbers[3] += fraction * step
    products(starts, rows, values, dual, slopes)
    # The share of the modelled curvature that there was along the step
    expected, found = fraction * expected, change_along(last, gradient, moved)
    if expected < MOST_RESCALING * found < MOST_RESCALING * MOST_RESCALING * expected:
        numbers[4] = found / expected
    return True
