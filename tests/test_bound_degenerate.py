"""Penalties that bind coefficients together on data of the worst kinds."""

from __future__ import annotations

import numpy as np
import pytest
from bound_examples import label
from fits import certified, data, over_losses
from penalty_examples import sums_slow

from skregloss.losses import Quantile, SquaredError
from skregloss.penalties import L2, SLOPE, FusedL1, NuclearNorm
from skregloss.solvers import Problem, make_solver, solve


def degenerate(kind, loss):
    X, y = data(loss)
    doubled = np.hstack([X, X[:, :4], np.ones((60, 1)), np.zeros((60, 2))])
    return {
        "constant targets": lambda: (X, np.ones(60)),
        "duplicates": lambda: (np.vstack([doubled, doubled]), np.r_[y, y]),
        "more columns": lambda: (data(loss, 20, 50)[0], y[:20]),
        "one row": lambda: (X[:1], y[:1]),
        "one column": lambda: (X[:, :1], y),
        "constant columns": lambda: (np.ones((60, 3)), y),
        "zeros": lambda: (np.zeros((60, 3)), y),
        "tiny": lambda: (1e-8 * X, y),
        "huge": lambda: (1e8 * X, y),
        "mixed": lambda: (X * np.geomspace(1e-4, 1e4, 12), y),
    }[kind]()


KINDS = ["constant targets", "duplicates", "more columns", "one row", "one column", "constant columns", "zeros"]


@pytest.mark.parametrize("kind", [*KINDS, "tiny", "huge", "mixed"])
@pytest.mark.parametrize(
    "penalty", sums_slow([SLOPE(), FusedL1(), FusedL1(0.3), NuclearNorm(), FusedL1(0.5) + L2()]), ids=label
)
@over_losses([SquaredError(), Quantile()])
def test_degenerate_data(loss, penalty, kind):
    X, y = degenerate(kind, loss)
    for standardize in (False, True):
        solver = make_solver(Problem(loss, penalty.bind(X.shape[1]), X, y, standardize=standardize))
        top = solver.alpha_max()
        for share in (1.0, 0.1, 1e-4):
            solution = solver.solve(share * (top if 0.0 < top < np.inf else 1.0), tol=1e-6, max_iter=100)
            assert solution.converged
            assert np.isfinite(solution.coef).all()


def with_gaps(loss):
    """Columns of zeros among others, as levels that no row has."""
    X, y = data(loss)
    return np.where(np.isin(np.arange(12), [3, 7, 8]), 0.0, X), y


@pytest.mark.parametrize("alpha", [1e-2, 1e-3, 1e-4])
@pytest.mark.parametrize("penalty", [SLOPE(), FusedL1(0.3)], ids=label)
def test_columns_of_zeros_hold_nothing_up(penalty, alpha):
    """The model of the squared error is the problem itself, which one step solves."""
    X, y = with_gaps(SquaredError())
    solution = solve(Problem(SquaredError(), penalty.bind(12), X, y), alpha, tol=1e-8)
    assert solution.converged
    assert solution.n_iter == 1


def test_kinks_that_all_but_meet():
    """Slopes have far to go where ten samples lie at kinks, or within 1e-5 of them, of nine unknowns."""
    X, y = with_gaps(Quantile())
    certified(Quantile(), FusedL1(0.3), X, y, 1e-8, alpha=0.01)
