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
from .minima import Minimum
from .newton_path import MOST_STEPS, STALLED
from .projection import projection

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

    # A strength alone is not worth what compiling takes. As each takes several steps, what lacks a column at one of them costs
    # more than columns that are not needed do.
    fewest, most, near = 2, 8, 0.9

    def _serves(self, point, null):
        support = np.flatnonzero(point.coef)
        return null.free.size <= 1 and self._fits(support)

    def _fits(self, columns):
        """Whether a copy of the columns takes little room"""
        return len(columns) <= LARGEST_SET and self.problem.design.counts(columns).sum() <= SMALL

    def _likely(self, terms, point, slopes, strengths, since):
        inside = super()._likely(terms, point, slopes, strengths, since)
        trail = self._trail_to(point)
        known = [minimum for minimum in trail[:-1] if minimum.slopes is not None][-1:]
        before, times = where(known + trail[-1:], strengths[-1])
        if times > 0.0 and before.slopes[0] is terms.columns:
            there = slopes + times * (slopes - before.slopes[1])
            inside |= np.abs(there) > LIKELY * strengths[-1] * self._limits(terms)
        return inside

    def _minima_on(self, working, terms, null, point, slopes, strengths, *, trail, tol, max_steps):
        if not self._fits(terms.columns[working]):
            return []
        tol = max(tol, LEAST)
        walk = Walk(self.problem, null, self._store(null), terms.take(working), point, slopes[working])
        found: list[Minimum] = []
        for strength in strengths:
            steps = walk.to(strength, tol, min(max_steps, MOST_STEPS), *where([*trail, *found], strength))
            here = None if steps is None else walk.minimum(strength, steps)
            if here is None:
                break
            found.append(here)
        return found


def where(trail, strength):
    """The last minimum but one, and how many times as far as from there to the last it is to a strength; 0 if not known"""
    if len(trail) < 2:
        return None, 0.0
    before, here = trail[-2:]
    known = strength < here.strength < before.strength
    return before, (here.strength - strength) / (before.strength - here.strength) if known else 0.0


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

    def minimum(self, strength, steps) -> Minimum | None:
        """What has been reached, with a projection if there is a free block; None where it has none"""
        problem, free = self.problem, self.free
        b, _, eta, gradient, curvature, _ = self.state
        value, bend, _, shift, _ = self.numbers.tolist()
        place = self.origin, self.columns, b.copy(), np.full(free.size, shift), eta.copy()
        found = Minimum(strength, steps, free, *place, value, gradient.copy(), Curvature(curvature.copy()), bend)
        if free.size:
            found.projection = projection(problem, free, found)
            if found.projection is None:
                return None
        return found
