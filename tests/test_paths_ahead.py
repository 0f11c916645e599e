"""Strengths solved together are those solved one by one, and each has a certificate that NumPy confirms."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from fits import ONE_PER_CONVEX_LOSS, data, oracle_error, over_losses
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from skregloss.losses import LogLoss, Poisson, SquaredError
from skregloss.path import fit_path
from skregloss.penalties import L1, ElasticNet
from skregloss.solvers import Problem, ahead, make_solver
from skregloss.solvers.ahead import AheadSolver

SMOOTH = [loss for loss in ONE_PER_CONVEX_LOSS if not loss.flat_pieces]
ROWS, COLUMNS, STRENGTHS = 40, 150, 30
SETTINGS = {
    "plain": {},
    "no intercept": {"fit_intercept": False},
    "weights": {"sample_weight": np.random.default_rng(1).integers(0, 4, ROWS).astype(float)},
    "offset": {"offset": np.linspace(-0.5, 0.5, ROWS)},
    "factors": {"factors": np.where(np.arange(COLUMNS) % 3 == 0, 2.0, 0.5)},
    "free column": {"factors": np.where(np.arange(COLUMNS) == 5, 0.0, 1.0)},
}


over_storage = pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "csc"])


class Together:
    """How many minima a solver certified together with others."""

    def __init__(self, monkeypatch):
        self.count = 0
        ahead = AheadSolver._ahead

        def counted(solver, *args):
            minima = ahead(solver, *args)
            self.count += sum(minimum.certificate is not None for minimum in minima)
            return minima

        monkeypatch.setattr(AheadSolver, "_ahead", counted)


def problem_of(loss, penalty, storage=np.asfortranarray, **settings):
    X, y = data(loss, ROWS, COLUMNS)
    return Problem(loss, penalty, storage(X), y, **settings), X, y


def one_by_one(problem, alphas, tol):
    """The solutions of fits that know nothing of one another"""
    return [make_solver(problem).solve(alpha, tol=tol, max_iter=200) for alpha in alphas]


@over_storage
@over_losses(SMOOTH)
@pytest.mark.parametrize("penalty", [L1(), ElasticNet(0.4)], ids=["l1", "elasticnet"])
def test_solutions(loss, penalty, storage, monkeypatch):
    problem, *_ = problem_of(loss, penalty, storage)
    together = Together(monkeypatch)
    path = fit_path(problem, STRENGTHS, alpha_min_ratio=0.05, tol=1e-11, max_iter=200)
    assert path.converged.all()
    if storage is np.asfortranarray or np.isfinite(loss.self_concordance):
        assert together.count >= 0.8 * STRENGTHS
    if storage is np.asfortranarray:  # a matrix that is kept takes more steps, each of which costs less
        assert path.n_iter.mean() <= 6
    alone = one_by_one(problem, path.alphas[::7], 1e-11)
    for k, solution in zip(range(0, STRENGTHS, 7), alone, strict=True):
        size = max(np.abs(solution.coef).max(), 1e-3)
        np.testing.assert_allclose(path.coefs[:, k], solution.coef, atol=2e-5 * size)
        assert path.objective[k] == pytest.approx(solution.certificate.objective, rel=1e-10, abs=1e-12)


@over_storage
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("loss", [SquaredError(), LogLoss(), Poisson()], ids=["squared_error", "log_loss", "poisson"])
def test_certificates(loss, setting, storage):
    settings = SETTINGS[setting]
    problem, X, y = problem_of(loss, L1(), storage, **settings)
    alphas = fit_path(problem, 12, alpha_min_ratio=0.05, tol=1e-6).alphas
    solver = make_solver(problem)
    solver.foresee(alphas)
    point, since = None, None
    for alpha in alphas:
        solution = solver.solve(alpha, tol=1e-6, max_iter=100, start=point, previous_alpha=since)
        point, since = solution.point, alpha
        assert solution.converged
        assert oracle_error(solution, loss, L1(), X, y, alpha, settings) <= 1.01e-6


@pytest.mark.parametrize("loss", [SquaredError(), LogLoss()], ids=["squared_error", "log_loss"])
@pytest.mark.parametrize(
    "storage", [sparse.csc_array, lambda X: np.asfortranarray(X, dtype=np.float32)], ids=["csc", "float32"]
)
def test_storage(loss, storage):
    X, y = data(loss, ROWS, COLUMNS)
    X = X.astype(np.float32).astype(float)
    alphas = fit_path(Problem(loss, L1(), np.asfortranarray(X), y), 15, alpha_min_ratio=0.1).alphas
    dense, other = (fit_path(Problem(loss, L1(), store(X), y), alphas, tol=1e-11) for store in (np.asfortranarray, storage))
    np.testing.assert_allclose(other.coefs, dense.coefs, atol=1e-6)


@over_storage
@pytest.mark.parametrize("loss", [SquaredError(), LogLoss()], ids=["squared_error", "log_loss"])
def test_dependent_columns(loss, storage):
    X, y = data(loss, ROWS, 20)
    X = storage(np.hstack([X, X, np.zeros((ROWS, 1)), np.ones((ROWS, 1))]))
    path = fit_path(Problem(loss, L1(), X, y), 25, alpha_min_ratio=0.02, tol=1e-8)
    assert path.converged.all()
    assert (path.coefs[40:] == 0.0).all()


@over_storage
@pytest.mark.parametrize("loss", [SquaredError(), LogLoss(), Poisson()], ids=["squared_error", "log_loss", "poisson"])
def test_strengths_far_apart(loss, storage):
    X, y = data(loss, ROWS, COLUMNS)
    problem = Problem(loss, L1(), storage(X), y)
    path = fit_path(problem, make_solver(problem).alpha_max() * np.array([1.0, 0.1, 1e-3, 1e-4]), tol=1e-8)
    assert path.converged.all()


@over_storage
@pytest.mark.parametrize("scale", [1e-6, 1e6])
@pytest.mark.parametrize("loss", [SquaredError(), LogLoss()], ids=["squared_error", "log_loss"])
def test_scales(loss, scale, storage):
    """Columns in other units have the same path in those units"""
    X, y = data(loss, ROWS, COLUMNS)
    path = fit_path(Problem(loss, L1(), storage(X), y), 15, alpha_min_ratio=0.1, tol=1e-10)
    scaled = fit_path(Problem(loss, L1(), storage(scale * X), y), scale * path.alphas, tol=1e-10)
    assert scaled.converged.all()
    np.testing.assert_allclose(scale * scaled.coefs, path.coefs, atol=1e-5 * np.abs(path.coefs).max())


@over_storage
@pytest.mark.parametrize("products", [0.0, np.inf], ids=["halved", "whole"])
@pytest.mark.parametrize("loss", [SquaredError(), LogLoss(), Poisson()], ids=["squared_error", "log_loss", "poisson"])
def test_columns_beyond_their_limits_are_looked_at(loss, products, storage, monkeypatch):
    """However often the way from one strength to a later one is halved to bound slopes"""
    factors = np.where(np.arange(COLUMNS) % 3 == 0, 2.0, 0.5)
    problem, *_ = problem_of(loss, L1(), storage, factors=factors)
    reached, sizes, outside = AheadSolver._reached, [], 0

    def checked(solver, terms, first, last, duals, strengths, inside):
        nonlocal outside
        found = reached(solver, terms, first, last, duals, strengths, inside)
        slopes = np.array([problem.design.rmatvec(dual) for dual in duals])
        beyond = (np.abs(slopes) > (1.0 + 1e-12) * strengths[:, None] * factors).any(axis=0)
        assert not (beyond & ~found).any()
        outside += np.count_nonzero(beyond & ~inside)
        sizes.append(len(duals))
        return found

    monkeypatch.setattr(ahead, "PRODUCTS", products)
    monkeypatch.setattr(AheadSolver, "_reached", checked)
    assert fit_path(problem, STRENGTHS, alpha_min_ratio=0.05, tol=1e-8, max_iter=200).converged.all()
    assert outside > 0 and (min(sizes) <= 2) == (products == 0.0)


@pytest.mark.parametrize("max_iter", [1, 2])
def test_steps_are_counted(max_iter):
    X, y = data(Poisson(), ROWS, COLUMNS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        path = fit_path(
            Problem(Poisson(), L1(), np.asfortranarray(X), y), 5, alpha_min_ratio=1e-2, tol=1e-10, max_iter=max_iter
        )
    assert path.n_iter.max() == max_iter
    assert not path.converged.all()


def test_strengths_out_of_order():
    """Each solution is that of its own strength, whatever was foreseen"""
    X, y = data(LogLoss(), ROWS, COLUMNS)
    problem = Problem(LogLoss(), L1(), np.asfortranarray(X), y)
    solver = make_solver(problem)
    alphas = solver.alpha_max() * 0.9 ** np.arange(1, 13)
    solver.foresee(alphas)
    for alpha in alphas[[3, 0, 7, 11, 5]]:
        solution = solver.solve(alpha, tol=1e-10, max_iter=100)
        expected = make_solver(problem).solve(alpha, tol=1e-10, max_iter=100)
        assert solution.alpha == alpha
        assert solution.certificate.objective == pytest.approx(expected.certificate.objective, rel=1e-9)
