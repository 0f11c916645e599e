"""Exact minimisation of a loss of straight pieces plus a weighted L1 norm, by following the step of its envelope to zero.

Any coefficients b and slopes u are the exact minimum of *some* envelope (`envelope`) with *some* weights: with t = 1 / step,
let every sample have

    zeta_i = t eta_i + shift_i,        u_i = zeta_i - t k  within the slopes beside the kink k that the sample is at,
                                       u_i = s             on the piece with slope s,

the shift being what makes this true at the start; and let every weight be that for which b is optimal, as in `homotopy`.
From there the weights move to the wanted ones, and t grows without end: the shifts cease to matter, and the minimum becomes
that of the loss itself. With K the samples at kinks and A the active columns, beta = t b moves on straight pieces,

    X_KA'W X_KA dbeta = d(X_A'W u) + X_KA'W k dt,        dzeta = X_A dbeta,

which end where a sample comes to a kink or leaves it, an active coefficient reaches zero, or an inactive gradient its weight.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from . import cholesky

# Added to the diagonal of the matrix, relative to it: where fewer samples are at kinks than columns are active, the path goes
# very fast and not infinitely so in the directions that are left.
RIDGE = 1e-12
SMALLEST_PIVOT = 1e-14
ROUNDING = 1e-12
# The factor is formed anew after so many events, lest rounding accumulate.
FRESH = 50
# Nothing happens any more once t would have to grow by this factor.
FAR = 1e4
# Typed, lest callees be compiled for the literal as well.
NONE = np.int64(-1)

append, remove, solve, rank_one = cholesky.append, cholesky.remove, cholesky.solve, cholesky.rank_one


@kernel
def begin(knots, slopes, duals, eta, weights, time):
    """The states and the zeta of samples with these slopes, and how far zeta is from a change of state

    The last is zero at kinks, and where eta is on another piece than the slope is of, for which the shift then makes up.
    """
    size, count = knots.shape
    state, zeta, room = np.empty(size, dtype=np.int64), np.empty(size), np.empty(size)
    for i in range(size):
        piece = 0
        while piece < count and slopes[i, piece] < duals[i]:
            piece += 1
        if slopes[i, piece] > duals[i]:
            state[i], zeta[i], room[i] = 2 * piece - 1, time * knots[i, piece - 1] + duals[i], 0.0
        else:
            low = knots[i, piece - 1] if piece > 0 else -np.inf
            high = knots[i, piece] if piece < count else np.inf
            state[i], room[i] = 2 * piece, max(time * min(eta[i] - low, high - eta[i]), 0.0)
            zeta[i] = time * min(max(eta[i], low), high) + duals[i]
        if weights[i] == 0.0:
            room[i] = np.inf
    return state, zeta, room


@kernel(reorder=True)
def factorize(matrix, weight, state, active, count, factor, work):
    """The Cholesky factor of X_KA'W X_KA; whether there is one"""
    for a in range(count):
        for c in range(a + 1):
            work[c] = 0.0
        for i in range(matrix.shape[0]):
            if state[i] % 2 == 1:
                row = matrix[i]
                own = weight[i] * row[active[a]]
                for c in range(a + 1):
                    work[c] += own * row[active[c]]
        if not append(factor, a, work, work[a] * (1.0 + RIDGE) + RIDGE * RIDGE, SMALLEST_PIVOT):
            return False
    return True


