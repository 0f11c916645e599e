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

import numpy as np

from .curvature import Curvature
from .free_minimum import is_balanced

# A step that changes curvatures by more than this share is taken.
SMALL = 0.5


@dataclass(frozen=True)
class Projection:
    """The step s, the dual point u, and a bound on what u loses in the sum of Fenchel and Young"""

    step: np.ndarray
    dual: np.ndarray
    excess: float


def projection(problem, free, point) -> Projection | None:
    """That of a point; None where the free block has to be brought nearer to its minimum first, or the loss gives no bound"""
    rate = problem.data.self_concordance
    if not np.isfinite(rate) or problem.loss.constant_curvature:
        return None
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
    return Projection(step, dual, max(-gradient @ step, 0.0) / (2.0 * (1.0 - change)))
