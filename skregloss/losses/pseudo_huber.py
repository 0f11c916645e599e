from __future__ import annotations

import math

from .._validation import POSITIVE, check_parameter
from ._base import Loss
from ._shared import room


class PseudoHuber(Loss):
    """delta^2 (sqrt(1 + (r / delta)^2) - 1), with r = y - eta

    Domain: y real. Link: identity, eta is a mean that outliers cannot drag away.

    `Huber` without its kinks: like r^2 / 2 for small residuals, like delta abs(r) for large ones, smooth in between.

    Parameters
    ----------
    delta : float, default=1.0
        The residual, in units of y, around which the loss turns from quadratic to linear.

    Examples
    --------
    >>> from skregloss.losses import PseudoHuber
    >>> round(float(PseudoHuber(delta=1.0).value(0.0, 10.0)), 3)
    9.05
    """

    name = "pseudo_huber"

    def __init__(self, delta: float = 1.0):
        self.delta = delta

    def validate(self) -> None:
        check_parameter(self, "delta", POSITIVE)

    @classmethod
    def examples(cls) -> list:
        return [cls(), cls(delta=0.2), cls(delta=5)]

    @property
    def lipschitz(self) -> float:
        return 1.0

    @property
    def self_concordance(self) -> float:
        return 1.5 / self.delta

    def value(self, y, eta):
        # sqrt(1 + t^2) - 1 = t^2 / (1 + sqrt(1 + t^2)), which keeps its digits for small t.
        r = y - eta
        return r * (r / (1.0 + math.hypot(1.0, r / self.delta)))

    def gradient(self, y, eta):
        return (eta - y) / math.hypot(1.0, (y - eta) / self.delta)

    def hessian(self, y, eta):
        return math.hypot(1.0, (y - eta) / self.delta) ** -3.0

    def conjugate(self, y, u):
        # The slope u = -r / sqrt(1 + t^2) gives sqrt(1 + t^2) = 1 / sqrt(1 - s^2) with s = u / delta, hence
        # u y + delta^2 (1 - sqrt(1 - s^2)); the fraction is this difference without its cancellation.
        remaining = room(self.delta - abs(u), self.delta)
        if remaining < 0.0:
            return math.inf
        root = math.sqrt(remaining * (self.delta + abs(u))) / self.delta
        return u * (y + u / (1.0 + root))

    def minimum(self, y):
        return 0.0
