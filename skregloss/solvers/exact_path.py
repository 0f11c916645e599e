"""Squared error with an L1-type penalty: working sets are solved to the last digit by the weights homotopy.

The quadratic model is then the problem itself, so that neither a line search nor a judgement is needed between rounds: the
gradients say which columns are missing.
"""

from __future__ import annotations

import numpy as np

from . import homotopy
from .ahead import AheadSolver
from .minima import Minimum

# The largest working set that is solved at once; the general solver takes larger ones in parts.
LARGEST_SET = 2000


class ExactSolver(AheadSolver):
    """Minima on a Gram matrix that is kept."""

    def _minima_on(self, working, terms, null, point, slopes, strengths, *, trail, tol, max_steps):
        if len(working) > LARGEST_SET:
            return []
        store, columns = self._store(null), terms.columns[working]
        l1, l2 = self.problem.penalty.l1_l2_parts()
        gram, _, cross, inverse = store.parts(columns, 1.0)
        before, units = point.coef[columns], terms.strengths[working]
        _, found = homotopy.minimize_each(
            gram, l2 * units, -slopes[working], before.copy(), l1 * units, strengths, columns, store.support
        )
        return self._minima(null, point, columns, found, strengths, cross, inverse)

    def _minima(self, null, point, columns, found, strengths, cross, inverse):
        """Those with the rows of `found` as the coefficients of these columns, up to the first that is not finite"""
        problem, before = self.problem, point.coef[columns]
        found = found[: np.cumprod(np.isfinite(found).all(axis=1)).sum()]
        steps = found - before
        moved = np.flatnonzero(steps.any(axis=0))
        free_steps = -(steps @ cross.T) @ inverse
        etas = point.eta + problem.design.matvecs(steps[:, moved], columns[moved])
        for eta, free_step in zip(etas, free_steps, strict=True):
            eta += null.free.apply(free_step)
        each = zip(strengths, found, free_steps, etas, problem.data.derivatives_each(etas), strict=False)
        return [Minimum(strength, 0, null.free, point, columns, *parts, *loss) for strength, *parts, loss in each]
