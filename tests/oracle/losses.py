"""Losses row by row: value, slope and curvature in eta by formula; minimum and conjugate from the slope by bisection.

Every loss here but inverse_gaussian is convex in eta, so its slope never falls, and one bisection serves all.
"""

from __future__ import annotations

import numpy as np
from loss_formulas import VALUES
from scipy.special import expit, log_ndtr

RESIDUAL_LOSSES = (
    "absolute_error",
    "quantile",
    "epsilon_insensitive",
    "squared_error",
    "huber",
    "pseudo_huber",
    "expectile",
    "squared_epsilon_insensitive",
)


def _inverse_mills(m):
    """phi(m) / Phi(m)"""
    return np.exp(-(m**2) / 2 - np.log(2 * np.pi) / 2 - log_ndtr(m))


def _probit_curvature(m):
    ratio = _inverse_mills(m)
    return ratio * (m + ratio)


def _bernoulli(z):
    """z / (exp(z) - 1), which is 1 at 0"""
    return np.where(z < 1e-300, 1.0, z / np.expm1(np.maximum(z, 1e-300)))


def _cloglog_hit_curvature(z):
    # z / (1 - exp(-z)) - 1, whose leading term is z / 2
    growth = np.where(z < 1e-5, z / 2 + z**2 / 12, z / -np.expm1(-np.maximum(z, 1e-5)) - 1)
    return np.where(z < 700, _bernoulli(np.minimum(z, 700)) * growth, 0.0)


def _below(r, q):
    return np.where(r < 0, 1 - q, q)


def _outside(r, epsilon):
    return np.sign(r) * np.maximum(abs(r) - epsilon, 0)


def _share(eta, theta):
    return expit(eta + np.log(theta))


def _times(y, factor):
    """y factor, and 0 where y is 0 even if the factor is infinite"""
    return np.where(y == 0, 0.0, y * factor)


SLOPES = {
    "absolute_error": lambda y, eta: np.sign(eta - y),
    "quantile": lambda y, eta, quantile, crossing=None: np.where(y >= eta, -quantile, 1 - quantile),
    "epsilon_insensitive": lambda y, eta, epsilon: np.sign(_outside(eta - y, epsilon)),
    "hinge": lambda y, eta: np.where(y * eta < 1, -y, 0.0),
    "squared_error": lambda y, eta: eta - y,
    "huber": lambda y, eta, delta: np.clip(eta - y, -delta, delta),
    "pseudo_huber": lambda y, eta, delta: (eta - y) / np.hypot(1, (eta - y) / delta),
    "expectile": lambda y, eta, expectile: -2 * _below(y - eta, expectile) * (y - eta),
    "squared_epsilon_insensitive": lambda y, eta, epsilon: -2 * _outside(y - eta, epsilon),
    "poisson": lambda y, eta: np.exp(eta) - y,
    "gamma": lambda y, eta: 1 - y * np.exp(-eta),
    "inverse_gaussian": lambda y, eta: np.exp(-eta) - y * np.exp(-2 * eta),
    "tweedie": lambda y, eta, power: np.exp((2 - power) * eta) - _times(y, np.exp((1 - power) * eta)),
    "negative_binomial": lambda y, eta, theta: (y + 1 / theta) * _share(eta, theta) - y,
    "log_loss": lambda y, eta: -y * expit(-y * eta),
    "probit": lambda y, eta: -y * _inverse_mills(y * eta),
    "cloglog": lambda y, eta: np.where(y > 0, -_bernoulli(np.exp(eta)), np.exp(eta)),
    "squared_hinge": lambda y, eta: -2 * y * np.maximum(1 - y * eta, 0),
    "modified_huber": lambda y, eta: -2 * y * np.clip(1 - y * eta, 0, 2),
    "exponential": lambda y, eta: -y * np.exp(-y * eta),
}
CURVATURES = {
    "absolute_error": lambda y, eta: np.zeros_like(eta),
    "quantile": lambda y, eta, quantile, crossing=None: np.zeros_like(eta),
    "epsilon_insensitive": lambda y, eta, epsilon: np.zeros_like(eta),
    "hinge": lambda y, eta: np.zeros_like(eta),
    "squared_error": lambda y, eta: np.ones_like(eta),
    "huber": lambda y, eta, delta: np.where(abs(y - eta) <= delta, 1.0, 0.0),
    "pseudo_huber": lambda y, eta, delta: np.hypot(1, (y - eta) / delta) ** -3.0,
    "expectile": lambda y, eta, expectile: 2 * _below(y - eta, expectile),
    "squared_epsilon_insensitive": lambda y, eta, epsilon: np.where(abs(y - eta) > epsilon, 2.0, 0.0),
    "poisson": lambda y, eta: np.exp(eta),
    "gamma": lambda y, eta: y * np.exp(-eta),
    "inverse_gaussian": lambda y, eta: 2 * y * np.exp(-2 * eta) - np.exp(-eta),
    "tweedie": lambda y, eta, power: (
        (2 - power) * np.exp((2 - power) * eta) + (power - 1) * _times(y, np.exp((1 - power) * eta))
    ),
    "negative_binomial": lambda y, eta, theta: (y + 1 / theta) * _share(eta, theta) * _share(-eta, 1 / theta),
    "log_loss": lambda y, eta: expit(eta) * expit(-eta),
    "probit": lambda y, eta: _probit_curvature(y * eta),
    "cloglog": lambda y, eta: np.where(y > 0, _cloglog_hit_curvature(np.exp(eta)), np.exp(eta)),
    "squared_hinge": lambda y, eta: np.where(y * eta < 1, 2.0, 0.0),
    "modified_huber": lambda y, eta: np.where(abs(y * eta) < 1, 2.0, 0.0),
    "exponential": lambda y, eta: np.exp(-y * eta),
}
# Infimum and supremum of the slope: the closure of the conjugate's domain.
SLOPE_RANGES = {
    "absolute_error": lambda y: (-1, 1),
    "quantile": lambda y, quantile, crossing=None: (-quantile, 1 - quantile),
    "epsilon_insensitive": lambda y, epsilon: (-1, 1),
    "hinge": lambda y: (np.minimum(-y, 0), np.maximum(-y, 0)),
    "huber": lambda y, delta: (-delta, delta),
    "pseudo_huber": lambda y, delta: (-delta, delta),
    "poisson": lambda y: (-y, np.inf),
    "gamma": lambda y: (-np.inf, 1),
    "tweedie": lambda y, power: (np.where(y > 0, -np.inf, 0), np.inf),
    "negative_binomial": lambda y, theta: (-y, 1 / theta),
    "log_loss": lambda y: (np.minimum(-y, 0), np.maximum(-y, 0)),
    "probit": lambda y: (np.where(y > 0, -np.inf, 0), np.where(y > 0, 0, np.inf)),
    "cloglog": lambda y: (np.minimum(-y, 0), np.where(y > 0, 0, np.inf)),
    "squared_hinge": lambda y: (np.where(y > 0, -np.inf, 0), np.where(y > 0, 0, np.inf)),
    "modified_huber": lambda y: (np.where(y > 0, -4, 0), np.where(y > 0, 0, 4)),
    "exponential": lambda y: (np.where(y > 0, -np.inf, 0), np.where(y > 0, 0, np.inf)),
}


