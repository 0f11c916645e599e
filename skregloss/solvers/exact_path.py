"""Squared error with an L1-type penalty: working sets are solved to the last digit by the weights homotopy.

The quadratic model is then the problem itself, so that neither a line search nor a judgement is needed between rounds: the
gradients say which columns are missing.
"""

from __future__ import annotations

import numpy as np

from . import homotopy
from .ahead import AheadSolver

# The largest working set that is solved at once; the general solver takes larger ones in parts.
LARGEST_SET = 2000
# Columns whose Gram entries are computed ahead, the next to enter by their gradients.
AHEAD = 12


class ExactSolver(AheadSolver):
    """Minima on a Gram matrix that is kept."""

    def _minima_on(self, working, terms, null, point, gradient, strengths, *, trail, tol, max_steps):
        if len(working) > LARGEST_SET:
            return []
        store, columns = self._store(null), terms.columns[working]
        l1, l2 = self.problem.penalty.l1_l2_parts()
        self._look_ahead(store, terms, working, gradient)
        gram, _, cross, inverse = store.parts(columns, 1.0)
        before, units = point.coef[columns], terms.strengths[working]
        _, found = homotopy.minimize_each(
            gram, l2 * units, -gradient[working], before.copy(), l1 * units, strengths, columns, store.support
        )
        return self._points(null, point, columns, found, cross, inverse)

    def _points(self, null, point, columns, found, cross, inverse):
        """Those with the rows of `found` as the coefficients of these columns, and no steps"""
        problem, before = self.problem, point.coef[columns]
        found = found[: np.cumprod(np.isfinite(found).all(axis=1)).sum()]
        steps = found - before
        moved = np.flatnonzero(steps.any(axis=0))
        free_steps = -(steps @ cross.T) @ inverse
        etas = point.eta + problem.design.matvecs(steps[:, moved], columns[moved])
        points = []
        for b, free_step, eta in zip(found, free_steps, etas, strict=True):
            coef, intercept = null.free.add(point, free_step)
            coef[columns] = b
            points.append((problem.at(coef, intercept, eta + null.free.apply(free_step)), 0))
        return points

    @staticmethod
    def _look_ahead(store, terms, working, gradient):
        """Have the store compute the columns that are likely to enter next together with those that it lacks."""
        if store.lacks(terms.columns[working]):
            count = len(working) + AHEAD
            if count >= len(gradient):
                store.reserve(terms.columns)
            else:
                likely = np.argpartition(-np.abs(gradient / terms.strengths), count)[:count]
                store.reserve(terms.columns[np.union1d(working, likely)])
