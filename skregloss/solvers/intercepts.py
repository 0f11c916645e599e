"""The intercepts: which of them is added to which row of linear predictors."""

from __future__ import annotations

import numpy as np


class Intercepts:
    """The matrix E with a one where an intercept is added to a row: eta = offset + E intercepts + X b

    `owner` has the position of each row's intercept, -1 for none; it may be left out where there is one for all rows, or none.
    """

    def __init__(self, count, owner=None):
        self.count = count
        self.owner = owner

    def spread(self, values):
        """E values"""
        if self.owner is None:
            return values[0] if self.count else 0.0
        return np.append(values, 0.0)[self.owner]

    def totals(self, vector):
        """E' vector"""
        if self.owner is None:
            return np.full(self.count, vector.sum())
        return np.bincount(self.owner + 1, vector, self.count + 1)[1:]

    def column(self, k, n_rows):
        """E[:, k]"""
        return np.ones(n_rows) if self.owner is None else (self.owner == k).astype(np.float64)

    def rows(self, k):
        """The rows that intercept k is added to"""
        return slice(None) if self.owner is None else np.flatnonzero(self.owner == k)

    def columns(self, n_rows):
        """E as an array"""
        return np.column_stack([np.empty((n_rows, 0)), *(self.column(k, n_rows) for k in range(self.count))])
