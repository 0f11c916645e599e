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
from .free_minimum import minimize_free

# A relative change of the loss below this is rounding.
ROUNDING = 1e-14
MOST_HALVINGS = 60
MOST_FREE_STEPS = 20
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
        block = terms.take(np.array([k]))
        for halvings in range(MOST_HALVINGS):
            step = steps[k] * shrink[k]
            places, there = terms.moved(k, here, gradient, step)
            move = there - here[places]
            if np.abs(move).max() <= wanted * step:
                break
            costs = block.value(there) - block.value(here[places])
            for moved in _responses(judge, point, inverse, terms.columns[places], move, thorough=halvings == 0):
                if moved.value - point.value + costs < -ROUNDING * abs(point.value):
                    moved.coef[terms.columns[places]] = there
                    return moved
            shrink[k] *= 0.5
    return None


def _responses(judge, point, inverse, columns, move, *, thorough):
    """The point after a move of some coefficients, with the free block following as the curvature at the point has it; and
    then, for that can be far off, if `thorough` with the free block at its minimum, or near it."""
    problem, free = judge.problem, judge.free
    coef = point.coef.copy()
    coef[columns] += move
    eta = point.eta + problem.design.matvec(move, columns)
    alone = problem.at(coef, point.intercept, eta)
    if free.size == 0:
        yield alone
        return
    free_step = -inverse @ (free.cross(point.curvature, columns) @ move)
    yield problem.at(*free.add(alone, free_step), eta + free.apply(free_step))
    if thorough:
        yield minimize_free(problem, free, alone, judge.null.reference, MOST_FREE_STEPS)[0]
