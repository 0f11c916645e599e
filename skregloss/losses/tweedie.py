from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable

from .._validation import NON_NEGATIVE, check_parameter
from ._base import Interval, Loss
from ._elementary import exp


class Tweedie(Loss):
    """exp((2 - p) eta) / (2 - p) - y exp((1 - p) eta) / (1 - p), with p the power

    Domain: y >= 0. Link: log, exp(eta) is the mean.

    For amounts that are often exactly zero and otherwise positive, such as yearly claim costs or daily rainfall: a sum
    of a Poisson number of gamma amounts. Variance grows like the mean to the power p; `Poisson` and `Gamma` are the
    limits p = 1 and p = 2.

    Parameters
    ----------
    power : float, default=1.5
        The power p, in (1, 2); nearer 1 for many small amounts, nearer 2 for few large ones.

    Examples
    --------
    >>> from skregloss.losses import Tweedie
    >>> loss = Tweedie(power=1.5)
    >>> round(float(loss.inverse_link(0.0)), 3), round(float(loss.gradient(0.0, 0.0)), 3)
    (1.0, 1.0)
    """

    name = "tweedie"
    y_interval = NON_NEGATIVE

    def __init__(self, power: float = 1.5):
        self.power = power

    def validate(self) -> None:
        check_parameter(self, "power", Interval(1.0, 2.0))

    @classmethod
    def examples(cls) -> list:
        return [cls(), cls(power=1.05), cls(power=1.9)]

    def up(self, eta):
        """exp((2 - p) eta), the part that grows"""
        return exp((2.0 - self.power) * eta)

    def down(self, y, eta):
        """y exp((1 - p) eta), the part that falls; without y it is 0 also where the exponential overflows"""
        return y * exp((1.0 - self.power) * eta) if y > 0.0 else 0.0

    @property
    def self_concordance(self) -> float:
        return max(2.0 - self.power, self.power - 1.0)

    def value(self, y, eta):
        return self.up(eta) / (2.0 - self.power) + self.down(y, eta) / (self.power - 1.0)

    def gradient(self, y, eta):
        return self.up(eta) - self.down(y, eta)

    def hessian(self, y, eta):
        return (2.0 - self.power) * self.up(eta) + (self.power - 1.0) * self.down(y, eta)

    def conjugate(self, y, u):
        # With a = 2 - p, b = p - 1 and eta = log(y) + x the slope is u = y^a (exp(a x) - exp(-b x)): no closed form,
        # but a + b = 1 makes it exp(a x) (1 - exp(-x)), whose logarithm is concave in x > 0; x < 0 swaps a and b.
        a, b = 2.0 - self.power, self.power - 1.0
        if y <= 0.0:
            if u < 0.0:
                return math.inf
            return u * (math.log(u) - 1.0) / a if u > 0.0 else 0.0
        slope = u * y**-a
        if slope == 0.0:
            return u * math.log(y) - self.value(y, math.log(y))
        x = _distance(slope, a) if slope > 0.0 else -_distance(-slope, b)
        eta = math.log(y) + x
        return u * eta - self.value(y, eta)

    def minimum(self, y):
        a = 2.0 - self.power
        return y**a / (a * (1.0 - a))

    def inverse_link(self, eta):
        return exp(eta)


@register_jitable
def _distance(slope, a):
    """The x > 0 with exp(a x) (1 - exp(-x)) = slope > 0.

    Newton's method on the logarithm, which is concave and grows, rises to the root from a lower bound. There are two:
    1 - exp(-x) < 1, and 1 - exp(-x) < x with Lambert's W(z) >= z / (1 + z).
    """
    log_slope = math.log(slope)
    x = max(log_slope / a, slope / (1.0 + a * slope))
    for _ in range(50):
        step = (log_slope - a * x - math.log(-math.expm1(-x))) / (a + 1.0 / np.expm1(x))
        x += step
        if abs(step) <= 1e-10 * x:  # the next step would be of order 1e-20
            break
    return x
