"""The oracle itself: its formulas agree with each other, and its certificates with scikit-learn's optima."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import oracle
import pytest
from oracle import fixed_point_residual, null_model, objective, reference_fit, relative_gap
from oracle.kinks import has_kinks
from oracle.losses import RESIDUAL_LOSSES, SLOPES, Rows
from scipy import sparse
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    Lasso,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from threadpoolctl import threadpool_limits

PARAMS = {
    "quantile": {"quantile": 0.3},
    "epsilon_insensitive": {"epsilon": 0.2},
    "huber": {"delta": 1.35},
    "pseudo_huber": {"delta": 0.7},
    "expectile": {"expectile": 0.8},
    "squared_epsilon_insensitive": {"epsilon": 0.1},
    "tweedie": {"power": 1.5},
    "negative_binomial": {"theta": 0.5},
}
CLASSIFICATION = ("hinge", "log_loss", "probit", "cloglog", "squared_hinge", "modified_huber", "exponential")
CONVEX = sorted(set(SLOPES) - {"inverse_gaussian"})
SMOOTH = [loss for loss in CONVEX if not has_kinks(loss)]
PENALTIES = {"l1": "l1", "l2": "l2", "elasticnet": ("elasticnet", {"l1_ratio": 0.5})}


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Threads cost more than they bring on matrices this small."""
    with threadpool_limits(1):
        yield


def targets(loss, eta, rng):
    """Targets that suit the loss, with mean or class following eta."""
    n = len(eta)
    if loss in RESIDUAL_LOSSES:
        return eta + rng.normal(size=n)
    if loss in CLASSIFICATION:
        return np.where(eta + rng.logistic(size=n) > 0, 1.0, -1.0)
    if loss in ("poisson", "negative_binomial"):
        return rng.poisson(np.exp(eta)).astype(float)
    positive = np.exp(eta) * rng.gamma(2.0, 0.5, n)
    return np.where(rng.uniform(size=n) < 0.3, 0.0, positive) if loss == "tweedie" else positive


