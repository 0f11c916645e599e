"""A sparse design, stored column by column. The only place, with its Gram matrices, that knows what `indptr` is."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import sparse

from .._jit import kernel, read_only
from ._base import Design, ownership
from .csc_grams import cross_gram, gram_and_products
from .csc_products import matvec, rmatvec, rmatvecs, squares

# So few columns are multiplied one by one: a product with a vector passes over entries faster.
FEW = 3
# Entries from which on it pays to know that a column has a single value.
MANY = 32


class CSC(Design):
    """X in sorted compressed sparse column form with float32 or float64 data, used as it is."""

    sparse = True

    def __init__(self, X):
        self.data, self.indices, self.indptr = X.data, X.indices, X.indptr
        self.n_samples, self.n_features = X.shape
        self.stored = len(self.data)

    def kernel_parameters(self):
        return {"data": self.data, "indices": self._rows, "indptr": self._starts, "constants": self._constants}

    @cached_property
    def _rows(self):
        """The indices without a sign: of these, kernels do not ask whether they count from the end"""
        return self.indices.view(np.dtype(f"u{self.indices.itemsize}"))

    @cached_property
    def _starts(self):
        """Where columns start, likewise, so that what counts up from there has no sign either"""
        return self.indptr.astype(np.uint64)

    @cached_property
    def _constants(self):
        """The value of columns that have a single one, as those of categories do: their entries need not be read"""
        return _single_values(read_only(self.data), read_only(self.indptr))

    def _columns(self, columns):
        return self.every if columns is None else columns

    def matvec(self, coef, columns=None):
        return matvec(self, np.asarray(coef), self._columns(columns))

    def rmatvec(self, vector, columns=None):
        return rmatvec(self, vector, self._columns(columns))

    def rmatvecs(self, vectors, columns=None):
        columns = self._columns(columns)
        result = np.empty((len(vectors), len(columns)))
        for first in range(0, len(vectors), 4):
            some = vectors[first : first + 4]
            four = np.zeros((self.n_samples, 4))
            four[:, : len(some)] = some.T
            result[first : first + 4] = rmatvecs(self, four, columns)[: len(some)]
        return result

    def squares(self, weights, columns=None, shift=None):
        columns = self._columns(columns)
        shift = np.zeros(len(columns)) if shift is None else shift
        return squares(self.lower(), weights, columns, shift)

    def gram(self, weights, columns, others=None, shift=None):
        if others is None:
            return self.gram_and_products(weights, columns)[0]
        if len(others) <= FEW:
            spread = [weights * self.matvec(np.ones(1), others[k : k + 1]) for k in range(len(others))]
            return np.array([self.rmatvec(vector, columns) for vector in spread]).reshape(len(others), len(columns)).T
        return cross_gram(self, weights, columns, others)

    def gram_and_products(self, weights, columns):
        if len(columns) == 1:
            return self.squares(weights, columns)[:, None], self.rmatvec(weights, columns)
        return gram_and_products(self, weights, columns)

    def outer(self, columns, scales, shift=None):
        return _outer(self.lower(), columns, scales, self.n_samples)

    def taken(self, columns):
        starts = np.append(0, np.cumsum(self.counts(columns))).astype(np.uint64)
        rows, entries = np.empty(starts[-1], np.uint32), np.empty(starts[-1])
        _take(self.lower(), columns, starts, rows, entries)
        return starts, rows, entries

    def _array(self):
        return sparse.csc_array((self.data, self.indices, self.indptr), shape=(self.n_samples, self.n_features))

    def occupied(self, columns):
        return self.counts(columns) > 0

    def counts(self, columns):
        return self.indptr[columns + 1] - self.indptr[columns]

    def entries(self, rows, columns):
        return self._array()[:, columns].tocsr()[rows].toarray().astype(np.float64)

    def summed(self, owner, factors, count):
        total = self._array() @ ownership(owner, factors, count)
        total.sort_indices()
        return CSC(total)

    def dot(self, column, vector):
        total = 0.0
        for k in range(self.indptr[column], self.indptr[column + 1]):
            total += self.data[k] * vector[self.indices[k]]
        return total

    def add_scaled(self, column, factor, weights, out):
        for k in range(self.indptr[column], self.indptr[column + 1]):
            i = self.indices[k]
            out[i] += factor * weights[i] * self.data[k]


@kernel
def _single_values(data, indptr):
    """The value that all entries of a column have; NaN for columns with several values, or few entries"""
    result = np.full(indptr.shape[0] - 1, np.nan)
    for j in range(result.shape[0]):
        first, last = indptr[j], indptr[j + 1]
        if last - first >= MANY:
            k = first + 1
            while k < last and data[k] == data[first]:
                k += 1
            if k == last:
                result[j] = data[first]
    return result


@kernel
def _take(design, columns, starts, rows, entries):
    """Fill in the rows and the entries of columns"""
    for c in range(columns.shape[0]):
        first = design.indptr[columns[c]]
        for k in range(starts[c], starts[c + 1]):
            rows[k] = design.indices[first + k - starts[c]]
            entries[k] = design.data[first + k - starts[c]]


@kernel
def _outer(design, columns, scales, n_samples):
    result = np.zeros((n_samples, n_samples))
    for c in range(columns.shape[0]):
        start, stop = design.indptr[columns[c]], design.indptr[columns[c] + 1]
        for k in range(start, stop):
            value = scales[c] * design.data[k]
            row = result[design.indices[k]]
            for other in range(start, stop):
                row[design.indices[other]] += value * design.data[other]
    return result
