"""The exact finish for losses with kinks: once it is known which samples lie at a kink, the optimum solves linear equations.

With S the support and F the free block, K the samples at a kink, and A the rows K of [Z_F, X_S]:

    A d = kink_K - eta_K,        A' W_K e + P''(b_S) d = -(Z_F, X_S)' W u - P'(b_S)

for the moves d of the coefficients and e of the slopes.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from .coordinate_descent import slopes as penalty_slopes
from .free_block import FreeBlock
from .saddle import saddle_point

# More unknowns are left to the iteration: the equations cost their cube.
LARGEST_SYSTEM = 600


def finish(problem, blocks, point, before):
    """The point that solves the equations of `point`'s kinks and support, or None if there are too many or they fail.

    `before` is where the augmented Lagrangian was formed that `point` minimises.
    """
    weights, step = problem.weights, before.step
    kinked = np.flatnonzero(point.curvature * step > 0.5 * weights)
    coef = point.coef[blocks.penalized]
    inside = (problem.low[blocks.penalized] < coef) & (coef < problem.high[blocks.penalized])
    smooth_at_zero = problem.penalty.l1_l2_parts() is not None and problem.penalty.l1_l2_parts()[0] == 0.0
    unpenalized = blocks.strengths[blocks.penalized] == 0.0
    support = blocks.penalized[inside & ((coef != 0.0) | smooth_at_zero | unpenalized)]
    free = FreeBlock(problem, blocks.free)
    rows, size = len(kinked), free.size + len(support)
    if rows + size > LARGEST_SYSTEM or rows == 0 or size == 0:
        return None
    columns = np.concatenate([blocks.free, support])
    matrix = np.hstack([np.ones((rows, free.intercept)), problem.design.entries(kinked, columns)])
    strengths, here = blocks.strengths[support], point.coef[support]
    slope, curvature = penalty_slopes(problem.kernel_penalty, np.where(here == 0.0, 1e-300, here), strengths)
    gradient = np.concatenate([free.gradient(point.gradient), problem.design.rmatvec(point.gradient, support) + slope])
    kinks = point.eta + step * (before.slopes - point.slopes)
    # In units of a typical weight and of the columns' lengths, so that all unknowns and equations are of one size.
    unit, lengths = weights[kinked].mean(), np.sqrt((matrix**2).mean(axis=0))
    lengths[lengths == 0.0] = 1.0
    matrix /= lengths
    system = np.zeros((rows + size, rows + size))
    system[:rows, :size] = matrix
    system[rows:, size:] = matrix.T
    diagonal = np.arange(free.size, size)
    system[rows + diagonal, diagonal] = curvature / (unit * lengths[free.size :] ** 2)
    right = np.concatenate([(kinks - point.eta)[kinked], -gradient / (unit * lengths)])
    move, *_ = linalg.lstsq(system, right, lapack_driver="gelsy", check_finite=False)
    if not np.isfinite(move).all():
        return None
    move[:size] /= lengths
    moved = point.coef.copy()
    moved[columns] += move[free.intercept : size]
    intercept = point.intercept + (move[0] if free.intercept else 0.0)
    if ((moved[support] * here <= 0.0) & (here != 0.0) & (strengths > 0.0)).any() or (moved != problem.clip(moved)).any():
        return None
    slopes = point.slopes.copy()
    slopes[kinked] += move[size:] * unit / weights[kinked]
    return saddle_point(problem, moved, intercept, slopes, point.step)
