from __future__ import annotations

import math

from .._validation import POSITIVE, check_parameter
from ._base import Loss
from ._shared import room


class Huber(Loss):
    """r^2 / 2 where abs(r) <= delta, else delta (abs(r) - delta / 2), with r = y - eta

    Domain: y real. Link: identity, eta is a mean that outliers cannot drag away.

    For a numeric target with some gross errors: a residual beyond delta pulls no harder than one at delta.

    Parameters
    ----------
    delta : float, default=1.35
        The residual, in units of y, at which the loss turns from quadratic to linear. 1.35 times the noise's standard
        deviation keeps 95 % of the efficiency of least squares on normal noise.

    Examples
    --------
    >>> from skregloss.losses import Huber
    >>> loss = Huber(delta=1.0)
    >>> loss.value(0.0, 0.5), loss.value(0.0, 10.0)
    (0.125, 9.5)
    """

    name = "huber"
    flat_pieces = True

    def __init__(self, delta: float = 1.35):
        self.delta = delta

    def validate(self) -> None:
        check_parameter(self, "delta", POSITIVE)

    @classmethod
    def examples(cls) -> list:
        return [cls(), cls(delta=0.2), cls(delta=5)]

    @property
    def lipschitz(self) -> float:
        return 1.0

    def value(self, y, eta):
        size = abs(y - eta)
        return 0.5 * size**2 if size <= self.delta else self.delta * (size - 0.5 * self.delta)

    def gradient(self, y, eta):
        return min(max(eta - y, -self.delta), self.delta)

    def hessian(self, y, eta):
        return 1.0 if abs(y - eta) <= self.delta else 0.0

    def conjugate(self, y, u):
        # The loss is the infimal convolution of r^2 / 2 and delta abs(r), so that their conjugates add: that of the
        # first is u^2 / 2, that of the second is infinite beyond delta and 0 within.
        if room(self.delta - abs(u), self.delta) < 0.0:
            return math.inf
        return u * (y + 0.5 * u)

    def minimum(self, y):
        return 0.0
