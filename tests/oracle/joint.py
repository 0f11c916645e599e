"""Losses that couple rows, as their formulas say them: loops over samples, event times and risk sets.

Linear predictors are vectors, output after output. Everything also takes complex numbers, for derivatives without rounding.
"""

from __future__ import annotations

import numpy as np


def softmax(loss, eta, y, weights):
    eta = eta.reshape(loss.n_classes, -1)
    return sum(w * (np.log(np.exp(column).sum()) - column[int(k)]) for w, column, k in zip(weights, eta.T, y, strict=True))


def ordinal(loss, eta, y, weights):
    """Rows u, the linear predictors of y > y_i - 1, then rows v, those of y > y_i; P(y_i) = s(u) - s(v)"""
    total = 0.0
    for w, u, v, k in zip(weights, *eta.reshape(2, -1), y, strict=True):
        above = 1.0 / (1.0 + np.exp(-u)) if k > 0 else 1.0
        beyond = 1.0 / (1.0 + np.exp(-v)) if k < loss.n_classes - 1 else 0.0
        total -= w * np.log(above - beyond)
    return total


def cox_terms(loss, y, weights):
    """For each term: its weight omega, the share of each sample's rate that is in the risk set, and the events' shares."""
    start, stop, event, stratum = y.T
    event = (event > 0) & (weights > 0)
    for time, group in sorted({*zip(stop[event].tolist(), stratum[event].tolist(), strict=True)}):
        tied = event & (stop == time) & (stratum == group)
        at_risk = (stratum == group) & (start < time) & (time <= stop)
        total, count = weights[tied].sum(), int(tied.sum()) if loss.ties == "efron" else 1
        for k in range(count):
            yield total / count, at_risk - k / count * tied, weights * tied / total


def cox(loss, eta, y, weights):
    return sum(
        omega * (np.log((inside * weights * np.exp(eta)).sum()) - (shares * eta).sum())
        for omega, inside, shares in cox_terms(loss, y, weights)
    )


def cox_floor(loss, y, weights):
    """What is left where events are alone in their risk sets"""
    return sum(omega * np.log((inside * weights)[shares > 0].sum()) for omega, inside, shares in cox_terms(loss, y, weights))


VALUES = {"Softmax": softmax, "OrdinalLogistic": ordinal, "CoxPartialLikelihood": cox}


def value(loss, eta, y, weights):
    return VALUES[type(loss).__name__](loss, eta, y, weights)


def gradient(loss, eta, y, weights):
    """By complex steps: as exact as the formula"""
    steps = 1e-30j * np.eye(len(eta))
    return np.array([value(loss, eta + step, y, weights).imag / 1e-30 for step in steps])


def hessian(loss, eta, y, weights):
    """Central differences of the gradient"""
    steps = 1e-5 * np.eye(len(eta))
    rows = [gradient(loss, eta + step, y, weights) - gradient(loss, eta - step, y, weights) for step in steps]
    return np.array(rows) / 2e-5


def divergence(q, p):
    """KL(q || p) = sum q log(q / p)"""
    return (q[q > 0.0] * np.log(q[q > 0.0] / p[q > 0.0])).sum()


def softmax_gap(loss, eta, y, weights, scale):
    """Each sample loses KL(s p + (1 - s) e_y || p): the conjugate of a log-sum-exp is the negative entropy"""
    shares = np.exp(eta.reshape(loss.n_classes, -1))
    shares = (shares / shares.sum(axis=0)).T
    units = np.eye(loss.n_classes)[np.asarray(y, dtype=int)]
    mixed = scale * shares + (1.0 - scale) * units
    return sum(w * divergence(q, p) for w, q, p in zip(weights, mixed, shares, strict=True))


def cox_gap(loss, eta, y, weights, scale):
    """The same for each risk set, with the events' shares in place of e_y"""
    total = 0.0
    for omega, inside, shares in cox_terms(loss, y, weights):
        rates = inside * weights * np.exp(eta)
        p = rates / rates.sum()
        total += omega * divergence(scale * p + (1.0 - scale) * shares, p)
    return total


def ordinal_gap(loss, eta, y, weights, scale):
    """-log(s(u) - s(v)) = f(u) + f(-v) + h(v - u), and each of the three loses with its own share of the gradient"""
    total = 0.0
    for w, u, v, k in zip(weights, *eta.reshape(2, -1), y, strict=True):
        for there, m in ((k > 0, u), (k < loss.n_classes - 1, -v)):  # f(m) = log(1 + exp(-m))
            p = 1.0 / (1.0 + np.exp(m))
            lost = divergence(np.array([scale * p, 1.0 - scale * p]), np.array([p, 1.0 - p]))
            total += w * lost if there else 0.0
        if 0 < k < loss.n_classes - 1:  # h(t) = -log(1 - exp(t)), h*(z) = z log z - (1 + z) log(1 + z)
            t = v - u
            z = scale * np.exp(t) / (1.0 - np.exp(t))
            total += w * (-np.log(1.0 - np.exp(t)) + z * np.log(z) - (1.0 + z) * np.log(1.0 + z) - z * t)
    return total


GAPS = {"Softmax": softmax_gap, "OrdinalLogistic": ordinal_gap, "CoxPartialLikelihood": cox_gap}


def gap(loss, eta, y, weights, scale):
    """What the dual point scale * gradient loses of the loss"""
    return GAPS[type(loss).__name__](loss, eta, y, weights, scale)
