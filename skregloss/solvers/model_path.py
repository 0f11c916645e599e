"""Smooth losses of rows with an L1-type penalty on a sparse design: Newton's method from strength to strength on kept matrices.

Between strengths that are solved together only the columns of a working set are looked at, and steps follow one another in
one compiled call as long as a matrix serves.

    minimise over b, c:   sum_i w_i l(y_i, eta_i) + strength sum_j (l1_j |b_j| + l2_j b_j^2 / 2),     eta = c z + X b + const
"""

from __future__ import annotations

import os

import numpy as np

from .._jit import kernel
from .ahead import AheadSolver
from .curvature import Curvature
from .gram_store import _share_off
from .homotopy import FINISHED, RIDGE, extend, follow, remove, zero_wrong_signs
from .newton_path import MOST_HALVINGS, STALLED, penalty_after
from .problem import Point
from .projection import projection
from .prox_newton import OBJECTIVE_ROUNDING, SUFFICIENT
from .sample_terms import loss_derivatives

MOST_STEPS = 20
LARGEST_SET = 2000
ENOUGH = float(os.environ.get("ENOUGH", "0.5"))
OFF = float(os.environ.get("OFF", "0.03"))
RESCALE = os.environ.get("RESCALE", "1") == "1"
TREND = os.environ.get("TREND", "1") == "1"
THERE, FURTHER, LOST = 0, 1, 2
STATS = {"grams": 0, "steps": 0, "strengths": 0, "calls": 0, "cols": 0}


class ModelPathSolver(AheadSolver):
    """Minima on Gram matrices that are kept while they are about right."""

    fewest = 2

    def __init__(self, problem):
        super().__init__(problem)
        self._most = int(os.environ.get("MOST", "4"))
        self._trail: list = []

    def _serves(self, point, null):
        return null.free.size <= 1

    def _minima_on(self, working, terms, null, point, gradient, strengths, *, tol, max_steps):
        if len(working) > LARGEST_SET:
            return []
        STATS["calls"] += 1
        STATS["cols"] += len(working)
        walk = Walk(self.problem, null, self._store(null), terms.take(working), point, gradient[working])
        found = []
        for strength in strengths:
            STATS["strengths"] += 1
            steps = walk.to(strength, ENOUGH * tol, min(max_steps, MOST_STEPS), self._before(strength, point))
            here = None if steps is None else walk.point()
            if here is None:
                break
            found.append((here, steps))
            self._trail = [*self._trail[-self._most :], (strength, here)]
            point = here
        return found

    def _before(self, strength, point):
        """The point before on the path, and how many times as far as from there it is to the next strength"""
        for k in range(len(self._trail) - 1, 0, -1):
            if self._trail[k][1] is point:
                (first, before), (second, _) = self._trail[k - 1 : k + 1]
                if TREND and strength < second < first: return before, (second - strength) / (first - second)
        return point, 0.0


class Walk:
    """The coefficients b and c, and the loss there, as they go from one strength's minimum to the next."""

    def __init__(self, problem, null, store, terms, point, slopes):
        self.problem, self.free, self.store, self.columns = problem, null.free, store, terms.columns
        self.deviance = null.deviance
        n_samples, data, size = len(point.eta), problem.data, len(slopes)
        direction = self.free.apply(np.ones(1)) * np.ones(n_samples) if self.free.size else np.zeros(n_samples)
        self.loss = data.kernel_loss, data.y, data.weights, data.lipschitz
        self.parts = (*problem.design.taken(terms.columns), direction)
        l1, l2 = problem.penalty.l1_l2_parts()
        self.limits = l1 * terms.strengths, l2 * terms.strengths
        self.origin, self.shift, self.ridged = point, 0.0, l2 > 0.0
        gradient, curvature = point.gradient.copy(), point.curvature.weights.copy()
        self.state = point.coef[terms.columns], point.eta.copy(), gradient, curvature, slopes.copy(), np.empty(n_samples)
        step = 0.0 if point.projection is None or not self.free.size else float(point.projection.step[0])
        # The loss, its mean curvature, the Newton step of c, how far c has moved, and the share of the matrix's curvature
        self.numbers = np.array([point.value, point.bend, step, 0.0, 1.0])
        self.active, self.count, self.matrix = np.zeros(size + 1, np.int64), 0, None
        self.factor = np.empty((size + 1, size + 1))

    def _renew(self):
        if (self.state[3] == self.store.curvature.weights).all():
            return False
        self.store.renewed(Curvature(self.state[3].copy()))
        STATS["grams"] += 1
        self.matrix = None
        self._take_matrix()
        return True

    def _take_matrix(self):
        """Have a matrix of about the curvature that there is"""
        curvature, share = self.state[3], self.numbers[4]
        store = self.store
        if store.curvature is None or _share_off(curvature, share * store.curvature.weights) > OFF:
            store.renewed(Curvature(curvature.copy()))
            STATS["grams"] += 1
            self.matrix = None
        if self.matrix is None:
            gram, _, cross, inverse = store.parts(self.columns, 1.0)
            joint = (cross[0] * inverse[0, 0]) if self.free.size else np.zeros(len(gram))
            self.matrix = gram, joint, store.curvature.weights
            self.count, self.numbers[4] = 0, 1.0

    def to(self, strength, enough, most_steps, before):
        """Go to where the gap on these columns is a small enough share at a strength; the steps, None if it was not reached"""
        self._take_matrix()
        if self.ridged:
            self.count = 0
        last, times = before
        total = 0
        while True:
            outcome, steps, self.count = go_on(
                self.loss, self.parts, self.limits, self.matrix, self.state, self.numbers, (last.eta, last.curvature.weights),
                times, strength, self.factor, self.active, self.count, enough, self.deviance, most_steps - total, RESCALE,
            )  # fmt: skip
            STATS["steps"] += steps
            total += steps
            if outcome == THERE:
                return total
            STATS[f"out{outcome}"] = STATS.get(f"out{outcome}", 0) + 1
            if outcome == LOST or total >= most_steps or not self._renew():
                return None
            times = 0.0

    def point(self):
        """The point, with a projection; None where there is none"""
        problem, free = self.problem, self.free
        b, eta, gradient, curvature, *_ = self.state
        value, bend, _, shift, _ = self.numbers.tolist()
        coef, intercept = free.add(self.origin, np.full(free.size, shift))
        coef[self.columns] = b
        point = Point(coef, intercept, eta.copy(), value, gradient.copy(), Curvature(curvature.copy()), bend)
        if free.size:
            point.projection = projection(problem, free, point)
            if point.projection is None:
                return None
        point.settled_on = free
        return point


