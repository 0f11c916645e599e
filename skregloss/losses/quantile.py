from __future__ import annotations

import math

from ._base import Loss
from ._shared import UNIT, require, room


class Quantile(Loss):
    """q r where r >= 0, else (q - 1) r, with r = y - eta and q = quantile

    Domain: y real. Link: identity, eta is the q-quantile: the share q of targets lies below it.

    The check loss, for any part of a distribution and not its mean alone: the median for 0.5, a bound that one target in
    ten exceeds for 0.9. Targets count by their side only, not by their distance.

    Parameters
    ----------
    quantile : float, default=0.5
        The quantile, in (0, 1).
    """

    name = "quantile"
    smooth = False
    flat_pieces = True

    def __init__(self, quantile: float = 0.5):
        self.quantile = quantile

    def validate(self) -> None:
        require(self, "quantile", UNIT)

    @classmethod
    def examples(cls) -> list:
        return [cls(), cls(quantile=0.9), cls(quantile=0.05)]

    def value(self, y, eta):
        r = y - eta
        return self.quantile * r if r >= 0.0 else (self.quantile - 1.0) * r

    def gradient(self, y, eta):
        return -self.quantile if y >= eta else 1.0 - self.quantile

    def hessian(self, y, eta):
        return 0.0

    def conjugate(self, y, u):
        return u * y if room(min(self.quantile + u, 1.0 - self.quantile - u), 1.0) >= 0.0 else math.inf

    def fenchel_excess(self, y, eta, u):
        r = y - eta
        return (self.quantile + u) * r if r >= 0.0 else (self.quantile - 1.0 + u) * r

    def minimum(self, y):
        return 0.0

    def prox(self, y, z, step):
        return min(max(y, z - step * (1.0 - self.quantile)), z + step * self.quantile)

    def prox_slope(self, y, z, step):
        return min(max((z - y) / step, -self.quantile), 1.0 - self.quantile)
