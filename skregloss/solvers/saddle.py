"""Points for losses with kinks: coefficients together with slopes, one for each sample, and their certificate.

A loss with kinks has many slopes at one. Coefficients are optimal if *some* slopes u_i of the loss at eta_i balance the
penalty, -X'Wu in its subdifferential, and the free block, Z'Wu = 0. The slopes are the dual variables: the duality gap is

    sum_i w_i (l(eta_i) + l*(u_i) - u_i eta_i)  +  sum_j P(b_j) + P*(v_j) - v_j b_j,      v = -X'Wu

and no smoothing enters it.

With a non-convex penalty P the slopes must do the same, and each coefficient must be the fixed point of its prox at their
gradient, b_j = prox(b_j - g_j / h_j) with step 1 / h_j. A loss of straight pieces has no curvature to take for h_j. It is that
of the parabola that a smooth loss of the same height and steepness would be: per sample, the mean square of the slopes
over twice the null deviance.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from .certificate import ROUNDING, violations
from .curvature import Curvature
from .envelope import prox_slopes, smoothed, total_excess
from .free_block import FreeBlock, pseudo_inverse
from .judge import OVERFLOW, largest
from .kinks import steepness
from .point import Point
from .solution import Certificate

# What the free block's balance may be off by, relative to the sizes of what it sums.
BALANCE = 1e-11
GAP_ROUNDING = 64.0 * np.finfo(float).eps


@dataclass
class SaddlePoint(Point):
    """A point with its slopes, and which samples have their prox at a kink at this step around them.

    `gradient` is that of the slopes. `curvature` is one number for all samples: a typical parabola's (`null_with_kinks`),
    by which alone the certificate of a non-convex penalty compares a coefficient with zero.
    """

    duals: np.ndarray = field(kw_only=True)
    step: float = field(kw_only=True)
    kinked: np.ndarray = field(kw_only=True)


def saddle_point(problem, coef, intercept, slopes, step, curvature, eta=None) -> SaddlePoint:
    """The point with these coefficients and slopes."""
    if eta is None:
        eta = problem.offset + problem.intercepts.spread(intercept) + problem.design.matvec(coef)
    around = smoothed(problem, step, slopes).at(coef, intercept, eta + step * slopes)
    value, gradient, bend = problem.loss_at(eta), problem.weights * slopes, curvature.weights.sum()
    kinked = _kinked(problem, around, step)
    return SaddlePoint(coef, intercept, eta, value, gradient, curvature, bend, duals=slopes, step=step, kinked=kinked)


def _kinked(problem, around, step):
    """Which samples have their prox at a kink"""
    return (around.curvature.weights * step > 0.5 * problem.weights) & (problem.weights > 0.0)


def improved_point(problem, before, inner) -> SaddlePoint:
    """The coefficients of `inner`, a point of the augmented Lagrangian around `before`, and the slopes that it has there."""
    slopes = prox_slopes(problem.data.kernel_loss, problem.y, inner.eta, before.step, problem.weights)
    eta = inner.eta - before.step * before.duals
    return replace(
        before,
        coef=inner.coef,
        intercept=inner.intercept,
        eta=eta,
        value=problem.loss_at(eta),
        gradient=problem.weights * slopes,
        slopes=None,
        duals=slopes,
        kinked=_kinked(problem, inner, before.step),
    )


def balanced(problem, free, point) -> SaddlePoint:
    """`point` with its slopes moved, at kinks and by rounding only, until the free block balances."""
    if free.size == 0:
        return point
    movable = np.where(point.kinked, problem.weights, 0.0)
    inverse = pseudo_inverse(free.gram(Curvature(movable)))
    slopes = point.duals
    for _ in range(2):
        move = free.apply(inverse @ free.gradient(problem.weights * slopes)) * np.ones(len(slopes))
        slopes = np.where(point.kinked, slopes - move, slopes)
    return replace(point, duals=slopes, gradient=problem.weights * slopes, slopes=None)


@dataclass(frozen=True)
class SaddleJudgement:
    """A point with the gradient of its penalised columns, the violation of their blocks, and its certificate."""

    point: SaddlePoint
    gradient: np.ndarray
    violation: np.ndarray
    certificate: Certificate
    # What the certificate compares with the tolerance; infinite if the free block is out of balance.
    error: float

    @property
    def worst(self) -> tuple[float, int]:
        """The largest violation, and its block; 0 and -1 if there are no blocks"""
        return largest(self.violation)

    @property
    def converged(self) -> bool:
        return self.certificate.converged

    @property
    def hopeless(self) -> bool:
        """Whether there is no finite objective to improve."""
        return not np.isfinite(self.certificate.objective)

    @property
    def advice(self) -> str:
        return OVERFLOW if self.hopeless else ""


class SaddleJudge:
    """Certifies saddle points of one problem at one strength."""

    def __init__(self, problem, blocks, null, tol):
        self.problem, self.blocks, self.null, self.tol = problem, blocks, null, tol
        self.free = null.free
        self.lengths = self.free.lengths(problem.weights)
        # Factors on the steps of the prox, below 1 where the objective refuted a coordinate's model.
        self.shrink = np.ones(blocks.terms.count)
        self.steepness = steepness(problem, null.point.eta, null.deviance)

    @property
    def wanted_violation(self):
        return self.tol * self.null.gradient_size

    def __call__(self, point) -> SaddleJudgement:
        problem, blocks, null = self.problem, self.blocks, self.null
        gradient = problem.gradient_on(blocks.terms, point) if len(blocks.penalized) else np.empty(0)
        violation = violations(problem, self.free, point, gradient, blocks.terms, shrink=self.shrink)
        free_gradient = np.abs(self.free.gradient(point.gradient))
        size = max(self.steepness, np.sqrt(problem.weights @ point.duals**2))
        in_balance = bool((free_gradient <= BALANCE * self.lengths * size).all())
        excess, gap = self._excess_and_gap(point, gradient)
        kkt = max(violation.max(initial=0.0), free_gradient.max(initial=0.0)) / null.gradient_size
        if not problem.penalty.convex:
            gap, kkt = np.nan, max(kkt, excess / null.deviance)
        relative_gap = gap / null.deviance
        error = relative_gap if problem.penalty.convex else kkt
        if not in_balance:
            error = np.inf
        elif problem.penalty.convex and gap <= self._rounding(point):
            error = 0.0
        penalty = blocks.terms.value(point.coef[blocks.penalized])
        certificate = Certificate(
            float(point.value + penalty), float(gap), float(relative_gap), float(kkt), self.tol, bool(error <= self.tol)
        )
        return SaddleJudgement(point, gradient, violation, certificate, error)

    def at_large(self, point) -> FreeBlock:
        """The free block together with unpenalised columns that are within their bounds, which are as good as free."""
        columns = self.blocks.penalized
        if not self.problem.bounded:
            return self.free
        coef, low, high = point.coef[columns], self.problem.low[columns], self.problem.high[columns]
        inside = columns[(self.blocks.terms.strengths == 0.0) & (low < coef) & (coef < high)]
        return FreeBlock(self.problem, np.concatenate([self.blocks.free, inside])) if len(inside) else self.free

    def _rounding(self, point):
        """The gap that rounding eta makes of none."""
        return GAP_ROUNDING * self.steepness * (self.problem.weights @ np.abs(point.eta))

    def _excess_and_gap(self, point, gradient):
        """What the slopes fall short of being slopes at eta; and the gap, with them scaled down until it is finite."""
        problem, terms = self.problem, self.blocks.terms
        noise = ROUNDING * self.null.gradient_size
        scale = terms.dual_scale(-gradient, noise) if problem.penalty.convex else 1.0
        excess = total_excess(problem.data.kernel_loss, problem.y, point.eta, problem.weights, point.duals, scale)
        if not problem.penalty.convex:
            return excess, np.nan
        return excess, excess + terms.gap(point.coef[terms.columns], -scale * gradient, noise)
