"""Squared error with a convex penalty of groups: several strengths at once, on one model.

As the model is the problem itself, it serves all strengths: what is left to do at each is to go on from the last two minima
to where they point, and to descend from there.
"""

from __future__ import annotations

import numpy as np

from .ahead import ROUNDING, missing
from .block_walk import walk
from .exact_path import ExactSolver
from .gram_store import QUICK
from .minima import certify
from .models import FEW, GramModel, largest_matrix
from .working_set import MODEL_TOLERANCE

# Strengths that are solved at once where that is all the same.
MANY = 100


class BlockPathSolver(ExactSolver):
    """Minima over blocks of coefficients."""

    # A strength alone is left to working sets, which begin small.
    fewest = 2
    few = FEW
    few_rows = 0
    looks_back = True

    def __init__(self, problem):
        # Where no column can be lacking, many strengths cost no more than few.
        self._lacks_none = problem.n_features <= self.few
        if self._lacks_none:
            self.most = MANY
        super().__init__(problem)

    def foresee(self, alphas):
        super().foresee(alphas)
        if self._lacks_none:
            self._count = self.most

    def _serves(self, point, null):
        # Factors of larger supports take longer than the calls that are saved.
        return np.count_nonzero(point.coef) ** 3 <= QUICK

    def _shares(self, terms, slopes):
        return np.sqrt(np.add.reduceat(slopes**2, terms.starts[:-1])) / (terms.strengths * terms.weights)

    def _certify(self, minima, null, terms, inside, point, slopes, tol):
        along = self.problem.design.rmatvecs(np.array([minimum.dual for minimum in minima]))
        along = np.ascontiguousarray(along[:, terms.selection])
        right = len(minima)
        for minimum, own in zip(minima, along, strict=True):
            minimum.slopes = terms.columns, own
        if not inside.all():
            zero, beyond = np.zeros(len(terms.columns)), np.zeros((right, terms.count), dtype=bool)
            for minimum, own, row in zip(minima, along, beyond, strict=True):
                row[:] = terms.with_factor((1.0 + ROUNDING) * minimum.strength).distances(zero, own) > 0.0
            right = missing(beyond, np.arange(terms.count), inside)
        certify(self.problem, null, terms, minima[:right], along[:right], tol)
        return right

    def _minima_on(self, working, terms, null, point, slopes, strengths, *, trail, tol, max_steps):
        own, problem = terms.take(working), self.problem
        if len(own.columns) > largest_matrix(problem, own, point):
            return []
        model = GramModel(problem, null.free, point, own, 1.0, self._store(null))
        known, found = trail[-2:], np.empty((2 + len(strengths), len(own.columns)))
        for row, minimum in zip(found[2 - len(known) : 2], known, strict=True):
            row[:] = minimum.point().coef[own.columns]
        since = np.full(2, np.inf)
        since[2 - len(known) :] = [minimum.strength for minimum in known]
        blocks = own.starts, own.curvatures, own.strengths, own.weights
        accuracy = tol, tol * null.deviance, MODEL_TOLERANCE * null.gradient_size
        there = np.r_[since, strengths], len(known), *accuracy, found
        try:
            count = walk(own.penalty, model.gram, model.q, model.b, *blocks, *there)
        except np.linalg.LinAlgError:
            return []
        return self._minima(null, point, own.columns, found[2 : 2 + count], strengths, model.cross, model.inverse)
