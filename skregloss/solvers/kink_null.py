"""The null model of a loss with kinks, and the choice of its slopes, which decides alpha_max.

Samples tied at a kink leave the slopes of the null model free within their intervals. It stays optimal as long as *some*
choice keeps every gradient entry within its strength:

    alpha_max = min over u of max_j |x_j'Wu| / factor_j     subject to   Z'Wu = 0,   u_i between the slopes at eta_i

which is a linear program in as many unknowns as there are ties. Columns enter it as they are found to matter.
"""

from __future__ import annotations

import numpy as np

from .free_block import FreeBlock
from .kinks import slope_range

# Columns that enter the linear program at a time, and how often.
MOST_COLUMNS, MOST_ROUNDS = 20, 30
# What may be missing from the least maximum.
ENOUGH = 1e-9


def least_slopes(problem, blocks, eta, slopes, distance):
    """Slopes at eta, in balance, for which the largest gradient entry of a penalised column is least.

    `slopes` are any that are in balance with the free block, or nearly so; they are the answer where there are no ties.
    """
    low, high = slope_range(problem.data.kernel_loss, problem.y, eta, distance)
    tied = np.flatnonzero((high > low) & (problem.weights > 0.0))
    free = FreeBlock(problem, blocks.free)
    fixed = np.where(high > low, 0.0, low)
    if len(tied) == 0:
        return fixed
    program = _Ties(problem, blocks, free, tied, fixed, low[tied], high[tied])
    balanced = program.balance(np.clip(slopes[tied], low[tied], high[tied]))
    if program.rank < len(tied):
        balanced = program.minimize(balanced)
    fixed[tied] = balanced
    return fixed


class _Ties:
    """The slopes of the tied samples as unknowns, in balance with those of the others."""

    def __init__(self, problem, blocks, free, tied, fixed, low, high):
        self.problem, self.blocks, self.tied, self.low, self.high = problem, blocks, tied, low, high
        self.weights = problem.weights[tied]
        rest = problem.weights * fixed
        self.rest_gradient = problem.design.rmatvec(rest, blocks.penalized)
        self.free_matrix = free.entries(tied).T
        self.free_rest = free.gradient(rest)
        self.rank = np.linalg.matrix_rank(self.free_matrix) if free.size else 0
        factors = problem.factors[blocks.penalized]
        self.factors = np.where(factors > 0.0, factors, 1.0)
        # Where a bound forbids the direction in which a column would move, its gradient is of no interest.
        self.up, self.down = problem.high[blocks.penalized] > 0.0, problem.low[blocks.penalized] < 0.0

    def balance(self, slopes):
        """The slopes moved, those with more room first, until the free block balances."""
        weighted = self.free_matrix * self.weights
        for _ in range(3 if len(self.free_rest) else 0):
            missing = self.free_rest + weighted @ slopes
            room = np.minimum(slopes - self.low, self.high - slopes)
            room = room if room.max() > 0.0 else np.ones(len(room))
            multipliers = np.linalg.pinv((weighted * room) @ weighted.T, hermitian=True) @ missing
            slopes = np.clip(slopes - room * (weighted.T @ multipliers), self.low, self.high)
        return slopes

    def sizes(self, slopes):
        """-x_j'Wu / factor_j where it would raise a coefficient that may rise, or lower one that may fall"""
        product = self.problem.weights * 0.0
        product[self.tied] = self.weights * slopes
        pull = -(self.rest_gradient + self.problem.design.rmatvec(product, self.blocks.penalized)) / self.factors
        return np.maximum(np.where(self.up, pull, 0.0), np.where(self.down, -pull, 0.0))

    def minimize(self, slopes):
        """The linear program, on those columns only that have been the largest."""
        from scipy.optimize import linprog

        best, sizes = slopes, self.sizes(slopes)
        columns = np.empty(0, dtype=np.int64)
        bounds = np.column_stack([np.append(self.low, 0.0), np.append(self.high, np.inf)])
        for _ in range(MOST_ROUNDS):
            new = np.setdiff1d(np.argsort(-sizes)[:MOST_COLUMNS], columns)
            if sizes.max(initial=0.0) == 0.0 or len(new) == 0:
                break
            columns = np.concatenate([columns, new])
            at = self.blocks.penalized[columns]
            entries = self.problem.design.entries(self.tied, at).T * self.weights / self.factors[columns][:, None]
            rest = self.rest_gradient[columns] / self.factors[columns]
            unit = max(np.abs(rest).max(), np.abs(entries).sum(axis=1).max(), 1e-300)
            least = -np.ones((len(columns), 1))
            matrix = np.vstack(
                [
                    np.hstack([-entries / unit, least])[self.up[columns]],
                    np.hstack([entries / unit, least])[self.down[columns]],
                ]
            )
            limits = np.concatenate([rest[self.up[columns]], -rest[self.down[columns]]]) / unit
            lengths = np.abs(self.free_matrix * self.weights).sum(axis=1) + 1e-300
            equal = np.hstack([self.free_matrix * self.weights / lengths[:, None], np.zeros((len(lengths), 1))])
            found = linprog(
                np.append(np.zeros(len(slopes)), 1.0), matrix, limits, equal if len(lengths) else None,
                -self.free_rest / lengths if len(lengths) else None, bounds, method="highs",
            )  # fmt: skip
            if found.x is None:
                break
            slopes = self.balance(np.clip(found.x[:-1], self.low, self.high))
            now = self.sizes(slopes)
            if now.max() < self.sizes(best).max():
                best = slopes
            # The program has fewer columns than there are: its optimum is a lower bound.
            if now.max() <= found.fun * unit * (1.0 + ENOUGH):
                break
            sizes = now
        return best
