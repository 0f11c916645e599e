"""The judge of points: brings the free block to its minimum, and certifies what results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .certificate import duality_gap, violations
from .free_block import FreeBlock
from .free_minimum import minimize_free
from .problem import Point
from .solution import Certificate

SEPARABLE = (
    "the loss has no minimum over the unpenalised coefficients (separable classes, or a group of rows without events): "
    "penalise them, or give them bounds"
)

OVERFLOW = "the loss overflows before the first step: check the offset and the scale of y"


@dataclass(frozen=True)
class Judgement:
    """A point with the gradient of its penalised columns, and the violation of their blocks."""

    point: Point
    gradient: np.ndarray
    violation: np.ndarray
    certificate: Certificate
    error: float
    advice: str

    @property
    def hopeless(self) -> bool:
        """Whether there is no finite objective to improve."""
        return not np.isfinite(self.certificate.objective)


class Judge:
    """Certifies points of one problem at one strength."""

    def __init__(self, problem, blocks, null, tol):
        self.problem, self.blocks, self.null, self.tol = problem, blocks, null, tol
        self.free = null.free
        # Factors on the steps of the prox, below 1 where the objective refuted a coordinate's model.
        self.shrink = np.ones(blocks.terms.count)

    @property
    def wanted_violation(self):
        return self.tol * self.null.gradient_size

    def __call__(self, point) -> Judgement:
        problem, blocks = self.problem, self.blocks
        # Where the null model has no minimum the problem has none: the direction that lowers the one lowers the other.
        settled = self.null.exists and bool(np.isfinite(point.value))
        if settled:
            point, settled = minimize_free(problem, self.free, point, self.null.reference)
            point = self._settle_inside(point) if problem.bounded else point
        gradient = np.zeros(len(blocks.penalized))
        if np.isfinite(point.value):
            gradient = problem.gradient_on(blocks.penalized, point)
        violation = violations(problem, self.free, point, gradient, blocks.terms, shrink=self.shrink)
        gap = np.nan
        if problem.convex and settled and len(blocks.penalized):
            gap = duality_gap(problem, point, gradient, blocks.terms, self.null.gradient_size)
        gap = gap if np.isfinite(gap) else np.nan
        kkt = violation.max(initial=0.0)
        if self.free.size:
            kkt = max(kkt, np.abs(self.free.gradient(point.gradient)).max())
        kkt /= self.null.gradient_size
        relative_gap = gap / self.null.deviance
        error = kkt if np.isnan(gap) else relative_gap
        if not settled:
            error = np.inf  # however small the gradient has become, there is no minimum here
        penalty = blocks.terms.value(point.coef[blocks.penalized])
        certificate = Certificate(
            float(point.value + penalty), float(gap), float(relative_gap), float(kkt), self.tol, bool(error <= self.tol)
        )
        advice = OVERFLOW if not np.isfinite(point.value) else SEPARABLE if not self.null.exists else ""
        return Judgement(point, gradient, violation, certificate, error, advice)

    def _settle_inside(self, point) -> Point:
        """Columns with bounds but no penalty, where they are inside: free like the free block, and brought to its minimum."""
        columns = self.blocks.penalized
        coef, low, high = point.coef[columns], self.problem.low[columns], self.problem.high[columns]
        inside = columns[(self.blocks.terms.strengths == 0.0) & (low < coef) & (coef < high)]
        if len(inside) == 0:
            return point
        free = FreeBlock(self.problem, np.concatenate([self.blocks.free, inside]))
        moved, _ = minimize_free(self.problem, free, point, self.null.reference)
        still = (self.problem.low[inside] < moved.coef[inside]) & (moved.coef[inside] < self.problem.high[inside])
        return moved if still.all() else point

    def violations(self, judged, ahead):
        """The violations if all strengths were multiplied by `ahead`."""
        terms = self.blocks.terms.with_factor(ahead)
        return violations(self.problem, self.free, judged.point, judged.gradient, terms)

    def worthwhile_gain(self, judged):
        """The gain below which a Newton step on the working set has done its work.

        A gap is an objective, a violation the root of one; and while columns are missing, a hundredth of the gap will do.
        """
        wanted = 0.1 * self.tol if self.problem.convex else 0.01 * self.tol**2
        gap = judged.certificate.gap if np.isfinite(judged.certificate.gap) else 0.0
        return max(wanted * self.null.deviance, 1e-17 * self.null.deviance, 0.01 * gap)

    @staticmethod
    def improved(before, after) -> bool:
        """Whether the error or the objective has fallen by more than rounding."""
        gain = before.certificate.objective - after.certificate.objective
        return after.error < 0.98 * before.error or gain > 1e-13 * abs(before.certificate.objective)
