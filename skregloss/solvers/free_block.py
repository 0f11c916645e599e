"""The free block Z: the intercept and the unpenalised columns. It is minimised exactly, and eliminated from models.

Its gradient being zero is what makes a dual point feasible, so the duality gap is finite; and the coefficients of the other
columns then see the Schur complement G - V' (Z'WZ)^+ V with V = Z'WX, in which correlated means play no part.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator, lsmr

# Directions of Z whose curvature is below this share of the largest are taken as dependent on the others.
RANK_TOLERANCE = 1e-12
# Curvature below this has no inverse in float64 worth having.
SMALLEST_CURVATURE = 1e-290
# The largest system that is solved as a matrix, and the most products with Z for larger ones.
LARGEST_MATRIX = 2000
MOST_PRODUCTS = 2000


class FreeBlock:
    """Products with Z = [1, X_free]; the column of ones is there if the problem has an intercept."""

    def __init__(self, problem, columns):
        self.design, self.columns = problem.design, columns
        self.intercept = int(problem.fit_intercept)
        self.size = self.intercept + len(columns)

    def gradient(self, vector):
        """Z' vector"""
        result = np.empty(self.size)
        if self.intercept:
            result[0] = vector.sum()
        if len(self.columns):
            result[self.intercept :] = self.design.rmatvec(vector, self.columns)
        return result

    def apply(self, step):
        """Z step"""
        result = step[0] if self.intercept else 0.0
        if len(self.columns):
            result = result + self.design.matvec(step[self.intercept :], self.columns)
        return result

    def cross(self, weights, columns):
        """Z' diag(weights) X[:, columns]"""
        result = np.empty((self.size, len(columns)))
        if self.intercept:
            result[0] = self.design.rmatvec(weights, columns)
        if len(self.columns):
            result[self.intercept :] = self.design.gram(weights, self.columns, columns)
        return result

    def gram(self, weights):
        """Z' diag(weights) Z"""
        result = np.empty((self.size, self.size))
        if self.intercept:
            result[0, 0] = weights.sum()
        if len(self.columns):
            first = self.intercept
            result[first:, first:] = self.design.gram(weights, self.columns)
            if first:
                result[0, 1:] = result[1:, 0] = self.design.rmatvec(weights, self.columns)
        return result

    def matrix(self):
        """Z as an array"""
        result = np.empty((self.design.n_samples, self.size))
        for k, unit in enumerate(np.eye(self.size)):
            result[:, k] = self.apply(unit)
        return result

    def newton_step(self, point):
        """-(Z'HZ)^+ Z' gradient, H the curvature: through the smaller of Z'HZ and ZZ', or without either if both are large"""
        n_samples = len(point.eta)
        if self.size <= min(LARGEST_MATRIX, n_samples):
            return -pseudo_inverse(self.gram(point.curvature)) @ self.gradient(point.gradient)
        # The least-squares solution of H^1/2 Z step = right; samples without curvature have no say in it.
        root = np.sqrt(point.curvature)
        right = np.divide(-point.gradient, root, out=np.zeros(n_samples), where=root > 0.0)
        if n_samples <= LARGEST_MATRIX:
            outer = self.intercept + self.design.outer(self.columns, np.ones(len(self.columns)))
            return self.gradient(root * (pseudo_inverse(root[:, None] * outer * root) @ right))
        operator = LinearOperator(
            (n_samples, self.size),
            matvec=lambda step: root * self.apply(np.ravel(step)),
            rmatvec=lambda values: self.gradient(root * np.ravel(values)),
            dtype=np.float64,
        )
        return lsmr(operator, right, atol=1e-13, btol=1e-13, maxiter=MOST_PRODUCTS)[0]

    def lengths(self, weights):
        """The square roots of sum_i weights_i z_ij^2"""
        squares = self.design.squares(weights, self.columns)
        return np.sqrt(np.maximum(np.r_[[weights.sum()] * self.intercept, squares], 0.0))

    def add(self, point, step):
        """The coefficients and intercept of `point` moved by `step`."""
        coef, intercept = point.coef.copy(), point.intercept
        coef[self.columns] += step[self.intercept :]
        return coef, intercept + (step[0] if self.intercept else 0.0)


def pseudo_inverse(gram):
    """(D^-1 G D^-1)^+ scaled back, D the square roots of the diagonal: dependent columns share what they explain."""
    if len(gram) == 1:
        return np.array([[1.0 / gram[0, 0] if gram[0, 0] > SMALLEST_CURVATURE else 0.0]])
    scale = np.sqrt(np.diag(gram))
    scale[~(scale > np.sqrt(SMALLEST_CURVATURE))] = np.inf
    values, vectors = np.linalg.eigh(gram / np.outer(scale, scale))
    keep = values > RANK_TOLERANCE * max(values[-1], 0.0)
    vectors = vectors[:, keep] / scale[:, None]
    return (vectors / values[keep]) @ vectors.T
