"""The support of a quadratic with a weighted L1 norm, and the Cholesky factor of its columns."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .cholesky import append_each, remove
from .quadratic import entries_at, subtract_column

# Added to the Gram diagonal, relative to it: enough to keep duplicate columns apart. Since q belongs to the point the model
# is built at, it makes the model a proximal-point step, whose error vanishes as that point converges.
RIDGE = 1e-10
SMALLEST_PIVOT = 1e-13
# Diagonals that agree to this are of the same matrix.
SAME = 1e-12
# So many columns are taken in at a time.
TOGETHER = 32


class Support:
    """The Cholesky factor of a support, from one minimisation to the next: O(k^2) per column that has come or gone."""

    def __init__(self):
        self.columns, self.diagonal, self.factor = np.empty(0, dtype=np.int64), np.empty(0), np.empty((0, 0))

    def scale(self, share):
        """Make it that of the matrix times a number"""
        count = len(self.columns)
        self.diagonal *= share
        self.factor[:count, :count] *= np.sqrt(share)

    def places_in(self, columns, diagonal):
        """Where it is in sorted `columns`, -1 for those that are not there; nowhere if the diagonal is not what it was"""
        if len(columns) == 0 or len(self.columns) == 0:
            return self.columns[:0]
        places = np.minimum(np.searchsorted(columns, self.columns), len(columns) - 1)
        there = columns[places] == self.columns
        if (np.abs(diagonal[places] - self.diagonal)[there] > SAME * self.diagonal[there]).any():
            return places[:0]
        return np.where(there, places, -1)

    def reserve(self, size, used):
        """Room for so many columns, where so many are in use"""
        if len(self.factor) < size:
            room = size + size // 8 if used else size  # what grows once grows again
            # What is in use is small: the old room is given up before the new one is taken.
            part = self.factor = self.factor[:used, :used].copy()
            self.factor = np.empty((room, room))
            self.factor[:used, :used] = part


def kept(factor, places, b):
    """The places of a factor's columns, after those that are not to be had (-1) or zero have been taken out of it"""
    stays = (places >= 0) & (b[places] != 0.0)
    gone = np.flatnonzero(~stays)
    for i in range(len(gone)):
        remove(factor, len(places) - i, gone[-1 - i])
    return places[stays] if len(gone) else places


@kernel
def zero_wrong_signs(matrix, added, q, b):
    """Set coefficients to zero whose gradient has the wrong sign, until there is none"""
    wrong = True
    while wrong:
        wrong = False
        for j in range(b.shape[0]):
            if b[j] * q[j] < 0.0:
                subtract_column(matrix, j, -b[j], q)
                q[j] += b[j] * added[j]
                b[j], wrong = 0.0, True


@kernel
def extend(matrix, diagonal, lacking, active, factor, count):
    """Take columns that are lacking into the factor of those in `active`; its size, and whether none depended on others"""
    j, size = 0, lacking.shape[0]
    while j < size:
        more = 0
        while j < size and more < TOGETHER:
            if lacking[j] != 0.0:
                row, here = factor[count + more], count + more
                entries_at(matrix, j, active, here, row)
                active[here], row[here] = j, diagonal[j]
                more += 1
            j += 1
        taken = append_each(factor, count, more, SMALLEST_PIVOT)
        count += taken
        if taken < more:
            return count, False
    return count, True
