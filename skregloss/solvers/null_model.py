"""The null model: what the data say without the penalised columns, and the unit in which gaps and gradients are measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .certificate import prox_steps
from .free_block import FreeBlock
from .free_minimum import Reference, minimize_free, minimize_intercept
from .penalty_terms import entry_alphas
from .problem import Point


@dataclass
class NullModel:
    """The fit without penalised columns; `exists` says whether it has a finite optimum."""

    point: Point
    exists: bool
    deviance: float
    gradient: np.ndarray
    gradient_size: float
    reference: Reference


def null_model(problem, blocks) -> NullModel:
    """Minimise over intercept and unpenalised columns only."""
    floor, level = problem.loss_floor()
    smallest = np.finfo(float).eps * level
    point, exists = problem.at(problem.starting_coef(), 0.0), True
    if problem.fit_intercept:
        point, exists = minimize_intercept(problem, point)
    reference = Reference(point.curvature, max(point.value - floor, smallest))
    gradient = problem.design.rmatvec(point.gradient)
    size = np.abs(gradient).max(initial=0.0)
    free = FreeBlock(problem, blocks.free)
    if exists and free.size:
        point, exists = minimize_free(problem, free, point, reference)
        gradient = problem.design.rmatvec(point.gradient)
        size = np.abs(gradient[blocks.penalized]).max(initial=0.0) or size
    deviance = max(point.value - floor, smallest)
    return NullModel(point, exists, deviance or 1.0, gradient, size or 1.0, reference)


def smallest_null_alpha(problem, null, blocks) -> float:
    """alpha_max: the least alpha at which the null model passes the certificate."""
    columns = blocks.penalized
    if len(columns) == 0:
        return 0.0
    free = FreeBlock(problem, blocks.free)
    factors = np.where(problem.factors[columns] > 0.0, problem.factors[columns], 1.0)
    alphas = entry_alphas(
        problem.kernel_penalty,
        null.gradient[columns],
        prox_steps(problem, free, null.point, columns),
        factors,
        problem.low[columns],
        problem.high[columns],
    )
    return float(alphas.max(initial=0.0))
