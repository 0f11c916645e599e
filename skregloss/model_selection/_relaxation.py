"""Relaxed fits: the support of a penalised fit refitted without the penalty, and mixed with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .._threads import blas_held
from ..solvers import make_solver


@dataclass(frozen=True)
class Refit:
    """Coefficients without a penalty."""

    coef: np.ndarray
    intercept: float
    eta: np.ndarray

    def mixed_with(self, solution, gamma):
        """The solution with gamma b + (1 - gamma) b_refit; its certificate stays that of the penalised fit."""
        coef = gamma * solution.coef + (1.0 - gamma) * self.coef
        intercept = gamma * solution.intercept + (1.0 - gamma) * self.intercept
        eta = gamma * solution.point.eta + (1.0 - gamma) * self.eta
        return replace(solution, mixed=(coef, intercept), place=replace(solution.point, eta=eta))


class Relaxation:
    """Refits of the problems along their paths; a support met twice is fitted once.

    The refit minimises the loss over the intercept and the columns of the support, within their bounds. Of dependent columns
    it is one of the minima. Where it has none, as for classes that the support separates, it is None.
    """

    def __init__(self, problems, options):
        self._refits = [_ProblemRefits(problem, options) for problem in problems]

    def refit(self, solutions) -> list[Refit | None]:
        """The refits of one solution per problem."""
        return [refits.of(solution) for refits, solution in zip(self._refits, solutions, strict=True)]

    @property
    def n_failed(self) -> int:
        """How many refits have a minimum but did not reach it."""
        return sum(refits.n_failed for refits in self._refits)


class _ProblemRefits:
    def __init__(self, problem, options):
        self._problem, self._options = problem, options
        self._known: dict[bytes, Refit | None] = {}
        self._without_minimum: list[np.ndarray] = []
        self.n_failed = 0

    def of(self, solution) -> Refit | None:
        support = (solution.point.coef != 0.0) | (self._problem.factors == 0.0)
        key = support.tobytes()
        if key not in self._known:
            self._known[key] = self._solved(support, solution)
        return self._known[key]

    def _solved(self, support, solution):
        # Along the direction in which the loss falls for ever, it does so for a larger support as well.
        if any(support[smaller].all() for smaller in self._without_minimum):
            return None
        solver = make_solver(self._problem.unpenalized_on(support))
        with blas_held():
            found = solver.solve(0.0, start=solution.point, **self._options)
        if found.advice:
            self._without_minimum.append(np.flatnonzero(support))
            return None
        self.n_failed += not found.converged
        return Refit(found.coef, found.intercept, found.point.eta)
