"""The L1 penalty."""

from __future__ import annotations

import math

from ._base import ON_THE_BOUND, Penalty, soft_threshold


class L1(Penalty):
    """P(b) = alpha |b|

    Pulls every coefficient towards zero by the same amount and sets the small ones to exactly zero: it selects
    features, and shrinks those it keeps.

    Examples
    --------
    >>> from skregloss.penalties import L1
    >>> penalty = L1()
    >>> penalty.value(-2.0, 0.5), penalty.prox(2.0, 1.0, 0.5), penalty.prox(0.4, 1.0, 0.5)
    (1.0, 1.5, 0.0)
    """

    name = "l1"

    def value(self, b, alpha):
        return alpha * abs(b)

    def prox(self, z, step, alpha):
        return soft_threshold(z, step * alpha)

    def derivative(self, b, alpha):
        return math.copysign(alpha, b)

    def curvature(self, b, alpha):
        return 0.0

    def subdiff_distance(self, b, grad, alpha):
        if b != 0.0:
            return abs(grad + math.copysign(alpha, b))
        return max(abs(grad) - alpha, 0.0)

    def conjugate_point(self, v, alpha):
        return 0.0 if abs(v) <= alpha * ON_THE_BOUND else math.copysign(math.inf, v)

    def entry_alpha(self, grad, step):
        return abs(grad)

    def l1_l2_parts(self):
        return (1.0, 0.0)
