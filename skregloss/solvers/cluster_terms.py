"""A penalty that makes coefficients equal, in value or in size, such as SLOPE and the fused lasso.

As long as the pieces of equal coefficients keep their signs and their order, the penalty is linear in their sizes, and a
Newton step on the sizes is exact.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from .homotopy import RIDGE
from .joint_kernels import joint_pieces, joint_slopes
from .joint_terms import JointTerms

# Newton steps that end where two pieces meet are continued so often.
MOST_MERGERS = 20
# More pieces than this are left to prox steps.
MOST_PIECES = 3000


class ClusterTerms(JointTerms):
    """The members of `JointTerms`, for pieces of equal coefficients."""

    def _pieces(self, b):
        """As in `Penalty.block_pieces`: the owner and the sign of each coefficient, the sizes, and which are joined"""
        owner, sign = np.empty(len(b), dtype=np.int64), np.zeros(len(b))
        size, joined = np.empty(len(b)), np.empty(len(b), dtype=np.bool_)
        count = joint_pieces(self.penalty, b, self.starts, owner, sign, size, joined)
        return owner, sign, size[:count], joined[:count]

    def piece(self, b):
        return self._pieces(b)[0]

    def directions(self, b, grad):
        owner, sign, size, _ = self._pieces(b)
        inside = np.flatnonzero(owner >= 0)
        members = np.zeros((len(b), len(size)))
        members[inside, owner[inside]] = sign[inside]
        return members, members.T @ (self._bend[:, None] * members)

    @property
    def _bend(self):
        """What an L2 term adds to the second derivative of every coefficient"""
        return getattr(self.penalty, "l2", 0.0) * self.strengths[self.owner]

    def finish(self, model, tolerance):
        for _ in range(MOST_MERGERS):
            if not self._newton_step(model):
                break

    def _newton_step(self, model):
        """Move the sizes of the pieces to their minimum, or to where two meet, which says to go on."""
        owner, sign, size, joined = self._pieces(model.b)
        inside = np.flatnonzero(owner >= 0)
        if not 0 < len(size) <= MOST_PIECES:
            return False
        own, signs = owner[inside], sign[inside]

        def totals(values):
            return np.bincount(own, signs * values[inside], len(size))

        slope = joint_slopes(self.penalty, model.b, *self.arrays)
        matrix = model.compressed(inside, own, signs, len(size))
        matrix[np.diag_indices(len(size))] *= 1.0 + RIDGE
        matrix[np.diag_indices(len(size))] += np.bincount(own, self._bend[inside], len(size))
        right = totals(model.gradient() - slope)
        try:
            move = linalg.cho_solve(linalg.cho_factor(matrix, lower=True, overwrite_a=True), right)
        except linalg.LinAlgError:
            return False
        if not np.isfinite(move).all():
            return False
        fraction, first, target = _room(size, move, joined)
        there = size + fraction * move
        if fraction < 1.0:
            there[first] = 0.0 if target < 0 else there[target]
        step = np.zeros(len(model.b))
        step[inside] = signs * there[own] - model.b[inside]
        moved = np.flatnonzero(step)
        model.move(moved, step[moved])
        model.b[inside] = signs * there[own]
        return fraction < 1.0


def _room(size, move, joined):
    """The fraction <= 1 of the move until a piece reaches zero or one joined with it; which piece, and the other one or -1"""
    after = np.flatnonzero(joined)
    pieces = np.concatenate([np.arange(len(size)), after])
    others = np.concatenate([np.full(len(size), -1), after - 1])
    gap = size[pieces] - np.where(others < 0, 0.0, size[others])
    change = move[pieces] - np.where(others < 0, 0.0, move[others])
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(gap * change < 0.0, -gap / change, np.inf)
    k = int(np.argmin(room))
    return min(1.0, room[k]), pieces[k], others[k]
