"""Proximal Newton on a working set: minimise penalised quadratic models, and search along the steps they give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .free_block import FreeBlock
from .inner import minimize_model
from .models import make_model

# Armijo's share of the predicted decrease that a step must bring.
SUFFICIENT = 1e-4
SMALLEST_FRACTION = 1e-10
LARGEST_DAMPING = 1e12
# A relative change of the objective below this is rounding.
OBJECTIVE_ROUNDING = 4e-16


@dataclass
class Step:
    """A step of the coefficients, what it does to the linear predictor, and what the model promises of it."""

    columns: np.ndarray
    coef: np.ndarray
    free: np.ndarray
    eta: np.ndarray
    penalty: float
    slope: float


def newton_step(problem, free, point, columns, blocks, *, damping, gram_store, tolerance) -> Step:
    """From `point` to the minimum of the model on `columns` and the free block."""
    model = make_model(problem, free, point, columns, blocks, damping, gram_store)
    minimize_model(model, problem.penalty.l1_l2_parts(), tolerance)
    coef_step, free_step = model.b - model.start, model.free_step()
    moved = np.flatnonzero(coef_step)
    eta_step = free.apply(free_step) + problem.design.matvec(coef_step[moved], columns[moved])
    rise = problem.penalty_at(model.b, model.strengths) - problem.penalty_at(model.start, model.strengths)
    slope = point.gradient @ eta_step + rise
    return Step(columns, coef_step, free_step, eta_step, rise, slope)


def minimize_on(problem, point, columns, blocks, *, target, tolerance, max_steps, gram_store=None):
    """Minimise over the working set until a step gains less than `target`; the point and the number of steps.

    Along a step a convex penalty is bounded by its chord, and backtracking finds a decrease; a non-convex one is not, so
    that there the model is damped instead: with enough curvature it lies above the objective.
    """
    free = FreeBlock(problem, blocks.free)
    damping = 1.0
    for count in range(1, max_steps + 1):
        objective_size = abs(point.value) + problem.penalty_at(point.coef[columns], blocks.strengths[columns])
        slack = OBJECTIVE_ROUNDING * objective_size
        while True:
            step = newton_step(
                problem, free, point, columns, blocks, damping=damping, gram_store=gram_store, tolerance=tolerance
            )
            found = _search(problem, point, step, blocks, slack, problem.penalty.convex)
            if found is not None or problem.penalty.convex or damping > LARGEST_DAMPING:
                break
            damping *= 4.0
        if found is None:
            return point, count
        point, gain = found
        damping = max(1.0, damping / 4.0)
        if gain <= target or gram_store is not None:
            return point, count
    return point, max_steps


def _search(problem, point, step, blocks, slack, backtrack):
    """The first point along the step that decreases the objective enough, and the decrease; None if there is none."""
    before = problem.penalty_at(point.coef[step.columns], blocks.strengths[step.columns])
    fraction = 1.0
    while fraction > SMALLEST_FRACTION:
        coef = point.coef.copy()
        coef[step.columns] += fraction * step.coef
        if fraction == 1.0:  # exactly: bounds and zeros must not be missed by an ulp
            coef[step.columns] = point.coef[step.columns] + step.coef
        eta = point.eta + fraction * step.eta
        value = problem.loss_at(eta)
        after = problem.penalty_at(coef[step.columns], blocks.strengths[step.columns])
        gain = point.value + before - value - after
        if gain >= -SUFFICIENT * fraction * min(step.slope, 0.0) - slack and np.isfinite(value):
            coef[blocks.free] += fraction * step.free[len(step.free) - len(blocks.free) :]
            intercept = point.intercept + (fraction * step.free[0] if problem.fit_intercept else 0.0)
            return problem.at(coef, intercept, eta), gain
        if not backtrack:
            return None
        fraction *= 0.5
    return None
