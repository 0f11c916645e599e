"""Squared error with a convex penalty of groups: several strengths at once, on one model.

As the model is the problem itself, it serves all strengths: what is left to do at each is to go on from the last two minima
to where they point, and to descend from there.
"""

from __future__ import annotations

import numpy as np

from .ahead import ROUNDING, missing, tolerance
from .exact_path import ExactSolver
from .gram_store import QUICK
from .inner import GROUP_EPOCHS, newton_step
from .judge import Judge
from .models import FEW, GramModel, largest_matrix
from .newton_path import STALLED
from .problem import Blocks

MOST_ROUNDS = 50


class BlockPathSolver(ExactSolver):
    """Minima over blocks of coefficients."""

    # A strength alone is left to working sets, which begin small.
    fewest = 2
    few = FEW

    def _serves(self, point, null):
        # Factors of larger supports take longer than the calls that are saved.
        return np.count_nonzero(point.coef) ** 3 <= QUICK

    def _shares(self, terms, slopes):
        lengths = terms.with_factor(0.0).distances(np.zeros(len(slopes)), slopes)
        return lengths / (terms.strengths * terms.weights)

    def _certify(self, minima, null, terms, inside, point, slopes, tol):
        along = self.problem.design.rmatvecs(np.array([minimum.dual for minimum in minima]))
        zero, beyond = np.zeros(len(terms.columns)), np.zeros((len(minima), terms.count), dtype=bool)
        for minimum, product, row in zip(minima, along, beyond, strict=True):
            minimum.slopes = terms.columns, terms.of(product)
            if not inside.all():
                row[:] = terms.with_factor((1.0 + ROUNDING) * minimum.strength).distances(zero, minimum.slopes[1]) > 0.0
        right = missing(beyond, np.arange(terms.count), inside)
        for minimum in minima[:right]:
            blocks = Blocks(null.free.columns, terms.with_factor(minimum.strength))
            minimum.judged_by(Judge(self.problem, blocks, null, tol))
        return right

    def _minima_on(self, working, terms, null, point, slopes, strengths, *, trail, tol, max_steps):
        own, problem = terms.take(working), self.problem
        if len(own.columns) > largest_matrix(problem, own, point):
            return []
        model = GramModel(problem, null.free, point, own, 1.0, self._store(null))
        steps = [(minimum.strength, minimum.point().coef[own.columns]) for minimum in trail[-2:]]
        found: list = []
        for strength in strengths:
            if len(steps) > 1:
                _go_on(model, *steps[-2:], strength)
            model.terms = own.with_factor(strength)
            if not _minimize(model, tolerance(null, strength, tol, model.terms.value(model.b) / strength)):
                break
            found.append(model.b.copy())
            steps.append((strength, found[-1]))
        found = np.array(found).reshape(-1, len(own.columns))
        return self._minima(null, point, own.columns, found, strengths, model.cross, model.inverse)


def _go_on(model, first, second, strength):
    """Move the model on as from the first minimum to the second, but for coefficients that were or would become zero"""
    (top, before), (since, here) = first, second
    move = (since - strength) / (top - since) * (here - before)
    move[(before == 0.0) | (here * (here + move) <= 0.0)] = 0.0
    model.b = here + move
    model.q -= move @ model.gram


def _minimize(model, tolerance):
    """Newton steps on the support as long as they bring the violations down; what enters or leaves it is left to descent

    Whether the violations are within the tolerance in the end.
    """
    before, terms = np.inf, model.terms
    for _ in range(MOST_ROUNDS):
        distances = terms.distances(model.b, -model.q)
        worst = distances.max()
        if worst <= tolerance:
            return True
        enters = not np.maximum.reduceat(np.abs(model.b), terms.starts[:-1])[distances > tolerance].all()
        if enters or worst > STALLED * before:
            model.epochs(GROUP_EPOCHS, tolerance)
            before = np.inf
        else:
            newton_step(model, smooth=False)
            before = worst
    return False
