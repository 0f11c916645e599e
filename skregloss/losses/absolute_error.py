from __future__ import annotations

import math

import numpy as np

from ._base import Loss
from ._shared import room


class AbsoluteError(Loss):
    """abs(r), with r = y - eta

    Domain: y real. Link: identity, eta is the median.

    For a numeric target with gross errors, however many short of half: a residual pulls with its sign alone.

    Examples
    --------
    >>> from skregloss.losses import AbsoluteError
    >>> AbsoluteError().value(3.0, 1.0)
    2.0
    """

    name = "absolute_error"
    smooth = False
    flat_pieces = True

    def value(self, y, eta):
        return abs(y - eta)

    def gradient(self, y, eta):
        return 1.0 if eta > y else -1.0

    def hessian(self, y, eta):
        return 0.0

    def conjugate(self, y, u):
        return u * y if room(1.0 - abs(u), 1.0) >= 0.0 else math.inf

    def fenchel_excess(self, y, eta, u):
        r = y - eta
        return abs(r) + u * r

    def minimum(self, y):
        return 0.0

    def pieces(self, y):
        return y[:, None].copy(), np.tile([-1.0, 1.0], (len(y), 1))

    def prox(self, y, z, step):
        return min(max(y, z - step), z + step)

    def prox_slope(self, y, z, step):
        return min(max((z - y) / step, -1.0), 1.0)
