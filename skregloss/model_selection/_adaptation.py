"""Adaptive penalty factors: small where a pilot fit has large coefficients."""

from __future__ import annotations

import numpy as np

from ..path import alpha_grid
from ..solvers import make_solver

# A coefficient that is zero in the pilot fit is penalised about so many times as much as the largest.
MOST_PENALISED = 100.0


def adaptive_factors(problem, pilot) -> np.ndarray:
    """f_j max|b| / (|b_j| + max|b| / 100), b being the penalised coefficients of the pilot fit on the scale of the penalty.

    Coefficients of several outputs, and of a group, count by their norm. A pilot without nonzero coefficients leaves the
    factors as they are.
    """
    width = problem.coef_shape[-1]
    squares = ((pilot.point.coef) ** 2).reshape(-1, width).sum(axis=0)
    labels = problem.penalty.block_labels(width)
    sizes = np.sqrt(squares if labels is None else np.bincount(labels, squares)[labels])
    sizes = np.tile(sizes, problem.n_features // width)
    largest = sizes[(problem.factors > 0.0) & problem.live].max(initial=0.0)
    return problem.factors * (largest / (sizes + largest / MOST_PENALISED) if largest > 0.0 else 1.0)


def strengths_of(problems, alphas, alpha_min_ratio) -> np.ndarray:
    """The strengths that all problems are solved at: the grid of the one with the largest alpha_max."""
    grids = [alpha_grid(problem, make_solver(problem).alpha_max(), alphas, alpha_min_ratio) for problem in problems]
    return max(grids, key=lambda grid: grid[0])


def with_given_factors(problems, factors) -> list:
    """The problems with these penalty factors."""
    return [problem.with_factors(each) for problem, each in zip(problems, factors, strict=True)]
