"""A dense design, stored column by column."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from ._base import BLOCK_BYTES, Design, ownership

# Picking a column costs about so many times what a product with it does.
MOST = 4
# So many entries are multiplied in the time of a call.
SMALL = 10_000

# So many columns at a time are enough for several products.
COLUMNS = 64

# Samples whose sums stay in the cache while columns are added to them.
STRETCH = 1024


class Dense(Design):
    """X as a Fortran-ordered float32 or float64 array, used as it is."""

    can_shift = dense = True

    def __init__(self, X):
        # The transpose is C-ordered: taking columns of X is taking contiguous rows of it.
        self.rows = X.T
        self.n_features, self.n_samples = self.rows.shape

    def kernel_parameters(self):
        return {"rows": self.rows}

    def _block_size(self):
        """How many columns are taken at a time"""
        return max(1, BLOCK_BYTES // (8 * max(1, self.n_samples)))

    def _blocks(self, columns, most=None):
        """Pairs (place in the result, block of columns as float64 rows), of so many columns at most."""
        count = self.n_features if columns is None else len(columns)
        if columns is None and self.rows.dtype == np.float64:
            yield slice(0, count), self.rows
            return
        size = self._block_size() if most is None else min(self._block_size(), most)
        for start in range(0, count, size):
            place = slice(start, min(start + size, count))
            block = self.rows[place] if columns is None else self.rows[columns[place]]
            yield place, block.astype(np.float64, copy=False)

    def matvec(self, coef, columns=None):
        if columns is None:
            support = np.flatnonzero(coef != 0.0)
            if 2 * len(support) < self.n_features:
                return self.matvec(coef[support], support)
            return self._whole(coef)
        if self._are_most(columns):
            every = np.zeros(self.n_features)
            every[columns] = coef
            return self._whole(every)
        result = np.zeros(self.n_samples)
        combine(self.rows, np.asarray(coef, dtype=np.float64), columns, result)
        return result

    def matvecs(self, coefs, columns):
        result = np.zeros((len(coefs), self.n_samples))
        for place, block in self._blocks(columns):
            result += coefs[:, place] @ block
        return result

    def _are_most(self, columns):
        """Whether a product with all columns costs less than picking these, or next to nothing"""
        few = self.rows.size <= SMALL
        return self.rows.dtype == np.float64 and (few or MOST * len(columns) > self.n_features)

    def _whole(self, coef):
        result = np.zeros(self.n_samples)
        for place, block in self._blocks(None):
            result += coef[place] @ block
        return result

    def rmatvec(self, vector, columns=None):
        if columns is not None:
            if self._are_most(columns):
                return self.rmatvec(vector)[columns]
            result = np.zeros(len(columns))
            multiply(self.rows, np.asarray(vector, dtype=np.float64), columns, result)
            return result
        result = np.empty(self.n_features)
        for place, block in self._blocks(None):
            np.dot(block, vector, out=result[place])
        return result

    def rmatvecs(self, vectors, columns=None):
        result = np.empty((len(vectors), self.n_features if columns is None else len(columns)))
        for place, block in self._blocks(columns, COLUMNS):
            np.matmul(vectors, block.T, out=result[:, place])
        return result

    def squares(self, weights, columns=None, shift=None):
        result = np.empty(self.n_features if columns is None else len(columns))
        # Squares take memory, which is the sooner had the less it is.
        size = max(1, self._block_size() // 8)
        for start in range(0, len(result), size):
            place = slice(start, start + size)
            block = self.rows[place] if columns is None else self.rows[columns[place]]
            if shift is not None:
                block = block - shift[place][:, None]
            result[place] = np.multiply(block, block, dtype=np.float64) @ weights
        return result

    def gram(self, weights, columns, others=None, shift=None):
        result = np.zeros((len(columns), len(columns if others is None else others)))
        width = max(1, len(columns) + (0 if others is None else len(others)))
        height = max(256, 8 * BLOCK_BYTES // (8 * width))
        root = np.sqrt(weights)
        for start in range(0, self.n_samples, height):
            rows = slice(start, start + height)
            left = self._weighted(columns, rows, root, shift)
            right = left if others is None else self._weighted(others, rows, root, shift)
            result += left @ right.T
        return result

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
def combine(rows, coef, columns, result):
    """result += sum_c coef_c rows[columns_c], four at a time and without taking them out of `rows` first"""
    n_samples, count = rows.shape[1], columns.shape[0]
    fours = count - count % 4
    for start in range(0, n_samples, STRETCH):
        part = result[start : start + STRETCH]
        size = part.shape[0]
        for c in range(0, fours, 4):
            first, second = rows[columns[c], start : start + size], rows[columns[c + 1], start : start + size]
            third, fourth = rows[columns[c + 2], start : start + size], rows[columns[c + 3], start : start + size]
            for i in range(size):
                part[i] += coef[c] * first[i] + coef[c + 1] * second[i] + (coef[c + 2] * third[i] + coef[c + 3] * fourth[i])
        for c in range(fours, count):
            row = rows[columns[c], start : start + size]
            for i in range(size):
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
