"""The problem: loss, penalty, design, targets and weights bound together, in the coordinates that are penalised.

    minimise over b0, b:   sum_i w_i l(y_i, eta_i) + sum_j P(b_j; alpha f_j),     eta = offset + b0 + X b,   sum_i w_i = 1

Here X is the standardised view of the data if that was asked for, and its columns are centred if that is free of charge;
`original` and `internal` translate coefficients.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np

from ..design import Standardized, make_design
from ..penalties import NoPenalty
from .penalty_terms import penalty_sum
from .sample_terms import flat_curvature, loss_derivatives, mean_loss, mean_minimum, secant_curvature

# Squared columns within this range can be multiplied and divided without leaving that of float64.
SMALLEST_SQUARE, LARGEST_SQUARE = 1e-250, 1e250
# A variance this small relative to the second moment has lost too many digits when it is their difference.
CANCELLED = 1e-6


@dataclass
class Point:
    """Coefficients, and the loss around their linear predictor."""

    coef: np.ndarray
    intercept: float
    eta: np.ndarray
    value: float
    gradient: np.ndarray
    curvature: np.ndarray
    # The mean of the loss's own curvature, without what flat pieces were given.
    bend: float


@dataclass(frozen=True)
class Blocks:
    """Which columns are free (unpenalised and unbounded), and which are penalised or bounded, at one strength."""

    free: np.ndarray
    penalized: np.ndarray
    strengths: np.ndarray


class Problem:
    """The data term and the penalty as functions of internal coefficients."""

    def __init__(
        self,
        loss,
        penalty,
        X,
        y,
        *,
        sample_weight=None,
        offset=None,
        fit_intercept=True,
        standardize=False,
        factors=None,
        bounds=None,
    ):
        n_samples, n_features = X.shape
        self.loss, self.penalty = loss, penalty
        self.kernel_loss, self.kernel_penalty = loss.lower(), penalty.lower()
        self.y = np.ascontiguousarray(y, dtype=np.float64)
        weights = np.ones(n_samples) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        # Divided by the largest first: a sum of tiny or huge weights must neither vanish nor overflow.
        weights = weights / weights.max()
        self.weights = weights / weights.sum()
        self.offset = np.zeros(n_samples) if offset is None else np.ascontiguousarray(offset, dtype=np.float64)
        self.fit_intercept = fit_intercept
        self.design, self.squares = _view(make_design(X), self.weights, fit_intercept, standardize)
        self.factors = np.ones(n_features) if factors is None else np.asarray(factors, dtype=np.float64).copy()
        low, high = (-np.inf, np.inf) if bounds is None else bounds
        self.low = np.broadcast_to(low, n_features) * self.design.scale
        self.high = np.broadcast_to(high, n_features) * self.design.scale
        excluded = np.isinf(self.factors)
        self.factors[excluded], self.low[excluded], self.high[excluded] = 0.0, 0.0, 0.0
        self._find_live()
        self.lipschitz = float(loss.lipschitz)

    def _find_live(self):
        """Columns that are left out or fixed by their bounds take no part, nor in any unit of measure."""
        self.live = self.low < self.high
        self.bounded = bool((np.isfinite(self.low) | np.isfinite(self.high))[self.live].any())

    @property
    def n_features(self):
        return self.design.n_features

    @property
    def convex(self) -> bool:
        return self.loss.convex and self.penalty.convex

    def with_penalty(self, penalty) -> Problem:
        """The same problem under another penalty; the data are shared."""
        other = copy.copy(self)
        other.penalty, other.kernel_penalty = penalty, penalty.lower()
        return other

    def with_factors(self, factors) -> Problem:
        """The same problem under other finite penalty factors; columns that are left out stay so."""
        other = copy.copy(self)
        other.factors = np.where(self.live, factors, self.factors)
        return other

    def unpenalized_on(self, columns) -> Problem:
        """The same problem without penalty, all columns but those of a mask left out."""
        other = self.with_penalty(NoPenalty())
        other.low, other.high = np.where(columns, self.low, 0.0), np.where(columns, self.high, 0.0)
        other._find_live()
        return other

    def blocks(self, alpha) -> Blocks:
        """The columns sorted by what the penalty does to them at this strength."""
        strengths = alpha * self.factors
        if self.penalty.l1_l2_parts() == (0.0, 0.0):
            strengths = np.zeros(self.n_features)
        free = (strengths == 0.0) & np.isneginf(self.low) & np.isposinf(self.high)
        return Blocks(np.flatnonzero(free), np.flatnonzero(~free & self.live), strengths)

    def at(self, coef, intercept, eta=None) -> Point:
        """The point with these internal coefficients; `eta` if it is known."""
        if eta is None:
            eta = self.offset + intercept + self.design.matvec(coef)
        gradient, curvature = np.empty(len(eta)), np.empty(len(eta))
        value, bend = loss_derivatives(self.kernel_loss, self.y, eta, self.weights, self.lipschitz, gradient, curvature)
        return Point(coef, float(intercept), eta, value, gradient, curvature, bend)

    def own_curvature(self, point):
        """The curvature of the loss itself: zero on flat pieces."""
        return np.where(point.curvature > self.weights * flat_curvature(point.bend, self.lipschitz), point.curvature, 0.0)

    def stiffened(self, point, move) -> Point:
        """The point with curvatures that account for the loss where `move` takes the linear predictor."""
        curvature = secant_curvature(self.kernel_loss, self.y, point.eta, self.weights, move, point.gradient, point.curvature)
        return replace(point, curvature=curvature)

    def loss_at(self, eta) -> float:
        """The mean loss alone; infinite where it overflows."""
        value = mean_loss(self.kernel_loss, self.y, eta, self.weights)
        return value if np.isfinite(value) else np.inf

    def penalty_at(self, coef, strengths) -> float:
        return penalty_sum(self.kernel_penalty, coef, strengths)

    def loss_floor(self):
        """The mean of the per-row minima of the loss, and the mean size of the loss at zero."""
        return mean_minimum(self.kernel_loss, self.y, self.weights)

    def starting_coef(self):
        """Zero, or the bound nearest to it."""
        return np.clip(0.0, self.low, self.high)

    def original(self, coef, intercept):
        """Coefficients and intercept for the columns as they were given."""
        coef = coef / self.design.scale
        return coef, intercept - self.design.shift @ coef

    def internal(self, coef, intercept):
        """The inverse of `original`, brought within the bounds."""
        coef = np.asarray(coef, dtype=np.float64)
        intercept = intercept + self.design.shift @ coef if self.fit_intercept else 0.0
        return np.clip(coef * self.design.scale, self.low, self.high), intercept


def _view(design, weights, fit_intercept, standardize):
    """The design with unit-variance columns if asked for, and centred ones where an intercept absorbs the shift."""
    zero, one = np.zeros(design.n_features), np.ones(design.n_features)
    squares = design.squares(weights)
    _check_range(design, squares, weights)
    center = fit_intercept and design.can_shift
    mean = design.rmatvec(weights) if center or standardize else zero
    variance = np.maximum(squares - mean**2, 0.0)
    if standardize or center:
        # Where the difference has cancelled, the sum of squared differences has not.
        cancelled = np.flatnonzero(variance <= CANCELLED * squares)
        variance[cancelled] = design.squares(weights, cancelled, mean[cancelled])
    # What rounding leaves of the variance of a constant column: it is not centred, lest its rounding look like a column.
    noise = np.finfo(float).eps * design.n_samples
    varies = variance > noise * variance + (noise * mean) ** 2
    scale = np.where(varies & standardize, np.sqrt(variance), one) if standardize else one
    return Standardized(design, np.where(varies, mean, 0.0) if center else zero, scale), squares / scale**2


def _check_range(design, squares, weights):
    """Columns whose squares leave the range of float64 cannot be told from zero, or from infinity."""
    for j in np.flatnonzero(~((squares > SMALLEST_SQUARE) & (squares < LARGEST_SQUARE))):
        column = design.matvec(np.ones(1), np.array([j]))[weights > 0.0]
        largest = np.abs(column).max(initial=0.0)
        with np.errstate(over="ignore", under="ignore"):
            fits = SMALLEST_SQUARE < largest**2 < LARGEST_SQUARE
        if largest > 0.0 and not fits:
            raise ValueError(
                f"Column {j} of X has entries up to {largest:.2g} in size, whose squares are out of range; "
                "rescale it, say to unit variance."
            )
