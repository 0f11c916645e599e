"""The problem: loss, penalty, design, targets and weights bound together, in the coordinates that are penalised.

    minimise over b0, b:   sum_i w_i l(y_i, eta_i) + sum_j P(b_j; alpha f_j),     eta = offset + b0 + X b,   sum_i w_i = 1

Here X is the standardised view of the data if that was asked for, and its columns are centred if that is free of charge. For
a penalty of differences b is made of differences, and X is the view that goes with them. `original` and `internal` translate
coefficients.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np

from .._threads import blas_held
from ..design import Accumulated, make_design
from ..penalties import L1, NoPenalty
from .block_terms import BlockTerms
from .cluster_terms import ClusterTerms
from .column_view import column_view
from .coordinate_terms import CoordinateTerms, selection
from .data_term import make_data_term
from .point import Point
from .rank_terms import RankTerms


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
        moments=None,
    ):
        n_samples, n_features = X.shape
        self.loss = loss
        self.samples = y, sample_weight, offset
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
        ones = np.ones(n_features)
        with blas_held():
            view, squares = column_view(make_design(X, moments), weights, self.intercepts.count > 0, ones, standardize)
        self.coef_shape = (self.data.copies, n_features) if self.data.several else (n_features,)
        factors = ones if factors is None else np.array(factors, dtype=np.float64)
        low, high = (-np.inf, np.inf) if bounds is None else bounds
        low, high = np.broadcast_to(low, n_features) * view.scale, np.broadcast_to(high, n_features) * view.scale
        # Weights are of the samples here, and everything is of the columns as they are in the view.
        self._given = weights, view, squares, factors, low, high
        self._take(penalty)

    def _take(self, penalty):
        """Adopt a penalty, and the coordinates that it is a sum over coefficients in if there are such."""
        weights, view, squares, factors, low, high = self._given
        copies, width = self.data.copies, self.coef_shape[-1]
        self.given_penalty = self.penalty = penalty.for_outputs(copies)
        self._check_groups()
        factor = self.penalty.difference_factor()
        if factor is not None:
            view = Accumulated(view, self.penalty.block_labels(width), self.penalty.block_places(width))
            # Like those of other views: not of centred columns.
            squares, factors = view.squares(weights) + view.shift**2, factors.copy()
            # Where a chain begins is no difference.
            factors[view.firsts] = np.where(np.isinf(factors[view.firsts]), np.inf, 0.0)
            self.penalty = factor * L1()
        self.kernel_penalty = self.penalty.lower()
        self.design = self.data.arrange(view)
        # Per internal coefficient: each output has the columns' own.
        excluded = np.isinf(factors)
        if excluded.any():
            factors, low, high = (np.where(excluded, 0.0, given) for given in (factors, low, high))
        if copies > 1:
            squares, factors, low, high = (np.tile(given, copies) for given in (squares, factors, low, high))
        self.squares, self.factors, self.low, self.high = squares, factors, low, high
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
        *_, factors, low, high = self._given
        if np.isfinite(low).any() or np.isfinite(high).any():
            raise ValueError(f"bounds do not go with {type(self.penalty).__name__}, a penalty of groups; valid is None.")
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
    def sample_weights(self):
        """The weights of the samples, which may be fewer than the rows"""
        return self._given[0]

    @property
    def column_scale(self):
        """What the columns are divided by"""
        return self._given[1].scale

    @property
    def convex(self) -> bool:
        return self.loss.convex and self.penalty.convex

    def with_penalty(self, penalty) -> Problem:
        """The same problem under another penalty; the data are shared."""
        other = copy.copy(self)
        other._take(penalty)
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
        other = copy.copy(self)
        other.penalty = NoPenalty()
        other.kernel_penalty = other.penalty.lower()
        other.low, other.high = np.where(columns, self.low, 0.0), np.where(columns, self.high, 0.0)
        other._find_live()
        return other

    def blocks(self, alpha) -> Blocks:
        """The columns sorted by what the penalty does to them at this strength."""
        if alpha == 0.0:
            return self._blocks(np.zeros(self.n_features))
        if self._at_one is None:
            self._at_one = self._blocks(self.factors)
        return self._at_one if alpha == 1.0 else Blocks(self._at_one.free, self._at_one.terms.with_factor(alpha))

    def _blocks(self, strengths) -> Blocks:
        if self.penalty.l1_l2_parts() == (0.0, 0.0):
            strengths = np.zeros(self.n_features)
        free = (strengths == 0.0) & np.isneginf(self.low) & np.isposinf(self.high)
        penalized = ~free & self.live
        columns = self.design.every if penalized.all() else np.flatnonzero(penalized)
        return Blocks(np.flatnonzero(free), self._terms(columns, strengths))

    def _terms(self, columns, strengths):
        """The penalty on these columns."""
        labels = self.penalty.block_labels(self.coef_shape[-1])
        if labels is None:
            own = selection(columns)
            return CoordinateTerms(self.kernel_penalty, columns, strengths[own], self.low[own], self.high[own])
        copies, weights = self.data.copies, self.penalty.block_weights(labels)
        places = np.tile(self.penalty.block_places(len(labels)), copies)
        if self.penalty.per_output:
            labels = np.concatenate([labels + k * len(weights) for k in range(copies)])
            weights = np.tile(weights, copies)
        else:
            labels = np.tile(labels, copies)
        columns = columns[np.lexsort((places[columns], columns // self.coef_shape[-1], labels[columns]))]
        kind = RankTerms if self.penalty.low_rank else ClusterTerms if self.penalty.clusters else BlockTerms
        return kind.by_label(self.kernel_penalty, columns, labels, weights, strengths)

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
        """The slopes of the dual point along the columns that the terms are on, which the point keeps."""
        if point.slopes is None or point.slopes[0] is not terms.columns:
            if len(terms.columns) < self.n_features:
                product = self.design.rmatvec(point.dual, terms.columns)
            else:
                product = terms.of(self.design.rmatvec(point.dual))
            point.slopes = terms.columns, product
        return point.slopes[1]

    def gradient_within(self, terms, point):
        """The slopes along the columns of a working set, from what the point keeps if that covers it."""
        if point.slopes is not None and point.slopes[0] is terms.whole:
            return point.slopes[1][terms.places]
        return self.design.rmatvec(point.dual, terms.columns)

    def clip(self, coef):
        """The coefficients brought within their bounds."""
        return np.clip(coef, self.low, self.high)

    def starting_coef(self):
        """Zero, or the bound nearest to it."""
        return self.clip(np.zeros(self.n_features))

    def original(self, coef, intercept, free):
        """Coefficients and intercepts for the columns as they were given; the columns in `free` are unpenalised."""
        if self.data.coupled:
            unpenalized = np.unique(free % self.coef_shape[-1])
            coef, _ = self.data.joint.centred(coef.reshape(self.coef_shape), intercept, unpenalized)
        coef = self.design.unscaled(coef.ravel())
        if self.intercepts.count:
            intercept = intercept - self.design.shift_effect(coef)
        if self.data.coupled:
            _, intercept = self.data.joint.centred(coef.reshape(self.coef_shape), intercept, [])
        if self.data.several or self.intercepts.count > 1:
            return coef.reshape(self.coef_shape), intercept if self.intercepts.count else np.zeros(self.data.copies)
        return coef, float(intercept[0]) if self.intercepts.count else 0.0

    def original_entries(self, columns, values, intercepts):
        """The same of rows of coefficients that are zero but in these columns, none of them free

        For each the columns where it is not, the coefficients there, and the intercept; None where others follow from them.
        """
        if self.data.coupled or self.data.several or not self.design.columnwise:
            return None
        values = values / self.design.scale[columns]
        shifts = values @ self.design.shift[columns]
        intercepts = intercepts[:, 0] - shifts if self.intercepts.count else np.zeros(len(values))
        each = zip(values, values != 0.0, intercepts.tolist(), strict=True)
        return [(columns[inside], row[inside], intercept) for row, inside, intercept in each]

    def internal(self, coef, intercept):
        """The inverse of `original`, brought within the bounds."""
        coef, intercept = np.ravel(np.asarray(coef, dtype=np.float64)), np.atleast_1d(intercept)
        count = self.intercepts.count
        intercept = intercept + self.design.shift_effect(coef) if count else np.empty(0)
        return np.clip(self.design.scaled(coef), self.low, self.high), intercept
