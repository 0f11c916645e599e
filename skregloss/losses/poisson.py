from __future__ import annotations

import math

from .._validation import NON_NEGATIVE
from ._base import Loss
from ._elementary import exp
from ._shared import room, x_log


class Poisson(Loss):
    """exp(eta) - y eta

    Domain: y >= 0. Link: log, exp(eta) is the mean.

    For counts and rates whose variance grows like their mean: claims per year, visits per day. Effects multiply.

    Examples
    --------
    >>> from skregloss.losses import Poisson
    >>> loss = Poisson()
    >>> round(float(loss.inverse_link(0.0)), 3), round(float(loss.gradient(3.0, 0.0)), 3)
    (1.0, -2.0)
    """

    name = "poisson"
    likelihood = True
    y_interval = NON_NEGATIVE

    @property
    def self_concordance(self) -> float:
        return 1.0

    def value(self, y, eta):
        return exp(eta) - y * eta

    def gradient(self, y, eta):
        return exp(eta) - y

    def hessian(self, y, eta):
        return exp(eta)

    def derivatives(self, y, eta):
        mean = exp(eta)
        return mean - y * eta, mean - y, mean

    def conjugate(self, y, u):
        # The mean at slope u is y + u.
        mean = room(y + u, y)
        return x_log(mean, mean) - mean if mean >= 0.0 else math.inf

    def minimum(self, y):
        return y - x_log(y, y)

    def inverse_link(self, eta):
        return exp(eta)
