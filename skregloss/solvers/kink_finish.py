"""The exact finish for losses with kinks: once it is known which samples lie at a kink, the optimum solves linear equations.

With S the support and F the free block, K the samples at a kink, and A the rows K of [Z_F, X_S]:

    A d = kink_K - eta_K,        A' W_K e + P''(b_S) d = -(Z_F, X_S)' W u - P'(b_S)

for the moves d of the coefficients and e of the slopes. Of coefficients that are bound together S is not a set of columns:
X_S d are the directions that leave them on the smooth piece of the penalty that they are on. Where their solution leaves a
slope's interval, a piece of the loss or a sign behind, K and S change accordingly, and the equations are solved again:
Newton's method on the optimality conditions, without smoothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from .envelope import smoothed
from .saddle import improved_point, saddle_point

# More unknowns are left to the iteration: the equations cost their cube.
LARGEST_SYSTEM = 500
MOST_SYSTEMS = 8
# So many times the least error, and the equations lead away from the optimum.
DIVERGED = 100.0
# An error that has fallen to this share of what it was may fall further.
FALL = 0.1
# A number of either sign so small that it changes nothing but the sign of zero.
SPECK = 1e-290


@dataclass(frozen=True)
class _Sets:
    """K; the places of S among the penalised columns, with signs where they must not change; how many coefficients are unknown.

    For coefficients that are bound together the signs are what tells one piece of the penalty from another.
    """

    kinked: np.ndarray
    support: np.ndarray
    signs: np.ndarray
    count: int

    @property
    def promising(self) -> bool:
        """Whether there are equations, and kinks are not so many, ties apart, that they have hardly been told yet."""
        kinks, columns = len(self.kinked), self.count + 1
        return 0 < kinks + columns <= LARGEST_SYSTEM and kinks <= 2 * columns + 10

    def same(self, other) -> bool:
        pairs = ((self.kinked, other.kinked), (self.support, other.support), (self.signs, other.signs))
        return all(np.array_equal(*pair) for pair in pairs)


def finish(problem, judge, now, before):
    """The best judged point that solving the equations of `now`'s kinks and support leads to; `now` if none is better.

    `before` is where the augmented Lagrangian was formed that `now` comes from.
    """
    best, last, error = now, None, np.inf
    sets_of = _joint_sets if judge.blocks.terms.joint else _sets
    for _ in range(MOST_SYSTEMS):
        sets = sets_of(problem, judge, now)
        # Solved once more the same equations help only if they are not linear, as those of matrices of a rank are.
        if (last is not None and sets.same(last) and not now.error < FALL * error) or not sets.promising:
            break
        error = now.error
        solved = _solve(problem, judge, now.point, before, sets)
        if solved is None:
            break
        before, last = solved, sets
        now = judge(_cut_back(problem, solved, sets.kinked))
        best = now if now.error < best.error else best
        if best.converged or not now.error < DIVERGED * best.error:
            break
    return best


def _cut_back(problem, solved, kinked):
    """`solved` with the slopes beyond their intervals cut back, which takes their samples off the kink."""
    around = smoothed(problem, solved.step, solved.duals)
    point = improved_point(problem, solved, around.at(solved.coef, solved.intercept, solved.eta + solved.step * solved.duals))
    # These slopes are known to more digits than their sum with eta keeps.
    stayed = kinked[point.kinked[kinked]]
    point.duals[stayed] = solved.duals[stayed]
    point.gradient[stayed] = problem.weights[stayed] * solved.duals[stayed]
    return point


def _sets(problem, judge, now) -> _Sets:
    point, terms = now.point, judge.blocks.terms
    coef = point.coef[terms.columns]
    unpenalized = np.zeros(len(coef), dtype=bool) if terms.grouped else terms.strengths == 0.0
    inside = (problem.low[terms.columns] < coef) & (coef < problem.high[terms.columns])
    parts = problem.penalty.l1_l2_parts()
    smooth = unpenalized if parts is None or parts[0] > 0.0 else np.ones(len(coef), dtype=bool)
    # Zero coefficients of a convex penalty whose gradient exceeds it enter with the sign that they would take.
    enters = np.zeros(len(coef), dtype=bool)
    if problem.penalty.convex and not terms.grouped:
        enters = now.violation > 1e-9 * judge.null.gradient_size
    places = np.flatnonzero(inside & (smooth | enters | (coef != 0.0)))
    signs = np.where(coef != 0.0, np.sign(coef), -np.sign(now.gradient))
    signs = np.where(smooth | (not terms.kinked), 0.0, signs)
    return _Sets(np.flatnonzero(point.kinked), places, signs[places], len(judge.blocks.free) + len(places))


def _joint_sets(problem, judge, now) -> _Sets:
    point, terms = now.point, judge.blocks.terms
    coef = terms.of(point.coef)
    basis, _ = terms.directions(coef, now.gradient)
    count = len(judge.blocks.free) + basis.shape[1]
    return _Sets(np.flatnonzero(point.kinked), np.arange(len(coef)), terms.piece(coef), count)


@dataclass(frozen=True)
class _Moves:
    """The moves of S: rows K of what they do to eta, and the derivative and the curvature of the objective along them"""

    entries: np.ndarray
    slope: np.ndarray
    bend: np.ndarray
    moved: Callable


def _moves_of_columns(problem, judge, point, sets) -> _Moves:
    terms = judge.blocks.terms
    coef = point.coef[terms.columns]
    entering = sets.support[coef[sets.support] == 0.0]
    coef[entering] = SPECK * np.where(sets.signs[coef[sets.support] == 0.0] < 0.0, -1.0, 1.0)
    slope, bend = terms.slopes(coef, sets.support, smooth=False)
    support = terms.columns[sets.support]

    def moved(coef, move):
        coef[support] += move
        coef[support[(sets.signs != 0.0) & (coef[support] * sets.signs <= 0.0)]] = 0.0
        return coef

    gradient = problem.design.rmatvec(point.gradient, support)
    return _Moves(problem.design.entries(sets.kinked, support), gradient + slope, bend, moved)


def _moves_of_pieces(problem, judge, point, sets) -> _Moves:
    terms = judge.blocks.terms
    here, gradient = terms.of(point.coef).copy(), problem.gradient_on(terms, point)
    basis, bends = terms.directions(here, gradient)

    def moved(coef, move):
        coef[terms.columns] = terms.moved_on_piece(here, move)
        return coef

    entries = problem.design.entries(sets.kinked, terms.columns) @ basis
    return _Moves(entries, basis.T @ gradient + terms.piece_slopes(here, basis), bends, moved)


def _solve(problem, judge, point, before, sets):
    """The saddle point that solves the equations, its slopes as they come out; None if they cannot be solved."""
    free, weights = judge.free, problem.weights
    moves = (_moves_of_pieces if judge.blocks.terms.joint else _moves_of_columns)(problem, judge, point, sets)
    rows, size, bend = len(sets.kinked), free.size + len(moves.slope), moves.bend
    gradient = np.concatenate([free.gradient(point.gradient), moves.slope])
    kinks = point.eta + point.step * (before.duals - point.duals)
    matrix = np.hstack([free.entries(sets.kinked), moves.entries])
    # In units of a typical weight and of the columns' lengths, so that all unknowns and equations are of one size.
    unit = weights[sets.kinked].mean() if rows else 1.0
    lengths = np.sqrt((matrix**2).sum(axis=0) / max(rows, 1))
    lengths[lengths == 0.0] = 1.0
    matrix /= lengths
    system = np.zeros((rows + size, rows + size))
    system[:rows, :size] = matrix
    system[rows:, size:] = matrix.T
    curved = np.diag(bend) if bend.ndim == 1 else bend
    system[rows + free.size :, free.size : size] = curved / (unit * np.outer(lengths, lengths)[free.size :, free.size :])
    right = np.concatenate([(kinks - point.eta)[sets.kinked], -gradient / (unit * lengths)])
    move, *_ = linalg.lstsq(system, right, lapack_driver="gelsy", check_finite=False)
    if not np.isfinite(move).all():
        return None
    move[:size] /= lengths
    coef, intercept = free.add(point, move[: free.size])
    coef = moves.moved(coef, move[free.size : size])
    slopes = point.duals.copy()
    slopes[sets.kinked] += move[size:] * unit / weights[sets.kinked]
    return saddle_point(problem, problem.clip(coef), intercept, slopes, point.step, point.curvature)
