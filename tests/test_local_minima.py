"""Squared error with a penalty that is not convex: starts are led to local minima on one matrix, and the best is looked at."""

from __future__ import annotations

import numpy as np
import pytest
from penalty_examples import short

from skregloss.losses import SquaredError
from skregloss.path import fit_path
from skregloss.penalties import L0, L2, MCP, SCAD, LogSum, Lq
from skregloss.solvers import Problem, local_path, make_solver, solve
from skregloss.solvers.local_descent import descend

NON_CONVEX = [MCP(), MCP(0.5), SCAD(), LogSum(), Lq(), L0(), MCP() + 0.1 * L2()]
NONE = np.empty(0, dtype=np.int64)


def wide(seed=0, n_samples=40, n_features=120):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features))
    X += 0.7 * np.roll(X, 1, axis=1)
    y = X[:, ::10][:, :8] @ rng.uniform(-2.0, 2.0, 8) + 0.5 * rng.normal(size=n_samples)
    return np.asfortranarray(X), y


def objective(penalty, gram, slopes, b, strengths):
    return 0.5 * b @ gram @ b - slopes @ b + sum(penalty.value(*each) for each in zip(b, strengths, strict=True))


@pytest.mark.parametrize("penalty", NON_CONVEX, ids=short)
def test_descent_ends_where_no_coordinate_moves(penalty):
    """Each is at its prox fixed point given the others; the objective is that of the formula."""
    rng = np.random.default_rng(1)
    for seed in range(5):
        X, y = wide(seed)
        gram, slopes = X.T @ X / len(y), X.T @ y / len(y)
        strengths = rng.uniform(0.05, 0.2, X.shape[1])
        start = rng.normal(size=X.shape[1]) * (rng.random(X.shape[1]) < 0.1)
        b = start.copy()
        value = descend(penalty.lower(), gram, slopes, b, strengths, 1e-10, np.arange(X.shape[1]), NONE)
        assert value == pytest.approx(objective(penalty, gram, slopes, b, strengths), rel=1e-12, abs=1e-12)
        assert value <= objective(penalty, gram, slopes, start, strengths)
        q, own = slopes - gram @ b, np.diag(gram)
        for j in range(len(b)):
            there = penalty.prox(b[j] + q[j] / own[j], 1.0 / own[j], strengths[j])
            assert own[j] * abs(there - b[j]) <= 1e-8


@pytest.mark.parametrize("penalty", NON_CONVEX, ids=short)
def test_descent_goes_in_the_order_of_its_places(penalty):
    """Where columns are kept does not matter, then."""
    X, y = wide(2)
    size = X.shape[1]
    gram, slopes, strengths = X.T @ X / len(y), X.T @ y / len(y), np.full(size, 0.05)
    shuffled, expected = np.random.default_rng(3).permutation(size), np.zeros(size)
    descend(penalty.lower(), gram, slopes, expected, strengths, 1e-10, shuffled, NONE)
    before = descend(penalty.lower(), gram, slopes, expected, strengths, 1e-10, shuffled, shuffled[expected[shuffled] != 0.0])
    inner, b = np.ascontiguousarray(gram[np.ix_(shuffled, shuffled)]), np.zeros(size)
    descend(penalty.lower(), inner, slopes[shuffled], b, strengths, 1e-10, np.arange(size), NONE)
    after = descend(penalty.lower(), inner, slopes[shuffled], b, strengths, 1e-10, np.arange(size), np.flatnonzero(b))
    assert after == pytest.approx(before, rel=1e-12)
    np.testing.assert_array_equal(b != 0.0, expected[shuffled] != 0.0)


@pytest.mark.parametrize("penalty", NON_CONVEX, ids=short)
def test_leaving_coefficients_out_only_helps(penalty):
    """What it leads to is a local minimum too, and not above the one before."""
    X, y = wide(3)
    gram, slopes, strengths = X.T @ X / len(y), X.T @ y / len(y), np.full(X.shape[1], 0.05)
    first = np.zeros(X.shape[1])
    before = descend(penalty.lower(), gram, slopes, first, strengths, 1e-10, np.arange(X.shape[1]), NONE)
    b = first.copy()
    after = descend(penalty.lower(), gram, slopes, b, strengths, 1e-10, np.arange(X.shape[1]), np.flatnonzero(first))
    assert after <= before
    again = b.copy()
    at_rest = descend(penalty.lower(), gram, slopes, again, strengths, 1e-10, np.arange(X.shape[1]), NONE)
    assert at_rest == pytest.approx(after, abs=1e-12)
    np.testing.assert_allclose(again, b, atol=1e-8)


