"""Several outputs: certificates, equality with separate fits where nothing ties them, and with scikit-learn where rows do."""

from __future__ import annotations

import numpy as np
import pytest
from fits import (
    LOSSES,
    ONE_PER_LOSS,
    STORAGES,
    TOLERANCES,
    certified,
    over_half,
    over_losses,
    over_penalties,
    targets,
    weights,
)
from sklearn.linear_model import MultiTaskElasticNet, MultiTaskLasso

from skregloss.losses import SquaredError
from skregloss.penalties import L1, L2, L21, MCP, ElasticNet, GroupL2, GroupMCP, SparseGroup
from skregloss.solvers import Problem, make_solver, solve

REGRESSIONS = [loss for loss in ONE_PER_LOSS if not loss.classification]
CONVEX_REGRESSIONS = [loss for loss in REGRESSIONS if loss.convex]
FEW_LOSSES = [SquaredError(), LOSSES["huber"](), LOSSES["poisson"]()]
ALPHA = 0.05


def data(loss, n=50, p=8, seed=0):
    """Three outputs that share columns."""
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(n, p)) + 0.5 * rng.normal(size=(n, 1))) * (rng.uniform(size=(n, p)) < 0.7)
    effects = [[0.8, -0.5, 0.0], [0.4, 0.0, 0.6], [0.0, 0.0, -0.4]]
    return X, np.column_stack([targets(loss, X[:, :3] @ effect + 0.2, rng) for effect in effects])


def settings(kind, n):
    rng = np.random.default_rng(2)
    factors = np.array([0.0, np.inf, 2.0, 0.5, *np.ones(4)])
    choices = {
        "plain": {},
        "weights": {"sample_weight": weights(n)},
        "offset": {"offset": rng.normal(size=(n, 3))},
        "no intercept": {"fit_intercept": False},
        "factors": {"factors": factors},
    }
    together = {"sample_weight": weights(n), "offset": choices["offset"]["offset"], "factors": factors}
    return {**choices, "together": together}[kind]


over_kinds = pytest.mark.parametrize("kind", ["plain", "weights", "offset", "no intercept", "factors", "together"])


@pytest.mark.parametrize("standardize", [False, True], ids=["", "standardized"])
@over_kinds
@over_penalties([L1(), L2(), ElasticNet(), MCP()])
@over_losses(FEW_LOSSES)
def test_penalties_of_single_coefficients_leave_outputs_apart(loss, penalty, kind, standardize):
    X, Y = data(loss)
    options = settings(kind, len(Y))
    # As far as it goes: an error in the coefficients is the root of one in the objective.
    together = solve(Problem(loss, penalty, X, Y, standardize=standardize, **options), ALPHA, tol=1e-18)
    assert together.coef.shape == (3, 8)
    for k in range(3):
        own = {**options, "offset": options["offset"][:, k]} if "offset" in options else options
        alone = solve(Problem(loss, penalty, X, Y[:, k], standardize=standardize, **own), ALPHA, tol=1e-18)
        np.testing.assert_allclose(together.coef[k], alone.coef, rtol=1e-8, atol=1e-8)
        assert together.intercept[k] == pytest.approx(alone.intercept, rel=1e-8, abs=1e-8)


@over_penalties([L1(), L21(), L21() + 0.5 * L2()])
@over_losses(CONVEX_REGRESSIONS)
def test_gap_of_every_convex_loss(loss, penalty):
    X, Y = data(loss)
    certified(loss, penalty, X, Y, 1e-10, ALPHA)


@over_half(storage=STORAGES, tol=TOLERANCES)
@over_kinds
@over_penalties([L21(), SparseGroup(), GroupL2(2), GroupL2([[0, 3], [1, 6, 4]]) + 0.1 * L2()])
@over_losses([SquaredError(), LOSSES["poisson"]()])
def test_gap_with_settings(loss, penalty, storage, kind, tol):
    X, Y = data(loss)
    options = settings(kind, len(Y))
    if "factors" in options:
        options["factors"] = options["factors"][penalty.block_labels(8)]  # one for each group
    certified(loss, penalty, storage(X), Y, tol, ALPHA, **options)


@over_penalties([GroupMCP(), GroupMCP([[0, 3], [1, 6, 4]]) + 0.1 * L2(), MCP()])
@over_losses(REGRESSIONS)
def test_fixed_point(loss, penalty):
    X, Y = data(loss)
    certified(loss, penalty, X, Y, 1e-6, ALPHA)


@pytest.mark.parametrize("shape", [(50, 8), (20, 40)], ids=["tall", "wide"])
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "no intercept"])
def test_rows_equal_the_multi_task_models_of_scikit_learn(shape, intercept):
    X, Y = data(SquaredError(), *shape)
    tight = {"tol": 1e-15, "max_iter": 1000000, "fit_intercept": intercept}
    for penalty, model in (
        (L21(), MultiTaskLasso(ALPHA, **tight)),
        (0.7 * L21() + 0.3 * L2(), MultiTaskElasticNet(ALPHA, l1_ratio=0.7, **tight)),
    ):
        solution = solve(Problem(SquaredError(), penalty, X, Y, fit_intercept=intercept), ALPHA, tol=1e-12)
        model.fit(X, Y)
        np.testing.assert_allclose(solution.coef, model.coef_, atol=1e-7)
        np.testing.assert_allclose(solution.intercept, model.intercept_ if intercept else 0.0, atol=1e-7)


@over_penalties([L21(), SparseGroup(), GroupMCP(), GroupL2(4)])
def test_alpha_max_is_tight(penalty):
    X, Y = data(SquaredError())
    solver = make_solver(Problem(SquaredError(), penalty, X, Y, sample_weight=weights(len(Y))))
    alpha_max = solver.alpha_max()
    assert not solver.solve(alpha_max, tol=1e-10, max_iter=100).coef.any()
    assert solver.solve(0.999 * alpha_max, tol=1e-10, max_iter=100).coef.any()


def test_one_output_as_a_matrix_is_one_output():
    X, Y = data(SquaredError())
    matrix = solve(Problem(SquaredError(), L21(), X, Y[:, :1]), ALPHA, tol=1e-14)
    vector = solve(Problem(SquaredError(), L1(), X, Y[:, 0]), ALPHA, tol=1e-14)
    np.testing.assert_allclose(matrix.coef[0], vector.coef, atol=1e-10)


def test_rows_go_to_zero_together():
    X, Y = data(SquaredError())
    coef = solve(Problem(SquaredError(), L21(), X, Y), 0.3).coef
    assert np.array_equal(coef.any(axis=0), coef.all(axis=0))
    assert 0 < np.count_nonzero(coef.any(axis=0)) < 8