@kernel
def go_on(
    loss, parts, limits, matrix, state, numbers, last, times, strength, factor, active, count, enough, deviance, most_steps, rescale
):
    """Newton steps at a strength until the gap on the columns is a small enough share; the outcome, the steps, the support's size"""
    l1, l2 = limits
    b, slopes = state[0], state[4]
    size = b.shape[0]
    there, column, work = np.empty(size), np.empty(size), np.empty((3, size))
    steps, before = 0, np.inf
    while True:
        gap, short = gap_within(b, slopes, l1, l2, strength)
        # What the loss adds to the gap is of the order of the square.
        if gap <= enough * deviance and short * short <= enough:
            return THERE, steps, count
        measure = max(gap / (enough * deviance), short * short / enough)
        if steps >= most_steps or (steps > 2 and not measure <= STALLED * before):
            return FURTHER, steps, count
        before = measure
        ahead = slopes
        if steps == 0 and times > 0.0:
            ahead = np.empty(size)
            numbers[2] = foreseen(parts, state, last, times, numbers[4], matrix[2], ahead)
        outcome, count = model_minimum(
            matrix[0], l1, l2, strength, numbers[4], b, ahead, there, factor, active, count, column, work
        )
        if outcome != FINISHED:
            return LOST, steps, count
        steps += 1
        if not advance(loss, parts, l1, l2, strength, matrix[1], matrix[2], there, state, numbers, rescale):
            return LOST, steps, count


@kernel
def gap_within(b, slopes, l1, l2, strength):
    """The penalty's part of the duality gap on these columns, and by how much the dual scale is less than 1"""
    scale, gap = 1.0, 0.0
    for j in range(b.shape[0]):
        if l2[j] == 0.0 and scale * abs(slopes[j]) > strength * l1[j]:
            scale = strength * l1[j] / abs(slopes[j])
    for j in range(b.shape[0]):
        excess = max(scale * abs(slopes[j]) - strength * l1[j], 0.0)
        if l2[j] > 0.0:
            gap += 0.5 * excess * excess / (strength * l2[j])
        if b[j] != 0.0:
            gap += strength * (l1[j] * abs(b[j]) + 0.5 * l2[j] * b[j] * b[j]) + scale * slopes[j] * b[j]
    return gap, 1.0 - scale


