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


def minimize(gram, q, b, weights):
    """The minimum from the warm start b, which is overwritten, and the outcome; the ridge is in the diagonal of G."""
    size = len(b)
    wrong = b * q < 0.0
    while wrong.any():
        q = q + b[wrong] @ gram[wrong]
        b[wrong] = 0.0
        wrong = b * q < 0.0
    active = np.flatnonzero(b)
    factor = np.zeros((size, size))
    try:
        factor[: len(active), : len(active)] = np.linalg.cholesky(gram[np.ix_(active, active)])
    except np.linalg.LinAlgError:
        q, b, active = q + gram @ b, np.zeros(size), active[:0]
    # Weights for which b is optimal: those of the gradient where active, the wanted ones times a common factor where not.
    sign = np.sign(b)
    top = max(1.0, (np.abs(q) / weights)[sign == 0.0].max(initial=0.0))
    weight = np.where(sign != 0.0, sign * q, top * weights)
    order = np.zeros(size, dtype=np.int64)
    order[: len(active)] = active
    work = np.empty((3, size))
    outcome = follow(gram, q.copy(), b, weight, weights - weight, factor, order, sign, len(active), 20 * size + 100, work)
    return b, outcome


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
