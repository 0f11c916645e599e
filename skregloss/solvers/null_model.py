"""The null model: what the data say without the penalised columns, and the unit in which gaps and gradients are measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .certificate import prox_steps
from .free_block import FreeBlock
from .free_minimum import (
    GRADIENT_ROUNDING,
    Reference,
    gradient_norm,
    minimize_free,
    minimize_intercept,
    rounding_sizes,
)
from .point import Point


@dataclass
class NullModel:
    """The fit without penalised columns; `exists` says whether it has a finite optimum."""

    point: Point
    exists: bool
    deviance: float
    free: FreeBlock
    gradient: np.ndarray
    gradient_size: float
    reference: Reference
    # The mean loss of the best constant: of intercepts alone, or of nothing.
    constant: float


def null_model(problem, blocks) -> NullModel:
    """Minimise over intercept and unpenalised columns only."""
    floor, level = problem.data.floor()
    smallest = np.finfo(float).eps * level
    point, exists = _with_intercepts(problem, smallest)
    reference, constant = Reference(point.curvature, max(point.value - floor, smallest)), point.value
    gradient = problem.design.rmatvec(point.gradient)
    size = _gradient_size(problem, point, gradient[problem.live])
    free = FreeBlock(problem, blocks.free)
    if exists and free.size:
        settled, exists = minimize_free(problem, free, point, reference)
        if settled is not point:
            point, gradient = settled, problem.design.rmatvec(settled.gradient)
        penalized = gradient[blocks.penalized]
        size = _gradient_size(problem, point, penalized) if len(penalized) else size
    if exists:
        point.settled_on = free
    if point.projection is None:
        point.slopes = blocks.terms.columns, blocks.terms.of(gradient)
    deviance = max(point.value - floor, smallest)
    return NullModel(point, exists, deviance or 1.0, free, gradient, size, reference, constant)


def _with_intercepts(problem, smallest):
    """The point with the intercepts alone at their minimum, and whether there is one."""
    count = problem.intercepts.count
    if problem.data.coupled:
        point = problem.at(problem.starting_coef(), problem.data.starting_intercepts(problem.offset)[:count])
        none = Reference(point.curvature * 0.0, smallest)
        return minimize_free(problem, FreeBlock(problem, np.empty(0, dtype=np.int64)), point, none)
    point, exists = problem.at(problem.starting_coef(), np.zeros(count)), True
    for k in range(count):
        point, found = minimize_intercept(problem, point, k)
        exists = exists and found
    return point, exists


def _gradient_size(problem, point, gradient) -> float:
    """The largest gradient entry; or, if that is rounding, the size of what cancels in it."""
    size = np.abs(gradient).max(initial=0.0)
    largest = np.sqrt(problem.squares[problem.live].max(initial=0.0)) * gradient_norm(problem, rounding_sizes(problem, point))
    return size if size > GRADIENT_ROUNDING * largest else largest or 1.0


def smallest_null_alpha(problem, null, blocks) -> float:
    """alpha_max: the least alpha at which the null model passes the certificate."""
    columns = blocks.penalized
    if len(columns) == 0:
        return 0.0
    steps = prox_steps(problem, null.free, null.point, blocks.terms)
    return float(blocks.terms.entry_alphas(null.gradient[columns], steps, problem.factors).max(initial=0.0))
