from __future__ import annotations

from .._validation import check_parameter
from ._base import Interval, Loss


class Expectile(Loss):
    """q r^2 where r >= 0, else (1 - q) r^2, with r = y - eta and q the expectile

    Domain: y real. Link: identity, eta is the expectile of y.

    Asymmetric least squares, for when predicting too low costs more than predicting too high (q > 1/2), or less
    (q < 1/2). It is to `Quantile` what the mean is to the median: smooth, and moved by how far off the misses are.

    Parameters
    ----------
    expectile : float, default=0.5
        The level q, in (0, 1); at 0.5 the loss is `SquaredError`.

    Examples
    --------
    >>> from skregloss.losses import Expectile
    >>> loss = Expectile(0.75)
    >>> loss.value(3.0, 1.0), loss.value(1.0, 3.0)
    (3.0, 1.0)
    """

    name = "expectile"

    def __init__(self, expectile: float = 0.5):
        self.expectile = expectile

    def validate(self) -> None:
        check_parameter(self, "expectile", Interval(0.0, 1.0))

    @classmethod
    def examples(cls) -> list:
        return [cls(), cls(expectile=0.1), cls(expectile=0.9)]

    @property
    def lipschitz(self) -> float:
        return 2.0 * max(self.expectile, 1.0 - self.expectile)

    def value(self, y, eta):
        weight = self.expectile if y >= eta else 1.0 - self.expectile
        return weight * (y - eta) ** 2

    def gradient(self, y, eta):
        weight = self.expectile if y >= eta else 1.0 - self.expectile
        return 2.0 * weight * (eta - y)

    def hessian(self, y, eta):
        return 2.0 * (self.expectile if y >= eta else 1.0 - self.expectile)

    def conjugate(self, y, u):
        weight = self.expectile if u <= 0.0 else 1.0 - self.expectile
        return u * (y + 0.25 * u / weight)

    def minimum(self, y):
        return 0.0
