"""Proxes of penalties that bind all coefficients of a block together: the kernels that such penalties enter."""

from __future__ import annotations

import numpy as np

from .._jit import kernel


@kernel
def joint_prox(penalty, z, step, starts, strengths, weights):
    """The prox of every block"""
    there = np.empty(len(z))
    for g in range(len(strengths)):
        own = slice(starts[g], starts[g + 1])
        penalty.block_prox(z[own], step, strengths[g], weights[g], there[own])
    return there


@kernel
def joint_distances(penalty, b, grad, starts, strengths, weights):
    """|b - prox(b - step grad)| / step, coefficient by coefficient, with a step that makes both of its arguments count"""
    result = np.empty(len(b))
    for g in range(len(strengths)):
        largest, steepest = 0.0, 0.0
        for i in range(starts[g], starts[g + 1]):
            largest, steepest = max(largest, abs(b[i])), max(steepest, abs(grad[i]))
        step = largest / steepest if largest > 0.0 and steepest > 0.0 else 1.0
        own = slice(starts[g], starts[g + 1])
        penalty.block_prox(b[own] - step * grad[own], step, strengths[g], weights[g], result[own])
        for i in range(starts[g], starts[g + 1]):
            result[i] = abs(result[i] - b[i]) / step
    return result


@kernel
def joint_slopes(penalty, b, starts, strengths, weights):
    """P' along the pieces that coefficients are equal on, spread over the coefficients of each"""
    result = np.empty(len(b))
    for g in range(len(strengths)):
        own = slice(starts[g], starts[g + 1])
        penalty.block_slope(b[own], strengths[g], weights[g], result[own])
    return result


@kernel
def joint_pieces(penalty, b, starts, owner, sign, size, joined):
    """The pieces of all blocks, numbered from block to block, as `Penalty.block_pieces` has them; their number"""
    count = 0
    for g in range(len(starts) - 1):
        own = slice(starts[g], starts[g + 1])
        found = penalty.block_pieces(b[own], owner[own], sign[own], size[count:], joined[count:])
        for i in range(starts[g], starts[g + 1]):
            if owner[i] >= 0:
                owner[i] += count
        count += found
    return count
