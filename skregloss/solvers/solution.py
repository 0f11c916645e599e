"""What a solver returns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .problem import Point


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
    """Coefficients for the columns as given, with their certificate."""

    coef: np.ndarray
    intercept: float
    alpha: float
    alpha_max: float
    certificate: Certificate
    n_iter: int
    # The position of the coefficient with the largest violation, -1 without penalised ones.
    worst_feature: int
    # What to do about a failure, where its cause is known.
    advice: str
    # The same in internal coordinates, to start the next fit from.
    point: Point

    @property
    def converged(self) -> bool:
        return self.certificate.converged

    @property
    def runs_away(self) -> bool:
        """Whether there is no minimum where the certificate holds: coefficients are on their way to infinity."""
        return self.converged and bool(self.advice)
