"""Fits with penalties of groups prove themselves: what the certificate claims is recomputed from the formulas alone."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
from fits import (
    ALPHA,
    LOSSES,
    ONE_PER_CONVEX_LOSS,
    ONE_PER_LOSS,
    STORAGES,
    TOLERANCES,
    WEIGHTED,
    certified,
    data,
    over_half,
    over_losses,
    over_penalties,
    over_storage,
    over_tol,
    statement,
    targets,
    weights,
)
from penalty_examples import GROUPED, sums_slow
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.preprocessing import SplineTransformer

from skregloss.losses import LogLoss, OrdinalLogistic, SquaredError
from skregloss.path import fit_path
from skregloss.penalties import L1, L2, L21, MCP, GroupL2, GroupMCP, GroupSCAD, SparseGroup
from skregloss.solvers import Problem, make_solver, solve

# Neighbours or not, of all sizes, and some columns in none.
SCATTERED = [[0, 5], [1, 2, 7, 9], [11, 3, 4]]
CONVEX = [GroupL2(3), SparseGroup(SCATTERED, 0.3), GroupL2(SCATTERED) + 0.5 * L2()]
FEW_LOSSES = [SquaredError(), LogLoss(), LOSSES["poisson"](), LOSSES["huber"](), LOSSES["squared_hinge"]()]


@over_half(storage=STORAGES, weighted=WEIGHTED)
@over_penalties(CONVEX)
@over_losses(ONE_PER_CONVEX_LOSS)
def test_gap_of_every_convex_loss(loss, penalty, storage, weighted):
    X, y = data(loss)
    settings = {"sample_weight": weights(len(y))} if weighted else {"fit_intercept": storage is not np.asfortranarray}
    certified(loss, penalty, storage(X), y, 1e-10 if weighted else 1e-6, **settings)


@pytest.mark.slow
@over_tol
@pytest.mark.parametrize(
    ("shape", "storage", "weighted"),
    [((60, 12), np.asfortranarray, True), ((30, 60), sparse.csc_array, False)],
    ids=["tall", "wide"],
)
@over_penalties(sums_slow(GROUPED))
@over_losses(ONE_PER_LOSS)
def test_every_pair(loss, penalty, shape, storage, weighted, tol):
    X, y = data(loss, *shape)
    certified(loss, penalty, storage(X), y, tol, sample_weight=weights(len(y)) if weighted else None)


@over_tol
@over_penalties(sums_slow(GROUPED))
@over_losses([SquaredError(), LogLoss()])
def test_every_penalty_of_groups(loss, penalty, tol):
    X, y = data(loss)
    certified(loss, penalty, X, y, tol)


@over_tol
@over_penalties(sums_slow([GroupL2(5), SparseGroup(20), GroupL2(60), GroupL2(6) + 0.1 * L2(), GroupMCP(4) + 0.1 * L2()]))
@over_losses(FEW_LOSSES)
def test_more_columns_than_rows(loss, penalty, tol):
    """And groups with more columns than there are rows."""
    X, y = data(loss, n=30, p=60)
    certified(loss, penalty, X, y, tol, 0.02)


@over_half(storage=STORAGES, tol=TOLERANCES)
@over_penalties([GroupL2(4), SparseGroup(6, 0.3), GroupL2(30) + 0.1 * L2()])
@over_losses([SquaredError(), LogLoss(), LOSSES["poisson"]()])
def test_supports_of_more_columns_than_rows(loss, penalty, storage, tol):
    """Descent on the residual, which sees columns as they are: also with means far from zero."""
    X, y = data(loss, n=25, p=120)
    X = X + np.where(np.arange(120) % 3 == 0, 3.0, 0.0)
    factors = np.where(np.arange(120) < 60, 2.0, 1.0)
    solution = certified(loss, penalty, storage(X), y, tol, 0.003, sample_weight=weights(25), factors=factors)
    assert np.count_nonzero(solution.coef) > 25


@over_penalties(sums_slow([GroupMCP(3), GroupSCAD(SCATTERED), GroupMCP(SCATTERED, 1.5) + 0.2 * L1()]))
@over_losses(ONE_PER_LOSS)
def test_fixed_point_of_every_loss(loss, penalty):
    X, y = data(loss)
    certified(loss, penalty, X, y, 1e-6)


@pytest.mark.parametrize("alpha", [0.05, 0.005])
@pytest.mark.parametrize("seed", [3, 6])
@over_penalties([GroupMCP(2), GroupSCAD(3), MCP()])
def test_the_objective_refutes_what_the_certificate_passes_over(penalty, seed, alpha):
    """Weights of all sizes leave next to no curvature where the few heavy rows are separated, and the model of a group then
    promises what the objective does not keep: moves to the model's minimum, the intercept following, must not pay."""
    X, y = data(LogLoss(), 30, 60, seed)
    settings = {"sample_weight": 10.0 ** np.random.default_rng(seed).uniform(-9.0, 0.0, 30)}
    solution = solve(Problem(LogLoss(), penalty, X, y, **settings), alpha, tol=1e-9)
    assert solution.converged
    arguments, keywords = statement(LogLoss(), penalty, X, y, alpha, settings)
    problem = oracle.Problem(*arguments, **keywords)
    eta = problem.eta(solution.coef, solution.intercept)
    here = oracle.objective(problem, solution.coef, solution.intercept)
    bend, slope = problem.weights * problem.rows.curvature(eta), problem.weights * problem.rows.slope(eta)
    labels = np.arange(60) if penalty.block_labels(60) is None else penalty.block_labels(60)
    for group in [np.flatnonzero(labels == label) for label in np.unique(labels)]:
        own = X[:, group] - (bend @ X[:, group]) / bend.sum()
        unpenalized = solution.coef[group] - (X[:, group].T @ slope) / np.linalg.eigvalsh((own.T * bend) @ own)[-1]
        for there in (np.zeros(len(group)), unpenalized):
            coef = solution.coef.copy()
            coef[group] = there
            starts = [
                solution.intercept,
                solution.intercept - (bend @ X[:, group]) @ (there - solution.coef[group]) / bend.sum(),
            ]
            for start in starts:
                best = minimize_scalar(lambda shift, c=coef, s=start: oracle.objective(problem, c, s + shift))
                assert best.fun >= here * (1.0 - 1e-9)  # the accuracy asked for


