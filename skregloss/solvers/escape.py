"""Whether a loss has a minimum over coefficients that a penalty no longer holds back.

A penalty that is flat far out leaves large coefficients as they would be without it. Where those separate the classes, or put
the events in order, they are on their way to infinity, and the conditions of optimality hold ever better on the way.
"""

from __future__ import annotations

import numpy as np

from .free_block import RANK_TOLERANCE, FreeBlock

# A direction has been left behind by the loss if its curvature has fallen to this share of that in the null model.
COLLAPSE = 1e-3
# Going on must move some linear predictor by this much to be told from rounding.
STRIDE = 1.0
# A relative change of the loss below this is rounding.
ROUNDING = 1e-14


def escapes(problem, blocks, point, reference) -> bool:
    """Whether going on as far again along directions without curvature does not raise the loss.

    With H the curvature over the free block and the coefficients where the penalty is flat, c those coefficients, and V some
    eigenvectors of H v = s H_ref v with v'H_ref v = 1 and small s, the part of c along them is V V'H_ref c. At a minimum, the
    loss rises on the way to c plus that part, however flat it is there, for any of the smallest s.
    """
    if problem.penalty.convex or problem.loss.constant_curvature or problem.loss.flat_pieces:
        return False
    flat = flat_columns(problem, blocks.terms, point)
    if len(flat) == 0:
        return False
    free = FreeBlock(problem, np.concatenate([blocks.free, flat]))
    gram = free.gram(reference.curvature)
    values, vectors = np.linalg.eigh(gram)
    keep = values > RANK_TOLERANCE * values[-1]
    whitened = vectors[:, keep] / np.sqrt(values[keep])
    shares, directions = np.linalg.eigh(whitened.T @ free.gram(point.curvature) @ whitened)
    along = whitened @ directions[:, shares <= COLLAPSE]
    parts = along * (along.T @ (gram @ np.r_[point.intercept, point.coef[free.columns]]))
    moved, highest = np.zeros(len(point.eta)), point.value + ROUNDING * abs(point.value)
    for part in parts.T:
        moved = moved + free.apply(part)
        if np.abs(moved).max() >= STRIDE and problem.loss_at(point.eta + moved) <= highest:
            return True
    return False


def flat_columns(problem, terms, point):
    """The columns with coefficients, not at a bound, at which the penalty has no slope"""
    coef, low, high = terms.of(point.coef), terms.of(problem.low), terms.of(problem.high)
    support = np.flatnonzero((coef != 0.0) & (low < coef) & (coef < high))
    if len(support) == 0:
        return support
    slopes, _ = terms.slopes(coef, support, smooth=False)
    return terms.columns[support[slopes == 0.0]]