@kernel(reorder=True)
def follow(matrix, columns, weight, knots, slopes, state, zeta, gradient, wanted, beta, active, count, time, max_events):
    """Move the coefficients `beta` along the path, and `zeta` to the slopes there; t at its end, and the number of events.

    That is negative if the path was given up.

    The state of a sample is twice the number of its piece, or of the kink that follows it plus one half. Columns with a
    wanted weight of zero are always active; `active` has them, and those with beta != 0, in its first `count` places.
    """
    n_rows, size = matrix.shape
    last_state = 2 * knots.shape[1]
    sign = np.sign(beta)
    for j in range(size):
        beta[j] *= time
    free = np.zeros(size, dtype=np.bool_)
    inside = np.zeros(size, dtype=np.bool_)
    top = 1.0
    for a in range(count):
        inside[active[a]] = True
    for j in range(size):
        free[j] = wanted[j] == 0.0
        if not inside[j]:
            top = max(top, abs(gradient[j]) / wanted[j])
    limit, limit_slope, goal_slope = np.zeros(size), np.zeros(size), np.zeros(size)
    for j in range(size):
        limit[j], limit_slope[j] = top * wanted[j], (1.0 - top) * wanted[j]
        goal_slope[j] = -sign[j] * wanted[j] - gradient[j]
    pull, kinks = np.zeros(size), 0  # X_K'W k
    for i in range(n_rows):
        if state[i] % 2 == 1:
            kinks += 1
            for j in range(size):
                pull[j] += weight[i] * knots[i, state[i] // 2] * matrix[i, j]
    peak = np.zeros(size)
    for j in range(size):
        for i in range(n_rows):
            peak[j] = max(peak[j], abs(matrix[i, j]))
    factor, work, move = np.zeros((size + 1, size + 1)), np.zeros(size + 1), np.zeros(size + 1)
    dense, gradient_slope, speed = np.zeros(size), np.zeros(size), np.zeros(n_rows)
    share, pace, fresh, last_row, last_column = 0.0, 1.0, False, NONE, NONE
    events = 0
    while events < max_events:
        if not fresh or events % FRESH == 0:
            if not factorize(matrix, weight, state, active, count, factor, work):
                return time, NONE
            fresh = True
        rate = time  # so that a unit of the path doubles t
        for a in range(count):
            j = active[a]
            move[a] = pace * goal_slope[j] + pull[j] * rate
        solve(factor, count, move)
        for j in range(size):
            dense[j], gradient_slope[j] = 0.0, 0.0
        for a in range(count):
            dense[active[a]] = move[a]

        step, row, going, dropped, entering, entering_sign = FAR, NONE, 0, NONE, NONE, 0.0
        if pace > 0.0:
            step = 1.0 - share
        # With as many samples at kinks as active columns the coefficients are settled, and slopes move with the weights alone.
        settled = pace == 0.0 and kinks == count
        rounding = 0.0
        for i in range(n_rows):
            speed[i] = 0.0
        for a in range(count):
            column, factor_of = columns[active[a]], move[a]
            for i in range(n_rows):
                speed[i] += factor_of * column[i]
        for i in range(n_rows):
            total, now = speed[i], state[i]
            if now % 2 == 1:
                if settled:
                    continue
                own = weight[i] * (total - knots[i, now // 2] * rate)
                rounding += ROUNDING * weight[i] * (abs(total) + abs(knots[i, now // 2]) * rate)
                for j in range(size):
                    gradient_slope[j] += own * matrix[i, j]
            for side in range(2):
                border = now - side
                if 0 <= border < last_state:
                    knot = knots[i, border // 2]
                    closing = (total - knot * rate) * (1.0 - 2.0 * side)
                    if closing > ROUNDING * (abs(total) + abs(knot) * rate):
                        room = (time * knot + slopes[i, (border + 1) // 2] - zeta[i]) * (1.0 - 2.0 * side)
                        until = max(room / closing, 0.0)
                        if until < step and (i != last_row or until > ROUNDING):
                            step, row, going = until, i, 1 - 2 * side
        for a in range(count):
            j = active[a]
            if not free[j] and move[a] * sign[j] < 0.0:
                until = max(-beta[j] / move[a], 0.0)
                if until < step:
                    step, row, dropped = until, NONE, a
        for j in range(size):
            if not inside[j]:
                noise = rounding * peak[j] + ROUNDING * pace * abs(limit_slope[j])
                for side in range(2):
                    direction = 1.0 - 2.0 * side
                    closing = direction * gradient_slope[j] - pace * limit_slope[j]
                    if closing > noise:
                        until = max((limit[j] - direction * gradient[j]) / closing, 0.0)
                        if until < step and (j != last_column or until > ROUNDING):
                            step, row, dropped, entering, entering_sign = until, NONE, NONE, j, -direction

        if row < 0 and dropped < 0 and entering < 0 and pace == 0.0:
            # Nothing but t moves: the coefficients are those of beta = t b at its end.
            for a in range(count):
                beta[active[a]] = move[a] / rate
            for i in range(n_rows):
                now = state[i]
                zeta[i] = zeta[i] - time * knots[i, now // 2] if now % 2 == 1 else slopes[i, now // 2]
            return time, np.int64(events)
        time += step * rate
        share += step * pace
        for i in range(n_rows):
            zeta[i] += step * speed[i]
        for a in range(count):
            beta[active[a]] += step * move[a]
        for j in range(size):
            limit[j] += step * pace * limit_slope[j]
            gradient[j] += step * (pace * goal_slope[j] if inside[j] else gradient_slope[j])
        last_row, last_column = NONE, NONE
        events += 1
        if row >= 0:
            last_row = row
            leaves = state[row] % 2 == 1
            kink = state[row] // 2 if leaves else (state[row] + min(going, 0)) // 2
            state[row] += going
            direction = -1.0 if leaves else 1.0
            kinks += -1 if leaves else 1
            for j in range(size):
                pull[j] += direction * weight[row] * knots[row, kink] * matrix[row, j]
            root = np.sqrt(weight[row])
            for a in range(count):
                work[a] = root * matrix[row, active[a]]
            fresh = rank_one(factor, count, work, direction, SMALLEST_PIVOT)
        elif dropped >= 0:
            j = active[dropped]
            last_column, beta[j], sign[j], inside[j] = j, 0.0, 0.0, False
            limit[j] = abs(gradient[j])
            limit_slope[j] = wanted[j] - limit[j] if pace == 0.0 else (wanted[j] - limit[j]) / max(1.0 - share, ROUNDING)
            remove(factor, count, dropped)
            count -= 1
            for a in range(dropped, count):
                active[a] = active[a + 1]
        elif entering >= 0:
            sign[entering], inside[entering] = entering_sign, True
            goal_slope[entering] = -entering_sign * limit_slope[entering]
            active[count] = entering
            for a in range(count + 1):
                work[a] = 0.0
            for i in range(n_rows):
                if state[i] % 2 == 1:
                    own = weight[i] * matrix[i, entering]
                    for a in range(count + 1):
                        work[a] += own * matrix[i, active[a]]
            diagonal = work[count] * (1.0 + RIDGE) + RIDGE * RIDGE
            if not append(factor, count, work, diagonal, SMALLEST_PIVOT):
                return time, NONE
            count += 1
        elif pace > 0.0:
            pace = 0.0
            for j in range(size):
                limit[j] = wanted[j]
    return time, NONE
