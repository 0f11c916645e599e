"""The L0 penalty."""

from __future__ import annotations

import math

from ._base import Penalty


class L0(Penalty):
    """P(b) = alpha if b != 0, else 0

    Charges a coefficient a fixed price for not being zero, whatever its size: it selects features and shrinks none.

    Examples
    --------
    >>> from skregloss.penalties import L0
    >>> penalty = L0()
    >>> penalty.prox(0.8, 1.0, 0.5), penalty.prox(2.0, 1.0, 0.5)
    (0.0, 2.0)
    """

    name = "l0"
    convex = False

    def value(self, b, alpha):
        return alpha if b != 0.0 else 0.0

    def prox(self, z, step, alpha):
        return z if abs(z) > math.sqrt(2.0 * step * alpha) else 0.0

    def derivative(self, b, alpha):
        return 0.0

    def curvature(self, b, alpha):
        return 0.0

    def subdiff_distance(self, b, grad, alpha):
        # The jump at 0 makes 0 stationary for every gradient.
        return abs(grad) if b != 0.0 else 0.0

    def entry_alpha(self, grad, step):
        return self.round_entry_up(0.5 * step * grad * grad, grad, step)
