from __future__ import annotations

import math

import numpy as np

from .._validation import NON_NEGATIVE, POSITIVE, check_parameter
from ._base import Loss
from ._shared import room, share_log


class NegativeBinomial(Loss):
    """(y + 1/theta) log(1 + theta exp(eta)) - y eta

    Domain: y >= 0. Link: log, exp(eta) is the mean.

    For counts that scatter more than `Poisson` allows, because the rate itself varies between samples: variance is
    mean + theta mean^2. Large counts are trusted less than by `Poisson`, which is the limit theta = 0.

    Parameters
    ----------
    theta : float, default=1.0
        The overdispersion, > 0 (the reciprocal of the `theta` of R's MASS).

    Examples
    --------
    >>> from skregloss.losses import NegativeBinomial
    >>> loss = NegativeBinomial(theta=0.5)
    >>> round(float(loss.inverse_link(0.0)), 3), round(float(loss.gradient(1.0, 0.0)), 3)
    (1.0, 0.0)
    """

    name = "negative_binomial"
    likelihood = True
    y_interval = NON_NEGATIVE

    def __init__(self, theta: float = 1.0):
        self.theta = theta

    def validate(self) -> None:
        check_parameter(self, "theta", POSITIVE)

    @classmethod
    def examples(cls) -> list:
        return [cls(), cls(theta=0.01), cls(theta=20)]

    # Each method has two forms, in exp(eta) and in exp(-eta), of which the one that cannot overflow is taken.

    @property
    def self_concordance(self) -> float:
        return 1.0

    def value(self, y, eta):
        if eta <= 0.0 or eta <= -math.log(self.theta):
            return (y + 1.0 / self.theta) * np.log1p(self.theta * np.exp(eta)) - y * eta
        return y * np.log(self.theta + np.exp(-eta)) + (eta + np.log(self.theta + np.exp(-eta))) / self.theta

    def gradient(self, y, eta):
        if eta <= 0.0:
            return (np.exp(eta) - y) / (1.0 + self.theta * np.exp(eta))
        return (1.0 - y * np.exp(-eta)) / (self.theta + np.exp(-eta))

    def hessian(self, y, eta):
        small = np.exp(-abs(eta))
        denominator = 1.0 + self.theta * small if eta <= 0.0 else self.theta + small
        return (1.0 + self.theta * y) * (small / denominator) / denominator

    def conjugate(self, y, u):
        # In x = eta + log(theta) the loss is (y + 1/theta) log(1 + exp(x)) - y x + y log(theta): an entropy of the
        # shares y + u and 1/theta - u of the whole y + 1/theta.
        up, down = room(y + u, y), room(1.0 / self.theta - u, 1.0 / self.theta)
        if up < 0.0 or down < 0.0:
            return math.inf
        whole = y + 1.0 / self.theta
        return share_log(up, down, whole) + share_log(down, up, whole) - up * math.log(self.theta)

    def minimum(self, y):
        if y <= 0.0:
            return 0.0
        return (y + 1.0 / self.theta) * math.log1p(self.theta * y) - y * math.log(y)

    def inverse_link(self, eta):
        return np.exp(eta)
