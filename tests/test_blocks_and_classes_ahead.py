"""Groups of coefficients, and classes, at several strengths at once: as one by one, with certificates that NumPy confirms."""

from __future__ import annotations

import numpy as np
import pytest
from data import joint_sample
from fits import data, oracle_error, over_penalties
from oracle import joint
from penalty_examples import sums_slow
from scipy import sparse
from test_paths_ahead import Together, one_by_one

from skregloss.losses import Softmax, SquaredError
from skregloss.path import fit_path
from skregloss.penalties import L1, L2, L21, ElasticNet, GroupL2, SparseGroup
from skregloss.solvers import Problem, make_solver
from skregloss.solvers.exact_path import ExactSolver

ROWS, COLUMNS, STRENGTHS = 40, 60, 30
SCATTERED = [[0, 5], [1, 2, 7, 9], [11, 3, 4], list(range(12, 40))]
GROUPS = [GroupL2(5), SparseGroup(5, 0.3), GroupL2(SCATTERED), GroupL2(5) + 0.5 * L2(), L21()]
NORMS = [L1(), ElasticNet(0.4)]
SETTINGS = {
    "plain": {},
    "no intercept": {"fit_intercept": False},
    "weights": {"sample_weight": np.random.default_rng(1).integers(0, 4, ROWS).astype(float)},
    "factors": {"factors": np.where(np.arange(COLUMNS) < 30, 2.0, 0.5)},
    "free columns": {"factors": np.where(np.arange(COLUMNS) // 5 == 1, 0.0, 1.0)},
}
over_settings = pytest.mark.parametrize("setting", SETTINGS)


def group_problem(penalty, outputs=1, storage=np.asfortranarray, **settings):
    X, y = data(SquaredError(), ROWS, COLUMNS)
    if outputs > 1:
        y = y[:, None] + np.random.default_rng(2).normal(size=(ROWS, outputs))
    return Problem(SquaredError(), penalty.bind(COLUMNS), storage(X), y, **settings), X, y


def class_problem(penalty=NORMS[0], storage=np.asfortranarray, **settings):
    rng = np.random.default_rng(3)
    y = joint_sample(Softmax(4), rng, ROWS)
    X = rng.normal(size=(ROWS, COLUMNS)) + 0.5 * np.outer(y - y.mean(), np.arange(COLUMNS) < 3)
    return Problem(Softmax(4), penalty, storage(X), y, **settings), X, y


def centred(coef):
    """Less the mean over classes: where signs differ, that can be any of a range"""
    return coef - coef.mean(axis=0) if coef.ndim == 2 else coef


def check_path(problem, monkeypatch, share=0.8):
    """A path is that of fits that know nothing of one another, and a share of the strengths has been solved together"""
    together = Together(monkeypatch)
    path = fit_path(problem, STRENGTHS, alpha_min_ratio=0.05, tol=1e-11, max_iter=200)
    assert path.converged.all()
    assert together.count >= share * STRENGTHS
    for k, solution in zip(range(0, STRENGTHS, 7), one_by_one(problem, path.alphas[::7], 1e-11), strict=True):
        size = max(np.abs(solution.coef).max(), 1e-3)
        np.testing.assert_allclose(centred(path.coefs[..., k]), centred(solution.coef), atol=2e-5 * size)
        np.testing.assert_allclose(path.intercepts[..., k], solution.intercept, atol=2e-5 * max(size, 1.0))
        assert path.objective[k] == pytest.approx(solution.certificate.objective, rel=1e-10, abs=1e-12)
    return path


def along(problem, alphas, tol):
    """The solutions of a path, with their certificates"""
    solver, point, since = make_solver(problem), None, None
    solver.foresee(alphas)
    for alpha in alphas:
        solution = solver.solve(alpha, tol=tol, max_iter=100, start=point, previous_alpha=since)
        point, since = solution.point, alpha
        yield solution


@pytest.mark.parametrize("outputs", [1, 3])
@over_penalties(sums_slow(GROUPS))
def test_groups(penalty, outputs, monkeypatch):
    # Of several outputs matrices soon outgrow the rows, and descent goes on without.
    check_path(group_problem(penalty, outputs)[0], monkeypatch, share=0.8 if outputs == 1 else 0.25)


@over_penalties(sums_slow(GROUPS))
def test_groups_outside_the_working_set(penalty, monkeypatch):
    """With so many that most are left out at first, or all of them"""
    X, y = data(SquaredError(), ROWS, 6 * COLUMNS)
    check_path(Problem(SquaredError(), penalty.bind(6 * COLUMNS), np.asfortranarray(X), y), monkeypatch, share=0.2)


@over_settings
@over_penalties(GROUPS[:2])
def test_certificates_of_groups(penalty, setting):
    problem, X, y = group_problem(penalty, **SETTINGS[setting])
    alphas = make_solver(problem).alpha_max() * np.geomspace(1.0, 0.05, 12)
    for tol in (1e-3, 1e-6):
        for alpha, solution in zip(alphas, along(problem, alphas, tol), strict=True):
            assert solution.converged
            assert oracle_error(solution, SquaredError(), penalty, X, y, alpha, SETTINGS[setting]) <= 1.01 * tol


@over_settings
@over_penalties(NORMS)
def test_classes(penalty, setting, monkeypatch):
    path = check_path(class_problem(penalty, **SETTINGS[setting])[0], monkeypatch)
    # Newton's method, from a start nearby.
    assert path.n_iter.mean() <= 5


@pytest.mark.parametrize("tol", [1e-3, 1e-6])
@pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "csc"])
def test_certificates_of_classes(storage, tol):
    problem, X, y = class_problem(storage=storage)
    weights, loss = np.full(ROWS, 1.0 / ROWS), Softmax(4)
    alphas = make_solver(problem).alpha_max() * np.geomspace(1.0, 0.05, 12)
    for alpha, solution in zip(alphas, along(problem, alphas, tol), strict=True):
        eta = (X @ solution.coef.T + solution.intercept).T.ravel()
        slopes = joint.gradient(loss, eta, y, weights).reshape(4, -1) @ X
        norm = alpha * np.abs(solution.coef).sum()
        scale = min(1.0, alpha / np.abs(slopes).max())
        gap = joint.gap(loss, eta, y, weights, scale) + norm + scale * (slopes * solution.coef).sum()
        assert solution.converged
        assert solution.certificate.objective == pytest.approx(joint.value(loss, eta, y, weights) + norm, rel=1e-12)
        assert gap == pytest.approx(solution.certificate.gap, rel=1e-3, abs=1e-12)


