"""Smooth losses of rows with an L1-type penalty: Newton's method from strength to strength, on columns taken out of the design.

Where the matrices are small, calls cost more than what they compute. Here a step takes two: one that knows the loss, and one
that knows the model.

    minimise over b, c:   sum_i w_i l(y_i, eta_i) + strength sum_j (l1_j |b_j| + l2_j b_j^2 / 2),     eta = c z + rows'b + const
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .ahead import AheadSolver
from .free_minimum import GRADIENT_ROUNDING
from .gram_store import QUICK
from .homotopy import FINISHED, begin, follow
from .minima import Minimum
from .prox_newton import OBJECTIVE_ROUNDING, SUFFICIENT
from .sample_terms import loss_derivatives, mean_loss
from .support import RIDGE, extend, zero_wrong_signs

# Entries of the columns in a working set, at most.
LARGEST_SET = 2**18
MOST_STEPS, MOST_POLISHING, MOST_HALVINGS = 20, 20, 10
# A violation that falls to no less than this share of what it was has stopped falling.
STALLED = 0.5


class NewtonPathSolver(AheadSolver):
    """Minima on the columns themselves, where these are few."""

    # A strength alone is not worth what compiling takes.
    fewest = 2
    looks_back = False

    def _serves(self, point, null):
        count = np.count_nonzero(point.coef)
        return null.free.size <= 1 and count**2 * len(point.eta) <= QUICK

    def _minima_on(self, working, terms, null, point, slopes, strengths, *, trail, tol, max_steps):
        problem, free, n_samples = self.problem, null.free, len(point.eta)
        columns = terms.columns[working]
        if len(working) * n_samples > LARGEST_SET:
            return []
        rows = problem.design.transposed(columns)
        direction = free.apply(np.ones(1)) * np.ones(n_samples) if free.size else np.zeros(n_samples)
        l1, l2 = problem.penalty.l1_l2_parts()
        units = terms.strengths[working]
        walk = Walk(problem.data, rows, direction, l1 * units, l2 * units, point.coef[columns], point.eta)
        found = []
        for strength in strengths:
            steps = walk.to(strength, tol * strength, min(max_steps, MOST_STEPS))
            if steps is None:
                break
            found.append((strength, steps, walk.b.copy(), np.full(free.size, walk.shift), walk.eta.copy()))
        etas = np.array([eta for *_, eta in found]).reshape(-1, n_samples)
        return [
            Minimum(strength, steps, free, point, columns, b, move, eta, *loss)
            for (strength, steps, b, move, eta), loss in zip(found, problem.data.derivatives_each(etas), strict=True)
        ]


class Walk:
    """The coefficients b, the `shift` of c, and eta, as they go from one strength's minimum to the next."""

    def __init__(self, data, rows, direction, l1, l2, b, eta):
        self.loss = data.kernel_loss, data.y, data.weights, data.lipschitz
        self.columns = rows, direction, l1, l2
        self.b, self.eta, self.shift = b.copy(), eta.copy(), 0.0
        self.gradient, self.curvature, self.slopes = np.empty(len(eta)), np.empty(len(eta)), np.empty(len(b))
        self.move, self.moved = np.zeros(len(b)), np.zeros(len(eta))
        self._advance(0.0, 0.0)

    def to(self, strength, tolerance, most_steps):
        """Go to the minimum at a strength; the number of steps, None if it was not reached"""
        rows, _, l1, l2 = self.columns
        worst, before, steps = violations(rows, self.gradient, l1, l2, strength, self.b, self.slopes), np.inf, 0
        while worst > tolerance and steps < most_steps and (steps < 2 or worst <= STALLED * before):
            before, steps = worst, steps + 1
            by = newton_move(*self.columns, strength, self.b, self.slopes, self.curvature, self.move, self.moved)
            worst = self._advance(strength, by) if np.isfinite(by) else np.nan
        return steps if np.isfinite(worst) else None

    def _advance(self, strength, by):
        state = self.b, self.eta, self.gradient, self.curvature, self.slopes
        worst, shift = advance(*self.loss, *self.columns, strength, *state, self.move, self.moved, by)
        self.shift += shift
        return worst


@kernel
def advance(
    loss, y, weights, lipschitz, rows, direction, l1, l2, strength, b, eta, gradient, curvature, slopes, move, moved, by
):
    """Take as much of a move as lowers the objective, and go to the minimum along c; the largest violation, and the move of c

    The violation is NaN if there is no such part of the move, or no such minimum.
    """
    fraction = 0.0
    if strength > 0.0:
        fraction = share_that_pays(loss, y, weights, l1, l2, strength, b, eta, gradient, move, moved)
        if fraction == 0.0:
            return np.nan, 0.0
        for j in range(b.shape[0]):
            b[j] += fraction * move[j]
        for i in range(eta.shape[0]):
            eta[i] += fraction * moved[i]
    loss_derivatives(loss, y, eta, weights, lipschitz, gradient, curvature)
    further = polish(loss, y, weights, lipschitz, direction, eta, gradient, curvature)
    worst = violations(rows, gradient, l1, l2, strength, b, slopes)
    return worst if np.isfinite(further) else np.nan, fraction * by + further


