"""A penalty that makes the rank of a matrix of coefficients small: the nuclear norm.

Of rank k, B = L R' with k columns each, and |B|_* is the least (|L|^2 + |R|^2) / 2 over all such L and R. At fixed rank the
objective is thus a smooth function of L and R, in which Newton's method with conjugate gradients needs a few products.
"""

from __future__ import annotations

import numpy as np

from .joint_terms import JointTerms

MOST_NEWTON_STEPS, MOST_PRODUCTS = 30, 500
# The residual of a Newton system relative to its right side.
ACCURACY = 1e-3
# Singular values relative to the largest that are rounding; Armijo's share of the predicted decrease, and how often to halve.
NEGLIGIBLE, SUFFICIENT, MOST_HALVINGS = 1e-13, 1e-4, 20


class RankTerms(JointTerms):
    """The members of `JointTerms`, for one matrix of coefficients, output after output."""

    def _matrix(self, b):
        return b.reshape(int(getattr(self.penalty, "core", self.penalty).outputs), -1)

    def _factors(self, b):
        """L and R, of equal lengths"""
        left, values, right = np.linalg.svd(self._matrix(b), full_matrices=False)
        rank = np.count_nonzero(values > NEGLIGIBLE * values.max(initial=0.0))
        root = np.sqrt(values[:rank])
        return left[:, :rank] * root, right[:rank].T * root

    def piece(self, b):
        return np.array([self._factors(b)[0].shape[1]])

    @property
    def _prices(self):
        """The strengths of the norm and of an L2 term"""
        return self.strengths[0] * getattr(self.penalty, "scale", 1.0), self.strengths[0] * getattr(self.penalty, "l2", 0.0)

    def directions(self, b, grad):
        left, right = self._factors(b)
        (outputs, rank), width = left.shape, len(right)
        strength, ridge = self._prices
        # Columns for the entries of L, then for those of R; entry (i, j) of B comes from row i of L and row j of R.
        from_left = np.einsum("io,jk->ijok", np.eye(outputs), right).reshape(len(b), -1)
        from_right = np.einsum("ik,jw->ijwk", left, np.eye(width)).reshape(len(b), -1)
        basis = np.hstack([from_left, from_right])
        slope = np.kron(self._matrix(grad + ridge * b), np.eye(rank))
        size = outputs * rank
        bends = ridge * basis.T @ basis + strength * np.eye(basis.shape[1])
        bends[:size, size:] += slope
        bends[size:, :size] += slope.T
        return basis, bends

    def piece_slopes(self, b, basis):
        strength, ridge = self._prices
        return strength * _Factors.stacked(*self._factors(b)) + ridge * (basis.T @ b)

    def moved_on_piece(self, b, move):
        left, right = self._factors(b)
        return ((left + move[: left.size].reshape(left.shape)) @ (right + move[left.size :].reshape(right.shape)).T).ravel()

    def finish(self, model, tolerance):
        strength, ridge = self._prices
        for _ in range(MOST_NEWTON_STEPS):
            left, right = self._factors(model.b)
            if left.size == 0:
                return
            factors = _Factors(model, left, right, self._matrix(ridge * model.b - model.gradient()), strength, ridge)
            if np.abs(factors.gradient).max() <= tolerance * np.abs(left).max() or not factors.improve():
                return


class _Factors:
    """The model as a function of L and R, which are stacked as one vector."""

    def __init__(self, model, left, right, slope, strength, ridge):
        self.model, self.left, self.right, self.slope = model, left, right, slope
        self.strength, self.ridge = strength, ridge
        self.gradient = self.stacked(slope @ right + strength * left, slope.T @ left + strength * right)

    @staticmethod
    def stacked(left, right):
        return np.concatenate([left.ravel(), right.ravel()])

    def _split(self, vector):
        size = self.left.size
        return vector[:size].reshape(self.left.shape), vector[size:].reshape(self.right.shape)

    def _bent(self, step):
        """The model's second derivative times a step of B, as a matrix"""
        return (self.model.times(step.ravel()) + self.ridge * step.ravel()).reshape(step.shape)

    def _hessian_times(self, vector):
        left, right = self._split(vector)
        bent = self._bent(left @ self.right.T + self.left @ right.T)
        to_left = bent @ self.right + self.slope @ right + self.strength * left
        return self.stacked(to_left, bent.T @ self.left + self.slope.T @ left + self.strength * right)

    def _direction(self):
        """Conjugate gradients from zero on until accurate, or until a direction without curvature"""
        direction, residual = np.zeros(len(self.gradient)), -self.gradient
        ahead, square = residual.copy(), residual @ residual
        enough = ACCURACY**2 * square
        for _ in range(min(MOST_PRODUCTS, 2 * len(residual))):
            product = self._hessian_times(ahead)
            bend = ahead @ product
            if bend <= 0.0:
                return direction if direction.any() else ahead
            direction += (square / bend) * ahead
            residual -= (square / bend) * product
            before, square = square, residual @ residual
            if square <= enough:
                break
            ahead = residual + (square / before) * ahead
        return direction

    def improve(self):
        """Move the model's coefficients by a Newton step, or a part of it, that lowers the objective; whether there is one"""
        direction = self._direction()
        left, right = self._split(direction)
        slope = self.gradient @ direction
        for _ in range(MOST_HALVINGS):
            step = left @ self.right.T + self.left @ right.T + left @ right.T
            lengths = 2.0 * np.sum(left * self.left) + 2.0 * np.sum(right * self.right) + np.sum(left**2) + np.sum(right**2)
            rise = np.sum(step * (self.slope + 0.5 * self._bent(step))) + 0.5 * self.strength * lengths
            if rise <= SUFFICIENT * slope:
                self.model.move(np.arange(step.size), step.ravel())
                return True
            left, right, slope = 0.5 * left, 0.5 * right, 0.5 * slope
        return False
