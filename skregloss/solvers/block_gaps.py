"""What certificates ask of sums over blocks of coefficients.

Block g has the coefficients starts[g] to starts[g + 1] - 1, a strength and a weight.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel


@kernel
def block_dual_scale(penalty, v, starts, strengths, weights):
    """The largest s <= 1 such that the conjugate is finite at s v_g for every block"""
    scale = 1.0
    for g in range(strengths.shape[0]):
        scale = min(scale, penalty.block_scale(v[starts[g] : starts[g + 1]], strengths[g], weights[g]))
    return scale


@kernel
def block_gap(penalty, b, v, starts, strengths, weights):
    """sum_g P(b_g) + P*(v_g) - v_g'b_g, each term nonnegative"""
    total = 0.0
    best = np.empty(b.shape[0])
    for g in range(strengths.shape[0]):
        first, last = starts[g], starts[g + 1]
        penalty.block_conjugate_point(v[first:last], strengths[g], weights[g], best[first:last])
        term = penalty.block_value(b[first:last], strengths[g], weights[g])
        term -= penalty.block_value(best[first:last], strengths[g], weights[g])
        for i in range(first, last):
            term -= v[i] * (b[i] - best[i])
        if not np.isfinite(term):
            return np.inf
        total += max(term, 0.0)
    return total


@kernel
def block_assess(penalty, coefs, grads, factors, noise, starts, strengths, weights, values, worst, places, scales, gaps):
    """What the functions above and others say at once of a convex penalty, for coefficients and gradients in rows

    The penalty at the strengths times a factor, the largest distance and its block, the dual scale s of v, which is -grad with
    entries up to `noise` as 0, and the gap at s v. A block at zero with v in the subdifferential neither limits the scale nor
    adds to the gap.
    """
    matter, own = np.empty(strengths.shape[0], np.int64), np.empty(strengths.shape[0])
    v, best = np.empty(grads.shape[1]), np.empty(grads.shape[1])
    for k in range(factors.shape[0]):
        b, grad = coefs[k], grads[k]
        value, largest, place, scale, gap, count = 0.0, 0.0, np.int64(0), 1.0, 0.0, np.int64(0)
        for g in range(strengths.shape[0]):
            first, last, strength = starts[g], starts[g + 1], factors[k] * strengths[g]
            distance = penalty.block_distance(b[first:last], grad[first:last], strength, weights[g])
            if distance > largest or np.isnan(distance):
                largest, place = distance, g
            matters = distance != 0.0
            for i in range(first, last):
                v[i] = -grad[i] if abs(grad[i]) > noise else 0.0
                matters = matters or b[i] != 0.0
            if matters:
                own[count] = penalty.block_value(b[first:last], strength, weights[g]) if strength > 0.0 else 0.0
                value += own[count]
                matter[count] = g
                count += 1
                scale = min(scale, penalty.block_scale(v[first:last], strength, weights[g]))
        for i in range(count):
            g = matter[i]
            first, last, strength = starts[g], starts[g + 1], factors[k] * strengths[g]
            for j in range(first, last):
                v[j] *= scale
            penalty.block_conjugate_point(v[first:last], strength, weights[g], best[first:last])
            term = own[i] - penalty.block_value(best[first:last], strength, weights[g])
            for j in range(first, last):
                term -= v[j] * (b[j] - best[j])
            gap = gap + max(term, 0.0) if np.isfinite(term) else np.inf
        values[k], worst[k], places[k], scales[k], gaps[k] = value, largest, place, scale, gap
