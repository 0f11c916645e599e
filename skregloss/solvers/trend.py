"""The curvature half a step ahead on a path, by which a quadratic model is right to the third order and not the second.

Between strengths the linear predictor moves from eta to eta + d, and the gradient of a row changes by l'(eta + d) - l'(eta),
which is l''(eta + d/2) d up to the cube of d. The curvature at the last two strengths tells that half a step ahead.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .curvature import Curvature

# No curvature is expected to change by more than this factor.
MOST_CHANGE = 2.0


class Trend:
    """The curvature at the last strength of a path"""

    def __init__(self, problem):
        self.serves = problem.convex and np.isfinite(problem.data.self_concordance) and not problem.loss.constant_curvature
        self._last = None

    def curvature(self, point, alpha, previous_alpha) -> Curvature | None:
        """That half way from `point`, at `previous_alpha`, to strength `alpha`; None if there is nothing to tell from"""
        if not self.serves:
            return None
        last, self._last = self._last, None
        if previous_alpha is None or not 0.0 <= alpha < previous_alpha < np.inf:
            return None
        here = point.curvature.weights
        self._last = previous_alpha, here
        if last is None or not last[0] > previous_alpha:
            return None
        # Coefficients move in proportion to the strength, between events.
        half = 0.5 * (previous_alpha - alpha) / (last[0] - previous_alpha)
        if half > 1.0:
            return None
        return Curvature(_ahead(last[1], here, half))


@kernel(reorder=True)
def _ahead(before, here, half):
    """Each value moved on by a share of its last change, within bounds"""
    result = np.empty(here.shape[0])
    for i in range(here.shape[0]):
        ahead = here[i] + half * (here[i] - before[i])
        result[i] = min(max(ahead, here[i] / MOST_CHANGE), here[i] * MOST_CHANGE)
    return result
