"""Sums over coefficients: penalties with strengths and bounds. A column's bounds are part of its penalty here."""

from __future__ import annotations

import numpy as np

from .._jit import kernel

# A coefficient so large that P(b)/b is the slope of the penalty at infinity.
FAR = 1e15


@kernel
def bounded_prox(penalty, z, step, strength, low, high):
    """argmin over low <= b <= high of (b - z)^2 / 2 + step P(b)"""
    b = penalty.prox(z, step, strength)
    if low <= b <= high:
        return b
    # The minimum lies at a bound, at zero, or at a stationary point inside. P' falls with |b| for a non-convex P, so that
    # b <- z - step P'(b) descends from z to the stationary point nearest to it.
    best, least = 0.0, np.inf
    inner = z
    if not low <= 0.0 <= high:
        for _ in range(500):
            previous = inner
            inner = z - step * penalty.derivative(inner, strength) if inner != 0.0 else 0.0
            if not low <= inner <= high or inner == previous:
                break
    for candidate in (low, high, 0.0, inner):
        if low <= candidate <= high and np.isfinite(candidate):
            value = 0.5 * (candidate - z) ** 2 + step * penalty.value(candidate, strength)
            if value < least:
                best, least = candidate, value
    return best


@kernel
def penalty_sum(penalty, b, strengths):
    """sum_j P(b_j; strengths_j)"""
    total = 0.0
    for j in range(b.shape[0]):
        if b[j] != 0.0 and strengths[j] > 0.0:
            total += penalty.value(b[j], strengths[j])
    return total


@kernel
def subdifferential_distances(penalty, b, grad, strengths):
    """How far each -grad is from the subdifferential of the penalty: for convex penalties without bounds"""
    result = np.empty(b.shape[0])
    for j in range(b.shape[0]):
        result[j] = penalty.subdiff_distance(b[j], grad[j], strengths[j])
    return result


@kernel
def prox_residuals(penalty, b, grad, steps, strengths, low, high):
    """|b - prox(b - step grad)| / step: zero where no move of the coefficient pays, which is more than being stationary"""
    result = np.zeros(b.shape[0])
    for j in range(b.shape[0]):
        if low[j] < high[j]:
            moved = bounded_prox(penalty, b[j] - steps[j] * grad[j], steps[j], strengths[j], low[j], high[j])
            result[j] = abs(moved - b[j]) / steps[j]
    return result


@kernel
def dual_scale(penalty, v, strengths, low, high, noise):
    """The largest s <= 1 such that the conjugate of the penalty is finite at s v; entries up to `noise` count as 0."""
    scale = 1.0
    for j in range(v.shape[0]):
        bounded = high[j] < np.inf if v[j] > 0.0 else low[j] > -np.inf
        if abs(v[j]) > noise and not bounded:
            slope = penalty.value(np.sign(v[j]) * FAR, strengths[j]) / FAR
            if scale * abs(v[j]) > slope:
                scale = slope / abs(v[j])
    return scale


@kernel
def penalty_gap(penalty, b, v, strengths, low, high, noise):
    """sum_j P(b_j) + P*(v_j) - v_j b_j, each term nonnegative; entries of v up to `noise` count as 0"""
    total = 0.0
    for j in range(b.shape[0]):
        best = 0.0
        if abs(v[j]) > noise:
            best = penalty.conjugate_point(v[j], strengths[j])
        elif strengths[j] == 0.0:
            best = b[j]
        best = min(max(best, low[j]), high[j])
        if not np.isfinite(best):
            return np.inf
        value = penalty.value(b[j], strengths[j]) - penalty.value(best, strengths[j]) - v[j] * (b[j] - best)
        total += max(value, 0.0)
    return total


@kernel
def assess(penalty, coefs, grads, factors, strengths, noise, values, worst, places, scales, gaps):
    """What the functions above say at once of a convex penalty without bounds, for coefficients and gradients in rows

    The penalty at the strengths times a factor, the largest distance from the subdifferential and its place, the dual scale s
    of v, which is -grad, and the gap at s v. Where b is zero and v in the subdifferential, v and s v neither limit the scale
    nor add to the gap.
    """
    matter = np.empty(strengths.shape[0], np.int64)
    for k in range(factors.shape[0]):
        b, grad, factor = coefs[k], grads[k], factors[k]
        value, largest, place, scale, count = 0.0, 0.0, np.int64(0), 1.0, np.int64(0)
        for j in range(b.shape[0]):
            strength = factor * strengths[j]
            distance = penalty.subdiff_distance(b[j], grad[j], strength)
            if distance > largest or np.isnan(distance):
                largest, place = distance, j
            if b[j] != 0.0 or distance != 0.0:
                matter[count] = j
                count += 1
                if strength > 0.0:
                    value += penalty.value(b[j], strength)
                if abs(grad[j]) > noise:
                    slope = penalty.value(-np.sign(grad[j]) * FAR, strength) / FAR
                    if scale * abs(grad[j]) > slope:
                        scale = slope / abs(grad[j])
        gap = 0.0
        for i in range(count):
            j = matter[i]
            strength, v, best = factor * strengths[j], -scale * grad[j], 0.0
            if abs(v) > noise:
                best = penalty.conjugate_point(v, strength)
            elif strength == 0.0:
                best = b[j]
            if not np.isfinite(best):
                gap = np.inf
                break
            gap += max(penalty.value(b[j], strength) - penalty.value(best, strength) - v * (b[j] - best), 0.0)
        values[k], worst[k], places[k], scales[k], gaps[k] = value, largest, place, scale, gap


@kernel
def entry_alphas(penalty, grad, steps, factors, low, high, result):
    """Fill in the least alpha at which each coefficient, at zero now, stays there."""
    for j in range(grad.shape[0]):
        blocked = low[j] >= 0.0 if grad[j] > 0.0 else high[j] <= 0.0
        moves = grad[j] != 0.0 and not blocked
        result[j] = penalty.entry_alpha(grad[j], steps[j]) / factors[j] if moves else 0.0
    return result
