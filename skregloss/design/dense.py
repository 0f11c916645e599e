"""A dense design, stored column by column."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .._threads import added, in_parts
from ._base import BLOCK_BYTES, Design, ownership

# Picking a column costs about so many times what a product with it does.
MOST = 4
# So many entries are multiplied in the time of a call.
SMALL = 10_000

# So many columns at a time are enough for several products.
COLUMNS = 64

# Values of X that are worth a part of their own in a product with a vector: about as much as the cache holds. Products of
# matrices do more with each.
VALUES = 2**21

# A part of a sum over columns has so many of them, and a Gram matrix of rows so many: adding up costs little then.
FEWEST, TALL = 16, 1024

# Samples whose sums stay in the cache while columns are added to them.
STRETCH = 1024


class Dense(Design):
    """X as a Fortran-ordered float32 or float64 array, used as it is."""

    can_shift = dense = True

    def __init__(self, X, moments=None):
        # The transpose is C-ordered: taking columns of X is taking contiguous rows of it.
        self.rows = X.T
        self.n_features, self.n_samples = self.rows.shape
        # What may know the Gram matrix of most columns, or None.
        self.moments, self.knows_gram = moments, moments is not None

    def kernel_parameters(self):
        return {"rows": self.rows}

    def _blocks(self, columns, some, most=None):
        """Pairs (place in the result, block of columns as float64 rows) for some of the columns, of so many at most."""
        if columns is None and self.rows.dtype == np.float64:
            yield some, self.rows[some]
            return
        # Large enough for BLAS, small enough for the cache.
        size = max(1, min(BLOCK_BYTES // (8 * max(1, self.n_samples)), most or self.n_features))
        for start in range(some.start, some.stop, size):
            place = slice(start, min(start + size, some.stop))
            block = self.rows[place] if columns is None else self.rows[columns[place]]
            yield place, block.astype(np.float64, copy=False)

    def matvec(self, coef, columns=None):
        if columns is None:
            support = np.flatnonzero(coef != 0.0)
            if 2 * len(support) < self.n_features:
                return self.matvec(coef[support], support)
            return self._combined(coef, None, self.n_features, VALUES)
        if self._are_most(columns):
            every = np.zeros(self.n_features)
            every[columns] = coef
            return self._combined(every, None, self.n_features, VALUES)
        coef, result = np.asarray(coef, dtype=np.float64), np.zeros(self.n_samples)
        work = len(columns) * self.n_samples
        in_parts(lambda rows: combine(self.rows, coef, columns, rows.start, result[rows]), self.n_samples, work, VALUES)
        return result

    def matvecs(self, coefs, columns):
        return self._combined(coefs, columns, len(columns), 2 * VALUES)

    def _combined(self, coefs, columns, count, least):
        """coefs @ X[:, columns].T, where columns None are all"""

        def add_up(some):
            result = np.zeros((*coefs.shape[:-1], self.n_samples))
            for place, block in self._blocks(columns, some):
                result += coefs[..., place] @ block
            return result

        return added(in_parts(add_up, count, coefs.size * self.n_samples, least, count // FEWEST))

    def _are_most(self, columns):
        """Whether a product with all columns costs less than picking these, or next to nothing"""
        few = self.rows.size <= SMALL
        return self.rows.dtype == np.float64 and (few or MOST * len(columns) > self.n_features)

    def rmatvec(self, vector, columns=None):
        if columns is not None and self._are_most(columns):
            return self.rmatvec(vector)[columns]
        vector, whole = np.asarray(vector, dtype=np.float64), columns is None and self.rows.dtype == np.float64
        columns = self.every if columns is None else columns
        result = np.zeros(len(columns))

        def fill(some):
            if whole:
                np.dot(self.rows[some], vector, out=result[some])
            else:
                multiply(self.rows, vector, columns[some], result[some])

        in_parts(fill, len(columns), len(columns) * self.n_samples, VALUES)
        return result

    def rmatvecs(self, vectors, columns=None):
        result = np.empty((len(vectors), self.n_features if columns is None else len(columns)))

        def fill(some):
            for place, block in self._blocks(columns, some, most=COLUMNS):
                np.matmul(vectors, block.T, out=result[:, place])

        in_parts(fill, result.shape[1], result.size * self.n_samples, 2 * VALUES)
        return result

    def squares(self, weights, columns=None, shift=None):
        columns = self.every if columns is None else columns
        weights, result = np.asarray(weights, dtype=np.float64), np.zeros(len(columns))
        shift = result if shift is None else shift

        def fill(some):
            square(self.rows, weights, columns[some], shift[some].copy(), result[some])

        in_parts(fill, len(columns), len(columns) * self.n_samples, VALUES)
        return result

    def gram(self, weights, columns, others=None, shift=None):
        known = None
        if self.knows_gram and others is None and 2 * len(columns) > self.n_features:
            known = self.moments.gram(weights, columns, shift)
        return self._gram(weights, columns, others, shift) if known is None else known

    def _gram(self, weights, columns, others, shift):
        width, size = len(columns), len(columns if others is None else others)
        height = max(256, BLOCK_BYTES // max(1, width + (0 if others is None else size)))
        root = np.sqrt(weights)

        def sum_over(stretch):
            starts = range(stretch.start, stretch.stop, height) or [stretch.start]  # of no rows there is a sum too
            return added(product(slice(start, min(start + height, stretch.stop))) for start in starts)

        def product(rows):
            left = self._weighted(columns, rows, root, shift)
            right = left if others is None else self._weighted(others, rows, root, shift)
            return left @ right.T

        # So few parts that adding up takes little time, and their sums no more memory than a quarter of the columns.
        most = min(self.n_samples // TALL, self.n_samples * (width + size) // (4 * max(1, width * size)))
        return added(in_parts(sum_over, self.n_samples, self.n_samples * width * size, 8 * VALUES, most))

    def outer(self, columns, scales, shift=None):
        result = np.zeros((self.n_samples, self.n_samples))
        size = max(1, BLOCK_BYTES // (8 * max(1, self.n_samples)))
        for start in range(0, len(columns), size):
            part = columns[start : start + size]
            block = self.rows[part].astype(np.float64, copy=False)
            if shift is not None:
                block -= shift[part][:, None]
            block *= np.sqrt(scales[start : start + size])[:, None]
            result += block.T @ block
        return result

    def occupied(self, columns):
        return np.array([self.rows[column].any() for column in columns], dtype=bool)

    def entries(self, rows, columns):
        return self.rows[np.ix_(columns, rows)].T.astype(np.float64)

    def transposed(self, columns):
        return self.rows[columns].astype(np.float64, copy=False)

    def summed(self, owner, factors, count):
        return Dense((ownership(owner, factors, count).T @ self.rows).T)

    def _weighted(self, columns, rows, root, shift):
        block = self.rows[columns, rows].astype(np.float64, copy=False)
        if shift is not None:
            block -= shift[columns][:, None]
        block *= root[rows]
        return block

    def dot(self, column, vector):
        total = 0.0
        row = self.rows[column]
        for i in range(row.shape[0]):
            total += row[i] * vector[i]
        return total

    def add_scaled(self, column, factor, weights, out):
        row = self.rows[column]
        for i in range(row.shape[0]):
            out[i] += factor * weights[i] * row[i]


@kernel(reorder=True)
def combine(rows, coef, columns, begin, result):
    """result += sum_c coef_c rows[columns_c, begin:], four at a time and without taking them out of `rows` first"""
    count = columns.shape[0]
    fours = count - count % 4
    for start in range(0, result.shape[0], STRETCH):
        part = result[start : start + STRETCH]
        first, last = begin + start, begin + start + part.shape[0]
        for c in range(0, fours, 4):
            one, two = rows[columns[c], first:last], rows[columns[c + 1], first:last]
            three, four = rows[columns[c + 2], first:last], rows[columns[c + 3], first:last]
            for i in range(part.shape[0]):
                part[i] += coef[c] * one[i] + coef[c + 1] * two[i] + (coef[c + 2] * three[i] + coef[c + 3] * four[i])
        for c in range(fours, count):
            row = rows[columns[c], first:last]
            for i in range(part.shape[0]):
                part[i] += coef[c] * row[i]


@kernel(reorder=True)
def multiply(rows, vector, columns, result):
    """result_c += rows[columns_c]' vector, without taking them out of `rows` first"""
    n_samples, count = rows.shape[1], columns.shape[0]
    for start in range(0, n_samples, STRETCH):
        part = vector[start : start + STRETCH]
        for c in range(count):
            row = rows[columns[c], start : start + part.shape[0]]
            total = 0.0
            for i in range(part.shape[0]):
                total += row[i] * part[i]
            result[c] += total


@kernel(reorder=True)
def square(rows, weights, columns, shift, result):
    """result_c += sum_i weights_i (rows[columns_c, i] - shift_c)^2"""
    n_samples = rows.shape[1]
    for start in range(0, n_samples, STRETCH):
        part = weights[start : start + STRETCH]
        for c in range(columns.shape[0]):
            row, off, total = rows[columns[c], start : start + part.shape[0]], shift[c], 0.0
            for i in range(part.shape[0]):
                value = row[i] - off
                total += part[i] * (value * value)
            result[c] += total
