"""Columns outside a support, as the homotopy of the weights goes on: which may enter, and the slopes of their gradients."""

from __future__ import annotations

import numpy as np

from .._jit import kernel


@kernel(reorder=True)
def split(gram, q, weight, weight_slope, sign, left, bend, others):
    """List inactive columns, first those that may enter within the time that is left; how many these are, and all

    Over that time q_j changes by no more than sqrt(G_jj bend), bend = db'G db, as G is positive semidefinite.
    """
    near, inactive = 0, 0
    for j in range(q.shape[0]):
        if sign[j] == 0.0:
            others[inactive] = j
            reach = left * (np.sqrt(gram[j, j] * bend) - min(weight_slope[j], 0.0))
            if not abs(q[j]) + reach < weight[j]:
                others[inactive], others[near] = others[near], j
                near += 1
            inactive += 1
    return near, inactive


@kernel(reorder=True)
def slopes_along(gram, b_slope, active, count, others, spread, q_slope):
    """Fill in the slopes of q of some inactive columns: row by row of the active ones, or of these if they are fewer"""
    size = spread.shape[0]
    if count < others.shape[0]:
        for j in range(size):
            q_slope[j] = 0.0
        for i in range(count):
            for j in range(size):
                q_slope[j] -= b_slope[i] * gram[active[i], j]
    elif others.shape[0] > 0:
        for j in range(size):
            spread[j] = 0.0
        for i in range(count):
            spread[active[i]] = b_slope[i]
        for k in range(others.shape[0]):
            total = 0.0
            for j in range(size):
                total += spread[j] * gram[others[k], j]
            q_slope[others[k]] = -total
