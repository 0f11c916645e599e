"""The prox and the dual norm of the total variation of a chain, in time linear in its length."""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

MOST_ROUNDS = 100


@register_jitable
def total_variation_prox(z, strength, out):
    """out = argmin over b of |b - z|^2 / 2 + strength sum_j |b_j - b_{j-1}|

    Let F_j(x) be the least cost of b_1, ..., b_j with b_j = x, the step from j to j + 1 left out. With it, b_j follows
    b_{j+1} within the interval where |F_j'| <= strength and stays at its end otherwise, so that

        F_{j+1}'(x) = x - z_{j+1} + F_j'(x) cut to [-strength, strength].

    F_j' is piecewise linear and rises: a row of knots with the rise of its slope at each. Cutting it at either end takes
    knots away and adds one, so that in all no more are taken away than were added.
    """
    size = len(z)
    if size == 0:
        return
    # Knots from `left` to `right`; from each on, F' has so much more slope and intercept.
    knots, slopes, intercepts = np.empty(2 * size), np.empty(2 * size), np.empty(2 * size)
    lowest, highest = np.empty(size), np.empty(size)
    left, right = size, size - 1
    for j in range(size - 1):
        # To the left of all knots the cut derivative is -strength, to the right it is strength.
        slope, intercept = 1.0, -z[j] - (strength if j > 0 else 0.0)
        while left <= right and slope * knots[left] + intercept <= -strength:
            slope += slopes[left]
            intercept += intercepts[left]
            left += 1
        lowest[j] = (-strength - intercept) / slope
        from_left = slope, intercept + strength
        slope, intercept = 1.0, -z[j] + (strength if j > 0 else 0.0)
        while right >= left and slope * knots[right] + intercept >= strength:
            slope -= slopes[right]
            intercept -= intercepts[right]
            right -= 1
        highest[j] = (strength - intercept) / slope
        left -= 1
        knots[left], slopes[left], intercepts[left] = lowest[j], from_left[0], from_left[1]
        right += 1
        knots[right], slopes[right], intercepts[right] = highest[j], -slope, strength - intercept
    slope, intercept = 1.0, -z[size - 1] - (strength if size > 1 else 0.0)
    while left <= right and slope * knots[left] + intercept <= 0.0:
        slope += slopes[left]
        intercept += intercepts[left]
        left += 1
    out[size - 1] = -intercept / slope
    for j in range(size - 2, -1, -1):
        out[j] = min(max(out[j + 1], lowest[j]), highest[j])


@register_jitable
def fused_dual_norm(v, l1, differences):
    """max over b of v'b / (l1 |b|_1 + differences sum_j |b_j - b_{j-1}|)

    The denominator is that of the level sets of b summed up, so that the largest ratio is attained by an interval, where b is 1
    or -1. For a given ratio t the interval that exceeds it most is found in one pass; its own ratio is the next t, until none
    exceeds it.
    """
    best = 0.0
    for side in (1.0, -1.0):
        for _ in range(MOST_ROUNDS):
            ratio = steepest_interval(v, side, best, l1, differences)
            if not ratio > best:
                break
            best = ratio
    return best


@register_jitable
def steepest_interval(v, side, ratio, l1, differences):
    """The ratio of the interval for which the sum of side v less `ratio` times its penalty is largest"""
    size, largest, found = len(v), 0.0, 0.0
    excess, total, length, inner = 0.0, 0.0, 0, False
    for j in range(size):
        begun = -ratio * differences if j > 0 else 0.0
        if j == 0 or excess < begun:
            excess, total, length, inner = begun, 0.0, 0, j > 0
        excess += side * v[j] - ratio * l1
        total += side * v[j]
        length += 1
        ends = (1.0 if inner else 0.0) + (1.0 if j < size - 1 else 0.0)
        value = excess - (ratio * differences if j < size - 1 else 0.0)
        if value > largest:
            penalty = l1 * length + differences * ends
            largest, found = value, total / penalty if penalty > 0.0 else np.inf
    return found
