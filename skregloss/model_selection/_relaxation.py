"""Relaxed fits: the support of a penalised fit refitted without the penalty, and mixed with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..solvers import make_solver


@dataclass(frozen=True)
class Refit:
    """Coefficients without a penalty."""

    coef: np.ndarray
    intercept: float

    def mixed_with(self, solution, gamma):
        """The solution with gamma b + (1 - gamma) b_refit; its certificate stays that of the penalised fit."""
        coef = gamma * solution.coef + (1.0 - gamma) * self.coef
        return replace(solution, coef=coef, intercept=gamma * solution.intercept + (1.0 - gamma) * self.intercept)


class Relaxation:
    """Refits of the problems along their paths; a support met twice is fitted once.

    The refit minimises the loss over the intercept and the columns of the support, within their bounds. Of dependent columns
    it is one of the minima. Where it has none, as for classes that the support separates, it is None.
    """

    def __init__(self, problems, options):
        self._problems, self._options = problems, options
        self._known: dict[tuple[int, bytes], Refit | None] = {}

    def refit(self, solutions) -> list[Refit | None]:
        """The refits of one solution per problem."""
        return [self._refit(k, solution) for k, solution in enumerate(solutions)]

    def _refit(self, k, solution):
        problem = self._problems[k]
        support = np.atleast_2d(solution.coef).any(axis=0) | (problem.factors == 0.0)
        key = k, support.tobytes()
        if key not in self._known:
            unpenalized = problem.unpenalized_on(support)
            found = make_solver(unpenalized).solve(0.0, start=solution.point, **self._options)
            self._known[key] = Refit(found.coef, found.intercept) if found.converged else None
        return self._known[key]
