"""The minimax concave penalty."""

from __future__ import annotations

import math

from .._validation import POSITIVE, check_parameter
from ._base import Penalty, soft_threshold


class MCP(Penalty):
    """P(b) = alpha |b| - b^2 / (2 gamma) where |b| <= gamma alpha, else gamma alpha^2 / 2

    Sets small coefficients to exactly zero as L1 does, shrinks middling ones less the larger they are, and leaves
    those beyond gamma alpha as they would be without a penalty.

    Parameters
    ----------
    gamma : float, default=3.0
        How many times alpha a coefficient must exceed to be free of shrinkage, > 0. Large values approach L1, small
        ones L0.

    Examples
    --------
    >>> from skregloss.penalties import MCP
    >>> penalty = MCP(gamma=3)
    >>> penalty.prox(0.4, 1.0, 0.5), round(penalty.prox(1.0, 1.0, 0.5), 3), penalty.prox(2.0, 1.0, 0.5)
    (0.0, 0.75, 2.0)
    """

    name = "mcp"
    convex = False

    def __init__(self, gamma=3.0):
        self.gamma = gamma

    def value(self, b, alpha):
        size = abs(b)
        if size <= self.gamma * alpha:
            return (alpha - 0.5 * size / self.gamma) * size
        return 0.5 * self.gamma * alpha * alpha

    def prox(self, z, step, alpha):
        size = abs(z)
        if step < self.gamma:
            if size > self.gamma * alpha:
                return z
            return math.copysign(min(abs(soft_threshold(z, step * alpha)) / (1.0 - step / self.gamma), size), z)
        # Here the objective is concave up to gamma alpha and (b - z)^2 / 2 + step gamma alpha^2 / 2 beyond. Its least
        # value is therefore at 0, z^2 / 2, or at z, step gamma alpha^2 / 2.
        return 0.0 if size <= alpha * math.sqrt(self.gamma * step) else z

    def derivative(self, b, alpha):
        return math.copysign(max(alpha - abs(b) / self.gamma, 0.0), b)

    def curvature(self, b, alpha):
        return -1.0 / self.gamma if abs(b) < self.gamma * alpha else 0.0

    def subdiff_distance(self, b, grad, alpha):
        if b != 0.0:
            return abs(grad + self.derivative(b, alpha))
        return max(abs(grad) - alpha, 0.0)

    def entry_alpha(self, grad, step):
        alpha = abs(grad) if step < self.gamma else abs(grad) * math.sqrt(step / self.gamma)
        return self.round_entry_up(alpha, grad, step)

    def validate(self):
        check_parameter(self, "gamma", POSITIVE)

    @classmethod
    def examples(cls):
        return [cls(), cls(1.5), cls(0.5)]
