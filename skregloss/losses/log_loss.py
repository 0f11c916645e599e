from __future__ import annotations

import math

from ._base import Loss
from ._elementary import exp, log_one_plus
from ._shared import room, share_log
from .softmax import Softmax


class LogLoss(Loss):
    """log(1 + exp(-m)), with m = y eta

    Domain: y = -1 or +1. Link: logit, eta is the log of the odds of +1.

    Logistic regression, the default for two classes: also known as binary cross-entropy. Coefficients are logarithms of
    odds ratios, and probabilities tend to be well calibrated.

    Examples
    --------
    >>> from skregloss.losses import LogLoss
    >>> loss = LogLoss()
    >>> round(float(loss.inverse_link(0.0)), 3), round(float(loss.value(1.0, 0.0)), 3)
    (0.5, 0.693)
    """

    name = "log_loss"
    likelihood = True
    aliases = ("binary_crossentropy",)
    classification = True
    defines_probability = True

    @property
    def lipschitz(self) -> float:
        return 0.25

    @property
    def self_concordance(self) -> float:
        return 1.0

    def for_classes(self, count):
        return self if count == 2 else Softmax(count)

    def value(self, y, eta):
        m = y * eta
        return max(-m, 0.0) + log_one_plus(exp(-abs(m)))

    def gradient(self, y, eta):
        m = y * eta
        small = exp(-abs(m))
        return -y * (small if m > 0.0 else 1.0) / (1.0 + small)

    def hessian(self, y, eta):
        small = exp(-abs(eta))
        return small / (1.0 + small) ** 2

    def derivatives(self, y, eta):
        m = y * eta
        small = exp(-abs(m))
        share = 1.0 / (1.0 + small)
        return max(-m, 0.0) + log_one_plus(small), -y * (small if m > 0.0 else 1.0) * share, small * share * share

    def conjugate(self, y, u):
        # The slope is -y times the probability of the other class: the conjugate is the negative entropy.
        p, q = room(-u * y, 1.0), room(1.0 + u * y, 1.0)
        if p < 0.0 or q < 0.0:
            return math.inf
        return share_log(p, q, 1.0) + share_log(q, p, 1.0)

    def minimum(self, y):
        return 0.0

    def inverse_link(self, eta):
        return exp(min(eta, 0.0)) / (1.0 + exp(-abs(eta)))
