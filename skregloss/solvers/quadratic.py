"""Quadratic forms b'Gb/2, given by G or by rows R with G = RR'.

What a path needs of G are products with the few columns of a support. With k of size columns in that, and rows of length n,
they take k size multiplications, or (k + size) n without forming G.

To kernels, which are compiled for each apart, a `matrix` is G, or R with a first axis of length 1.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel


class Quadratic:
    """A matrix and the diagonal of G."""

    def __init__(self, gram=None, rows=None, diagonal=None):
        self.matrix = gram if rows is None else rows[None]
        self.diagonal = gram.diagonal() if diagonal is None else diagonal

    def __matmul__(self, b):
        if self.matrix.ndim == 2:
            return self.matrix @ b
        return self.matrix[0] @ (self.matrix[0].T @ b)

    @property
    def rank(self):
        """What the rank of G is at most"""
        return self.matrix.shape[-1]


@kernel(reorder=True)
def entries_at(matrix, j, active, count, out):
    """out_i = G_j,active_i"""
    if matrix.ndim == 2:
        for i in range(count):
            out[i] = matrix[j, active[i]]
    else:
        rows = matrix[0]
        row = rows[j]
        for i in range(count):
            other, total = rows[active[i]], 0.0
            for k in range(row.shape[0]):
                total += row[k] * other[k]
            out[i] = total


@kernel(reorder=True)
def subtract_column(matrix, j, factor, q):
    """q -= factor G_j"""
    if matrix.ndim == 2:
        for i in range(q.shape[0]):
            q[i] -= factor * matrix[j, i]
    else:
        rows = matrix[0]
        row = rows[j]
        for i in range(q.shape[0]):
            other, total = rows[i], 0.0
            for k in range(row.shape[0]):
                total += row[k] * other[k]
            q[i] -= factor * total


@kernel(reorder=True)
def products(matrix, active, count, values, sign, out):
    """out_j = sum_i G_j,active_i values_i where sign_j = 0; elsewhere it may be anything"""
    size = out.shape[0]
    if matrix.ndim == 3:
        products_of_rows(matrix[0], active, count, values, out)
    elif 2 * count < size:  # row by row of the active ones, or of the others if they are fewer
        for j in range(size):
            out[j] = 0.0
        add_rows(matrix, active, count, values, out)
    else:
        spread = np.empty(size)
        for j in range(size):
            spread[j] = 0.0
        for i in range(count):
            spread[active[i]] = values[i]
        for j in range(size):
            if sign[j] == 0.0:
                total = 0.0
                for k in range(size):
                    total += spread[k] * matrix[j, k]
                out[j] = total


@kernel(reorder=True)
def products_of_rows(rows, active, count, values, out):
    """The same by R, for all j"""
    length = rows.shape[1]
    combined = np.zeros(length)
    add_rows(rows, active, count, values, combined)
    for j in range(out.shape[0]):
        row, total = rows[j], 0.0
        for k in range(length):
            total += row[k] * combined[k]
        out[j] = total


@kernel(reorder=True)
def combination(rows, places, values):
    """sum_i values_i rows[places_i], without a copy of these rows"""
    total = np.zeros(rows.shape[1])
    add_rows(rows, places, places.shape[0], values, total)
    return total


@kernel(reorder=True, part=True)
def add_rows(rows, active, count, values, out):
    """out += sum_i values_i rows[active_i], four at a time"""
    length, fours = out.shape[0], count - count % 4
    for i in range(0, fours, 4):
        first, second, third, fourth = rows[active[i]], rows[active[i + 1]], rows[active[i + 2]], rows[active[i + 3]]
        one, two, three, four = values[i], values[i + 1], values[i + 2], values[i + 3]
        for k in range(length):
            out[k] += one * first[k] + two * second[k] + (three * third[k] + four * fourth[k])
    for i in range(fours, count):
        row, value = rows[active[i]], values[i]
        for k in range(length):
            out[k] += value * row[k]
