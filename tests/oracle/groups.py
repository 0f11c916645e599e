"""Penalties of the lengths of groups of coefficients: values, dual norms and proxes, from the formulas.

A group term is multiple * sum_g rho(|b_g|; strength_g weight_g), rho a penalty of one number and weight_g the square root
of the number of columns. With several outputs, a group holds the coefficients of its columns for all of them.
"""

from __future__ import annotations

import numpy as np

from . import bound, penalties

RADIAL = {"GroupL2": "l1", "l21": "l1", "GroupMCP": "mcp", "GroupSCAD": "scad"}


class Groups:
    """The group term of a penalty, bound to p columns with `copies` coefficients each."""

    def __init__(self, term, strengths, copies):
        self.multiple, name, params = term
        self.radial = RADIAL[name], {key: value for key, value in params.items() if key not in ("groups", "weights")}
        p = len(strengths) // copies
        columns = members(params.get("groups"), p)
        weights = params.get("weights")
        self.weights = np.sqrt([len(group) for group in columns])
        if weights is not None:
            self.weights[: len(weights)] = weights
        self.places = [(np.arange(copies)[:, None] * p + group).ravel() for group in columns]
        self.strengths = np.array([strengths[places[0]] for places in self.places])

    def value(self, coef):
        name, params = self.radial
        lengths = np.array([np.linalg.norm(coef[places]) for places in self.places])
        return self.multiple * np.sum(penalties.VALUES[name](lengths, self.strengths * self.weights, **params))

    def flat(self, size):
        """Directions along which there is no penalty, as columns: none"""
        return np.zeros((size, 0))

    def limits(self):
        """The largest length that the slopes of each group can have, for the group lasso."""
        return self.multiple * self.strengths * self.weights

    def scale(self, v, l1):
        """The largest s <= 1 at which what L1 leaves of s v_g is no longer than the limit of its group, by bisection."""

        def inside(s):
            rest = np.maximum(abs(s * v) - l1, 0.0)
            lengths = np.array([np.linalg.norm(rest[places]) for places in self.places])
            return np.all((lengths <= self.limits() * (1.0 + 1e-15)) | (self.strengths == 0.0))

        low, high = 0.0, 1.0
        if inside(high):
            return high
        for _ in range(100):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if inside(middle) else (low, middle)
        return low

    def conjugate(self, v, l1, l2):
        """sup over b of v'b - l1 |b|_1 - l2 |b|^2 / 2 - sum_g limit_g |b_g|, for v within the limits where l2 is 0"""
        rest = np.maximum(abs(v) - l1, 0.0)
        excess = [
            max(np.linalg.norm(rest[places]) - limit, 0.0) ** 2 / (2.0 * l2[places[0]])
            for places, limit in zip(self.places, self.limits(), strict=True)
            if l2[places[0]] > 0.0
        ]
        return np.sum(excess)


def members(groups, p):
    """The columns of each group; those in none are alone."""
    if groups is None:
        return [np.array([j]) for j in range(p)]
    if isinstance(groups, int):
        return list(np.arange(p).reshape(-1, groups))
    listed = [np.array(group) for group in groups]
    alone = np.setdiff1d(np.arange(p), np.concatenate(listed))
    return listed + [np.array([j]) for j in alone]


def split(penalty):
    """The terms of single coefficients, and the one group term or None."""
    terms = penalties.terms(penalty)
    grouped = [term for term in terms if term[1] in RADIAL or term[1] in bound.NAMES]
    assert len(grouped) <= 1
    single = [term for term in terms if term not in grouped]
    return single or [(1.0, "none", {})], grouped[0] if grouped else None


def group_term(term, strengths, copies):
    """The group term bound to the columns; None if there is none."""
    if term is None:
        return None
    return (bound.Bound if term[1] in bound.NAMES else Groups)(term, strengths, copies)
