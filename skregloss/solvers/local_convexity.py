"""Where a non-convex objective is convex around a solution."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from .._jit import kernel
from .free_block import FreeBlock, pseudo_inverse
from .sample_terms import hessians

# A curvature this small relative to the largest of the loss is rounding.
ROUNDING = 1e-10
# The Hessian of a larger support is not looked at.
LARGEST_SUPPORT = 4000
# The penalty's curvature is looked at between zero and a coefficient at these many fractions, each half of the last.
HALVINGS = 60


def is_locally_convex(problem, blocks, point) -> bool:
    """Whether the smallest eigenvalue of the Hessian along the support and the free block is not negative.

    It is that of the loss at the point, and of the penalty where it is most concave between zero and each coefficient:
    so that the coefficients have come from zero to where they are without a jump. Coefficients at a bound stay there.
    More than 4000 others are too many to tell, which is False.
    """
    if problem.convex:
        return True
    coef = point.coef[blocks.penalized]
    inside = (coef != 0.0) & (problem.low[blocks.penalized] < coef) & (coef < problem.high[blocks.penalized])
    support = blocks.penalized[inside]
    weights = hessians(problem.kernel_loss, problem.y, point.eta, problem.weights)
    free = FreeBlock(problem, blocks.free)
    inner = _signed(free.gram, weights)
    if free.size and np.linalg.eigvalsh(inner)[0] < -ROUNDING * np.abs(inner).max():
        return False
    if len(support) == 0:
        return True
    if len(support) > LARGEST_SUPPORT:
        return False
    gram = _signed(lambda part: problem.design.gram(part, support), weights)
    if free.size:
        cross = _signed(lambda part: free.cross(part, support), weights)
        gram = gram - cross.T @ pseudo_inverse(inner) @ cross
    largest = np.abs(np.diag(gram)).max()
    bends = least_curvatures(problem.kernel_penalty, point.coef[support], blocks.strengths[support], HALVINGS)
    gram[np.diag_indices(len(support))] += bends
    return bool(np.isfinite(bends).all()) and _is_nonnegative(gram, ROUNDING * largest)


def _is_nonnegative(matrix, rounding) -> bool:
    """Whether the smallest eigenvalue is not below -rounding"""
    matrix[np.diag_indices(len(matrix))] += rounding
    try:
        linalg.cholesky(matrix, check_finite=False, overwrite_a=True)
    except linalg.LinAlgError:
        return False
    return True


def _signed(product, weights):
    """The product with weights of both signs, which designs do not take."""
    negative = np.maximum(-weights, 0.0)
    result = product(np.maximum(weights, 0.0))
    return result - product(negative) if negative.any() else result


@kernel
def least_curvatures(penalty, b, strengths, halvings):
    """The least P'' between zero and each b_j"""
    result = np.empty(b.shape[0])
    for j in range(b.shape[0]):
        at = b[j]
        result[j] = penalty.curvature(at, strengths[j])
        for _ in range(halvings):
            at *= 0.5
            result[j] = min(result[j], penalty.curvature(at, strengths[j]))
    return result