def special_settings(kind, n):
    """Keyword arguments that exercise one feature of a problem at a time, and all of them together."""
    rng = np.random.default_rng(2)
    factors = np.array([0.0, 0.7, 0.7, 2.0, 2.0, 0.0, np.inf, 0.7, np.inf, 0.7, 1.0, 2.0])
    choices = {
        "factors": {"factors": factors},
        "offset": {"offset": rng.normal(size=n)},
        "no intercept": {"fit_intercept": False},
        "all but one excluded": {"factors": np.where(np.isin(np.arange(12), SCATTERED[1]), 1.0, np.inf)},
    }
    together = {"factors": factors, "offset": choices["offset"]["offset"], "sample_weight": weights(n)}
    return {**choices, "together": together}[kind]


over_kinds = pytest.mark.parametrize("kind", ["factors", "offset", "no intercept", "all but one excluded", "together"])


@over_tol
@over_kinds
@over_penalties(sums_slow([GroupL2(SCATTERED), SparseGroup(SCATTERED), GroupMCP(SCATTERED), GroupSCAD(SCATTERED) + 0.1 * L2()]))
@over_losses(FEW_LOSSES)
def test_settings(loss, penalty, kind, tol):
    X, y = data(loss)
    settings = special_settings(kind, len(y))
    solution = certified(loss, penalty, X, y, tol, **settings)
    assert np.all(solution.coef[np.isinf(settings.get("factors", np.zeros(12)))] == 0.0)
    assert settings.get("fit_intercept", True) or solution.intercept == 0.0


@over_tol
@over_storage
@pytest.mark.parametrize("kind", ["factors", "no intercept", "together"])
@over_penalties([GroupL2(SCATTERED), SparseGroup(SCATTERED), GroupMCP(SCATTERED)])
def test_standardised_columns(penalty, kind, storage, tol):
    """The problem of the columns divided by their deviations, whose coefficients are those times the deviations."""
    X, y = data(LogLoss())
    X = X * np.geomspace(1e-2, 1e2, X.shape[1])
    settings = special_settings(kind, len(y))
    solution = solve(Problem(LogLoss(), penalty, storage(X), y, standardize=True, **settings), ALPHA, tol=tol)
    assert solution.converged
    weight = settings.get("sample_weight", np.ones(len(y)))
    deviation = np.sqrt(np.average((X - np.average(X, axis=0, weights=weight)) ** 2, axis=0, weights=weight))
    arguments, keywords = statement(LogLoss(), penalty, X / deviation, y, ALPHA, settings)
    judge = oracle.relative_gap if penalty.convex else oracle.fixed_point_residual
    error = judge(*arguments, solution.coef * deviation, solution.intercept, **keywords)
    assert error <= tol + (1e-13 if penalty.convex else 0.1 * tol + 1e-9)


@over_penalties([GroupL2(3), SparseGroup(SCATTERED), GroupMCP(3)])
@over_losses([SquaredError(), LogLoss()])
def test_float32_columns(loss, penalty):
    X, y = data(loss)
    certified(loss, penalty, np.asfortranarray(X, dtype=np.float32), y, 1e-9)


