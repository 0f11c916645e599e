"""A penalty that makes coefficients equal, in value or in size, such as SLOPE and the fused lasso.

As long as the pieces of equal coefficients keep their signs and their order, the penalty is linear in their sizes, and a
Newton step on the sizes is exact.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from .joint_kernels import joint_pieces, joint_slopes
from .joint_terms import JointTerms
from .support import RIDGE

# Newton steps that end where two pieces meet are continued so often: fewer times for many pieces, a step costing their cube.
FEWEST_MERGERS, MOST_MERGERS, MERGER_WORK = 3, 50, 5e8
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

    def piece_slopes(self, b, basis):
        return basis.T @ joint_slopes(self.penalty, b, *self.arrays)

    def moved_on_piece(self, b, move):
        owner, sign, size, _ = self._pieces(b)
        there = size + move
        # A piece that would change its sign is zero.
        return sign * np.append(np.where(there * size > 0.0, there, 0.0), 0.0)[owner]

    @property
    def _bend(self):
        """What an L2 term adds to the second derivative of every coefficient"""
        return getattr(self.penalty, "l2", 0.0) * self.strengths[self.owner]

    def finish(self, model, tolerance):
        owner, sign, size, joined = self._pieces(model.b)
        inside = np.flatnonzero(owner >= 0)
        if not 0 < len(size) <= MOST_PIECES:
            return
        own, signs = owner[inside], sign[inside]
        slope = joint_slopes(self.penalty, model.b, *self.arrays)
        matrix = model.compressed(inside, own, signs, len(size))
        matrix[np.diag_indices(len(size))] += np.bincount(own, self._bend[inside], len(size))
        downhill = np.bincount(own, signs * (model.gradient() - slope)[inside], len(size))
        there = _minimum(matrix, downhill, size, joined)
        new = signs * there[own]
        moved = np.flatnonzero(new != model.b[inside])
        model.move(inside[moved], (new - model.b[inside])[moved])
        model.b[inside] = new


def _minimum(matrix, downhill, size, joined):
    """The sizes of the pieces where the quadratic with this matrix and negative gradient is least

    Pieces that meet on the way go on as one, and one that reaches zero stays there.
    """
    here, merged = size.copy(), np.arange(len(size))
    for _ in range(int(np.clip(MERGER_WORK / len(size) ** 3, FEWEST_MERGERS, MOST_MERGERS))):
        move = _newton_move(matrix, downhill)
        if move is None:
            break
        fraction, first, target = _room(here, move, joined)
        here = here + fraction * move
        if fraction == 1.0:
            break
        downhill = downhill - fraction * (matrix @ move)
        if target >= 0:
            matrix[target] += matrix[first]
            matrix[:, target] += matrix[:, first]
            downhill[target] += downhill[first]
        elif first + 1 < len(joined):
            joined[first + 1] = False
        merged = np.where(merged == first, target, np.where(merged > first, merged - 1, merged))
        matrix = np.delete(np.delete(matrix, first, axis=0), first, axis=1)
        here, downhill, joined = np.delete(here, first), np.delete(downhill, first), np.delete(joined, first)
    return np.append(here, 0.0)[merged]


def _newton_move(matrix, downhill):
    """matrix^-1 downhill; None where that is not to be had"""
    if len(matrix) == 0:
        return None
    # Along columns of zeros the penalty alone decides how far: to where the piece meets another.
    ridge = RIDGE * np.where(matrix.diagonal() > 0.0, matrix.diagonal(), matrix.diagonal().max() or 1.0)
    matrix = matrix + np.diag(ridge)
    try:
        move = linalg.cho_solve(linalg.cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False), downhill)
    except (linalg.LinAlgError, ValueError):
        return None
    return move if np.isfinite(move).all() else None


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
