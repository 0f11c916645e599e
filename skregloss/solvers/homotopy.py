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
from .cholesky import append, remove, solve
from .leaps import leap_each
from .quadratic import Quadratic, entries_at, products
from .support import RIDGE, SMALLEST_PIVOT, extend, kept, zero_wrong_signs

ROUNDING = 1e-12
# From supports of so many columns on, leaps to the end of the way are tried before it is followed.
MANY = 100
# The weights are given up on after so many events.
EVENTS_PER_COLUMN, EVENTS = 20, 100

FINISHED, DEPENDENT, TOO_MANY_EVENTS, NO_ROOM = 0, 1, 2, 3
# Typed, lest callees be compiled for the literal as well.
NONE = np.int64(-1)


def minimize(gram, ridge, q, b, weights, columns, support):
    """Move b from where it is to the minimum; the outcome

    q is the negative gradient at b without the ridge, which is added to the diagonal of G. `support` is what the last
    minimisation on this G left; `columns` are the sorted names of the columns of G.
    """
    return minimize_each(Quadratic(gram), ridge, q, b, weights, np.ones(1), columns, support)[0]


def minimize_each(quadratic, ridge, q, b, weights, strengths, columns, support):
    """The same for the ridge and the weights times each of some falling strengths; the outcome and the minima

    b ends at the last of those that were found, all of them where the outcome is FINISHED.
    """
    size, own, matrix = len(b), quadratic.diagonal, quadratic.matrix
    added = strengths[0] * ridge + RIDGE * own
    places = support.places_in(columns, own + added)
    support.reserve(max(quadratic.rank, len(places)) + 1, len(places))
    found = np.empty((len(strengths), size))
    q = q - strengths[0] * ridge * b
    if (b * q < 0.0).any():  # a first fit, from zero, need not compile it
        zero_wrong_signs(matrix, added, q, b)
    places = kept(support.factor, places, b)
    active, count = np.zeros(size, dtype=np.int64), len(places)
    active[:count] = places
    work, column = np.empty((5, size)), np.empty(size)
    ridged, done, outcome = ridge.any(), 0, FINISHED
    while outcome == FINISHED and done < len(strengths):
        if done > 0:  # with another ridge, which makes another matrix
            more = (strengths[done] - strengths[done - 1]) * ridge
            q -= more * b
            added += more
            count = 0
        diagonal, sign = own + added, np.sign(b)
        if count < np.count_nonzero(sign):
            support.reserve(np.count_nonzero(sign) + 1, count)
            lacking = sign.copy()
            lacking[active[:count]] = 0.0
            count, independent = extend(matrix, diagonal, lacking, active, support.factor, count)
            if not independent:
                q += quadratic @ b + added * b
                b[:], sign[:], count = 0.0, 0.0, 0
        # Together until the support is large, or another ridge makes another matrix.
        stop, outcome = done + 1 if ridged else len(strengths), FINISHED
        while outcome in (FINISHED, NO_ROOM) and done < stop:
            support.reserve(count + 1, count)
            model = (matrix, own, diagonal, q, b, weights, strengths[done:stop], found[done:stop])
            if count >= MANY:
                count, solved = leap_each(*model, support.factor, active, sign, count, work)
                done += solved
                model = (matrix, own, diagonal, q, b, weights, strengths[done : min(done + 1, stop)], found[done:stop])
            outcome, count, solved = follow_each(*model, support.factor, active, sign, count, work, column)
            done += solved
    active = active[:count]
    support.columns, support.diagonal = columns[active], diagonal[active]
    return outcome, found[:done]


@kernel(reorder=True)
def follow_each(matrix, own, diagonal, q, b, weights, strengths, found, factor, active, sign, count, work, column):
    """Move b to the minimum for the weights times each strength; the outcome, the size of the support, how many were found

    It returns early once the support is large. A coefficient that is active has a sign, also where it has only begun to move.
    """
    size = b.shape[0]
    weight, slope, centre = work[2], work[3], work[4]
    for k in range(strengths.shape[0]):
        for j in range(size):
            centre[j], weight[j] = b[j], strengths[k] * weights[j]
        begin(sign, q, weight, weight, slope)
        outcome, count = follow(matrix, diagonal, q, b, weight, slope, factor, active, sign, count, work, column)
        for j in range(size):
            found[k, j] = b[j]
            # The model is about this point from here on: what RIDGE added is not part of its gradient.
            q[j] += RIDGE * own[j] * (b[j] - centre[j])
        if outcome != FINISHED:
            return outcome, count, k
        if count >= MANY:
            return FINISHED, count, k + 1
    return FINISHED, count, strengths.shape[0]


@kernel(reorder=True, part=True)
def begin(sign, q, wanted, weight, slope):
    """Fill in weights for which b is optimal, and what the wanted ones are beyond them; `weight` may be where those are

    They are those of the gradient where active, and where not the wanted ones times a common factor, the least that will do.
    """
    top = 1.0
    for j in range(q.shape[0]):
        if sign[j] == 0.0:
            top = max(top, abs(q[j]) / wanted[j])
    for j in range(q.shape[0]):
        limit = wanted[j]
        weight[j] = sign[j] * q[j] if sign[j] != 0.0 else top * limit
        slope[j] = limit - weight[j]


@kernel(reorder=True, part=True)
def follow(matrix, diagonal, q, b, weight, weight_slope, factor, active, sign, count, work, column):
    """Move the weights by their slope over a unit of time, and b with them; the outcome and the size of the support."""
    size = b.shape[0]
    b_slope, change = work[0], work[1]
    time, last = 0.0, NONE
    for _ in range(EVENTS_PER_COLUMN * size + EVENTS):
        for i in range(count):
            b_slope[i] = -weight_slope[active[i]] * sign[active[i]]
        solve(factor, count, b_slope)
        # What q falls by where it is inactive.
        products(matrix, active, count, b_slope, sign, change)

        step, dropped, entering, entering_sign = 1.0 - time, NONE, NONE, 0.0
        for i in range(count):
            if b_slope[i] * sign[active[i]] < 0.0:
                until = max(-b[active[i]] / b_slope[i], 0.0)
                if until < step:
                    step, dropped = until, i
        for j in range(size):
            if sign[j] == 0.0:
                noise = ROUNDING * (abs(change[j]) + abs(weight_slope[j]))
                for k in range(2):
                    side = 1.0 - 2.0 * k
                    closing = -side * change[j] - weight_slope[j]
                    if closing > noise:
                        until = (weight[j] - side * q[j]) / closing
                        if until < step and (j != last or until > ROUNDING):
                            step, dropped, entering, entering_sign = max(until, 0.0), NONE, j, side

        time += step
        for i in range(count):
            b[active[i]] += step * b_slope[i]
        for j in range(size):
            weight[j] += step * weight_slope[j]
            # Active gradients equal their weights by construction: set so, they do not drift.
            q[j] = sign[j] * weight[j] if sign[j] != 0.0 else q[j] - step * change[j]
        last = NONE
        if dropped >= 0:
            last = active[dropped]
            b[last], sign[last] = 0.0, 0.0
            remove(factor, count, dropped)
            count -= 1
            for k in range(dropped, count):
                active[k] = active[k + 1]
        elif entering >= 0:
            if count == factor.shape[0]:
                return NO_ROOM, count
            entries_at(matrix, entering, active, count, column)
            if not append(factor, count, column, diagonal[entering], SMALLEST_PIVOT):
                return DEPENDENT, count
            active[count], sign[entering] = entering, entering_sign
            count += 1
        else:
            return FINISHED, count
    return TOO_MANY_EVENTS, count
