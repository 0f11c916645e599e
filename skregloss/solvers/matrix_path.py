"""Smooth losses of rows with an L1-type penalty on a sparse design: Newton's method from strength to strength on kept matrices.

Forming a matrix costs more than a step does, and so does looking at all columns. Between strengths that are solved together
only the columns of a working set are looked at, and a matrix serves while it is about right. What it lacks of the curvature is
seen coming, as both change steadily along a path (`matrix_steps.foreseen`).
"""

from __future__ import annotations

import numpy as np

from .ahead import SMALL, AheadSolver
from .curvature import Curvature
from .exact_path import LARGEST_SET
from .gram_store import OUTDATED
from .homotopy import FINISHED, minimize
from .matrix_steps import advance, foreseen, gap_within
from .newton_path import MOST_STEPS, STALLED
from .problem import Point
from .projection import projection

# Strengths solved together: products with all columns are made with four vectors at a time.
MOST_STRENGTHS = 8
# Columns whose gradient goes straight to this share of its limit or more are likely to be needed.
LIKELY = 0.95
# So many steps are given to a matrix whatever they bring.
FIRST_STEPS = 2
# The share of the tolerance for the penalty's part of a gap on the working set. The rest is for that of the loss.
ENOUGH = 0.8
# No tolerance is reached below this.
LEAST = 1e-100


