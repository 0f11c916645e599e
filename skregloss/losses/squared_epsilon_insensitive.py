from __future__ import annotations

import math

from .._validation import NON_NEGATIVE, check_parameter
from ._base import Loss


class SquaredEpsilonInsensitive(Loss):
    """max(0, abs(r) - epsilon)^2, with r = y - eta

    Domain: y real. Link: identity, eta is the middle of a tube of half-width epsilon.

    For a numeric target that is right up to a tolerance, such as a rounded measurement: errors within it cost nothing,
    so that only the samples outside the tube shape the fit.

    Parameters
    ----------
    epsilon : float, default=0.1
        The error, in units of y, that is free.

    Examples
    --------
    >>> from skregloss.losses import SquaredEpsilonInsensitive
    >>> SquaredEpsilonInsensitive(epsilon=0.5).value(3.0, 1.0)
    2.25
    """

    name = "squared_epsilon_insensitive"
    flat_pieces = True

    def __init__(self, epsilon: float = 0.1):
        self.epsilon = epsilon

    def validate(self) -> None:
        check_parameter(self, "epsilon", NON_NEGATIVE)

    @classmethod
    def examples(cls) -> list:
        return [cls(), cls(epsilon=0), cls(epsilon=2.5)]

    @property
    def lipschitz(self) -> float:
        return 2.0

    def value(self, y, eta):
        return max(0.0, abs(y - eta) - self.epsilon) ** 2

    def gradient(self, y, eta):
        return math.copysign(2.0 * max(0.0, abs(y - eta) - self.epsilon), eta - y)

    def hessian(self, y, eta):
        return 2.0 if abs(y - eta) >= self.epsilon else 0.0

    def conjugate(self, y, u):
        # At slope u the residual beyond the tube is abs(u) / 2, so eta = y + u / 2 + epsilon sign(u).
        return u * (y + 0.25 * u) + self.epsilon * abs(u)

    def minimum(self, y):
        return 0.0
