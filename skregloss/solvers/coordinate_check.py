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

MOST_HALVINGS = 60
MOST_COORDINATES = 500


def confirm_violations(judge, judged):
    """The point after the first confirmed move, or None; the judge's factors on the steps are updated.

    Blocks are taken from the worst violation down to what the judge would accept.
    """
    problem, terms, free, shrink = judge.problem, judge.blocks.terms, judge.free, judge.shrink
    point, gradient, violation, wanted = judged.point, judged.gradient, judged.violation, 0.5 * judge.wanted_violation
    here = point.coef[terms.columns]
    steps = prox_steps(problem, free, point, terms)
    inverse = pseudo_inverse(free.gram(point.curvature)) if free.size else None
    suspects = np.argsort(-violation)[:MOST_COORDINATES]
    for k in suspects[violation[suspects] > wanted]:
        for _ in range(MOST_HALVINGS):
            step = steps[k] * shrink[k]
            places, there = terms.moved(k, here, gradient, step)
            move = there - here[places]
            if np.abs(move).max() <= wanted * step:
                break
            columns = terms.columns[places]
            eta_step, free_step = _response(problem, free, point, inverse, columns, move)
            rise = problem.loss_at(point.eta + eta_step) - point.value
            block = terms.take(np.array([k]))
            rise += block.value(there) - block.value(here[places])
            if rise < -1e-14 * abs(point.value):
                coef, intercept = free.add(point, free_step)
                coef[columns] = there
                return problem.at(coef, intercept)
            shrink[k] *= 0.5
    return None


def _response(problem, free, point, inverse, columns, move):
    """How eta and the free block follow a move of some coefficients."""
    eta_step = problem.design.matvec(move, columns)
    if free.size == 0:
        return eta_step, np.empty(0)
    free_step = -inverse @ (free.cross(point.curvature, columns) @ move)
    return eta_step + free.apply(free_step), free_step
