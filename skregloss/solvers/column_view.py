"""The view of the columns that a problem is solved in: of unit variance if asked for, and centred where that is free."""

from __future__ import annotations

import numpy as np

from ..design import Standardized

# Squared columns within this range can be multiplied and divided without leaving that of float64.
SMALLEST_SQUARE, LARGEST_SQUARE = 1e-250, 1e250
# A variance this small relative to the second moment has lost too many digits when it is their difference.
CANCELLED = 1e-6


def column_view(design, weights, fit_intercept, ones, standardize):
    """The view with unit-variance columns if asked for, and centred ones where an intercept absorbs the shift."""
    zero = np.zeros(design.n_features)
    squares = design.squares(weights)
    _check_range(design, squares, weights)
    center = fit_intercept and design.can_shift
    mean = design.rmatvec(weights) if center or standardize else zero
    variance = np.maximum(squares - mean**2, 0.0)
    if standardize or center:
        # Where the difference has cancelled, the sum of squared differences has not.
        cancelled = np.flatnonzero(variance <= CANCELLED * squares)
        variance[cancelled] = design.squares(weights, cancelled, mean[cancelled])
    # What rounding leaves of the variance of a constant column: it is not centred, lest its rounding look like a column.
    noise = np.finfo(float).eps * design.n_samples
    varies = variance > noise * variance + (noise * mean) ** 2
    scale = np.where(varies & standardize, np.sqrt(variance), ones) if standardize else ones
    return Standardized(design, np.where(varies, mean, 0.0) if center else zero, scale), squares / scale**2


def _check_range(design, squares, weights):
    """Columns whose squares leave the range of float64 cannot be told from zero, or from infinity."""
    suspects = np.flatnonzero(~((squares > SMALLEST_SQUARE) & (squares < LARGEST_SQUARE)))
    for j in suspects[design.occupied(suspects)]:
        column = design.matvec(np.ones(1), np.array([j]))[weights > 0.0]
        largest = np.abs(column).max(initial=0.0)
        with np.errstate(over="ignore", under="ignore"):
            fits = SMALLEST_SQUARE < largest**2 < LARGEST_SQUARE
        if largest > 0.0 and not fits:
            raise ValueError(
                f"Column {j} of X has entries up to {largest:.2g} in size, whose squares are out of range; "
                "rescale it, say to unit variance."
            )
