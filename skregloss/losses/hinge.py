from __future__ import annotations

import math

import numpy as np

from ._base import Loss
from ._shared import room


class Hinge(Loss):
    """max(0, 1 - m), with m = y eta

    Domain: y = -1 or +1. Link: none, the sign of eta is the class.

    The support vector machine: samples beyond the margin on the right side cost nothing, and the others in proportion to
    how far they are from it. It does not give probabilities.

    Examples
    --------
    >>> from skregloss.losses import Hinge
    >>> loss = Hinge()
    >>> loss.value(1.0, 0.25), loss.value(1.0, 2.0)
    (0.75, 0.0)
    """

    name = "hinge"
    smooth = False
    flat_pieces = True
    classification = True

    def value(self, y, eta):
        return max(0.0, 1.0 - y * eta)

    def gradient(self, y, eta):
        return -y if y * eta <= 1.0 else 0.0

    def hessian(self, y, eta):
        return 0.0

    def conjugate(self, y, u):
        # At the kink m = 1 the linear predictor is y, for every slope between the two.
        return u * y if room(min(-u * y, 1.0 + u * y), 1.0) >= 0.0 else math.inf

    def fenchel_excess(self, y, eta, u):
        short = 1.0 - y * eta
        return max(0.0, short) + u * y * short

    def minimum(self, y):
        return 0.0

    def pieces(self, y):
        return y[:, None].copy(), np.column_stack([np.minimum(-y, 0.0), np.maximum(-y, 0.0)])

    def prox(self, y, z, step):
        return y * max(y * z, min(y * z + step, 1.0))

    def prox_slope(self, y, z, step):
        return -y * min(max((1.0 - y * z) / step, 0.0), 1.0)
