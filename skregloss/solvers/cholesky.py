"""A Cholesky factor that grows and shrinks by a row at a time: O(k^2) instead of O(k^3)."""

from __future__ import annotations

import numpy as np

from .._jit import kernel


@kernel(reorder=True)
def solve(factor, size, x):
    """x <- (L L')^-1 x"""
    for i in range(size):
        total = x[i]
        for j in range(i):
            total -= factor[i, j] * x[j]
        x[i] = total / factor[i, i]
    for i in range(size - 1, -1, -1):
        x[i] /= factor[i, i]
        for j in range(i):
            x[j] -= factor[i, j] * x[i]


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
def remove(factor, size, gone):
    """Drop row `gone`: the rows below move up, and Givens rotations make them triangular again."""
    for i in range(gone, size - 1):
        for j in range(i + 2):
            factor[i, j] = factor[i + 1, j]
    for i in range(gone, size - 1):
        a, b = factor[i, i], factor[i, i + 1]
        length = np.sqrt(a * a + b * b)
        cosine, sine = a / length, b / length
        factor[i, i] = length
        for k in range(i + 1, size - 1):
            x, y = factor[k, i], factor[k, i + 1]
            factor[k, i] = cosine * x + sine * y
            factor[k, i + 1] = cosine * y - sine * x
