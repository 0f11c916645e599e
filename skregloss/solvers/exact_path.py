"""Squared error with an L1-type penalty: each working set is solved to its last digit by the weights homotopy.

The quadratic model is then the problem itself, so that neither a line search nor a judgement is needed between rounds: the
gradient says which columns are missing, and the certificate is computed once, at the end.
"""

from __future__ import annotations

import numpy as np

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


class ExactSolver(WorkingSetSolver):
    """The working-set solver, given the optimum as its start."""

    def _advanced(self, point, blocks, null, alpha, since):
        if alpha > 0.0 and null.exists and blocks.terms.count:
            return self._optimum(point, null, blocks.terms, alpha, since)
        return point

    def _optimum(self, point, null, terms, alpha, previous_alpha):
        """The optimum, or how far towards it this way leads; the free block is at its minimum, and stays there."""
        if point.settled_on is not null.free:
            return point
        l1, l2 = self.problem.penalty.l1_l2_parts()
        limits, store = l1 * terms.strengths, self._store(null)
        # The sequential strong rule.
        ahead = 0.0 if previous_alpha is None else min(max(2.0 - previous_alpha / alpha, 0.0), 1.0)
        gradient = self.problem.gradient_on(terms, point)
        inside = terms.of(point.coef) != 0.0
        working = nearest(beyond(gradient, limits, ahead, inside), gradient, limits, inside, store.most)
        for _ in range(MOST_ROUNDS):
            if len(working) > LARGEST_SET:
                return point
            self._look_ahead(store, terms, working, gradient, limits)
            found = self._minimum_on(point, null.free, store, terms, working, gradient, limits, l2)
            if found is None:
                return point
            point = found
            gradient = self.problem.gradient_on(terms, point)
            inside[working] = True
            wanted = beyond(gradient, limits, 1.0 + ROUNDING, inside)
            if len(wanted) == len(working):
                return point
            inside = terms.of(point.coef) != 0.0
            working = nearest(wanted, gradient, limits, inside, store.most)
        return point

    def _minimum_on(self, point, free, store, terms, working, gradient, limits, l2):
        """The optimum over a working set; None where its columns depend on one another."""
        problem, columns = self.problem, terms.columns[working]
        gram, _, cross, inverse = store.parts(columns, 1.0)
        coef = point.coef.copy()
        before = coef[columns]
        after = before.copy()
        ridge = l2 * terms.strengths[working]
        outcome = homotopy.minimize(gram, ridge, -gradient[working], after, limits[working], columns, store.support)
        if outcome != homotopy.FINISHED or not np.isfinite(after).all():
            return None
        step = after - before
        moved = np.flatnonzero(step)
        free_step = -inverse @ (cross @ step)
        eta = point.eta + problem.design.matvec(step[moved], columns[moved]) + free.apply(free_step)
        coef, intercept = free.add(point, free_step)
        coef[columns] = after
        return problem.at(coef, intercept, eta)

    @staticmethod
    def _look_ahead(store, terms, working, gradient, limits):
        """Have the store compute the columns that are likely to enter next together with those that it lacks."""
        if store.lacks(terms.columns[working]):
            count = len(working) + max(AHEAD, min(len(store.columns) // 2, store.most - len(working)))
            if count >= len(limits):
                store.reserve(terms.columns)
            else:
                likely = np.argpartition(-np.abs(gradient / limits), count)[:count]
                store.reserve(terms.columns[np.union1d(working, likely)])


def beyond(gradient, limits, factor, inside):
    """The places that are inside already, or whose gradient is beyond its limit times a factor"""
    return np.flatnonzero(inside | (np.abs(gradient) > factor * limits))


def nearest(wanted, gradient, limits, inside, most):
    """At most so many of the places, or half as many again as are inside: these, and others by how far they are beyond limits

    What a store does not keep is better not asked for: of many columns that violate their conditions few are needed.
    """
    count = max(most, 3 * np.count_nonzero(inside) // 2)
    if len(wanted) <= count:
        return wanted
    share = np.where(inside[wanted], np.inf, np.abs(gradient[wanted]) / limits[wanted])
    return np.sort(wanted[np.argpartition(-share, count)[:count]])
