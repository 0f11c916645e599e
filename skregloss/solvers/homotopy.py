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
from .quadratic import Quadratic, entries_at, products, subtract_column

# Added to the Gram diagonal, relative to it: enough to keep duplicate columns apart. Since q belongs to the point the model
# is built at, it makes the model a proximal-point step, whose error vanishes as that point converges.
RIDGE = 1e-10
SMALLEST_PIVOT = 1e-13
ROUNDING = 1e-12
# Diagonals that agree to this are of the same matrix.
SAME = 1e-12
# The weights are given up on after so many events.
EVENTS_PER_COLUMN, EVENTS = 20, 100

FINISHED, DEPENDENT, TOO_MANY_EVENTS, NO_ROOM = 0, 1, 2, 3
# Typed, lest callees be compiled for the literal as well.
NONE = np.int64(-1)

append, remove, solve = cholesky.append, cholesky.remove, cholesky.solve


class Support:
    """The Cholesky factor of a support, from one minimisation to the next: O(k^2) per column that has come or gone."""

    def __init__(self):
        self.columns, self.diagonal, self.factor = np.empty(0, dtype=np.int64), np.empty(0), np.empty((0, 0))

    def scale(self, share):
        """Make it that of the matrix times a number"""
        count = len(self.columns)
        self.diagonal *= share
        self.factor[:count, :count] *= np.sqrt(share)

    def places_in(self, columns, diagonal):
        """Where it is in sorted `columns`, -1 for those that are not there; nowhere if the diagonal is not what it was"""
        if len(columns) == 0 or len(self.columns) == 0:
            return self.columns[:0]
        places = np.minimum(np.searchsorted(columns, self.columns), len(columns) - 1)
        there = columns[places] == self.columns
        if (np.abs(diagonal[places] - self.diagonal)[there] > SAME * self.diagonal[there]).any():
            return places[:0]
        return np.where(there, places, -1)

    def reserve(self, size, used):
        """Room for so many columns, where so many are in use"""
        if len(self.factor) < size:
            room = size + size // 8
            # What is in use is small: the old room is given up before the new one is taken.
            part = self.factor = self.factor[:used, :used].copy()
            self.factor = np.empty((room, room))
            self.factor[:used, :used] = part


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
    size, own, given = len(b), quadratic.diagonal, quadratic.given
    added = strengths[0] * ridge + RIDGE * own
    places = support.places_in(columns, own + added)
    support.reserve(max(quadratic.rank, len(places)) + 1, len(places))
    found = np.empty((len(strengths), size))
    q = q - strengths[0] * ridge * b
    if (b * q < 0.0).any():  # a first fit, from zero, need not compile it
        zero_wrong_signs(*given, added, q, b)
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
            count = extend(*given, diagonal, lacking, active, support.factor, count, column)
        if count < 0:  # they are dependent
            q += quadratic @ b + added * b
            b[:], sign[:], count = 0.0, 0.0, 0
        part, outcome = slice(done, done + 1 if ridged else None), NO_ROOM
        while outcome == NO_ROOM:
            support.reserve(count + 1, count)
            matrix, room = (*given, own, diagonal), (support.factor, active, sign, count, work, column)
            outcome, count, solved = follow_each(*matrix, q, b, weights, strengths[part], found[part], *room)
            done += solved
            part = slice(done, part.stop)
    active = active[:count]
    support.columns, support.diagonal = columns[active], diagonal[active]
    return outcome, found[:done]


@kernel(reorder=True)
def follow_each(gram, rows, own, diagonal, q, b, weights, strengths, found, factor, active, sign, count, work, column):
    """Move b to the minimum for the weights times each strength; the outcome, the size of the support, how many were found

    The weights to begin with are those for which b is optimal. They are those of the gradient where active, and where not
    the wanted ones times a common factor: the strength before, or at first the least that will do. A coefficient that is
    active has a sign, also where it has only begun to move.
    """
    size, before = b.shape[0], 0.0
    weight, slope, centre = work[2], work[3], work[4]
    for k in range(strengths.shape[0]):
        strength = strengths[k]
        top = max(before / strength, 1.0)
        for j in range(size):
            centre[j] = b[j]
            if before == 0.0 and sign[j] == 0.0:
                top = max(top, abs(q[j]) / (strength * weights[j]))
        for j in range(size):
            wanted = strength * weights[j]
            weight[j] = sign[j] * q[j] if sign[j] != 0.0 else top * wanted
            slope[j] = wanted - weight[j]
        outcome, count = follow(gram, rows, diagonal, q, b, weight, slope, factor, active, sign, count, work, column)
        for j in range(size):
            found[k, j] = b[j]
            # The model is about this point from here on: what RIDGE added is not part of its gradient.
            q[j] += RIDGE * own[j] * (b[j] - centre[j])
        if outcome != FINISHED:
            return outcome, count, k
        before = strength
    return FINISHED, count, strengths.shape[0]


def kept(factor, places, b):
    """The places of a factor's columns, after those that are not to be had (-1) or zero have been taken out of it"""
    gone = np.flatnonzero((places < 0) | (b[places] == 0.0))
    for i in range(len(gone)):
        remove(factor, len(places) - i, gone[-1 - i])
    return np.delete(places, gone) if len(gone) else places


@kernel
def zero_wrong_signs(gram, rows, added, q, b):
    """Set coefficients to zero whose gradient has the wrong sign, until there is none"""
    wrong = True
    while wrong:
        wrong = False
        for j in range(b.shape[0]):
            if b[j] * q[j] < 0.0:
                subtract_column(gram, rows, j, -b[j], q)
                q[j] += b[j] * added[j]
                b[j], wrong = 0.0, True


@kernel
def extend(gram, rows, diagonal, lacking, active, factor, count, column):
    """Take the columns that are lacking into the factor of those in `active`; its size, -1 if they are dependent"""
    for j in range(lacking.shape[0]):
        if lacking[j] != 0.0:
            entries_at(gram, rows, j, active, count, column)
            if not append(factor, count, column, diagonal[j], SMALLEST_PIVOT):
                return NONE
            active[count] = j
            count += 1
    return count


@kernel(reorder=True)
def follow(gram, rows, diagonal, q, b, weight, weight_slope, factor, active, sign, count, work, column):
    """Move the weights by their slope over a unit of time, and b with them; the outcome and the size of the support."""
    size = b.shape[0]
    b_slope, change = work[0], work[1]
    time, last = 0.0, NONE
    for _ in range(EVENTS_PER_COLUMN * size + EVENTS):
        for i in range(count):
            b_slope[i] = -weight_slope[active[i]] * sign[active[i]]
        solve(factor, count, b_slope)
        # What q falls by where it is inactive.
        products(gram, rows, active, count, b_slope, sign, change)

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
            entries_at(gram, rows, entering, active, count, column)
            if not append(factor, count, column, diagonal[entering], SMALLEST_PIVOT):
                return DEPENDENT, count
            active[count], sign[entering] = entering, entering_sign
            count += 1
        else:
            return FINISHED, count
    return TOO_MANY_EVENTS, count
