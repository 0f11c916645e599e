"""The free block Z: the intercepts and the unpenalised columns. It is minimised exactly, and eliminated from models.

Its gradient being zero is what makes a dual point feasible, so the duality gap is finite; and the coefficients of the other
columns then see the Schur complement G - V' (Z'WZ)^+ V with V = Z'WX, in which correlated means play no part.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dsyevd
from scipy.sparse.linalg import LinearOperator, lsmr

# Directions of Z whose curvature is below this share of the largest are taken as dependent on the others.
RANK_TOLERANCE = 1e-12
# Curvature below this has no inverse in float64 worth having.
SMALLEST_CURVATURE = 1e-290
# The largest system that is solved as a matrix, and the most products with Z for larger ones.
LARGEST_MATRIX = 2000
# Entries in linear predictors times columns up to which all outputs are taken together.
LARGEST_WHOLE = 1e6
MOST_PRODUCTS = 2000


class FreeBlock:
    """Products with Z = [E, X_free], E the columns of ones of the intercepts."""

    def __init__(self, problem, columns):
        self.design, self.columns, self.intercepts = problem.design, columns, problem.intercepts
        self.size = self.intercepts.count + len(columns)
        # Whether it is one intercept, of all rows, and nothing else.
        self.is_intercept = self.size == self.intercepts.count == 1 and self.intercepts.owner is None
        self._lengths = None
        # What `free_minimum.rounding_shares` says of it, once computed.
        self.rounding = None
        # For a loss of constant curvature, the curvature along each column with this block eliminated, once computed.
        self.curvatures = None
        # The steps of a prox on some columns that follow from it.
        self.steps: tuple = None, None

    def gradient(self, vector):
        """Z' vector"""
        result = np.empty(self.size)
        result[: self.intercepts.count] = self.intercepts.totals(vector)
        if len(self.columns):
            result[self.intercepts.count :] = self.design.rmatvec(vector, self.columns)
        return result

    def gradients(self, vectors):
        """The same for each row of `vectors`"""
        if self.intercepts.owner is None and not len(self.columns):
            return np.repeat(vectors.sum(axis=1)[:, None], self.size, axis=1)
        return np.array([self.gradient(vector) for vector in vectors])

    def apply(self, step):
        """Z step"""
        result = self.intercepts.spread(step[: self.intercepts.count])
        if len(self.columns):
            result = result + self.design.matvec(step[self.intercepts.count :], self.columns)
        return result

    def applied(self, steps):
        """The same for each row of `steps`, or what broadcasts to it"""
        if self.intercepts.owner is None and not len(self.columns):
            return steps
        return np.array([self.apply(step) for step in steps])

    def cross(self, curvature, columns):
        """Z' H X[:, columns]"""
        first = self.intercepts.count
        result = np.empty((self.size, len(columns)))
        for k in range(first):
            result[k] = self.design.rmatvec(self._curved(curvature, k), columns)
        if len(self.columns):
            result[first:] = curvature.gram(self.design, self.columns, columns)
        return result

    def gram_and_cross(self, curvature, columns):
        """X[:, columns]' H X[:, columns] and Z' H X[:, columns]"""
        if not self.is_intercept or curvature.coupling is not None:
            return curvature.gram(self.design, columns), self.cross(curvature, columns)
        gram, products = self.design.gram_and_products(curvature.weights, columns)
        return gram, products[None]

    def gram(self, curvature):
        """Z' H Z"""
        whole = self.together(curvature, self.columns[:0])
        if whole is not None:
            return whole
        first = self.intercepts.count
        result = np.empty((self.size, self.size))
        for k in range(first):
            curved = self._curved(curvature, k)
            result[:first, k] = self.intercepts.totals(curved)
            if len(self.columns):
                result[first:, k] = result[k, first:] = self.design.rmatvec(curved, self.columns)
        if len(self.columns):
            result[first:, first:] = curvature.gram(self.design, self.columns)
        return result

    def together(self, curvature, columns):
        """[Z, X]'H[Z, X] for these columns of X, where a call costs more than the zeros between outputs do; else None"""
        whole_gram = getattr(curvature.coupling, "whole_gram", None)
        if whole_gram is None or (self.size + len(columns)) * self.design.n_samples > LARGEST_WHOLE:
            return None
        return whole_gram(*self.rows_with(columns))

    def rows_with(self, columns):
        """[Z, X] as rows of the samples for these columns of X, and their outputs, which have an intercept each or none has"""
        rows, outputs = self.design.rows_of(np.concatenate([self.columns, columns]))
        ones = np.arange(self.intercepts.count)
        rows = np.concatenate([np.ones((len(ones), rows.shape[1])), rows])
        return rows, np.concatenate([ones, outputs])

    def ones_cross(self, weights, columns):
        """Z' diag(weights) 1 for each column, the ones in the rows that the column has entries in"""
        result = np.empty((self.size, len(columns)))
        for places, rows in self.design.row_sets(columns):
            inside = np.zeros(len(weights))
            inside[rows] = weights[rows]
            result[:, places] = self.gradient(inside)[:, None]
        return result

    def _curved(self, curvature, k):
        """H times the column of intercept k"""
        if curvature.coupling is None and self.intercepts.owner is None:
            return curvature.weights
        return curvature.apply(self.intercepts.column(k, len(curvature.weights)))

    def entries(self, rows):
        """Z[rows] as an array"""
        ones = [self.intercepts.column(k, self.design.n_samples)[rows] for k in range(self.intercepts.count)]
        return np.column_stack([*ones, self.design.entries(rows, self.columns)])

    def inverse(self, curvature):
        """(Z' H Z)^+"""
        return pseudo_inverse(self.gram(curvature)) if self.size else np.zeros((0, 0))

    def matrix(self):
        """Z as an array"""
        result = np.empty((self.design.n_samples, self.size))
        for k, unit in enumerate(np.eye(self.size)):
            result[:, k] = self.apply(unit)
        return result

    def newton_step(self, point):
        """-(Z'HZ)^+ Z' gradient, H the curvature: through the smaller of Z'HZ and ZZ', or without either if both are large"""
        n_rows = len(point.eta)
        if self.size <= min(LARGEST_MATRIX, n_rows) or point.curvature.coupling is not None:
            return -pseudo_inverse(self.gram(point.curvature)) @ self.gradient(point.gradient)
        # The least-squares solution of H^1/2 Z step = right; rows without curvature have no say in it.
        root = np.sqrt(point.curvature.weights)
        right = np.divide(-point.gradient, root, out=np.zeros(n_rows), where=root > 0.0)
        if n_rows <= LARGEST_MATRIX:
            ones = self.intercepts.columns(n_rows)
            outer = ones @ ones.T + self.design.outer(self.columns, np.ones(len(self.columns)))
            return self.gradient(root * (pseudo_inverse(root[:, None] * outer * root) @ right))
        operator = LinearOperator(
            (n_rows, self.size),
            matvec=lambda step: root * self.apply(np.ravel(step)),
            rmatvec=lambda values: self.gradient(root * np.ravel(values)),
            dtype=np.float64,
        )
        return lsmr(operator, right, atol=1e-13, btol=1e-13, maxiter=MOST_PRODUCTS)[0]

    def lengths(self, weights):
        """The square roots of sum_i weights_i z_ij^2, for weights that are always the same"""
        if self._lengths is None:
            squares = self.design.squares(weights, self.columns)
            self._lengths = np.sqrt(np.maximum(np.r_[self.intercepts.totals(weights), squares], 0.0))
        return self._lengths

    def add(self, point, step):
        """The coefficients and intercepts of `point` moved by `step`."""
        coef = point.coef.copy()
        coef[self.columns] += step[self.intercepts.count :]
        return coef, point.intercept + step[: self.intercepts.count]


def pseudo_inverse(gram):
    """(D^-1 G D^-1)^+ scaled back, D the square roots of the diagonal: dependent columns share what they explain."""
    if len(gram) == 0:
        return gram
    if len(gram) == 1:
        return np.array([[1.0 / gram[0, 0] if gram[0, 0] > SMALLEST_CURVATURE else 0.0]])
    scale = np.sqrt(np.diag(gram))
    scale[~(scale > np.sqrt(SMALLEST_CURVATURE))] = np.inf
    # Called as it is: what NumPy adds takes longer than small matrices do.
    values, vectors, failed = dsyevd(gram / (scale[:, None] * scale))
    if failed:
        raise np.linalg.LinAlgError("The eigenvalues of a matrix of unpenalised columns did not converge.")
    keep = values > RANK_TOLERANCE * max(values[-1], 0.0)
    vectors = vectors[:, keep] / scale[:, None]
    return (vectors / values[keep]) @ vectors.T
