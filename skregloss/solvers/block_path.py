"""Squared error with a convex penalty of groups: several strengths at once, on a Gram matrix that is kept.

Descent over the blocks finds which of them are not zero, Newton's method on those finishes, and the minimum at one strength
and the one before point to the next. All of it is compiled: where matrices are small, calls cost more than what they compute.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from . import cholesky
from .block_kernels import block_epochs, block_slopes, block_sum
from .exact_path import ExactSolver
from .homotopy import RIDGE, SMALLEST_PIVOT
from .inner import GROUP_EPOCHS, ROUNDING
from .working_set import MODEL_TOLERANCE

# Factors of larger supports take longer than the calls that are saved.
LARGEST_SUPPORT, LARGEST_SET = 150, 1000
MOST_ROUNDS, MOST_HALVINGS = 50, 8
# A violation that falls to no less than this share of what it was has stopped falling.
STALLED = 0.5

append, solve = cholesky.append, cholesky.solve


class BlockPathSolver(ExactSolver):
    """Minima over blocks of coefficients."""

    # A strength alone is not worth what compiling takes.
    fewest = 2

    def _serves(self, point, null):
        return np.count_nonzero(point.coef) <= LARGEST_SUPPORT

    def _shares(self, terms, gradient):
        lengths = terms.with_factor(0.0).distances(np.zeros(len(gradient)), gradient)
        return lengths / (terms.strengths * terms.weights)

    def _enter(self, terms, gradient, strength):
        return terms.with_factor(strength).distances(np.zeros(len(gradient)), gradient) > 0.0

    def _missing(self, terms, gradients, strengths, inside):
        if inside.all():
            return len(strengths)
        beyond = np.array([self._enter(terms, *pair) for pair in zip(gradients, strengths, strict=True)]) & ~inside
        wrong = np.flatnonzero(beyond.any(axis=1))
        inside |= beyond.any(axis=0)
        return int(wrong[0]) if len(wrong) else len(strengths)

    def _minima_on(self, working, terms, null, point, gradient, strengths, *, tol, max_steps):
        own, store = terms.take(working), self._store(null)
        columns = own.columns
        if len(columns) > LARGEST_SET:
            return []
        gram, *rest = store.parts(columns, 1.0)
        walk = BlockWalk(own, gram, -gradient[own.places], point.coef[columns])
        found: list = []
        for strength in strengths:
            tolerance = max(tol * strength, MODEL_TOLERANCE * null.gradient_size)
            if not walk.to(strength, tolerance):
                break
            found.append(walk.b.copy())
        return self._points(null, point, columns, np.array(found).reshape(len(found), len(columns)), rest)


class BlockWalk:
    """The coefficients b, and q = -gradient, as they go from one strength's minimum to the next."""

    def __init__(self, terms, gram, q, b):
        terms.prepare_gram(gram, constant=True)
        self.terms, self.gram, self.q, self.b = terms, gram, q, b
        # The last two minima and their strengths.
        self._trail: list = []

    def to(self, strength, tolerance):
        """Go to the minimum at a strength; False if it was not reached"""
        terms = self.terms
        if len(self._trail) == 2:
            self._go_on(strength)
        blocks = terms.starts, terms.curvatures, strength * terms.strengths, terms.weights
        reached = minimum(terms.penalty, self.gram, self.q, self.b, *blocks, terms.kinked, tolerance)
        self._trail = [*self._trail[-1:], (strength, self.b.copy())]
        return reached

    def _go_on(self, strength):
        """As b went between the last two strengths, as far as no sign changes"""
        (before, first), (since, last) = self._trail
        move = (since - strength) / (before - since) * (last - first)
        move[last * (last + move) <= 0.0] = 0.0
        move[first == 0.0] = 0.0
        self.b += move
        self.q -= move @ self.gram


@kernel
def minimum(penalty, gram, q, b, starts, curvatures, strengths, weights, kinked, tolerance):
    """Move b, and q with it, to the minimum; whether the violations of all blocks are within the tolerance"""
    before, descends = np.inf, False
    for _ in range(MOST_ROUNDS):
        worst, entering = violations(penalty, q, b, starts, strengths, weights)
        if worst <= tolerance:
            return True
        if np.count_nonzero(b) > LARGEST_SUPPORT:
            return False
        # What moves away from zero, or towards it, is found by descent.
        if entering > tolerance or descends or worst > STALLED * before:
            block_epochs(penalty, gram, q, b, starts, curvatures, strengths, weights, GROUP_EPOCHS, tolerance)
            before, descends = np.inf, False
        else:
            before, descends = worst, not newton_step(penalty, gram, q, b, starts, strengths, weights, kinked)
    return False


@kernel
def violations(penalty, q, b, starts, strengths, weights):
    """The largest distance of q from the subdifferential, and the largest of blocks at zero"""
    worst, entering, grad = 0.0, 0.0, np.empty(b.shape[0])
    for g in range(strengths.shape[0]):
        first, last = starts[g], starts[g + 1]
        zero = True
        for j in range(first, last):
            grad[j] = -q[j]
            zero = zero and b[j] == 0.0
        distance = penalty.block_distance(b[first:last], grad[first:last], strengths[g], weights[g])
        worst = max(worst, distance)
        if zero:
            entering = max(entering, distance)
    return worst, entering


@kernel(reorder=True)
def newton_step(penalty, gram, q, b, starts, strengths, weights, kinked):
    """Solve (G + P'')_SS d = q_S - P'_S and go as far as that lowers the objective; whether it went all the way"""
    size, count = b.shape[0], np.int64(0)
    support, place = np.empty(size, np.int64), np.full(size, -1)
    for j in range(size):
        if b[j] != 0.0:
            support[count], place[j] = j, count
            count += 1
    slope, bend = np.zeros(count), np.zeros((count, count))
    block_slopes(penalty, b, starts, strengths, weights, place, slope, bend)
    factor, column, move = np.empty((count, count)), np.empty(count), np.empty(count)
    for i in range(count):
        row = gram[support[i]]
        for k in range(i):
            column[k] = row[support[k]] + bend[i, k]
        if not append(factor, i, column, row[support[i]] * (1.0 + RIDGE) + bend[i, i], SMALLEST_PIVOT):
            return False
        move[i] = q[support[i]] - slope[i]
    solve(factor, count, move)
    fraction, gain, bent, crossing = 1.0, 0.0, 0.0, np.int64(-1)
    fall = np.zeros(size)
    for i in range(count):
        j = support[i]
        row = gram[j]
        for k in range(size):
            fall[k] += move[i] * row[k]
        gain += move[i] * q[j]
        if kinked and b[j] * (b[j] + fraction * move[i]) < 0.0:
            fraction, crossing = -b[j] / move[i], j
    for i in range(count):
        bent += move[i] * fall[support[i]]
    before, trial = block_sum(penalty, b, starts, strengths, weights), b.copy()
    for halving in range(MOST_HALVINGS):
        for i in range(count):
            trial[support[i]] = b[support[i]] + fraction * move[i]
        if halving == 0 and crossing >= 0:
            trial[crossing] = 0.0
        rise = block_sum(penalty, trial, starts, strengths, weights) - before
        if rise - fraction * gain + 0.5 * fraction**2 * bent <= ROUNDING * (before + abs(gain)):
            for k in range(size):
                b[k] = trial[k]
                q[k] -= fraction * fall[k]
            return fraction == 1.0
        fraction *= 0.5
    return False
