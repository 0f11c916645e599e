"""Paths: what they say at each strength is what single fits say there, and what the formulas say."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from fits import (
    ALPHA,
    ONE_PER_LOSS,
    ONE_PER_PENALTY,
    check_objective,
    data,
    no_single_move_pays,
    oracle_error,
)
from penalty_examples import short
from sklearn.linear_model import enet_path, lasso_path
from test_certificates import special_settings

from skregloss import PenalizedClassifier, PenalizedRegressor, regularization_path
from skregloss.losses import Huber, LogLoss, SquaredError
from skregloss.path import fit_path
from skregloss.penalties import L1, L2, MCP, SCAD, ElasticNet, NoPenalty
from skregloss.solvers import Problem, solve

SPARSE_CONVEX = [L1(), ElasticNet(), ElasticNet(0.1), 0.7 * L1() + 0.3 * L2()]


def over(name, values):
    return pytest.mark.parametrize(name, values, ids=short)


def at(path, k):
    """The path at its k-th strength, in the shape of a solution."""
    certificate = SimpleNamespace(objective=path.objective[k])
    return SimpleNamespace(coef=path.coefs[:, k], intercept=path.intercepts[k], certificate=certificate)


def check_against_formulas(path, loss, penalty, X, y, tol, settings):
    """Every certificate recomputed by the oracle."""
    assert path.converged.all()
    convex = loss.convex and penalty.convex
    for k, alpha in enumerate(path.alphas):
        solution = at(path, k)
        check_objective(solution, loss, penalty, X, y, alpha, settings)
        error = oracle_error(solution, loss, penalty, X, y, alpha, settings)
        # As in the tests of certificates: the curvatures that scale the residual of a non-convex problem are rounded.
        assert error <= tol + (1e-13 if convex else 0.2 * tol + 1e-9) or (
            not convex and no_single_move_pays(solution, loss, penalty, X, y, alpha, settings)
        )
        if convex and np.isfinite(path.relative_gap[k]):
            assert path.relative_gap[k] <= tol
        else:
            assert path.kkt[k] <= tol


def check_against_single_fits(path, problem, tol=1e-12):
    """Equal to independent fits in objective and coefficients; for non-convex penalties at least as good."""
    for k, alpha in enumerate(path.alphas):
        single = solve(problem, alpha, tol=tol, max_iter=1000)
        gain = single.certificate.objective - path.objective[k]
        if not problem.penalty.convex and gain > 1e-9:
            continue
        assert gain == pytest.approx(0.0, abs=1e-6 * max(1.0, abs(path.objective[k])))
        scale = max(1.0, np.abs(single.coef).max())
        np.testing.assert_allclose(path.coefs[:, k], single.coef, rtol=0.0, atol=1e-6 * scale)
        assert path.intercepts[k] == pytest.approx(single.intercept, abs=1e-6 * max(1.0, abs(single.intercept)))


@over("penalty", [L1(), L2(), ElasticNet(), MCP()])
@over("loss", ONE_PER_LOSS)
def test_every_loss_equals_single_fits(loss, penalty):
    X, y = data(loss)
    problem = Problem(loss, penalty, X, y)
    path = fit_path(problem, 8, alpha_min_ratio=0.02, tol=1e-12, max_iter=1000)
    check_against_single_fits(path, problem)


@over("penalty", [*ONE_PER_PENALTY, 0.7 * L1() + 0.3 * L2(), MCP() + 0.1 * L2()])
@over("loss", [SquaredError(), LogLoss()])
def test_every_penalty_equals_single_fits(loss, penalty):
    X, y = data(loss)
    problem = Problem(loss, penalty, X, y)
    path = fit_path(problem, 12, alpha_min_ratio=0.02, tol=1e-12, max_iter=1000)
    check_against_single_fits(path, problem)


@over("penalty", [L1(), ElasticNet(), SCAD()])
@over("loss", ONE_PER_LOSS)
def test_certificates_of_every_loss(loss, penalty):
    X, y = data(loss)
    path = fit_path(Problem(loss, penalty, X, y), 5, alpha_min_ratio=0.05)
    check_against_formulas(path, loss, penalty, X, y, 1e-6, {})


@over("penalty", ONE_PER_PENALTY)
def test_certificates_of_every_penalty(penalty):
    X, y = data(LogLoss())
    path = fit_path(Problem(LogLoss(), penalty, X, y), [0.1, ALPHA, 0.02], tol=1e-9)
    check_against_formulas(path, LogLoss(), penalty, X, y, 1e-9, {})


@pytest.mark.parametrize("kind", ["factors", "box", "offset", "no intercept", "together"])
@over("loss", [SquaredError(), Huber()])
def test_factors_bounds_offsets_and_weights(loss, kind):
    X, y = data(loss)
    settings = special_settings(kind, *X.shape)
    arguments = {"penalty_factors" if name == "factors" else name: value for name, value in settings.items()}
    path = regularization_path(X, y, loss=loss, penalty="l1", alphas=6, alpha_min_ratio=0.05, **arguments)
    check_against_formulas(path, loss, L1(), X, y, 1e-6, settings)


@over("penalty", SPARSE_CONVEX)
@over("loss", [loss for loss in ONE_PER_LOSS if loss.convex])
def test_alpha_max_is_tight(loss, penalty):
    X, y = data(loss)
    problem = Problem(loss, penalty, X, y)
    alpha_max = fit_path(problem, 1).alpha_max
    path = fit_path(problem, [alpha_max, 0.999 * alpha_max], tol=1e-10)
    assert path.n_nonzero[0] == 0
    assert path.converged.all()
    assert path.n_nonzero[1] > 0


@over("penalty", [penalty for penalty in ONE_PER_PENALTY if not penalty.convex])
def test_alpha_max_of_non_convex_penalties(penalty):
    X, y = data(SquaredError())
    path = fit_path(Problem(SquaredError(), penalty, X, y), 20, tol=1e-10)
    assert path.alphas[0] == path.alpha_max
    assert path.n_nonzero[0] == 0
    assert path.n_nonzero[-1] > 0
    assert path.converged.all()


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_equal_to_scikit_learn(l1_ratio):
    X, y = data(SquaredError(), n=80, p=20)
    X, y = X - X.mean(axis=0), y - y.mean()
    path = regularization_path(X, y, loss="squared_error", penalty=ElasticNet(l1_ratio), alphas=30, tol=1e-12)
    options = {"alphas": path.alphas, "tol": 1e-13, "max_iter": 100_000}
    theirs = lasso_path(X, y, **options) if l1_ratio == 1.0 else enet_path(X, y, l1_ratio=l1_ratio, **options)
    np.testing.assert_allclose(path.alphas, theirs[0])
    np.testing.assert_allclose(path.coefs, theirs[1], atol=1e-6)
    assert path.alpha_max == pytest.approx(np.abs(X.T @ y).max() / len(y) / l1_ratio, rel=1e-12)


def test_loss_explained_is_the_score():
    X, y = data(Huber())
    weights = np.arange(len(y)) % 3.0
    options = {"loss": Huber(), "penalty": MCP(), "standardize": True}
    path = regularization_path(X, y, alphas=[0.3, 0.1, 0.02], sample_weight=weights, **options)
    for k, alpha in enumerate(path.alphas):
        model = PenalizedRegressor(alpha=alpha, **options).fit(X, y, sample_weight=weights)
        np.testing.assert_allclose(path.coefs[:, k], model.coef_, atol=1e-5)
        assert path.loss_explained[k] == pytest.approx(model.score(X, y, weights), abs=1e-6)


def test_loss_explained_with_offset_and_without_intercept():
    loss = next(loss for loss in ONE_PER_LOSS if loss.name == "poisson")
    X, y = data(loss)
    offset = np.linspace(-1.0, 1.0, len(y))
    options = {"loss": "poisson", "penalty": "l1", "fit_intercept": False}
    path = regularization_path(X, y, alphas=[0.05], offset=offset, **options)
    model = PenalizedRegressor(alpha=0.05, **options).fit(X, y, offset=offset)
    assert path.loss_explained[0] == pytest.approx(model.score(X, y, offset=offset), abs=1e-6)


def test_classes_are_sorted_and_coded():
    X, y = data(LogLoss())
    names = np.where(y > 0.0, "no", "maybe")
    path = regularization_path(X, names, loss="log_loss", penalty="l1", alphas=[0.02], class_weight="balanced")
    model = PenalizedClassifier(alpha=0.02, class_weight="balanced").fit(X, names)
    assert path.classes.tolist() == ["maybe", "no"]
    np.testing.assert_allclose(path.coefs[:, 0], model.coef_[0], atol=1e-6)


def brute_force_convexity(X, coef, intercept, bend):
    """The smallest eigenvalue of the Hessian of log loss over intercept and support, with `bend` for the penalty."""
    support = np.flatnonzero(coef)
    Z = np.column_stack([np.ones(len(X)), X[:, support]])
    p = 1.0 / (1.0 + np.exp(-(Z @ np.r_[intercept, coef[support]])))
    hessian = Z.T @ (Z * (p * (1.0 - p))[:, None]) / len(X)
    return np.linalg.eigvalsh(hessian + np.diag([0.0] + [bend] * len(support)))[0]


@pytest.mark.parametrize("gamma", [4.0, 20.0, 100.0])
def test_local_convexity_of_mcp(gamma):
    X, y = data(LogLoss())
    path = regularization_path(X, y, loss="log_loss", penalty=MCP(gamma), alphas=30, alpha_min_ratio=0.01)
    smallest = [brute_force_convexity(X, path.coefs[:, k], path.intercepts[k], -1.0 / gamma) for k in range(30)]
    assert path.locally_convex.tolist() == [path.n_nonzero[k] == 0 or value >= 0.0 for k, value in enumerate(smallest)]
    assert gamma == 4.0 or path.locally_convex[:3].all()


def test_convex_problems_are_locally_convex():
    X, y = data(LogLoss())
    assert regularization_path(X, y, loss="log_loss", penalty="l2", alphas=5).locally_convex.all()


def test_no_penalty_is_the_same_at_every_strength():
    X, y = data(SquaredError())
    path = fit_path(Problem(SquaredError(), NoPenalty(), X, y), 5)
    np.testing.assert_allclose(path.coefs, path.coefs[:, :1] @ np.ones((1, 5)), atol=1e-10)
    assert np.isnan(path.relative_gap).all()
