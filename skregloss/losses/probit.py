from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable

from ._base import Loss

LOG_SQRT_2PI = 0.9189385332046728  # log(sqrt(2 pi))
DENSITY_AT_0 = 0.3989422804014327  # 1 / sqrt(2 pi)
ROOT_HALF = 0.7071067811865476
FAR = 3.0  # from here on erfc loses digits, and the continued fraction needs fewer than 80 terms


class Probit(Loss):
    """-log Phi(m), with m = y eta and Phi the normal distribution function

    Domain: y = -1 or +1. Link: probit, Phi(eta) is the probability of +1.

    For a class that says whether a hidden, normally distributed quantity exceeds a threshold. Close to `LogLoss`, but a
    confident mistake costs its square.

    Examples
    --------
    >>> from skregloss.losses import Probit
    >>> round(float(Probit().inverse_link(1.96)), 3)
    0.975
    """

    name = "probit"
    likelihood = True
    classification = True
    defines_probability = True

    @property
    def lipschitz(self) -> float:
        return 1.0

    def value(self, y, eta):
        m = y * eta
        if m >= 0.0:
            return -math.log1p(-_upper_tail(m))
        if m > -FAR:
            return -math.log(_upper_tail(-m))
        return 0.5 * m * m + LOG_SQRT_2PI + math.log(-m + _excess(-m))

    def gradient(self, y, eta):
        return -y * _hazard(y * eta)

    def hessian(self, y, eta):
        m = y * eta
        if m <= -FAR:
            excess = _excess(-m)
            return excess * (excess - m)
        hazard = _hazard(m)
        return hazard * (hazard + m)

    def conjugate(self, y, u):
        slope = -u * y
        if slope <= 0.0:
            return 0.0 if slope == 0.0 else math.inf
        m = _margin(slope)
        return -slope * m - self.value(1.0, m)

    def minimum(self, y):
        return 0.0

    def inverse_link(self, eta):
        return 0.5 * math.erfc(-eta * ROOT_HALF)


@register_jitable
def _density(x):
    """phi(x); x^2 is split into the square of its leading bits, which is exact, and a small rest"""
    leading = np.floor(16.0 * x) / 16.0
    return DENSITY_AT_0 * np.exp(-0.5 * leading * leading) * np.exp(-0.5 * (x - leading) * (x + leading))


@register_jitable
def _excess(x):
    """phi(x) / (1 - Phi(x)) - x for x >= FAR, by Laplace's continued fraction 1/(x + 2/(x + 3/(x + ...)))"""
    fraction = x
    for k in range(10 + int(600.0 / (x * x)), 1, -1):
        fraction = x + k / fraction
    return 1.0 / fraction


@register_jitable
def _upper_tail(x):
    """1 - Phi(x) for x >= 0"""
    return 0.5 * math.erfc(x * ROOT_HALF) if x < FAR else _density(x) / (x + _excess(x))


@register_jitable
def _hazard(m):
    """phi(m) / Phi(m), the negative slope of -log Phi"""
    if m <= -FAR:
        return -m + _excess(-m)
    return _density(m) / (1.0 - _upper_tail(m) if m >= 0.0 else _upper_tail(-m))


@register_jitable
def _margin(slope):
    """The m at which phi(m) / Phi(m) is the slope, > 0.

    log(phi / Phi) is concave and falls, so that Newton's method converges from either side. It starts from an upper
    bound: phi / Phi <= 2 phi for m >= 0, and <= (sqrt(m^2 + 4) - m) / 2 for m <= 0.
    """
    log_slope = math.log(slope)
    m = math.sqrt(2.0 * (math.log(2.0 * DENSITY_AT_0) - log_slope)) if slope < 0.79 else 1.0 / slope - slope
    for _ in range(50):
        hazard = _hazard(m)
        if hazard < 1e-300:  # the supremum is 0 to all digits
            break
        step = (math.log(hazard) - log_slope) / (_excess(-m) if m <= -FAR else hazard + m)
        m += step
        if abs(step) <= 1e-10 * abs(m):  # the next step would be of order 1e-20
            break
    return m
