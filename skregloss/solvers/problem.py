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
from .block_terms import BlockTerms
from .cluster_terms import ClusterTerms
from .coordinate_terms import CoordinateTerms
from .curvature import Curvature
from .data_term import make_data_term

# Squared columns within this range can be multiplied and divided without leaving that of float64.
SMALLEST_SQUARE, LARGEST_SQUARE = 1e-250, 1e250
# A variance this small relative to the second moment has lost too many digits when it is their difference.
CANCELLED = 1e-6


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
    # The free block that it is at the minimum of, once someone has looked.
    settled_on: object = None


@dataclass(frozen=True)
class Blocks:
    """Which columns are free (unpenalised and unbounded), and the penalty on the others, at one strength."""

    free: np.ndarray
    terms: CoordinateTerms | BlockTerms

    @property
    def penalized(self):
        return self.terms.columns


class Problem:
    """The data term and the penalty as functions of internal coefficients.

    With several outputs, internal coefficients are those of one output after those of another.
    """

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
        self.samples = y, sample_weight, offset
        self.kernel_penalty = penalty.lower()
        weights = np.ones(n_samples) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        # Divided by the largest first: a sum of tiny or huge weights must neither vanish nor overflow.
        largest = weights.max()
        weights = weights / largest
        total = weights.sum()
        weights = weights / total
        self.data = make_data_term(loss, y, weights, largest * total)
        self.y, self.weights = self.data.y, self.data.weights
        self.offset = self.data.arrange_offset(offset)
        self.intercepts = self.data.intercepts(fit_intercept)
        view, squares = _view(make_design(X), weights, self.intercepts.count > 0, standardize)
        self.design = self.data.arrange(view)
        # Per internal coefficient: each output has the columns' own.
        copies = self.data.copies
        self.coef_shape = (copies, n_features) if self.data.several else (n_features,)
        self.squares = np.tile(squares, copies)
        self.factors = np.tile(np.ones(n_features) if factors is None else np.asarray(factors, dtype=np.float64), copies)
        low, high = (-np.inf, np.inf) if bounds is None else bounds
        self.low = np.tile(np.broadcast_to(low, n_features), copies) * self.design.scale
        self.high = np.tile(np.broadcast_to(high, n_features), copies) * self.design.scale
        self._check_groups()
        excluded = np.isinf(self.factors)
        self.factors[excluded], self.low[excluded], self.high[excluded] = 0.0, 0.0, 0.0
        self._find_live()

    def _find_live(self):
        """Columns that are left out or fixed by their bounds take no part, nor in any unit of measure."""
        self.live = self.low < self.high
        # The blocks at alpha = 1: their strengths are proportional to it.
        self._at_one: Blocks | None = None
        self.bounded = bool((np.isfinite(self.low) | np.isfinite(self.high))[self.live].any())

    def _check_groups(self):
        """Raise for factors that differ within a group, and for bounds on groups."""
        labels = self.penalty.block_labels(self.coef_shape[-1])
        if labels is None:
            return
        if np.isfinite(self.low).any() or np.isfinite(self.high).any():
            raise ValueError(f"bounds do not go with {type(self.penalty).__name__}, a penalty of groups; valid is None.")
        if self.penalty.clusters and self.data.copies > 1:
            raise ValueError(f"{type(self.penalty).__name__} is for one linear predictor, got {self.data.copies}.")
        factors = self.factors[: len(labels)]
        firsts = np.unique(labels, return_index=True)[1]
        differs = np.flatnonzero(factors != factors[firsts][labels])
        if len(differs):
            raise ValueError(
                f"penalty_factors of columns {firsts[labels[differs[0]]]} and {differs[0]} differ, but they are in the same "
                "group; valid is one factor per group."
            )

    @property
    def n_features(self):
        return self.design.n_features

    @property
    def convex(self) -> bool:
        return self.loss.convex and self.penalty.convex

    def with_penalty(self, penalty) -> Problem:
        """The same problem under another penalty; the data are shared."""
        other = copy.copy(self)
        other.penalty, other.kernel_penalty, other._at_one = penalty, penalty.lower(), None
        return other

    def without_columns(self) -> Problem:
        """The loss of the same samples, with nothing but intercepts to explain it."""
        y, sample_weight, offset = self.samples
        nothing = np.empty((len(y), 0))
        return Problem(self.loss, NoPenalty(), nothing, y, sample_weight=sample_weight, offset=offset)

    def with_factors(self, factors) -> Problem:
        """The same problem under other finite penalty factors; columns that are left out stay so."""
        other = copy.copy(self)
        other.factors, other._at_one = np.where(self.live, factors, self.factors), None
        return other

    def unpenalized_on(self, columns) -> Problem:
        """The same problem without penalty, all columns but those of a mask left out."""
        other = self.with_penalty(NoPenalty())
        other.low, other.high = np.where(columns, self.low, 0.0), np.where(columns, self.high, 0.0)
        other._find_live()
        return other

    def blocks(self, alpha) -> Blocks:
        """The columns sorted by what the penalty does to them at this strength."""
        if alpha == 0.0:
            return self._blocks(np.zeros(self.n_features))
        if self._at_one is None:
            self._at_one = self._blocks(self.factors)
        return Blocks(self._at_one.free, self._at_one.terms.with_factor(alpha))

    def _blocks(self, strengths) -> Blocks:
        if self.penalty.l1_l2_parts() == (0.0, 0.0):
            strengths = np.zeros(self.n_features)
        free = (strengths == 0.0) & np.isneginf(self.low) & np.isposinf(self.high)
        return Blocks(np.flatnonzero(free), self._terms(np.flatnonzero(~free & self.live), strengths))

    def _terms(self, columns, strengths):
        """The penalty on these columns."""
        labels = self.penalty.block_labels(self.coef_shape[-1])
        if labels is None:
            return CoordinateTerms(self.kernel_penalty, columns, strengths[columns], self.low[columns], self.high[columns])
        every_label = np.tile(labels, self.data.copies)
        kind = ClusterTerms if self.penalty.clusters else BlockTerms
        return kind.by_label(self.kernel_penalty, columns, every_label, self.penalty.block_weights(labels), strengths)

    def at(self, coef, intercept, eta=None) -> Point:
        """The point with these internal coefficients; `eta` if it is known."""
        if eta is None:
            eta = self.offset + self.intercepts.spread(intercept) + self.design.matvec(coef)
        value, gradient, curvature, bend = self.data.derivatives(eta)
        return Point(coef, np.asarray(intercept, dtype=np.float64), eta, value, gradient, curvature, bend)

    def stiffened(self, point, move) -> Point:
        """The point with curvatures that account for the loss where `move` takes the linear predictor."""
        return replace(point, curvature=self.data.stiffened(point, move))

    def loss_at(self, eta) -> float:
        """The mean loss alone; infinite where it overflows."""
        value = self.data.value(eta)
        return value if np.isfinite(value) else np.inf

    def gradient_on(self, terms, point):
        """The derivative by the coefficients that the terms are on, which the point keeps."""
        if point.slopes is None or point.slopes[0] is not terms.columns:
            if len(terms.columns) < self.n_features:
                product = self.design.rmatvec(point.gradient, terms.columns)
            else:
                product = terms.of(self.design.rmatvec(point.gradient))
            point.slopes = terms.columns, product
        return point.slopes[1]

    def gradient_within(self, terms, point):
        """The derivative by the coefficients of a working set, from what the point keeps if that covers it."""
        if point.slopes is not None and point.slopes[0] is terms.whole:
            return point.slopes[1][terms.places]
        return self.design.rmatvec(point.gradient, terms.columns)

    def clip(self, coef):
        """The coefficients brought within their bounds."""
        return np.clip(coef, self.low, self.high)

    def starting_coef(self):
        """Zero, or the bound nearest to it."""
        return self.clip(np.zeros(self.n_features))

    def original(self, coef, intercept, free):
        """Coefficients and intercepts for the columns as they were given; the columns in `free` are unpenalised."""
        coef = coef / self.design.scale
        if self.intercepts.count:
            intercept = intercept - self.design.shift_effect(coef)
        if self.data.coupled:
            unpenalized = np.unique(free % self.coef_shape[-1])
            coef, intercept = self.data.joint.centred(coef.reshape(self.coef_shape), intercept, unpenalized)
        if self.data.several or self.intercepts.count > 1:
            return coef.reshape(self.coef_shape), intercept if self.intercepts.count else np.zeros(self.data.copies)
        return coef, float(intercept[0]) if self.intercepts.count else 0.0

    def internal(self, coef, intercept):
        """The inverse of `original`, brought within the bounds."""
        coef, intercept = np.ravel(np.asarray(coef, dtype=np.float64)), np.atleast_1d(intercept)
        count = self.intercepts.count
        intercept = intercept + self.design.shift_effect(coef) if count else np.empty(0)
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
    suspects = np.flatnonzero(~((squares > SMALLEST_SQUARE) & (squares < LARGEST_SQUARE)))
    for j in suspects[design.occupied(suspects)]:
        column = design.matvec(np.ones(1), np.array([j]))[weights > 0.0]
        largest = np.abs(column).max(initial=0.0)
        with np.errstate(over="ignore", under="ignore"):
            fits = SMALLEST_SQUARE < largest**2 < LARGEST_SQUARE
        if largest > 0.0 and not fits:
            raise ValueError(
                f"Column {j} of X has entries up to {largest:.2g} in size, whose squares are out of range; "
                "rescale it, say to unit variance."
            )
