"""What a design is: the few operations on the columns of X that solvers need."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import sparse

from .._jit import Jittable, kernel

# Working memory of one block of columns or rows, in bytes: large enough for BLAS, small enough for the cache.
BLOCK_BYTES = 2**19


class Design(Jittable):
    """An n x p matrix X, read by columns. Results are float64 whatever the storage.

    Kernels call `dot` and `add_scaled` on the lowered design; everything else works on whole arrays.
    """

    kernel_verbs = ("dot", "add_scaled")
    # Whether `gram` can subtract a constant from each column before multiplying, without a dense copy.
    can_shift = False
    # Whether columns are stored as they are, entry by entry; or without the zeros in them.
    dense = sparse = False
    # Whether a Gram matrix of most columns costs next to nothing.
    knows_gram = False
    # Whether each coefficient is that of a column as it was given, but for its scale.
    columnwise = False
    n_samples: int
    n_features: int

    @cached_property
    def every(self):
        """All columns"""
        return np.arange(self.n_features)

    def matvec(self, coef, columns=None):
        """X[:, columns] @ coef"""
        raise NotImplementedError

    def matvecs(self, coefs, columns):
        """coefs @ X[:, columns].T, several products at once"""
        return np.array([self.matvec(coef, columns) for coef in coefs]).reshape(len(coefs), self.n_samples)

    def rmatvec(self, vector, columns=None):
        """X[:, columns].T @ vector"""
        raise NotImplementedError

    def rmatvecs(self, vectors, columns=None):
        """vectors @ X[:, columns], several products at once"""
        return np.array([self.rmatvec(vector, columns) for vector in vectors])

    def squares(self, weights, columns=None, shift=None):
        """sum_i weights_i (x_ij - shift_j)^2 for each of the columns"""
        raise NotImplementedError

    def gram(self, weights, columns, others=None, shift=None):
        """(X[:, columns] - shift)' diag(weights) (X[:, others] - shift); others = columns if None"""
        raise NotImplementedError

    def gram_and_products(self, weights, columns):
        """X[:, columns]' diag(weights) X[:, columns] and X[:, columns]' weights"""
        return self.gram(weights, columns), self.rmatvec(weights, columns)

    def outer(self, columns, scales, shift=None):
        """(X[:, columns] - shift) diag(scales) (X[:, columns] - shift)', an n x n array"""
        raise NotImplementedError

    def occupied(self, columns):
        """Whether each of the columns has entries that are not zero, or are stored although they are"""
        raise NotImplementedError

    def entries(self, rows, columns):
        """X[rows][:, columns] as an array"""
        raise NotImplementedError

    def transposed(self, columns):
        """X[:, columns].T as an array of its own, row by row"""
        return np.ascontiguousarray(self.entries(np.arange(self.n_samples), columns).T)

    def counts(self, columns):
        """How many entries of each of the columns are stored"""
        raise NotImplementedError

    def taken(self, columns):
        """Where the entries of each of the columns start, their rows, and the entries; of sparse designs"""
        raise NotImplementedError

    def summed(self, owner, factors, count):
        """The design of `count` columns, each the sum of factors_j x_j over the columns j that it owns"""
        raise NotImplementedError

    def dot(self, column, vector):
        """x_column' vector (in kernels)"""
        raise NotImplementedError

    def add_scaled(self, column, factor, weights, out):
        """out += factor * weights * x_column, in place (in kernels)"""
        raise NotImplementedError


@kernel(reorder=True)
def centre(products, totals, shift, scale):
    """Each row less its total times the shift, by the scale, in one pass"""
    for k in range(products.shape[0]):
        row, total = products[k], totals[k]
        for j in range(shift.shape[0]):
            row[j] = (row[j] - total * shift[j]) / scale[j]


def ownership(owner, factors, count):
    """The matrix A with A_ko = factors_k for the owner o >= 0 of column k: X A has the sums of the columns with one owner."""
    owned = np.flatnonzero(owner >= 0)
    return sparse.csc_array((factors[owned], (owned, owner[owned])), shape=(len(owner), count))


