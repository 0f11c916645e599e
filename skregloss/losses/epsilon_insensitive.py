from __future__ import annotations

import math

import numpy as np

from .._validation import NON_NEGATIVE, check_parameter
from ._base import Loss
from ._shared import room


class EpsilonInsensitive(Loss):
    """max(0, abs(r) - epsilon), with r = y - eta

    Domain: y real. Link: identity, eta is the middle of a tube of half-width epsilon.

    Support vector regression: errors within the tube cost nothing, and those outside pull no harder the farther away they
    are.

    Parameters
    ----------
    epsilon : float, default=0.1
        The error, in units of y, that is free.

    Examples
    --------
    >>> from skregloss.losses import EpsilonInsensitive
    >>> EpsilonInsensitive(epsilon=0.5).value(3.0, 1.0)
    1.5
    """

    name = "epsilon_insensitive"
    smooth = False
    flat_pieces = True

    def __init__(self, epsilon: float = 0.1):
        self.epsilon = epsilon

    def validate(self) -> None:
        check_parameter(self, "epsilon", NON_NEGATIVE)

    @classmethod
    def examples(cls) -> list:
        return [cls(), cls(epsilon=0), cls(epsilon=1.5)]

    def value(self, y, eta):
        return max(0.0, abs(y - eta) - self.epsilon)

    def gradient(self, y, eta):
        return math.copysign(1.0, eta - y) if abs(y - eta) >= self.epsilon else 0.0

    def hessian(self, y, eta):
        return 0.0

    def conjugate(self, y, u):
        return u * y + self.epsilon * abs(u) if room(1.0 - abs(u), 1.0) >= 0.0 else math.inf

    def fenchel_excess(self, y, eta, u):
        # abs(r) - epsilon lies on one side of the kink or the other; the slope pays for what is left.
        r = y - eta
        beyond = abs(r) - self.epsilon
        return max(0.0, beyond) - abs(u) * beyond + (abs(u) * abs(r) + u * r)

    def minimum(self, y):
        return 0.0

    def pieces(self, y):
        return np.column_stack([y - self.epsilon, y + self.epsilon]), np.tile([-1.0, 0.0, 1.0], (len(y), 1))

    def prox(self, y, z, step):
        return z - step * self.prox_slope(y, z, step)

    def prox_slope(self, y, z, step):
        distance = z - y
        beyond = max(0.0, abs(distance) - self.epsilon)
        return math.copysign(min(beyond / step, 1.0), distance)
