"""The view of a design for losses with several linear predictors per sample that share all coefficients."""

from __future__ import annotations

import numpy as np

from ._base import Design


class Repeated(Design):
    """[X; ...; X]: all samples, and then all of them again; nothing is copied."""

    def __init__(self, design, count):
        self.design, self.count = design, count
        self.n_samples, self.n_features = count * design.n_samples, design.n_features
        self.shift, self.scale = design.shift, design.scale

    def kernel_parameters(self):
        return {"design": self.design, "count": self.count, "rows": self.design.n_samples}

    def unscaled(self, coef):
        """The coefficients of the columns as they were given"""
        return self.design.unscaled(coef)

    def scaled(self, coef):
        """The inverse of `unscaled`"""
        return self.design.scaled(coef)

    def shift_effect(self, coef):
        """What centring takes from every intercept"""
        return self.design.shift_effect(coef)

    def row_sets(self, columns):
        """Pairs (places in `columns`, the rows these columns have entries in)"""
        yield slice(None), slice(None)

    def _total(self, values):
        return values.reshape(self.count, -1).sum(axis=0)

    def matvec(self, coef, columns=None):
        return np.tile(self.design.matvec(coef, columns), self.count)

    def rmatvec(self, vector, columns=None):
        return self.design.rmatvec(self._total(vector), columns)

    def squares(self, weights, columns=None):
        return self.design.squares(self._total(weights), columns)

    def gram(self, weights, columns, others=None):
        return self.design.gram(self._total(weights), columns, others)

    def outer(self, columns, scales):
        return np.tile(self.design.outer(columns, scales), (self.count, self.count))

    def entries(self, rows, columns):
        return self.design.entries(rows % self.design.n_samples, columns)

    def dot(self, column, vector):
        rows, total = int(self.rows), 0.0
        for k in range(int(self.count)):
            total += self.design.dot(column, vector[k * rows : (k + 1) * rows])
        return total

    def add_scaled(self, column, factor, weights, out):
        rows = int(self.rows)
        for k in range(int(self.count)):
            part = slice(k * rows, (k + 1) * rows)
            self.design.add_scaled(column, factor, weights[part], out[part])
