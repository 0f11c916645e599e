"""The free block Z: the intercept and the unpenalised columns. It is minimised exactly, and eliminated from models.

Its gradient being zero is what makes a dual point feasible, so the duality gap is finite; and the coefficients of the other
columns then see the Schur complement G - V' (Z'WZ)^+ V with V = Z'WX, in which correlated means play no part.
"""

from __future__ import annotations

import numpy as np

# Directions of Z whose curvature is below this share of the largest are taken as dependent on the others.
RANK_TOLERANCE = 1e-12
# A gradient this small relative to the sizes of what it sums is rounding.
GRADIENT_ROUNDING = 1e-14
MAX_STEPS = 100


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

    def add(self, point, step):
        """The coefficients and intercept of `point` moved by `step`."""
        coef, intercept = point.coef.copy(), point.intercept
        coef[self.columns] += step[self.intercept :]
        return coef, intercept + (step[0] if self.intercept else 0.0)


def pseudo_inverse(gram):
    """(D^-1 G D^-1)^+ scaled back, D the square roots of the diagonal: dependent columns share what they explain."""
    scale = np.sqrt(np.diag(gram))
    if len(gram) == 1:
        return np.array([[1.0 / gram[0, 0] if gram[0, 0] > 0.0 else 0.0]])
    scale[scale == 0.0] = 1.0
    values, vectors = np.linalg.eigh(gram / np.outer(scale, scale))
    keep = values > RANK_TOLERANCE * max(values[-1], 0.0)
    vectors = vectors[:, keep] / scale[:, None]
    return (vectors / values[keep]) @ vectors.T


def minimize_free(problem, free, point):
    """Newton's method on the free block alone; the point, and whether it got to the minimum (there may be none)."""
    if free.size == 0:
        return point, True
    lengths = np.sqrt(np.maximum(np.diag(free.gram(problem.weights)), 0.0))
    previous = np.inf
    for _ in range(MAX_STEPS):
        gradient = free.gradient(point.gradient)
        weighted = problem.weights > 0.0
        size = np.sqrt((point.gradient[weighted] ** 2 / problem.weights[weighted]).sum())
        if (np.abs(gradient) <= GRADIENT_ROUNDING * lengths * size).all():
            return point, True
        step = -pseudo_inverse(free.gram(point.curvature)) @ gradient
        decrement = -gradient @ step
        moved = free.apply(step)
        fraction, eta, value = 1.0, point.eta + moved, np.inf
        slack = 1e-15 * abs(point.value)
        while fraction > 1e-10:
            eta = point.eta + fraction * moved
            value = problem.loss_at(eta)
            if value <= point.value - 1e-4 * fraction * decrement + slack:
                break
            fraction *= 0.5
        else:
            return point, _settled(point, moved, decrement)
        coef, intercept = free.add(point, fraction * step)
        # Below the rounding of the objective only the gradient can tell progress; stop when it makes none.
        stalled = decrement <= slack and np.abs(gradient / np.maximum(lengths, 1e-300)).max() >= 0.5 * previous
        previous = np.abs(gradient / np.maximum(lengths, 1e-300)).max()
        point = problem.at(coef, intercept, eta)
        if stalled:
            return point, _settled(point, moved, decrement)
    return point, False


def _settled(point, moved, decrement):
    """Whether a Newton step that cannot be improved upon was small: where the infimum lies at infinity it stays near 1."""
    return decrement <= 1e-10 * (1e-300 + abs(point.value)) and np.abs(moved).max() <= 1e-4 * (1.0 + np.abs(point.eta).max())
