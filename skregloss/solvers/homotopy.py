"""Exact minimisation of a quadratic plus a weighted L1 norm, by following the weights.

    minimise over b:   b'Gb/2 - c'b + sum_j weight_j |b_j|,      q = c - Gb

Any point whose active coefficients have sign_j q_j >= 0 is the exact optimum for *some* weights: weight_j = sign_j q_j
where active, and one common multiple of the wanted weights, large enough to cover |q_j|, where not. Moving those weights
in a straight line to the wanted ones, the optimum moves along straight pieces,

    db_A = -G_AA^-1 (dweight_A sign_A),      dq = -G_A' db_A,

which end where an active coefficient reaches zero or an inactive |q_j| reaches its weight. It is LARS freed from its
start: any warm start will do. (Giving each inactive column its own |q_j| as weight would put them all on the boundary at
once, and cycle.)
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from . import cholesky

# Added to the Gram diagonal, relative to it: enough to keep duplicate columns apart. Since q belongs to the point the model
# is built at, it makes the model a proximal-point step, whose error vanishes as that point converges.
RIDGE = 1e-10
SMALLEST_PIVOT = 1e-13
ROUNDING = 1e-12

FINISHED, DEPENDENT, TOO_MANY_EVENTS = 0, 1, 2
# Typed, lest callees be compiled for the literal as well.
NONE = np.int64(-1)

append, remove, solve = cholesky.append, cholesky.remove, cholesky.solve


@kernel(reorder=True)
def minimize(gram, ridge, q, b, weights):
    """Move b from where it is to the minimum; the outcome, and q there

    q is the negative gradient at b without the ridge, which is added to the diagonal of G. All arguments are overwritten.
    """
    size = b.shape[0]
    for j in range(size):
        gram[j, j] += ridge[j] + RIDGE * gram[j, j]
        q[j] -= ridge[j] * b[j]
    wrong = True
    while wrong:
        wrong = False
        for j in range(size):
            if b[j] * q[j] < 0.0:
                for k in range(size):
                    q[k] += b[j] * gram[j, k]
                b[j] = 0.0
                wrong = True
    sign, active, factor, column = np.sign(b), np.zeros(size, np.int64), np.zeros((size, size)), np.empty(size)
    count = 0
    for j in range(size):
        if b[j] != 0.0:
            for i in range(count):
                column[i] = gram[j, active[i]]
            if append(factor, count, column, gram[j, j], SMALLEST_PIVOT):
                active[count] = j
                count += 1
            else:  # dependent on the others: begin from zero
                count = -1
                break
    if count < 0:
        for j in range(size):
            if b[j] != 0.0:
                for k in range(size):
                    q[k] += b[j] * gram[j, k]
                b[j], sign[j] = 0.0, 0.0
        count = 0
    # Weights for which b is optimal: those of the gradient where active, the wanted ones times a common factor where not.
    top = 1.0
    for j in range(size):
        if sign[j] == 0.0:
            top = max(top, abs(q[j]) / weights[j])
    weight, slope = np.empty(size), np.empty(size)
    for j in range(size):
        weight[j] = sign[j] * q[j] if sign[j] != 0.0 else top * weights[j]
        slope[j] = weights[j] - weight[j]
    work = np.empty((3, size))
    return follow(gram, q, b, weight, slope, factor, active, sign, count, 20 * size + 100, work)


@kernel(reorder=True)
def follow(gram, q, b, weight, weight_slope, factor, active, sign, count, max_events, work):
    """Move the weights by their slope over a unit of time, and b with them, event by event; all arrays are overwritten."""
    size = b.shape[0]
    b_slope, q_slope, column = work[0], work[1], work[2]
    time, last = 0.0, NONE
    for _ in range(max_events):
        for i in range(count):
            b_slope[i] = -weight_slope[active[i]] * sign[active[i]]
        solve(factor, count, b_slope)
        for j in range(size):
            q_slope[j] = 0.0
        for i in range(count):
            for j in range(size):
                q_slope[j] -= b_slope[i] * gram[active[i], j]

        step, dropped, added, added_sign = 1.0 - time, NONE, NONE, 0.0
        for i in range(count):
            if b_slope[i] * sign[active[i]] < 0.0:
                until = max(-b[active[i]] / b_slope[i], 0.0)
                if until < step:
                    step, dropped = until, i
        for j in range(size):
            if sign[j] == 0.0:
                noise = ROUNDING * (abs(q_slope[j]) + abs(weight_slope[j]))
                for k in range(2):
                    side = 1.0 - 2.0 * k
                    closing = side * q_slope[j] - weight_slope[j]
                    if closing > noise:
                        until = (weight[j] - side * q[j]) / closing
                        if until < step and (j != last or until > ROUNDING):
                            step, dropped, added, added_sign = max(until, 0.0), NONE, j, side

        time += step
        for i in range(count):
            b[active[i]] += step * b_slope[i]
        for j in range(size):
            weight[j] += step * weight_slope[j]
            # Active gradients equal their weights by construction: set so, they do not drift.
            q[j] = sign[j] * weight[j] if sign[j] != 0.0 else q[j] + step * q_slope[j]
        last = NONE
        if dropped >= 0:
            last = active[dropped]
            b[last], sign[last] = 0.0, 0.0
            remove(factor, count, dropped)
            count -= 1
            for i in range(dropped, count):
                active[i] = active[i + 1]
        elif added >= 0:
            for i in range(count):
                column[i] = gram[added, active[i]]
            if not append(factor, count, column, gram[added, added], SMALLEST_PIVOT):
                return DEPENDENT
            sign[added], active[count] = added_sign, added
            count += 1
        else:
            return FINISHED
    return TOO_MANY_EVENTS
