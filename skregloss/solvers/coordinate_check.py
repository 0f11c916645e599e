"""For a non-convex penalty: is a coordinate's model step one that the true objective confirms?

The prox fixed point is judged at the step 1/h_j, h_j the curvature of the loss at the current point. Away from that point
the curvature of a loss other than the squared one may be larger, and then the model promises what the objective does not
keep: no descent method could follow it. Such a coordinate's step is halved until the objective confirms the move, which is
then made, or until the coordinate is a fixed point, which it then counts as.
"""

from __future__ import annotations

import numpy as np

from .certificate import prox_steps
from .free_block import pseudo_inverse
from .penalty_terms import bounded_prox

MOST_HALVINGS = 60
MOST_COORDINATES = 500


def confirm_violations(judge, judged):
    """The point after the first confirmed move, or None; the judge's factors on the steps are updated.

    Coordinates are taken from the worst violation down to what the judge would accept.
    """
    problem, blocks, free, shrink = judge.problem, judge.blocks, judge.free, judge.shrink
    point, gradient, violation, wanted = judged.point, judged.gradient, judged.violation, 0.5 * judge.wanted_violation
    columns = blocks.penalized
    steps = prox_steps(problem, free, point, columns)
    inverse = pseudo_inverse(free.gram(point.curvature)) if free.size else None
    suspects = np.argsort(-violation)[:MOST_COORDINATES]
    for k in suspects[violation[suspects] > wanted]:
        j, strength = columns[k], blocks.strengths[columns[k]]
        low, high, here = problem.low[j], problem.high[j], point.coef[j]
        direction, free_step = _direction(problem, free, point, inverse, j)
        for _ in range(MOST_HALVINGS):
            step = steps[k] * shrink[k]
            there = bounded_prox(problem.kernel_penalty, here - step * gradient[k], step, strength, low, high)
            if abs(there - here) <= wanted * step:
                break
            move = there - here
            coef = point.coef.copy()
            coef[j] = there
            rise = problem.loss_at(point.eta + move * direction) - point.value
            rise += problem.penalty_at(coef[[j]], blocks.strengths[[j]])
            rise -= problem.penalty_at(point.coef[[j]], blocks.strengths[[j]])
            if rise < -1e-14 * abs(point.value):
                coef[blocks.free] += move * free_step[free.intercept :]
                intercept = point.intercept + (move * free_step[0] if free.intercept else 0.0)
                return problem.at(coef, intercept)
            shrink[k] *= 0.5
    return None


def _direction(problem, free, point, inverse, column):
    """How eta and the free block follow a unit move of one coefficient."""
    single = np.array([column])
    direction = problem.design.matvec(np.ones(1), single)
    if free.size == 0:
        return direction, np.empty(0)
    free_step = -inverse @ free.cross(point.curvature, single)[:, 0]
    return direction + free.apply(free_step), free_step
