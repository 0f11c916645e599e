"""The solver of a path: each strength from the last one's solution."""

from __future__ import annotations

import math

from ..penalties import L1
from ..solvers import Solution, make_solver
from ..solvers.global_search import ROUGH_TOL, from_above, is_better


class Continuation:
    """Solves a problem at decreasing strengths.

    A convex problem goes on from the last solution, with the strong rule. For a non-convex penalty this follows the branch
    that begins in the null model; the null model itself and the lasso's solution at the same share of its alpha_max are
    tried as starts too, as single fits do, and the least objective is kept. So a path has what single fits have.
    """

    def __init__(self, problem, *, tol, max_iter):
        self.problem, self.options = problem, {"tol": tol, "max_iter": max_iter}
        self.solver = make_solver(problem)
        self._several = not problem.penalty.convex
        self._lasso = make_solver(problem.with_penalty(L1())) if self._several else None
        self._lasso_at: dict = {"start": None}
        self._last: Solution | None = None

    def solve(self, alpha) -> Solution:
        """The solution at `alpha`, which is below the last one."""
        solver, last = self.solver, self._last
        if last is not None:
            solution = solver.solve(alpha, start=last.point, previous_alpha=last.alpha, **self.options)
        else:
            solution = solver.solve(alpha, **self.options)
        if self._several and 0.0 < alpha < solver.alpha_max() < math.inf:
            for point in self._other_starts(alpha):
                other = solver.solve(alpha, start=point, **self.options)
                if is_better(other, solution):
                    solution = other
        self._last = solution
        return solution

    def _other_starts(self, alpha):
        yield from_above(self.solver, alpha, self.options["max_iter"]) if self._last is None else None
        lasso = self._lasso
        strength = lasso.alpha_max() * (alpha / self.solver.alpha_max())
        start = lasso.solve(strength, tol=ROUGH_TOL, max_iter=self.options["max_iter"], **self._lasso_at)
        self._lasso_at = {"start": start.point, "previous_alpha": strength}
        yield start.point
