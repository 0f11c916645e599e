"""The log-sum penalty."""

from __future__ import annotations

import math

from .._validation import POSITIVE, check_parameter
from ._base import Penalty


class LogSum(Penalty):
    """P(b) = alpha log(1 + |b| / eps)

    Sets small coefficients to exactly zero and shrinks a large one by about alpha / |b|: ever less, never not at all.
    It is the limit of L1 reweighted by 1 / (|b| + eps).

    Parameters
    ----------
    eps : float, default=1.0
        The size at which shrinkage has fallen to half, > 0. Large values approach L1 at strength alpha / eps, small
        ones L0.

    Examples
    --------
    >>> from skregloss.penalties import LogSum
    >>> penalty = LogSum(eps=1.0)
    >>> penalty.prox(0.4, 1.0, 0.5), round(penalty.prox(2.0, 1.0, 0.5), 3)
    (0.0, 1.823)
    """

    name = "log_sum"
    convex = False

    def __init__(self, eps=1.0):
        self.eps = eps

    def value(self, b, alpha):
        return alpha * math.log1p(abs(b) / self.eps)

    def prox(self, z, step, alpha):
        size, strength = abs(z), step * alpha
        if strength == 0.0:
            return z
        # The objective falls from 0 up to the larger root of b^2 + (eps - size) b + strength - size eps, if that is
        # positive, when size eps > strength; otherwise it rises first, and the root has to be compared with 0.
        falls_at_zero = size * self.eps > strength
        if size <= self.eps:
            if not falls_at_zero:
                return 0.0
            # The product of the roots gives the larger one without cancellation.
            root = 2.0 * (size * self.eps - strength) / (self.eps - size + self.discriminant_root(size, strength))
            return math.copysign(min(root, size), z)
        if size + self.eps < 2.0 * math.sqrt(strength):
            return 0.0
        root = min(0.5 * (size - self.eps) + 0.5 * self.discriminant_root(size, strength), size)
        if falls_at_zero or strength * math.log1p(root / self.eps) < root * (size - 0.5 * root):
            return math.copysign(root, z)
        return 0.0

    def discriminant_root(self, size, strength):
        """sqrt((size + eps)^2 - 4 strength), which must not overflow; 0 where rounding made it negative"""
        middle, half_gap = size + self.eps, 2.0 * math.sqrt(strength)
        return math.sqrt(max(middle - half_gap, 0.0)) * math.sqrt(middle + half_gap)

    def derivative(self, b, alpha):
        return math.copysign(alpha / (self.eps + abs(b)), b)

    def curvature(self, b, alpha):
        return -alpha / (self.eps + abs(b)) / (self.eps + abs(b))

    def subdiff_distance(self, b, grad, alpha):
        if b != 0.0:
            return abs(grad + self.derivative(b, alpha))
        return max(abs(grad) - alpha / self.eps, 0.0)

    def entry_alpha(self, grad, step):
        # For |z| <= eps, 0 is left only where the objective falls at 0. Beyond, it is left by a jump that has no
        # closed form.
        if step * abs(grad) <= self.eps:
            return self.round_entry_up(abs(grad) * self.eps, grad, step)
        return self.bisect_entry(grad, step)

    def validate(self):
        check_parameter(self, "eps", POSITIVE)

    @classmethod
    def examples(cls):
        return [cls(), cls(0.1), cls(5.0)]
