"""The L2 penalty."""

from __future__ import annotations

import math

from ._base import Penalty


class L2(Penalty):
    """P(b) = alpha b^2 / 2

    Shrinks every coefficient in proportion to its size, large ones most, and sets none to zero; coefficients of
    correlated features are drawn together.

    Examples
    --------
    >>> from skregloss.penalties import L2
    >>> penalty = L2()
    >>> penalty.value(-2.0, 0.5), penalty.prox(3.0, 1.0, 0.5)
    (1.0, 2.0)
    """

    name = "l2"

    def value(self, b, alpha):
        return 0.5 * alpha * b * b

    def prox(self, z, step, alpha):
        return z / (1.0 + step * alpha)

    def derivative(self, b, alpha):
        return alpha * b

    def curvature(self, b, alpha):
        return alpha

    def subdiff_distance(self, b, grad, alpha):
        return abs(grad + alpha * b)

    def conjugate_point(self, v, alpha):
        if v == 0.0:
            return 0.0
        return v / alpha if alpha > 0.0 else math.copysign(math.inf, v)

    def entry_alpha(self, grad, step):
        return 0.0 if grad == 0.0 else math.inf

    def l1_l2_parts(self):
        return (0.0, 1.0)