class Rows:
    """A loss with its parameters at given targets, as functions of the vector eta."""

    def __init__(self, loss, params, y):
        self.loss, self.params, self.y = loss, params or {}, y

    def _evaluate(self, table, eta):
        with np.errstate(all="ignore"):
            return table[self.loss](self.y, np.asarray(eta, float), **self.params)

    def value(self, eta):
        return self._evaluate(VALUES, eta)

    def slope(self, eta):
        return self._evaluate(SLOPES, eta)

    def curvature(self, eta):
        return self._evaluate(CURVATURES, eta)

    def slope_range(self):
        """Per row, the interval of slopes outside of which the conjugate is infinite."""
        unlimited = lambda y, **params: (-np.inf, np.inf)  # noqa: E731
        low, high = SLOPE_RANGES.get(self.loss, unlimited)(self.y, **self.params)
        return np.broadcast_to(low, self.y.shape), np.broadcast_to(high, self.y.shape)

    def eta_at(self, u):
        """Per row, where the slope is u; far out where it is u only in the limit."""
        centre = self.y if self.loss in RESIDUAL_LOSSES else np.zeros_like(self.y)
        reach = np.ones_like(self.y)
        for _ in range(1000):
            short = (self.slope(centre - reach) > u) | (self.slope(centre + reach) < u)
            if not short.any():
                break
            reach = np.where(short, 2 * reach, reach)
        low, high = centre - reach, centre + reach
        for _ in range(80):
            middle = low + (high - low) / 2
            above = self.slope(middle) > u
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return low

    def conjugate(self, u):
        """sup over eta of u eta - value(eta), infinite outside the range of slopes."""
        low, high = self.slope_range()
        eta = self.eta_at(np.clip(u, low, high))
        return np.where((u < low) | (u > high), np.inf, u * eta - self.value(eta))

    def minimum(self):
        """Per row, the infimum of the loss over eta."""
        if self.loss == "inverse_gaussian":
            return self.value(np.log(self.y))
        return -self.conjugate(np.zeros_like(self.y))
