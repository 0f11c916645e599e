from __future__ import annotations

import math

from ._base import Loss
from ._elementary import exp
from ._shared import x_log


class Exponential(Loss):
    """exp(-m), with m = y eta

    Domain: y = -1 or +1. Link: 1 / (1 + exp(-2 eta)) is the probability of +1.

    The loss that AdaBoost minimises. Mistakes cost exponentially in their size, so that it suits clean labels only;
    `LogLoss` has the same ideal prediction, up to a factor of 2, and is forgiving.

    Examples
    --------
    >>> from skregloss.losses import Exponential
    >>> round(float(Exponential().value(1.0, 2.0)), 3)
    0.135
    """

    name = "exponential"
    classification = True
    defines_probability = True

    @property
    def self_concordance(self) -> float:
        return 1.0

    def value(self, y, eta):
        return exp(-y * eta)

    def gradient(self, y, eta):
        return -y * exp(-y * eta)

    def hessian(self, y, eta):
        return exp(-y * eta)

    def conjugate(self, y, u):
        slope = -u * y
        return x_log(slope, slope) - slope if slope >= 0.0 else math.inf

    def minimum(self, y):
        return 0.0

    def inverse_link(self, eta):
        return exp(min(2.0 * eta, 0.0)) / (1.0 + exp(-2.0 * abs(eta)))
