"""The smoothly clipped absolute deviation penalty."""

from __future__ import annotations

import math

from .._validation import Interval, check_parameter
from ._base import Penalty, soft_threshold


class SCAD(Penalty):
    """P'(b) = alpha where b <= alpha, (gamma alpha - b) / (gamma - 1) up to b = gamma alpha, then 0 (for b > 0)

    Treats coefficients up to alpha exactly as L1 does, shrinks larger ones ever less, and leaves those beyond
    gamma alpha as they would be without a penalty (Fan and Li, 2001).

    Parameters
    ----------
    gamma : float, default=3.7
        How many times alpha a coefficient must exceed to be free of shrinkage, > 2. Large values approach L1.

    Examples
    --------
    >>> from skregloss.penalties import SCAD
    >>> penalty = SCAD()
    >>> penalty.prox(0.4, 1.0, 0.5), round(penalty.prox(1.0, 1.0, 0.5), 3), penalty.prox(2.0, 1.0, 0.5)
    (0.0, 0.5, 2.0)
    """

    name = "scad"
    convex = False

    def __init__(self, gamma=3.7):
        self.gamma = gamma

    def value(self, b, alpha):
        size = abs(b)
        if size <= alpha:
            return alpha * size
        if size <= self.gamma * alpha:
            return (size * (2.0 * self.gamma * alpha - size) - alpha * alpha) / (2.0 * (self.gamma - 1.0))
        return 0.5 * (self.gamma + 1.0) * alpha * alpha

    def prox(self, z, step, alpha):
        # The objective has curvature 1 up to alpha and beyond gamma alpha, and 1 - step / (gamma - 1) between them.
        size = abs(z)
        if step < self.gamma - 1.0:
            # Convex: the one stationary point is the answer.
            if size <= (1.0 + step) * alpha:
                return soft_threshold(z, step * alpha)
            if size > self.gamma * alpha:
                return z
            flat = self.gamma - 1.0
            return math.copysign(min((flat * size - step * self.gamma * alpha) / (flat - step), size), z)
        # Concave between: the answer is the soft threshold, or z at the cost (gamma + 1) step alpha^2 / 2. The soft
        # threshold costs z^2 / 2 if it is 0, else step alpha z - (step alpha)^2 / 2. Equal costs give the two limits:
        if step >= self.gamma + 1.0:
            return 0.0 if size <= alpha * math.sqrt(step * (self.gamma + 1.0)) else z
        return soft_threshold(z, step * alpha) if size <= 0.5 * (self.gamma + 1.0 + step) * alpha else z

    def derivative(self, b, alpha):
        size = abs(b)
        if size <= alpha:
            return math.copysign(alpha, b)
        return math.copysign(max(self.gamma * alpha - size, 0.0) / (self.gamma - 1.0), b)

    def curvature(self, b, alpha):
        return -1.0 / (self.gamma - 1.0) if alpha < abs(b) < self.gamma * alpha else 0.0

    def subdiff_distance(self, b, grad, alpha):
        if b != 0.0:
            return abs(grad + self.derivative(b, alpha))
        return max(abs(grad) - alpha, 0.0)

    def entry_alpha(self, grad, step):
        hard = self.gamma + 1.0
        alpha = abs(grad) if step < hard else abs(grad) * math.sqrt(step / hard)
        return self.round_entry_up(alpha, grad, step)

    def validate(self):
        check_parameter(self, "gamma", Interval(2.0))

    @classmethod
    def examples(cls):
        return [cls(), cls(2.1), cls(10.0)]
