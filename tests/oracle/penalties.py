"""Penalties coefficient by coefficient: values, derivatives off zero, and the conjugate of a convex one with bounds."""

from __future__ import annotations

import numpy as np


def scad(b, a, gamma):
    t = abs(b)
    middle = (2 * gamma * a * t - t**2 - a**2) / (2 * (gamma - 1))
    return np.where(t <= a, a * t, np.where(t <= gamma * a, middle, a**2 * (gamma + 1) / 2))


def scad_derivative(b, a, gamma):
    t = abs(b)
    return np.sign(b) * np.where(t <= a, a, np.maximum(gamma * a - t, 0) / (gamma - 1))


def mcp(b, a, gamma):
    t = abs(b)
    return np.where(t <= gamma * a, a * t - t**2 / (2 * gamma), gamma * a**2 / 2)


VALUES = {
    "none": lambda b, a: 0 * b,
    "l1": lambda b, a: a * abs(b),
    "l2": lambda b, a: a * b**2 / 2,
    "elasticnet": lambda b, a, l1_ratio: a * (l1_ratio * abs(b) + (1 - l1_ratio) * b**2 / 2),
    "mcp": mcp,
    "scad": scad,
    "log_sum": lambda b, a, eps: a * np.log1p(abs(b) / eps),
    "lq": lambda b, a, q: a * abs(b) ** q,
    "l0": lambda b, a: a * (b != 0),
}
DERIVATIVES = {
    "none": lambda b, a: 0 * b,
    "l1": lambda b, a: a * np.sign(b),
    "l2": lambda b, a: a * b,
    "elasticnet": lambda b, a, l1_ratio: a * (l1_ratio * np.sign(b) + (1 - l1_ratio) * b),
    "mcp": lambda b, a, gamma: np.sign(b) * np.maximum(a - abs(b) / gamma, 0),
    "scad": scad_derivative,
    "log_sum": lambda b, a, eps: a * np.sign(b) / (eps + abs(b)),
    "lq": lambda b, a, q: a * q * np.sign(b) * abs(b) ** (q - 1),
    "l0": lambda b, a: 0 * b,
}
# The penalty is c |b| + d b^2 / 2 at strength 1.
CONVEX = {
    "none": lambda: (0.0, 0.0),
    "l1": lambda: (1.0, 0.0),
    "l2": lambda: (0.0, 1.0),
    "elasticnet": lambda l1_ratio: (l1_ratio, 1.0 - l1_ratio),
}


def terms(penalty):
    """The penalty as a list of (multiple, name, parameters)."""
    if penalty is None:
        penalty = "none"
    if isinstance(penalty, str):
        penalty = (penalty, {})
    return [(1.0, *penalty)] if isinstance(penalty, tuple) else penalty


def value(penalty, b, strength):
    return sum(multiple * VALUES[name](b, strength, **params) for multiple, name, params in terms(penalty))


def derivative(penalty, b, strength):
    """The derivative at b != 0."""
    return sum(multiple * DERIVATIVES[name](b, strength, **params) for multiple, name, params in terms(penalty))


def is_convex(penalty):
    return all(name in CONVEX for _, name, _ in terms(penalty))


def l1_l2_strengths(penalty):
    """c and d of a convex penalty c |b| + d b^2 / 2 at strength 1."""
    return sum(multiple * np.array(CONVEX[name](**params)) for multiple, name, params in terms(penalty))


def conjugate(penalty, v, strength, low, high):
    """sup of v b - P(b) over low <= b <= high, for a convex penalty: at the unconstrained maximiser, clipped."""
    c, d = (strength * part for part in l1_l2_strengths(penalty))
    excess = np.sign(v) * np.maximum(abs(v) - c, 0)
    with np.errstate(all="ignore"):
        best = np.where(excess == 0, 0.0, np.where(d > 0, excess / d, np.sign(excess) * np.inf))
    best = np.clip(best, low, high)
    finite = np.isfinite(best)
    b = np.where(finite, best, 0.0)
    return np.where(finite, v * b - c * abs(b) - d * b**2 / 2, np.inf)
