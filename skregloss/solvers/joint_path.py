"""Losses that couple linear predictors, with an L1-type penalty: Newton's method from strength to strength, on few columns.

What `newton_path` is for rows that do not see one another. The columns Z of the free block and those of a working set are taken
out of the design once for several strengths, as rows that each belong to an output, and the loss forms their matrices

    [Z, X]'H[Z, X],     H the curvature.

Where the last two minima are known, the first model has the curvature half way to where they point: it is then right to the
third order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .ahead import AheadSolver, tolerance
from .curvature import Curvature
from .free_block import pseudo_inverse
from .free_minimum import rounding_shares
from .gram_store import QUICK, share_off
from .minima import Minimum
from .newton_path import LARGEST_SET, MOST_HALVINGS, MOST_POLISHING, MOST_STEPS, STALLED, model_minimum
from .prox_newton import OBJECTIVE_ROUNDING, SUFFICIENT
from .working_set import HALF


class JointPathSolver(AheadSolver):
    """Minima on the columns themselves, where these are few."""

    # A strength alone is not worth what compiling takes.
    fewest = 2

    def _serves(self, point, null):
        count = np.count_nonzero(point.coef) + null.free.size
        return count**2 * self.problem.design.n_samples <= QUICK

    def _minima_on(self, working, terms, null, point, slopes, strengths, *, trail, tol, max_steps):
        problem, free = self.problem, null.free
        columns = terms.columns[working]
        if (free.size + len(columns)) * problem.design.n_samples > LARGEST_SET:
            return []
        walk = JointWalk(problem, free, point, terms.take(working), trail)
        found = []
        for strength in strengths:
            steps = walk.to(strength, tolerance(null, strength, tol, walk.penalty(1.0, walk.b)), min(max_steps, MOST_STEPS))
            if steps is None:
                break
            place = point, columns, walk.b, walk.shift, walk.eta
            found.append(Minimum(strength, steps, free, *place, walk.value, walk.gradient, walk.curvature, walk.bend))
        return found


@dataclass(frozen=True)
class JointModel:
    """A curvature, and its matrices on some columns and the free block"""

    curvature: Curvature
    chosen: np.ndarray
    rows: np.ndarray
    outputs: np.ndarray
    gram: np.ndarray
    cross: np.ndarray
    inverse: np.ndarray


class JointWalk:
    """The coefficients b, the `shift` of the free block, and eta, as they go from one strength's minimum to the next."""

    def __init__(self, problem, free, point, terms, trail):
        self.problem, self.free = problem, free
        l1, l2 = problem.penalty.l1_l2_parts()
        self.l1, self.l2 = l1 * terms.strengths, l2 * terms.strengths
        self.rounding = rounding_shares(problem, free)
        self.rows, self.outputs = free.rows_with(terms.columns)
        self.b, self.shift = point.coef[terms.columns], np.zeros(free.size)
        self._move_to(point.eta, point.value, point.gradient, point.curvature, point.bend)
        # The strength and eta at the last two minima.
        self._trail = [(minimum.strength, minimum.eta) for minimum in trail[-2:]]
        self._model: JointModel | None = None

    def to(self, strength, tolerance, most_steps):
        """Go to the minimum at a strength; the number of steps, None if it was not reached"""
        worst, before, steps = self._violation(strength), np.inf, 0
        while worst > tolerance and steps < most_steps and (steps < 2 or worst <= STALLED * before):
            model = self._model
            if steps == 0:
                model = self._model_at(strength, self._curvature_ahead(strength))
            elif not self._will_do(model, strength, tolerance / worst):
                model = self._model_at(strength, self.curvature)
            before, steps = worst, steps + 1
            if not self._step(strength, model):
                return None
            worst = self._violation(strength)
        self._polish()
        self._trail = [*self._trail[-1:], (strength, self.eta)]
        return steps if np.isfinite(worst) and np.isfinite(self.value) else None

    def _move_to(self, eta, value, gradient, curvature, bend):
        self.eta, self.value, self.gradient, self.curvature, self.bend = eta, value, gradient, curvature, bend
        self.slopes = along(self.rows, self.outputs, gradient)

    def _violation(self, strength):
        """The largest violation"""
        slopes = self.slopes[self.free.size :]
        kept = np.abs(slopes + strength * (self.l1 * np.sign(self.b) + self.l2 * self.b))
        return np.where(self.b != 0.0, kept, np.abs(slopes) - strength * self.l1).max(initial=0.0)

    def _curvature_ahead(self, strength):
        """That half way to where the last two minima point, if it is known"""
        if len(self._trail) < 2:
            return self.curvature
        (before, first), (since, last) = self._trail
        half = 0.5 * (since - strength) / (before - since)
        return self.problem.data.hessian(last + half * (last - first)) if half <= 1.0 else self.curvature

    def _matter(self, strength):
        """Mark the columns that are in the support, and those whose slopes are beyond their limits"""
        return (self.b != 0.0) | (np.abs(self.slopes[self.free.size :]) > strength * self.l1)

    def _model_at(self, strength, curvature):
        """The model of this curvature on the columns that matter"""
        first, chosen = self.free.size, np.flatnonzero(self._matter(strength))
        taken = np.concatenate([np.arange(first), first + chosen])
        rows, outputs = self.rows[taken], self.outputs[taken]
        matrix = curvature.coupling.whole_gram(rows, outputs)
        inverse, cross = pseudo_inverse(matrix[:first, :first]), matrix[:first, first:]
        gram = matrix[first:, first:] - cross.T @ (inverse @ cross)
        self._model = JointModel(curvature, chosen, rows, outputs, gram, cross, inverse)
        return self._model

    def _will_do(self, model, strength, fall):
        """Whether a model leads on to where violations have fallen to a share: errors fall by what its curvature is off"""
        matter = self._matter(strength)
        matter[model.chosen] = False
        return not matter.any() and share_off(self.curvature.weights, model.curvature.weights) <= HALF * fall

    def _step(self, strength, model):
        """Go towards the minimum of a model, as far as that lowers the objective; whether it does"""
        chosen, cross, inverse = model.chosen, model.cross, model.inverse
        left = inverse @ self.slopes[: self.free.size]
        here = self.b[chosen]
        there, q = here.copy(), cross.T @ left - self.slopes[self.free.size :][chosen]
        limits, ridge = strength * self.l1[chosen], strength * self.l2[chosen]
        if not model_minimum(model.gram, model.gram.diagonal().copy(), ridge, q, there, limits) or not np.isfinite(there).all():
            return False
        move = there - here
        shift = -left - inverse @ (cross @ move)
        moved = spread(np.concatenate([shift, move]), model.outputs, self._count) @ model.rows
        return self._go(strength, chosen, move, shift, moved.ravel())

    @property
    def _count(self):
        return self.problem.data.copies

    def _go(self, strength, chosen, move, shift, moved):
        """Take the first of 1, 1/2, 1/4 ... of a move that lowers the objective enough; False if there is none"""
        whole = np.zeros(len(self.b))
        whole[chosen] = move
        before = self.penalty(strength, self.b)
        promise = self.gradient @ moved + self.penalty(strength, self.b + whole) - before
        slack = OBJECTIVE_ROUNDING * np.sqrt(len(moved)) * (abs(self.value) + before)
        fraction = 1.0
        for _ in range(MOST_HALVINGS):
            b, eta = self.b + fraction * whole, self.eta + fraction * moved
            there = self.problem.data.derivatives(eta)
            gain = self.value - there[0] + before - self.penalty(strength, b)
            if gain >= -SUFFICIENT * fraction * min(promise, 0.0) - slack:
                self.b, self.shift = b, self.shift + fraction * shift
                self._move_to(eta, *there)
                return True
            fraction *= 0.5
        return False

    def _polish(self):
        """Newton steps of the free block, which end at rounding"""
        first, before = self.free.size, np.inf
        if first == 0:
            return
        rows, outputs = self.rows[:first], self.outputs[:first]
        eta, here = self.eta, (self.value, self.gradient, self.curvature, self.bend)
        for _ in range(MOST_POLISHING):
            gradient = along(rows, outputs, here[1])
            sizes = np.abs(gradient)
            size = sizes.max()
            if (sizes <= self.rounding * np.abs(here[1]).sum()).all() or not size <= STALLED * before:
                break
            before = size
            step = -pseudo_inverse(here[2].coupling.whole_gram(rows, outputs)) @ gradient
            self.shift = self.shift + step
            eta = eta + (spread(step, outputs, self._count) @ rows).ravel()
            here = self.problem.data.derivatives(eta)
        if eta is not self.eta:
            self._move_to(eta, *here)

    def penalty(self, strength, b):
        return strength * (self.l1 @ np.abs(b) + 0.5 * (self.l2 @ b**2))


def along(rows, outputs, gradient):
    """The slopes along rows that each belong to an output"""
    products = rows @ gradient.reshape(-1, rows.shape[1]).T
    return products[np.arange(len(products)), outputs]


def spread(values, outputs, count):
    """Each value in the row of its output"""
    result = np.zeros((count, len(values)))
    result[outputs, np.arange(len(values))] = values
    return result
