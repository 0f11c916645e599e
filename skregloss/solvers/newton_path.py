"""Smooth losses of rows with an L1-type penalty: Newton's method from strength to strength, compiled.

Where the matrices are small, calls cost more than what they compute. Here one call goes along several strengths.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .ahead import AheadSolver
from .free_minimum import GRADIENT_ROUNDING
from .gram_store import QUICK
from .homotopy import FINISHED, RIDGE, follow_each
from .prox_newton import OBJECTIVE_ROUNDING, SUFFICIENT
from .sample_terms import loss_derivatives, mean_loss

# Entries of the columns in a working set, at most.
LARGEST_SET = 2**18
MOST_STEPS, MOST_POLISHING, MOST_HALVINGS = 20, 20, 10
# A violation that falls to no less than this share of what it was has stopped falling.
STALLED = 0.5


class NewtonPathSolver(AheadSolver):
    """Minima on the columns themselves, taken out of the design."""

    # A strength alone is not worth what compiling takes.
    fewest = 2

    def _minima_on(self, working, terms, null, point, gradient, strengths, *, tol, max_steps):
        problem, free, n_samples = self.problem, null.free, len(point.eta)
        columns = terms.columns[working]
        count = np.count_nonzero(point.coef[columns])
        if len(working) * n_samples > LARGEST_SET or count**2 * n_samples > QUICK or free.size > 1:
            return []
        rows = np.ascontiguousarray(problem.design.entries(np.arange(n_samples), columns).T)
        direction = free.apply(np.ones(1)) * np.ones(n_samples) if free.size else np.zeros(n_samples)
        l1, l2 = problem.penalty.l1_l2_parts()
        units, data = terms.strengths[working], problem.data
        found = np.empty((len(strengths), len(columns)))
        shifts, etas = np.empty(len(strengths)), np.empty((len(strengths), n_samples))
        steps = np.zeros(len(strengths), dtype=np.int64)
        count = minima(
            data.kernel_loss,
            data.y,
            data.weights,
            data.lipschitz,
            rows,
            direction,
            l1 * units,
            l2 * units,
            strengths,
            tol,
            max_steps,
            point.coef[columns],
            point.eta.copy(),
            found,
            shifts,
            etas,
            steps,
        )
        points = []
        for k in range(count):
            coef, intercept = free.add(point, np.full(free.size, shifts[k]))
            coef[columns] = found[k]
            points.append((problem.at(coef, intercept, etas[k]), int(steps[k])))
        return points


@kernel
def minima(loss, y, weights, lipschitz, rows, direction, l1, l2, strengths, tol, max_steps, b, eta, found, shifts, etas, steps):
    """Fill in the minima at the strengths, with the steps to each, from b and eta; how many were found

    minimise over b, c:   sum_i weights_i l(y_i, eta_i) + strength sum_j (l1_j |b_j| + l2_j b_j^2 / 2),
    eta' = eta + c direction + (b' - b) rows
    """
    n_samples, size = y.shape[0], b.shape[0]
    gradient, curvature = np.empty(n_samples), np.empty(n_samples)
    slopes, move, moved = np.empty(size), np.empty(size), np.empty(n_samples)
    shift = 0.0
    for k in range(strengths.shape[0]):
        strength, before = strengths[k], np.inf
        while steps[k] < min(max_steps, MOST_STEPS):
            loss_derivatives(loss, y, eta, weights, lipschitz, gradient, curvature)
            by = polish(loss, y, weights, lipschitz, direction, eta, gradient, curvature)
            if not np.isfinite(by):
                return k
            shift += by
            worst = violations(rows, gradient, l1, l2, strength, b, slopes)
            if worst <= tol * strength or (steps[k] > 1 and worst > STALLED * before):
                break
            before, steps[k] = worst, steps[k] + 1
            if not newton_move(rows, curvature, direction, l1, l2, strength, b, slopes, move):
                return k
            for i in range(n_samples):
                moved[i] = 0.0
            across = 0.0
            for j in range(size):
                if move[j] != 0.0:
                    for i in range(n_samples):
                        moved[i] += move[j] * rows[j, i]
            bent = 0.0
            for i in range(n_samples):
                across += curvature[i] * direction[i] * moved[i]
                bent += curvature[i] * direction[i] * direction[i]
            by = -across / bent if bent > 0.0 else 0.0
            for i in range(n_samples):
                moved[i] += by * direction[i]
            fraction = search(loss, y, weights, l1, l2, strength, b, eta, gradient, move, moved)
            if fraction == 0.0:
                return k
            shift += fraction * by
            for j in range(size):
                b[j] += fraction * move[j]
            for i in range(n_samples):
                eta[i] += fraction * moved[i]
        found[k], shifts[k], etas[k] = b, shift, eta
    return strengths.shape[0]


@kernel
def polish(loss, y, weights, lipschitz, direction, eta, gradient, curvature):
    """Bring eta to the minimum along the direction, gradient and curvature with it; the multiple it moved by, NaN if lost"""
    total, lengths, moved, before = weights.sum(), 0.0, 0.0, np.inf
    for i in range(y.shape[0]):
        lengths += weights[i] * direction[i] * direction[i]
    for _ in range(MOST_POLISHING):
        slope, size, bent = 0.0, 0.0, 0.0
        for i in range(y.shape[0]):
            slope += gradient[i] * direction[i]
            size += abs(gradient[i])
            bent += curvature[i] * direction[i] * direction[i]
        if abs(slope) <= 0.5 * GRADIENT_ROUNDING * np.sqrt(lengths / total) * size or abs(slope) > STALLED * before:
            break
        if not bent > 0.0:
            return np.nan
        before = abs(slope)
        for i in range(y.shape[0]):
            eta[i] -= slope / bent * direction[i]
        moved -= slope / bent
        loss_derivatives(loss, y, eta, weights, lipschitz, gradient, curvature)
    return moved


@kernel(reorder=True)
def violations(rows, gradient, l1, l2, strength, b, slopes):
    """Fill in the slopes of the loss; the largest violation"""
    worst = 0.0
    for j in range(b.shape[0]):
        row, slope = rows[j], 0.0
        for i in range(gradient.shape[0]):
            slope += row[i] * gradient[i]
        slopes[j] = slope
        if b[j] != 0.0:
            violation = abs(slope + strength * (l1[j] * np.sign(b[j]) + l2[j] * b[j]))
        else:
            violation = abs(slope) - strength * l1[j]
        worst = max(worst, violation)
    return worst


@kernel(reorder=True)
def newton_move(rows, curvature, direction, l1, l2, strength, b, slopes, move):
    """Fill in the move to the minimum of the model on columns that matter; whether there is one

    Those are the columns in it, and those whose slopes are beyond their limits.
    """
    size, n_samples = b.shape[0], curvature.shape[0]
    chosen, count = np.empty(size, np.int64), np.int64(0)
    for j in range(size):
        move[j] = 0.0
        if b[j] != 0.0 or abs(slopes[j]) > strength * l1[j]:
            chosen[count] = j
            count += 1
    left, gram, cross = np.empty((count, n_samples)), np.empty((count, count)), np.empty(count)
    q, start, end, weight, ridge = np.empty(count), np.empty(count), np.empty((1, count)), np.empty(count), np.empty(count)
    bent = 0.0
    for i in range(n_samples):
        bent += curvature[i] * direction[i] * direction[i]
    for a in range(count):
        j = chosen[a]
        row, own, total = rows[j], left[a], 0.0
        for i in range(n_samples):
            own[i] = curvature[i] * row[i]
            total += own[i] * direction[i]
        cross[a] = total
        weight[a], ridge[a], start[a] = l1[j], l2[j], b[j]
        q[a] = -slopes[j] - strength * l2[j] * b[j]
        for c in range(a + 1):
            other, total = rows[chosen[c]], 0.0
            for i in range(n_samples):
                total += own[i] * other[i]
            if bent > 0.0:
                total -= cross[a] * cross[c] / bent
            gram[a, c] = gram[c, a] = total
    added = np.empty(count)
    for a in range(count):
        if not gram[a, a] > 0.0:
            return False
        added[a] = strength * ridge[a] + RIDGE * gram[a, a]
    factor, active, strengths = np.empty((count + 1, count + 1)), np.zeros(count + 1, np.int64), np.empty(1)
    strengths[0] = strength
    outcome, _, _ = follow_each(gram, ridge, weight, strengths, q, start.copy(), added, factor, active, np.int64(0), end)
    if outcome != FINISHED:
        return False
    for a in range(count):
        move[chosen[a]] = end[0, a] - start[a]
        if not np.isfinite(end[0, a]):
            return False
    return True


@kernel
def search(loss, y, weights, l1, l2, strength, b, eta, gradient, move, moved):
    """The first of 1, 1/2, 1/4 ... of the move that lowers the objective enough, 0 if there is none"""
    value, before, promise = mean_loss(loss, y, eta, weights), 0.0, 0.0
    for j in range(b.shape[0]):
        before += strength * (l1[j] * abs(b[j]) + 0.5 * l2[j] * b[j] ** 2)
        there = b[j] + move[j]
        promise += strength * (l1[j] * abs(there) + 0.5 * l2[j] * there**2)
    promise -= before
    for i in range(y.shape[0]):
        promise += gradient[i] * moved[i]
    slack = OBJECTIVE_ROUNDING * np.sqrt(y.shape[0]) * (abs(value) + before)
    fraction = 1.0
    for _ in range(MOST_HALVINGS):
        after = mean_loss(loss, y, eta + fraction * moved, weights)
        for j in range(b.shape[0]):
            there = b[j] + fraction * move[j]
            after += strength * (l1[j] * abs(there) + 0.5 * l2[j] * there**2)
        if value + before - after >= -SUFFICIENT * fraction * min(promise, 0.0) - slack:
            return fraction
        fraction *= 0.5
    return 0.0