def test_groups_go_to_zero_together():
    X, y = data(SquaredError())
    for alpha in (0.2, 0.4):
        coef = solve(Problem(SquaredError(), GroupL2(SCATTERED), X, y), alpha, tol=1e-10).coef
        for group in SCATTERED:
            assert coef[group].all() or not coef[group].any()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (GroupL2(), L1()),
        (GroupL2(1), L1()),
        (L21(), L1()),
        (SparseGroup(SCATTERED, 1.0), L1()),
        (SparseGroup(SCATTERED, 0.0), GroupL2(SCATTERED)),
        (SparseGroup(None, 0.3), L1()),
        (0.5 * L1() + 0.5 * GroupL2(SCATTERED), SparseGroup(SCATTERED)),
        (GroupMCP(), GroupMCP(1)),
        (GroupMCP(SCATTERED, gamma=1e9), GroupL2(SCATTERED)),
        (GroupSCAD(SCATTERED, gamma=1e9), GroupL2(SCATTERED)),
        (GroupL2(SCATTERED, weights=[1, 3, 2]), GroupL2({"a": [11, 4, 3], "b": [5, 0], "c": [9, 7, 2, 1]}, weights=[2, 1, 3])),
    ],
    ids=lambda penalty: "".join(str(penalty).split()),
)
@over_losses([SquaredError(), LogLoss(), LOSSES["poisson"]()])
def test_equal_penalties(loss, one, other):
    X, y = data(loss)
    first, second = (solve(Problem(loss, penalty, X, y), ALPHA, tol=1e-15) for penalty in (one, other))
    np.testing.assert_allclose(first.coef, second.coef, rtol=1e-7 if "1000000000" in str(one) else 1e-9, atol=1e-10)
    assert first.intercept == pytest.approx(second.intercept, abs=1e-9)
    assert first.alpha_max == pytest.approx(second.alpha_max, rel=1e-13)


@over_kinds
@over_penalties([GroupL2(SCATTERED), SparseGroup(SCATTERED), GroupL2(SCATTERED) + L2(), GroupMCP(SCATTERED)])
def test_alpha_max_is_tight_with_settings(penalty, kind):
    X, y = data(SquaredError())
    settings = special_settings(kind, len(y))
    penalized = settings.get("factors", np.ones(12)) > 0.0
    solver = make_solver(Problem(SquaredError(), penalty, X, y, **settings))
    alpha_max = solver.alpha_max()
    assert not solver.solve(alpha_max, tol=1e-10, max_iter=100).coef[penalized].any()
    assert not solver.solve(2.0 * alpha_max, tol=1e-10, max_iter=100).coef[penalized].any()
    assert solver.solve(0.999 * alpha_max, tol=1e-10, max_iter=100).coef[penalized].any()


def test_the_group_lasso_of_an_orthonormal_design():
    """b_g = max(1 - alpha weight_g / |z_g|, 0) z_g, z the least-squares coefficients."""
    rng = np.random.default_rng(0)
    X = np.linalg.qr(rng.normal(size=(50, 12)))[0] * np.sqrt(50)
    y = X @ rng.normal(size=12)
    z = X.T @ y / 50
    solution = solve(Problem(SquaredError(), GroupL2(SCATTERED), X, y, fit_intercept=False), 0.3, tol=1e-14)
    for group in [*SCATTERED, [6], [8], [10]]:
        shrunk = max(1.0 - 0.3 * np.sqrt(len(group)) / np.linalg.norm(z[group]), 0.0) * z[group]
        np.testing.assert_allclose(solution.coef[group], shrunk, rtol=1e-10, atol=1e-12)


def correlated(kind):
    """Columns of groups of six that nearly or exactly depend on one another, on those of other groups, or on the intercept."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(90, 4))
    splines = SplineTransformer(4, degree=3).fit_transform(x)
    columns = rng.normal(size=(90, 12))
    return x, {
        "splines": lambda: splines,
        "one hot": lambda: np.hstack([np.eye(6)[rng.integers(0, 6, 90)] for _ in range(4)]),
        "duplicates within": lambda: np.repeat(columns[:, :4], 6, axis=1),
        "duplicates across": lambda: np.hstack([columns, columns]),
        "constants": lambda: np.hstack([np.full((90, 7), 3.0), x[:, :1], np.zeros((90, 4)), columns]),
    }[kind]()


@pytest.mark.parametrize("alpha", [1e-2, 1e-4])
@pytest.mark.parametrize("kind", ["splines", "one hot", "duplicates within", "duplicates across", "constants"])
@over_penalties(sums_slow([GroupL2(6), SparseGroup(6), GroupMCP(6), GroupSCAD(6) + 0.1 * L2()]))
@over_losses([SquaredError(), LogLoss(), LOSSES["poisson"]()])
def test_dependent_columns(loss, penalty, kind, alpha):
    x, X = correlated(kind)
    y = targets(loss, np.sin(2.0 * x[:, 0]) + x[:, 1] ** 2 / 3.0 - 0.5, np.random.default_rng(2))
    certified(loss, penalty, X, y, 1e-8, alpha)


def test_targets_without_a_signal():
    """Each class once in each cell: the null model is the optimum at all strengths, and its slopes are rounding."""
    cells = np.array(list(np.ndindex(2, 3, 3)))
    X = np.column_stack([cells[:, 0], cells[:, 1] == 1, cells[:, 1] == 2]).astype(float)
    path = fit_path(Problem(OrdinalLogistic(3), GroupL2([[0], [1, 2]]), X, cells[:, 2]), 5, alpha_min_ratio=0.1)
    assert path.converged.all()
    assert not path.coefs.any()