def test_classes_that_separate():
    """Far down the path, where coefficients are large and curvature is all but gone"""
    problem, *_ = class_problem()
    assert fit_path(problem, 40, alpha_min_ratio=1e-5, tol=1e-6).converged.all()


@pytest.mark.parametrize("ratio", [0.1, 1e-3])
def test_dependent_columns(ratio):
    _, X, y = group_problem(GroupL2(5))
    X = np.asfortranarray(np.hstack([X[:, :20], X[:, :20], np.zeros((ROWS, 5)), np.ones((ROWS, 5))]))
    path = fit_path(Problem(SquaredError(), GroupL2(5).bind(50), X, y), 25, alpha_min_ratio=ratio, tol=1e-8)
    assert path.converged.all()
    assert (path.coefs[40:] == 0.0).all()


def test_only_the_first_strengths_are_reached(monkeypatch):
    """Minima may be found at fewer strengths than were asked for"""
    problem, *_ = group_problem(L1())
    alphas = make_solver(problem).alpha_max() * np.geomspace(0.9, 0.05, 12)
    expected = fit_path(problem, alphas, tol=1e-11)
    minima = ExactSolver._minima_on
    monkeypatch.setattr(ExactSolver, "_minima_on", lambda *args, **options: minima(*args, **options)[:2])
    path = fit_path(problem, alphas, tol=1e-11)
    np.testing.assert_allclose(path.coefs, expected.coefs, atol=1e-8)
