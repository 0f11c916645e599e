"""Quadratic models with a convex penalty of groups: from strength to strength in one call.

Where the matrices are small, calls cost more than what they compute.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .block_kernels import block_epochs, block_slopes
from .cholesky import append, solve
from .homotopy import RIDGE
from .inner import GROUP_EPOCHS
from .newton_path import STALLED

MOST_ROUNDS = 50
# How to go on; with a factor that is not of the point, only as long as violations fall to less than this share.
DESCENT, OLD_FACTOR, NEWTON = 0, 1, 2
QUICK_FALL = 0.1


@kernel
def walk(penalty, gram, q, b, starts, curvatures, units, weights, strengths, known, share, gap, least, found):
    """Fill in the minima at falling strengths from the third on; how many of them were reached

    The first two rows of `found` are for the minima before, of which so many are `known`, and the last is b. They say where
    to begin: further on the same way. q is what the model falls by along each coefficient at b.

    Newton steps on the support do as long as they bring violations down, with the last factor where that will do; what enters
    or leaves the support is left to descent. A gap is about twice the violations times the lengths of their blocks: where half
    of the `gap` allowed comes to more than a `share` of the strength and the `least` that serves, it says what will do.
    """
    size, count = b.shape[0], units.shape[0]
    own, distances, lengths = np.empty(count), np.empty(count), np.empty(count)
    gradient, move, last_b, last_q = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    factor, place = np.empty((size, size)), np.full(size, -2)
    for k in range(2, strengths.shape[0]):
        strength = strengths[k]
        times = (strengths[k - 1] - strength) / (strengths[k - 2] - strengths[k - 1]) if k + known >= 4 else 0.0
        for j in range(size):
            move[j] = 0.0
            if times > 0.0:
                here, before = found[k - 1, j], found[k - 2, j]
                further = times * (here - before)
                if before != 0.0 and here * (here + further) > 0.0:
                    move[j] = further
        advance(gram, q, b, move)
        for g in range(count):
            own[g] = strength * units[g]
        reached, way, last_worst = False, DESCENT, np.inf
        for _ in range(MOST_ROUNDS):
            worst, length = 0.0, 0.0
            for j in range(size):
                gradient[j] = -q[j]
            for g in range(count):
                start, stop = starts[g], starts[g + 1]
                distances[g] = penalty.block_distance(b[start:stop], gradient[start:stop], own[g], weights[g])
                worst, lengths[g] = max(worst, distances[g]), 0.0
                for j in range(start, stop):
                    lengths[g] += b[j] * b[j]
                length += np.sqrt(lengths[g])
            tolerance = max(share * strength, least)
            if length > 0.0:
                tolerance = max(tolerance, 0.25 * gap / length)
            reached = worst <= tolerance
            if reached:
                break
            failed = way != DESCENT and not worst <= STALLED * last_worst
            enters = False
            for g in range(count):
                enters = enters or (lengths[g] == 0.0 and distances[g] > tolerance)
            for j in range(size):
                if failed:
                    b[j], q[j] = last_b[j], last_q[j]
                last_b[j], last_q[j] = b[j], q[j]
            if (enters and not failed) or (failed and way == NEWTON):
                way = DESCENT
            else:
                renews = way == OLD_FACTOR and worst > QUICK_FALL * last_worst
                last_worst = last_worst if failed else worst
                way = newton_move(penalty, gram, q, b, starts, own, weights, renews, factor, place, move)
            if way == DESCENT:
                block_epochs(penalty, gram, q, b, starts, curvatures, own, weights, GROUP_EPOCHS, tolerance)
            else:
                advance(gram, q, b, move)
        if not reached:
            return k - 2
        for j in range(size):
            found[k, j] = b[j]
    return strengths.shape[0] - 2


@kernel(reorder=True)
def advance(gram, q, b, move):
    """Go by a move"""
    for j in range(b.shape[0]):
        if move[j] != 0.0:
            b[j] += move[j]
            row = gram[j]
            for i in range(b.shape[0]):
                q[i] -= move[j] * row[i]


@kernel
def newton_move(penalty, gram, q, b, starts, strengths, weights, renews, factor, place, move):
    """Fill in the d with (G + P'')_SS d = q_S - P'_S on the support S, and zeros elsewhere; the way, DESCENT if none

    The factor, and the places in it, are kept for the next call unless that renews them or has another support.
    """
    size, count, same = b.shape[0], np.int64(0), not renews
    support = np.empty(size, np.int64)
    for j in range(size):
        at = np.int64(-1)
        if b[j] != 0.0:
            at, support[count] = count, j
            count += 1
        same = same and place[j] == at
        place[j], move[j] = at, 0.0
    if count == 0:
        return DESCENT
    step, bend, column = np.zeros(count), np.zeros((count, count)), np.empty(count)
    block_slopes(penalty, b, starts, strengths, weights, place, step, bend)
    for i in range(count):
        row = gram[support[i]]
        step[i] = q[support[i]] - step[i]
        if not same:
            for j in range(i):
                column[j] = row[support[j]] + bend[i, j]
            if not append(factor, i, column, (1.0 + RIDGE) * row[support[i]] + bend[i, i], 0.0):
                place[0] = -2
                return DESCENT
    solve(factor, count, step)
    for i in range(count):
        move[support[i]] = step[i]
    return OLD_FACTOR if same else NEWTON