def test_a_column_that_stands_for_two_is_exchanged_for_them():
    """No coordinate alone leads from there to the better minimum."""
    first, second, other = np.eye(3)
    stand_in = 0.7 * (first + second) + 0.1414 * other
    X = np.array([stand_in, first, second]).T
    y, strengths = first + second, np.full(3, 0.018)
    penalty, gram, slopes = L0(), X.T @ X, X.T @ y
    b = np.array([1.4, 0.0, 0.0])
    stuck = descend(penalty.lower(), gram, slopes, b, strengths, 1e-12, np.arange(3), NONE)
    np.testing.assert_array_equal(b != 0.0, [True, False, False])
    better = descend(penalty.lower(), gram, slopes, b, strengths, 1e-12, np.arange(3), np.array([0]))
    np.testing.assert_array_equal(b != 0.0, [False, True, True])
    assert better == pytest.approx(0.036 - 1.0)
    assert better < stuck - 1e-3


@pytest.mark.parametrize("penalty", NON_CONVEX, ids=short)
def test_solutions_are_not_above_what_starts_lead_to(penalty):
    """Those of single fits and of paths, whose starts can be followed one by one on the matrix of all columns."""
    X, y = wide(5)
    problem = Problem(SquaredError(), penalty.bind(X.shape[1], None), X, y, fit_intercept=False)
    gram, slopes = X.T @ X / len(y), X.T @ y / len(y)
    alpha = 0.3 * make_solver(problem).alpha_max()
    b, every = np.zeros(X.shape[1]), np.arange(X.shape[1])
    null = descend(penalty.lower(), gram, slopes, b, np.full(len(b), alpha), 1e-10, every, NONE)
    path = fit_path(problem, alphas=alpha * np.geomspace(3.0, 1.0, 6), tol=1e-8)
    single = solve(problem, alpha, tol=1e-8)
    assert path.converged.all()
    assert single.converged
    # The order of columns can lead elsewhere, and then mostly to about as good a minimum.
    for found in (path.objective[-1], single.certificate.objective):
        assert found <= 0.5 * y @ y / len(y) + null + 0.01 * abs(null)


@pytest.mark.parametrize("penalty", NON_CONVEX, ids=short)
@pytest.mark.parametrize("limit", ["LARGEST_GRAM", "most"])
def test_little_room_leads_to_solutions_all_the_same(penalty, limit, monkeypatch):
    """Where columns have to go for others, or there is no room for the matrix at all."""
    X, y = wide(7)
    factors = np.ones(X.shape[1])
    factors[:2] = 0.0
    problem = Problem(SquaredError(), penalty.bind(X.shape[1], None), X, y, factors=factors)
    if limit == "LARGEST_GRAM":
        monkeypatch.setattr(local_path, "LARGEST_GRAM", 12)
    else:
        monkeypatch.setattr("skregloss.solvers.gram_store.most_kept", lambda design, few: 12)
    path = fit_path(problem, alphas=12, alpha_min_ratio=0.1, tol=1e-8)
    assert path.converged.all()
    assert path.n_nonzero[-1] > 5


@pytest.mark.parametrize("penalty", [MCP(), L0()], ids=short)
def test_all_columns_are_looked_at_about_once_per_strength(penalty, monkeypatch):
    """However many starts there are."""
    X, y = wide(9, 60, 500)
    problem, looks = Problem(SquaredError(), penalty.bind(X.shape[1], None), X, y), []
    looked_at = local_path.LocalSolver._looked_at
    monkeypatch.setattr(local_path.LocalSolver, "_looked_at", lambda *parts: looks.append(looked_at(*parts)) or looks[-1])
    path = fit_path(problem, alphas=30, alpha_min_ratio=0.1)
    assert path.converged.all()
    assert sum(count for _, count in looks) <= 45


@pytest.mark.parametrize("penalty", NON_CONVEX, ids=short)
def test_dependent_columns_let_no_objective_rise(penalty):
    """What is best at a strength costs no more at the next; coefficients stay of their size where columns are sums of others"""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 20)) * (rng.uniform(size=(30, 20)) < 0.6)
    X = np.hstack([X, X[:, ::2], X[:, :1] + X[:, 1:2], -X[:, 1:2], X[:, 2:3] - X[:, 3:4]])
    y = X[:, :5] @ [1.0, -1.0, 1.0, 0.5, 0.5] + 0.3 * rng.normal(size=30)
    path = fit_path(Problem(SquaredError(), penalty, X, y), 20, alpha_min_ratio=1e-3, tol=1e-8)
    assert path.converged.all()
    assert (np.diff(path.objective) <= 1e-12 * path.objective[:-1]).all()
    assert np.abs(path.coefs).max() < 10.0
