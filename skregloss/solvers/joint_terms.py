"""A penalty that binds the coefficients of a block together: solved by accelerated prox steps and a finish.

Prox steps find the smooth piece of the penalty that the minimum is on: which coefficients are zero or equal, or which rank
their matrix has. On that piece Newton's method finds the minimum.
"""

from __future__ import annotations

import numpy as np

from .block_terms import BlockTerms
from .joint_kernels import joint_distances, joint_prox

MOST_ROUNDS = 200
# Prox steps until the finish is tried, and how many of them must have left the piece as it was for it to be tried before.
PROX_STEPS, STEADY = 100, 5
# The largest eigenvalue is estimated from below, by so many products; prox steps are this much shorter for it.
PRODUCTS, CAUTION = 20, 1.1
# After so many rounds without a smaller change, rounding has been reached.
PATIENCE = 10


class JointTerms(BlockTerms):
    """The members of `BlockTerms`, each column counted as one block, and a way to the minimum of a model."""

    joint = True

    def __init__(self, penalty, columns, starts, strengths, weights, n_features):
        super().__init__(penalty, columns, starts, strengths, weights, n_features)
        self.count = len(columns)

    @property
    def arrays(self):
        """What kernels need to know of the blocks"""
        return self.starts, self.strengths, self.weights

    def take(self, places):
        blocks, sizes = np.unique(self.owner[places], return_counts=True)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        strengths, weights = self.strengths[blocks], self.weights[blocks]
        taken = type(self)(self.penalty, self.columns[places], starts, strengths, weights, self.n_features)
        taken.whole, taken.places = self.columns, places
        return taken

    def first_column(self, block):
        return int(self.columns[block])

    def blocks_of(self, places):
        return places

    def distances(self, b, grad):
        return joint_distances(self.penalty, b, grad, *self.arrays)

    def prepare(self, *model, constant):
        """Nothing: what descent needs of a block takes a matrix of all its columns"""

    def minimize(self, model, tolerance):
        """Move model.b to the minimum, to `tolerance` in the gradient"""
        curvature = _largest_curvature(model)
        least, idle = np.inf, 0
        for _ in range(MOST_ROUNDS):
            curvature = self._prox_steps(model, curvature)
            if curvature == 0.0:
                return
            self.finish(model, tolerance)
            change = self.change(model, curvature)
            idle = 0 if change < 0.9 * least else idle + 1
            least = min(change, least)
            if change <= tolerance or idle > PATIENCE:
                return

    def change(self, model, curvature):
        """How far the next prox step goes, in units of the gradient"""
        there = joint_prox(self.penalty, model.b + model.gradient() / curvature, 1.0 / curvature, *self.arrays)
        return float(curvature * np.abs(there - model.b).max())

    def _prox_steps(self, model, curvature):
        """Nesterov's steps, begun anew when they turn back, until the piece is steady; the curvature that sufficed."""
        if curvature == 0.0:
            return 0.0
        last, last_q = model.b.copy(), model.gradient().copy()
        ahead, ahead_q, momentum = last, last_q, 1.0
        piece = None
        for count in range(1, PROX_STEPS + 1):
            while True:
                there = joint_prox(self.penalty, ahead + ahead_q / curvature, 1.0 / curvature, *self.arrays)
                move = there - ahead
                product = model.times(move)
                bend, square = move @ product, move @ move
                if bend <= curvature * square * (1.0 + 1e-9):
                    break
                curvature = CAUTION * bend / square
            there_q = ahead_q - product
            turned = move @ (there - last) < 0.0
            momentum, earlier = (1.0, 1.0) if turned else (0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)), momentum)
            carry = 0.0 if turned else (earlier - 1.0) / momentum
            ahead, ahead_q = there + carry * (there - last), there_q + carry * (there_q - last_q)
            last, last_q = there, there_q
            if square == 0.0:
                break
            if count % STEADY == 0:
                before, piece = piece, self.piece(there)
                if before is not None and np.array_equal(piece, before):
                    break
        moved = np.flatnonzero(last != model.b)
        model.move(moved, last[moved] - model.b[moved])
        model.b[moved] = last[moved]
        return curvature

    def piece(self, b):
        """What tells the smooth piece of the penalty that b is on from others"""
        raise NotImplementedError

    def directions(self, b, grad):
        """A basis of the directions that leave b on its piece, in columns; and the second derivative of the penalty in them

        At a minimum, where the derivative of the loss is `grad`.
        """
        raise NotImplementedError

    def piece_slopes(self, b, basis):
        """The derivative of the penalty in these directions"""
        raise NotImplementedError

    def moved_on_piece(self, b, move):
        """b after a move in these directions, as far as the piece goes"""
        raise NotImplementedError

    def finish(self, model, tolerance):
        """Move model.b to the minimum on the piece it is on, or towards it"""
        raise NotImplementedError


def _largest_curvature(model):
    vector = np.random.default_rng(0).normal(size=len(model.b))
    value = 0.0
    for _ in range(PRODUCTS):
        vector = model.times(vector)
        value = np.linalg.norm(vector)
        if value == 0.0:
            return 0.0
        vector /= value
    return CAUTION * value