@kernel(reorder=True)
def model_minimum(gram, l1, l2, strength, share, b, slopes, there, factor, active, count, column, work):
    """Fill in the minimum of the model with a share of the matrix; the outcome, and the support's size"""
    size = b.shape[0]
    q, added, sign = np.empty(size), np.empty(size), np.empty(size)
    weight, change = np.empty(size), np.empty(size)
    strength = strength / share
    for j in range(size):
        there[j] = b[j]
        added[j] = strength * l2[j] + RIDGE * gram[j, j]
        q[j] = -slopes[j] / share - strength * l2[j] * b[j]
        sign[j] = 0.0
    zero_wrong_signs(gram, added, q, there)
    for i in range(count - 1, -1, -1):
        if there[active[i]] == 0.0:
            remove(factor, count, i)
            count -= 1
            for k in range(i, count):
                active[k] = active[k + 1]
    for j in range(size):
        sign[j] = np.sign(there[j])
        column[j] = sign[j]
    for i in range(count):
        column[active[i]] = 0.0
    count = extend(gram, added, column.copy(), active, factor, count, column)
    if count < 0:
        return np.int64(-1), np.int64(0)
    top = 1.0
    for j in range(size):
        if sign[j] == 0.0:
            top = max(top, abs(q[j]) / (strength * l1[j]))
    for j in range(size):
        # The weights that `there` is optimal for: those of the gradient where active, large enough for all others where not.
        wanted = strength * l1[j]
        weight[j] = sign[j] * q[j] if sign[j] != 0.0 else top * wanted
        change[j] = wanted - weight[j]
    outcome, count = follow(
        gram, added, q, there, weight, change, factor, active, sign, count, 20 * size + 100, work, column
    )
    return np.int64(outcome), count


@kernel
def foreseen(parts, state, last, times, share, modelled, ahead):
    """Fill in the slopes with what the model is expected to lack ...; the step of c that goes with them"""
    starts, rows, entries, direction = parts
    _, eta, gradient, curvature, _, dual = state
    eta_before, curvature_before = last
    slope, bent = 0.0, 0.0
    for i in range(eta.shape[0]):
        half = curvature[i] + 0.5 * times * (curvature[i] - curvature_before[i])
        half = min(max(half, 0.5 * curvature[i]), 2.0 * curvature[i])
        dual[i] = gradient[i] + (half - share * modelled[i]) * times * (eta[i] - eta_before[i])
        slope += dual[i] * direction[i]
        bent += curvature[i] * direction[i] * direction[i]
    further = -slope / bent if bent > 0.0 else 0.0
    for i in range(eta.shape[0]):
        dual[i] += further * curvature[i] * direction[i]
    products(starts, rows, entries, dual, ahead)
    return further


@kernel
def products(starts, rows, entries, vector, result):
    """Fill in x_j'vector for each of the columns"""
    for j in range(result.shape[0]):
        total = 0.0
        for k in range(starts[j], starts[j + 1]):
            total += entries[k] * vector[rows[k]]
        result[j] = total


@kernel
def advance(loss, parts, l1, l2, strength, joint, modelled, there, state, numbers, rescale):
    """Move as far towards a model's minimum as that lowers the objective; whether it does

    The slopes are then those of the gradient as it is after another Newton step of c.
    """
    kernel_loss, y, weights, lipschitz = loss
    starts, rows, entries, direction = parts
    b, eta, gradient, curvature, slopes, dual = state
    size, n_samples = b.shape[0], y.shape[0]
    value, step = numbers[0], numbers[2]
    move, moved, last = np.empty(size), np.empty(n_samples), gradient.copy()
    for j in range(size):
        move[j] = there[j] - b[j]
        step -= joint[j] * move[j]
    for i in range(n_samples):
        moved[i] = step * direction[i]
    for j in range(size):
        if move[j] != 0.0:
            for k in range(starts[j], starts[j + 1]):
                moved[rows[k]] += move[j] * entries[k]
    before = penalty_after(l1, l2, strength, b, move, 0.0)
    promise = penalty_after(l1, l2, strength, b, move, 1.0) - before
    for i in range(n_samples):
        promise += gradient[i] * moved[i]
        eta[i] += moved[i]
    slack = OBJECTIVE_ROUNDING * np.sqrt(n_samples) * (abs(value) + before)
    fraction, lower = 1.0, False
    for _ in range(MOST_HALVINGS):
        after, bend = loss_derivatives(kernel_loss, y, eta, weights, lipschitz, gradient, curvature)
        gain = value + before - after - penalty_after(l1, l2, strength, b, move, fraction)
        lower = gain >= -SUFFICIENT * fraction * min(promise, 0.0) - slack
        if lower:
            break
        fraction *= 0.5
        for i in range(n_samples):
            eta[i] -= fraction * moved[i]
    if not lower:
        return False
    for j in range(size):
        b[j] = there[j] if fraction == 1.0 else b[j] + fraction * move[j]
    slope, bent, expected, found = 0.0, 0.0, 0.0, 0.0
    for i in range(n_samples):
        slope += gradient[i] * direction[i]
        bent += curvature[i] * direction[i] * direction[i]
        found += moved[i] * (gradient[i] - last[i])
        expected += modelled[i] * moved[i] * moved[i]
    further = -slope / bent if bent > 0.0 else 0.0
    for i in range(n_samples):
        dual[i] = gradient[i] + further * curvature[i] * direction[i]
    products(starts, rows, entries, dual, slopes)
    numbers[0], numbers[1], numbers[2] = after, bend, further
    numbers[3] += fraction * step
    share = found / (fraction * expected) if expected > 0.0 else 1.0
    if rescale and 0.5 < share < 2.0:
        numbers[4] = share
    return True
