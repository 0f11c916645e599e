"""What losses must compute: their formulas once more, independently, in vectorised NumPy."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_ndtr, ndtr


def positive_part(x):
    return np.maximum(x, 0.0)


def check_loss(r, q):
    return np.where(r >= 0, q, 1 - q)


def cloglog(y, eta):
    z = np.exp(eta)
    log_of_hit = np.where(z < 1e-8, eta - z / 2, np.log(-np.expm1(-z)))
    return np.where(y > 0, -log_of_hit, z)


def tweedie(y, eta, power):
    falling = np.where(y > 0, y * np.exp((1 - power) * eta), 0.0)
    return np.exp((2 - power) * eta) / (2 - power) - falling / (1 - power)


def huber(r, delta):
    return np.where(abs(r) <= delta, r**2 / 2, delta * (abs(r) - delta / 2))


VALUES = {
    "absolute_error": lambda y, eta: abs(y - eta),
    "quantile": lambda y, eta, quantile, crossing=None: check_loss(y - eta, quantile) * abs(y - eta),
    "epsilon_insensitive": lambda y, eta, epsilon: positive_part(abs(y - eta) - epsilon),
    "hinge": lambda y, eta: positive_part(1 - y * eta),
    "squared_error": lambda y, eta: (y - eta) ** 2 / 2,
    "huber": lambda y, eta, delta: huber(y - eta, delta),
    "pseudo_huber": lambda y, eta, delta: delta**2 * (np.sqrt(1 + ((y - eta) / delta) ** 2) - 1),
    "expectile": lambda y, eta, expectile: check_loss(y - eta, expectile) * (y - eta) ** 2,
    "squared_epsilon_insensitive": lambda y, eta, epsilon: positive_part(abs(y - eta) - epsilon) ** 2,
    "poisson": lambda y, eta: np.exp(eta) - y * eta,
    "gamma": lambda y, eta: eta + y * np.exp(-eta),
    "inverse_gaussian": lambda y, eta: y * np.exp(-2 * eta) / 2 - np.exp(-eta),
    "tweedie": tweedie,
    "negative_binomial": lambda y, eta, theta: (y + 1 / theta) * np.logaddexp(0, eta + np.log(theta)) - y * eta,
    "log_loss": lambda y, eta: np.logaddexp(0, -y * eta),
    "probit": lambda y, eta: -log_ndtr(y * eta),
    "cloglog": cloglog,
    "squared_hinge": lambda y, eta: positive_part(1 - y * eta) ** 2,
    "modified_huber": lambda y, eta: np.where(y * eta >= -1, positive_part(1 - y * eta) ** 2, -4 * y * eta),
    "exponential": lambda y, eta: np.exp(-y * eta),
}
LOG_LINK = ("poisson", "gamma", "inverse_gaussian", "tweedie", "negative_binomial")
PREDICTIONS = {
    **dict.fromkeys(LOG_LINK, np.exp),
    "log_loss": expit,
    "probit": ndtr,
    "cloglog": lambda eta: 1 - np.exp(-np.exp(eta)),
    "modified_huber": lambda eta: (np.clip(eta, -1, 1) + 1) / 2,
    "exponential": lambda eta: expit(2 * eta),
}
# m; -log Phi(m); phi(m) / Phi(m); the second derivative: in 60 digits, rounded
PROBIT = (
    (-10000.0, 50000010.12927891, 10000.000099999997, 0.9999999900000006),
    (-100, 5005.524208694205, 100.00999800099926, 0.9999000599500517),
    (-35, 616.9751012619225, 35.028524970596685, 0.9991876448316174),
    (-10, 53.23128515051247, 10.098093233962512, 0.9905546221743438),
    (-3.01, 6.64060368533755, 3.292394633446783, 0.92975457567436),
    (-2.99, 6.5749417017486955, 3.273805823492689, 0.9291251576915021),
    (-1, 1.8410216450092636, 1.525135276160981, 0.8009023344296512),
    (0, 0.6931471805599453, 0.7978845608028654, 0.6366197723675814),
    (1, 0.17275377902344988, 0.2875999709391784, 0.3703137142233946),
    (2.99, 0.001395860996321824, 0.004572968730380457, 0.013694088546846605),
    (5, 2.866516129637636e-07, 1.4867199409049056e-06, 7.433601914860711e-06),
    (20, 2.7536241186062337e-89, 5.520948362159764e-88, 1.1041896724319527e-86),
    (37, 5.725571222524577e-300, 2.1200065515246056e-298, 7.84402424064104e-297),
)