class Standardized(Design):
    """The view (X - 1 shift') / scale of another design; nothing is copied.

    A shift serves the conditioning of dense Gram matrices only: it goes with an intercept, which absorbs it exactly.
    Kernels therefore see the unshifted columns and eliminate the intercept themselves.
    """

    columnwise = True

    def __init__(self, design, shift, scale):
        self.design = design
        self.shift, self.scale = shift, scale
        self.shifts, self.scales = bool(shift.any()), not bool((scale == 1.0).all())
        self.n_samples, self.n_features = design.n_samples, design.n_features
        self.dense, self.sparse, self.knows_gram = design.dense, design.sparse, design.knows_gram

    def kernel_parameters(self):
        return {"design": self.design, "scale": self.scale}

    def unscaled(self, coef):
        """The coefficients of the columns as they were given"""
        return coef / self.scale

    def scaled(self, coef):
        """The inverse of `unscaled`"""
        return coef * self.scale

    def shift_effect(self, coef):
        """What centring takes from the intercept, for coefficients of the columns as they were given"""
        return self.shift @ coef

    def row_sets(self, columns):
        """Pairs (places in `columns`, the rows these columns have entries in)"""
        yield slice(None), slice(None)

    def matvec(self, coef, columns=None):
        columns = slice(None) if columns is None else columns
        scaled = coef / self.scale[columns]
        every = columns if isinstance(columns, np.ndarray) else None
        product = self.design.matvec(scaled, every)
        return product - self.shift[columns] @ scaled if self.shifts else product

    def matvecs(self, coefs, columns):
        scaled = coefs / self.scale[columns]
        return self.design.matvecs(scaled, columns) - (scaled @ self.shift[columns])[:, None]

    def rmatvec(self, vector, columns=None):
        product = self.design.rmatvec(vector, columns)
        columns = slice(None) if columns is None else columns
        return (product - self.shift[columns] * vector.sum() if self.shifts else product) / self.scale[columns]

    def rmatvecs(self, vectors, columns=None):
        product = self.design.rmatvecs(vectors, columns)
        shift = self.shift if columns is None else self.shift[columns]
        scale = self.scale if columns is None else self.scale[columns]
        centre(product, vectors.sum(axis=1), shift, scale)
        return product

    def squares(self, weights, columns=None):
        shift = self.shift if columns is None else self.shift[columns]
        scale = self.scale if columns is None else self.scale[columns]
        return self.design.squares(weights, columns, shift) / scale**2

    def gram(self, weights, columns, others=None):
        product = self.design.gram(weights, columns, others, self.shift)
        return self._divided(product, columns, columns if others is None else others)

    def _divided(self, gram, columns, others):
        """A Gram matrix by the scales of its rows and columns, in place"""
        if self.scales:
            gram /= self.scale[columns][:, None]
            gram /= self.scale[others]
        return gram

    def gram_and_products(self, weights, columns):
        if self.shifts:
            return super().gram_and_products(weights, columns)
        gram, products = self.design.gram_and_products(weights, columns)
        return self._divided(gram, columns, columns), products / self.scale[columns]

    def outer(self, columns, scales):
        return self.design.outer(columns, scales / self.scale[columns] ** 2, self.shift)

    def entries(self, rows, columns):
        return (self.design.entries(rows, columns) - self.shift[columns]) / self.scale[columns]

    def transposed(self, columns):
        result = self.design.transposed(columns)
        if self.shifts:
            result -= self.shift[columns][:, None]
        if self.scales:
            result /= self.scale[columns][:, None]
        return result

    def counts(self, columns):
        return self.design.counts(columns)

    def taken(self, columns):
        starts, rows, entries = self.design.taken(columns)
        scale = self.scale[columns]
        return starts, rows, entries if not self.scales else entries / np.repeat(scale, self.counts(columns))

    def summed(self, owner, count):
        """The design, unshifted, of the sums of columns that have the same owner >= 0, and the shifts of the sums"""
        owned = owner >= 0
        shift = np.bincount(owner[owned], (self.shift / self.scale)[owned], count)
        return self.design.summed(owner, 1.0 / self.scale, count), shift

    def dot(self, column, vector):
        return self.design.dot(column, vector) / self.scale[column]

    def add_scaled(self, column, factor, weights, out):
        self.design.add_scaled(column, factor / self.scale[column], weights, out)
