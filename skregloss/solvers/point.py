"""Coefficients, and the loss around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curvature import Curvature
from .projection import Projection


@dataclass
class Point:
    """Coefficients, and the loss around their linear predictors."""

    coef: np.ndarray
    intercept: np.ndarray
    eta: np.ndarray
    value: float
    gradient: np.ndarray
    curvature: Curvature
    # The mean of the loss's own curvature, without what flat pieces were given.
    bend: float
    # The columns and X[:, columns]' gradient, once someone has asked for it.
    slopes: tuple | None = None
    # The free block that it is at the minimum of, once someone has looked; or near enough to for a projection.
    settled_on: object = None
    projection: Projection | None = None

    def point(self) -> Point:
        """Itself: what else is at a point makes one when it is asked to"""
        return self

    def entries(self, problem):
        """Where coefficients as given are not zero, those, and the intercept; None if that takes all coefficients"""
        columns = np.flatnonzero(self.coef != 0.0)  # sooner had than of numbers
        found = problem.original_entries(columns, self.coef[None, columns], np.atleast_2d(self.intercept))
        return None if found is None else found[0]

    @property
    def dual(self):
        """The gradient; where the point is only near the minimum over the free block, what is orthogonal to that instead"""
        return self.gradient if self.projection is None else self.projection.dual
