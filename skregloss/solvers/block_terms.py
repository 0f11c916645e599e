"""A penalty on groups of coefficients, with a strength and a weight per group."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .block_gaps import block_assess, block_dual_scale, block_gap
from .block_kernels import (
    block_distances,
    block_entry_alphas,
    block_epochs,
    block_moved,
    block_prox_residuals,
    block_residual_epochs,
    block_slopes,
    block_sum,
)
from .coordinate_terms import alike, selection
from .free_block import pseudo_inverse

# Where a penalty is most concave on the way to a block is looked for at these many fractions, each half of the last.
HALVINGS = 60
# So many columns have a Gram matrix that costs next to nothing.
AT_A_TIME = 32


class BlockTerms:
    """sum_g P(b_g; strength_g, weight_g) over some columns, block after block; the members are those of `CoordinateTerms`."""

    grouped = True
    joint = False

    def __init__(self, penalty, columns, starts, strengths, weights, n_features):
        self.penalty, self.columns, self.starts = penalty, columns, starts
        self.strengths, self.weights = strengths, weights
        self.count, self.n_features = len(strengths), n_features
        self.whole, self.places = columns, slice(None)
        self.selection = selection(columns)
        self.owner = np.repeat(np.arange(self.count), np.diff(starts))
        # Where no single coefficient is penalised, one that reaches zero meets no kink.
        self.kinked = getattr(penalty, "l1", 0.0) > 0.0
        # The blocks' own matrices and their largest eigenvalues by their first columns, for a loss of constant curvature; and
        # those of a model.
        self._kept: dict[int, np.ndarray] = {}
        self._largest = np.full(n_features, np.nan)
        self._own, self.curvatures = None, None

    @classmethod
    def by_label(cls, penalty, columns, labels, weights, strengths):
        """The columns, which are sorted by label, and a strength per block"""
        own = labels[columns]
        firsts = np.flatnonzero(np.diff(own, prepend=-1))
        starts = np.append(firsts, len(columns))
        return cls(penalty, columns, starts, strengths[columns[firsts]], weights[own[firsts]], len(strengths))

    def of(self, vector):
        return vector[self.selection]

    def take(self, blocks):
        sizes = np.diff(self.starts)[blocks]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        places = np.repeat(self.starts[blocks] - starts[:-1], sizes) + np.arange(starts[-1])
        columns = self.columns[places]
        strengths, weights = self.strengths[blocks], self.weights[blocks]
        taken = type(self)(self.penalty, columns, starts, strengths, weights, self.n_features)
        taken.whole, taken.places, taken._kept, taken._largest = self.columns, places, self._kept, self._largest
        return taken

    def first_column(self, block) -> int:
        return int(self.columns[self.starts[block]])

    def places_of(self, columns):
        place = np.empty(self.n_features, dtype=np.int64)
        place[self.columns] = np.arange(len(self.columns))
        return place[columns]

    def blocks_of(self, places):
        return self.owner[places]

    def with_factor(self, factor):
        scaled = alike(self)
        scaled.strengths = factor * self.strengths
        return scaled

    def value(self, b):
        return block_sum(self.penalty, b, self.starts, self.strengths, self.weights)

    def distances(self, b, grad):
        return block_distances(self.penalty, b, grad, self.starts, self.strengths, self.weights)

    def prox_residuals(self, b, grad, steps):
        return block_prox_residuals(self.penalty, b, grad, steps, self.starts, self.strengths, self.weights)

    def moved(self, block, b, grad, step):
        places = np.arange(self.starts[block], self.starts[block + 1])
        strength, weight = self.strengths[block], self.weights[block]
        return places, block_moved(self.penalty, b[places], grad[places], step, strength, weight)

    def dual_scale(self, v, noise):
        return block_dual_scale(self.penalty, without_noise(v, noise), self.starts, self.strengths, self.weights)

    def gap(self, b, v, noise):
        return block_gap(self.penalty, b, without_noise(v, noise), self.starts, self.strengths, self.weights)

    def assess(self, coefs, grads, factors, noise):
        count = len(factors)
        results = np.empty(count), np.empty(count), np.empty(count, np.int64), np.empty(count), np.empty(count)
        block_assess(self.penalty, coefs, grads, factors, noise, self.starts, self.strengths, self.weights, *results)
        return results

    def entry_alphas(self, grad, steps, factors):
        factors = factors[self.columns[self.starts[:-1]]]
        factors = np.where(factors > 0.0, factors, 1.0)
        return block_entry_alphas(self.penalty, grad, steps, self.starts, factors, self.weights)

    def largest_curvatures(self, problem, free, curvature):
        """The largest eigenvalue of each block's curvature, with the free block eliminated"""
        firsts = self.columns[self.starts[:-1]]
        constant = problem.loss.constant_curvature
        if constant and free.curvatures is not None:
            return free.curvatures[firsts]
        inverse = pseudo_inverse(free.gram(curvature)) if free.size else np.zeros((0, 0))
        cross = free.cross(curvature, self.columns)
        removed, grams = inverse @ cross, self._grams(problem.design, curvature)
        for gram, (first, last) in zip(grams, pairwise(self.starts), strict=True):
            gram -= cross[:, first:last].T @ removed[:, first:last]
        result = _largest_eigenvalues(grams)
        if constant:
            free.curvatures = np.zeros(problem.n_features)
            free.curvatures[firsts] = result
        return result

    def _grams(self, design, curvature):
        """The Gram matrix of each block, from those of several blocks at a time: they cost less than calls do"""
        grams, block = [], 0
        while block < self.count:
            begin = self.starts[block]
            end = max(block + 1, np.searchsorted(self.starts, begin + AT_A_TIME, side="right") - 1)
            gram = curvature.gram(design, self.columns[begin : self.starts[end]])
            grams += [gram[first:last, first:last].copy() for first, last in pairwise(self.starts[block : end + 1] - begin)]
            block = end
        return grams

    def slopes(self, b, support, smooth):
        place = np.full(len(b), -1)
        place[support] = np.arange(len(support))
        slope, bend = np.zeros(len(support)), np.zeros((len(support), len(support)))
        block_slopes(self.penalty, b, self.starts, self.strengths, self.weights, place, slope, bend)
        return slope, bend

    def without_concavity(self, curvature, support):
        result, sizes = np.zeros_like(curvature), np.unique(self.owner[support], return_counts=True)[1]
        for width in np.unique(sizes):
            places = (np.cumsum(sizes) - sizes)[sizes == width][:, None] + np.arange(width)
            squares = places[:, :, None], places[:, None, :]
            values, vectors = np.linalg.eigh(curvature[squares])
            result[squares] = (vectors * np.maximum(values, 0.0)[:, None]) @ vectors.transpose(0, 2, 1)
        return result

    def least_curvature(self, b, support):
        """P'' with, along each block, the least of it between zero and the block"""
        _, bend = self.slopes(b, support, smooth=False)
        owners = np.unique(self.owner[support], return_inverse=True)[1]
        along = b[support] / np.sqrt(np.bincount(owners, b[support] ** 2))[owners]
        here = least = np.bincount(owners, along * (bend @ along))
        for k in range(1, HALVINGS):
            _, nearer = self.slopes(b * 0.5**k, support, smooth=False)
            least = np.minimum(least, np.bincount(owners, along * (nearer @ along)))
        alike = owners[:, None] == owners
        return bend + np.where(alike, (least - here)[owners] * np.outer(along, along), 0.0)

    def prepare_gram(self, gram, *, constant):
        """Compute the largest eigenvalues of the blocks of a Gram matrix; they are kept if it is constant"""
        firsts = self.columns[self.starts[:-1]]
        self.curvatures = self._largest[firsts]
        if not constant or np.isnan(self.curvatures).any():
            self.curvatures = _largest_eigenvalues([gram[first:last, first:last] for first, last in pairwise(self.starts)])
        if constant:
            self._largest[firsts] = self.curvatures

    def gram_epochs(self, gram, q, b, epochs, tolerance):
        blocks = self.starts, self.curvatures, self.strengths, self.weights
        return block_epochs(self.penalty, gram, q, b, *blocks, epochs, tolerance)

    def prepare(self, design, curvature, cross, inverse, *, constant):
        """Compute the blocks' own matrices with the free block eliminated; they are kept if they are constant"""
        kept = self._kept if constant else {}
        for first, last in pairwise(self.starts):
            columns = self.columns[first:last]
            if columns[0] not in kept:
                left = cross[:, first:last]
                kept[columns[0]] = curvature.gram(design, columns) - left.T @ (inverse @ left)
        grams = [kept[column] for column in self.columns[self.starts[:-1]]]
        corners = np.concatenate([[0], np.cumsum(np.diff(self.starts) ** 2)])
        self._own = np.concatenate([gram.ravel() for gram in grams]), corners, _largest_eigenvalues(grams)

    def residual_epochs(self, *model, b, epochs, tolerance):
        *model, _ = model  # the curvatures of single columns
        grams, corners, curvatures = self._own
        blocks = self.starts, curvatures, self.strengths, self.weights
        return block_residual_epochs(self.penalty, *model, grams, corners, b, *blocks, epochs, tolerance)


def without_noise(v, noise):
    """Entries up to `noise` as 0"""
    return np.where(np.abs(v) > noise, v, 0.0)


def _largest_eigenvalues(grams):
    """The largest eigenvalue of each, those of one size together"""
    widths = np.array([len(gram) for gram in grams])
    result = np.empty(len(grams))
    for width in np.unique(widths):
        alike = np.flatnonzero(widths == width)
        result[alike] = np.linalg.eigvalsh(np.array([grams[g] for g in alike]))[:, -1]
    return result
