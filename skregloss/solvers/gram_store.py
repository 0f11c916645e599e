"""Gram matrices with the free block eliminated, kept from one model to the next."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.linalg.blas import dgemm

from .._jit import kernel
from .coordinate_descent import DEPENDENT_CURVATURE
from .curvature import Curvature
from .free_block import pseudo_inverse
from .support import Support

# The largest working set whose Gram matrix is formed: 4000 columns take 128 MB.
LARGEST_GRAM = 4000
# A store holds so many entries per entry of X, but always so many columns.
SHARE_OF_DATA, FEW = 0.04, 150
# The share that curvatures may be off by on average in a model.
OUTDATED = 0.1
# What it takes for that: so many entries of a matrix per column there is, and so many multiplications.
CHEAP, QUICK = 4.0, 5e6
# A larger factor between the curvature along a step and that of the model says that one number does not mend it.
MOST_RESCALING = 2.0
# One this near to 1 is not worth a pass over the matrix.
SAME = 0.01


def eliminated(design, free, curvature, columns, inverse=None):
    """G with the free block eliminated, its diagonal with 0 for columns in the span of that block, V = Z'HX and (Z'HZ)^+

    The last is computed unless it is given.
    """
    whole = free.together(curvature, columns)
    if whole is None:
        gram, cross = free.gram_and_cross(curvature, columns)
        inverse = free.inverse(curvature) if inverse is None else inverse
    else:
        first = free.size
        gram, cross = whole[first:, first:], whole[:first, first:]
        inverse = pseudo_inverse(whole[:first, :first]) if inverse is None else inverse
    length = np.diag(gram).copy()
    if cross.size:
        # gram - cross'(inverse cross), in place: of what is symmetric, the transpose is as good.
        gram = dgemm(-1.0, (inverse @ cross).T, cross.T, beta=1.0, c=gram.T, trans_b=True, overwrite_c=True).T
    diagonal = np.diag(gram).copy()
    # A column in that span can only gain by rounding: it is given the curvature it has without the free block.
    diagonal[diagonal <= DEPENDENT_CURVATURE * length] = 0.0
    gram[np.diag_indices(len(length))] = np.where(diagonal > 0.0, diagonal, length)
    return gram, diagonal, cross, inverse


@kernel
def submatrix(matrix, at):
    """matrix[at][:, at]"""
    result = np.empty((at.shape[0], at.shape[0]))
    for i in range(at.shape[0]):
        row = matrix[at[i]]
        for j in range(at.shape[0]):
            result[i, j] = row[at[j]]
    return result


@kernel(reorder=True)
def share_off(weights, others):
    """How far the weights of one curvature are from those of another, as a share of those"""
    off, total = 0.0, 0.0
    for i in range(weights.shape[0]):
        off += abs(weights[i] - others[i])
        total += others[i]
    return off / total


def most_kept(design, few=FEW) -> int:
    """The most columns that a store keeps besides those that are asked for, no fewer than a few

    Of designs with many more columns than rows it takes a small part; of others, as many columns as there are rows.
    """
    share = int((SHARE_OF_DATA * design.n_samples * design.n_features) ** 0.5)
    return min(max(share, design.n_samples, few), 2 * LARGEST_GRAM)


class GramStore:
    """What `eliminated` returns, grown by the columns it lacks, and kept across models.

    Where curvature varies, it is kept as long as that at a point is about the same. A model with the gradient of its point and
    a curvature that is off by a share s leads to the same minimum, its error falling by about s per step: forming another
    matrix mostly costs more than another such step.
    """

    def __init__(self, problem, free, few=FEW):
        self.design, self.free = problem.design, free
        self.constant = problem.loss.constant_curvature
        self.most = most_kept(self.design, few)
        self._begin(Curvature(problem.weights) if self.constant else None)

    def _begin(self, curvature):
        """With nothing stored, at this curvature"""
        self.curvature, self.support = curvature, Support()
        self.inverse, self.rooted = None, None
        vars(self).pop("place", None)
        self.columns, self.stored = np.empty(0, dtype=np.int64), np.empty((0, 0))
        self.diagonal, self.cross = np.empty(0), np.empty((self.free.size, 0))

    @cached_property
    def place(self):
        """Where each of the columns is in what is stored, -1 for nowhere; not known before something is"""
        return np.full(self.design.n_features, -1, dtype=np.int16)

    def is_of(self, curvature) -> bool:
        """Whether what is stored is of exactly this curvature"""
        return self.constant or self.curvature is curvature

    def pays(self, count) -> bool:
        """Whether keeping a matrix of so many columns does

        Where forming it costs less than the product with all columns that judges a step, or than calls do, steps matter more.
        """
        entries = count**2
        return self.constant or (entries > CHEAP * self.design.n_features and entries * self.design.n_samples > QUICK)

    def follow(self, curvature):
        """Begin anew if the curvature is no longer about that of what is stored"""
        self.renew_beyond(OUTDATED, curvature)

    def renew_beyond(self, share, curvature):
        """Begin anew if the curvature is off by more than a share"""
        if self.share_off(curvature) > share:
            self._begin(curvature)

    def share_off(self, curvature) -> float:
        """How far a curvature is from that of what is stored, as a share"""
        if self.is_of(curvature):
            return 0.0
        return np.inf if self.curvature is None else share_off(curvature.weights, self.curvature.weights)

    def rescale(self, share):
        """Multiply what is stored by the share of its curvature that there has been along a step"""
        if self.constant or len(self.columns) == 0:
            return
        if not 1.0 / MOST_RESCALING < share < MOST_RESCALING or abs(share - 1.0) < SAME:
            return
        self.curvature, self.inverse, self.rooted = self.curvature * share, self.inverse / share, None
        self.stored, self.diagonal, self.cross = share * self.stored, share * self.diagonal, share * self.cross
        self.support.scale(share)

    def renewed(self, curvature) -> bool:
        """Begin anew at exactly this curvature; False if what is stored is of that already"""
        if self.is_of(curvature):
            return False
        self._begin(curvature)
        return True

    def rows(self, columns):
        """H^1/2 X' with the free block eliminated, R of G = RR'; the diagonal of G, V = Z'HX and (Z'HZ)^+. Nothing is kept."""
        if self.rooted is None:
            root = np.sqrt(self.curvature.weights)
            self.rooted, self.inverse = (root, self.free.matrix().T * root), self.free.inverse(self.curvature)
        root, others = self.rooted
        rows = self.design.transposed(columns)
        rows *= root
        length = np.einsum("ji,ji->j", rows, rows)
        cross = others @ rows.T
        if cross.size:  # rows - (inverse cross)'others, in place
            rows = dgemm(-1.0, others.T, self.inverse @ cross, beta=1.0, c=rows.T, overwrite_c=True).T
        diagonal = np.einsum("ji,ji->j", rows, rows)
        within = diagonal <= DEPENDENT_CURVATURE * length
        rows[within] = 0.0
        return rows, np.where(within, length, diagonal), cross, self.inverse

    def parts(self, columns, damping):
        """Those of some columns, for the curvature times `damping`"""
        self.reserve(columns)
        if self.inverse is None:  # no columns so far
            self.inverse = self.free.inverse(self.curvature)
        at = self.place[columns]
        whole = len(at) == len(self.columns) and (at == np.arange(len(at))).all()
        gram = self.stored if whole else submatrix(self.stored, at)
        if damping == 1.0:
            return gram, self.diagonal[at], self.cross[:, at], self.inverse
        return damping * gram, damping * self.diagonal[at], damping * self.cross[:, at], self.inverse / damping

    def reserve(self, columns):
        """Compute the columns that have not been; where there is no room for them, others go"""
        new = columns[self.place[columns] < 0]
        if len(new) == 0:
            return
        if len(self.columns) + len(new) > self.most:
            self._keep(columns)
        self._extend(new)

    def _keep(self, columns):
        """Drop what is stored of other columns than these"""
        at = self.place[columns]
        at = at[at >= 0]
        self.place[self.columns] = -1
        self.stored, self.columns = submatrix(self.stored, at), self.columns[at]
        self.diagonal, self.cross = self.diagonal[at], self.cross[:, at]
        self.place[self.columns] = np.arange(len(at))

    def _extend(self, new):
        old, count = len(self.columns), len(self.columns) + len(new)
        own, diagonal, cross, self.inverse = eliminated(self.design, self.free, self.curvature, new, self.inverse)
        if old:
            both = self.curvature.gram(self.design, self.columns, new)
            both -= self.cross.T @ (self.inverse @ cross)
            # Only now, for what takes a copy of the columns has been computed.
            stored = np.empty((count, count))
            stored[:old, :old], stored[:old, old:], stored[old:, :old], stored[old:, old:] = self.stored, both, both.T, own
            own = stored
            diagonal = np.concatenate([self.diagonal, diagonal])
            cross, new = np.hstack([self.cross, cross]), np.concatenate([self.columns, new])
        self.stored, self.diagonal, self.cross, self.columns = own, diagonal, cross, new
        self.place[self.columns[old:]] = np.arange(old, count)
