"""Losses with kinks, exactly: a proximal method of multipliers around the solver of smooth losses.

The loss is replaced by its envelope, shifted for each sample by its current slope u_i (`envelope`). That problem is smooth,
and the working-set solver minimises it; the slopes of the envelope at its minimum are better estimates of u, and they are
feasible in the dual. Hence the duality gap with the original loss is known after every round, and it is what the fit stops
on (`saddle`). The step of the envelope shrinks from round to round; for losses of straight pieces, a few rounds find the
samples at kinks, and linear equations the last digits (`kink_finish`).

With a non-convex penalty the step stays as it is: it sets the scale on which coefficients are compared with zero.
"""

from __future__ import annotations

import dataclasses
import logging

import numpy as np

from .coordinate_check import confirm_violations
from .curvature import Curvature
from .envelope import smoothed
from .free_block import FreeBlock
from .free_minimum import GRADIENT_ROUNDING, Reference, minimize_free
from .kink_finish import finish
from .kink_null import least_slopes
from .kink_walk import serves, walk
from .kinks import best_intercepts, kink_distance, slope_range, steepness
from .null_model import NullModel
from .problem import Blocks
from .saddle import SaddleJudge, SaddleJudgement, SaddlePoint, balanced, improved_point, saddle_point
from .solution import Solution
from .working_set import WorkingSetSolver

# The first step, as a share of the deviance over the mean square of the slopes; and its factor from round to round.
FIRST_STEP, SHRINK, SMALLEST_STEP = 0.05, 0.3, 1e-7
# The accuracy of a round: that of the first, and what it is relative to the error before it.
ROUND_ACCURACY, ROUGHEST = 0.1, 0.1
# The error from which on the finish is tried.
NEARLY = 1e-2
MOST_SLACK = 1e6
PATIENCE = 4
MOST_ROUNDS = 200
NULL_TOL = 1e-13

logger = logging.getLogger("skregloss")


class _RoundSolver(WorkingSetSolver):
    """The solver of one round, measured in the units of the original problem."""

    def __init__(self, problem, null):
        super().__init__(problem)
        self._given, self._alpha_max = null, 0.0

    def null(self, blocks):
        return self._given


class MultiplierSolver(WorkingSetSolver):
    """Solves one problem whose loss has kinks at one strength after another, each from the last one's solution if asked to."""

    def null(self, blocks) -> NullModel:
        key = blocks.free.tobytes()
        if key not in self._null_models:
            self._null_models[key] = null_with_kinks(self.problem, blocks)
        return self._null_models[key]

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def solve(self, alpha, *, tol, max_iter, start=None, previous_alpha=None, rival=None) -> Solution:
        """Minimise at strength alpha from the point `start`, or from the null model; all the way, also to a rival."""
        problem, blocks = self.problem, self.problem.blocks(alpha)
        null = self.null(blocks)
        judge = SaddleJudge(problem, blocks, null, tol)
        begin = _with_duals(problem, null.point if start is None else start.point(), null)
        now = judge(begin)
        if start is not None:
            now = _finished(problem, judge, now, begin)

        def minimize(lagrangian, point, accuracy, max_steps):
            solution = _RoundSolver(lagrangian, null).solve(alpha, tol=accuracy, max_iter=max_steps, start=point)
            return solution.point, solution.n_iter

        best, steps = multiply(problem, judge, now, minimize, max_iter)
        return self._solution(alpha, blocks, best, max(steps, 1))


def _with_duals(problem, point, null) -> SaddlePoint:
    """`point` with slopes: its own if it has them, else those at eta, and where that is at a kink those in the middle."""
    if isinstance(point, SaddlePoint):
        return dataclasses.replace(point, step=null.point.step)
    distance = kink_distance(problem, point.eta, null.deviance)
    low, high = slope_range(problem.data.kernel_loss, problem.y, point.eta, distance)
    step, curvature = null.point.step, null.point.curvature
    return saddle_point(problem, point.coef, point.intercept, 0.5 * (low + high), step, curvature, point.eta)


def multiply(problem, judge, now, minimize, max_steps) -> tuple[SaddleJudgement, int]:
    """Rounds of the method of multipliers from a judged point on; the best judged point, and the steps it took."""
    first, share = now.point.step, 1.0
    best, steps, idle, accuracy = now, 0, 0, ROUGHEST / SHRINK
    for _ in range(MOST_ROUNDS):
        _report(steps, now)
        # Shorter steps move slopes further: where kinks all but meet, none but the shortest may reach the next.
        patient = idle <= PATIENCE or (problem.penalty.convex and share > SMALLEST_STEP)
        if now.converged or steps >= max_steps or not patient or now.hopeless:
            break
        before, moved = now.point, None
        if idle and not problem.penalty.convex:
            moved = confirm_violations(judge, now)
        if moved is not None:
            now, steps = judge(_with_coefficients(before, moved)), steps + 1
        else:
            accuracy = min(ROUND_ACCURACY * now.error, SHRINK * accuracy)
            now, count = _round(problem, judge, now, minimize, max(accuracy, 0.1 * judge.tol), max_steps - steps)
            steps += count
        idle = 0 if now.error < 0.9 * best.error else idle + 1
        best = now if now.error < best.error else best
        share = max(SHRINK * share, SMALLEST_STEP)
        now.point.step = share * first * _slackness(problem, judge, now.point)
    return best, steps


