"""Quadratic models of the loss on a working set, with the free block eliminated: on the Gram matrix or on the residual.

    loss(b + d) ~ loss - q'd + d'Gd/2,     G = X'HX - V'KV,    q = -X'grad - V'K q_free,    K = (Z'HZ)^+,   V = Z'HX

Both kinds offer the same: coordinate-descent epochs, the product with G, a solve on the support, and the step they arrived
at. H is the curvature of the loss times the damping of the model.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse
from scipy.linalg.lapack import dposv
from scipy.sparse.linalg import LinearOperator, cg

from .coordinate_descent import DEPENDENT_CURVATURE
from .curvature import Curvature
from .gram_store import LARGEST_GRAM, eliminated, submatrix
from .quadratic import combination
from .support import RIDGE, Support

# A Gram matrix of so many columns is never large.
SMALL_GRAM, FEW = 1000, 100
# How many times faster a Cholesky factorisation of m columns is than m m / 3 products with a vector.
CHOLESKY_SPEED = 40.0
CONJUGATE_GRADIENT_TOLERANCE = 1e-4


def make_model(problem, free, point, terms, damping, gram_store):
    """The model at `point` on the columns of the penalty `terms`."""
    kind = GramModel if len(terms.columns) <= largest_matrix(problem, terms, point) else ResidualModel
    return kind(problem, free, point, terms, damping, gram_store)


def largest_matrix(problem, terms, point):
    """The most columns of which a matrix pays"""
    # Where every coefficient is in the support and they outnumber the samples, conjugate gradients need fewer steps than
    # there are samples, and no matrix.
    parts = problem.penalty.l1_l2_parts()
    smooth = parts is not None and parts[0] == 0.0
    most = min(LARGEST_GRAM, len(problem.y)) if smooth else LARGEST_GRAM
    if terms.joint:
        # A step costs a product, with the matrix or with the columns and back; the matrix must not outgrow the data by far.
        most = min(LARGEST_GRAM, max(2 * len(problem.y) // problem.data.copies, SMALL_GRAM))
    elif terms.grouped and problem.penalty.convex and point.curvature.coupling is None:
        # Descent passes over a column twice and over a row of the matrix once; where both are few, rows are not to decide.
        most = min(most, max(2 * len(problem.weights), FEW))
    return most


class _Model:
    def __init__(self, problem, free, point, terms, curvature):
        self.problem, self.free, self.terms = problem, free, terms
        self.columns = terms.columns
        self.curvature = curvature
        self.start = point.coef[self.columns]
        self.b = self.start.copy()
        self.low, self.high = problem.low[self.columns], problem.high[self.columns]
        # A projection has taken a step of the free block into account: the model goes on from there.
        projection = point.projection
        self.free_start = np.zeros(free.size) if projection is None else projection.step
        self.free_gradient = -free.gradient(point.gradient) if projection is None else np.zeros(free.size)

    def free_step(self):
        """The step of the free block that goes with the one of b."""
        return self.free_start + self.inverse @ (self.free_gradient - self.cross @ (self.b - self.start))


class GramModel(_Model):
    """G as a matrix: for working sets, whose columns are few."""

    # Whether `solve` serves: for groups it takes the matrix.
    has_newton = True

    def __init__(self, problem, free, point, terms, damping, gram_store):
        super().__init__(problem, free, point, terms, point.curvature * damping)
        if gram_store is None:
            parts = eliminated(problem.design, free, self.curvature, self.columns)
            self.support = Support()
        else:
            gram_store.follow(point.curvature)
            self.curvature = gram_store.curvature * damping
            parts = gram_store.parts(self.columns, damping)
            self.support = gram_store.support
        self.gram, self.diagonal, self.cross, self.inverse = parts
        self.q = -problem.gradient_within(terms, point) - self.cross.T @ (self.inverse @ self.free_gradient)
        if terms.grouped and not terms.joint:
            terms.prepare_gram(self.gram, constant=problem.loss.constant_curvature and damping == 1.0)

    def epochs(self, count, tolerance):
        return self.terms.gram_epochs(self.gram, self.q, self.b, count, tolerance)

    def gradient(self):
        """q at the current b"""
        return self.q

    def newton_epochs(self):
        """What a Newton step costs, in epochs: a third of m^3 operations for m m' each"""
        return np.count_nonzero(self.b) ** 2 / (CHOLESKY_SPEED * len(self.b))

    def solve(self, support, extra, right_side):
        """(G_SS + extra)^-1 right_side, `extra` a matrix or its diagonal; None where that is not positive definite"""
        matrix = submatrix(self.gram, support)
        diagonal = matrix.ravel()[:: len(support) + 1]
        diagonal *= 1.0 + RIDGE
        if extra.ndim == 1:
            diagonal += extra
        else:
            matrix += extra
        # What is symmetric is its transpose, which is in the order of columns that LAPACK overwrites.
        _, solution, failed = dposv(matrix.T, right_side, lower=True, overwrite_a=True)
        return None if failed else solution

    def bend(self, support, move):
        """move' G_SS move"""
        return move @ combination(self.gram, support, move)[support]

    def move(self, support, move):
        """b_S += move"""
        self.b[support] += move
        self.q -= combination(self.gram, support, move)

    def times(self, move):
        """G move"""
        return self.gram @ move

    def compressed(self, places, owner, sign, count):
        """M'GM, M having sign_k in column owner_k for the coefficient at places_k, and zeros elsewhere"""
        members = sparse.csr_array((sign, (owner, places)), shape=(count, len(self.b)))
        return members @ (members @ self.gram).T


