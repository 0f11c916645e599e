"""Minima over some columns at falling strengths, and the certificates of those that are minima over all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .certificate import certificate_of, noise_of, with_loss
from .curvature import Curvature
from .free_block import FreeBlock
from .free_minimum import is_minimal, rounding_shares, rounding_sizes
from .point import Point
from .projection import Projection
from .solution import Certificate


@dataclass
class Minimum:
    """The minimum over some columns at a strength: `b` there, the free block moved by `move` from the point `origin`."""

    strength: float
    steps: int
    free: FreeBlock
    origin: Point
    columns: np.ndarray
    b: np.ndarray
    move: np.ndarray
    eta: np.ndarray
    # What `Point` has.
    value: float
    gradient: np.ndarray
    curvature: Curvature
    bend: float
    projection: Projection | None = None
    slopes: tuple | None = None
    # Once all columns have been looked at, with the column of the largest violation, and the coefficients as given.
    certificate: Certificate | None = None
    worst: int = -1
    original: tuple | None = None

    @property
    def dual(self):
        """The dual point, as that of a `Point`"""
        return self.gradient if self.projection is None else self.projection.dual

    def entries(self, problem):
        """Where coefficients as given are not zero, those, and the intercept; None if that takes all coefficients"""
        return originals(problem, [self], self.b[None])[0] if self.certificate is None else self.original

    def point(self) -> Point:
        """All coefficients"""
        coef, intercept = self.free.add(self.origin, self.move)
        coef[self.columns] = self.b
        settled_on = None if self.certificate is None else self.free
        loss = self.eta, self.value, self.gradient, self.curvature, self.bend
        return Point(coef, intercept, *loss, self.slopes, settled_on, self.projection)


def certify(problem, null, terms, minima, slopes, tol):
    """Give certificates to minima, from the slopes of their dual points along some columns: all others are in order

    Columns at zero that are within their limits add nothing to violations or to a gap. `terms` are at unit strength. Where the
    free block is off its minimum, and there is no projection, there is no certificate.
    """
    if not minima:
        return
    inside, coefs = np.array([minimum.b for minimum in minima]), np.zeros((len(minima), len(terms.columns)))
    coefs[:, terms.places_of(minima[0].columns)] = inside
    strengths = np.array([minimum.strength for minimum in minima])
    values, worst, places, scales, gaps = terms.assess(coefs, slopes, strengths, noise_of(null.gradient_size))
    totals, settled = balances(problem, null.free, minima)
    numbers = (part.tolist() for part in (settled, values, scales, gaps, np.maximum(worst, totals), places))
    each = zip(minima, originals(problem, minima, inside), *numbers, strict=True)
    for minimum, original, is_settled, value, scale, gap, violation, place in each:
        if is_settled:
            whole = with_loss(problem, minimum, scale, gap)
            minimum.certificate = certificate_of(minimum.value + value, whole, violation, null, tol)
            # Without any to look at, all are as good.
            minimum.worst = terms.first_column(place) if terms.count else int(terms.whole[0])
            minimum.original = original


def originals(problem, minima, coefs):
    """`Problem.original_entries` of each, with these coefficients of its columns; None of those where it takes all of them"""
    columns, free = minima[0].columns, minima[0].free
    intercepts = np.array([minimum.origin.intercept + minimum.move[: problem.intercepts.count] for minimum in minima])
    known = None if len(free.columns) else problem.original_entries(columns, coefs, intercepts)
    return [None] * len(minima) if known is None else known


def balances(problem, free, minima):
    """The largest entry of each one's gradient along the free block, and whether that is rounding or there is a projection"""
    if free.size == 0:
        return np.zeros(len(minima)), np.ones(len(minima), dtype=bool)
    if all(minimum.projection is not None for minimum in minima):
        return np.array([minimum.projection.left for minimum in minima]), np.ones(len(minima), dtype=bool)
    gradients = np.array([minimum.gradient for minimum in minima])
    totals, shares = np.abs(free.gradients(gradients)), rounding_shares(problem, free)
    settled = np.array([minimum.projection is not None for minimum in minima])
    settled |= (totals <= shares * np.abs(gradients).sum(axis=1)[:, None]).all(axis=1)
    unsure = np.flatnonzero(~settled)
    if len(unsure):
        sizes = np.array([rounding_sizes(problem, minima[k]) for k in unsure])
        settled[unsure] = (totals[unsure] <= shares * sizes.sum(axis=1)[:, None]).all(axis=1)
    for k in np.flatnonzero(~settled).tolist():
        settled[k] = is_minimal(problem, free, totals[k], minima[k])
    return totals.max(axis=1), settled
