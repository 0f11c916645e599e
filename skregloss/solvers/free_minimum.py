"""The minimum of the loss over the free block alone, to rounding; or the finding that there is none.

There may be none: separable classes, or rows without events that an unpenalised column singles out, drive a coefficient to
infinity. Newton steps then keep moving the linear predictor by about 1 where its curvature has all but vanished.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curvature import Curvature

# A gradient this small relative to the sizes of what it sums is rounding.
GRADIENT_ROUNDING = 1e-14
MAX_STEPS = 500
MOST_INTERCEPT_STEPS = 2000
# The slope and curvature, relative to their largest, at which the intercept has gone to infinity.
VANISHED = 1e-250
# A runaway: rows whose curvature has fallen to this share still move by this much for no more than this share of the
# deviance, so many times in a row.
COLLAPSE, STRIDE, NEGLIGIBLE, PERSISTENCE = 1e-6, 0.3, 1e-9, 3


@dataclass(frozen=True)
class Reference:
    """The curvature of the samples and the deviance under the intercept alone, to tell runaways from slow progress."""

    curvature: Curvature
    deviance: float


def minimize_intercept(problem, point, k):
    """The root of the derivative in intercept k, bracketed by strides that double; and whether there is one."""
    start, low, high = point, -np.inf, np.inf
    steepest, most_bent, stride, shift = 0.0, 0.0, 1.0, 0.0
    rows = problem.intercepts.rows(k)
    unit = np.zeros(problem.intercepts.count)
    unit[k] = 1.0
    for _ in range(MOST_INTERCEPT_STEPS):
        slope, curvature = point.gradient[rows].sum(), point.curvature.weights[rows].sum()
        bend = point.bend if problem.intercepts.count == 1 else problem.data.own_curvature(point)[rows].sum()
        if np.isfinite(slope) and np.isfinite(bend):
            steepest, most_bent = max(steepest, abs(slope)), max(most_bent, bend)
        vanished = abs(slope) <= VANISHED * steepest and bend <= VANISHED * most_bent
        bracketed = np.isfinite(low) and np.isfinite(high)
        if np.isnan(slope) or (vanished and not bracketed and not problem.loss.flat_pieces):
            return point, False
        if np.isfinite(slope) and abs(slope) <= GRADIENT_ROUNDING * rounding_sizes(problem, point)[rows].sum():
            return point, True
        low, high = (low, shift) if slope > 0.0 else (shift, high)
        bracketed = np.isfinite(low) and np.isfinite(high)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            target = shift - stride * slope / curvature
        stride = 1.0 if bracketed else 2.0 * stride
        if not low < target < high:  # also where the slope is infinite, and the target no number
            target = 0.5 * (low + high) if bracketed else shift - stride * np.sign(slope)
        if target in (low, high):
            return point, True
        shift = target
        move = shift * unit
        point = problem.at(start.coef, start.intercept + move, start.eta + problem.intercepts.spread(move))
    return point, False


def minimize_free(problem, free, point, reference, max_steps=MAX_STEPS, enough=GRADIENT_ROUNDING):
    """Newton's method on the free block, to gradients that are small `enough`; the point, and whether it is at the minimum."""
    if free.size == 0:
        return point, True
    lengths = free.lengths(problem.weights)
    previous, runaway = np.inf, 0
    for _ in range(max_steps):
        gradient = free.gradient(point.gradient)
        if _is_negligible(problem, gradient / np.maximum(enough * lengths, 1e-300), point):
            return point, runaway == 0
        step = free.newton_step(point)
        decrement = -gradient @ step
        moved = free.apply(step) * np.ones(len(point.eta))
        runaway = runaway + 1 if _runs_away(point, moved, decrement, reference) else 0
        if runaway >= PERSISTENCE:
            return point, False
        # The rounding of a mean of so many rows.
        slack = 1e-15 * np.sqrt(len(point.eta)) * (abs(point.value) + reference.deviance)
        found = _search(problem, free, point, step, moved, decrement, slack)
        if found is None:
            return point, _settled(point, moved, runaway)
        # Below the rounding of the objective only the gradient can tell progress; stop when it makes none.
        size = np.abs(gradient / np.maximum(lengths, 1e-300)).max()
        stalled = decrement <= slack and size >= 0.95 * previous
        previous = size
        point = found
        if stalled:
            return point, _settled(point, moved, runaway)
    return point, False


