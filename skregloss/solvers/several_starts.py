"""One fit at one strength: directly where the penalty is convex, from several starts where it is not."""

from __future__ import annotations

import math

from .._threads import blas_held
from ..penalties import L1
from .choose import make_solver
from .small_steps import ROUGH_ITERATIONS, ROUGH_TOL, strengths_between
from .solution import Solution


def solve(problem, alpha, *, tol=1e-6, max_iter=100, start=None) -> Solution:
    """Minimise at strength alpha; `start` is a pair (coef, intercept) on the original scale to begin from.

    Of several runaways it is not the lowest that counts, for far out rounding decides where a distant start leads: the one
    from above comes in small steps, after each of which the way is forgotten, and is always the same.
    """
    with blas_held():
        return _solve(problem, alpha, tol, max_iter, start)


def _solve(problem, alpha, tol, max_iter, start):
    solver = make_solver(problem)
    if start is not None:
        return solver.solve(alpha, tol=tol, max_iter=max_iter, start=problem.at(*problem.internal(*start)))
    if problem.penalty.convex or not 0.0 < alpha < solver.alpha_max() < math.inf:
        return solver.solve(alpha, tol=tol, max_iter=max_iter)
    if solver.together:
        solution = solver.solve_several(alpha, [_from_lasso(problem, solver, alpha)], tol=tol, max_iter=max_iter)
        if solution is not None:
            return solution
    solution = solver.solve(alpha, tol=tol, max_iter=max_iter, start=from_above(solver, alpha))
    for start in (lambda: None, lambda: _from_lasso(problem, solver, alpha)):
        if solution.runs_away:
            break
        other = solver.solve(alpha, tol=tol, max_iter=max_iter, start=start(), rival=solution)
        if is_better(other, solution):
            solution = other
    return solution


def is_better(one, other) -> bool:
    """Lower in objective; but a point that passes its certificate goes before one that does not."""
    if one.converged != other.converged:
        return one.converged
    return one.certificate.objective < other.certificate.objective


def from_above(solver, alpha, *, point=None, since=None):
    """A start for `alpha`: the end of a path from alpha_max down, or from `point`, which solves the strength `since`.

    This is where the penalty leaves the null model as a convex one would. The strength falls in small steps, roughly solved.
    """
    previous = since = solver.alpha_max() if since is None else since
    for strength in strengths_between(since, alpha):
        point = solver.solve(strength, tol=ROUGH_TOL, max_iter=ROUGH_ITERATIONS, start=point, previous_alpha=previous).point
        previous = strength
    return point


def _from_lasso(problem, solver, alpha):
    """The optimum of the convex problem at the same share of its own alpha_max."""
    lasso = make_solver(problem.with_penalty(L1()))
    lasso.share(solver)
    return lasso.led_towards(lasso.alpha_max() * (alpha / solver.alpha_max()))
