"""Second moments of the columns of a dense matrix, from which those of most of its rows follow.

    S = sum_i w_i (x_i - c)(x_i - c)',      c = sum_i w_i x_i / sum_i w_i

Cross-validation asks for the same sums over all rows but a few, again and again. With the sums over the few, d of x_i - c and D
of their products,

    S' = S - D - d d' / W',      c' = c - d / W',      W' = W - sum of the weights of the few.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .dense import Dense

# Weights that agree to this are the same but for a factor.
SAME = 1e-14
# Where less than this share is left of a variance, too many digits may have cancelled.
SHARE_LEFT = 0.01


class Moments:
    """Those of all rows of an array X with weights, computed once they are asked for."""

    def __init__(self, X, weights=None):
        self.X = X
        self.weights = np.ones(len(X)) if weights is None else np.asarray(weights, dtype=np.float64)

    def of(self, rows) -> Moments | None:
        """Those of some rows; None where these are not most of them, or some of them several times"""
        others = np.ones(len(self.weights), dtype=bool)
        others[rows] = False
        others = np.flatnonzero(others)
        most = len(rows) + len(others) == len(self.weights) and len(others) <= len(rows)
        return MomentsOfMost(self, rows, others) if most else None

    def taken(self, rows):
        """These rows of X"""
        return np.take(self.X.T, rows, axis=1, mode="clip").T

    @cached_property
    def sums(self) -> tuple | None:
        """W, c and S; None where they are not known well enough"""
        design, total = Dense(self.X), self.weights.sum()
        centre = design.rmatvec(self.weights) / total
        return total, centre, design.gram(self.weights, design.every, shift=centre)

    def gram(self, weights, columns, shift=None):
        """(X_C - s)' diag(weights) (X_C - s) of some columns C

        None where weights are not these up to a factor, or S is not known.
        """
        factor = weights.sum() / self.weights.sum()
        if np.abs(weights - factor * self.weights).max() > SAME * weights.max() or self.sums is None:
            return None
        total, centre, products = self.sums
        off = (centre if shift is None else centre - shift)[columns]
        return factor * (products[np.ix_(columns, columns)] + np.outer(total * off, off))


class MomentsOfMost(Moments):
    """Those of rows that are left of others."""

    def __init__(self, whole, rows, others):
        self.whole, self.rows, self.others = whole, np.asarray(rows), others
        self.weights = whole.weights[rows]

    def taken(self, rows):
        return self.whole.taken(self.rows[rows])

    @cached_property
    def sums(self) -> tuple | None:
        if self.whole.sums is None:
            return None
        _, centre, products = self.whole.sums
        design, weights, total = Dense(self.whole.taken(self.others)), self.whole.weights[self.others], self.weights.sum()
        moved = design.rmatvec(weights) - weights.sum() * centre
        left = products - design.gram(weights, design.every, shift=centre) - np.outer(moved / total, moved)
        known = (left.diagonal() >= SHARE_LEFT * products.diagonal()).all()
        return (total, centre - moved / total, left) if known else None
