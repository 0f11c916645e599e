"""Sums over many rows, of which each thread takes some."""

from __future__ import annotations

from itertools import pairwise

from .._threads import edges, spread

# Rows that are worth a part of their own: they take ten times as long as handing the part over.
ROWS = 2**16


def row_sums(task, *arrays):
    """The sums that task(*arrays) returns, added up over stretches of the rows, which are the same whoever takes them"""
    size = len(arrays[0])
    if size < 2 * ROWS:
        return task(*arrays)
    parts = spread(lambda ends: task(*[array[slice(*ends)] for array in arrays]), list(pairwise(edges(size, size, ROWS))))
    return tuple(map(sum, zip(*parts, strict=True)))
