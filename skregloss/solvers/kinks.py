"""Where a loss has kinks, found from its slopes; and the intercept that minimises it, which lies at one."""

from __future__ import annotations

import numpy as np

from .._jit import kernel, read_only

# A sample lies at a kink if the slope changes within this distance, relative to what rounding can do.
KINK_ROUNDING = 1e-11
# A loss that has not risen so many typical values of y away never does.
FARTHEST = 1e30


@kernel
def slope_sums(loss, y, eta, weights, shift):
    """sum_i weights_i l'(y_i, eta_i + shift), and the sum of the sizes of its terms"""
    total, size = 0.0, 0.0
    for i in range(y.shape[0]):
        if weights[i] != 0.0:
            slope = weights[i] * loss.gradient(y[i], eta[i] + shift)
            total += slope
            size += abs(slope)
    return total, size


@kernel
def slope_range(loss, y, eta, distance):
    """The slopes a little below and a little above every eta."""
    low, high = np.empty(y.shape[0]), np.empty(y.shape[0])
    for i in range(y.shape[0]):
        low[i] = loss.gradient(y[i], eta[i] - distance)
        high[i] = loss.gradient(y[i], eta[i] + distance)
    return low, high


def best_intercepts(problem, eta, scale):
    """The intercepts that minimise the mean loss, added to eta."""
    return np.array([_best_shift(problem, eta, scale, problem.intercepts.rows(k)) for k in range(problem.intercepts.count)])


def _best_shift(problem, eta, scale, rows):
    """The middle of the shifts that minimise the loss of these rows, or the end of them if they go on for ever."""
    samples = problem.data.kernel_loss, read_only(problem.y[rows]), eta[rows], problem.weights[rows]
    ends = [side * _last(samples, scale, side) for side in (-1.0, 1.0)]
    finite = [end for end in ends if np.isfinite(end)]
    return sum(finite) / len(finite) if finite else 0.0


def _last(samples, scale, side):
    """The largest shift, in the direction of `side`, before the mean loss rises; infinite if it never does."""

    def rises(shift):
        total, size = slope_sums(*samples, side * shift)
        return side * total > 1e-14 * size

    low, high, stride = 0.0, 0.0, scale
    if rises(0.0):
        while rises(low):
            low, high, stride = low - stride, low, 2.0 * stride
    else:
        while not rises(high):
            low, high, stride = high, high + stride, 2.0 * stride
            if stride > FARTHEST * scale:
                return np.inf
    while high - low > np.finfo(float).eps ** 2 * scale:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        low, high = (low, middle) if rises(middle) else (middle, high)
    return low


def kink_distance(problem, eta, deviance):
    """How near to a kink rounding cannot tell from it."""
    return KINK_ROUNDING * (np.abs(eta).max(initial=0.0) + np.abs(problem.offset).max(initial=0.0) + deviance)


def steepness(problem, eta, deviance):
    """The root mean square of the slopes beside kinks: the size that the rounding of slopes is relative to."""
    sides = slope_range(problem.data.kernel_loss, problem.y, eta, kink_distance(problem, eta, deviance))
    return np.sqrt(problem.weights @ np.maximum(*np.abs(sides)) ** 2)
