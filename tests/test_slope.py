"""SLOPE: its prox, its dual ball, its clusters, and fits proved by both."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
from fits import data, over_losses, weights
from scipy.optimize import minimize
from scipy.stats import norm
from sklearn.base import clone

from skregloss import PenalizedClassifier, PenalizedRegressor, regularization_path
from skregloss.losses import Huber, LogLoss, Poisson, Quantile, SquaredError
from skregloss.penalties import L1, L2, SLOPE
from skregloss.solvers import Problem, make_solver, solve

RNG_SEEDS = range(8)
LOSSES = [SquaredError(), LogLoss(), Poisson(), Huber()]


def value(b, sizes):
    return np.sort(np.abs(b))[::-1] @ sizes


def dual_norm(v, sizes):
    """The least s such that the k largest |v| sum to at most s times the k largest weights, for every k."""
    return np.max(np.cumsum(np.sort(np.abs(v))[::-1]) / np.cumsum(sizes))


def benjamini_hochberg(p, q=0.1):
    critical = norm.ppf(1 - q * np.arange(1, p + 1) / (2 * p))
    return critical / critical[0]


def prox(penalty, z, step, alpha):
    out = np.empty(len(z))
    penalty.block_prox(z, step, alpha, 1.0, out)
    return out


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_prox_solves_its_problem(seed):
    """The residual z - b is in the dual ball and attains the penalty, which is optimality; and ties stay ties."""
    rng = np.random.default_rng(seed)
    penalty, sizes = SLOPE(q=0.3).bind(9), benjamini_hochberg(9, 0.3)
    z = np.round(3 * rng.normal(size=9), 1 if seed % 2 else 8)
    for strength in (0.01, 0.5, 1.5, 50.0):
        b = prox(penalty, z, 0.5, 2 * strength)
        residual = (z - b) / strength
        assert dual_norm(residual, sizes) <= 1 + 1e-12
        assert residual @ b == pytest.approx(value(b, sizes), rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(prox(penalty, -z, 0.5, 2 * strength), -b, rtol=1e-13)
        objective = lambda b: 0.5 * np.sum((b - z) ** 2) + strength * value(b, sizes)  # noqa: B023, E731
        best = minimize(objective, z, method="Nelder-Mead", options={"maxfev": 4000}).fun
        assert objective(b) <= best + 1e-12


def test_weights():
    np.testing.assert_allclose(SLOPE(q=0.2).bind(7).sorted, benjamini_hochberg(7, 0.2), rtol=1e-12)
    np.testing.assert_array_equal(SLOPE(weights=[3, 2, 2]).bind(3).sorted, [3.0, 2.0, 2.0])
    assert SLOPE().bind(3).block_value(np.array([1.0, -3.0, 2.0]), 2.0, 1.0) == pytest.approx(
        2 * value(np.array([1, -3, 2]), benjamini_hochberg(3))
    )
    bound = SLOPE(weights=[3, 2]).bind(2)
    assert clone(bound).weights == [3, 2]


def certify(loss, sizes, X, y, alpha, solution, **settings):
    """The relative gap at the gradient scaled into the dual ball, in NumPy."""
    problem = oracle.Problem(loss.name, loss.get_params(), "l1", X, y, alpha=alpha, **settings)
    eta = problem.eta(solution.coef, solution.intercept)
    slopes = problem.rows.slope(eta)
    assert abs(problem.weights @ slopes) <= 1e-10
    v = -problem.X.T @ (problem.weights * slopes)
    scale = min(1.0, alpha / dual_norm(v, sizes))
    rows = problem.rows.value(eta) + problem.rows.conjugate(scale * slopes) - scale * slopes * eta
    gap = problem.weights @ rows + alpha * value(solution.coef, sizes) - scale * v @ solution.coef
    return gap / oracle.null_deviance(problem, oracle.null_model(problem))


@pytest.mark.parametrize("tol", [1e-6, 1e-10])
@pytest.mark.parametrize("shape", [(60, 12), (40, 80)], ids=["tall", "wide"])
@over_losses(LOSSES)
def test_gap(loss, shape, tol):
    X, y = data(loss, *shape)
    penalty, sizes = SLOPE(), benjamini_hochberg(shape[1])
    w = weights(len(y))
    solver = make_solver(Problem(loss, penalty.bind(shape[1]), X, y, sample_weight=w))
    alpha = 0.2 * solver.alpha_max()
    solution = solver.solve(alpha, tol=tol, max_iter=100)
    assert solution.converged
    assert certify(loss, sizes, X, y, alpha, solution, sample_weight=w) <= tol + 1e-12


@over_losses(LOSSES)
def test_alpha_max_is_tight(loss):
    X, y = data(loss)
    solver = make_solver(Problem(loss, SLOPE().bind(12), X, y))
    alpha_max = solver.alpha_max()
    at, below = (solver.solve(share * alpha_max, tol=1e-10, max_iter=100) for share in (1.0, 0.999))
    assert np.all(at.coef == 0.0)
    assert np.any(below.coef != 0.0)
    null = solve(Problem(loss, L1(), X, y), 1e6)
    gradient = X.T @ null.point.gradient
    assert alpha_max == pytest.approx(dual_norm(gradient, benjamini_hochberg(12)), rel=1e-9)


@over_losses(LOSSES)
def test_constant_weights_are_l1(loss):
    X, y = data(loss, 50, 30)
    slope = solve(Problem(loss, SLOPE(weights=np.full(30, 2.0)).bind(30), X, y), 0.02, tol=1e-12)
    plain = solve(Problem(loss, L1(), X, y), 0.04, tol=1e-12)
    np.testing.assert_allclose(slope.coef, plain.coef, atol=1e-7)


def test_correlated_columns_become_clusters():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(200, 1))
    X = np.hstack([shared + 0.05 * rng.normal(size=(200, 3)), rng.normal(size=(200, 5))])
    model = PenalizedRegressor(penalty=SLOPE(), alpha=0.3).fit(X, X[:, :3].sum(axis=1))
    assert len(np.unique(model.coef_[:3])) == 1
    assert np.all(model.coef_[3:] == 0.0)


def test_sums_with_l1_and_l2():
    """L1 adds to all weights; L2 is a ridge, here as rows that are added to the data."""
    X, y = data(SquaredError(), 50, 10)
    sizes = np.linspace(2.0, 1.0, 10)
    both = solve(Problem(SquaredError(), (SLOPE(weights=sizes) + 0.5 * L1()).bind(10), X, y), 0.05, tol=1e-11)
    shifted = solve(Problem(SquaredError(), SLOPE(weights=sizes + 0.5).bind(10), X, y), 0.05, tol=1e-11)
    np.testing.assert_allclose(both.coef, shifted.coef, atol=1e-7)
    ridge = solve(Problem(SquaredError(), (SLOPE(weights=sizes) + L2()).bind(10), X, y, fit_intercept=False), 0.05, tol=1e-11)
    augmented = np.vstack([X, np.sqrt(50 * 0.05) * np.eye(10)])
    problem = Problem(SquaredError(), SLOPE(weights=sizes).bind(10), augmented, np.r_[y, np.zeros(10)], fit_intercept=False)
    np.testing.assert_allclose(ridge.coef, solve(problem, 0.05 * 50 / 60, tol=1e-11).coef, atol=1e-7)


def test_path_and_classes():
    X, y = data(LogLoss())
    path = regularization_path(X, y, loss="log_loss", penalty="slope", alphas=20)
    assert path.converged.all()
    assert path.n_nonzero[0] == 0
    model = PenalizedClassifier(penalty=SLOPE(q=0.5), alpha=0.01).fit(X, y)
    assert model.certificate_.converged


def test_what_is_not_valid_says_so():
    X, y = data(SquaredError(), 30, 4)
    for wrong in ([1, 2, 3, 4], [-1, -2, -3, -4], [0, 0, 0, 0], [np.nan] * 4):
        with pytest.raises(ValueError, match="weights of SLOPE"):
            PenalizedRegressor(penalty=SLOPE(weights=wrong)).fit(X, y)
    with pytest.raises(ValueError, match="3 numbers for 4 columns"):
        PenalizedRegressor(penalty=SLOPE(weights=[3, 2, 1])).fit(X, y)
    with pytest.raises(ValueError, match="q of SLOPE"):
        PenalizedRegressor(penalty=SLOPE(q=1.5)).fit(X, y)
    with pytest.raises(ValueError, match="Quantile with SLOPE has no solver"):
        PenalizedRegressor(loss=Quantile(), penalty=SLOPE()).fit(X, y)
    with pytest.raises(ValueError, match="bounds do not go with SLOPE"):
        PenalizedRegressor(penalty=SLOPE(), bounds=(0, None)).fit(X, y)
    with pytest.raises(ValueError, match="factors"):
        PenalizedRegressor(penalty=SLOPE(), penalty_factors=[1, 2, 1, 1]).fit(X, y)
    with pytest.raises(ValueError, match="SLOPE is for one linear predictor"):
        PenalizedRegressor(penalty=SLOPE()).fit(X, np.column_stack([y, y]))
