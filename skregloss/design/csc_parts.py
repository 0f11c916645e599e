"""Large products with sparse columns, cut into parts that several threads may take."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .._threads import added, available, edges, in_parts, spread

# Entries that are worth a part of their own: multiplying them takes ten times as long as handing the part over.
ENTRIES = 2**18
# To places of entries, which have no sign, numbers without one are added: with others the sum would be a float.
ONE = np.uint64(1)


def by_columns(product, design, columns):
    """product(columns), its last axis put together from runs of columns that have about as many entries"""
    if design.stored < 2 * ENTRIES or available() == 1:
        return product(columns)
    starts = design.indptr if columns is design.every else np.append(0, np.cumsum(design.counts(columns)))
    cuts = np.searchsorted(starts, edges(int(starts[-1]), starts[-1], ENTRIES)[1:-1])
    return np.concatenate(spread(product, np.split(columns, cuts)), axis=-1)


def by_rows(product, design, columns):
    """product(rows) for slices of all rows, each of which has rows of the result to itself"""
    if design.stored < 2 * ENTRIES or available() == 1:
        product(slice(0, design.n_samples))
    else:
        in_parts(product, design.n_samples, design.counts(columns).sum(), ENTRIES)


def sum_over_rows(product, design, columns, size):
    """The arrays that product(rows) returns, added up over slices of all rows

    These are so few that arrays of a `size` hold no more than a quarter of the entries.
    """
    if design.stored < 2 * ENTRIES:
        return product(slice(0, design.n_samples))
    work = design.counts(columns).sum()
    return map(added, zip(*in_parts(product, design.n_samples, work, max(ENTRIES, 4 * size)), strict=True))


@kernel
def beginnings(design, columns, row):
    """Where each column's entries from this row on begin"""
    reached = np.empty(columns.shape[0], np.uint64)
    for c in range(columns.shape[0]):
        reached[c] = place_of(design, columns[c], row)
    return reached


@kernel
def place_of(design, column, row):
    """The place of a column's first entry in this row or a later one"""
    first, last = design.indptr[column], design.indptr[column + 1]
    if row == 0:
        return first
    while first < last:
        middle = (first + last) >> ONE
        if design.indices[middle] < row:
            first = middle + ONE
        else:
            last = middle
    return first
