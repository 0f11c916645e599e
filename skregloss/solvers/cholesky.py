"""A Cholesky factor that grows and shrinks by a row at a time: O(k^2) instead of O(k^3)."""

from __future__ import annotations

import numpy as np

from .._jit import kernel


@kernel(reorder=True)
def solve(factor, size, x):
    """x <- (L L')^-1 x, sooner where x begins with zeros"""
    begun = False
    for i in range(size):
        total = x[i]
        begun = begun or total != 0.0
        if begun:
            for j in range(i):
                total -= factor[i, j] * x[j]
            x[i] = total / factor[i, i]
    for i in range(size - 1, -1, -1):
        # By a name: an entry of x might be one of those that the loop changes, which then takes three times as long.
        value = x[i] / factor[i, i]
        x[i] = value
        for j in range(i):
            x[j] -= factor[i, j] * value


@kernel(reorder=True)
def append(factor, size, column, diagonal, smallest_pivot):
    """Extend L by a column of the matrix; False, leaving L as it was, if it depends on the others."""
    pivot = diagonal
    for i in range(size):
        total = column[i]
        for j in range(i):
            total -= factor[i, j] * factor[size, j]
        factor[size, i] = total / factor[i, i]
        pivot -= factor[size, i] * factor[size, i]
    if pivot <= smallest_pivot * diagonal:
        return False
    factor[size, size] = np.sqrt(pivot)
    return True


@kernel(reorder=True)
def append_each(factor, size, more, smallest_pivot):
    """Extend L by columns of the matrix that are in the rows below it; how many come before one that depends on others

    The rows of L are gone through once for all of them.
    """
    for i in range(size):
        row = factor[i]
        for k in range(size, size + more):
            own = factor[k]
            total = own[i]
            for j in range(i):
                total -= row[j] * own[j]
            own[i] = total / row[i]
    for k in range(size, size + more):
        own = factor[k]
        diagonal = pivot = own[k]
        for i in range(size, k):
            row, total = factor[i], own[i]
            for j in range(i):
                total -= row[j] * own[j]
            own[i] = total / row[i]
        for i in range(k):
            pivot -= own[i] * own[i]
        if not pivot > smallest_pivot * diagonal:
            return k - size
        own[k] = np.sqrt(pivot)
    return more


@kernel
def remove(factor, size, gone):
    """Drop row `gone`: the rows below move up, and Givens rotations make them triangular again.

    Row by row: each gets the rotations of those above, and one of its own.
    """
    cosines, sines = np.empty(size), np.empty(size)
    for k in range(gone, size - 1):
        row, moved = factor[k], factor[k + 1]
        for i in range(gone):  # a slice set to another takes seconds to compile
            row[i] = moved[i]
        carried = moved[gone]
        for i in range(gone, k):
            next = moved[i + 1]
            row[i] = cosines[i] * carried + sines[i] * next
            carried = cosines[i] * next - sines[i] * carried
        last = moved[k + 1]
        row[k] = np.sqrt(carried * carried + last * last)
        cosines[k], sines[k] = carried / row[k], last / row[k]


@kernel
def rank_one(factor, size, vector, sign, smallest_pivot):
    """Make L that of the matrix + sign vector vector', using up the vector; False, L being lost, if that is singular"""
    for k in range(size):
        pivot = factor[k, k] * factor[k, k] + sign * vector[k] * vector[k]
        if not pivot > smallest_pivot * factor[k, k] * factor[k, k]:
            return False
        root = np.sqrt(pivot)
        cosine, sine = root / factor[k, k], vector[k] / factor[k, k]
        factor[k, k] = root
        for i in range(k + 1, size):
            factor[i, k] = (factor[i, k] + sign * sine * vector[i]) / cosine
            vector[i] = cosine * vector[i] - sine * factor[i, k]
    return True
