"""Gram matrices of sparse columns: row by row, the rows put together a stretch at a time, so that they stay in the cache."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .csc_parts import ONE, beginnings, sum_over_rows

# Rows that are put together at a time.
STRETCH = 2048


def gram_and_products(design, weights, columns):
    """X'WX and X'w for these columns"""
    lowered = design.lower()
    gram, products = sum_over_rows(
        lambda rows: _lower_half(lowered, weights, columns, rows.start, rows.stop), design, columns, len(columns) ** 2
    )
    _mirror(gram)
    return gram, products


def cross_gram(design, weights, columns, others):
    """X[:, columns]'WX[:, others]"""
    lowered = design.lower()
    (gram,) = sum_over_rows(
        lambda rows: (_cross_gram(lowered, weights, columns, others, rows.start, rows.stop),),
        *(design, columns, len(columns) * len(others)),
    )
    return gram


@kernel
def _mirror(gram):
    for a in range(gram.shape[0]):
        for b in range(a):
            gram[b, a] = gram[a, b]


@kernel
def _lower_half(design, weights, columns, begin, end):
    """The lower half of X'WX, and X'w, summed over some rows"""
    # Row by row it costs sum_i nnz_i^2 / 2, never more than a pass per pair of columns. The rows are put together from the
    # columns a stretch at a time, so that they stay in the cache.
    size = columns.shape[0]
    result, products = np.zeros((size, size)), np.zeros(size)
    reached = beginnings(design, columns, begin)
    starts, free = np.empty(STRETCH + 1, np.uint64), np.empty(STRETCH, np.uint64)
    places, entries = np.empty(0, np.uint32), np.empty(0)
    for first in range(begin, end, STRETCH):
        last = min(first + STRETCH, end)
        places, entries = _take_rows(design, columns, reached, first, last, starts, free, places, entries)
        for i in range(last - first):
            for a in range(starts[i], starts[i + 1]):
                value = weights[first + i] * entries[a]
                products[places[a]] += value
                row = result[places[a]]
                for b in range(starts[i], a + ONE):
                    row[places[b]] += value * entries[b]
    return result, products


@kernel
def _take_rows(design, columns, reached, first, last, starts, free, places, entries):
    """Fill in where these rows start; the places of their columns and their entries, in the room given if that is enough"""
    total = _count_rows(design, columns, reached, first, last, starts)
    if total > places.shape[0]:
        places, entries = np.empty(np.int64(2 * total), np.uint32), np.empty(np.int64(2 * total))
    free[:] = starts[:-1]
    _fill_rows(design, columns, reached, first, last, free, places, entries)
    return places, entries


@kernel
def _count_rows(design, columns, reached, first, last, starts):
    """Where each row from `first` to `last` starts among their entries in the chosen columns; how many these are"""
    starts[:] = 0
    for c in range(columns.shape[0]):
        k, stop = reached[c], design.indptr[columns[c] + 1]
        while k < stop and design.indices[k] < last:
            starts[np.int64(design.indices[k]) - first + 1] += ONE
            k += ONE
    for i in range(last - first):
        starts[i + 1] += starts[i]
    return starts[last - first]


@kernel
def _fill_rows(design, columns, reached, first, last, free, places, entries):
    """The entries of these rows and their columns' places; where each column has been `reached` moves on."""
    for c in range(columns.shape[0]):
        k, stop = reached[c], design.indptr[columns[c] + 1]
        while k < stop and design.indices[k] < last:
            i = np.int64(design.indices[k]) - first
            places[free[i]] = c
            entries[free[i]] = design.data[k]
            free[i] += ONE
            k += ONE
        reached[c] = k


@kernel
def _cross_gram(design, weights, columns, others, begin, end):
    # The others' rows meet the entries of the columns a stretch at a time.
    result = np.zeros((columns.shape[0], others.shape[0]))
    reached, other_reached = beginnings(design, columns, begin), beginnings(design, others, begin)
    starts, free = np.empty(STRETCH + 1, np.uint64), np.empty(STRETCH, np.uint64)
    places, entries = np.empty(0, np.uint32), np.empty(0)
    for first in range(begin, end, STRETCH):
        last = min(first + STRETCH, end)
        places, entries = _take_rows(design, others, other_reached, first, last, starts, free, places, entries)
        for c in range(columns.shape[0]):
            k, stop = reached[c], design.indptr[columns[c] + 1]
            row = result[c]
            while k < stop and design.indices[k] < last:
                i = np.int64(design.indices[k]) - first
                if starts[i] < starts[i + 1]:
                    value = weights[design.indices[k]] * design.data[k]
                    for b in range(starts[i], starts[i + 1]):
                        row[places[b]] += value * entries[b]
                k += ONE
            reached[c] = k
    return result
