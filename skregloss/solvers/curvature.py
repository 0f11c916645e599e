"""The curvature of the mean loss in the linear predictors: a weight per row, and where a loss couples rows what that adds.

    H = diag(weights) + coupling

A coupling comes from the loss. It offers `apply(vector)`, `gram(design, columns, others)`, `squares(design, columns)` and
`scaled(factor)`; `negative` says that it only takes curvature away, so that diag(weights) bounds H from above.
"""

from __future__ import annotations

import numpy as np


class Curvature:
    """H as an operator on linear predictors and on the columns of a design."""

    def __init__(self, weights, coupling=None):
        self.weights = weights
        self.coupling = coupling

    def __mul__(self, factor):
        if factor == 1.0:
            return self
        return Curvature(self.weights * factor, None if self.coupling is None else self.coupling.scaled(factor))

    def apply(self, vector):
        """H vector"""
        product = self.weights * vector
        return product if self.coupling is None else product + self.coupling.apply(vector)

    def gram(self, design, columns, others=None):
        """X[:, columns]' H X[:, others]; others = columns if None"""
        product = design.gram(self.weights, columns, others)
        if self.coupling is not None:
            product += self.coupling.gram(design, columns, columns if others is None else others)
        return product

    def squares(self, design, columns=None):
        """x_j' H x_j for each of the columns"""
        squares = design.squares(self.weights, columns)
        if self.coupling is not None:
            columns = design.every if columns is None else columns
            squares = np.maximum(squares + self.coupling.squares(design, columns), 0.0)
        return squares
