"""Sums over blocks of coefficients, and descent block by block: the kernels that penalties of groups enter.

Block g has the coefficients starts[g] to starts[g + 1] - 1, a strength and a weight.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel

MOST_STEPS = 20
# Steps within a block end when they have become this share of the first.
SETTLED = 1e-2
HUGE = 1e15


@kernel
def block_sum(penalty, b, starts, strengths, weights):
    """sum_g P(b_g)"""
    total = 0.0
    for g in range(strengths.shape[0]):
        if strengths[g] > 0.0:
            total += penalty.block_value(b[starts[g] : starts[g + 1]], strengths[g], weights[g])
    return total


@kernel
def block_distances(penalty, b, grad, starts, strengths, weights):
    """How far each -grad_g is from the subdifferential of P at b_g"""
    result = np.empty(strengths.shape[0])
    for g in range(strengths.shape[0]):
        first, last = starts[g], starts[g + 1]
        result[g] = penalty.block_distance(b[first:last], grad[first:last], strengths[g], weights[g])
    return result


@kernel
def block_moved(penalty, b, grad, step, strength, weight):
    """The prox of one block after a gradient step"""
    z, there = np.empty(b.shape[0]), np.empty(b.shape[0])
    for i in range(b.shape[0]):
        z[i] = b[i] - step * grad[i]
    penalty.block_prox(z, step, strength, weight, there)
    return there


@kernel
def block_prox_residuals(penalty, b, grad, steps, starts, strengths, weights):
    """|b_g - prox(b_g - step grad_g)| / step"""
    result = np.zeros(strengths.shape[0])
    for g in range(strengths.shape[0]):
        first, last = starts[g], starts[g + 1]
        there = block_moved(penalty, b[first:last], grad[first:last], steps[g], strengths[g], weights[g])
        total = 0.0
        for i in range(last - first):
            total += ((there[i] - b[first + i]) / steps[g]) ** 2
        result[g] = np.sqrt(total)
    return result


@kernel
def stays_at_zero(penalty, grad, step, strength, weight):
    """Whether the prox of -step grad is zero"""
    z, there = np.empty(grad.shape[0]), np.empty(grad.shape[0])
    for i in range(grad.shape[0]):
        z[i] = -step * grad[i]
    penalty.block_prox(z, step, strength, weight, there)
    moved = False
    for i in range(grad.shape[0]):
        moved = moved or there[i] != 0.0
    return not moved


@kernel
def block_entry_alphas(penalty, grad, steps, starts, factors, weights):
    """The least alpha, to the last float, at which each block stays at zero"""
    result = np.zeros(weights.shape[0])
    for g in range(weights.shape[0]):
        part = grad[starts[g] : starts[g + 1]]
        size = 0.0
        for i in range(part.shape[0]):
            size = max(size, abs(part[i]))
        if size == 0.0:
            continue
        low, high = 0.0, size
        while high < HUGE * size and not stays_at_zero(penalty, part, steps[g], high, weights[g]):
            low, high = high, 2.0 * high
        for _ in range(200):
            middle = 0.5 * (low + high)
            if middle <= low or middle >= high or high >= HUGE * size:
                break
            if stays_at_zero(penalty, part, steps[g], middle, weights[g]):
                high = middle
            else:
                low = middle
        result[g] = (high if high < HUGE * size else np.inf) / factors[g]
    return result


@kernel
def block_slopes(penalty, b, starts, strengths, weights, place, slope, bend):
    """Fill P' and P'' at the coefficients that have a place >= 0 in the support, whose blocks are not zero."""
    for g in range(strengths.shape[0]):
        first, last = starts[g], starts[g + 1]
        size = last - first
        inside = False
        for j in range(first, last):
            inside = inside or place[j] >= 0
        if not inside or strengths[g] == 0.0:
            continue
        own_slope, own_bend = np.zeros(size), np.zeros((size, size))
        penalty.block_slope(b[first:last], strengths[g], weights[g], own_slope)
        penalty.block_bend(b[first:last], strengths[g], weights[g], own_bend)
        for i in range(size):
            if place[first + i] >= 0:
                slope[place[first + i]] = own_slope[i]
                for j in range(size):
                    if place[first + j] >= 0:
                        bend[place[first + i], place[first + j]] = own_bend[i, j]


