"""The view of a design in which coefficients are given by their differences along chains of columns."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from ._base import Design


class Accumulated(Design):
    """X T, T the running sums along each chain: b = T c has c_j = b_j - b_{j-1}, and c_j = b_j for the first of a chain.

    Column j is the sum of the columns of X from j to the end of its chain. Only those in use are ever added up.
    """

    def __init__(self, design, labels, places):
        self.design = design
        self.n_samples, self.n_features = design.n_samples, design.n_features
        # The columns chain after chain, and which of them begin one.
        self.order = np.lexsort((places, labels))
        self.begins = np.diff(labels[self.order], prepend=-1) != 0
        self.position = np.argsort(self.order)
        self.shift = self._remaining(design.shift / design.scale)
        self.scale = np.ones(design.n_features)

    def kernel_parameters(self):
        return {"design": self.design, "order": self.order, "begins": self.begins, "position": self.position}

    @property
    def firsts(self):
        """The first column of each chain"""
        return self.order[self.begins]

    def unscaled(self, coef):
        """The coefficients of the columns as they were given"""
        return self.design.unscaled(self._running(coef))

    def scaled(self, coef):
        """The inverse of `unscaled`"""
        along = self.design.scaled(coef)[self.order]
        differences = np.where(self.begins, along, np.diff(along, prepend=0.0))
        return differences[self.position]

    def shift_effect(self, coef):
        return self.design.shift_effect(coef)

    def row_sets(self, columns):
        """Pairs (places in `columns`, the rows these columns have entries in)"""
        yield slice(None), slice(None)

    def _running(self, values):
        """The sums of the entries up to each along its chain"""
        return running_sums(values, self.order, self.begins)

    def _remaining(self, values):
        """The sums of the entries from each on along its chain"""
        return remaining_sums(values[self.order, None], self.begins)[self.position, 0]

    def matvec(self, coef, columns=None):
        if columns is not None:
            every = np.zeros(self.n_features)
            every[columns] = coef
            coef = every
        return self.design.matvec(self._running(coef))

    def rmatvec(self, vector, columns=None):
        product = self._remaining(self.design.rmatvec(vector))
        return product if columns is None else product[columns]

    def squares(self, weights, columns=None):
        squares = accumulated_squares(self.design.lower(), self.order, self.begins, weights, self.shift)
        return squares if columns is None else squares[columns]

    def _segments(self, columns):
        """X with the columns between those of a sorted choice summed, the shift of these sums, where the choice begins
        chains, and the place of each column in it."""
        positions = np.sort(self.position[columns])
        owner = np.searchsorted(positions, np.arange(self.n_features), side="right") - 1
        chain = np.cumsum(self.begins)
        owner[chain != chain[positions[owner]]] = -1
        summed, shift = self.design.summed(owner[self.position], len(positions))
        begins = np.diff(chain[positions], prepend=0) != 0
        return summed, shift, begins, np.searchsorted(positions, self.position[columns])

    def gram(self, weights, columns, others=None):
        if others is not None:
            both = np.union1d(columns, others)
            product = self.gram(weights, both)
            return product[np.ix_(np.searchsorted(both, columns), np.searchsorted(both, others))]
        if len(columns) == 0:
            return np.empty((0, 0))
        summed, shift, begins, places = self._segments(columns)
        product = remaining_sums(summed.gram(weights, np.arange(len(begins)), None, shift), begins)
        product = remaining_sums(np.ascontiguousarray(product.T), begins)
        return product[np.ix_(places, places)]

    def entries(self, rows, columns):
        if len(columns) == 0:
            return np.empty((len(rows), 0))
        summed, shift, begins, places = self._segments(columns)
        entries = summed.entries(rows, np.arange(len(begins))) - shift
        return remaining_sums(np.ascontiguousarray(entries.T), begins)[places].T

    def outer(self, columns, scales):
        entries = self.entries(np.arange(self.n_samples), columns)
        return (entries * scales) @ entries.T

    def dot(self, column, vector):
        position = self.position[column]
        total = self.design.dot(column, vector)
        while position + 1 < len(self.order) and not self.begins[position + 1]:
            position += 1
            total += self.design.dot(self.order[position], vector)
        return total

    def add_scaled(self, column, factor, weights, out):
        position = self.position[column]
        self.design.add_scaled(column, factor, weights, out)
        while position + 1 < len(self.order) and not self.begins[position + 1]:
            position += 1
            self.design.add_scaled(self.order[position], factor, weights, out)


@kernel
def running_sums(values, order, begins):
    """The sums of the values up to each, in an order that begins anew at some places"""
    result, total = np.empty(len(values)), 0.0
    for k in range(len(order)):
        total = values[order[k]] if begins[k] else total + values[order[k]]
        result[order[k]] = total
    return result


@kernel
def remaining_sums(rows, begins):
    """The sums of the rows from each on, up to the next that begins anew"""
    result = rows.copy()
    for k in range(len(rows) - 2, -1, -1):
        if not begins[k + 1]:
            result[k] += result[k + 1]
    return result


@kernel
def accumulated_squares(design, order, begins, weights, shift):
    """sum_i weights_i (x_ij - shift_j)^2 for the accumulated columns"""
    ones, column, result = np.ones(len(weights)), np.zeros(len(weights)), np.empty(len(order))
    for k in range(len(order) - 1, -1, -1):
        j = order[k]
        design.add_scaled(j, 1.0, ones, column)
        total = 0.0
        for i in range(len(weights)):
            total += weights[i] * (column[i] - shift[j]) ** 2
        result[j] = total
        if begins[k]:
            column[:] = 0.0
    return result
