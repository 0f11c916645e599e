"""Squared error with a penalty that is not convex: local minima by descent on a Gram matrix that all starts share.

The quadratic model is the problem itself, so that a start needs neither models nor a line search: one call leads it to a local
minimum over the columns that are kept. There objectives are those of the problem. So only the best of what several starts lead
to has all columns looked at; those that are missing are kept from there on.
"""

from __future__ import annotations

import numpy as np

from .certificate import prox_steps
from .free_minimum import is_balanced
from .gram_store import LARGEST_GRAM, submatrix
from .local_descent import EPOCHS, descend
from .rivals import is_below
from .small_steps import ROUGH_TOL, strengths_between
from .working_set import SHARE_OF_STRENGTH, SHARE_OF_VIOLATION, SMALLEST_SET, WorkingSetSolver

MOST_LOOKS = 20
# Violations up to this share of what is wanted need not be mended.
ENOUGH = 0.5
# The null model begins with at most so many columns per root of their number.
PER_ROOT = 4
# Leaving out coefficients may cost as many multiplications as so many looks at all columns, or as some calls do.
LOOKS, CALLS = 4, 1e6
NONE = np.empty(0, dtype=np.int64)


class LocalSolver(WorkingSetSolver):
    """The working-set solver for squared error with a non-convex penalty of single coefficients, given a local minimum."""

    together = True
    # Where starts lead depends on which columns are looked at: more of them lead further down.
    few_kept = 250

    def __init__(self, problem):
        super().__init__(problem)
        # The least strength so far, and where the branch from the null model is there.
        self._branch: tuple = np.inf, None
        # A point that is a local minimum already, and how often all columns were looked at for it.
        self._ready: tuple = None, 0
        # The columns that the null model's slopes are largest along, and the strengths at which these would let them in.
        self._first, self._entries = np.empty(0, dtype=np.int64), np.empty(0)
        self._stored_columns = self._kept_parts = None

    @staticmethod
    def serves(problem) -> bool:
        """Whether the problem is such a one"""
        one_by_one = problem.penalty.block_labels(problem.coef_shape[-1]) is None
        return problem.loss.constant_curvature and not problem.penalty.convex and one_by_one and not problem.bounded

    def _onwards(self, alpha, start, previous_alpha, rival, taken, tol, max_iter):
        if start is not None and start is self._ready[0]:
            return super()._onwards(alpha, start, None, rival, self._ready[1], tol, max_iter)
        every = self.problem.blocks(alpha)
        null = self.null(every)
        coef = (null.point if start is None else start.point()).coef
        # From alpha_max on the null model passes its certificate, and just there it is rounding what descent makes of it.
        if alpha < self.alpha_max() and self._reserve(null, every.terms, [coef], alpha):
            b, value = self._descended(null, coef, alpha, self._tolerance(null, alpha, tol))
            if rival is not None and not is_below(null.point.value + value, rival):
                return rival
            point, looks = self._looked_at(b, every, null, alpha, tol, max_iter)
            if point is not None:
                return super()._onwards(alpha, point, None, rival, looks, tol, max_iter)
        return super()._onwards(alpha, start, previous_alpha, rival, taken, tol, max_iter)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def solve_several(self, alpha, others, *, tol, max_iter):
        """The best that the null model, the branch from there in small steps, and other coefficients lead to

        No coefficient of it is better left out, as far as that was tried; None if there is no matrix of all these columns.
        """
        every = self.problem.blocks(alpha)
        null = self.null(every)
        since, branch = self._branch
        if branch is None or since <= alpha:
            since, branch = self.alpha_max(), null.point.coef
        if not self._reserve(null, every.terms, [branch, *others], alpha):
            return None
        for strength in strengths_between(since, alpha):
            branch = self._spread(self._descended(null, branch, strength, self._tolerance(null, strength, ROUGH_TOL))[0])
        tolerance = self._tolerance(null, alpha, tol)
        ends = [self._descended(null, coef, alpha, tolerance) for coef in (branch, null.point.coef, *others)]
        self._branch = alpha, self._spread(ends[0][0])
        b, _ = min(ends, key=lambda end: end[1])
        self._ready = self._looked_at(self._exchanged(null, b, alpha, tolerance), every, null, alpha, tol, max_iter)
        start, _ = self._ready
        return None if start is None else self.solve(alpha, tol=tol, max_iter=max_iter, start=start)

    @staticmethod
    def _tolerance(null, alpha, tol):
        """What gradients on the kept columns may be off by"""
        return tol * min(SHARE_OF_STRENGTH * alpha, SHARE_OF_VIOLATION * null.gradient_size)

    def _descended(self, null, coef, alpha, tolerance):
        """The local minimum over the columns kept that coefficients lead to; its objective less that of the null model"""
        gram, columns, _, slopes, units = self._parts(null)
        b = coef[columns]
        return b, descend(self.problem.kernel_penalty, gram, slopes, b, alpha * units, tolerance, NONE)

    def _exchanged(self, null, b, alpha, tolerance):
        """The best of a local minimum and those that leaving out one of its coefficients leads to, the least ones first"""
        gram, _, _, slopes, units = self._parts(null)
        support = np.flatnonzero(b)
        if len(support) == 0:
            return b
        design = self.problem.design
        most = max(LOOKS * design.n_samples * design.n_features, CALLS) / (EPOCHS * len(b) * len(support))
        order = support[np.argsort(np.abs(b[support]), kind="stable")][: int(most)]
        descend(self.problem.kernel_penalty, gram, slopes, b, alpha * units, tolerance, order)
        return b

    def _spread(self, b):
        """Coefficients of the columns kept among zeros"""
        coef = np.zeros(self.problem.n_features)
        coef[self._kept_parts[1]] = b
        return coef

    def _looked_at(self, b, every, null, alpha, tol, max_steps):
        """A local minimum over all columns, from one over those that are kept, and how often all were looked at"""
        problem, terms, store = self.problem, every.terms, self._store(null)
        steps, tolerance = prox_steps(problem, null.free, null.point, terms), self._tolerance(null, alpha, tol)
        looks, most = 0, max(1, min(max_steps, MOST_LOOKS))
        while True:
            if not np.isfinite(b).all():
                return None, 0
            _, columns, places, *_ = self._parts(null)
            coef, intercept = null.free.add(null.point, -(store.inverse @ (store.cross[:, places] @ b)))
            coef[columns] = b
            point = problem.at(coef, intercept)
            violation = terms.prox_residuals(terms.of(coef), problem.gradient_on(terms, point), steps)
            looks += 1
            if looks == most or not self._extends(null, terms, coef, violation, ENOUGH * tol * null.gradient_size):
                break
            b, _ = self._descended(null, coef, alpha, tolerance)
        if null.free.size and is_balanced(problem, null.free, point.gradient):
            point.settled_on = null.free
        return point, looks

    def _parts(self, null):
        """The matrix of the columns kept, these, their places in the store, what descent goes by, and their units of strength

        They are in the order in which the null model leads to them: where descent ends depends on it, and must not on
        which columns happen to have been stored first.
        """
        store = self._store(null)
        if self._stored_columns is not store.columns:
            columns = self._stored_columns = store.columns
            slopes, units = -null.gradient[columns], self.problem.factors[columns]
            places = np.lexsort((columns, -np.abs(slopes) / units))
            parts = columns[places], places, slopes[places], units[places]
            self._kept_parts = submatrix(store.stored, places), *parts
        return self._kept_parts

    def _reserve(self, null, terms, coefs, alpha) -> bool:
        """Keep the columns of some supports, and those that the null model leads to; whether they can be"""
        if not 0.0 < alpha < np.inf or not null.exists or terms.count == 0:
            return False
        if len(self._first) == 0:
            self._sort_entries(null, terms)
        near = self._first[: max(np.count_nonzero(self._entries > alpha), SMALLEST_SET)]
        inside = np.zeros(terms.count, dtype=bool)
        for coef in coefs:
            inside |= terms.of(coef) != 0.0
        wanted = np.zeros(self.problem.n_features, dtype=bool)
        wanted[terms.columns[inside]] = True
        wanted[near] = False
        return self._keep(null, np.concatenate([near, np.flatnonzero(wanted)]))

    def _sort_entries(self, null, terms):
        """Find the columns that the null model leads to first."""
        slopes = np.abs(null.gradient[terms.columns]) / self.problem.factors[terms.columns]
        # Half of what is kept at most, lest they be dropped and computed in turn with others.
        most = max(self._store(null).most // 2, SMALLEST_SET)
        count = min(int(PER_ROOT * np.sqrt(terms.count)), most, terms.count)
        places = np.argpartition(-slopes, count - 1)[:count]
        places = places[np.argsort(-slopes[places], kind="stable")]
        self._first, self._entries = terms.columns[places], slopes[places]

    def _keep(self, null, columns, also=NONE) -> bool:
        """Keep some columns, and if others have to go for them, `also` those; whether there is room"""
        store = self._store(null)
        new = columns[store.place[columns] < 0]
        if len(new) == 0:
            return True
        every = np.concatenate([store.columns, new])
        if len(every) > store.most:
            every = np.concatenate([columns, also[~np.isin(also, columns)]])
        if len(every) > LARGEST_GRAM:
            return False
        store.reserve(every)
        return True

    def _extends(self, null, terms, coef, violation, enough):
        """Keep the worst violators that are not; whether there were any, and there is room"""
        store = self._store(null)
        violation[store.place[terms.columns] >= 0] = 0.0
        worst = np.flatnonzero(violation > enough)
        if len(worst) == 0:
            return False
        room = max(SMALLEST_SET, len(store.columns) // 2)
        if len(worst) > room:
            worst = worst[np.argpartition(-violation[worst], room)[:room]]
        return self._keep(null, terms.columns[worst], also=store.columns[coef[store.columns] != 0.0])
