"""No penalty at all, as a penalty."""

from __future__ import annotations

import math

from ._base import Penalty


class NoPenalty(Penalty):
    """P(b) = 0

    Leaves every coefficient as the loss alone would have it, at any strength. It is what `penalty=None` means.

    Examples
    --------
    >>> from skregloss.penalties import NoPenalty
    >>> NoPenalty().prox(2.0, 1.0, 0.5)
    2.0
    """

    name = "none"

    def value(self, b, alpha):
        return 0.0

    def prox(self, z, step, alpha):
        return z

    def derivative(self, b, alpha):
        return 0.0

    def curvature(self, b, alpha):
        return 0.0

    def subdiff_distance(self, b, grad, alpha):
        return abs(grad)

    def conjugate_point(self, v, alpha):
        return 0.0 if v == 0.0 else math.copysign(math.inf, v)

    def entry_alpha(self, grad, step):
        return 0.0 if grad == 0.0 else math.inf

    def l1_l2_parts(self):
        return (0.0, 0.0)
