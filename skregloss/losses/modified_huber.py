from __future__ import annotations

import math

from ._base import Loss
from ._shared import room


class ModifiedHuber(Loss):
    """max(0, 1 - m)^2 where m >= -1, else -4 m, with m = y eta

    Domain: y = -1 or +1. Link: (clip(eta, -1, 1) + 1) / 2 is the probability of +1.

    `SquaredHinge` that tolerates mislabelled samples: a gross mistake costs in proportion to its size, not its square.

    Examples
    --------
    >>> from skregloss.losses import ModifiedHuber
    >>> loss = ModifiedHuber()
    >>> loss.value(1.0, 0.5), loss.value(1.0, -3.0)
    (0.25, 12.0)
    """

    name = "modified_huber"
    flat_pieces = True
    classification = True
    defines_probability = True

    @property
    def lipschitz(self) -> float:
        return 2.0

    def value(self, y, eta):
        m = y * eta
        return max(0.0, 1.0 - m) ** 2 if m >= -1.0 else -4.0 * m

    def gradient(self, y, eta):
        return -2.0 * y * min(max(0.0, 1.0 - y * eta), 2.0)

    def hessian(self, y, eta):
        return 2.0 if abs(eta) <= 1.0 else 0.0

    def conjugate(self, y, u):
        # As for the squared hinge, but slopes end at 4.
        if u * y > 0.0 or room(4.0 + u * y, 4.0) < 0.0:
            return math.inf
        return u * (y + 0.25 * u)

    def minimum(self, y):
        return 0.0

    def inverse_link(self, eta):
        return 0.5 * (min(max(eta, -1.0), 1.0) + 1.0)
