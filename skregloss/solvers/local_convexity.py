"""Where a non-convex objective is convex around a solution."""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpotrf

from .curvature import Curvature
from .free_block import FreeBlock, pseudo_inverse

# A curvature this small relative to the largest of the loss is rounding.
ROUNDING = 1e-10
# The Hessian of a larger support is not looked at.
LARGEST_SUPPORT = 4000


def is_locally_convex(problem, solution) -> bool:
    """Whether the smallest eigenvalue of the Hessian along the support and the free block is not negative.

    It is that of the loss at the point, and of the penalty where it is most concave between zero and each coefficient:
    so that the coefficients have come from zero to where they are without a jump. Coefficients at a bound stay there.
    More than 4000 others are too many to tell, which is False.
    """
    if problem.convex:
        return True
    blocks, point = problem.blocks(solution.alpha), solution.point
    coef = blocks.terms.of(point.coef)
    inside = np.flatnonzero(coef)
    support = blocks.penalized[inside]
    within = (problem.low[support] < coef[inside]) & (coef[inside] < problem.high[support])
    inside, support = inside[within], support[within]
    # A loss with kinks has no curvature but the typical one that its certificate goes by.
    curvature = problem.data.hessian(point.eta) if problem.loss.smooth else point.curvature
    free = FreeBlock(problem, blocks.free)
    inner = _signed(free.gram, curvature)
    if inner.any() and not _is_nonnegative(inner.copy(), ROUNDING * np.abs(inner).max()):
        return False
    if len(inside) == 0:
        return True
    if len(inside) > LARGEST_SUPPORT:
        return False
    gram = _signed(lambda part: part.gram(problem.design, support), curvature)
    if free.size:
        cross = _signed(lambda part: free.cross(part, support), curvature)
        gram = gram - cross.T @ pseudo_inverse(inner) @ cross
    largest = np.abs(np.diag(gram)).max()
    bends = blocks.terms.least_curvature(coef, inside)
    gram += np.diag(bends) if bends.ndim == 1 else bends
    return bool(np.isfinite(bends).all()) and _is_nonnegative(gram, ROUNDING * largest)


def _is_nonnegative(matrix, rounding) -> bool:
    """Whether the smallest eigenvalue is not below -rounding"""
    matrix[np.diag_indices(len(matrix))] += rounding
    _, failed = dpotrf(matrix, overwrite_a=True, clean=False)
    return not failed


def _signed(product, curvature):
    """The product with a curvature whose weights have both signs, which designs do not take."""
    negative = np.maximum(-curvature.weights, 0.0)
    result = product(Curvature(np.maximum(curvature.weights, 0.0), curvature.coupling))
    return result - product(Curvature(negative)) if negative.any() else result
