"""The minimum of a penalised model: weights homotopy where the penalty is of L1 type, else descent with support Newton.

A penalty that binds many coefficients together has its own way (`joint_terms`).

minimise over b:   (b - b0)'G(b - b0)/2 - q'(b - b0) + sum_j P_j(b_j)
"""

from __future__ import annotations

import math

import numpy as np

from . import homotopy

EPOCHS = 10
# Those over groups, whose minima take steps of their own, cost about what a Newton step does. (Where the penalty is not
# convex Newton steps must not choose among minima.)
GROUP_EPOCHS = 2
# Where Newton steps are out of reach, descent is extrapolated from so many epochs.
EXTRAPOLATED = 5
MAX_ROUNDS = 200
# After so many rounds without a smaller change, rounding has been reached.
PATIENCE = 20
# A change of the model this small relative to its terms is rounding.
ROUNDING = 1e-15


def minimize_model(model, l1_l2, tolerance):
    """Move model.b to the minimum, to `tolerance` in the gradient."""
    if model.terms.joint:
        model.terms.minimize(model, tolerance)
        return
    if l1_l2 is not None and not _minimize_exactly(model, *l1_l2):
        return
    _descend(model, l1_l2 is not None and l1_l2[0] == 0.0, tolerance)


def _minimize_exactly(model, l1, l2):
    """Follow the weights; True if descent has to do (or finish) the work."""
    bounded = np.isfinite(model.low).any() or np.isfinite(model.high).any()
    if l1 == 0.0 or bounded or not hasattr(model, "gram"):
        return True
    strengths, b = model.terms.strengths, model.b.copy()
    outcome = homotopy.minimize(model.gram, l2 * strengths, model.q, b, l1 * strengths, model.columns, model.support)
    if outcome != homotopy.FINISHED or not np.isfinite(b).all():
        return True
    model.q -= (b - model.b) @ model.gram
    model.b = b
    return False


def _descend(model, smooth, tolerance):
    """Epochs of coordinate descent, and a Newton step on the support whenever an epoch leaves all signs alone.

    A penalty that is smooth at zero has every coefficient in its support, so that Newton steps alone do.
    """
    if smooth and not np.isfinite(model.low).any() and not np.isfinite(model.high).any():
        newton_step(model, smooth)
        return
    if not model.has_newton:
        _descend_extrapolating(model, tolerance)
        return
    groups = model.terms.grouped and model.problem.penalty.convex
    count = GROUP_EPOCHS if groups else EPOCHS
    stable, least, idle, change = smooth or (groups and bool(model.b.any())), np.inf, 0, np.inf
    # Rounds are counted in epochs.
    for _ in range(MAX_ROUNDS * EPOCHS // count):
        if stable:
            newton_step(model, smooth)
        before = change
        change, stable = model.epochs(count, tolerance)
        stable = stable and _newton_is_cheaper(model, count, before, change, tolerance)
        idle = 0 if change < 0.9 * least else idle + 1
        least = min(change, least)
        if change <= tolerance or idle > PATIENCE * EPOCHS // count:
            return


def _descend_extrapolating(model, tolerance):
    """Epochs of descent, and after those that leave the support alone a step to where the last few seem to lead (Anderson's)

    The model is quadratic: what it keeps of a mean of points is the mean of what it keeps of them.
    """
    starts, ends, least, idle = [], [], np.inf, 0
    for _ in range(MAX_ROUNDS * EPOCHS):
        start = model.state
        change, stable = model.epochs(1, tolerance)
        idle = 0 if change < 0.9 * least else idle + 1
        least = min(change, least)
        if change <= tolerance or idle > PATIENCE * EPOCHS:
            return
        end = model.state
        starts, ends = ([*starts, start][-EXTRAPOLATED:], [*ends, end][-EXTRAPOLATED:]) if stable else ([], [])
        if len(ends) > 1:
            steps, before = np.array(ends) - starts, model.value()
            model.state = _shortest_mean(steps[:, : len(model.b)]) @ ends
            if not model.value() <= before:
                model.state, starts, ends = end, [], []


def _shortest_mean(steps):
    """The weights that sum to one and make the mean of some steps shortest"""
    gram = steps @ steps.T
    weights = np.linalg.lstsq(gram / np.trace(gram), np.ones(len(steps)), rcond=1e-14)[0]
    return weights / weights.sum()


def _newton_is_cheaper(model, count, before, change, tolerance):
    """Whether descent needs more epochs than a Newton step costs, if changes go on falling as between the last two.

    Between those lie `count` epochs.
    """
    cost = model.newton_epochs()
    if cost <= count or not change < before:
        return True
    return count * math.log(change / tolerance) > cost * math.log(before / change) if change > tolerance else False


def newton_step(model, smooth):
    """Solve (G + P'')_SS d = q_S - P'_S, and go there."""
    b, terms = model.b, model.terms
    inside = (b == b) if smooth else (b != 0.0)
    if not terms.grouped:
        inside &= (model.low < b) & (b < model.high)
    support = np.flatnonzero(inside)
    if len(support) == 0:
        return
    derivative, curvature = terms.slopes(b, support, smooth)
    downhill = model.gradient()[support] - derivative
    move = model.solve(support, curvature, downhill)
    if move is None:
        # Not convex here. Without its negative curvature the penalty is replaced by its tangent, which lies above it.
        move = model.solve(support, terms.without_concavity(curvature, support), downhill)
    if move is not None:
        _advance(model, support, move, smooth)


def _advance(model, support, move, smooth):
    """Move the support, as far as the first kink or bound, if that is downhill."""
    b, low, high, terms = model.b, model.low, model.high, model.terms
    if not np.isfinite(move).all():
        return
    here, fraction, stop = b[support], 1.0, None
    if not terms.grouped or (terms.kinked and not smooth):
        fraction, stop = _room(here, move, low[support], high[support], smooth or not terms.kinked)
    bend = model.bend(support, move)
    gain = model.gradient()[support] @ move
    before, trial = terms.value(b), b.copy()
    for _ in range(8):
        there = here + fraction * move
        if stop is not None and fraction < 1.0:
            there[stop[0]] = stop[1]
        trial[support] = there
        rise = terms.value(trial) - before
        if rise - fraction * gain + 0.5 * fraction**2 * bend <= ROUNDING * (before + abs(gain)):
            model.move(support, there - here)
            model.b[support] = there
            return
        fraction, stop = 0.5 * fraction, None


def _room(here, move, low, high, smooth):
    """The largest fraction <= 1 of `move` that crosses no kink or bound, and (which, where) it stops."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.where(move > 0.0, high, low)
        if not smooth:
            ends = np.where(here * move < 0.0, np.where(here > 0.0, np.maximum(ends, 0.0), np.minimum(ends, 0.0)), ends)
        fractions = np.where(move != 0.0, (ends - here) / move, np.inf)
    first = int(np.argmin(fractions))
    if fractions[first] >= 1.0:
        return 1.0, None
    return max(float(fractions[first]), 0.0), (first, ends[first])
