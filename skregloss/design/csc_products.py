"""Products of sparse columns with vectors. Large ones are cut into parts, which several threads may take."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .csc_parts import ONE, by_columns, by_rows, place_of

TWO, THREE, FOUR = np.uint64(2), np.uint64(3), np.uint64(4)


def matvec(design, coef, columns):
    """X[:, columns] @ coef"""
    used = coef != 0.0
    coef, columns = (coef, columns) if used.all() else (coef[used], columns[used])
    lowered, out = design.lower(), np.zeros(design.n_samples)
    by_rows(lambda rows: _matvec(lowered, coef, columns, rows.start, rows.stop, out), design, columns)
    return out


def rmatvec(design, vector, columns):
    """X[:, columns].T @ vector"""
    lowered = design.lower()
    return by_columns(lambda some: _rmatvec(lowered, vector, some), design, columns)


def rmatvecs(design, four, columns):
    """The products with four vectors, in rows; these are given in columns, which puts a row's entries side by side"""
    lowered = design.lower()
    return by_columns(lambda some: _rmatvecs(lowered, four, some), design, columns)


@kernel
def _matvec(design, coef, columns, first, last, out):
    """Add to these rows"""
    whole = first == 0 and last == out.shape[0]
    for c in range(columns.shape[0]):
        column = columns[c]
        start = design.indptr[column] if whole else place_of(design, column, first)
        stop = design.indptr[column + 1] if whole else place_of(design, column, last)
        factor = coef[c]
        single = factor * design.constants[column]
        if np.isnan(single):
            for k in range(start, stop):
                out[design.indices[k]] += factor * design.data[k]
        else:
            for k in range(start, stop):
                out[design.indices[k]] += single


@kernel
def _rmatvec(design, vector, columns):
    result = np.empty(columns.shape[0])
    for c in range(columns.shape[0]):
        first, last = design.indptr[columns[c]], design.indptr[columns[c] + 1]
        single = design.constants[columns[c]]
        if np.isnan(single):
            result[c] = product(design.indices, design.data, first, last, vector)
        else:
            result[c] = single * _sum_of(vector, design.indices, first, last)
    return result


@kernel
def _rmatvecs(design, four, columns):
    data, indices, indptr = design.data, design.indices, design.indptr
    result = np.empty((4, columns.shape[0]))
    for j in range(columns.shape[0]):
        a, b, c, d = 0.0, 0.0, 0.0, 0.0
        for k in range(indptr[columns[j]], indptr[columns[j] + 1]):
            value, i = data[k], indices[k]
            a += value * four[i, 0]
            b += value * four[i, 1]
            c += value * four[i, 2]
            d += value * four[i, 3]
        result[0, j], result[1, j], result[2, j], result[3, j] = a, b, c, d
    return result


# Not reordered by the compiler: that would make vectors of scattered entries, which some processors are slow at.
@kernel(part=True)
def product(indices, entries, first, last, vector):
    """The product of a column with a vector: four sums at a time, that none waits for the last addition"""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    k = first
    while k + FOUR <= last:
        a += entries[k] * vector[indices[k]]
        b += entries[k + ONE] * vector[indices[k + ONE]]
        c += entries[k + TWO] * vector[indices[k + TWO]]
        d += entries[k + THREE] * vector[indices[k + THREE]]
        k += FOUR
    while k < last:
        a += entries[k] * vector[indices[k]]
        k += ONE
    return (a + b) + (c + d)


@kernel(part=True)
def _sum_of(vector, indices, first, last):
    """The same with a column of ones"""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    k = first
    while k + FOUR <= last:
        a += vector[indices[k]]
        b += vector[indices[k + ONE]]
        c += vector[indices[k + TWO]]
        d += vector[indices[k + THREE]]
        k += FOUR
    while k < last:
        a += vector[indices[k]]
        k += ONE
    return (a + b) + (c + d)


@kernel(reorder=True)
def squares(design, weights, columns, shift):
    total = weights.sum()
    result = np.zeros(columns.shape[0])
    for c in range(columns.shape[0]):
        # Entries that are not stored contribute shift^2 each: summed apart, so that nothing cancels.
        unstored = total
        for k in range(design.indptr[columns[c]], design.indptr[columns[c] + 1]):
            weight = weights[design.indices[k]]
            unstored -= weight
            result[c] += weight * (np.float64(design.data[k]) - shift[c]) ** 2
        if shift[c] != 0.0:
            result[c] += max(unstored, 0.0) * shift[c] ** 2
    return result
