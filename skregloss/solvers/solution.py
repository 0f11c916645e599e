"""What a solver returns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .point import Point
from .problem import Problem

if TYPE_CHECKING:
    from .minima import Minimum


@dataclass(frozen=True)
class Certificate:
    """The proof of a fit: how far from the optimum it can be.

    Attributes
    ----------
    objective : float
        Mean loss plus penalty.
    gap : float
        Duality gap, an upper bound on the distance of `objective` from the minimum; NaN where there is no duality
        (non-convex problems, and models without a penalised coefficient or without a finite null model).
    relative_gap : float
        `gap` divided by the null deviance.
    kkt : float
        The largest violation of the optimality conditions, relative to the largest gradient entry of the null model. Where a
        gap is given, those of penalised columns are of its dual point.
    tol : float
        What the fit was asked for.
    converged : bool
        Whether the relative gap, or else the violation, is at most `tol`.
    """

    objective: float
    gap: float
    relative_gap: float
    kkt: float
    tol: float
    converged: bool

    @property
    def error(self) -> float:
        return self.kkt if math.isnan(self.gap) else self.relative_gap


@dataclass(frozen=True)
class Solution:
    """A fit with its certificate; coefficients for the columns as given are made when they are asked for."""

    alpha: float
    alpha_max: float
    certificate: Certificate
    n_iter: int
    # The position of the coefficient with the largest violation, -1 without penalised ones.
    worst_feature: int
    # What to do about a failure, where its cause is known.
    advice: str
    problem: Problem
    # The columns that are not penalised.
    free: np.ndarray
    # Where it is in internal coordinates: a start for the next fit.
    place: Point | Minimum
    # Coefficients and intercept, where they are not those of that place.
    mixed: tuple | None = None

    @cached_property
    def point(self) -> Point:
        return self.place.point()

    @property
    def loss(self) -> float:
        """The mean loss"""
        return self.place.value

    @cached_property
    def _entries(self):
        return self.place.entries(self.problem) if self.mixed is None else None

    @cached_property
    def _whole(self):
        if self.mixed is not None:
            return self.mixed
        if self._entries is None:
            return self.problem.original(self.point.coef, self.point.intercept, self.free)
        columns, values, intercept = self._entries
        coef = np.zeros(self.problem.coef_shape)
        coef[columns] = values
        return coef, intercept

    @property
    def coef(self) -> np.ndarray:
        return self._whole[0]

    @property
    def intercept(self):
        return self._whole[1] if self._entries is None else self._entries[2]

    @property
    def rows(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each linear predictor, the columns whose coefficient is not zero and these"""
        if self._entries is not None:
            return [self._entries[:2]]
        supports = [(np.flatnonzero(row != 0.0), row) for row in np.atleast_2d(self.coef)]  # sooner had than of numbers
        return [(support, row[support]) for support, row in supports]

    @property
    def converged(self) -> bool:
        return self.certificate.converged

    @property
    def runs_away(self) -> bool:
        """Whether there is no minimum where the certificate holds: coefficients are on their way to infinity."""
        return self.converged and bool(self.advice)
