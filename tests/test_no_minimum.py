"""Coefficients that a flat penalty lets go to infinity are not a minimum, however small the gradient has become."""

from __future__ import annotations

import numpy as np
import pytest
from fits import data
from penalty_examples import short
from survival_data import times

from skregloss import PenalizedClassifier, PenalizedCox, regularization_path
from skregloss.losses import CLogLog, Exponential, LogLoss, Probit, SquaredError, SquaredHinge
from skregloss.penalties import L0, L2, MCP, SCAD, GroupMCP, GroupSCAD, LogSum, Lq
from skregloss.solvers import Problem, solve

FLAT = [MCP(), SCAD(), L0(), GroupMCP(2), GroupSCAD(3), MCP(1.5) * 0.5]
over_flat = pytest.mark.parametrize("penalty", FLAT, ids=short)
SEPARATED = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def separable(n=15, p=30):
    X = np.random.default_rng(0).normal(size=(n, p))
    return X, np.where(X[:, 0] + 0.3 * X[:, 1] > 0.0, 1.0, -1.0)


@over_flat
@pytest.mark.parametrize("loss", [LogLoss(), Probit(), CLogLog(), Exponential()], ids=short)
def test_separable_classes(loss, penalty):
    X, y = separable()
    solution = solve(Problem(loss, penalty, X, y), 0.005)
    assert not solution.converged
    assert np.isfinite(solution.coef).all()
    if solution.certificate.kkt <= 1e-6:
        assert "no minimum over the coefficients that the penalty has ceased to hold back" in solution.advice


@over_flat
def test_some_classes_separable(penalty):
    """One column separates half of the samples and is zero in the others, which a second column leaves mixed."""
    X, y = data(LogLoss())
    X = X[:, :6]
    X[:, 0] = np.where(np.arange(60) < 30, 2.0 * y, 0.0)
    problem = Problem(LogLoss(), penalty, X, y)
    start = problem.at(*problem.internal(np.r_[300.0, np.zeros(5)], 0.0))
    for solution in (solve(problem, 0.005), solve(problem, 0.005, start=(start.coef, 0.0))):
        assert not solution.converged


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
    assert abs(solution.coef[0]) > 3.0


@pytest.mark.parametrize("penalty", [MCP() + 0.01 * L2(), GroupSCAD(3) + 0.01 * L2(), LogSum(), Lq()], ids=short)
def test_penalties_that_never_let_go(penalty):
    X, y = separable()
    assert solve(Problem(LogLoss(), penalty, X, y), 0.01, max_iter=1000).converged


@pytest.mark.parametrize("loss", [SquaredError(), SquaredHinge()], ids=short)
def test_losses_with_a_minimum_anywhere(loss):
    X, y = separable()
    assert solve(Problem(loss, MCP(), X, y), 0.01).converged


@SEPARATED
@pytest.mark.parametrize("penalty", FLAT, ids=short)
def test_event_times_in_the_order_of_a_column(penalty):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(15, 30))
    y = times(rng.uniform(size=15) < 0.7, rng.exponential(size=15))
    assert not PenalizedCox(penalty, alpha=0.005).fit(X, y).certificate_.converged
    assert PenalizedCox(penalty + 0.1 * L2(), alpha=0.005, max_iter=1000).fit(X, y).certificate_.converged


@SEPARATED
@pytest.mark.parametrize("loss", ["log_loss", "ordinal_logistic"])
def test_several_classes(loss):
    X, _ = separable()
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    assert not PenalizedClassifier(loss, MCP(), alpha=0.005).fit(X, y).certificate_.converged
    assert PenalizedClassifier(loss, "l1", alpha=0.005).fit(X, y).certificate_.converged


def test_the_warning_says_so():
    X, y = separable()
    with pytest.warns(UserWarning, match="ceased to hold back.*raise alpha, or add some L2 to the penalty"):
        path = regularization_path(X, y, loss="log_loss", penalty="mcp", alphas=10)
    assert path.converged[0]
    assert not path.converged[-1]
