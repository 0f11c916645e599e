from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable

from ._base import Loss
from ._shared import room, x_log

FARTHEST = 700.0  # exp(exp(eta)) is infinite long before exp(eta) is


class CLogLog(Loss):
    """-log(1 - exp(-exp(eta))) for y = +1, exp(eta) for y = -1

    Domain: y = -1 or +1. Link: complementary log-log, 1 - exp(-exp(eta)) is the probability of +1.

    For a class that says whether at least one event has happened, as in grouped survival times, infections or
    detections: exp(eta) is then the expected number of events, and coefficients are logarithms of hazard ratios.
    Swapping the two classes changes the model.

    Examples
    --------
    >>> from skregloss.losses import CLogLog
    >>> loss = CLogLog()
    >>> round(float(loss.inverse_link(0.0)), 3)
    0.632
    """

    name = "cloglog"
    likelihood = True
    classification = True
    defines_probability = True
    decision_threshold = math.log(math.log(2.0))

    # z = exp(eta). The slope for y = +1 is -z / (exp(z) - 1) = -_bernoulli(z), which goes from -1 to 0.

    def value(self, y, eta):
        z = np.exp(eta)
        if y < 0.0:
            return z
        if eta > 0.0:
            return -math.log1p(-np.exp(-z))
        return -eta - _log_ratio(z)

    def gradient(self, y, eta):
        if y < 0.0:
            return np.exp(eta)
        return -_bernoulli(np.exp(eta)) if eta < FARTHEST else 0.0

    def hessian(self, y, eta):
        z = np.exp(eta)
        if y < 0.0:
            return z
        return _bernoulli(z) * _decay(z) if eta < FARTHEST else 0.0

    def conjugate(self, y, u):
        if y < 0.0:
            return x_log(u, u) - u if u >= 0.0 else math.inf
        slope, rest = room(-u, 1.0), room(1.0 + u, 1.0)
        if slope < 0.0 or rest < 0.0:
            return math.inf
        if slope == 0.0 or rest == 0.0:
            return 0.0
        z = _hazard_at(slope)
        if z < 1.0:
            return rest * math.log(z) + _log_ratio(z)
        return -slope * math.log(z) + math.log1p(-math.exp(-z))

    def minimum(self, y):
        return 0.0

    def inverse_link(self, eta):
        return -np.expm1(-np.exp(eta))


@register_jitable
def _log_ratio(z):
    """log((1 - exp(-z)) / z)"""
    return -0.5 * z if z < 1e-16 else math.log(-math.expm1(-z) / z)


@register_jitable
def _bernoulli(z):
    """z / (exp(z) - 1), from 1 at z = 0 down to 0"""
    return 1.0 if z == 0.0 else z / np.expm1(z)


@register_jitable
def _decay(z):
    """z / (1 - exp(-z)) - 1, the relative rate at which _bernoulli falls in eta; by its series where it would cancel"""
    if z < 0.1:
        square = z * z
        series = 1.0 / 12.0 - square * (1.0 / 720.0 - square * (1.0 / 30240.0 - square / 1209600.0))
        return z * (0.5 + z * series)
    return (z + math.expm1(-z)) / -math.expm1(-z)


@register_jitable
def _hazard_at(slope):
    """The z at which _bernoulli is the slope, in (0, 1).

    log(_bernoulli) is concave in z and lies below -z / 2: from -2 log(slope) Newton's method falls to the root.
    """
    target = math.log(slope)
    z = -2.0 * target
    for _ in range(50):
        step = (-z - _log_ratio(z) - target) * z / _decay(z)
        z += step
        if abs(step) <= 1e-10 * z:  # the next step would be of order 1e-20
            break
    return z
