"""The exact path (`kink_path`) from a judged point to the optimum, on the samples and columns that can matter for it."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from . import kink_path
from .saddle import balanced, saddle_point

# The samples and columns that take part: so many times those at kinks and in the support, and some more.
MORE_ROWS, MORE_COLUMNS, SOME = 4, 2, 200
MOST_WALKS = 6
# Errors that are rounding, and violations that are, relative to the null model's gradient.
ROUNDING, NOTHING = 1e-14, 1e-10
# What a round of the multipliers costs, in multiplications: for a sample, without and for each column of the support; for the
# cube of these; and at least. And how many rounds a path may cost in the end.
ROUND, ROUND_PER_COLUMN, ROUND_SOLVES, SMALL = 1000.0, 150.0, 20.0, 3e7
PATIENCE = 2.0


def serves(problem, blocks) -> bool:
    """Whether there is such a path: the loss has straight pieces, and the penalty is a weighted L1 norm"""
    terms, parts = blocks.terms, problem.penalty.l1_l2_parts()
    if problem.loss.pieces(problem.y[:1]) is None or problem.bounded or terms.grouped:
        return False
    return len(terms.columns) == 0 or (parts is not None and parts[0] > 0.0 == parts[1])


def walk(problem, judge, now, time):
    """The best judged point that paths from `now`, where t is `time`, lead to; `now` if none is better."""
    point = now.point
    kinks, active = np.count_nonzero(point.kinked), np.count_nonzero(point.coef[judge.blocks.penalized]) + judge.free.size
    left = max(len(problem.y) * (ROUND + ROUND_PER_COLUMN * active) + ROUND_SOLVES * active**3, SMALL)
    rows, columns = min(MORE_ROWS * kinks + SOME, len(problem.y)), min(MORE_COLUMNS * active + SOME, problem.n_features)
    # After another round the path would be far shorter: about every kink is an event of it.
    if kinks * _event_cost(kinks, active, rows, columns) > left:
        return now
    best, rows, columns, left = now, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), PATIENCE * left
    for _ in range(MOST_WALKS):
        start = _Start(problem, judge, now, time)
        rows, columns = start.rows(rows), start.columns(columns)
        cost = _event_cost(kinks, active, len(rows), len(columns))
        there, events = start.follow(rows, columns, int(left / cost))
        if there is None:
            break
        now, time, left = judge(balanced(problem, judge.free, there)), start.time, left - events * cost
        best = now if now.error < best.error else best
        if best.error <= ROUNDING:
            break
    return best


def _event_cost(kinks, active, rows, columns):
    return rows * (active + 5) + kinks * columns


class _Start:
    """Where a path begins: at the coefficients and slopes of a point, which are optimal there for some shifts and weights."""

    def __init__(self, problem, judge, now, time):
        self.problem, self.judge, self.now, self.time = problem, judge, now, time
        point = now.point
        self.knots, self.slopes = problem.loss.pieces(problem.y)
        self.knots -= problem.offset[:, None]
        self.duals = np.clip(point.duals, self.slopes[:, 0], self.slopes[:, -1])
        eta = point.eta - problem.offset
        self.state, self.zeta, self.room = kink_path.begin(self.knots, self.slopes, self.duals, eta, problem.weights, time)
        self.violated = now.violation > NOTHING * judge.null.gradient_size

    def rows(self, others):
        """The samples that take part: those at kinks or on the wrong piece, the nearest to kinks, and those of `others`"""
        count = min(MORE_ROWS * np.count_nonzero(self.room == 0.0) + SOME, len(self.room))
        chosen = np.zeros(len(self.room), dtype=bool)
        chosen[np.argpartition(self.room, count - 1)[:count]] = True
        chosen &= np.isfinite(self.room)
        chosen[others] = True
        return np.flatnonzero(chosen)

    def columns(self, others):
        """The places of the penalised columns that take part"""
        chosen = self.violated | (self.now.point.coef[self.judge.blocks.terms.columns] != 0.0)
        count = min(MORE_COLUMNS * np.count_nonzero(chosen) + SOME, len(chosen))
        if count:
            size = np.abs(self.now.gradient) / self.judge.blocks.terms.strengths
            chosen[np.argpartition(-size, count - 1)[:count]] = True
        chosen[others] = True
        return np.flatnonzero(chosen)

    def follow(self, rows, places, most_events):
        """The point at the end of the path of these samples and columns, and the number of events; None if there is no end"""
        problem, point, free, terms = self.problem, self.now.point, self.judge.free, self.judge.blocks.terms
        columns = terms.columns[places]
        matrix = np.ascontiguousarray(np.hstack([free.entries(rows), problem.design.entries(rows, columns)]))
        gradient = self._gradient(columns)
        wanted = np.concatenate([np.zeros(free.size), problem.penalty.l1_l2_parts()[0] * terms.strengths[places]])
        coef = np.concatenate([point.intercept, point.coef[free.columns], point.coef[columns]])
        # Coefficients whose gradient goes with the other sign have no weight for which they are optimal.
        coef[free.size :][(coef * gradient)[free.size :] > 0.0] = 0.0
        active = np.zeros(len(coef) + 1, dtype=np.int64)
        inside = np.flatnonzero((coef != 0.0) | (wanted == 0.0))
        active[: len(inside)] = inside
        state = self.state[rows]
        zeta = self.zeta[rows]
        self.time, events = kink_path.follow(
            matrix, np.ascontiguousarray(matrix.T), problem.weights[rows], self.knots[rows], self.slopes[rows], state,
            zeta, gradient, wanted, coef, active, len(inside), self.time,
            most_events,
        )  # fmt: skip
        if events < 0:
            return None, 0
        self.duals[rows] = zeta
        self._polish(rows[state % 2 == 1], state[state % 2 == 1] // 2, columns, matrix[state % 2 == 1], coef, wanted)
        found, count = point.coef.copy(), len(point.intercept)
        found[free.columns], found[columns] = coef[count : free.size], coef[free.size :]
        return saddle_point(problem, found, coef[:count], self.duals, point.step, point.curvature), events

    def _gradient(self, columns):
        """The derivative by the free block and these columns"""
        weighted = self.problem.weights * self.duals
        return np.concatenate([self.judge.free.gradient(weighted), self.problem.design.rmatvec(weighted, columns)])

    def _polish(self, rows, kinks, columns, matrix, coef, wanted):
        """Solve the equations of the end of a path once more: samples are at their kinks, gradients what they must be"""
        problem = self.problem
        inside = np.flatnonzero((coef != 0.0) | (wanted == 0.0))
        if len(rows) == 0 or len(inside) == 0:
            return
        matrix = matrix[:, inside]
        coef[inside] += _least_squares(matrix, self.knots[rows, kinks] - matrix @ coef[inside])
        excess = self._gradient(columns)[inside] + np.sign(coef[inside]) * wanted[inside]
        self.duals[rows] -= _least_squares(matrix.T, excess) / problem.weights[rows]


def _least_squares(matrix, right):
    return linalg.lstsq(matrix, right, lapack_driver="gelsy", check_finite=False)[0]
