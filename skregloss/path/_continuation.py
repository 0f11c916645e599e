"""The solver of a path: each strength from the last one's solution."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..penalties import L1
from ..solvers import Solution, make_solver
from ..solvers.minima import Minimum
from ..solvers.point import Point
from ..solvers.several_starts import from_above, is_better


class Continuation:
    """Solves a problem at decreasing strengths.

    A convex problem goes on from the last solution, with the strong rule. For a non-convex penalty this is the branch that
    begins in the null model, and there may be better minima off it. At each strength the last one's best solution, the null
    model, and the lasso's solution at the same share of its alpha_max are tried as starts too, as single fits do; but not where
    the branch runs away to infinity: among runaways there is no best. For squared error they are followed together.
    """

    def __init__(self, problem, *, tol, max_iter):
        self.problem, self.options = problem, {"tol": tol, "max_iter": max_iter}
        self.solver = make_solver(problem)
        self._several = not problem.penalty.convex
        self._lasso = make_solver(problem.with_penalty(L1())) if self._several else None
        if self._lasso is not None:
            self._lasso.share(self.solver)
        self._branch: Solution | None = None
        self._best: Solution | None = None
        self._last_lasso: tuple[Point | Minimum, float] | None = None

    def solutions(self, alphas) -> Iterator[Solution]:
        """The solutions at decreasing strengths, each computed when it is asked for"""
        alphas = np.asarray(alphas, dtype=float)
        self.solver.foresee(alphas)
        if self._lasso is not None and 0.0 < self.solver.alpha_max() < math.inf:
            self._lasso.foresee(alphas / self.solver.alpha_max() * self._lasso.alpha_max())
        return map(self._solve, alphas.tolist())

    def _solve(self, alpha) -> Solution:
        """The solution at `alpha`, which is below the last one."""
        alpha_max = self.solver.alpha_max()
        several = self._several and 0.0 < alpha < alpha_max < math.inf
        last_best, last_branch = self._best, self._branch
        if several and self.solver.together:
            best = self._together(alpha)
            if best is not None:
                self._best = best
                return best
        self._branch = self._along_the_branch(alpha) if several else self._onwards(last_branch, alpha)
        self._best = self._branch
        if several and not self._branch.runs_away:
            self._try(self._from(None, alpha, self._best))
            self._try(self._from(self._at_lasso(alpha / alpha_max), alpha, self._best))
            if last_best is not last_branch:
                self._try(self._onwards(last_best, alpha, self._best))
        return self._best

    def _together(self, alpha) -> Solution | None:
        """The same, of a solver that follows starts together; None if it does not here"""
        others = [self._at_lasso(alpha / self.solver.alpha_max())]
        if self._best is not None:
            others.append(self._best.place)
        return self.solver.solve_several(alpha, others, **self.options)

    def _try(self, other):
        """Take another solution, if it is better than the best one"""
        if is_better(other, self._best):
            self._best = other

    def _along_the_branch(self, alpha) -> Solution:
        """In small steps, however far apart the strengths of the path are."""
        last = self._branch
        if last is None or last.alpha >= self.solver.alpha_max():
            return self._from(from_above(self.solver, alpha), alpha)
        return self._from(from_above(self.solver, alpha, point=last.point, since=last.alpha), alpha)

    def _from(self, point, alpha, rival=None) -> Solution:
        return self.solver.solve(alpha, start=point, rival=rival, **self.options)

    def _onwards(self, last, alpha, rival=None) -> Solution:
        if last is None:
            return self._from(None, alpha)
        return self.solver.solve(alpha, start=last.place, previous_alpha=last.alpha, rival=rival, **self.options)

    def _at_lasso(self, share):
        """Where the lasso's solution is at this share of its alpha_max, roughly."""
        strength = share * self._lasso.alpha_max()
        last = (None, None) if self._last_lasso is None else self._last_lasso
        self._last_lasso = self._lasso.led_towards(strength, *last), strength
        return self._last_lasso[0]