@kernel
def polish(loss, y, weights, lipschitz, direction, eta, gradient, curvature):
    """Bring eta to the minimum along the direction, gradient and curvature with it; the multiple it moved by, NaN if lost"""
    total, lengths, moved, before = 0.0, 0.0, 0.0, np.inf
    for i in range(y.shape[0]):
        total += weights[i]
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
def newton_move(rows, direction, l1, l2, strength, b, slopes, curvature, move, moved):
    """Fill in the move to the minimum of the model on columns that matter, and what it does to eta; the move of c, NaN if none

    The columns are those in the support, and those whose slopes are beyond their limits. c is eliminated: with H the curvature,

        G = RR',     R = (X - z V' / z'Hz)'H^1/2,     V = X'Hz,     dc = -V'db / z'Hz.
    """
    size, n_samples = b.shape[0], curvature.shape[0]
    chosen, count, bent = np.empty(size, np.int64), np.int64(0), 0.0
    for j in range(size):
        move[j] = 0.0
        if b[j] != 0.0 or abs(slopes[j]) > strength * l1[j]:
            chosen[count] = j
            count += 1
    for i in range(n_samples):
        moved[i] = 0.0
        bent += curvature[i] * direction[i] * direction[i]
    inverse = 1.0 / bent if bent > 0.0 else 0.0
    bare, cross, there, q = np.empty((count, n_samples)), np.empty(count), np.empty(count), np.empty(count)
    limits, ridge, own = np.empty(count), np.empty(count), np.zeros(count)
    for a in range(count):
        j = chosen[a]
        row, total = rows[j], 0.0
        for i in range(n_samples):
            total += curvature[i] * row[i] * direction[i]
        for i in range(n_samples):
            bare[a, i] = np.sqrt(curvature[i]) * (row[i] - total * inverse * direction[i])
            own[a] += bare[a, i] * bare[a, i]
        cross[a], there[a], limits[a], ridge[a] = total, b[j], strength * l1[j], strength * l2[j]
        q[a] = -slopes[j]
    if not model_minimum(bare[None], own, ridge, q, there, limits):
        return np.nan
    by = 0.0
    for a in range(count):
        j = chosen[a]
        step, row = there[a] - b[j], rows[j]
        move[j] = step
        by -= cross[a] * step * inverse
        for i in range(n_samples):
            moved[i] += step * row[i]
    for i in range(n_samples):
        moved[i] += by * direction[i]
    return by


@kernel(reorder=True)
def model_minimum(matrix, own, ridge, q, b, limits):
    """Move b from where the gradient of a model is -q to its minimum under a ridge and an L1 norm; False if it is not found

    `own` is the diagonal of the model's matrix, which can be G or R with G = RR'. Coefficients that are zero, and the
    gradients of which are within limits, make it slower and no different.
    """
    count = b.shape[0]
    sign, added, diagonal = np.empty(count), np.empty(count), np.empty(count)
    weight, change = np.empty(count), np.empty(count)
    for a in range(count):
        if not own[a] > 0.0:
            return False
        added[a] = ridge[a] + RIDGE * own[a]
        diagonal[a] = own[a] + added[a]
        q[a] -= ridge[a] * b[a]
    zero_wrong_signs(matrix, added, q, b)
    for a in range(count):
        sign[a] = np.sign(b[a])
    begin(sign, q, limits, weight, change)
    factor, active = np.empty((count + 1, count + 1)), np.zeros(count + 1, np.int64)
    column, work = np.empty(count), np.empty((2, count))
    known, independent = extend(matrix, diagonal, sign.copy(), active, factor, np.int64(0))
    if not independent:
        return False
    outcome, _ = follow(matrix, diagonal, q, b, weight, change, factor, active, sign, known, work, column)
    return outcome == FINISHED


@kernel
def share_that_pays(loss, y, weights, l1, l2, strength, b, eta, gradient, move, moved):
    """The first of 1, 1/2, 1/4 ... of the move that lowers the objective enough, 0 if there is none"""
    value, before = mean_loss(loss, y, eta, weights), penalty_after(l1, l2, strength, b, move, 0.0)
    promise = penalty_after(l1, l2, strength, b, move, 1.0) - before
    for i in range(y.shape[0]):
        promise += gradient[i] * moved[i]
    slack = OBJECTIVE_ROUNDING * np.sqrt(y.shape[0]) * (abs(value) + before)
    fraction, trial = 1.0, np.empty(y.shape[0])
    for _ in range(MOST_HALVINGS):
        for i in range(y.shape[0]):
            trial[i] = eta[i] + fraction * moved[i]
        after = mean_loss(loss, y, trial, weights) + penalty_after(l1, l2, strength, b, move, fraction)
        if value + before - after >= -SUFFICIENT * fraction * min(promise, 0.0) - slack:
            return fraction
        fraction *= 0.5
    return 0.0


@kernel
def penalty_after(l1, l2, strength, b, move, fraction):
    """The penalty after a fraction of the move"""
    total = 0.0
    for j in range(b.shape[0]):
        there = b[j] + fraction * move[j]
        total += strength * (l1[j] * abs(there) + 0.5 * l2[j] * there**2)
    return total
