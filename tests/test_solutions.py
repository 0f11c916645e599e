"""Coefficients that a solution makes when they are asked for, and what is told of it without them."""

from __future__ import annotations

import numpy as np
import pytest
from fits import ONE_PER_LOSS, data, over_losses, weights
from scipy import sparse

from skregloss.losses import LogLoss, Softmax, SquaredError
from skregloss.path import CoefficientTable, fit_path, path_solutions
from skregloss.penalties import L1, GroupL2
from skregloss.solvers import Problem, make_solver
from skregloss.solvers.explained import LossExplained

ROWS, COLUMNS = 40, 60
SETTINGS = {
    "plain": {},
    "standardized": {"standardize": True},
    "no intercept": {"fit_intercept": False},
    "free column": {"factors": np.where(np.arange(COLUMNS) == 5, 0.0, 1.0)},
    "bounds": {"bounds": (np.full(COLUMNS, -0.1), np.full(COLUMNS, 0.2))},
}


def problems(settings):
    for loss in (SquaredError(), LogLoss()):
        X, y = data(loss, ROWS, COLUMNS)
        for storage in (np.asfortranarray, sparse.csc_array):
            yield Problem(loss, L1(), storage(X + 0.3), y, **settings)
    X, y = data(SquaredError(), ROWS, COLUMNS)
    yield Problem(SquaredError(), L1(), np.asfortranarray(X), np.column_stack([y, y**2]), **settings)
    yield Problem(Softmax(3), L1(), np.asfortranarray(X), np.arange(ROWS) % 3.0, **settings)
    if "bounds" not in settings:
        yield Problem(SquaredError(), GroupL2([[j, j + 1] for j in range(6, COLUMNS, 2)]).bind(COLUMNS), X, y, **settings)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_all_of_them_agree(settings):
    for problem in problems(settings):
        alphas = make_solver(problem).alpha_max() * np.geomspace(0.9, 0.1, 8)
        table, whole = CoefficientTable(), []
        for solution in path_solutions(problem, alphas, tol=1e-8, max_iter=100):
            table.append(solution)
            assert solution.loss == solution.point.value
            coef, intercept = problem.original(solution.point.coef, solution.point.intercept, solution.free)
            np.testing.assert_array_equal(solution.coef, coef)
            np.testing.assert_allclose(solution.intercept, intercept, rtol=1e-13, atol=1e-14)
            assert sum(len(columns) for columns, _ in solution.rows) == np.count_nonzero(coef)
            for row, (columns, values) in zip(np.atleast_2d(coef), solution.rows, strict=True):
                np.testing.assert_array_equal(row[columns], values)
            whole.append(coef)
        assert any(coef.any() for coef in whole)
        np.testing.assert_array_equal(table.array(), np.moveaxis(whole, 0, -1))
        np.testing.assert_array_equal(fit_path(problem, alphas, tol=1e-8).coefs, table.array())


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@over_losses(ONE_PER_LOSS)
def test_the_null_model_knows_what_constants_explain(loss, settings):
    """Also where its columns are at bounds, or free, or there is no intercept: that is another model than the best constant"""
    X, y = data(loss, ROWS, COLUMNS)
    if "bounds" in settings:
        settings = {"bounds": (np.full(COLUMNS, 0.1), np.full(COLUMNS, 0.2))}
    problem = Problem(loss, L1(), X, y, sample_weight=weights(ROWS), offset=np.linspace(-0.2, 0.2, ROWS), **settings)
    null = make_solver(problem).null(problem.blocks(1.0))
    alone, given = LossExplained(problem), LossExplained(problem, null)
    for values in (alone.null_deviance, given.null_deviance), (alone.at(null.point.value), given.at(null.point.value)):
        np.testing.assert_allclose(*values, rtol=1e-9, atol=1e-12)
