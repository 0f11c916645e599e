"""The strengths of a path."""

from __future__ import annotations

import numbers

import numpy as np

from ..penalties import L1
from ..solvers import make_solver

# Where a penalty leaves no strength at which the coefficients are zero, the grid begins this many times L1's alpha_max.
BEYOND_L1 = 1e3


def alpha_grid(problem, alpha_max, alphas, alpha_min_ratio=None) -> np.ndarray:
    """The strengths from strong to weak: those given, or as many as asked for on a geometric grid.

    The grid begins at `alpha_max` and ends at `alpha_min_ratio` times that. For a penalty without a finite alpha_max it
    begins at 1000 times the alpha_max of L1 instead, and by default ends where L1's grid does.
    """
    if not isinstance(alphas, numbers.Integral) or isinstance(alphas, bool):
        return _given(alphas)
    if alphas < 1:
        raise ValueError(f"alphas is {alphas}; valid are an integer >= 1 (the number of strengths) and an array of strengths.")
    ratio = alpha_min_ratio
    if ratio is None:
        ratio = 1e-4 if len(problem.y) > problem.n_features else 1e-2
    elif not isinstance(ratio, numbers.Real) or isinstance(ratio, bool) or not 0.0 < float(ratio) < 1.0:
        raise ValueError(f"alpha_min_ratio is {ratio!r}; valid are numbers in (0, 1) and None.")
    start = alpha_max
    if not 0.0 < start < np.inf:
        start = BEYOND_L1 * (make_solver(problem.with_penalty(L1())).alpha_max() or 1.0)
        if alpha_min_ratio is None:
            ratio /= BEYOND_L1
    grid = start * np.geomspace(1.0, ratio, alphas)
    grid[0] = start  # to the last bit, for the certificate at alpha_max is tight
    return grid


def _given(alphas):
    valid = "valid are an integer >= 1 (the number of strengths) and an array of different finite strengths >= 0"
    try:
        grid = np.array(alphas, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"alphas is {alphas!r}; {valid}.") from None
    if grid.ndim != 1 or len(grid) == 0 or isinstance(alphas, (bool, str)):
        raise ValueError(f"alphas is {alphas!r}; {valid}.")
    wrong = np.flatnonzero(~((grid >= 0.0) & (grid < np.inf)))
    if len(wrong):
        raise ValueError(f"alphas[{wrong[0]}] is {grid[wrong[0]]}; {valid}.")
    grid = np.sort(grid)[::-1]
    repeated = np.flatnonzero(np.diff(grid) == 0.0)
    if len(repeated):
        raise ValueError(f"alphas holds {grid[repeated[0]]} more than once; {valid}.")
    return grid
