from __future__ import annotations

import math

from .._validation import POSITIVE
from ._base import Loss
from ._elementary import exp


class InverseGaussian(Loss):
    """y exp(-2 eta) / 2 - exp(-eta)

    Domain: y > 0. Link: log, exp(eta) is the mean.

    For positive amounts with a heavier right tail than `Gamma`: variance grows like the cube of the mean, as for the
    time a drifting random walk takes to reach a level. Not convex where exp(eta) > 2 y.

    Examples
    --------
    >>> from skregloss.losses import InverseGaussian
    >>> loss = InverseGaussian()
    >>> round(float(loss.inverse_link(0.0)), 3), round(float(loss.gradient(1.0, 0.0)), 3)
    (1.0, 0.0)
    """

    name = "inverse_gaussian"
    convex = False
    y_interval = POSITIVE

    # Written in s = exp(-eta) and products of s with a bracket: where s overflows they are infinite, never inf - inf.

    def value(self, y, eta):
        s = exp(-eta)
        return s * (0.5 * y * s - 1.0)

    def gradient(self, y, eta):
        s = exp(-eta)
        return s * (1.0 - y * s)

    def hessian(self, y, eta):
        s = exp(-eta)
        return s * (2.0 * y * s - 1.0)

    def model_curvature(self, y, eta):
        """The hessian, but at least a tenth of its mean s = exp(-eta) under the model (the Fisher curvature).

        It is exact for exp(eta) <= 1.8 y. Beyond, the slope is s (1 - y s) < s, so that no sample asks for a step over
        10. A higher floor shortens steps where they were right: with the whole of s, Newton takes two to three times
        as many steps on noisy data.
        """
        s = exp(-eta)
        return s * max(2.0 * y * s - 1.0, 0.1)

    def conjugate(self, y, u):
        # Slope u <= 0 is taken where y s^2 - s + u = 0; the other root is negative. The value tends to 0 as eta grows,
        # so positive u have no finite supremum.
        if u > 0.0:
            return math.inf
        s = (1.0 + math.sqrt(1.0 - 4.0 * y * u)) / (2.0 * y)
        return -u * math.log(s) - s * (0.5 * y * s - 1.0)

    def minimum(self, y):
        return -0.5 / y

    def inverse_link(self, eta):
        return exp(eta)
