"""Quadratic forms b'Gb/2, given by G or by rows R with G = RR'.

What a path needs of G are products with the few columns of a support. With k of size columns in that, and rows of length n,
they take k size multiplications, or (k + size) n without forming G.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel


class Quadratic:
    """G by its entries or by R, the other being empty; and its diagonal."""

    def __init__(self, gram=None, rows=None, diagonal=None):
        nothing = np.empty((0, 0))
        self.given = nothing if gram is None else gram, nothing if rows is None else rows
        self.diagonal = gram.diagonal() if diagonal is None else diagonal

    def __matmul__(self, b):
        gram, rows = self.given
        return gram @ b if len(gram) else rows @ (rows.T @ b)

    @property
    def rank(self):
        """What the rank of G is at most"""
        gram, rows = self.given
        return len(gram) if len(gram) else rows.shape[1]


@kernel(reorder=True)
def entries_at(gram, rows, j, active, count, out):
    """out_i = G_j,active_i"""
    if gram.shape[0] > 0:
        for i in range(count):
            out[i] = gram[j, active[i]]
        return
    row = rows[j]
    for i in range(count):
        other, total = rows[active[i]], 0.0
        for k in range(row.shape[0]):
            total += row[k] * other[k]
        out[i] = total


@kernel(reorder=True)
def subtract_column(gram, rows, j, factor, q):
    """q -= factor G_j"""
    for i in range(q.shape[0]):
        if gram.shape[0] > 0:
            q[i] -= factor * gram[j, i]
        else:
            row, other = rows[j], rows[i]
            for k in range(row.shape[0]):
                q[i] -= factor * row[k] * other[k]


@kernel(reorder=True)
def products(gram, rows, active, count, values, sign, out):
    """out_j = sum_i G_j,active_i values_i where sign_j = 0; elsewhere it may be anything"""
    size = out.shape[0]
    if gram.shape[0] == 0:
        products_of_rows(rows, active, count, values, out)
    elif 2 * count < size:  # row by row of the active ones, or of the others if they are fewer
        for j in range(size):
            out[j] = 0.0
        for i in range(count):
            for j in range(size):
                out[j] += values[i] * gram[active[i], j]
    else:
        spread = np.zeros(size)
        for i in range(count):
            spread[active[i]] = values[i]
        for j in range(size):
            if sign[j] == 0.0:
                total = 0.0
                for k in range(size):
                    total += spread[k] * gram[j, k]
                out[j] = total


@kernel(reorder=True)
def products_of_rows(rows, active, count, values, out):
    """The same by R, for all j; four rows at a time"""
    length, fours = rows.shape[1], count - count % 4
    combined = np.zeros(length)
    for i in range(0, fours, 4):
        first, second, third, fourth = rows[active[i]], rows[active[i + 1]], rows[active[i + 2]], rows[active[i + 3]]
        for k in range(length):
            combined[k] += (
                values[i] * first[k] + values[i + 1] * second[k] + (values[i + 2] * third[k] + values[i + 3] * fourth[k])
            )
    for i in range(fours, count):
        row = rows[active[i]]
        for k in range(length):
            combined[k] += values[i] * row[k]
    for j in range(out.shape[0]):
        row, total = rows[j], 0.0
        for k in range(length):
            total += row[k] * combined[k]
        out[j] = total
