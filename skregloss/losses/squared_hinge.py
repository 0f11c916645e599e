from __future__ import annotations

import math

from ._base import Loss


class SquaredHinge(Loss):
    """max(0, 1 - m)^2, with m = y eta

    Domain: y = -1 or +1. Link: none, the sign of eta is the class.

    A support vector machine with a smooth loss: samples on the right side of the margin cost nothing, so that only the
    others shape the fit. It does not give probabilities.

    Examples
    --------
    >>> from skregloss.losses import SquaredHinge
    >>> loss = SquaredHinge()
    >>> loss.value(1.0, 0.5), loss.value(1.0, 2.0)
    (0.25, 0.0)
    """

    name = "squared_hinge"
    flat_pieces = True
    classification = True

    @property
    def lipschitz(self) -> float:
        return 2.0

    def value(self, y, eta):
        return max(0.0, 1.0 - y * eta) ** 2

    def gradient(self, y, eta):
        return -2.0 * y * max(0.0, 1.0 - y * eta)

    def hessian(self, y, eta):
        return 2.0 if y * eta <= 1.0 else 0.0

    def conjugate(self, y, u):
        # At slope u = -2 y (1 - m) the margin is m = 1 + u y / 2.
        return u * (y + 0.25 * u) if u * y <= 0.0 else math.inf

    def minimum(self, y):
        return 0.0
