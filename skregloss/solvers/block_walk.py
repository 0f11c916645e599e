"""Quadratic models with a convex penalty of groups: from strength to strength in one call.

Where the matrices are small, calls cost more than what they compute.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .block_kernels import block_epochs, block_slopes
from .inner import GROUP_EPOCHS
from .newton_path import STALLED
from .support import RIDGE

MOST_ROUNDS = 50


@kernel
def walk(penalty, gram, q, b, starts, curvatures, units, weights, strengths, known, share, gap, least, found):
    """Fill in the minima at falling strengths from the third on; how many of them were reached

    The first two rows of `found` are for the minima before, of which so many are `known`, and the last is b. They say where
    to begin: further on the same way. q is what the model falls by along each coefficient at b.

    Newton steps on the support do as long as they bring violations down; what enters or leaves it is left to descent. A gap is
    about twice the violations times the lengths of their blocks: where half of the `gap` allowed comes to more than a `share`
    of the strength and the `least` that serves, it says which violation will do.
    """
    size, count = b.shape[0], units.shape[0]
    own, distances, lengths = np.empty(count), np.empty(count), np.empty(count)
    gradient, move, last_b, last_q = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    for k in range(2, strengths.shape[0]):
        strength = strengths[k]
        times = (strengths[k - 1] - strength) / (strengths[k - 2] - strengths[k - 1]) if k + known >= 4 else 0.0
        for j in range(size):
            move[j] = 0.0
            if times > 0.0:
                here, before = found[k - 1, j], found[k - 2, j]
                way = times * (here - before)
                if before != 0.0 and here * (here + way) > 0.0:
                    move[j] = way
        advance(gram, q, b, move)
        for g in range(count):
            own[g] = strength * units[g]
        reached, newton, last_worst = False, False, np.inf
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
            failed = newton and not worst <= STALLED * last_worst
            if failed:
                for j in range(size):
                    b[j], q[j] = last_b[j], last_q[j]
            enters = False
            for g in range(count):
                enters = enters or (lengths[g] == 0.0 and distances[g] > tolerance)
            newton = False
            if not (failed or enters):
                for j in range(size):
                    last_b[j], last_q[j] = b[j], q[j]
                newton, last_worst = newton_move(penalty, gram, q, b, starts, own, weights, move), worst
            if newton:
                advance(gram, q, b, move)
            else:
                block_epochs(penalty, gram, q, b, starts, curvatures, own, weights, GROUP_EPOCHS, tolerance)
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


@kernel(reorder=True)
def newton_move(penalty, gram, q, b, starts, strengths, weights, move):
    """Fill in the d with (G + P'')_SS d = q_S - P'_S on the support S, and zeros elsewhere; whether S is not empty"""
    size, count = b.shape[0], np.int64(0)
    place, support = np.empty(size, np.int64), np.empty(size, np.int64)
    for j in range(size):
        place[j], move[j] = -1, 0.0
        if b[j] != 0.0:
            place[j], support[count] = count, j
            count += 1
    step, matrix = np.zeros(count), np.zeros((count, count))
    block_slopes(penalty, b, starts, strengths, weights, place, step, matrix)
    for i in range(count):
        row = gram[support[i]]
        step[i] = q[support[i]] - step[i]
        for j in range(count):
            matrix[i, j] += row[support[j]]
        matrix[i, i] += RIDGE * row[support[i]]
    upper = np.linalg.cholesky(matrix).T
    for i in range(count):
        row = upper[i]
        value = step[i] / row[i]
        step[i] = value
        for j in range(i + 1, count):
            step[j] -= value * row[j]
    for i in range(count - 1, -1, -1):
        row, total = upper[i], step[i]
        for j in range(i + 1, count):
            total -= row[j] * step[j]
        step[i] = total / row[i]
        move[support[i]] = step[i]
    return count > 0
