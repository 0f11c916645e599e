"""Columns that need no looking at for a while: at zero, and kept there by a bound on their slopes.

With g the gradient of the loss by its linear predictors, or the dual point that stands for it, g0 that at a point where all
slopes x_j'g0 are known, and g = t g0 + e with e as short as can be, as in `slope_bounds`,

    |x_j'g| <= t |x_j'g0| + |x_j| |e|.

While that is below the strength of an L1 penalty, the column belongs at zero, and adds nothing to violations or to the gap.
Divided by t, it holds for all columns left out as long as |e| / t is below one number and the strength by t above another.
"""

from __future__ import annotations

import numpy as np

from .problem import Blocks

# Designs with fewer columns have all of them looked at. So have quadratic losses, which need one look per strength.
WORTHWHILE = 200
# How often kept columns are looked at per strength, and what choosing them costs, in looks at all columns. Beyond half of
# all there is nothing to gain.
LOOKS, CHOICE, MOST = 2.0, 4.0, 0.5
# Strengths ahead for which columns are chosen, at least and at most.
FEWEST_AHEAD, MOST_AHEAD = 3.0, 50.0


class Screen:
    """The columns kept along a path, until the strength or the gradient leaves the range that they were chosen for."""

    def __init__(self, problem, bounds):
        self.problem, self._bounds = problem, bounds
        parts = problem.penalty.l1_l2_parts()
        kinked = parts is not None and parts[0] > 0.0
        weights, copies = problem.sample_weights, problem.data.copies
        fits = len(problem.weights) == copies * len(weights) and (weights > 0.0).all()
        pays = problem.n_features >= WORTHWHILE and not problem.loss.constant_curvature
        self.serves = pays and fits and kinked and problem.convex and not problem.bounded
        # The gradient g0, the largest |e| / t, the least strength by t, and the terms kept, at unit strength.
        self._reference, self._radius, self._lowest, self._unit = None, 0.0, np.inf, None
        self._last = None

    def blocks(self, every, alpha, point, previous_alpha) -> Blocks:
        """What can matter at strength `alpha` near `point`, which solves `previous_alpha`; all there is, if that is unknown"""
        if not self.serves:
            return every
        last, self._last = self._last, point.dual
        if last is None or previous_alpha is None or not 0.0 < alpha < previous_alpha < np.inf:
            self._reference = None
            return every
        if self._reference is None or not self.covers(alpha, point):
            self._choose(every.terms, alpha, point, previous_alpha, last)
        if self._reference is None:
            return every
        return Blocks(every.free, self._unit.with_factor(alpha))

    def covers(self, alpha, point) -> bool:
        """Whether the columns that were left out are kept at zero by the bound"""
        if self._reference is None:
            return True
        share, rest = self._bounds.along(self._reference, point.dual)
        return share > 0.0 and rest <= self._radius * share and alpha >= self._lowest * share

    def forget(self):
        """Keep all columns, until others are chosen"""
        self._reference = None

    def pause(self):
        """Keep all columns until two strengths in a row have been seen again"""
        self._reference = self._last = None

    def _choose(self, terms, alpha, point, previous_alpha, last):
        """Keep the columns that reach their limits first, if every strength is to bring the change that the last one did."""
        self._reference = None
        share, pace = self._bounds.along(last, point.dual)
        if not share > 0.0:
            return
        # The strength is to fall by so much of itself relative to the gradient; to begin with, the gradient is what it was.
        fall = max(1.0 - alpha / (previous_alpha * share), (1.0 - alpha / previous_alpha) / FEWEST_AHEAD)
        pace = pace / share
        product = self.problem.gradient_on(terms, point)
        slopes = np.abs(product)
        limits = self.problem.penalty.l1_l2_parts()[0] * terms.strengths * (previous_alpha / alpha)
        closing = pace * terms.of(self._bounds.lengths) + fall * limits
        with np.errstate(divide="ignore", invalid="ignore"):
            strengths_left = np.where(closing > 0.0, (limits - slopes) / closing, 0.0)
        inside = terms.of(point.coef) != 0.0
        strengths_left[inside] = 0.0
        ahead = _cheapest(strengths_left)
        if not ahead >= FEWEST_AHEAD:
            return
        kept = np.flatnonzero(strengths_left < ahead)
        self._reference, self._radius = point.dual, ahead * pace
        self._lowest = previous_alpha * (1.0 - ahead * fall)
        self._unit = terms.take(kept).with_factor(1.0 / alpha)
        # The judge asks for these next.
        point.slopes = self._unit.columns, product[kept]


def _cheapest(strengths_left):
    """How many strengths ahead to choose for: at what costs least, in looks at all columns per strength

    Kept for a strengths, m of p columns cost m / p for each look, and the next choice once in a strengths.
    """
    ahead = np.clip(np.sort(strengths_left)[: int(MOST * len(strengths_left)) + 1], 0.0, MOST_AHEAD)
    with np.errstate(divide="ignore"):
        cost = LOOKS * np.arange(len(ahead)) / len(strengths_left) + CHOICE / ahead
    return ahead[np.argmin(cost)]
