"""Squared error with a convex penalty of groups: several strengths at once, on one model.

As the model is the problem itself, it serves all strengths: what is left to do at each is to go on from the last two minima
to where they point, and to descend from there.
"""

from __future__ import annotations

import numpy as np

from .exact_path import ExactSolver
from .gram_store import QUICK
from .inner import GROUP_EPOCHS, newton_step
from .models import FEW, GramModel, largest_matrix

MOST_ROUNDS = 50
# A violation that falls to no less than this share of what it was has stopped falling.
STALLED = 0.5


class BlockPathSolver(ExactSolver):
    """Minima over blocks of coefficients."""

    # A strength alone is left to working sets, which begin small.
    fewest = 2
    few = FEW

    def _serves(self, point, null):
        # Factors of larger supports take longer than the calls that are saved.
        return np.count_nonzero(point.coef) ** 3 <= QUICK

    def _shares(self, terms, gradient):
        lengths = terms.with_factor(0.0).distances(np.zeros(len(gradient)), gradient)
        return lengths / (terms.strengths * terms.weights)

    def _enter(self, terms, gradient, strength):
        return terms.with_factor(strength).distances(np.zeros(len(gradient)), gradient) > 0.0

    def _missing(self, terms, gradients, strengths, inside):
        if inside.all():
            return len(strengths)
        beyond = np.array([self._enter(terms, *pair) for pair in zip(gradients, strengths, strict=True)]) & ~inside
        wrong = np.flatnonzero(beyond.any(axis=1))
        inside |= beyond.any(axis=0)
        return int(wrong[0]) if len(wrong) else len(strengths)

    def _minima_on(self, working, terms, null, point, gradient, strengths, *, trail, tol, max_steps):
        own, problem = terms.take(working), self.problem
        if len(own.columns) > largest_matrix(problem, own, point):
            return []
        model = GramModel(problem, null.free, point, own, 1.0, self._store(null))
        trail = [(strength, there.coef[own.columns]) for strength, there in trail]
        found: list = []
        for strength in strengths:
            if len(trail) > 1:
                _go_on(model, *trail[-2:], strength)
            model.terms = own.with_factor(strength)
            if not _minimize(model, self._tolerance(null, strength, tol, model.terms.value(model.b) / strength)):
                break
            found.append(model.b.copy())
            trail.append((strength, found[-1]))
        found = np.array(found).reshape(-1, len(own.columns))
        return self._points(null, point, own.columns, found, model.cross, model.inverse)


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
