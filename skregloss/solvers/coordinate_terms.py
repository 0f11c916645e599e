"""A penalty on coefficients one by one, with strengths and bounds."""

from __future__ import annotations

import numpy as np

from .coordinate_descent import gram_epochs, residual_epochs, slopes
from .local_bends import least_curvatures
from .penalty_terms import (
    assess,
    bounded_prox,
    dual_scale,
    entry_alphas,
    penalty_gap,
    penalty_sum,
    prox_residuals,
    subdifferential_distances,
)


def selection(columns):
    """What takes the columns out of a vector: a slice, which copies nothing, if they follow one another"""
    consecutive = len(columns) > 0 and columns[-1] - columns[0] == len(columns) - 1 and (np.diff(columns) == 1).all()
    return slice(columns[0], columns[-1] + 1) if consecutive else columns


def alike(terms):
    """Another of the same kind with the same members: `copy.copy` takes several times as long"""
    result = object.__new__(type(terms))
    result.__dict__.update(terms.__dict__)
    return result


class CoordinateTerms:
    """sum_j P(b_j; strength_j) over some columns, each a block of its own, within bounds."""

    # Whether a block can be more than one column.
    grouped = False
    # Whether its coefficients are bound together so that each of them counts as a block.
    joint = False
    # Whether a coefficient that reaches zero meets a kink.
    kinked = True

    def __init__(self, penalty, columns, strengths, low, high):
        self.penalty, self.columns = penalty, columns
        self.strengths, self.low, self.high = strengths, low, high
        self.count = len(columns)
        # The columns that these have been taken from, and their places there.
        self.whole, self.places = columns, slice(None)
        self.selection = selection(columns)

    def of(self, vector):
        """The entries of these columns; not to be written to"""
        return vector[self.selection]

    def take(self, blocks):
        """The same for some of the blocks"""
        parts = self.columns, self.strengths, self.low, self.high
        taken = CoordinateTerms(self.penalty, *(part[blocks] for part in parts))
        taken.whole, taken.places = self.columns, blocks
        return taken

    def first_column(self, block) -> int:
        """A column of the block"""
        return int(self.columns[block])

    def places_of(self, columns):
        """The places in `columns` of some of them"""
        return np.searchsorted(self.columns, columns)

    def blocks_of(self, places):
        """The blocks at these places in `columns`"""
        return places

    def with_factor(self, factor):
        """The same at strengths times a factor"""
        scaled = alike(self)
        scaled.strengths = factor * self.strengths
        return scaled

    def value(self, b):
        """The penalty"""
        return penalty_sum(self.penalty, b, self.strengths)

    def distances(self, b, grad):
        """How far each -grad is from the subdifferential: for convex penalties without bounds"""
        return subdifferential_distances(self.penalty, b, grad, self.strengths)

    def prox_residuals(self, b, grad, steps):
        """How far each coefficient is from its prox fixed point, per step"""
        return prox_residuals(self.penalty, b, grad, steps, self.strengths, self.low, self.high)

    def moved(self, block, b, grad, step):
        """The places of a block and where its prox takes it"""
        low, high = self.low[block], self.high[block]
        there = bounded_prox(self.penalty, b[block] - step * grad[block], step, self.strengths[block], low, high)
        return np.array([block]), np.array([there])

    def dual_scale(self, v, noise):
        """The largest s <= 1 such that the conjugate is finite at s v"""
        return dual_scale(self.penalty, v, self.strengths, self.low, self.high, noise)

    def gap(self, b, v, noise):
        """sum_j P(b_j) + P*(v_j) - v_j b_j"""
        return penalty_gap(self.penalty, b, v, self.strengths, self.low, self.high, noise)

    def assess(self, coefs, grads, factors, noise):
        """The penalty, the largest of the distances and its block, the dual scale of -grad and the gap there, all at once

        Each for several coefficients and gradients, in rows, at strengths times a factor.
        """
        count = len(factors)
        results = np.empty(count), np.empty(count), np.empty(count, np.int64), np.empty(count), np.empty(count)
        assess(self.penalty, coefs, grads, factors, self.strengths, noise, *results)
        return results

    def entry_alphas(self, grad, steps, factors):
        """The least alpha at which each block, at zero now, stays there"""
        factors = factors[self.columns]
        factors = np.where(factors > 0.0, factors, 1.0)
        return entry_alphas(self.penalty, grad, steps, factors, self.low, self.high, np.empty(len(grad)))

    def slopes(self, b, support, smooth):
        """P' and P'' at the coefficients of the support"""
        if not smooth:
            return slopes(self.penalty, b[support], self.strengths[support])
        # P = strength c b^2 / 2: the curvature anywhere will do, and 0 is no kink.
        _, curvature = slopes(self.penalty, np.ones(len(support)), self.strengths[support])
        return curvature * b[support], curvature

    def without_concavity(self, curvature, support):
        """P'' at the coefficients of the support without what is negative in it"""
        return np.maximum(curvature, 0.0)

    def least_curvature(self, b, support):
        """P'' where it is least between zero and each coefficient of the support"""
        return least_curvatures(self.penalty, b[support], self.strengths[support])

    def gram_epochs(self, gram, q, b, epochs, tolerance):
        """Coordinate descent on a Gram matrix"""
        return gram_epochs(self.penalty, gram, q, b, self.strengths, self.low, self.high, epochs, tolerance)

    def residual_epochs(self, *model, b, epochs, tolerance):
        """Coordinate descent on the residual"""
        return residual_epochs(self.penalty, *model, b, self.strengths, self.low, self.high, epochs, tolerance)
