"""Coefficients on their way to infinity, where it is the tolerance that stops them: those with the least ridge."""

from __future__ import annotations

import numpy as np

from ..penalties import L2
from .escape import flat_columns
from .free_block import LARGEST_MATRIX, FreeBlock, pseudo_inverse

# A ridge is made so many times smaller while the certificate can still tell it from none, so often.
SMALLER, ATTEMPTS = 0.25, 40
MOST_STEPS, SMALLEST_FRACTION = 200, 1e-3
ROUGH, ROUNDING = 1e-3, 1e-12


def without_rounding(judge, judged, alpha, make_solver):
    """A point that passes as well, where the way of the iterations is forgotten: the one with a ridge too small to tell.

    Where curvature has all but vanished, Newton steps have blown up the rounding of those before. With a ridge delta there is
    one minimum on the same support, and its violation is delta |b|.
    """
    problem, terms, support = judge.problem, judge.blocks.terms, np.flatnonzero(judged.point.coef)
    if problem.bounded or not 0 < len(support) < LARGEST_MATRIX:
        return judged
    if np.count_nonzero(terms.of(judged.point.coef)) > len(flat_columns(problem, terms, judged.point)):
        # Without a null model it is the columns that are free of it that run away.
        return judged if judge.null.exists or not problem.convex else _penalized_with_ridge(judge, judged, alpha, make_solver)
    block = FreeBlock(problem, support)
    delta, point = judge.wanted_violation, judge.null.point
    for _ in range(ATTEMPTS):
        point = _ridge_minimum(problem, block, delta, point, ROUGH)
        if np.abs(block.gradient(point.gradient)).max() <= judge.wanted_violation:
            point = _ridge_minimum(problem, block, delta, point, ROUNDING)
            found = judge(problem.at(point.coef, point.intercept))
            if found.certificate.kkt <= judge.tol or not judge.null.exists:
                return found
        delta *= SMALLER
    return judged


def _penalized_with_ridge(judge, judged, alpha, make_solver):
    """The same where the penalty holds some of the coefficients: with the ridge added to it there is one minimum."""
    problem, delta = judge.problem, judge.wanted_violation
    for _ in range(ATTEMPTS):
        penalty = problem.given_penalty + (delta / alpha) * L2()
        if not penalty.has_prox:
            return judged
        solver = make_solver(problem.with_penalty(penalty))
        if not solver.null(solver.problem.blocks(alpha)).exists:  # columns with penalty factors of zero
            return judged
        solution = solver.solve(alpha, tol=judge.tol, max_iter=MOST_STEPS)
        found = judge(problem.at(*problem.internal(solution.coef, solution.intercept)))
        if found.certificate.kkt <= judge.tol:
            return found
        delta *= SMALLER
    return judged


def _ridge_minimum(problem, block, delta, point, accuracy):
    """argmin of the loss + delta |b|^2 / 2 over the block, from `point`, by Newton's method

    It ends where a step promises a share `accuracy` of the objective; if that is rounding, where the gradient is as well.
    """
    first = block.intercepts.count
    ridge = np.r_[np.zeros(first), np.full(len(block.columns), delta)]

    def objective(point):
        return point.value + 0.5 * delta * (point.coef @ point.coef)

    previous = np.inf
    for _ in range(MOST_STEPS):
        gradient = block.gradient(point.gradient) + ridge * np.r_[point.intercept, point.coef[block.columns]]
        step = -pseudo_inverse(block.gram(point.curvature) + np.diag(ridge)) @ gradient
        decrement, fraction = -gradient @ step, 1.0
        # Below the rounding of the objective only the gradient can tell progress.
        unseen = decrement < ROUNDING * objective(point)
        if decrement < accuracy * objective(point) and (accuracy > ROUNDING or decrement >= previous):
            break
        moved = _moved(problem, block, point, step)
        while not (unseen or objective(moved) < objective(point)) and fraction > SMALLEST_FRACTION:
            fraction *= 0.5
            moved = _moved(problem, block, point, fraction * step)
        point, previous = moved, decrement
    return point


def _moved(problem, block, point, step):
    return problem.at(*block.add(point, step), point.eta + block.apply(step))