def is_minimal(problem, free, totals, point):
    """Whether the free block's part of the gradient at a point, `totals`, is rounding: of sums, or of linear predictors"""
    return _is_negligible(problem, totals / np.maximum(GRADIENT_ROUNDING * free.lengths(problem.weights), 1e-300), point)


def is_balanced(problem, free, gradient):
    """Whether the free block's part of a gradient of the rows is no more than the rounding of its sums"""
    return bool((np.abs(free.gradient(gradient)) <= rounding_shares(problem, free) * np.abs(gradient).sum()).all())


def rounding_shares(problem, free):
    """What rounding is to the free block's part of a gradient, as shares of the sum of that over rows"""
    if free.rounding is None:
        smallest = np.maximum(GRADIENT_ROUNDING * free.lengths(problem.weights), 1e-300)
        free.rounding = smallest / np.sqrt(problem.weights.sum())
    return free.rounding


def _is_negligible(problem, gradient, point):
    """Whether the entries of a gradient, in shares of what is negligible, are no more than the sizes of what they sum"""
    largest = np.abs(gradient).max()
    if largest <= _least_norm(problem, point.gradient):
        return True
    sizes = rounding_sizes(problem, point)
    return largest <= _least_norm(problem, sizes) or largest <= gradient_norm(problem, sizes)


def _least_norm(problem, values):
    """What `gradient_norm` is at least, by Cauchy and Schwarz: it is had sooner"""
    return np.abs(values).sum() / np.sqrt(problem.weights.sum())


def _search(problem, free, point, step, moved, decrement, slack):
    """The point after the first halving of the step that decreases the loss enough; None if there is none."""
    fraction = 1.0
    while fraction > 1e-10:
        there = problem.at(*free.add(point, fraction * step), point.eta + fraction * moved)
        # A decrease below the rounding cannot be seen, and a step that promises no more is a small one.
        if 0.0 <= decrement <= slack or there.value <= point.value - 1e-4 * fraction * decrement + slack:
            return there
        fraction *= 0.5
    return None


def rounding_sizes(problem, point):
    """What rounding is relative to in each sample's gradient: itself, and what its linear predictor's rounding does to it."""
    return np.abs(point.gradient) + problem.data.own_curvature(point) * np.abs(point.eta)


def gradient_norm(problem, values):
    """sqrt(sum_i values_i^2 / w_i), over the samples with weight"""
    weights, largest = problem.weights, values.max(initial=0.0)
    if not 0.0 < largest < np.inf:
        return largest
    squares = np.divide((values / largest) ** 2, weights, out=np.zeros(len(weights)), where=weights > 0.0)
    return largest * np.sqrt(squares.sum())


def _runs_away(point, moved, decrement, reference):
    farthest = np.abs(moved).max()
    if farthest < STRIDE or decrement > NEGLIGIBLE * reference.deviance:
        return False
    if point.curvature.coupling is not None:  # what couples rows can leave less curvature than each of them has
        return bool(moved @ point.curvature.apply(moved) <= COLLAPSE * (moved @ reference.curvature.apply(moved)))
    rows = np.abs(moved) >= 0.5 * farthest
    return bool((point.curvature.weights[rows] <= COLLAPSE * reference.curvature.weights[rows]).all())


def _settled(point, moved, runaway):
    """Whether a Newton step that cannot be improved upon was small."""
    return runaway == 0 and np.abs(moved).max() <= 1e-4 * np.abs(point.eta).max() + 1e-8
