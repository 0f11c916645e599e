"""A dual point that is orthogonal to the free block, next to the gradient of a point that is near that block's minimum.

With g the gradient of the mean loss, H its curvature and s = -(Z'HZ)^+ Z'g the free block's Newton step, the gradient after
that step is to first order

    u = g + H Z s,      Z'u = 0,

and the dual is finite at u: no step need be taken, and no loss evaluated, for a certificate. Let l be the loss of a row, h > 0
no more than l''(eta), and t = (Z s)_i. Where |l'''| <= c l'' and c |t| < 1,

    l(eta) + l*(l'(eta) + h t) - (l'(eta) + h t) eta  <=  h t^2 / (2 (1 - c |t|)).

Proof. As l'' falls at most like exp(-c r) with the distance r from eta, l' changes by l''(eta) |t| >= h |t| within a distance
of -log(1 - c |t|) / c, and up to there l'' >= l''(eta) (1 - c |t|). Hence l'(eta) + h t is a slope of l, and on the way to it
l*'' = 1 / l'' <= 1 / (l''(eta) (1 - c |t|)). The left side, as a function of the slope, vanishes with its derivative at
l'(eta), so it is at most half the square of h t times that, and h / l''(eta) <= 1. Summed over rows, t'Ht = -s'Z'g is the
Newton decrement: what u costs is known without another pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from .._jit import kernel
from .curvature import Curvature
from .free_block import SMALLEST_CURVATURE
from .free_minimum import is_balanced, rounding_shares
from .row_sums import row_sums
from .sample_terms import flat_curvature

# A step that changes curvatures by more than this share is taken.
SMALL = 0.5


@dataclass(frozen=True)
class Projection:
    """The step s, the dual point u, a bound on what u loses in the sum of Fenchel and Young, and the largest entry of Z'g"""

    step: np.ndarray
    dual: np.ndarray
    excess: float
    left: float


def projection(problem, free, point) -> Projection | None:
    """That of a point; None where the free block has to be brought nearer to its minimum first, or the loss gives no bound"""
    rate = problem.data.self_concordance
    if not np.isfinite(rate) or problem.loss.constant_curvature:
        return None
    if free.is_intercept:
        return _along_intercept(problem, free, point, rate)
    # Curvature that flat pieces were given is not the loss's.
    curvature = Curvature(problem.data.own_curvature(point))
    gradient = free.gradient(point.gradient)
    step = -free.inverse(curvature) @ gradient
    move = free.apply(step)
    change = rate * np.abs(move).max()
    if not change <= SMALL:
        return None
    dual = curvature.weights * move
    dual += point.gradient
    if not is_balanced(problem, free, dual):
        return None
    return Projection(step, dual, max(-gradient @ step, 0.0) / (2.0 * (1.0 - change)), np.abs(gradient).max())


def _along_intercept(problem, free, point, rate) -> Projection | None:
    """The same for an intercept alone, in two passes over the rows"""
    flat = flat_curvature(point.bend, problem.data.lipschitz)
    loss = point.gradient, point.curvature.weights, problem.weights
    slope, bent = row_sums(partial(slope_and_bend, flat), *loss)
    step = -slope / bent if bent > SMALLEST_CURVATURE else 0.0
    change = rate * abs(step)
    if not change <= SMALL:
        return None
    dual = np.empty(len(point.gradient))
    total, size = row_sums(partial(fill_dual, flat, step), *loss, dual)
    if not abs(total) <= rounding_shares(problem, free)[0] * size:
        return None
    return Projection(np.array([step]), dual, max(-slope * step, 0.0) / (2.0 * (1.0 - change)), abs(slope))


@kernel(reorder=True)
def slope_and_bend(flat, gradient, curvature, weights):
    """The sums of a gradient and of the loss's own curvature"""
    slope, bend = 0.0, 0.0
    for i in range(gradient.shape[0]):
        slope += gradient[i]
        bend += curvature[i] if curvature[i] > weights[i] * flat else 0.0
    return slope, bend


@kernel(reorder=True)
def fill_dual(flat, step, gradient, curvature, weights, dual):
    """Fill in the gradient after a step, to first order; its sum, and that of its sizes"""
    total, size = 0.0, 0.0
    for i in range(gradient.shape[0]):
        dual[i] = gradient[i] + (curvature[i] * step if curvature[i] > weights[i] * flat else 0.0)
        total += dual[i]
        size += abs(dual[i])
    return total, size
