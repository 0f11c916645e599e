"""Squared error with an L1-type penalty: working sets are solved to the last digit by the weights homotopy.

The quadratic model is then the problem itself, so that neither a line search nor a judgement is needed between rounds: the
gradients say which columns are missing.
"""

from __future__ import annotations

import numpy as np

from . import homotopy
from .ahead import AheadSolver
from .gram_store import FEW
from .minima import Minimum, certify
from .quadratic import Quadratic

# The largest working set that is solved at once; the general solver takes larger ones in parts.
LARGEST_SET = 2000
# Of so few rows columns are taken as they are, with so many entries and such a part of all columns at most, and their Gram
# matrix is not formed: that costs less, so that more of them may be looked at.
FEW_ROWS, ENTRIES, PART, NEAR = 200, 2**16, 8, 0.9
# Of tall dense designs all columns are in the working set once one of so many is likely to matter, and as long as there are no
# more of them than so many per strength that is left: products of matrices do so much more in the time that products with
# vectors take, and with the whole Gram matrix gradients cost next to nothing.
SHARE_LIKELY, PER_STRENGTH = 4, 32
# What slopes by a Gram matrix may be off by, as a share of what violations may be.
SHARE_OFF = 0.01


class ExactSolver(AheadSolver):
    """Minima on a Gram matrix that is kept, or on columns of few rows."""

    few_rows = FEW_ROWS
    looks_back = False

    def __init__(self, problem):
        self._by_rows = problem.design.n_samples <= min(self.few_rows, problem.n_features)
        if self._by_rows:
            self.near = NEAR
        super().__init__(problem)

    def foresee(self, alphas):
        super().foresee(alphas)
        self.few = 0

    def _likely(self, terms, point, slopes, strengths, since):
        inside = super()._likely(terms, point, slopes, strengths, since)
        left = np.count_nonzero(self._following <= strengths[0])
        if self._all_pay(terms, np.count_nonzero(inside), left):
            self.few, inside = terms.count, np.ones(terms.count, dtype=bool)
        return inside

    def _all_pay(self, terms, count, left):
        """Whether all columns in the working set do, where so many are likely to matter and so many strengths are left"""
        design, every = self.problem.design, terms.count
        if not design.dense or design.n_samples < every or every > LARGEST_SET:
            return False
        return design.knows_gram or every <= min(SHARE_LIKELY * count, PER_STRENGTH * left)

    def _largest_set(self):
        if not self._by_rows:
            return super()._largest_set()
        return max(FEW, min(ENTRIES // self.problem.design.n_samples, self.problem.n_features // PART))

    def _minima_on(self, working, terms, null, point, slopes, strengths, *, trail, tol, max_steps):
        if len(working) > LARGEST_SET:
            return []
        store, columns = self._store(null), terms.columns[working]
        l1, l2 = self.problem.penalty.l1_l2_parts()
        quadratic, cross, inverse = self._quadratic(store, columns)
        before, units = point.coef[columns], terms.strengths[working]
        _, found = homotopy.minimize_each(
            quadratic, l2 * units, -slopes[working], before.copy(), l1 * units, strengths, columns, store.support
        )
        del quadratic  # what follows takes as much again
        return self._minima(null, point, columns, found, strengths, cross, inverse)

    def _certify(self, minima, null, terms, inside, point, slopes, tol):
        """The same; without products with all columns for each, if all are in the working set

        Gradients are linear in the coefficients. How well they are known so is seen at the last, where the next ones start.
        """
        if self._by_rows or not inside.all():
            return super()._certify(minima, null, terms, inside, point, slopes, tol)
        gram, *_ = self._store(null).parts(terms.columns, 1.0)
        steps = np.array([minimum.b for minimum in minima]) - terms.of(point.coef)
        along, last = slopes + steps @ gram, terms.of(self.problem.design.rmatvec(minima[-1].dual))
        if (np.abs(along[-1] - last) > SHARE_OFF * tol * minima[-1].strength * self._limits(terms)).any():
            return super()._certify(minima, null, terms, inside, point, slopes, tol)
        minima[-1].slopes, along[-1] = (terms.columns, last), last
        certify(self.problem, null, terms, minima, along, tol)
        return len(minima)

    def _quadratic(self, store, columns):
        """The quadratic form of the loss, and what moves the free block: Z'HX and (Z'HZ)^+"""
        if self._by_rows:
            rows, diagonal, cross, inverse = store.rows(columns)
            return Quadratic(rows=rows, diagonal=diagonal), cross, inverse
        gram, _, cross, inverse = store.parts(columns, 1.0)
        return Quadratic(gram), cross, inverse

    def _minima(self, null, point, columns, found, strengths, cross, inverse):
        """Those with the rows of `found` as the coefficients of these columns, up to the first that is not finite"""
        problem, before = self.problem, point.coef[columns]
        finite = np.isfinite(found).all(axis=1)
        found = found if finite.all() else found[: np.argmin(finite)]
        steps = found - before
        moved = np.flatnonzero(steps.any(axis=0))
        free_steps = -(steps @ cross.T) @ inverse
        etas = point.eta + problem.design.matvecs(steps[:, moved], columns[moved])
        if null.free.size:
            etas += null.free.applied(free_steps)
        each = zip(strengths, found, free_steps, etas, problem.data.derivatives_each(etas), strict=False)
        return [Minimum(strength, 0, null.free, point, columns, *parts, *loss) for strength, *parts, loss in each]
