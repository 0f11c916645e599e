from __future__ import annotations

import math

from .._validation import POSITIVE
from ._base import Loss
from ._elementary import exp
from ._shared import room, x_log


class Gamma(Loss):
    """eta + y exp(-eta)

    Domain: y > 0. Link: log, exp(eta) is the mean.

    For positive amounts whose standard deviation grows like their mean: costs, durations, rainfall. Effects multiply,
    and an error counts relative to the prediction.

    Examples
    --------
    >>> from skregloss.losses import Gamma
    >>> loss = Gamma()
    >>> round(float(loss.inverse_link(0.0)), 3), round(float(loss.gradient(2.0, 0.0)), 3)
    (1.0, -1.0)
    """

    name = "gamma"
    y_interval = POSITIVE

    @property
    def self_concordance(self) -> float:
        return 1.0

    def value(self, y, eta):
        return eta + y * exp(-eta)

    def gradient(self, y, eta):
        return 1.0 - y * exp(-eta)

    def hessian(self, y, eta):
        return y * exp(-eta)

    def conjugate(self, y, u):
        # The ratio of y to its mean at slope u is 1 - u.
        ratio = room(1.0 - u, 1.0)
        return x_log(ratio, ratio / y) - ratio if ratio >= 0.0 else math.inf

    def minimum(self, y):
        return 1.0 + math.log(y)

    def inverse_link(self, eta):
        return exp(eta)
