"""Bounds on slopes from those at other points: what need not be looked at.

With g the gradient of the loss by its linear predictors, or the dual point that stands for it, and G those at points where all
slopes x_j'G are known,

    |x_j'g| <= |sum_m t_m x_j'G_m| + (sum_i w_i x_ij^2)^(1/2) |e|,      e = g - sum_m t_m G_m,      |e|^2 = sum_i e_i^2 / w_i

whatever the t are; least squares make e short.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .._jit import kernel

# What centring takes from a sum of squares, without what rounding may have added to it.
CENTRED = 1.0 - 1e-12
# Combinations of gradients are off by this share of their length.
ROUNDING = 1e-14


class SlopeBounds:
    """Lengths of columns and of gradients, and how gradients follow from others."""

    def __init__(self, problem):
        self.problem = problem

    @cached_property
    def _rows(self):
        """1 / w for each row; gradients of rows without weight are zero"""
        weights = np.tile(self.problem.sample_weights, self.problem.data.copies)
        return np.divide(1.0, weights, out=np.zeros(len(weights)), where=weights > 0.0)

    @cached_property
    def lengths(self):
        """(sum_i w_i x_ij^2)^(1/2), of centred columns where the design has them so"""
        means = self.problem.design.shift / self.problem.design.scale
        return np.sqrt(np.maximum(self.problem.squares - CENTRED * means**2, 0.0))

    def along(self, reference, gradient):
        """t and |e| for one other gradient"""
        scaled = reference * self._rows
        square = reference @ scaled
        share = (gradient @ scaled) / square if square > 0.0 else 0.0
        rest = gradient - share * reference
        return share, np.sqrt(rest @ (rest * self._rows))

    def between(self, first, last, gradients):
        """t for each of two others, which are the larger the nearer it is to them, and |e|: for each row of `gradients`"""
        way = last - first
        scaled = way * self._rows
        square = way @ scaled
        shares = (gradients - first) @ scaled / square if square > 0.0 else np.zeros(len(gradients))
        rests = gradients - first
        rests -= shares[:, None] * way
        rests *= np.sqrt(self._rows)
        lengths = np.sqrt(np.einsum("ki,ki->k", rests, rests))
        return shares, lengths + ROUNDING * np.sqrt(gradients**2 @ self._rows)


@kernel(reorder=True)
def within_reach(first, last, shares, lengths, rests, strengths, limits):
    """Mark columns whose slope may be beyond the limit at any strength: on the way between two slopes, but for the rests"""
    result = np.zeros(first.shape[0], np.bool_)
    for k in range(shares.shape[0]):
        here, there, rest, strength = 1.0 - shares[k], shares[k], rests[k], strengths[k]
        for j in range(first.shape[0]):
            result[j] |= abs(here * first[j] + there * last[j]) + rest * lengths[j] > strength * limits[j]
    return result