@kernel(reorder=True)
def settle_block(penalty, gram, slope, here, z, there, curvature, strength, weight, tolerance):
    """Prox steps on one block, from `here` and its `slope`, until they change little: the block's own matrix is small.

    A step is one over its largest eigenvalue, as in the certificate: with a shorter one, the prox of a non-convex penalty can
    stay where it is. The first step's largest gradient change is returned.
    """
    width = here.shape[0]
    largest = 0.0
    for step in range(MOST_STEPS):
        moved = 0.0
        for i in range(width):
            z[i] = here[i] + slope[i] / curvature
        penalty.block_prox(z, 1.0 / curvature, strength, weight, there)
        for i in range(width):
            move = there[i] - here[i]
            if move != 0.0:
                moved = max(moved, abs(move) * curvature)
                for j in range(width):
                    slope[j] -= move * gram[i, j]
                here[i] = there[i]
        if step == 0:
            largest = moved
        if width == 1 or moved <= tolerance or moved <= SETTLED * largest:
            break
    return largest


@kernel
def write_back(here, b, moves):
    """b = here on one block, filling what that adds to b; whether the same coefficients are zero as before"""
    same = True
    for i in range(b.shape[0]):
        moves[i] = here[i] - b[i]
        if (here[i] == 0.0) != (b[i] == 0.0):
            same = False
        b[i] = here[i]
    return same


@kernel
def widest_block(starts):
    """The most columns in a block"""
    widest = 0
    for g in range(starts.shape[0] - 1):
        widest = max(widest, starts[g + 1] - starts[g])
    return widest


@kernel(reorder=True)
def block_epochs(penalty, gram, q, b, starts, curvatures, strengths, weights, epochs, tolerance):
    """Cycle over the blocks; return the last epoch's largest gradient change and whether it left the support alone."""
    change, stable = 0.0, True
    size, widest = b.shape[0], widest_block(starts)
    z, there, here, slope, moves = np.empty(widest), np.empty(widest), np.empty(widest), np.empty(widest), np.empty(widest)
    for _ in range(epochs):
        change, stable = 0.0, True
        for g in range(strengths.shape[0]):
            first, last = starts[g], starts[g + 1]
            width = last - first
            if curvatures[g] <= 0.0:
                continue
            for i in range(width):
                here[i] = b[first + i]
                slope[i] = q[first + i]
            own = gram[first:last, first:last]
            parts = slope[:width], here[:width], z[:width], there[:width]
            largest = settle_block(penalty, own, *parts, curvatures[g], strengths[g], weights[g], tolerance)
            change = max(change, largest)
            stable = write_back(here, b[first:last], moves) and stable
            for i in range(width):
                if moves[i] != 0.0:
                    row = gram[first + i]
                    for k in range(size):
                        q[k] -= moves[i] * row[k]
        if change <= tolerance:
            break
    return change, stable


@kernel(reorder=True)
def block_residual_epochs(
    penalty, design, columns, row_weights, residual, cross, solved, free, grams, corners, b, starts, curvatures, strengths,
    weights, epochs, tolerance,
):  # fmt: skip
    """The same on the residual, as `residual_epochs`, with the block's own matrices one after another in `grams`.

    Between a first and a last epoch over all blocks, only those that are not zero are visited.
    """
    change, stable = 0.0, True
    widest = widest_block(starts)
    z, there, here, slope, moves = np.empty(widest), np.empty(widest), np.empty(widest), np.empty(widest), np.empty(widest)
    for epoch in range(epochs):
        everywhere = epoch == 0 or epoch == epochs - 1 or change <= tolerance
        change, stable = 0.0, True
        for g in range(strengths.shape[0]):
            first, width = starts[g], starts[g + 1] - starts[g]
            if curvatures[g] <= 0.0 or not (everywhere or np.any(b[first : first + width] != 0.0)):
                continue
            for i in range(width):
                here[i] = b[first + i]
                slope[i] = design.dot(columns[first + i], residual)
                for k in range(free.shape[0]):
                    slope[i] -= solved[k, first + i] * free[k]
            own = grams[corners[g] : corners[g + 1]].reshape(width, width)
            parts = slope[:width], here[:width], z[:width], there[:width]
            largest = settle_block(penalty, own, *parts, curvatures[g], strengths[g], weights[g], tolerance)
            change = max(change, largest)
            stable = write_back(here, b[first : first + width], moves) and stable
            for i in range(width):
                if moves[i] != 0.0:
                    design.add_scaled(columns[first + i], -moves[i], row_weights, residual)
                    for k in range(free.shape[0]):
                        free[k] -= moves[i] * cross[k, first + i]
        if everywhere and change <= tolerance:
            break
    return change, stable
