from __future__ import annotations

from ._base import Loss


class SquaredError(Loss):
    """(y - eta)^2 / 2

    Domain: y real. Link: identity, eta is the mean.

    The default for a numeric target whose errors are about as large everywhere. A few gross outliers can dominate it:
    `Huber` and `PseudoHuber` limit their influence.

    Examples
    --------
    >>> from skregloss.losses import SquaredError
    >>> SquaredError().value(3.0, 1.0)
    2.0
    """

    name = "squared_error"
    constant_curvature = True

    @property
    def lipschitz(self) -> float:
        return 1.0

    def value(self, y, eta):
        return 0.5 * (y - eta) ** 2

    def gradient(self, y, eta):
        return eta - y

    def hessian(self, y, eta):
        return 1.0

    def conjugate(self, y, u):
        return u * (y + 0.5 * u)

    def minimum(self, y):
        return 0.0
