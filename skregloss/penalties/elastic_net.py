"""The elastic net penalty."""

from __future__ import annotations

import math

from .._validation import CLOSED_UNIT, check_parameter
from ._base import ON_THE_BOUND, Penalty, soft_threshold


class ElasticNet(Penalty):
    """P(b) = alpha (l1_ratio |b| + (1 - l1_ratio) b^2 / 2)

    Sets small coefficients to exactly zero as L1 does, and shrinks the others a little more in proportion to their
    size as L2 does, so that correlated features enter together instead of one in place of all.

    Parameters
    ----------
    l1_ratio : float, default=0.5
        The share of L1, in [0, 1]; 1 is L1 and 0 is L2.

    Examples
    --------
    >>> from skregloss.penalties import ElasticNet
    >>> penalty = ElasticNet(0.5)
    >>> round(penalty.prox(3.0, 1.0, 1.0), 3), penalty.prox(0.4, 1.0, 1.0)
    (1.667, 0.0)
    """

    name = "elasticnet"

    def __init__(self, l1_ratio=0.5):
        self.l1_ratio = l1_ratio

    def value(self, b, alpha):
        # Multiplied from the left: b * b may overflow, and must not where its factor is zero.
        return alpha * self.l1_ratio * abs(b) + 0.5 * alpha * (1.0 - self.l1_ratio) * b * b

    def prox(self, z, step, alpha):
        return soft_threshold(z, step * alpha * self.l1_ratio) / (1.0 + step * alpha * (1.0 - self.l1_ratio))

    def derivative(self, b, alpha):
        return math.copysign(alpha * self.l1_ratio, b) + alpha * (1.0 - self.l1_ratio) * b

    def curvature(self, b, alpha):
        return alpha * (1.0 - self.l1_ratio)

    def subdiff_distance(self, b, grad, alpha):
        if b != 0.0:
            return abs(grad + self.derivative(b, alpha))
        return max(abs(grad) - alpha * self.l1_ratio, 0.0)

    def conjugate_point(self, v, alpha):
        l1, l2 = alpha * self.l1_ratio, alpha * (1.0 - self.l1_ratio)
        if l2 > 0.0:
            return soft_threshold(v, l1) / l2
        return 0.0 if abs(v) <= l1 * ON_THE_BOUND else math.copysign(math.inf, v)

    def conjugate(self, v, alpha):
        # At the maximiser, l2 b is what v exceeds l1 by: v b - l1 |b| - l2 b^2/2 is half of that excess times b.
        b = self.conjugate_point(v, alpha)
        return 0.5 * (abs(v) - alpha * self.l1_ratio) * abs(b) if b != 0.0 else 0.0

    def entry_alpha(self, grad, step):
        if grad == 0.0:
            return 0.0
        return self.round_entry_up(abs(grad) / self.l1_ratio, grad, step) if self.l1_ratio > 0.0 else math.inf

    def l1_l2_parts(self):
        return (self.l1_ratio, 1.0 - self.l1_ratio)

    def validate(self):
        check_parameter(self, "l1_ratio", CLOSED_UNIT)

    @classmethod
    def examples(cls):
        return [cls(), cls(0.0), cls(0.9), cls(1.0)]