class ResidualModel(_Model):
    """G as an operator: for working sets so large that a Gram matrix costs more than it saves."""

    def __init__(self, problem, free, point, terms, damping, gram_store):
        curvature = point.curvature * damping
        parts = problem.penalty.l1_l2_parts()
        if curvature.coupling is not None and not terms.joint and not (parts is not None and parts[0] == 0.0):
            # Descent on a residual takes a weight per row. A coupling that only takes curvature away can be left out: the
            # model then bounds the loss from above.
            curvature = Curvature(curvature.weights)
        super().__init__(problem, free, point, terms, curvature)
        columns = self.columns
        self.cross, self.inverse = free.cross(curvature, columns), free.inverse(curvature)
        self.solved = self.inverse @ self.cross
        self.residual = -point.dual
        self.free_left = self.free_gradient.copy()
        # Kernels work on columns without the shift; with the free block eliminated that makes no difference.
        shift = problem.design.shift[columns] / problem.design.scale[columns]
        self.raw_cross = self.cross + free.ones_cross(curvature.weights, columns) * shift
        self.raw_solved = self.inverse @ self.raw_cross
        self.has_newton = not terms.grouped
        if terms.grouped:
            constant = problem.loss.constant_curvature and damping == 1.0
            terms.prepare(problem.design, curvature, self.cross, self.inverse, constant=constant)
            self.diagonal = None
            self._prepare_value(shift)
            return
        length = curvature.squares(problem.design, columns)
        self.diagonal = length - np.einsum("kj,kj->j", self.cross, self.solved)
        self.diagonal = np.where(self.diagonal > DEPENDENT_CURVATURE * length, self.diagonal, length)

    def _prepare_value(self, shift):
        """1 / h of each row; and the slopes, along columns without the shift, of rows where h is zero: their residuals stay"""
        weights = self.curvature.weights
        curved = weights > 0.0
        self._inverse_weights = np.divide(1.0, weights, out=np.zeros(len(weights)), where=curved)
        straight, self._slopes = np.where(curved, 0.0, self.residual), np.zeros(len(self.columns))
        if straight.any():
            self._slopes = self.problem.design.rmatvec(straight, self.columns) + straight.sum() * shift

    def value(self):
        """The model and the penalty at b, but for a constant

        From a residual r0 = -grad to r = r0 - HXd the model falls by r0'Xd - d'X'HXd/2, which is (r0_i^2 - r_i^2) / 2 h_i in
        each row with h_i > 0. Eliminating the free block, with the slopes V'd left along it, takes off free'K free/2 more.
        """
        rows = self.residual @ (self._inverse_weights * self.residual) - self.free_left @ (self.inverse @ self.free_left)
        return 0.5 * rows - self._slopes @ self.b + self.terms.value(self.b)

    @property
    def state(self):
        """The coefficients and all that follows from them, which is linear in them"""
        return np.concatenate([self.b, self.residual, self.free_left])

    @state.setter
    def state(self, state):
        ends = np.cumsum([len(self.b), len(self.residual)])
        self.b, self.residual, self.free_left = (np.ascontiguousarray(part) for part in np.split(state, ends))

    def epochs(self, count, tolerance):
        return self.terms.residual_epochs(
            self.problem.design.lower(),
            self.columns,
            self.curvature.weights,
            self.residual,
            self.raw_cross,
            self.raw_solved,
            self.free_left,
            self.diagonal,
            b=self.b,
            epochs=count,
            tolerance=tolerance,
        )

    def gradient(self):
        product = self.problem.design.rmatvec(self.residual, self.columns)
        return product - self.solved.T @ self.free_left

    def newton_epochs(self):
        """Conjugate gradients cost a few epochs"""
        return 0.0

    def times(self, move):
        """G move"""
        return self._times(slice(None), move)

    def compressed(self, places, owner, sign, count):
        """M'GM, M having sign_k in column owner_k for the coefficient at places_k, and zeros elsewhere"""
        design, columns = self.problem.design, self.columns[places]
        sums, curved = np.empty((count, design.n_samples)), np.empty((count, design.n_samples))
        order = np.argsort(owner, kind="stable")
        ends = np.searchsorted(owner[order], np.arange(count + 1))
        for k in range(count):
            own = order[ends[k] : ends[k + 1]]
            sums[k] = design.matvec(sign[own], columns[own])
            curved[k] = self.curvature.apply(sums[k])
        members = sparse.csr_array((sign, (owner, places)), shape=(count, len(self.b)))
        cross, solved = members @ self.cross.T, members @ self.solved.T
        return curved @ sums.T - cross @ solved.T

    def _times(self, support, move):
        """G_SS move"""
        columns = self.columns[support]
        product = self.problem.design.rmatvec(self.curvature.apply(self.problem.design.matvec(move, columns)), columns)
        return product - self.solved[:, support].T @ (self.cross[:, support] @ move)

    def solve(self, support, extra, right_side):
        """(G_SS + diag(extra))^-1 right_side, roughly: the caller repeats until it is content"""
        if (extra < 0.0).any():
            return None
        diagonal = self.diagonal[support] + extra
        rows = len(self.residual)
        if rows < min(len(support), LARGEST_GRAM) and (extra > 0.0).all() and self.curvature.coupling is None:
            return self._solve_by_samples(support, extra, right_side)
        extra = extra + RIDGE * self.diagonal[support]
        size = (len(support), len(support))
        operator = LinearOperator(size, lambda move: self._times(support, move) + extra * move, dtype=np.float64)
        preconditioner = LinearOperator(size, lambda move: move / diagonal, dtype=np.float64)
        step, _ = cg(operator, right_side, rtol=CONJUGATE_GRADIENT_TOLERANCE, maxiter=500, M=preconditioner)
        return step

    def _solve_by_samples(self, support, extra, right_side):
        """The same through an n x n system, for fewer samples than columns.

        (D + Y'Y)^-1 r = D^-1 r - D^-1 Y' (I + Y D^-1 Y')^-1 Y D^-1 r,    Y = (I - P) H^1/2 X,
        P the projection onto the span of H^1/2 Z.
        """
        columns, root = self.columns[support], np.sqrt(self.curvature.weights)
        design = self.problem.design
        kernel = root[:, None] * design.outer(columns, 1.0 / extra) * root
        span = root[:, None] * self.free.matrix()
        projector = self.inverse @ span.T
        kernel -= span @ (projector @ kernel)
        kernel -= (kernel @ span) @ projector
        kernel[np.diag_indices(len(root))] += 1.0
        first = right_side / extra
        left = root * design.matvec(first, columns)
        left = linalg.solve(kernel, left - span @ (projector @ left), assume_a="pos", overwrite_a=True)
        left -= span @ (projector @ left)
        return first - design.rmatvec(root * left, columns) / extra

    def bend(self, support, move):
        return move @ self._times(support, move)

    def move(self, support, move):
        self.b[support] += move
        self.residual -= self.curvature.apply(self.problem.design.matvec(move, self.columns[support]))
        self.free_left -= self.cross[:, support] @ move
