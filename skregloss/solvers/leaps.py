"""Leaps to the minimum of a quadratic plus a weighted L1 norm: several columns enter or leave its support at once.

On a support A with signs the minimum is a linear system,

    G_AA b_A = c_A - weight_A sign_A.

What has changed its sign there leaves, until nothing has; then all enter that are beyond their weight, and so on. Where fewer
of them do each time, this ends at the minimum after a few systems, however many columns have come and gone. Where not, it ends
at a point whose active gradients equal their weights, from where the weights can be followed.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .cholesky import remove, solve
from .quadratic import entries_at, products, subtract_column
from .support import RIDGE, extend

# Gradients beyond their weights by this share of them are rounding.
ROUNDING = 1e-12
# At most so many enter at once, or this share of those that are active.
FEW, SHARE = 16, 0.25


@kernel(reorder=True)
def leap_each(matrix, own, diagonal, q, b, weights, strengths, found, factor, active, sign, count, work):
    """Move b to the minimum for the weights times each strength, as far as leaps do; the size of the support, how many it is"""
    weight, centre = work[2], work[4]
    for k in range(strengths.shape[0]):
        for j in range(b.shape[0]):
            centre[j], weight[j] = b[j], strengths[k] * weights[j]
        count, reached = leap(matrix, diagonal, q, b, weight, factor, active, sign, count, work)
        for j in range(b.shape[0]):
            found[k, j] = b[j]
            q[j] += RIDGE * own[j] * (b[j] - centre[j])
        if not reached:
            return count, k
    return count, strengths.shape[0]


@kernel(reorder=True)
def leap(matrix, diagonal, q, b, weight, factor, active, sign, count, work):
    """Move b, and the factor with it; the size of the support, and whether it is at the minimum"""
    size, move, change, start = b.shape[0], work[0], work[1], work[3]
    most = max(FEW, int(SHARE * count))
    while True:
        count = settle(matrix, diagonal, q, b, weight, factor, active, sign, count, move, change, start)
        entering = 0
        for j in range(size):
            change[j] = 0.0
            if sign[j] == 0.0 and abs(q[j]) > (1.0 + ROUNDING) * weight[j]:
                change[j] = 1.0
                entering += 1
        if entering == 0:
            return count, True
        if entering > most or count + entering > factor.shape[0]:
            return count, False
        most, before = entering - 1, count
        count, independent = extend(matrix, diagonal, change, active, factor, count)
        for i in range(before, count):
            sign[active[i]] = np.sign(q[active[i]])
        if not independent:
            return count, False


@kernel(reorder=True)
def settle(matrix, diagonal, q, b, weight, factor, active, sign, count, move, change, start):
    """Go to the minimum on the support, without those whose coefficients change sign on the way; the size that is left of it

    Gradients outside are had once, from all that the support has moved: q is that at the start until then, but for what leaves.
    """
    for i in range(count):
        j = active[i]
        start[j], move[i] = b[j], q[j] - weight[j] * sign[j]
    while True:
        solve(factor, count, move)
        wrong = 0
        for i in range(count):
            j = active[i]
            b[j] += move[i]
            if b[j] * sign[j] < 0.0:
                wrong += 1
        if wrong == 0:
            break
        gone = np.empty(wrong, np.int64)
        for i in range(count - 1, -1, -1):
            j = active[i]
            if b[j] * sign[j] < 0.0:
                wrong -= 1
                gone[wrong] = j
                remove(factor, count, i)
                count -= 1
                for k in range(i, count):
                    active[k] = active[k + 1]
        for i in range(count):
            move[i] = 0.0
        for j in gone:
            # Those inside are at their weights with b_j as it is, those outside have not been told that it has moved.
            entries_at(matrix, j, active, count, change)
            for i in range(count):
                move[i] += b[j] * change[i]
            own = q[j] + diagonal[j] * start[j]
            subtract_column(matrix, j, -start[j], q)
            q[j], b[j], sign[j] = own, 0.0, 0.0
    for i in range(count):
        move[i] = b[active[i]] - start[active[i]]
    products(matrix, active, count, move, sign, change)
    for j in range(b.shape[0]):
        q[j] = sign[j] * weight[j] if sign[j] != 0.0 else q[j] - change[j]
    return count
