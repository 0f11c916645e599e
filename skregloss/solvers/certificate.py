"""The certificate of a point: its duality gap where there is duality, else the residual of its optimality conditions."""

from __future__ import annotations

import numpy as np

from .free_block import pseudo_inverse
from .penalty_terms import dual_scale, penalty_gap, prox_residuals, subdifferential_distances
from .sample_terms import fenchel_gap

# Gradients this small relative to the null model's are rounding.
ROUNDING = 1e-14


def _steps_matter(problem):
    """Whether optimality is judged by a prox, whose step then matters, and not by the subdifferential."""
    return not problem.penalty.convex or problem.bounded


def prox_steps(problem, free, point, columns):
    """1 / h_j, h_j the curvature of the loss along coefficient j with the free block eliminated; ones if they do not matter."""
    if not _steps_matter(problem):
        return np.ones(len(columns))
    curvature = problem.design.squares(point.curvature, columns)
    if free.size:
        cross = free.cross(point.curvature, columns)
        inverse = pseudo_inverse(free.gram(point.curvature))
        curvature = curvature - np.einsum("kj,kj->j", cross, inverse @ cross)
    smallest = 1e-12 * curvature.max(initial=0.0)
    return 1.0 / np.where(curvature > smallest, curvature, smallest or 1.0)


def violations(problem, free, point, gradient, blocks, *, strengths=None, shrink=1.0):
    """How far each penalised coefficient is from optimal given the others; `shrink` scales the steps of the prox."""
    columns = blocks.penalized
    coef, strengths = point.coef[columns], blocks.strengths[columns] if strengths is None else strengths
    if not _steps_matter(problem):
        return subdifferential_distances(problem.kernel_penalty, coef, gradient, strengths)
    steps = shrink * prox_steps(problem, free, point, columns)
    low, high = problem.low[columns], problem.high[columns]
    return prox_residuals(problem.kernel_penalty, coef, gradient, steps, strengths, low, high)


def duality_gap(problem, point, gradient, blocks, gradient_size):
    """P - D at the dual point u = s l'(eta), s <= 1 just small enough for the penalty's conjugate to be finite.

    The free block must be at its minimum: u is then orthogonal to it, and no projection is needed. Written as a sum of
    Fenchel-Young terms, all nonnegative, the gap does not suffer from the cancellation in P - D.
    """
    columns = blocks.penalized
    low, high, strengths = problem.low[columns], problem.high[columns], blocks.strengths[columns]
    # A column with a bound but no penalty must have a gradient of one sign: to rounding, like the free block's zero.
    noise = ROUNDING * gradient_size
    scale = dual_scale(problem.kernel_penalty, -gradient, strengths, low, high, noise)
    gap = penalty_gap(problem.kernel_penalty, point.coef[columns], -scale * gradient, strengths, low, high, noise)
    if scale < 1.0:
        gap += fenchel_gap(problem.kernel_loss, problem.y, point.eta, problem.weights, point.gradient, scale)
    return gap