def _slackness(problem, judge, point):
    """How many times steeper the loss is than the slopes: more than a few where the model explains almost everything.

    The envelope then takes this much longer a step to reach such slopes off the kink.
    """
    size = np.sqrt(problem.weights @ point.duals**2)
    return min(judge.steepness / size, MOST_SLACK) if size > 0.0 else MOST_SLACK


def _round(problem, judge, now, minimize, accuracy, max_steps):
    """Minimise the augmented Lagrangian around `now`, update the slopes, and finish if that is possible."""
    before = now.point
    lagrangian = smoothed(problem, before.step, before.duals)
    start = lagrangian.at(before.coef, before.intercept, before.eta + before.step * before.duals)
    inner, count = minimize(lagrangian, start, accuracy, max_steps)
    found = improved_point(problem, before, inner)
    now = judge(balanced(problem, judge.at_large(found), found))
    # Also where the tolerance has been met already: the last digits cost little here.
    return _finished(problem, judge, now, before), count


def _finished(problem, judge, now, before):
    """The optimum, if it can be had from `now` on; `before` is where the augmented Lagrangian was formed that it comes from."""
    if serves(problem, judge.blocks):
        return walk(problem, judge, now, 1.0 / before.step) if now.error > 0.0 else now
    return finish(problem, judge, now, before) if 0.0 < now.error < NEARLY else now


def _with_coefficients(point, moved):
    moved_to = {name: getattr(moved, name) for name in ("coef", "intercept", "eta", "value")}
    return dataclasses.replace(point, **moved_to)


def _report(steps, now):
    logger.info(
        "step %d: objective %.12g, relative gap %.2g, violation %.2g, envelope of step %.2g",
        steps, now.certificate.objective, now.certificate.relative_gap, now.certificate.kkt, now.point.step,
    )  # fmt: skip


def null_with_kinks(problem, blocks) -> NullModel:
    """The fit without penalised columns; its slopes are those that keep their gradients smallest."""
    floor, level = problem.data.floor()
    smallest = np.finfo(float).eps * level
    coef = problem.starting_coef()
    eta = problem.offset + problem.design.matvec(coef)
    intercepts = best_intercepts(problem, eta, level or 1.0)
    point = problem.at(coef, intercepts, eta + problem.intercepts.spread(intercepts))
    intercept_only, constant = Blocks(blocks.free[:0], blocks.terms), point.value
    null = _null_at(problem, intercept_only, point, np.zeros(len(eta)), max(constant - floor, smallest) or 1.0, constant)
    if len(blocks.free):
        point = _minimize_free_block(problem, blocks, null)
        null = _null_at(problem, blocks, point, point.duals, max(point.value - floor, smallest) or 1.0, constant)
    return null


def _null_at(problem, blocks, point, slopes, deviance, constant) -> NullModel:
    """The null model with its slopes, its measures, and the step and the curvature that come from them."""
    distance, steep = kink_distance(problem, point.eta, deviance), steepness(problem, point.eta, deviance)
    slopes = least_slopes(problem, blocks, point.eta, slopes, distance)
    # The parabola with this slope at this height above its minimum.
    curvature = Curvature(problem.weights * (0.5 * steep**2 / deviance))
    step = FIRST_STEP * deviance / (steep**2 or 1.0)
    point = saddle_point(problem, point.coef, point.intercept, slopes, step, curvature, point.eta)
    gradient = problem.design.rmatvec(point.gradient)
    size = np.abs(gradient[blocks.penalized]).max(initial=0.0)
    largest = np.sqrt(problem.squares[problem.live].max(initial=0.0)) * steep
    size = size if size > GRADIENT_ROUNDING * largest else largest or 1.0
    # Straight pieces that fall for ever do not exist in a loss that is bounded below: nothing runs away.
    reference = Reference(Curvature(np.full(len(point.eta), -1.0)), deviance)
    return NullModel(point, True, deviance, FreeBlock(problem, blocks.free), gradient, size, reference, constant)


def _minimize_free_block(problem, blocks, null) -> SaddlePoint:
    """The minimum of the loss over the free block alone."""
    nothing_else = Blocks(blocks.free, blocks.terms.take(np.empty(0, dtype=np.int64)))
    free = FreeBlock(problem, blocks.free)
    null = dataclasses.replace(null, free=free)

    def minimize(lagrangian, point, accuracy, max_steps):
        return minimize_free(lagrangian, free, point, null.reference, enough=0.001 * accuracy)[0], 1

    judge = SaddleJudge(problem, nothing_else, null, NULL_TOL)
    best, _ = multiply(problem, judge, judge(null.point), minimize, MOST_ROUNDS)
    return best.point
