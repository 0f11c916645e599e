"""The certificate of a point: its duality gap where there is duality, else the residual of its optimality conditions."""

from __future__ import annotations

import math

import numpy as np

from .curvature import Curvature
from .solution import Certificate

# Gradients this small relative to the null model's are rounding.
ROUNDING = 1e-14


def steps_matter(problem):
    """Whether optimality is judged by a prox, whose step then matters, and not by the subdifferential."""
    return not problem.penalty.convex or problem.bounded


def prox_steps(problem, free, point, terms):
    """1 / h_b, h_b the curvature of the loss along block b with the free block eliminated; ones if they do not matter."""
    if not steps_matter(problem):
        return np.ones(terms.count)
    if terms.grouped:
        return 1.0 / _floored(terms.largest_curvatures(problem, free, point.curvature))
    if not problem.loss.constant_curvature:
        return 1.0 / _floored(_along_columns(problem, free, point.curvature, terms.columns))
    if free.curvatures is None:
        free.curvatures = _along_columns(problem, free, Curvature(problem.weights), problem.design.every)
    if free.steps[0] is not terms.columns:
        free.steps = terms.columns, 1.0 / _floored(free.curvatures[terms.columns])
    return free.steps[1]


def _along_columns(problem, free, curvature, columns):
    """x_j'Hx_j, what the free block takes up of it taken off"""
    squares = curvature.squares(problem.design, columns)
    if free.size == 0:
        return squares
    cross = free.cross(curvature, columns)
    return squares - np.einsum("kj,kj->j", cross, free.inverse(curvature) @ cross)


def _floored(curvature):
    """Curvatures without those that rounding leaves of zero"""
    smallest = 1e-12 * curvature.max(initial=0.0)
    return np.where(curvature > smallest, curvature, smallest or 1.0)


def violations(problem, free, point, gradient, terms, *, shrink=1.0):
    """How far each penalised block is from optimal given the others; `shrink` scales the steps of the prox."""
    coef = terms.of(point.coef)
    if not steps_matter(problem):
        return terms.distances(coef, gradient)
    return terms.prox_residuals(coef, gradient, shrink * prox_steps(problem, free, point, terms))


def duality_gap(problem, point, gradient, terms, gradient_size):
    """P - D at the dual point u = s l'(eta), s <= 1 just small enough for the penalty's conjugate to be finite.

    It must be orthogonal to the free block: at the minimum over that it is, near there its projection is. Written as a sum of
    Fenchel-Young terms, all nonnegative, the gap does not suffer from the cancellation in P - D.
    """
    noise = noise_of(gradient_size)
    scale = terms.dual_scale(-gradient, noise)
    gap = terms.gap(terms.of(point.coef), -scale * gradient, noise)
    return with_loss(problem, point, scale, gap)


def noise_of(gradient_size):
    """Entries of a gradient up to this are rounding

    A column with a bound but no penalty must have a gradient of one sign: to rounding, like the free block's zero.
    """
    return ROUNDING * gradient_size


def with_loss(problem, point, scale, gap):
    """The gap of the penalty at the scaled dual point, and that of the loss"""
    if scale < 1.0:
        return gap + problem.data.gap(point, scale)
    return gap if point.projection is None else gap + point.projection.excess


def certificate_of(objective, gap, violation, null, tol, settled=True):
    """The certificate of these numbers, in units of the null model; `settled` says whether the free block is at its minimum"""
    gap = gap if math.isfinite(gap) else math.nan
    kkt, relative_gap = violation / null.gradient_size, gap / null.deviance
    converged = settled and bool((kkt if math.isnan(gap) else relative_gap) <= tol)
    return Certificate(float(objective), float(gap), float(relative_gap), float(kkt), tol, converged)
