"""Penalties that bind many coefficients together: values, dual norms and conjugates, from the formulas.

SLOPE and the fused lasso are sums over outputs (and chains), the nuclear norm is of the matrix of all coefficients. The members
are those of `groups.Groups`.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import lsq_linear
from scipy.stats import norm
from sklearn.isotonic import isotonic_regression

NAMES = ("slope", "fused_l1", "nuclear")


def chains_of(chain, p):
    """The columns of each chain in their order; those in none are alone."""
    if chain is None:
        return [np.arange(p)]
    listed = [np.array(columns) for columns in (chain if isinstance(chain[0], (list, tuple)) else [chain])]
    return listed + [np.array([j]) for j in np.setdiff1d(np.arange(p), np.concatenate(listed))]


class Bound:
    """The term of a penalty on p columns with `copies` coefficients each."""

    def __init__(self, term, strengths, copies):
        self.multiple, self.name, self.params = term
        p = len(strengths) // copies
        chains = chains_of(self.params.get("chain"), p) if self.name == "fused_l1" else [np.arange(p)]
        if self.name == "nuclear":
            self.places = [np.arange(p * copies)]
        else:
            self.places = [k * p + columns for k in range(copies) for columns in chains]
        self.places = [places for places in self.places if strengths[places[0]] > 0]
        self.strengths = [self.multiple * strengths[places[0]] for places in self.places]
        self.parts = [self._part(len(places), copies) for places in self.places]

    def _part(self, size, copies):
        if self.name == "slope":
            return Sorted(size, **self.params)
        return Nuclear(copies) if self.name == "nuclear" else Fused(self.params["l1_ratio"])

    def _each(self):
        return zip(self.places, self.strengths, self.parts, strict=True)

    def value(self, coef):
        return sum(strength * part.value(coef[places]) for places, strength, part in self._each())

    def scale(self, v, l1):
        """The largest s <= 1 at which the conjugate is finite at s v, with another l1 |b|_1 in the penalty"""
        norms = [part.dual_norm(v[places], strength, l1[places][0]) for places, strength, part in self._each()]
        return 1.0 / max([1.0, *norms])

    def conjugate(self, v, l1, l2):
        """That of the penalty with l1 |b|_1 + l2 |b|^2 / 2 added, for v within the limits where l2 is 0"""
        total = 0.0
        for places, strength, part in self._each():
            ridge = l2[places][0]
            if ridge > 0.0:
                total += part.distance(v[places], strength, l1[places][0]) ** 2 / (2.0 * ridge)
        return total

    def flat(self, size):
        """Directions along which there is no penalty, as columns"""
        if self.name != "fused_l1" or self.params["l1_ratio"] > 0.0:
            return np.zeros((size, 0))
        directions = np.zeros((size, len(self.places)))
        for k, places in enumerate(self.places):
            directions[places, k] = 1.0
        return directions


class Sorted:
    def __init__(self, size, q, weights):
        steps = norm.ppf(1 - q * np.arange(1, size + 1) / (2 * size))
        self.weights = steps / steps[0] if weights is None else np.asarray(weights, float)

    def value(self, b):
        return np.sort(np.abs(b))[::-1] @ self.weights

    def dual_norm(self, v, strength, l1):
        return np.max(np.cumsum(np.sort(np.abs(v))[::-1]) / np.cumsum(strength * self.weights + l1))

    def distance(self, v, strength, l1):
        """To the dual ball: what the prox leaves of v"""
        sizes = np.sort(np.abs(v))[::-1] - strength * self.weights - l1
        return np.linalg.norm(np.maximum(isotonic_regression(sizes, increasing=False), 0.0))


class Nuclear:
    def __init__(self, outputs):
        self.outputs = outputs

    def _values(self, b):
        return np.linalg.svd(b.reshape(self.outputs, -1), compute_uv=False)

    def value(self, b):
        return self._values(b).sum()

    def dual_norm(self, v, strength, l1):
        assert l1 == 0.0
        return self._values(v)[0] / strength

    def distance(self, v, strength, l1):
        return np.linalg.norm(np.maximum(self._values(v) - strength, 0.0))


class Fused:
    def __init__(self, l1_ratio):
        self.l1_ratio = l1_ratio

    def value(self, b):
        return self.l1_ratio * np.abs(b).sum() + (1.0 - self.l1_ratio) * np.abs(np.diff(b)).sum()

    def dual_norm(self, v, strength, l1):
        """The largest v'b / P(b), which an interval with b = 1 on it attains (see `test_oracle`)"""
        size, price = len(v), strength * self.l1_ratio + l1
        jump, sums = strength * (1.0 - self.l1_ratio), np.concatenate([[0.0], np.cumsum(v)])
        largest = 0.0
        for i in range(size):
            ends = np.arange(i + 1, size + 1)
            costs = price * (ends - i) + jump * ((i > 0) + (ends < size).astype(float))
            # A chain as a whole is free without L1: the dual point is orthogonal to it, to rounding.
            priced = costs > 0.0
            largest = max(largest, np.max(np.abs(sums[ends] - sums[i])[priced] / costs[priced], initial=0.0))
        return largest

    def distance(self, v, strength, l1):
        """min |v - u - D'w| over |u_j| <= price and |w_j| <= jump"""
        size, price, jump = len(v), strength * self.l1_ratio + l1, strength * (1.0 - self.l1_ratio)
        matrix, limits = np.diff(np.eye(size), axis=0).T, np.full(size - 1, jump)
        if price > 0.0:
            matrix, limits = np.hstack([np.eye(size), matrix]), np.concatenate([np.full(size, price), limits])
        keep = limits > 0.0
        if not keep.any():
            return np.linalg.norm(v)
        found = lsq_linear(matrix[:, keep], v, (-limits[keep], limits[keep]), method="bvls", tol=1e-15)
        return np.linalg.norm(matrix[:, keep] @ found.x - v)
