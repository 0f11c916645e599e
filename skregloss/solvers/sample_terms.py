"""Sums over samples: the only kernels that a loss enters."""

from __future__ import annotations

import numpy as np

from .._jit import kernel

FLAT_CURVATURE = 1e-3
# Rows whose values are put side by side before they are summed: few enough to stay in the cache.
AT_ONCE = 2048
# Gaps of rows are bounded, and not computed, where the bound is within this share of them.
MOST_SLACK = 0.01


@kernel
def flat_curvature(mean_curvature, lipschitz):
    """The curvature given to samples on flat pieces of the loss, per unit of weight.

    It keeps Newton models bounded where the hessian vanishes, and costs three digits per step instead of all of them while
    such samples matter.
    """
    return FLAT_CURVATURE * (mean_curvature if mean_curvature > 0.0 else lipschitz)


@kernel(reorder=True)
def mean_loss(loss, y, eta, weights):
    """sum_i weights_i l(y_i, eta_i), several rows at a time as in `row_derivatives`"""
    total = 0.0
    values = np.empty(min(AT_ONCE, y.shape[0]))
    for start in range(0, y.shape[0], AT_ONCE):
        size = min(AT_ONCE, y.shape[0] - start)
        for k in range(size):
            i = np.uint64(start + k)
            value = loss.value(y[i], eta[i])
            values[k] = weights[i] * value if weights[i] != 0.0 else 0.0
        for k in range(size):
            total += values[k]
    return total


@kernel(reorder=True)
def row_derivatives(loss, y, eta, weights, gradient, curvature):
    """Fill gradient_i = weights_i l'(y_i, eta_i) and its curvature; the mean loss and curvature, and how many rows have none

    What a method of the loss computes is not reordered, and is put down before it is summed: so several rows are taken at a
    time, always in the same order. (A loop that both stores and sums takes them one by one where arrays lie close together.)
    """
    total, mean_curvature, flat_rows = 0.0, 0.0, 0
    values = np.empty(min(AT_ONCE, y.shape[0]))
    for start in range(0, y.shape[0], AT_ONCE):
        size = min(AT_ONCE, y.shape[0] - start)
        for k in range(size):
            # Of an unsigned number it is not asked whether it counts from the end.
            i = np.uint64(start + k)
            value, slope, bend = loss.derivatives(y[i], eta[i])
            counts = weights[i] != 0.0
            values[k] = weights[i] * value if counts else 0.0
            gradient[i] = weights[i] * slope if counts else 0.0
            curvature[i] = weights[i] * max(bend, 0.0) if counts else 0.0
            flat_rows += counts and curvature[i] == 0.0
        for k in range(size):
            total += values[k]
            mean_curvature += curvature[np.uint64(start + k)]
    return total, mean_curvature, flat_rows


@kernel
def bend_flat_rows(loss, y, eta, weights, flat, gradient, curvature):
    """Give rows on flat pieces a model curvature; in a kernel of its own, for most losses do without"""
    for i in range(y.shape[0]):
        if curvature[i] == 0.0 and weights[i] != 0.0:
            # Where the loss is linear, no more than reaches its minimum: g^2 / 2 (l - min l), which a parabola has everywhere.
            slope = gradient[i] / weights[i]
            height = loss.value(y[i], eta[i]) - loss.minimum(y[i]) if slope != 0.0 else 0.0
            linear = 0.5 * slope**2 / height if height > 0.0 else np.inf
            stiffness = min(flat, linear)
            curvature[i] = weights[i] * stiffness if np.isfinite(stiffness) else 0.0


@kernel
def loss_derivatives(loss, y, eta, weights, lipschitz, gradient, curvature):
    """Fill gradient and model curvature, also on flat pieces; the mean loss and its own mean curvature"""
    value, bend, flat_rows = row_derivatives(loss, y, eta, weights, gradient, curvature)
    if flat_rows:
        bend_flat_rows(loss, y, eta, weights, flat_curvature(bend, lipschitz), gradient, curvature)
    return value, bend


@kernel
def each_derivatives(loss, y, etas, weights, lipschitz, gradients, curvatures, values, bends):
    """The same for each row of `etas`, with means filled in"""
    for k in range(etas.shape[0]):
        values[k], bends[k] = loss_derivatives(loss, y, etas[k], weights, lipschitz, gradients[k], curvatures[k])


@kernel(reorder=True)
def own_curvature(curvature, weights, flat):
    """The curvatures without those that flat pieces were given"""
    result = np.empty(curvature.shape[0])
    for i in range(curvature.shape[0]):
        result[i] = curvature[i] if curvature[i] > weights[i] * flat else 0.0
    return result


@kernel
def hessians(loss, y, eta, weights):
    """weights_i l''(y_i, eta_i), as it is: also where it vanishes or is negative"""
    result = np.zeros(y.shape[0])
    for i in range(y.shape[0]):
        if weights[i] != 0.0:
            result[i] = weights[i] * loss.hessian(y[i], eta[i])
    return result


@kernel
def secant_curvature(loss, y, eta, weights, move, gradient, curvature):
    """The curvatures with which quadratics at eta do not underestimate the loss at eta + move, but at least those given."""
    result = curvature.copy()
    for i in range(y.shape[0]):
        if weights[i] != 0.0 and abs(move[i]) > 1e-9 * (1.0 + abs(eta[i])):
            rise = loss.value(y[i], eta[i] + move[i]) - loss.value(y[i], eta[i])
            secant = 2.0 * (weights[i] * rise - gradient[i] * move[i]) / move[i] ** 2
            if np.isfinite(secant):
                result[i] = max(result[i], secant)
    return result


@kernel
def mean_minimum(loss, y, weights):
    """(sum_i weights_i min l(y_i, .), sum_i weights_i |l(y_i, 0)|): the zero of the deviance, and its rounding level"""
    minimum = 0.0
    size = 0.0
    for i in range(y.shape[0]):
        if weights[i] != 0.0:
            minimum += weights[i] * loss.minimum(y[i])
            size += weights[i] * abs(loss.value(y[i], 0.0))
    return minimum, size


@kernel
def fenchel_gap(loss, y, eta, weights, gradient, curvature, dual, scale, flat, rate):
    """sum_i weights_i (l(eta_i) + l*(u_i) - u_i eta_i) at u = scale dual / weights, or hardly more than that

    Every term is nonnegative, so the sum keeps its relative accuracy however small it is. Where u is next to l'(eta_i), off by
    h t with h the curvature, a term is at most h t^2 / 2 (1 - rate |t|), as `projection` shows: that is had sooner.
    """
    total = 0.0
    for i in range(y.shape[0]):
        off = scale * dual[i] - gradient[i]
        move = off / curvature[i] if curvature[i] > weights[i] * flat else np.inf
        change = rate * abs(move)
        if change <= MOST_SLACK:
            total += 0.5 * off * move / (1.0 - change)
        elif weights[i] != 0.0:
            u = scale * dual[i] / weights[i]
            total += weights[i] * max(loss.value(y[i], eta[i]) + loss.conjugate(y[i], u) - u * eta[i], 0.0)
            if not np.isfinite(total):
                return np.inf
    return total


@kernel
def predictions(loss, eta):
    """The inverse link at every eta."""
    result = np.empty(eta.shape[0])
    for i in range(eta.shape[0]):
        result[i] = loss.inverse_link(eta[i])
    return result
