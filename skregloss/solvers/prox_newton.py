"""Proximal Newton on a working set: minimise penalised quadratic models, and search along the steps they give."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .block_terms import BlockTerms
from .coordinate_terms import CoordinateTerms
from .curvature import Curvature
from .inner import minimize_model
from .model_errors import model_errors
from .models import make_model
from .point import Point

# Armijo's share of the predicted decrease that a step must bring.
SUFFICIENT = 1e-4
SMALLEST_FRACTION, SMALLEST_NON_CONVEX_FRACTION = 1e-10, 0.01
# A step that gains more than this share of what the one before did says that the curvature of the model is out of date.
SLOW = 0.2
# Where matrices are cheap, what is left must be this share of what would do, for the last one to serve again.
SAFE = 0.05
LARGEST_DAMPING, DAMPING_FACTOR = 1e6, 4.0
# A step shorter than this share of what the model wanted says that the model is wrong; so often it is mended.
SHORT, MOST_STIFFENINGS = 0.2, 10
# A quadratic brings half of what the slope promises. More than this share, and a longer step is tried; it must bring
# this much more.
LINEAR, WORTHWHILE, LONGEST = 0.6, 0.01, 1e6
# A relative change of the objective below this, times the root of the number of rows that it is a sum of, is rounding.
OBJECTIVE_ROUNDING = 4e-16
# Gains of so many roundings are gains.
VISIBLE = 10.0


@dataclass
class Step:
    """A step of the coefficients, what it does to the linear predictor, and what the model promises of it."""

    terms: CoordinateTerms | BlockTerms
    coef: np.ndarray
    target: np.ndarray
    free: np.ndarray
    eta: np.ndarray
    # The curvature of the model.
    curvature: Curvature
    slope: float
    # The penalty at the start and at the target.
    before: float
    after: float


def newton_step(problem, free, point, terms, *, damping, gram_store, tolerance) -> Step:
    """From `point` to the minimum of the model on the columns of `terms` and the free block."""
    model = make_model(problem, free, point, terms, damping, gram_store)
    minimize_model(model, problem.penalty.l1_l2_parts(), tolerance)
    coef_step, free_step = model.b - model.start, model.free_step()
    moved = np.flatnonzero(coef_step != 0.0)
    eta_step = problem.design.matvec(coef_step[moved], terms.columns[moved])
    eta_step += free.apply(free_step)
    before, after = terms.value(model.start), terms.value(model.b)
    slope = point.gradient @ eta_step + after - before
    return Step(terms, coef_step, model.b, free_step, eta_step, model.curvature, slope, before, after)


def minimize_on(
    problem, free, point, terms, *, target, share, tolerance, max_steps, gram_store=None, renews=True, curvature=None
):
    """Minimise over the working set until the next step will gain little; the point and the number of steps.

    Little is less than `target`, or where errors are down to a `share` of what they were: gains fall as their squares. The
    first model has a `curvature` of its own if one is given. Where matrices are cheap it `renews` those of the store unless
    they will do for the last step.
    """
    options = {"gram_store": gram_store, "tolerance": tolerance, "curvature": curvature}
    attempt = _attempt_convex if problem.penalty.convex else _attempt_damped
    damping, first, last = 1.0, None, 0.0
    for count in range(1, max_steps + 1):
        found, damping = attempt(problem, free, point, terms, damping, options)
        if found is None:
            return point, count
        exact = gram_store is None or gram_store.is_of(point.curvature)
        stiffness, error = model_errors(found.curvature, point, found.point)
        if gram_store is not None:
            gram_store.rescale(stiffness)
        fall = min(found.gain / last, SLOW) if last > 0.0 else SLOW
        # The next gain: with the curvature of the point errors fall to their squares, and what they fall by does too.
        ahead = found.gain * (fall**2 if exact else fall)
        if problem.penalty.convex and found.fraction == 1.0:
            ahead = min(ahead, error)
        options["curvature"] = None
        point, first = found.point, found.gain if first is None else first
        enough = max(target, share**2 * first)
        if problem.loss.constant_curvature or ahead <= enough:
            return point, count
        if gram_store is not None:
            # Errors fall by about the share that the curvature is off; a matrix costs less than to find that it has not done.
            off = gram_store.share_off(point.curvature) if renews else 0.0
            if off**2 * ahead > SAFE * enough if renews else found.gain > SLOW * last > 0.0:
                gram_store.renewed(point.curvature)
        last = max(found.gain, 0.0)
    return point, max_steps


def _attempt_convex(problem, free, point, terms, damping, options):
    """Backtrack, for along a step a convex penalty lies below its chord; but a step cut short is first taken again.

    The model then gets the curvature that it missed: on flat pieces of the loss it does not see the next piece.
    """
    best, model_point, options = None, point, dict(options)
    curvature = options.pop("curvature")
    if curvature is not None:
        model_point = replace(point, curvature=curvature)
    store = options["gram_store"]
    for _ in range(MOST_STIFFENINGS):
        step = newton_step(problem, free, model_point, terms, damping=1.0, **options)
        found = _search(problem, free, point, step, SMALLEST_FRACTION)
        if found is not None and (best is None or found.gain > best.gain):
            best = found
        if problem.loss.constant_curvature or (found is not None and found.fraction >= SHORT):
            break
        if store is None or not store.renewed(point.curvature):
            options["gram_store"] = None
            model_point = problem.stiffened(model_point, step.eta)
    return best, damping


def _attempt_damped(problem, free, point, terms, damping, options):
    """Damp the model until its step is downhill: along one, a non-convex penalty can exceed its chord at every fraction."""
    store, options = options["gram_store"], options | {}
    options.pop("curvature")
    while damping < LARGEST_DAMPING:
        step = newton_step(problem, free, point, terms, damping=damping, **options)
        found = _search(problem, free, point, step, SMALLEST_NON_CONVEX_FRACTION)
        if found is not None:
            return found, max(1.0, damping / DAMPING_FACTOR)
        if store is None or not store.renewed(point.curvature):
            damping *= DAMPING_FACTOR
    return None, damping


def _search(problem, free, point, step, smallest_fraction):
    """A point along the step that decreases the objective enough; None if there is none.

    The step is halved until it does. Where it brings more than a quadratic would, it is doubled as long as that pays: on
    flat pieces and in exponential tails the model sees curvature that ends a little further on.
    """
    slack = OBJECTIVE_ROUNDING * np.sqrt(len(point.eta)) * (abs(point.value) + step.before)
    trial = _trial(problem, free, point, step, 1.0)
    fraction = 1.0
    while not trial.gain >= -SUFFICIENT * fraction * min(step.slope, 0.0) - slack:
        fraction *= 0.5
        if fraction < smallest_fraction:
            return None
        trial = _trial(problem, free, point, step, fraction)
    surprising = (
        fraction == 1.0 and trial.gain > LINEAR * abs(step.slope) + VISIBLE * slack and not problem.loss.constant_curvature
    )
    room = _room(problem, point, step) if surprising else 1.0
    gain = trial.gain
    while 2.0 * fraction <= room:
        _, _, eta, after = _there(free, point, step, 2.0 * fraction)
        further = _gain(point, step, problem.loss_at(eta), after)
        if not further > (1.0 + WORTHWHILE) * gain:
            break
        fraction, gain = 2.0 * fraction, further
    return trial if fraction == trial.fraction else _trial(problem, free, point, step, fraction)


@dataclass
class _Trial:
    """Where a fraction of a step leads, and by how much the objective falls."""

    fraction: float
    point: Point
    gain: float
    curvature: Curvature


def _trial(problem, free, point, step, fraction) -> _Trial:
    coef, intercept, eta, after = _there(free, point, step, fraction)
    there = problem.at(coef, intercept, eta)
    return _Trial(fraction, there, _gain(point, step, there.value, after), step.curvature)


def _there(free, point, step, fraction):
    """Coefficients, intercepts and linear predictor after a fraction of the step, and the penalty of its columns"""
    columns = step.terms.columns
    coef, intercept = free.add(point, fraction * step.free)
    # In full exactly: zeros and bounds must not be missed by an ulp.
    coef[columns] = step.target if fraction == 1.0 else coef[columns] + fraction * step.coef
    after = step.after if fraction == 1.0 else step.terms.value(coef[columns])
    return coef, intercept, point.eta + (step.eta if fraction == 1.0 else fraction * step.eta), after


def _gain(point, step, value, after):
    """By how much the objective falls if the loss comes to `value` and the penalty to `after`"""
    return point.value - value + step.before - after if np.isfinite(value) else -np.inf


def _room(problem, point, step) -> float:
    """How many times the step can be taken within the bounds."""
    columns = step.terms.columns
    here = point.coef[columns]
    ends = np.where(step.coef > 0.0, problem.high[columns], problem.low[columns])
    moves = step.coef != 0.0
    return min(((ends - here)[moves] / step.coef[moves]).min(initial=np.inf), LONGEST)