def data(loss, n=80, p=6, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + 0.5 * rng.normal(size=(n, 1))
    return X, targets(loss, X @ np.array([0.8, -0.5, 0.3, *np.zeros(p - 3)]) + 0.2, rng)


def settings(kind, n, p):
    """Keyword arguments that exercise one feature of a problem at a time, and all of them together."""
    rng = np.random.default_rng(1)
    low, high = np.full(p, -np.inf), np.full(p, np.inf)
    low[0], high[0], low[1], low[2], high[2] = -0.2, 0.2, 0.0, -0.1, np.inf
    choices = {
        "plain": {},
        "weights": {"sample_weight": rng.integers(0, 4, n).astype(float)},
        "offset": {"offset": rng.normal(size=n)},
        "unpenalized": {"factors": np.array([0.0, 0.0, 2.0, *np.ones(p - 3)])},
        "excluded": {"factors": np.array([np.inf, 1.0, *np.ones(p - 2)])},
        "bounds": {"bounds": np.stack([low, high], axis=1)},
        "no intercept": {"fit_intercept": False},
    }
    together = {**choices["weights"], **choices["offset"], **choices["bounds"]}
    together["factors"] = np.array([1.0, 0.5, 2.0, 0.0, *np.ones(p - 4)])
    return {**choices, "together": together}[kind]


def test_imports_nothing_of_the_package():
    helpers = [Path(oracle.__file__).parent.parent / "loss_formulas.py"]
    for file in [*Path(oracle.__file__).parent.glob("*.py"), *helpers]:
        nodes = list(ast.walk(ast.parse(file.read_text())))
        names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        assert not [name for name in names if name.startswith("skregloss")]


@pytest.mark.parametrize("loss", sorted(SLOPES))
def test_slope_and_curvature_are_derivatives(loss):
    rng = np.random.default_rng(0)
    eta = rng.normal(size=200)
    rows = Rows(loss, PARAMS.get(loss), targets(loss, eta, rng))
    h = 1e-5
    np.testing.assert_allclose(rows.slope(eta), (rows.value(eta + h) - rows.value(eta - h)) / (2 * h), atol=1e-8)
    jumps = rows.curvature(eta + h) != rows.curvature(eta - h)
    kinked = loss in ("huber", "expectile", "squared_epsilon_insensitive", "squared_hinge", "modified_huber")
    smooth = ~(jumps & kinked)
    second = (rows.slope(eta + h) - rows.slope(eta - h)) / (2 * h)
    np.testing.assert_allclose(rows.curvature(eta)[smooth], second[smooth], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("loss", CONVEX)
def test_fenchel_young(loss):
    rng = np.random.default_rng(0)
    eta, other = rng.normal(size=(2, 200))
    rows = Rows(loss, PARAMS.get(loss), targets(loss, eta, rng))
    u = rows.slope(eta)
    np.testing.assert_allclose(rows.value(eta) + rows.conjugate(u), u * eta, atol=1e-13)
    assert np.all(rows.value(other) + rows.conjugate(u) - u * other >= -1e-13)
    low, high = rows.slope_range()
    assert np.all((low <= u) & (u <= high))
    for end, beyond in ((low, -1e-9), (high, 1e-9)):
        outside = rows.conjugate(np.where(np.isfinite(end), end + beyond, u))
        assert np.all(np.isinf(outside) == np.isfinite(end))
    assert np.all(rows.minimum() <= rows.value(other) + 1e-14)


def sklearn_cases():
    ratio = {"l1_ratio": 0.5}
    tight = {"tol": 1e-14, "max_iter": 100000}
    glm = {"tol": 1e-12, "max_iter": 10000, "solver": "newton-cholesky"}
    C = 1 / (0.05 * 80)
    yield "squared_error", "l1", Lasso(alpha=0.05, **tight)
    yield "squared_error", "l2", Ridge(alpha=0.05 * 80, tol=1e-14)
    yield "squared_error", ("elasticnet", ratio), ElasticNet(alpha=0.05, **ratio, **tight)
    yield "log_loss", "l2", LogisticRegression(C=C, tol=1e-12, max_iter=10000, solver="newton-cholesky")
    yield "log_loss", "l1", LogisticRegression(C=C, l1_ratio=1.0, tol=1e-12, max_iter=100000, solver="saga")
    yield "poisson", "l2", PoissonRegressor(alpha=0.05, **glm)
    yield "gamma", "l2", GammaRegressor(alpha=0.05, **glm)
    yield "tweedie", "l2", TweedieRegressor(power=1.5, link="log", alpha=0.05, **glm)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("sparse_x", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize(
    ("loss", "penalty", "model"), list(sklearn_cases()), ids=lambda item: item if isinstance(item, str) else ""
)
def test_certifies_optima_of_scikit_learn(loss, penalty, model, sparse_x, weighted):
    X, y = data(loss)
    weight = np.random.default_rng(3).integers(0, 4, len(y)).astype(float) if weighted else None
    if weighted:
        weight *= len(y) / weight.sum()  # so that the strength means the same for models that take sums
    model.fit(X, y, sample_weight=weight)
    coef, intercept = np.ravel(model.coef_), np.ravel(model.intercept_)[0]
    problem = {"alpha": 0.05, "sample_weight": weight}
    data_term = (loss, PARAMS.get(loss), penalty, sparse.csc_array(X) if sparse_x else X, y)
    assert -1e-12 <= relative_gap(*data_term, coef, intercept, **problem) <= 1e-8
    assert relative_gap(*data_term, coef + 1e-2, intercept, **problem) > 1e-6


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
@pytest.mark.parametrize("loss", SMOOTH)
def test_reference_fit_has_no_gap(loss, penalty):
    X, y = data(loss)
    problem = {"alpha": 0.03, **settings("together", *X.shape)}
    coef, intercept = reference_fit(loss, PARAMS.get(loss), penalty, X, y, **problem)
    assert -1e-13 <= relative_gap(loss, PARAMS.get(loss), penalty, X, y, coef, intercept, **problem) <= 1e-11


@pytest.mark.parametrize(
    "kind", ["plain", "weights", "offset", "unpenalized", "excluded", "bounds", "no intercept", "together"]
)
@pytest.mark.parametrize("loss", ["squared_error", "huber", "log_loss", "poisson", "tweedie", "squared_hinge"])
def test_gap_bounds_the_suboptimality(loss, kind):
    X, y = data(loss)
    keywords = {"alpha": 0.03, **settings(kind, *X.shape)}
    statement = (loss, PARAMS.get(loss), "l1", X, y)
    best = reference_fit(*statement, **keywords)
    problem = oracle.Problem(*statement, **keywords)
    deviance = oracle.null_deviance(problem, null_model(problem))
    rng = np.random.default_rng(2)
    for size in (1e-4, 1e-2, 0.3):
        coef = np.clip(best[0] + size * rng.normal(size=len(best[0])), problem.low, problem.high)
        intercept = best[1] + size * problem.fit_intercept
        excess = (objective(problem, coef, intercept) - objective(problem, *best)) / deviance
        gap = relative_gap(*statement, coef, intercept, **keywords)
        assert 0 < excess <= gap + 1e-13
        assert gap < 100 * size


def test_gap_of_a_point_beyond_its_bounds_is_infinite():
    X, y = data("squared_error")
    bounds = np.tile([0.0, 0.1], (X.shape[1], 1))
    assert relative_gap("squared_error", {}, "l1", X, y, np.ones(6), 0.0, alpha=0.1, bounds=bounds) == np.inf


def test_no_gap_without_a_penalized_direction_or_a_null_model():
    X, y = data("log_loss")
    zero = np.zeros(X.shape[1])
    assert np.isnan(relative_gap("log_loss", {}, "none", X, y, zero, 0.0, alpha=1.0))
    assert np.isnan(relative_gap("log_loss", {}, "l1", X, np.ones(len(y)), zero, 0.0, alpha=0.1))
    separable = np.sign(X[:, 0])
    factors = np.array([0.0, *np.ones(5)])
    assert np.isnan(relative_gap("log_loss", {}, "l1", X, separable, zero, 0.0, alpha=0.1, factors=factors))


@pytest.mark.parametrize("loss", ["squared_error", "log_loss", "poisson"])
def test_fixed_point_residual_of_a_convex_optimum_is_zero(loss):
    X, y = data(loss)
    problem = {"alpha": 0.05, **settings("together", *X.shape)}
    coef, intercept = reference_fit(loss, {}, "l1", X, y, **problem)
    assert fixed_point_residual(loss, {}, "l1", X, y, coef, intercept, **problem) < 1e-10
    moved = coef + np.array([0, 0, 0, 0, 1e-3, 0])
    assert fixed_point_residual(loss, {}, "l1", X, y, moved, intercept, **problem) > 1e-5


@pytest.mark.parametrize(
    ("penalty", "fitted"),
    [
        (("mcp", {"gamma": 3.0}), 2.0),
        (("scad", {"gamma": 3.7}), 2.0),
        ("l0", 2.0),
        (("log_sum", {"eps": 1.0}), (1 + np.sqrt(9 - 0.4)) / 2),
        ([(1.0, "mcp", {"gamma": 3.0}), (0.5, "l2", {})], 2.0 / 1.05),
    ],
    ids=["mcp", "scad", "l0", "log_sum", "mcp + l2"],
)
def test_fixed_point_of_one_column(penalty, fitted):
    """One centred column of unit variance whose least-squares coefficient is 2, at strength 0.1."""
    X = np.tile([[1.0], [-1.0]], (5, 1))
    y = 3.0 + 2.0 * X[:, 0]
    statement = ("squared_error", {}, penalty, X, y)
    assert fixed_point_residual(*statement, [fitted], 3.0, alpha=0.1) < 1e-14
    assert fixed_point_residual(*statement, [fitted + 0.01], 3.0, alpha=0.1) == pytest.approx(0.005, rel=0.1)
    assert fixed_point_residual(*statement, [0.0], 3.0, alpha=0.1) > 0.5  # stationary for l0, not optimal
    assert fixed_point_residual(*statement, [fitted], 3.1, alpha=0.1) > 0.04


def test_fixed_point_residual_tolerates_ties():
    """At strength h z^2 / 2 the L0 penalty is indifferent between 0 and z."""
    X = np.tile([[1.0], [-1.0]], (5, 1))
    for coef in (0.0, 2.0):
        assert fixed_point_residual("squared_error", {}, "l0", X, 2.0 * X[:, 0], [coef], 0.0, alpha=2.0) < 1e-14
    assert fixed_point_residual("squared_error", {}, "l0", X, 2.0 * X[:, 0], [2.0], 0.0, alpha=2.1) > 0.5
