"""The judge of points: brings the free block to its minimum, and certifies what results."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from .certificate import certificate_of, duality_gap, noise_of, steps_matter, violations, with_loss
from .escape import escapes
from .free_block import FreeBlock
from .free_minimum import minimize_free
from .point import Point
from .projection import projection
from .solution import Certificate

SEPARABLE = (
    "the loss has no minimum over the unpenalised coefficients (separable classes, or a group of rows without events): "
    "penalise them, or give them bounds"
)

ESCAPED = (
    "the loss has no minimum over the coefficients that the penalty has ceased to hold back (they separate the classes, or put "
    "the events in order): raise alpha, or add some L2 to the penalty"
)

# More than a part in so many is most of the columns; products with so many entries cost more than calls do.
MOST, LARGE = 4, 1e6

OVERFLOW = "the loss overflows before the first step: check the offset and the scale of y"


class Judgement:
    """A point with the gradient of its penalised columns, the violation of their blocks, and on demand its certificate."""

    def __init__(self, judge, point, settled, gradient):
        self.judge, self.point, self.settled, self.gradient = judge, point, settled, gradient
        terms = judge.blocks.terms
        coef = terms.of(point.coef)
        self._at_once = self._assessed(coef) if judge.at_once else None
        self.objective = float(point.value + (self._at_once[0] if self._at_once else terms.value(coef)))
        if not self._at_once:
            self.violation = self._violations()

    def _assessed(self, coef):
        noise = noise_of(self.judge.null.gradient_size)
        parts = self.judge.blocks.terms.assess(coef[None], self.gradient[None], np.ones(1), noise)
        return [part[0] for part in parts]

    def _violations(self):
        judge = self.judge
        return violations(judge.problem, judge.free, self.point, self.gradient, judge.blocks.terms, shrink=judge.shrink)

    @cached_property
    def violation(self):
        """That of each block"""
        return self._violations()

    @cached_property
    def worst(self) -> tuple[float, int]:
        """The largest violation, and its block; 0 and -1 if there are no blocks"""
        return self._at_once[1:3] if self._at_once and self.judge.blocks.terms.count else largest(self.violation)

    @property
    def hopeless(self) -> bool:
        """Whether there is no finite objective to improve."""
        return not np.isfinite(self.objective)

    @property
    def converged(self) -> bool:
        return self.certificate.converged

    @property
    def advice(self) -> str:
        if not np.isfinite(self.point.value):
            return OVERFLOW
        if not self.judge.null.exists:
            return SEPARABLE
        return ESCAPED if self.escaped else ""

    @cached_property
    def escaped(self) -> bool:
        """Whether the loss has no minimum over the coefficients that no penalty holds back"""
        judge = self.judge
        return self.settled and escapes(judge.problem, judge.blocks, self.point, judge.null.reference)

    @property
    def error(self) -> float:
        """What the certificate compares with the tolerance; infinite where there is no minimum, small as the gradient may be"""
        return self.certificate.error if self.settled else np.inf

    @cached_property
    def certificate(self) -> Certificate:
        judge, problem, point, terms = self.judge, self.judge.problem, self.point, self.judge.blocks.terms
        gap = np.nan
        if problem.convex and self.settled and len(terms.columns):
            if self._at_once:
                gap = with_loss(problem, point, *self._at_once[3:])
            else:
                gap = duality_gap(problem, point, self.gradient, terms, judge.null.gradient_size)
        violation = self.worst[0]
        if judge.free.size:
            projected = point.projection
            left = np.abs(judge.free.gradient(point.gradient)).max() if projected is None else projected.left
            violation = max(violation, left)
        return certificate_of(self.objective, gap, violation, judge.null, judge.tol, self.settled)


def largest(violation) -> tuple[float, int]:
    """The largest violation, and its place; 0 and -1 if there are none"""
    place = int(np.argmax(violation)) if len(violation) else -1
    return (violation[place] if place >= 0 else 0.0), place


class Judge:
    """Certifies points of one problem at one strength."""

    def __init__(self, problem, blocks, null, tol):
        self.problem, self.blocks, self.null, self.tol = problem, blocks, null, tol
        self.free = null.free
        # Factors on the steps of the prox, below 1 where the objective refuted a coordinate's model.
        self.shrink = 1.0 if problem.convex else np.ones(blocks.terms.count)
        # Whether one pass over the coefficients says it all.
        self.at_once = not steps_matter(problem) and not blocks.terms.joint

    @property
    def wanted_violation(self):
        return self.tol * self.null.gradient_size

    def __call__(self, point) -> Judgement:
        problem, blocks = self.problem, self.blocks
        # Where the null model has no minimum the problem has none: the direction that lowers the one lowers the other.
        settled = self.null.exists and bool(np.isfinite(point.value))
        if settled and point.settled_on is not self.free:
            point, settled = self._settled(point)
        if settled and problem.bounded:
            point = self._settle_inside(point)
        gradient = np.zeros(len(blocks.penalized))
        if np.isfinite(point.value):
            gradient = problem.gradient_on(blocks.terms, point)
        return Judgement(self, point, settled, gradient)

    def _settled(self, point):
        """The point at the minimum over the free block, or with a projection in its stead; and whether there is one."""
        problem, found = self.problem, None
        if problem.convex and not problem.bounded and self.free.size and self.blocks.terms.count:
            found = projection(problem, self.free, point)
        if found is not None:
            return replace(point, projection=found, slopes=None, settled_on=self.free), True
        point, settled = minimize_free(problem, self.free, point, self.null.reference)
        point.settled_on = self.free if settled else None
        return point, settled

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

    def likely_violation(self, judged):
        """The violation of each block at which the gap is about a part of what is wanted, if lengths of blocks stay as they are

        By violations d_g the gap is sum_g d_g |b_g|, and scaling the dual point until its conjugate is finite adds as much.
        """
        terms = self.blocks.terms
        length = np.sqrt(np.add.reduceat(terms.of(judged.point.coef) ** 2, terms.starts[:-1])).sum() if terms.count else 0.0
        return self.tol * self.null.deviance / (4.0 * length) if length > 0.0 else 0.0

    @property
    def worthwhile_gain(self):
        """The gain below which a step on the working set has done its work: a violation is the root of one"""
        return max(0.0 if self.problem.convex else 0.01 * self.tol**2, 1e-17) * self.null.deviance

    def share_left(self, judged, working):
        """The share of the error on a working set that may be left before all columns are looked at

        A gap falls with the error, and a change of strength adds little to it at first: hence a tenth of what it must fall by.
        If the working set is most of all, and large, looking costs no more than the next step does.
        """
        if not self.problem.convex:
            return 0.0
        count = self.blocks.terms.count
        if len(working) * MOST > count and count * self.problem.design.n_samples > LARGE:
            return 1.0
        gap = judged.certificate.relative_gap
        fall = 0.1 * self.tol / gap if gap > self.tol else 0.0
        # A conjugate that is finite everywhere: then gaps fall with the squares of errors.
        parts = self.problem.penalty.l1_l2_parts()
        return np.sqrt(fall) if parts is not None and parts[1] > 0.0 else fall

    @staticmethod
    def improved(before, after) -> bool:
        """Whether the error or the objective has fallen by more than rounding."""
        gain = before.objective - after.objective
        return bool(gain > 1e-13 * abs(before.objective)) or after.error < 0.98 * before.error
