"""Squared error with an L1-type penalty: working sets are solved to the last digit by the weights homotopy, at several
strengths at once where more are known to follow.

The quadratic model is then the problem itself, so that neither a line search nor a judgement is needed between rounds: the
gradients say which columns are missing, and certificates are computed at the end.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from . import homotopy
from .working_set import WorkingSetSolver

MOST_ROUNDS = 20
# The largest working set that is solved at once; the general solver takes larger ones in parts.
LARGEST_SET = 2000
# Gradients above their limits by this share of them are rounding.
ROUNDING = 1e-12
# Columns whose Gram entries are computed ahead, the next to enter by their gradients; and at least half of those known, for
# each addition passes over the known ones again.
AHEAD = 24
# Gradients within this share of their limits at the first of some strengths are likely to reach them at others.
NEAR = 0.9
# Strengths that are solved at once, at most, and the entries that their gradients may have beyond a share of the data's.
FEWEST_STRENGTHS, MOST_STRENGTHS, FEW_ENTRIES, SHARE_OF_DATA = 4, 16, 2**18, 0.1


class ExactSolver(WorkingSetSolver):
    """The working-set solver, given the optimum as its start."""

    def __init__(self, problem):
        super().__init__(problem)
        self._following = np.empty(0)
        self._known = {}
        self._count = 1
        entries = max(FEW_ENTRIES, SHARE_OF_DATA * problem.design.n_samples * problem.n_features)
        self._most = int(np.clip(entries // max(problem.n_features, 1), 1, MOST_STRENGTHS))

    def foresee(self, alphas):
        self._following, self._known, self._count = np.asarray(alphas, dtype=float), {}, FEWEST_STRENGTHS

    def _advanced(self, point, blocks, null, alpha, since):
        if alpha <= 0.0 or not null.exists or blocks.terms.count == 0 or point.settled_on is not null.free:
            return point
        if alpha not in self._known:
            later = self._following[(self._following < alpha) & (self._following > 0.0)]
            strengths = np.r_[alpha, later][: min(self._most, self._count)]
            self._count = 2 * self._count
            self._known = dict(zip(strengths.tolist(), self._optima(point, null, strengths, since), strict=False))
        return self._known.pop(alpha, point)

    def _optima(self, point, null, strengths, since):
        """The optima at the first of some falling strengths, or how far towards the first this way leads

        The free block is at its minimum, and stays there.
        """
        terms, store = self.problem.blocks(1.0).terms, self._store(null)
        limits = self.problem.penalty.l1_l2_parts()[0] * terms.strengths
        gradient = self.problem.gradient_on(terms, point)
        # The sequential strong rule.
        ahead = 0.0 if since is None else np.clip(2.0 * strengths[0] - since, 0.0, NEAR * strengths[0])
        inside = (terms.of(point.coef) != 0.0) | (np.abs(gradient) > ahead * limits)
        optima = []
        for _ in range(MOST_ROUNDS):
            working, left = np.flatnonzero(inside), strengths[len(optima) :]
            if len(working) > LARGEST_SET:
                break
            self._look_ahead(store, terms, working, gradient, left[0] * limits)
            points = self._minima_on(point, null.free, store, terms, working, gradient, left)
            if not points:
                break
            right = missing(self.problem.gradients_on(terms, points), (1.0 + ROUNDING) * left, limits, inside)
            optima += points[:right]
            point = points[max(right - 1, 0)]
            gradient = point.slopes[1]
            if right == len(left):
                return optima
        return optima or [point]

    def _minima_on(self, point, free, store, terms, working, gradient, strengths):
        """The optima over a working set; of the first strengths only, or none, where its columns depend on one another"""
        problem, columns = self.problem, terms.columns[working]
        gram, _, cross, inverse = store.parts(columns, 1.0)
        l1, l2 = problem.penalty.l1_l2_parts()
        before, units = point.coef[columns], terms.strengths[working]
        _, found = homotopy.minimize_each(
            gram, l2 * units, -gradient[working], before.copy(), l1 * units, strengths, columns, store.support
        )
        found = found[: np.cumprod(np.isfinite(found).all(axis=1)).sum()]
        steps = found - before
        moved = np.flatnonzero(steps.any(axis=0))
        free_steps = -(steps @ cross.T) @ inverse
        etas = point.eta + problem.design.matvecs(steps[:, moved], columns[moved])
        points = []
        for b, free_step, eta in zip(found, free_steps, etas, strict=True):
            coef, intercept = free.add(point, free_step)
            coef[columns] = b
            points.append(problem.at(coef, intercept, eta + free.apply(free_step)))
        return points

    @staticmethod
    def _look_ahead(store, terms, working, gradient, limits):
        """Have the store compute the columns that are likely to enter next together with those that it lacks."""
        if store.lacks(terms.columns[working]):
            count = len(working) + AHEAD
            if count >= len(limits):
                store.reserve(terms.columns)
            else:
                likely = np.argpartition(-np.abs(gradient / limits), count)[:count]
                store.reserve(terms.columns[np.union1d(working, likely)])


@kernel
def missing(gradients, strengths, limits, inside):
    """Mark the columns outside whose gradient at a strength is beyond its limit; how many strengths come before the first such"""
    right = strengths.shape[0]
    for k in range(strengths.shape[0]):
        for j in range(limits.shape[0]):
            if abs(gradients[k, j]) > strengths[k] * limits[j] and not inside[j]:
                inside[j], right = True, min(right, k)
    return right
