"""Squared error with a penalty that is not convex: local minima by descent on a Gram matrix that all starts share.

The quadratic model is the problem itself, so that a start needs neither models nor a line search: one call leads it to a local
minimum over the columns that are kept. There objectives are those of the problem. So only the best of what several starts lead
to has all columns looked at; those that are missing are kept from there on.
"""

from __future__ import annotations

import numpy as np

from .certificate import prox_steps
from .free_minimum import is_balanced
from .gram_store import LARGEST_GRAM
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
NOTHING = NONE, np.empty(0)


class LocalSolver(WorkingSetSolver):
    """The working-set solver for squared error with a non-convex penalty of single coefficients, given a local minimum."""

    together = True
    # Where starts lead depends on which columns are looked at: more of them lead further down.
    few_kept = 250

    def __init__(self, problem):
        super().__init__(problem)
        # The least strength so far, and where the branch from the null model is there: columns and their coefficients.
        self._branch: tuple = np.inf, NOTHING
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

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def _onwards(self, alpha, start, previous_alpha, rival, taken, tol, max_iter):
        if start is not None and start is self._ready[0]:
            return super()._onwards(alpha, start, None, rival, self._ready[1], tol, max_iter)
        every = self.problem.blocks(alpha)
        null = self.null(every)
        # From alpha_max on the null model passes its certificate, and just there it is rounding what descent makes of it.
        starts, entries = [], NOTHING if start is None else entries_of(every.terms, start)
        if alpha < self.alpha_max():
            starts = self._starts(null, every.terms, [entries], alpha)
        if starts:
            b, value = self._descended(null, starts[0], alpha, self._tolerance(null, alpha, tol))
            if rival is not None and not is_below(null.point.value + value, rival):
                return rival
            point, looks = self._looked_at(b, every, null, alpha, tol, max_iter)
            if point is not None:
                return super()._onwards(alpha, point, None, rival, looks, tol, max_iter)
        return super()._onwards(alpha, start, previous_alpha, rival, taken, tol, max_iter)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def solve_several(self, alpha, others, *, tol, max_iter):
        """The best that the null model, the branch from there in small steps, and other places lead to

        No coefficient of it is better left out, as far as that was tried; None if there is no matrix of all these columns.
        """
        every = self.problem.blocks(alpha)
        null = self.null(every)
        since, branch = self._branch
        if not alpha < since < np.inf:
            since, branch = self.alpha_max(), NOTHING
        entries = [branch, NOTHING, *(entries_of(every.terms, place) for place in others)]
        starts = self._starts(null, every.terms, entries, alpha)
        if not starts:
            return None
        for strength in strengths_between(since, alpha):
            self._descended(null, starts[0], strength, self._tolerance(null, strength, ROUGH_TOL))
        tolerance = self._tolerance(null, alpha, tol)
        ends = [self._descended(null, b, alpha, tolerance) for b in starts]
        b, _ = ends[0]
        self._branch = alpha, (self._store(null).columns[b != 0.0], b[b != 0.0])
        b, _ = min(ends, key=lambda end: end[1])
        self._ready = self._looked_at(self._exchanged(null, b, alpha, tolerance), every, null, alpha, tol, max_iter)
        start, _ = self._ready
        if start is None:
            return None
        solution = self.solve(alpha, tol=tol, max_iter=max_iter, start=start)
        # The next strength is not led to by these.
        start.slopes = None
        return solution

    @staticmethod
    def _tolerance(null, alpha, tol):
        """What gradients on the kept columns may be off by"""
        return tol * min(SHARE_OF_STRENGTH * alpha, SHARE_OF_VIOLATION * null.gradient_size)

    def _descended(self, null, b, alpha, tolerance):
        """Move coefficients of the columns kept to the local minimum that they lead to; its objective less the null model's"""
        gram, slopes, units, places = self._parts(null)
        return b, descend(self.problem.kernel_penalty, gram, slopes, b, alpha * units, tolerance, places, NONE)

    def _exchanged(self, null, b, alpha, tolerance):
        """The best of a local minimum and those that leaving out one of its coefficients leads to, the least ones first"""
        gram, slopes, units, places = self._parts(null)
        support = np.flatnonzero(b)
        if len(support) == 0:
            return b
        design = self.problem.design
        most = max(LOOKS * design.n_samples * design.n_features, CALLS) / (EPOCHS * len(b) * len(support))
        order = support[np.argsort(np.abs(b[support]), kind="stable")][: int(most)]
        descend(self.problem.kernel_penalty, gram, slopes, b, alpha * units, tolerance, places, order)
        return b

    def _looked_at(self, b, every, null, alpha, tol, max_steps):
        """A local minimum over all columns, from one over those that are kept, and how often all were looked at"""
        problem, terms, store = self.problem, every.terms, self._store(null)
        steps, tolerance = prox_steps(problem, null.free, null.point, terms), self._tolerance(null, alpha, tol)
        looks, most = 0, max(1, min(max_steps, MOST_LOOKS))
        while True:
            if not np.isfinite(b).all():
                return None, 0
            coef, intercept = null.free.add(null.point, -(store.inverse @ (store.cross @ b)))
            coef[store.columns] = b
            point = problem.at(coef, intercept)
            lacking, looks = self._lacking(null, terms, point, steps, ENOUGH * tol * null.gradient_size), looks + 1
            if len(lacking) == 0:
                break
            # Mostly it goes on from there, and the matrix needs the room.
            point.slopes = None
            if looks == most or not self._keep(null, lacking, also=store.columns[b != 0.0]):
                break
            b, _ = self._descended(null, coef[store.columns], alpha, tolerance)
        if null.free.size and is_balanced(problem, null.free, point.gradient):
            point.settled_on = null.free
        return point, looks

    def _parts(self, null):
        """The matrix of the columns kept, what descent goes by, their units of strength, and the order it goes in

        That in which the null model leads to them: it must not depend on which columns happen to have been stored first.
        """
        store = self._store(null)
        if self._stored_columns is not store.columns:
            columns = self._stored_columns = store.columns
            slopes, units = -null.gradient[columns], self.problem.factors[columns]
            order = np.lexsort((columns, -np.abs(slopes) / units))
            self._kept_parts = slopes, units, order
        return store.stored, *self._kept_parts

    def _starts(self, null, terms, entries, alpha):
        """Keep the columns of some entries, and those that the null model leads to: these among zeros of all that are kept

        There are none if these columns cannot be.
        """
        if not 0.0 < alpha < np.inf or not null.exists or terms.count == 0:
            return []
        if len(self._first) == 0:
            self._sort_entries(null, terms)
        near = self._first[: max(np.count_nonzero(self._entries > alpha), SMALLEST_SET)]
        wanted = np.zeros(self.problem.n_features, dtype=bool)
        for columns, _ in entries:
            wanted[columns] = True
        wanted[near] = False
        if not self._keep(null, np.concatenate([near, np.flatnonzero(wanted)])):
            return []
        store = self._store(null)
        starts = [np.zeros(len(store.columns)) for _ in entries]
        for b, (columns, values) in zip(starts, entries, strict=True):
            b[store.place[columns]] = values
        return starts

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

    def _lacking(self, null, terms, point, steps, enough):
        """The columns that violate their conditions most and are not kept"""
        store, slopes = self._store(null), self.problem.gradient_on(terms, point)
        violation = terms.prox_residuals(terms.of(point.coef), slopes, steps)
        violation[store.place[terms.columns] >= 0] = 0.0
        worst = np.flatnonzero(violation > enough)
        room = max(SMALLEST_SET, len(store.columns) // 2)
        if len(worst) > room:
            worst = worst[np.argpartition(-violation[worst], room)[:room]]
        return terms.columns[worst]


def entries_of(terms, place):
    """The columns of the terms whose coefficients are not zero at a place, and these"""
    coef = terms.of(place.point().coef)
    at = np.flatnonzero(coef)
    return terms.columns[at], coef[at]