class MatrixPathSolver(AheadSolver):
    """Minima on Gram matrices that are kept while they are about right, of losses with bounded changes of curvature."""

    # A strength alone is not worth what compiling takes.
    fewest = 2

    def __init__(self, problem):
        super().__init__(problem)
        # A point at each strength, with its gradient along all columns.
        words = 3 * problem.design.n_samples + problem.n_features
        self._most = min(SMALL // words, MOST_STRENGTHS)
        # The last strengths that were solved together, and the points there.
        self._trail: list = []

    def foresee(self, alphas):
        super().foresee(alphas)
        self._trail = []

    def _serves(self, point, null):
        support = np.flatnonzero(point.coef)
        return null.free.size <= 1 and self._fits(support)

    def _fits(self, columns):
        """Whether a copy of the columns takes little room"""
        return len(columns) <= LARGEST_SET and self.problem.design.counts(columns).sum() <= SMALL

    def _likely(self, terms, limits, point, gradient, strengths, since):
        inside = super()._likely(terms, limits, point, gradient, strengths, since)
        before, times = self._before(strengths[-1], point)
        if times > 0.0 and before.slopes is not None and before.slopes[0] is terms.columns:
            there = gradient + times * (gradient - before.slopes[1])
            inside |= np.abs(there) > LIKELY * strengths[-1] * limits
        return inside

    def _before(self, strength, point):
        """The point before this one on the path, and how many times as far as from there it is to a strength; 0 if not known"""
        for (first, before), (second, here) in zip(self._trail, self._trail[1:], strict=False):
            if here is point and strength < second < first:
                return before, (second - strength) / (first - second)
        return point, 0.0

    def _minima_on(self, working, terms, null, point, gradient, strengths, *, tol, max_steps):
        if not self._fits(terms.columns[working]):
            return []
        tol = max(tol, LEAST)
        walk = Walk(self.problem, null, self._store(null), terms.take(working), point, gradient[working])
        found: list = []
        for strength in strengths:
            steps = walk.to(strength, tol, min(max_steps, MOST_STEPS), *self._before(strength, point))
            here = None if steps is None else walk.point()
            if here is None:
                break
            found.append((here, steps))
            self._trail = [*self._trail[-MOST_STRENGTHS:], (strength, here)]
            point = here
        return found


class Walk:
    """The coefficients b and c, and the loss there, as they go from one strength's minimum to the next."""

    def __init__(self, problem, null, store, terms, point, slopes):
        self.problem, self.null, self.free, self.store = problem, null, null.free, store
        self.columns, self.origin = terms.columns, point
        n_samples, data, (l1, l2) = len(point.eta), problem.data, problem.penalty.l1_l2_parts()
        direction = self.free.apply(np.ones(1)) * np.ones(n_samples) if self.free.size else np.zeros(n_samples)
        self.loss = data.kernel_loss, data.y, data.weights, data.lipschitz
        self.entries = (*problem.design.taken(terms.columns), direction)
        self.limits = l1 * terms.strengths, l2 * terms.strengths
        rows = point.eta.copy(), point.gradient.copy(), point.curvature.weights.copy(), np.empty(n_samples)
        self.state = point.coef[terms.columns], slopes.copy(), *rows
        projected = self.free.size and point.projection is not None
        step = float(point.projection.step[0]) if projected else 0.0
        # The loss, its mean curvature, the Newton step of c, how far c has moved, and the share of the matrix that holds.
        self.numbers = np.array([point.value, point.bend, step, 0.0, 1.0])
        self.matrix: tuple | None = None

    def to(self, strength, tol, most_steps, before, times):
        """Go to where the gap on these columns is small enough at a strength; the number of steps, None if it was not reached

        The strength is some `times` as far from here as the point `before` is; 0 times if that is not known.
        """
        self._take_matrix(OUTDATED)
        b, slopes, *_ = self.state
        since, before_left = 0, np.inf
        for steps in range(most_steps + 1):
            gap, short = gap_within(b, slopes, *self.limits, strength)
            left = max(gap / (ENOUGH * tol * self.null.deviance), short**2 / ((1.0 - ENOUGH) * tol))
            if left <= 1.0:
                return steps
            if since > FIRST_STEPS and not left <= STALLED * before_left:
                if not self._take_matrix(0.0):
                    return None
                since = 0
            since, before_left, ahead = since + 1, left, slopes
            if steps == 0 and times > 0.0:
                ahead, last = np.empty(len(b)), (before.eta, before.curvature.weights)
                self.numbers[2] = foreseen(self.entries, self.matrix[2], self.state, self.numbers[4], last, times, ahead)
            if steps == most_steps or not self._step(strength, ahead):
                return None
        return None

    def _step(self, strength, slopes):
        """Go to the minimum of a model with these slopes, or as far as that lowers the objective; whether it does"""
        gram, along, modelled = self.matrix
        (l1, l2), there, share = self.limits, self.state[0].copy(), self.numbers[4]
        own = strength / share
        outcome = minimize(gram, own * l2, slopes / -share, there, own * l1, self.columns, self.store.support)
        if outcome != FINISHED or not np.isfinite(there).all():
            return False
        return advance(self.loss, self.entries, l1, l2, strength, along, modelled, there, self.state, self.numbers)

    def _take_matrix(self, share):
        """Have a matrix whose curvature is off by no more than a share; whether that took another one"""
        store, curvature = self.store, Curvature(self.state[4])
        renews = store.share_off(curvature * (1.0 / self.numbers[4])) > share
        if renews:
            store.renewed(Curvature(self.state[4].copy()))
        if renews or self.matrix is None:
            gram, _, cross, inverse = store.parts(self.columns, 1.0)
            along = inverse[0, 0] * cross[0] if self.free.size else np.zeros(len(gram))
            self.matrix, self.numbers[4] = (gram, along, store.curvature.weights), 1.0
        return renews

    def point(self):
        """The point, with a projection if there is a free block; None where it has none"""
        problem, free = self.problem, self.free
        b, _, eta, gradient, curvature, _ = self.state
        value, bend, _, shift, _ = self.numbers.tolist()
        coef, intercept = free.add(self.origin, np.full(free.size, shift))
        coef[self.columns] = b
        point = Point(coef, intercept, eta.copy(), value, gradient.copy(), Curvature(curvature.copy()), bend)
        if free.size:
            point.projection = projection(problem, free, point)
            if point.projection is None:
                return None
        point.settled_on = free
        return point
