"""Descent to a local minimum on a Gram matrix in one call: over all coordinates, over the support, and Newton steps there.

minimise over b:   b'Gb/2 - q0'b + sum_j P_j(b_j);      q = q0 - Gb is kept up to date.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .cholesky import append, solve
from .support import RIDGE

# Epochs over the support between two over all coordinates, and rounds of them.
EPOCHS, MOST_ROUNDS = 10, 200
# How many times faster a Cholesky factorisation of m columns is than m m / 3 epochs over them.
CHOLESKY_SPEED = 4.0
# After so many rounds without a smaller change, rounding has been reached.
PATIENCE = 20
# A lower objective is one by more than this share.
VISIBLE = 1e-12
# A pivot this small relative to its diagonal, and a change of the objective this small relative to its terms, are rounding.
SMALLEST_PIVOT, ROUNDING = 1e-14, 1e-15


@kernel
def descend(penalty, gram, q0, b, strengths, tolerance, places, order):
    """Move b to a local minimum, to `tolerance` in the gradient; then leave out its coefficients in an order, one at a time

    `places` are all coordinates, in the order in which they are gone over: where descent ends depends on it.
    Where others that do what one did lead to a lower local minimum, b becomes that. Returns the objective.
    """
    # A kernel of its own for what an attempt does would make compiling take more than twice as long.
    size, least, support = b.shape[0], np.inf, np.empty(b.shape[0], np.int64)
    for attempt in range(-1, order.shape[0]):
        out = order[attempt] if attempt >= 0 else np.int64(-1)
        if out >= 0 and b[out] == 0.0:
            continue
        trial, q = b.copy(), q0.copy()
        if out >= 0:
            trial[out] = 0.0
        for j in range(size):
            if trial[j] != 0.0:
                add(gram, j, -trial[j], q)
        smallest, idle = np.inf, 0
        for _ in range(MOST_ROUNDS):
            # Over all coordinates, and then over the support.
            count, epochs = keep_others(out, places, support), 0
            change, before, first, stable = np.inf, np.inf, np.inf, False
            while epochs == 0 or (change > tolerance and epochs <= EPOCHS):
                before = change
                change, stable = cycle(penalty, gram, q, trial, strengths, support, count)
                if epochs == 0:
                    first = change
                    count = keep_nonzero(trial, places, size, support)
                epochs += 1
            idle = 0 if first < 0.9 * smallest else idle + 1
            smallest = min(first, smallest)
            if out < 0 and (first <= tolerance or idle > PATIENCE):
                break
            out = np.int64(-1)
            # At zero, where some may have come to lie, a penalty has no derivative.
            count = keep_nonzero(trial, support, count, support)
            if stable and change > tolerance and newton_pays(count, size, before, change, tolerance):
                newton_step(penalty, gram, q, trial, strengths, support, count)
        value = 0.0
        for j in range(size):
            if trial[j] != 0.0:
                value += penalty.value(trial[j], strengths[j]) - 0.5 * trial[j] * (q[j] + q0[j])
        if attempt < 0 or value < least - VISIBLE * abs(least):
            least = value
            for j in range(size):
                b[j] = trial[j]
    return least


@kernel
def keep_others(out, places, support):
    """Write down all places but one, in their order; how many they are"""
    kept = np.int64(0)
    for i in range(places.shape[0]):
        if places[i] != out:
            support[kept] = places[i]
            kept += 1
    return kept


@kernel
def keep_nonzero(b, places, count, support):
    """Write down those of the places where b is not zero, in their order; how many they are"""
    kept = np.int64(0)
    for i in range(count):
        j = places[i]
        if b[j] != 0.0:
            support[kept] = j
            kept += 1
    return kept


@kernel
def add(gram, j, factor, q):
    """q += factor G_j"""
    row = gram[j]
    for k in range(q.shape[0]):
        q[k] += factor * row[k]


@kernel
def cycle(penalty, gram, q, b, strengths, places, count):
    """Move each of the coordinates at these places to its minimum; the largest change of a gradient, and whether no sign did"""
    change, stable = 0.0, True
    for i in range(count):
        j = places[i]
        old, curvature = b[j], gram[j, j]
        if not curvature > 0.0:
            continue
        new = penalty.prox(old + q[j] / curvature, 1.0 / curvature, strengths[j])
        if new != old:
            b[j], move = new, new - old
            add(gram, j, -move, q)
            change = max(change, abs(move) * curvature)
            if old == 0.0 or new == 0.0 or (old > 0.0) != (new > 0.0):
                stable = False
    return change, stable


@kernel
def newton_pays(count, size, before, change, tolerance):
    """Whether descent needs more epochs than a Newton step costs, if changes go on falling as between the last two"""
    cost = count * count / (3.0 * CHOLESKY_SPEED * size)
    return cost <= 1.0 or not change < before or np.log(change / tolerance) > cost * np.log(before / change)


@kernel
def newton_step(penalty, gram, q, b, strengths, support, count):
    """Solve (G + P'')_SS d = q_S - P'_S, and go there as far as the first kink, if that is downhill."""
    factor, column = np.empty((count, count)), np.empty(count)
    move, change = np.empty(count), np.zeros(b.shape[0])
    # Where it is not convex: without its negative curvature the penalty is replaced by its tangent, which lies above it.
    for least in (-np.inf, 0.0):
        known = np.int64(0)
        for i in range(count):
            j = support[i]
            for k in range(i):
                column[k] = gram[j, support[k]]
            bent = max(penalty.curvature(b[j], strengths[j]), least)
            if not append(factor, i, column, gram[j, j] * (1.0 + RIDGE) + bent, SMALLEST_PIVOT):
                break
            known += 1
        if known == count:
            break
    if known < count:
        return
    for i in range(count):
        j = support[i]
        move[i] = q[j] - penalty.derivative(b[j], strengths[j])
    solve(factor, count, move)
    fraction, stop = 1.0, np.int64(-1)
    for i in range(count):
        j, row = support[i], gram[support[i]]
        if not np.isfinite(move[i]):
            return
        if b[j] * move[i] < 0.0 and abs(b[j]) < fraction * abs(move[i]):
            fraction, stop = abs(b[j] / move[i]), i
        for k in range(b.shape[0]):
            change[k] += move[i] * row[k]
    # Of the objective, without what does not move.
    rise, size = 0.0, 0.0
    for i in range(count):
        j = support[i]
        there = b[j] + fraction * move[i] if i != stop else 0.0
        before = penalty.value(b[j], strengths[j])
        rise += penalty.value(there, strengths[j]) - before - fraction * move[i] * (q[j] - 0.5 * fraction * change[j])
        size += before
        move[i] = there
    if rise <= ROUNDING * size:
        for i in range(count):
            b[support[i]] = move[i]
        for k in range(b.shape[0]):
            q[k] -= fraction * change[k]
