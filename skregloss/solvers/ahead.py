"""Paths that solve several strengths at once: on a working set for all of them, and then all columns are looked at together.

A product with many vectors costs little more than one with a few, and what a compiled path needs from one strength to the next
is next to nothing. Solutions are judged one by one as others are; where the working set lacked a column, the strengths from
there on are solved again with it.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .free_minimum import is_balanced
from .gram_store import most_kept
from .small_steps import ROUGH_ITERATIONS, ROUGH_TOL
from .working_set import WorkingSetSolver

MOST_ROUNDS = 20
# Gradients above their limits by this share of them are rounding.
ROUNDING = 1e-12
# Gradients within this share of their limits at the first of some strengths are likely to reach them at others.
NEAR = 0.9
# Strengths that are solved at once, to begin with and at most; and the share of the data that their gradients may take, which
# does not matter where these have no more entries than that.
FEWEST_STRENGTHS, MOST_STRENGTHS, SHARE_OF_DATA, SMALL = 4, 16, 0.02, 2**20


class AheadSolver(WorkingSetSolver):
    """The working-set solver for L1-type penalties without bounds, given the optimum as its start."""

    # Fewer strengths than these are left to the general way.
    fewest = 1

    def __init__(self, problem):
        super().__init__(problem)
        self._following, self._known, self._count = np.empty(0), {}, 1
        n_samples = problem.design.n_samples
        small = n_samples * problem.n_features <= SMALL
        self._most = MOST_STRENGTHS if small else int(np.clip(SHARE_OF_DATA * n_samples, 1, MOST_STRENGTHS))

    def foresee(self, alphas):
        self._following, self._known, self._count = np.asarray(alphas, dtype=float), {}, FEWEST_STRENGTHS

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def led_towards(self, alpha, start=None, previous_alpha=None):
        every = self.problem.blocks(alpha)
        null = self.null(every)
        point, since = (null.point, self.alpha_max()) if start is None else (start, previous_alpha)
        there, _ = self._advanced(point, every, null, alpha, since, tol=ROUGH_TOL, max_steps=ROUGH_ITERATIONS)
        return super().led_towards(alpha, start, previous_alpha) if there is None else there

    def _advanced(self, point, every, null, alpha, since, *, rival=None, **accuracy):
        if alpha not in self._known:
            self._known = {}
            if alpha <= 0.0 or not null.exists or every.terms.count == 0 or point.settled_on is not null.free:
                return None, 0
            if not self._serves(point, null):
                return None, 0
            later = self._following[(self._following < alpha) & (self._following > 0.0)]
            strengths = np.r_[alpha, later][: min(self._most, self._count)]
            if len(strengths) < self.fewest:
                return None, 0
            self._count = 2 * self._count
            self._known = dict(zip(strengths.tolist(), self._optima(point, null, strengths, since, accuracy), strict=False))
        start, steps = self._known.pop(alpha, (None, 0))
        if start is not None and null.free.size and is_balanced(self.problem, null.free, start.gradient):
            start.settled_on = null.free
        return start, steps

    def _serves(self, point, null) -> bool:
        """Whether this way is worth going from a point"""
        return True

    def _optima(self, point, null, strengths, since, accuracy):
        """The optima at the first of some falling strengths and the steps to each, or how far towards the first this leads

        The free block is at its minimum.
        """
        terms = self.problem.blocks(1.0).terms
        limits = self.problem.penalty.l1_l2_parts()[0] * terms.strengths
        gradient = self.problem.gradient_on(terms, point)
        # The sequential strong rule.
        ahead = 0.0 if since is None else np.clip(2.0 * strengths[0] - since, 0.0, NEAR * strengths[0])
        inside = (terms.of(point.coef) != 0.0) | (np.abs(gradient) > ahead * limits)
        optima, nearer = [], []
        for _ in range(MOST_ROUNDS):
            inside = nearest(inside, terms.of(point.coef) != 0.0, np.abs(gradient) / limits, most_kept(self.problem.design))
            working, left = np.flatnonzero(inside), strengths[len(optima) :]
            found = self._minima_on(working, terms, null, point, gradient, left, **accuracy)
            if not found:
                break
            gradients = self.problem.gradients_on(terms, [point for point, _ in found])
            right = missing(gradients, (1.0 + ROUNDING) * left, limits, inside)
            optima += found[:right]
            if right == len(left):
                return optima
            # Where the first lacks a column, it is a nearer start all the same.
            last = max(right - 1, 0)
            nearer = found[last : last + 1]
            (point, _), gradient = nearer[0], gradients[last]
            del found, gradients
        return optima or nearer

    def _minima_on(self, working, terms, null, point, gradient, strengths, *, tol, max_steps):
        """The optima over a working set at the first of the strengths, and the steps to each; none where this does not serve

        `gradient` is that of the loss at `point`, from where they are sought.
        """
        raise NotImplementedError


def nearest(inside, support, shares, most):
    """At most so many of the places, or half as many again as are in the support: those, and others by their share of limits

    What a store does not keep is better not asked for: of many columns that violate their conditions few are needed.
    """
    count = max(most, 3 * np.count_nonzero(support) // 2)
    if np.count_nonzero(inside) <= count:
        return inside
    chosen = np.zeros(len(inside), dtype=bool)
    chosen[np.argpartition(-np.where(support, np.inf, np.where(inside, shares, 0.0)), count)[:count]] = True
    return chosen


def missing(gradients, strengths, limits, inside):
    """Mark columns outside whose gradient at a strength is beyond its limit; how many strengths come before the first such"""
    with np.errstate(divide="ignore"):
        beyond = largest(gradients, np.where(inside, 0.0, 1.0 / limits)) > strengths
    if not beyond.any():
        return len(strengths)
    wrong = np.flatnonzero(beyond)
    inside |= (np.abs(gradients[wrong]) > strengths[wrong, None] * limits).any(axis=0)
    return int(wrong[0])


@kernel(reorder=True)
def largest(gradients, shares):
    """The largest |gradient| times its share, for each row"""
    result = np.zeros(gradients.shape[0])
    for k in range(gradients.shape[0]):
        row, most = gradients[k], 0.0
        for j in range(shares.shape[0]):
            most = max(most, abs(row[j]) * shares[j])
        result[k] = most
    return result
