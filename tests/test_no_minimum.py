"""Coefficients that a flat penalty lets go to infinity are no minimum: fits say so, and rounding does not decide them."""

from __future__ import annotations

import numpy as np
import pytest
from fits import data
from penalty_examples import short
from sklearn.exceptions import ConvergenceWarning
from survival_data import times

from skregloss import PenalizedClassifier, PenalizedCox, regularization_path
from skregloss.losses import CLogLog, Exponential, LogLoss, Probit, SquaredError, SquaredHinge
from skregloss.penalties import L0, L2, MCP, SCAD, FusedL1, GroupMCP, GroupSCAD, LogSum, Lq
from skregloss.solvers import Problem, solve

FLAT = [MCP(), SCAD(), L0(), GroupMCP(2), GroupSCAD(3), MCP(1.5) * 0.5]
over_flat = pytest.mark.parametrize("penalty", FLAT, ids=short)


def separable(n=15, p=30):
    X = np.random.default_rng(0).normal(size=(n, p))
    return X, np.where(X[:, 0] + 0.3 * X[:, 1] > 0.0, 1.0, -1.0)


@over_flat
@pytest.mark.parametrize("loss", [LogLoss(), Probit(), CLogLog(), Exponential()], ids=short)
def test_separable_classes(loss, penalty):
    X, y = separable()
    solution = solve(Problem(loss, penalty, X, y), 0.005)
    assert "no minimum over the coefficients that the penalty has ceased to hold back" in solution.advice
    assert solution.certificate.kkt <= 1e-6
    assert np.isfinite(solution.coef).all()


@over_flat
def test_some_classes_separable(penalty):
    """One column separates half of the samples and is zero in the others, which a second column leaves mixed."""
    X, y = data(LogLoss())
    X = X[:, :6]
    X[:, 0] = np.where(np.arange(60) < 30, 2.0 * y, 0.0)
    problem = Problem(LogLoss(), penalty, X, y)
    start = problem.at(*problem.internal(np.r_[300.0, np.zeros(5)], 0.0))
    for solution in (solve(problem, 0.005), solve(problem, 0.005, start=(start.coef, 0.0))):
        assert solution.advice


@over_flat
def test_a_minimum_far_out_is_one(penalty):
    """The same with one sample, of next to no weight, on the wrong side."""
    X, y = data(LogLoss())
    X = X[:, :6]
    X[:, 0] = np.where(np.arange(60) < 30, 2.0 * y, 0.0)
    X[0, 0] *= -1.0
    weights = np.where(np.arange(60) == 0, 1e-4, 1.0)
    solution = solve(Problem(LogLoss(), penalty, X, y, sample_weight=weights), 0.005)
    assert solution.converged
    assert not solution.advice
    assert abs(solution.coef[0]) > 3.0


@pytest.mark.parametrize("penalty", [MCP() + 0.01 * L2(), GroupMCP(3) + 0.01 * L2(), LogSum(), Lq()], ids=short)
def test_penalties_that_never_let_go(penalty):
    X, y = separable()
    solution = solve(Problem(LogLoss(), penalty, X, y), 0.01, max_iter=1000)
    assert solution.converged
    assert not solution.advice


@pytest.mark.parametrize("loss", [SquaredError(), SquaredHinge()], ids=short)
def test_losses_with_a_minimum_anywhere(loss):
    X, y = separable()
    solution = solve(Problem(loss, MCP(), X, y), 0.01)
    assert solution.converged
    assert not solution.advice


@pytest.mark.parametrize("penalty", FLAT, ids=short)
def test_event_times_in_the_order_of_a_column(penalty):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(15, 30))
    y = times(rng.uniform(size=15) < 0.7, rng.exponential(size=15))
    with pytest.warns(ConvergenceWarning, match="no minimum"):
        PenalizedCox(penalty, alpha=0.005).fit(X, y)
    PenalizedCox(penalty + 0.1 * L2(), alpha=0.005, max_iter=1000).fit(X, y)


@pytest.mark.parametrize("loss", ["log_loss", "ordinal_logistic"])
def test_several_classes(loss):
    X, _ = separable()
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    with pytest.warns(ConvergenceWarning, match="no minimum"):
        PenalizedClassifier(loss, MCP(), alpha=0.005).fit(X, y)
    PenalizedClassifier(loss, "l1", alpha=0.005).fit(X, y)


def test_paths_say_where_it_begins():
    X, y = separable()
    with pytest.warns(
        ConvergenceWarning, match=r"At \d+ of 10 strengths, the strongest of them alpha=.* raise alpha, or add some L2"
    ):
        path = regularization_path(X, y, loss="log_loss", penalty="mcp", alphas=10)
    assert path.converged.all()


def check_rounding_does_not_decide(penalty, X, y, counts, order):
    """Weights repeat rows, and the order of rows plays no part."""
    model = PenalizedClassifier(penalty=penalty)
    with pytest.warns(ConvergenceWarning, match="no minimum"):
        weighted = model.fit(X, y, sample_weight=counts).decision_function(X)
        repeated = model.fit(np.repeat(X, counts, axis=0)[order], np.repeat(y, counts)[order]).decision_function(X)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-9, atol=1e-9 * np.abs(weighted).max())


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("penalty", [MCP(), GroupMCP(groups=2), GroupMCP(), None], ids=short)
def test_rounding_does_not_decide_the_coefficients(penalty, n_classes):
    """Not even where nothing but the tolerance stops them."""
    rng = np.random.default_rng(0)
    X, y, counts = rng.uniform(size=(15, 30)), rng.integers(0, n_classes, 15), rng.integers(1, 5, 15)
    check_rounding_does_not_decide(penalty, X, y, counts, rng.permutation(counts.sum()))


@pytest.mark.parametrize("penalty", [FusedL1(), FusedL1(0.0) * 0.5], ids=short)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_nor_where_the_penalty_leaves_a_column_free(penalty, n_classes):
    """The sum of the columns, which total variation leaves free, tells the first class from the others."""
    rng = np.random.default_rng(0)
    X, counts = rng.uniform(size=(15, 30)), rng.integers(1, 5, 15)
    y = np.where(X.sum(axis=1) > np.quantile(X.sum(axis=1), 0.6), 0, rng.integers(1, n_classes, 15))
    check_rounding_does_not_decide(penalty, X, y, counts, rng.permutation(counts.sum()))


def test_of_runaways_the_one_on_the_way_down_counts():
    """Among them there is no best, and a fit and a path agree on which."""
    X, y = separable()
    with pytest.warns(ConvergenceWarning, match="no minimum"):
        path = regularization_path(X, y, loss="log_loss", penalty="mcp", alphas=[0.1, 0.02, 0.005])
    solution = solve(Problem(LogLoss(), MCP(), X, y), 0.005)
    np.testing.assert_array_equal(np.flatnonzero(path.coefs[:, -1]), np.flatnonzero(solution.coef))
